#!/bin/sh
# Generators as libraries (aggen --embed): what compilers say of them, what they do (check.c), and the examples for
# users, example.cpp, example.py and serve.c. One small generator of each family, both called `faces`, and a large one.
. "$(dirname "$0")/../e2e/common.sh"
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

# checked FOLDER "FAMILY [calls]" OBJECT COMPILER…: check.c with that object
checked() {
    where=$1 family=$2 program=$1/check.$3 object=$1/$3.o
    shift 3
    quiet "$where: $*: check.c" "$@" -I"$where" -Iruntime -o "$program" $here/check.c runtime/random.c "$object" \
        -lm -lpthread
    # shellcheck disable=SC2086
    counted "$program" "$program" $family
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

    # where compilers may take it for granted that all numbers are finite
    for compiler in gcc clang; do
        compiled $folder $compiler.careless $compiler $strict -O1 -ffast-math
        checked $folder "$1 calls" $compiler.careless gcc -std=c99 -O1
    done

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

# made FOLDER WORD…: programs of this genotype, and made-up weights for it in FOLDER/made
made() {
    folder=$1
    shift
    ends "aggen $*" 0 "" ./aggen "$@" -o "$folder"
    ends "made-up weights" 0 "" made_weights "$folder"
}

# A library knows its own memory from that of any other, those of its own name too.
# shellcheck disable=SC2086
memories() {
    made $embed/weights $base/run/genotype.json
    ends "other weights" 0 "" ./aggen $base/run/genotype.json --weights $embed/weights/made --embed faces -o $embed/weights
    quiet "swap.c" gcc $strict -O1 -o $embed/swap $here/swap.c -ldl
    for folder in residual weights residual.bf16; do
        quiet "$folder: faces.so" gcc -std=c99 -O0 -shared -fPIC -o $embed/$folder/swap.so $embed/$folder/faces.c -lm
    done
    ends "libraries of other weights" 0 "" $embed/swap $embed/residual/swap.so $embed/weights/swap.so
    ends "libraries of other numbers" 0 "" $embed/swap $embed/residual/swap.so $embed/residual.bf16/swap.so
    for layer in b8.up b8.normal; do
        ends "--kernel $layer" 0 "" ./aggen $style/genotype.json --weights $style/weights --embed faces --kernel $layer \
            -o $embed/kernel.$layer
    done
    ends "the same again" 0 "" ./aggen $base/run/genotype.json --weights $embed/weights/made --embed faces -o $embed/again
    same "the same again" $embed/again/faces.c $embed/weights/faces.c
    for folder in residual weights residual.bf16 stylegan2 kernel.b8.up kernel.b8.normal; do
        sed -n 's/.*ready.library == \(0x[0-9a-f]*\)ull.*/\1/p' $embed/$folder/faces.c
    done | sort -u > "$work/marks"
    is "numbers that tell libraries apart" "$(wc -l < "$work/marks")" 6
}

# ---------------------------------------------------------------- many weights

# large FOLDER WORD…: the large generator as a library called $name
large() {
    folder=$1
    shift
    # shellcheck disable=SC2086
    ends "$folder: aggen --embed $name $*" 0 "" ./aggen $genotype --weights $large/program/made --embed $name "$@" -o "$folder"
}

# files FOLDER NAMES
files() { is "$1: files" "$(find "$1" -type f | sed 's|.*/||' | sort | tr '\n' ' ')" "$2 "; }

# What is too much for compilers lies beside the C file.
# shellcheck disable=SC2086
many() {
    large=$embed/large genotype="$base/run/genotype.json --set generator.latent=4096 --set generator.channels=128" name=faces
    made $large/program $genotype
    large $large/fp32
    says "what is next" "^faces.h, faces.c and faces.bin written to .*; next: cc .* -I$large/fp32 -c $large/fp32/faces.c$" \
        "$work/stdout"
    says "what that takes" "^faces.c: 0\.[0-9] MB, faces.bin: [0-9.]* MB; it takes gcc about 0\.[0-9] GB " "$work/stdout"
    files $large/fp32 "faces.bin faces.c faces.h"
    for compiler in gcc clang; do
        quiet "many weights: $compiler" $compiler $strict -O1 -I$large/fp32 -c -o $large/$compiler.o $large/fp32/faces.c
        links $large/$compiler.o "$needs"
        constant $large/$compiler.o
        quiet "many weights: $compiler: check.c" gcc -std=c99 -O1 -I$large/fp32 -Iruntime -o $large/check $here/check.c \
            runtime/random.c $large/$compiler.o -lm -lpthread
        $large/check residual 2 5 > "$work/large.$compiler"
        ok "many weights: $compiler: it draws" $?
    done
    near "many weights: gcc and clang" "$work/large.gcc" "$work/large.clang" 1
    # two such in one program, shared ones too
    name=other
    large $large/other
    quiet "two.c, many weights" gcc $strict -O1 -fPIC -I$large/fp32 -I$large/other -o $large/two $here/two.c $large/gcc.o \
        $large/other/other.c -lm
    ends "two libraries of many weights" 0 "" $large/two
    cat "$work/large.gcc" "$work/large.gcc" > "$work/each"
    same "two libraries of many weights" "$work/stdout" "$work/each"
    quiet "a shared one" gcc $strict -O0 -shared -fPIC -I$large/other -o $large/other.so $large/other/other.c -lm
    is "a shared one gives" "$(nm -D --defined-only $large/other.so | awk '{ print $3 }' | sort | tr '\n' ' ')" \
        "other_generate other_info other_init other_memory "
    name=faces
    numbers
    paths
    owners
}

# Both forms have the same numbers, and but for these the same text.
# shellcheck disable=SC2086
numbers() {
    large $large/bf16 --weights-type bf16
    files $large/bf16 "faces.bin faces.c faces.h"
    is "bytes of bf16" "$(wc -c < $large/bf16/faces.bin)" $(($(wc -c < $large/fp32/faces.bin) / 2))
    large $large/array --weights-type bf16 --embed-array
    says "a large array" "^aggen: warning: faces.c is large; without --embed-array .* faces.bin" "$work/stderr"
    says "a large array: what is next" "^faces.h and faces.c written to $large/array; next: cc [^I]* -c $large/array/faces.c$" \
        "$work/stdout"
    files $large/array "faces.c faces.h"
    says "--embed-array in the heading" "--embed-array" $large/array/faces.h
    printf '#include "faces.c"\n#include <stdio.h>\nint main(void) { return !fwrite(fixed, sizeof fixed, 1, stdout); }\n' \
        > "$work/numbers.c"
    for type in fp32 bf16; do
        quiet "numbers of $type" gcc -O0 -I$large/$type -o "$work/numbers" "$work/numbers.c" -lm
        "$work/numbers" > "$work/numbers.$type"
        same "numbers of $type" "$work/numbers.$type" $large/$type/faces.bin
    done
    quiet "numbers of an array" tcc -I$large/array -o "$work/numbers" "$work/numbers.c" -lm
    "$work/numbers" > "$work/numbers.array"
    same "numbers of an array" "$work/numbers.array" $large/bf16/faces.bin
    for form in bf16 array; do
        sed '1d; /^.. Its weights are in /d; /^.. What the kernels read /,/^.* kernels .*$/d' $large/$form/faces.c \
            > "$work/$form.c"
    done
    same "the text without numbers" "$work/bf16.c" "$work/array.c"
    [ "$(wc -l < "$work/array.c")" -gt 500 ]
    ok "the text without numbers: there is some" $?
}

# fails WHAT TEXT COMMAND…: it does, and says so
fails() {
    what=$1 text=$2
    shift 2
    "$@" > "$work/fails" 2>&1
    was=$?
    [ $was != 0 ] && grep -q -e "$text" "$work/fails"
    was=$?
    ok "$what: should say '$text': $(head -n 3 "$work/fails")" $was
}

# Where compilers find the file, and that they want this one.
# shellcheck disable=SC2086
paths() {
    cut=$embed/large/cut
    mkdir -p $cut
    for size in -1 1; do
        bytes=$(wc -c < $large/bf16/faces.bin)
        { cat $large/bf16/faces.bin && echo; } | head -c $((bytes + size)) > $cut/faces.bin
        fails "gcc: a file of $size bytes" "faces.bin is not the one" gcc -O0 -I$cut -c -o "$work/o" $large/bf16/faces.c
        fails "clang: a file of $size bytes" "invalid number of bytes" clang -O0 -I$cut -c -o "$work/o" $large/bf16/faces.c
    done
    for compiler in gcc clang; do
        fails "$compiler: without -I" "faces.bin" $compiler -O0 -c -o "$work/o" $large/bf16/faces.c
        quiet "$compiler: a path" $compiler $strict -O0 -DFACES_BIN="\"$large/bf16/faces.bin\"" -c -o "$work/o" \
            $large/bf16/faces.c
    done
    fails "tcc" "embed-array" tcc -I$large/bf16 -c -o "$work/o" $large/bf16/faces.c
}

# What belongs to a library goes with it, and nothing else.
# shellcheck disable=SC2086
owners() {
    one=$large/one
    large $one
    cp -p $one/faces.bin "$work/faces.bin"
    touch -t 200001010000 $one/faces.bin $one/faces.c
    large $one
    is "the same again is left alone" "$(find $one -name 'faces.[bc]*' -newer tests/embed/run.sh)" ""
    large $one --weights-type bf16
    is "other numbers: bytes" "$(wc -c < $one/faces.bin)" "$(wc -c < $large/bf16/faces.bin)"
    ends "few weights" 0 "" ./aggen $base/run/genotype.json --weights $base/run/retrain/ema.safetensors --embed faces -o $one
    files $one "faces.c faces.h"
    # another's file
    echo mine > $one/faces.bin
    cp $one/faces.c "$work/faces.c"
    ends "another's faces.bin" 2 "$one/faces.bin is there already" ./aggen $genotype --weights $large/program/made \
        --embed faces -o $one
    same "another's faces.bin: nothing is written" $one/faces.c "$work/faces.c"
    large $one --embed-array --weights-type bf16
    is "another's faces.bin" "$(cat $one/faces.bin)" mine
    rm $one/faces.[ch]
    ends "faces.bin alone" 2 "$one/faces.bin is there already" ./aggen $genotype --weights $large/program/made \
        --embed faces -o $one
    files $one faces.bin
    # a layer's weights
    rm $one/faces.bin
    large $one --kernel fc
    files $one "faces.bin faces.c faces.h"
    large $one --kernel rgb
    files $one "faces.c faces.h"
    # a folder with a name for shells
    large "$large/it's here"
    says "a name for shells" "-I'$large/it'\\\\''s here' -c '$large/it'\\\\''s here/faces.c'$" "$work/stdout"
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
memories
many

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
refused "--embed-array without a library" "--embed-array goes with --embed" $genotype --weights $ema --embed-array
refused "a library without weights" "--embed goes with --weights" $genotype --embed faces
for name in 1face _face fa-ce fa.ce ../face fäce "fa ce" "" "$(printf '%61s' '' | tr ' ' a)"; do
    refused "a library called '$name'" "--embed wants a name for C" $genotype --weights $ema --embed="$name"
done
for name in string math; do
    refused "a library called $name" "C has a header of this one" $genotype --weights $ema --embed $name
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
