#!/bin/sh
# Text from outside in what aggen writes: every byte and every trigraph, in names of files and folders, in paths, in what
# a genotype tells of its search. Compilers that read trigraphs and compilers that don't must give it back as it went in,
# and nothing of it may run.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
mkdir -p build/e2e
golden=tests/golden/style_derived.json
weights=build/e2e/strings.weights
runtime="runtime/error.c runtime/file.c runtime/text.c runtime/safetensors.c runtime/safetensors_write.c"
# shellcheck disable=SC2086
cc -std=gnu99 -O1 -o "$work/weights" tests/e2e/weights.c $runtime -lz -lm
ok "tests/e2e/weights.c" $?
ends "weights" 0 "" "$work/weights" tests/golden/style_derived_g.in.safetensors "$work/bare" $weights

# each of $1..$2 as a byte, but for those in $3
bytes() { awk -v from="$1" -v to="$2" -v but=" $3 " 'BEGIN { for (i = from; i <= to; i++)
    if (!index(but, " " i " ")) printf "%c", i }' < /dev/null; }
escape() { sed 's/["\\]/\\&/g'; } # as JSON has it
trigraphs='??=??/??'\''??(??)??!??<??>??-???/'
attack='??/"; int system(const char *); int ran = 1; char b[] = "x??/'
comment='/* */ // */ /* ??/'
make='$(shell touch x) ${x} $x #'

# in JSON: all characters but controls; what a genotype tells must be of less than 1,024 bytes
inside=$(bytes 32 126)$trigraphs$attack$comment${make}'äöü€𝄞 AG_FN AG_CALL ag_sample_noise %s %d %n \n \\'
printf %s "$inside" > "$work/text"
# in names of folders: all bytes but / and NUL (tcc, which reads the heading, has no need of it); in two, for their length
LC_ALL=C
export LC_ALL
first=$(bytes 1 127 47) second=$(bytes 128 255)
third=$(printf %s "$trigraphs$attack$comment$make" | tr -d /)
folder="$work/$first/$second/$third"
mkdir -p "$folder"
json=$(escape < "$work/text")
sed -e "s/\"data\": {[^}]*}/\"data\": {\"format\": \"images\", \"path\": \"PATH\"}/" \
    -e 's/"ops": {/"found": {"by": "PATH"}, "ops": {/' $golden |
    awk -v json="$(printf %s "$json" | escape)" '{ while ((i = index($0, "PATH"))) {
        printf "%s%s", substr($0, 1, i - 1), json; $0 = substr($0, i + 4) } print }' > "$folder/genotype.json"
ends "aggen" 0 "" ./aggen "$folder/genotype.json" -o "$work/out"
./aggen "$folder/genotype.json" -o "$work/odd" --weights $weights --embed odd > /dev/null 2> "$work/err"
was=$?
ok "aggen --embed: $(cat "$work/err")" $was
# the folder of the programs themselves, from within
[ ! -e x ] && [ ! -e "$work/x" ]
ok "emission ran something" $?

printf '%s\0%s\0' "$inside" "$folder/retrain" > "$work/expected"
printf '"path": "%s"' "$json" > "$work/path"
printf '"found": {"by": "%s"}' "$json" > "$work/found"
# holds FILE PART WHAT: is PART, of one line, somewhere in FILE
holds() {
    grep -a -F -q -f "$2" "$1"
    was=$?
    ok "$3" $was
}
for compiler in 'gcc -std=c99 -trigraphs' 'gcc -std=c11' 'gcc -std=gnu99 -Wall -Wextra -Werror' 'clang -std=c99' \
    'clang -std=gnu99 -Wall -Wextra -Werror' 'tcc'; do
    bad=0
    for file in "$work/out/retrain.c" "$work/out/retrain_phases.c" tests/e2e/strings.c; do
        $compiler -I"$work/out" -c -o "$work/$(basename "$file" .c).o" "$file" > "$work/log" 2>&1
        was=$?
        ok "$compiler $file: $(head -n 3 "$work/log")" $was
        [ $was = 0 ] || bad=1
    done
    [ $bad = 0 ] || continue
    gcc -no-pie -Wl,--unresolved-symbols=ignore-all -o "$work/program" "$work/retrain.o" "$work/retrain_phases.o" \
        "$work/strings.o" > "$work/log" 2>&1
    was=$?
    ok "$compiler, linked: $(head -n 3 "$work/log")" $was
    "$work/program" > "$work/said"
    head -c "$(wc -c < "$work/expected")" "$work/said" > "$work/begin"
    same "$compiler: pictures and folder" "$work/begin" "$work/expected"
    tr '\0' '\n' < "$work/said" > "$work/lines"
    tail -n 2 "$work/lines" > "$work/both"
    holds "$work/both" "$work/path" "$compiler: the path in spec and genotype"
    holds "$work/both" "$work/found" "$compiler: what the genotype tells"
    case $compiler in *gnu99*) continue ;; esac # the library is C99
    $compiler -DLIBRARY -I"$work/odd" -o "$work/library" tests/e2e/strings.c "$work/odd/odd.c" -lm > "$work/log" 2>&1
    was=$?
    ok "$compiler, a library: $(head -n 3 "$work/log")" $was
    "$work/library" > "$work/said"
    holds "$work/said" "$work/found" "$compiler: what the library tells"
    grep -q '"spec"' "$work/said"
    is "$compiler: the library tells no spec" $? 1
done

# Headings, of which makefiles have one too: the command that wrote a file, --set and all.
odd=$(printf %s "$trigraphs$comment$make"; printf '\\\nall: ; touch x\n\\')
ends "aggen --set" 0 "" ./aggen tests/e2e/tiny.json -o "$work/set" --set "data.path=$(printf %s "$inside" | tr -d '\\"')"
ends "aggen --set, odd" 2 "control" ./aggen tests/e2e/tiny.json -o "$work/set" --set "data.path=$odd"
cp tests/e2e/tiny.json "$work/$(printf %s "$odd" | tr -d /)"
ends "aggen of an odd name" 0 "" ./aggen "$work/$(printf %s "$odd" | tr -d /)" -o "$work/set"
for compiler in 'gcc -std=c99 -trigraphs -Wall -Wextra -Werror' 'clang -std=c99 -Wall -Wextra -Werror' tcc; do
    $compiler -fsyntax-only -I"$work/set" -c -o "$work/object.o" "$work/set/search_kernels0.c" > "$work/log" 2>&1
    was=$?
    ok "$compiler search_kernels0.c: $(head -n 3 "$work/log")" $was
done
make -s CC=true -C "$work/set" -f search.mk > "$work/log" 2>&1
was=$?
ok "make: $(head -n 3 "$work/log")" $was
is "what make ran" "$(find "$work" . -maxdepth 2 -name x)" ""
finish
