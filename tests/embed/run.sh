#!/bin/sh
# Generators as libraries (aggen --embed): what compilers say of them, what they do (check.c), and the examples for
# users, example.cpp, example.py and serve.c. One small generator of each family, both called `faces`.
. "$(dirname "$0")/../e2e/common.sh"
retrained
picture_tool
here=tests/embed embed=build/embed
strict="-std=c99 -Wall -Wextra -Wconversion -pedantic -Werror"
plus="-std=c++11 -Wall -Wextra -pedantic -Werror"
fast="-fno-math-errno -fno-trapping-math"
rm -rf $embed
mkdir -p $embed

# quiet WHAT COMMAND…: succeeds and says nothing
quiet() {
    what=$1
    shift
    "$@" > "$work/quiet" 2>&1
    was=$?
    [ $was = 0 ] && [ ! -s "$work/quiet" ]
    was=$?
    ok "$what: $(grep -v 'In function' "$work/quiet" | head -n 3)" $was
}

# counted WHAT COMMAND…: a program with checks of its own, which count
counted() {
    what=$1
    shift
    "$@" > "$work/counted" 2>&1
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/counted")
    if [ -n "$last" ]; then
        grep -v -x "$last" "$work/counted" | sed "s|^FAILED: |FAILED: $what: |"
        passed=$((passed + ${last%% passed*}))
        last=${last#*passed, }
        failed=$((failed + ${last%% failed}))
    else
        ok "$what: $(head -n 3 "$work/counted")" 1
    fi
}

# near WHAT A B LEVELS: as many bytes, and none differs by more than so many grey levels
near() {
    is "$1: bytes" "$(wc -c < "$2")" "$(wc -c < "$3")"
    cmp -l "$2" "$3" 2> "$work/cmp" | awk -v most="$4" '
        function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
        { d = value($2) - value($3); if (d < -most || d > most) far = 1 } END { exit far }'
    ok "$1: $2 and $3 differ by more than $4" $?
}

# has FEATURE: does this machine?
has() { grep -q -w "$1" /proc/cpuinfo; }

# skip WHAT: a note
skip() { echo "skipped: $1"; }

# ---------------------------------------------------------------- what a library consists of

# A library needs no more than this, sqrt only without -fno-math-errno, memmove only where a loop is made one.
needs="memcpy memmove memset sqrt sqrtf"
# links FILE NAMES: what an object needs is among NAMES, what it gives is the four functions, and nothing can be written
links() {
    others=$(nm -u "$1" | awk '{ print $2 }' | grep -v -x -F "$(echo "$2" | tr ' ' '\n')" | tr '\n' ' ')
    is "$1 needs" "$others" ""
    is "$1 gives" "$(nm -g --defined-only "$1" | awk '{ print $3 }' | sort | tr '\n' ' ')" \
        "faces_generate faces_info faces_init faces_memory "
}
# constant FILE: no byte of it can be written. tcc has constants among its data, so that this is for others.
constant() {
    is "$1: variables" "$(nm "$1" | grep -i ' [bcdsgu] ' | grep -v ' U ')" ""
    is "$1: bytes of data and bss" "$(size "$1" | awk 'NR == 2 { print $2 + $3 }')" 0
}

# compiled FOLDER OBJECT COMPILER…: faces.c becomes FOLDER/OBJECT.o, without a word
compiled() {
    where=$1 object=$1/$2.o
    shift 2
    quiet "$where: $*" "$@" -c -o "$object" "$where/faces.c"
}

# checked FOLDER FAMILY OBJECT COMPILER…: check.c with that object
checked() {
    where=$1 family=$2 program=$1/check.$3 object=$1/$3.o
    shift 3
    quiet "$where: $*: check.c" "$@" -I"$where" -Iruntime -o "$program" $here/check.c runtime/random.c "$object" \
        -lm -lpthread
    counted "$program" "$program" "$family"
}

widths="x86-64"
if has avx2; then widths="$widths haswell"; fi
if has avx512vl; then widths="$widths skylake-avx512"; fi

# library FAMILY: all compilers and widths
# shellcheck disable=SC2086
library() {
    folder=$embed/$1
    for width in $widths; do
        compiled $folder gcc.$width gcc $strict -O1 -march=$width
        links $folder/gcc.$width.o "$needs"
        constant $folder/gcc.$width.o
        checked $folder $1 gcc.$width gcc -std=c99 -Wall -Wextra -Werror -O1 -march=$width
    done
    compiled $folder clang clang $strict -O1 -march=native
    links $folder/clang.o "$needs"
    constant $folder/clang.o
    checked $folder $1 clang clang -std=c99 -Wall -Wextra -Werror -O1 -march=native
    compiled $folder tcc tcc -Wall -Werror
    links $folder/tcc.o "$needs"
    checked $folder $1 tcc tcc -Wall -Werror
    # as its header says; no library of mathematics is needed then
    compiled $folder fast gcc $strict -O3 -march=native $fast
    links $folder/fast.o "memcpy memmove memset"
    constant $folder/fast.o

    sanitize="-g -fsanitize=address,undefined -fno-sanitize-recover=all"
    compiled $folder sanitized gcc $strict -O1 $sanitize
    checked $folder $1 sanitized gcc -O1 $sanitize
    sanitize="-g -fsanitize=memory,pointer-overflow -fno-sanitize-recover=all"
    if echo 'int main(void) { return 0; }' | clang $sanitize -x c -o "$work/probe" - > "$work/clang" 2>&1; then
        compiled $folder unset clang $strict $sanitize
        checked $folder $1 unset clang $sanitize
    else
        skip "memory that is read before it is written: clang has no -fsanitize=memory"
    fi
}

# ---------------------------------------------------------------- the same pictures

# raw FOLDER OBJECT: pictures 0 to 6 of seed 5
raw() {
    "$1/check.$2" family 7 5 > "$work/$2.raw"
    ok "$1/check.$2 draws" $?
}

# grid FILE: pictures 0 to 6 of a grid of $side x $side pixels
grid() {
    for i in 0 1 2 3 4 5 6; do $picture cell "$1" 16 $i; done > "$work/grid.raw"
    is "$1: bytes" "$(wc -c < "$work/grid.raw")" $((7 * 768))
}

# pictures FAMILY GENOTYPE WEIGHTS GENERATE: from everything that draws
pictures() {
    folder=$embed/$1 genotype=$2 weights=$3 generate=$4
    raw "$folder" gcc.x86-64
    for object in $(echo "$widths" | tr ' ' '\n' | sed '1d; s/^/gcc./') clang tcc sanitized; do
        raw "$folder" "$object"
        near "$1: $object" "$work/$object.raw" "$work/gcc.x86-64.raw" 1
    done
    ends "$1: generate" 0 "" "$generate" -n 7 --seed 5 -o "$work/grid.png" --weights "$weights"
    grid "$work/grid.png"
    near "$1: generate" "$work/grid.raw" "$work/gcc.x86-64.raw" 1

    carried=$folder/carried
    ends "$1: aggen --weights" 0 "" ./aggen "$genotype" --weights "$weights" -o "$carried"
    make -s -j2 -C "$carried" -f generate.mk WIDTHS=sse2 CFLAGS=-O1 > "$work/make" 2>&1
    ok "$1: make generate that carries its weights" $?
    ends "$1: generate that carries its weights" 0 "" "$carried/generate" -n 7 --seed 5 -o "$work/grid.png"
    grid "$work/grid.png"
    near "$1: generate that carries its weights" "$work/grid.raw" "$work/gcc.x86-64.raw" 1

    if ./aggen run "$genotype" -o "$folder/run" generate --help > "$work/stdout" 2> "$work/stderr"; then
        ends "$1: aggen run" 0 "" env CFLAGS=-O1 ./aggen run "$genotype" -o "$folder/run" generate -n 7 --seed 5 \
            -o "$work/grid.png" --weights "$weights"
        grid "$work/grid.png"
        near "$1: aggen run" "$work/grid.raw" "$work/gcc.x86-64.raw" 1
    else
        skip "$1: aggen run: $(cat "$work/stderr")"
    fi

    for type in bf16 fp16; do
        half=$embed/$1.$type
        ends "$1: --embed, $type" 0 "" ./aggen "$genotype" --weights "$weights" --weights-type $type --embed faces -o "$half"
        says "$1: $type: the command in its heading" "--weights-type $type" "$half/faces.c"
        # shellcheck disable=SC2086
        compiled "$half" gcc gcc $strict -O1
        links "$half/gcc.o" "$needs"
        constant "$half/gcc.o"
        checked "$half" "$1" gcc gcc -std=c99 -O1
        raw "$half" gcc
        near "$1: $type" "$work/gcc.raw" "$work/gcc.x86-64.raw" 8
        [ "$(wc -c < "$half/gcc.o")" -lt "$(wc -c < "$folder/gcc.x86-64.o")" ]
        ok "$1: $type: the library is smaller" $?
    done
}

# ---------------------------------------------------------------- examples

# shellcheck disable=SC2086
cpp() { # family
    folder=$embed/$1
    "$folder/check.gcc.x86-64" family 8 5 > "$work/eight.raw"
    echo '#include "faces.h"' > "$work/header.cpp"
    for compiler in g++ clang++; do
        command -v $compiler > "$work/which" || { skip "$compiler: there is none"; continue; }
        quiet "$1: $compiler: the header" $compiler $plus -fsyntax-only -I$folder "$work/header.cpp"
        quiet "$1: $compiler: example.cpp" $compiler $plus -O1 -I$folder -o $folder/example $here/example.cpp \
            $folder/gcc.x86-64.o -lm -pthread
        ends "$1: $compiler: example" 0 "" $folder/example "$work/faces.ppm"
        is "$1: $compiler: example: header" "$(head -n 1 "$work/faces.ppm")" "P6 16 128 255"
        tail -c +15 "$work/faces.ppm" > "$work/ppm.raw"
        same "$1: $compiler: example" "$work/ppm.raw" "$work/eight.raw"
    done
}

python() { # family
    folder=$embed/$1
    quiet "$1: faces.so" gcc -std=c99 -O1 -march=x86-64 -shared -fPIC -o "$folder/faces.so" "$folder/faces.c" -lm
    is "$1: faces.so gives" "$(nm -D --defined-only "$folder/faces.so" | awk '{ print $3 }' | sort | tr '\n' ' ')" \
        "faces_generate faces_info faces_init faces_memory "
    ends "$1: example.py" 0 "" python3 -B $here/example.py "$folder/faces.so" "$work/picture.png" "$work/walk.png"
    cp "$work/stdout" "$work/info.json"
    $picture cell "$work/picture.png" 16 0 > "$work/python.raw"
    head -c 768 "$work/gcc.x86-64.raw" > "$work/first.raw"
    same "$1: example.py's picture" "$work/python.raw" "$work/first.raw"
    counted "$1: test.py" python3 -B $here/test.py "$folder/faces.so" "$1" "$work/picture.png" "$work/walk.png"
}

# shellcheck disable=SC2086
web() { # family
    folder=$embed/$1
    quiet "$1: serve.c" gcc $strict -O1 -I$folder -o $folder/serve $here/serve.c $folder/gcc.x86-64.o -lm
    counted "$1: web.py" python3 -B $here/web.py $folder/serve "$work/first.raw"
}

# shellcheck disable=SC2086
two() {
    ends "other" 0 "" ./aggen $style/genotype.json --weights $style/weights --embed other -o $embed/other
    quiet "other.c" gcc $strict -O1 -c -o $embed/other/other.o $embed/other/other.c
    quiet "two.c" gcc $strict -O1 -I$embed/residual -I$embed/other -o $embed/two $here/two.c \
        $embed/residual/gcc.x86-64.o $embed/other/other.o -lm
    $embed/two > "$work/two"
    ok "two libraries" $?
    for family in residual stylegan2; do $embed/$family/check.gcc.x86-64 family 2 5; done > "$work/each"
    same "two libraries together and alone" "$work/two" "$work/each"
}

# ---------------------------------------------------------------- all of it

# the StyleGAN2 generator of tests/e2e/generate_style.sh
style=$e2e/embed
layers="b4.normal b8.up b8.normal b16.up b16.normal b16.rgb"
latents=$(for layer in $layers; do echo "\"$layer\": 5"; done | paste -s -d ,)
mkdir -p $style
sed "s/\"latents\": {[^}]*}/\"latents\": {$latents}/" tests/golden/style_derived.json > $style/genotype.json
emit embed $style/genotype.json
build embed generate
weights_tool
ends "weights" 0 "" "$weights_of" tests/golden/style_derived_g.in.safetensors $style/bare $style/weights

one() { # family, genotype, weights, generate
    ends "$1: aggen --embed" 0 "" ./aggen "$2" --weights "$3" --embed faces -o $embed/"$1"
    says "$1: aggen says what is next" "^faces.h and faces.c written to $embed/$1; next: cc " "$work/stdout"
    is "$1: files" "$(find $embed/"$1" -type f | wc -l)" 2
    library "$1"
    pictures "$@"
    cpp "$1"
    if command -v python3 > "$work/which"; then
        python "$1"
        web "$1"
    else
        skip "example.py and serve.c: there is no python3"
    fi
}
one residual $base/run/genotype.json $base/run/retrain/ema.safetensors $base/generate
one stylegan2 $style/genotype.json $style/weights $style/generate
two

# ---------------------------------------------------------------- refusals

refused() { # what, message, words
    what=$1 message=$2
    shift 2
    ends "$what" 2 "$message" ./aggen "$@" -o $embed/refused
    [ ! -e $embed/refused ]
    ok "$what: nothing is written" $?
    rm -rf $embed/refused
}
genotype=$base/run/genotype.json ema=$base/run/retrain/ema.safetensors
refused "a library without weights" "--embed goes with --weights" $genotype --embed faces
for name in 1face _face fa-ce fa.ce ../face fäce "fa ce" "" "$(printf '%61s' '' | tr ' ' a)"; do
    refused "a library called '$name'" "--embed wants a name for C" $genotype --weights $ema --embed="$name"
done
for name in ag AG real a_1; do # names that the library has use for itself
    ends "a library called $name" 0 "" ./aggen $genotype --weights $ema --embed $name -o $embed/names
    # shellcheck disable=SC2086
    quiet "a library called $name" gcc $strict -O0 -fsyntax-only $embed/names/$name.c
done
refused "a search space as a library" "search space" $tiny --weights $ema --embed faces
refused "no such weights" "no such file" $genotype --weights "$work/none.safetensors" --embed faces
refused "weights of another architecture" "another architecture" spaces/genotypes/alphagan_s.json --weights $ema --embed faces
ends "a library by info" 2 "--weights goes with emitting" ./aggen info $genotype --weights $ema --embed faces
ends "a folder that cannot be made" 1 "cannot be made.*-o" ./aggen $genotype --weights $ema --embed faces -o $ema/out
mkdir -p $embed/full/faces.c
ends "a file that cannot be written" 1 "cannot be written.*-o" ./aggen $genotype --weights $ema --embed faces -o $embed/full
is "what is left" "$(ls -A $embed/full)" faces.c
finish
