#!/bin/sh
# What aggen writes, as hashes, for changes that are to keep every byte of it:
#
#     tests/tools/emitted.sh            names the variants that differ from tests/emitted.txt
#     tests/tools/emitted.sh COMMIT     names each file that differs from what that commit's aggen writes
#     tests/tools/emitted.sh renew      writes tests/emitted.txt anew: what aggen writes is to change, on purpose
#
# A variant is a command line; its hash is that of all files it writes, of what it prints and of its status. Copies of
# runtime/ are left out, and C files of libraries for a GPU, whose source, NAME.cu, is there. What COMMIT writes is kept
# below build/emitted/, for the next time.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/program.sh
root=$PWD build=$PWD/build/emitted known=tests/emitted.txt
mkdir -p "$build"
unset AGGEN_HOME

# weights GENOTYPE: made-up weights of a golden case's genotype, $build/GENOTYPE.weights, made once
weights() {
    [ ! -f "$build/$1.weights" ] || return 0
    ./aggen "tests/golden/$1.json" -o "$build/$1.made" > /dev/null && made_weights "$build/$1.made" &&
        mv "$build/$1.made/made" "$build/$1.weights"
}

# The command lines, but for -o.
variants() {
    for file in spaces/*.json spaces/genotypes/*.json tests/golden/*.json tests/e2e/*.json; do
        for merge in '' ' --no-merge'; do
            for target in cpu cuda; do echo "$file --target $target$merge"; done
            echo "info $file --json$merge"
        done
        echo "info $file --target cuda"
    done
    for file in tests/golden/*.json tests/e2e/*.json; do echo "info $file --dump-graph"; done
    for set in search.gumbel_tau=0.5 search.loss=wgan 'generator.normal=["conv_3x3"]' image.size=32; do
        echo "tests/e2e/tiny.json --set $set"
    done
    for set in retrain.keep_every=5 retrain.r1_interval=0 image.size=64 'data.format="images"'; do
        echo "tests/golden/style_derived.json --set $set"
    done
    for name in alphagan_s style_derived; do
        for type in fp32 bf16; do
            for target in cpu cuda; do
                for embed in '' ' --embed faces' ' --embed faces --embed-array'; do
                    echo "tests/golden/$name.json --weights build/emitted/$name.weights --weights-type $type --target $target$embed"
                done
            done
        done
    done
    echo "tests/golden/alphagan_s.json --weights build/emitted/alphagan_s.weights --embed faces --kernel cell2.normal1"
    echo "tests/golden/style_derived.json --weights build/emitted/style_derived.weights --embed faces --kernel b8.up"
}

# One variant: one.sh TREE WORDS… prints `HASH FILE` for each of its files, and then `variant HASH WORDS…`.
cat > "$build/one.sh" <<'EOF'
tree=$1 work=$(mktemp -d)
shift
folder=$work/written
mkdir "$folder"
case $1 in
info) "$tree/aggen" "$@" > "$folder/stdout" 2> "$folder/stderr" ;;
*) "$tree/aggen" "$@" -o "$folder" > "$work/stdout" 2> "$folder/stderr" ;;
esac
echo $? > "$folder/status"
[ ! -f "$work/stdout" ] || sed "s|$folder|FOLDER|g" "$work/stdout" > "$folder/stdout" # it says where it wrote
cd "$folder"
case $* in *--target\ cuda*--embed*) rm -f faces.c ;; esac # has PTX, which NVRTC does not write the same twice
for file in *; do
    [ -f "$tree/runtime/$file" ] || [ -f "$tree/runtime/cuda/$file" ] || [ "$file" = vector.h ] || sha256sum "$file"
done > "$work/list"
{
    sed 's/  / /' "$work/list"
    echo "variant $(sha256sum < "$work/list" | cut -d ' ' -f 1) $*"
} > "$work/lines"
cat "$work/lines" # at once, for others write too
rm -rf "$work"
EOF

# listed TREE: of all variants, as that tree's aggen writes them: a line for each file, `WORDS: FILE HASH`, sorted
listed() {
    variants | sed "s/'/'\\\\''/g; s/\"/\\\\\"/g" | AGGEN_HOME=$1 xargs -P "$(nproc)" -I '{}' sh -c "sh $build/one.sh $1 {}" |
        awk '$1 == "variant" { words = $3; for (i = 4; i <= NF; i++) words = words " " $i
                print words ": variant " $2; for (f = 0; f < files; f++) print words ": " file[f]; files = 0; next }
             { file[files++] = $2 " " $1 }' | LC_ALL=C sort
}
sums() { sed -n 's/^\(.*\): variant \(.*\)$/\2 \1/p' "$1" | LC_ALL=C sort -k 2; }

weights alphagan_s && weights style_derived || exit 1
echo "$(variants | wc -l) variants"
listed "$root" > "$build/now"
case ${1:-} in
renew) sums "$build/now" > "$known" ;;
'')
    sums "$build/now" | diff "$known" - > "$build/differs"
    sed -n 's/^> [0-9a-f]* /differs: /p; s/^< [0-9a-f]* /was: /p' "$build/differs"
    [ ! -s "$build/differs" ] || exit 1
    ;;
*)
    commit=$(git rev-parse --short "$1^{commit}") || exit 1
    tree=$build/$commit
    if [ ! -f "$build/$commit.list" ]; then
        git worktree prune && { [ -d "$tree" ] || git worktree add -q --detach "$tree" "$commit"; } &&
            make -s -C "$tree" aggen && listed "$tree" > "$build/list" && mv "$build/list" "$build/$commit.list" || exit 1
    fi
    grep -v ': variant' "$build/now" > "$build/a"
    grep -v ': variant' "$build/$commit.list" > "$build/b"
    diff "$build/b" "$build/a" > "$build/differs" && echo "all $(wc -l < "$build/a") files are the same" && exit 0
    sed -n 's/^[<>] \(.*\) [0-9a-f]*$/\1/p' "$build/differs" | LC_ALL=C sort -u
    exit 1
    ;;
esac
