#!/bin/sh
# Does aggen read what it may not, or overflow, while it writes programs? One built with AddressSanitizer and UBSan, whose
# growing arrays move with every element (MEM_MOVES in gen/mem.c) and whose fresh memory is filled with rubbish, must
# write the bytes that ./aggen writes. `emission.sh`: every file of spaces/, and extreme values; `emission.sh all`: all
# sizes of all StyleGAN2 spaces too, merged and not, for both targets. Closes on `N passed, N failed`.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
. tests/tools/gen.sh
folder=build/emission
export AGGEN_HOME="$PWD" ASAN_OPTIONS=detect_leaks=1:max_malloc_fill_size=4096:quarantine_size_mb=64
export UBSAN_OPTIONS=print_stacktrace=1
checked=$folder/aggen

# Builds it anew when a source is newer.
shared="runtime/error.c runtime/file.c runtime/text.c"
if [ ! -x $checked ] || [ -n "$(find gen runtime -newer $checked -name '*.[ch]')" ]; then
    rm -rf $folder
    mkdir -p $folder
    for file in $gen_sources gen/run/none.c $shared; do echo "$file"; done | xargs -P "$(nproc)" -I '{}' sh -c '
        gcc -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -DMEM_MOVES $3 -c \
            -o "$1/$(echo "$2" | tr / .).o" "$2"' sh $folder '{}' "$gen_includes" &&
        gcc -fsanitize=address,undefined -o $checked $folder/*.o -lm
    ok "aggen under sanitizers" $?
fi
[ -x ./aggen ] && [ -x $checked ]
ok "aggen is built; make builds it" $?

# Lines of the command: `emit WORDS` or `info WORDS`; a line of output for each that went wrong, and then `tried`.
cat > "$work/try" <<'EOF'
checked=$1 work=$(mktemp -d "$2/XXXXXX") how=$3
shift 3
case $how in
emit)
    "$checked" "$@" -o "$work/a" > "$work/out" 2> "$work/err"
    status=$?
    # the same words, as they stand in the headings of what is written
    ./aggen "$@" -o "$work/b" > /dev/null 2> "$work/plain"
    [ $status = $? ] && { [ $status != 0 ] || diff -r "$work/a" "$work/b" > "$work/differs"; }
    ;;
info)
    "$checked" info "$@" > "$work/out" 2> "$work/err"
    status=$?
    ./aggen info "$@" > "$work/plain" 2>&1
    [ $status = $? ] && { [ $status != 0 ] || cmp -s "$work/out" "$work/plain"; }
    ;;
esac && [ $status -le 2 ] && ! grep -q 'ERROR: AddressSanitizer\|runtime error' "$work/err" && same=yes
[ -n "$same" ] || echo "FAILED: $how $*: status $status: $(grep -m 3 -e ERROR -e '#[1-4]' -e 'runtime error' -e aggen: "$work/err" |
    tr '\n' ' ') $(head -n 2 "$work/differs" 2> /dev/null)"
rm -rf "$work"
echo tried
EOF

# Every file; targets in turn, since what they share is most of it.
files() {
    target=cpu other=cuda
    for file in spaces/*.json spaces/genotypes/*.json; do
        echo "emit $file --target $target"
        was=$target target=$other other=$was
    done
    echo "emit spaces/stylegan2_micro.json --set image.size=16 --no-merge"
    echo "emit spaces/stylegan2_micro.json --set image.size=64"
    echo "info spaces/stylegan2_shapes.json"
    echo "info spaces/shapes_tiny.json --target cuda"
}
# As large as a spec may ask for.
large="--set image.size=1024 --set search.batch=4096 --set retrain.batch_g=4096 --set retrain.batch_d=4096"
residual="$large --set generator.channels=4096 --set discriminator.channels=4096 --set generator.latent=4096"
widest="--set generator.channel_base=1000000 --set generator.channel_max=4096 --set generator.channel_divisor=1"
style="$large --set generator.latent=4096 --set generator.style=4096 --set generator.mapping_layers=16 $widest"
style="$style $(echo "$widest" | sed 's/generator/discriminator/g')"
extremes() {
    echo "info spaces/alphagan_cifar10.json $residual"
    echo "info spaces/alphagan_cifar10.json --target cuda $residual"
    echo "info spaces/stylegan2_micro.json $style"
    echo "emit spaces/stylegan2_micro.json --target cuda $style"
    echo "emit spaces/genotypes/alphagan_s.json --target cuda --set search.batch=4096 --set retrain.batch_g=4096"
}
more_extremes() {
    for target in cpu cuda; do
        for how in info emit; do
            for one in "" "--set search.batch=1 --set retrain.batch_g=1 --set retrain.batch_d=1"; do
                echo "$how spaces/alphagan_cifar10.json --target $target $residual $one"
                echo "$how spaces/alphagan_cifar10.json --target $target $large $one"
                echo "$how spaces/stylegan2_micro.json --target $target $style $one"
                echo "$how spaces/stylegan2_macro_dynamic.json --target $target $large $one"
                echo "$how spaces/genotypes/stylegan2_ffhq1024.json --target $target $style $one"
            done
            echo "$how spaces/genotypes/alphagan_s.json --target $target $large --set image.size=32"
        done
    done
}
every_variant() {
    for space in micro micro_dynamic macro macro_dynamic shapes icons; do
        for size in 16 32 64 128 256 512 1024; do
            for paradigm in micro macro; do
                for merge in '' --no-merge; do
                    for target in cpu cuda; do
                        echo "emit spaces/stylegan2_$space.json --set image.size=$size" \
                            "--set generator.paradigm=$paradigm --target $target $merge"
                    done
                done
            done
        done
    done
    for file in spaces/*.json spaces/genotypes/*.json; do
        for merge in '' --no-merge; do
            for target in cpu cuda; do echo "emit $file --target $target $merge"; done
        done
    done
}

{
    files
    extremes
    if [ "${1:-}" = all ]; then every_variant && more_extremes; fi
} > "$work/list"
xargs -P "$(nproc)" -I '{}' sh -c "sh $work/try $checked $work {}" < "$work/list" > "$work/log"
grep FAILED "$work/log"
wrong=$(grep -c FAILED "$work/log") tried=$(grep -c '^tried' "$work/log")
failed=$((failed + wrong)) passed=$((passed + tried - wrong))
is "lines that were tried" "$tried" "$(wc -l < "$work/list")"
finish
