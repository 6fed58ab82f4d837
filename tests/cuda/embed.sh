#!/bin/sh
# Generators embedded for a GPU, both families: built as C99, drawn on the stand-in, the same as those for the CPU. run.sh
# has trained them.
set -u
. "$(dirname "$0")/common.sh"
strict='-std=c99 -Wall -Wextra -Wconversion -pedantic -Werror'
include="-isystem ${CUDA_HOME:-/usr/local/cuda}/include"
stubs=${CUDA_HOME:-/usr/local/cuda}/lib64/stubs

# levels A B N: two files of N bytes, none a grey level from its like
near() {
    is "bytes of $1" "$(wc -c <"$1")" "$3" && is "bytes of $2" "$(wc -c <"$2")" "$3"
    cmp -l "$1" "$2" | awk '
        function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
        { d = value($2) - value($3); if (d < -1 || d > 1) far = 1 } END { exit far }'
    ok "$1 and $2 differ" $?
}

for name in tiny tiny_style; do
    folder=$build/$name.embed weights=$build/$name.grown.cpu/ema.safetensors
    rm -rf "$folder"
    for type in fp32 bf16; do
        ./aggen "$build/$name.run.cpu/genotype.json" --weights "$weights" --weights-type $type --embed faces \
            --target cuda -o "$folder/$type" >"$build/log" 2>&1
        was=$?
        ok "$name: --embed: $(cat "$build/log")" $was
        # shellcheck disable=SC2086
        ${CC:-cc} $strict -O1 $include -o "$folder/$type/draw" -I"$folder/$type" tests/embed/example_cuda.c \
            "$folder/$type/faces.c" -L"$stubs" -lcuda >"$build/log" 2>&1
        was=$?
        ok "$name, $type: cannot be built: $(head -n 5 "$build/log")" $was
        $run "$folder/$type/draw" 18 5 >"$folder/$type.raw" 2>"$build/log"
        was=$?
        ok "$name, $type: $(cat "$build/log")" $was
    done
    # what is refused, also where compilers may take it for granted that all numbers are finite
    for compiler in gcc clang; do
        # shellcheck disable=SC2086
        $compiler -std=c99 -O1 -ffast-math $include -c -o "$folder/careless.o" "$folder/fp32/faces.c" >"$build/log" 2>&1 &&
            ${CC:-cc} $strict -O1 $include -o "$folder/check" -I"$folder/fp32" tests/embed/check_cuda.c \
                "$folder/careless.o" -L"$stubs" -lcuda -lm >>"$build/log" 2>&1
        was=$?
        ok "$name: $compiler -ffast-math: $(head -n 5 "$build/log")" $was
        $run "$folder/check" >"$build/log" 2>&1
        was=$?
        ok "$name: $compiler -ffast-math: $(cat "$build/log")" $was
    done
    # a name that the library has use for itself
    ./aggen "$build/$name.run.cpu/genotype.json" --weights "$weights" --embed run --target cuda -o "$folder" \
        >"$build/log" 2>&1
    # shellcheck disable=SC2086
    ${CC:-cc} $strict $include -fsyntax-only "$folder/run.c" >>"$build/log" 2>&1
    was=$?
    ok "$name, called run: $(head -n 5 "$build/log")" $was
    # shellcheck disable=SC2086
    clang $strict -O1 $include -c -o "$folder/clang.o" "$folder/fp32/faces.c" >"$build/log" 2>&1
    was=$?
    ok "$name: clang: $(head -n 5 "$build/log")" $was
    # more than a batch; the CPU's program draws the same
    "$build/$name.ship.cpu/generate" -n 18 --seed 5 --weights "$weights" -o - >"$folder/cpu.raw" 2>"$build/log"
    ok "$name: $(cat "$build/log")" $?
    near "$folder/fp32.raw" "$folder/cpu.raw" 13824
    ! cmp -s "$folder/fp32.raw" "$folder/bf16.raw"
    ok "$name: halves are no other numbers" $?
    # what the program ships is what the text says
    "$nvcc" -ptx -arch=compute_80 -o "$folder/faces.ptx" "$folder/fp32/faces.cu" >"$build/log" 2>&1
    was=$?
    ok "$name: nvcc of faces.cu: $(cat "$build/log")" $was
done

# many weights are beside the C file; and what belongs to a library for a GPU goes with it
genotype="$build/tiny.run.cpu/genotype.json --set generator.latent=4096 --set generator.channels=128"
folder=$build/large.embed
rm -rf "$folder"
mkdir -p "$folder"
# shellcheck disable=SC2086
./aggen $genotype -o "$folder/program" >"$build/log" 2>&1
made_weights "$folder/program" >>"$build/log" 2>&1
was=$?
ok "made-up weights: $(cat "$build/log")" $was
# large TARGET FILES: the generator as a library, which is so many files
large() {
    # shellcheck disable=SC2086
    ./aggen $genotype --weights "$folder/program/made" --embed faces --target "$1" -o "$folder/library" >"$build/log" 2>&1
    was=$?
    ok "many weights, $1: $(cat "$build/log")" $was
    is "many weights, $1: files" "$(find "$folder/library" -type f | sed 's/.*\.//' | sort | tr '\n' ' ')" "$2 "
}
large cuda "bin c cu h"
printf '#include "faces.c"\n#include <stdio.h>\nint main(void) { return !fwrite(weights, sizeof weights, 1, stdout); }\n' \
    >"$folder/numbers.c"
for compiler in gcc clang; do
    # shellcheck disable=SC2086
    $compiler $strict -O1 $include -I"$folder/library" -o "$folder/numbers" "$folder/numbers.c" -L"$stubs" -lcuda \
        >"$build/log" 2>&1
    was=$?
    ok "many weights: $compiler: $(head -n 5 "$build/log")" $was
    $run "$folder/numbers" >"$folder/numbers.raw" && cmp -s "$folder/numbers.raw" "$folder/library/faces.bin"
    ok "many weights: $compiler: they are others" $?
done
large cpu "bin c h"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
