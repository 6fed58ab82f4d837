#!/bin/sh
# Replays the golden cases through programs built in several ways.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/program.sh
build=build/golden
mkdir -p $build
passed=0 failed=0
runtime="runtime/error.c runtime/file.c runtime/safetensors.c"
${CC:-cc} -std=gnu99 -O1 -Wall -Wextra -Werror -o $build/compare tests/golden/compare.c $runtime -lz -lm || exit 1

# check NAME KIND "PHASES" [aggen's and make's words]: builds the program and replays its phases
check() {
    name=$1 kind=$2 phases=$3
    shift 3
    folder=$build/$name$(printf '%s' "$*" | tr -c 'a-zA-Z0-9-' _)
    options= words=
    for word; do case $word in --*) options="$options $word" ;; *) words="$words $word" ;; esac done
    echo "$name $kind$options$words"
    # shellcheck disable=SC2086
    if ! ./aggen tests/golden/"$name".json -o "$folder" $options >/dev/null || ! program "$folder" "$kind" $words; then
        failed=$((failed + 1))
        return
    fi
    for phase in $phases; do
        case=tests/golden/${name}_$phase
        if "$folder/$kind" --replay "$case.in.safetensors" --dump "$folder/$phase.safetensors" --phase "$phase" &&
            $build/compare "$folder/$phase.safetensors" "$case.out.safetensors"; then
            passed=$((passed + 1))
        else
            echo "FAIL $name $phase $*"
            failed=$((failed + 1))
        fi
    done
}

# As users build them, and with CFLAGS, which count after the makefile's -O3: gcc takes two thirds of the time with -O2,
# clang half with -O1. (gcc's -O1 does not fuse multiply-adds.)
check residual search "d g arch"
check residual search "d g arch" --no-merge CFLAGS=-O2
check residual search "d g arch" CC=clang CFLAGS=-O1
# Without fused multiply-adds, phase g is left out: one ReLU's input is zero to rounding there and falls on the other
# side, which moves two gradients by 1.4 of what is allowed (float64 agrees with the fused result).
check residual search "d arch" MARCH=x86-64 CFLAGS=-O2
check residual_learnable search arch CC=clang MARCH=x86-64 CFLAGS=-O1
check residual_learnable search arch --no-merge MARCH=haswell CFLAGS=-O2
check alphagan_s retrain g
check alphagan_s retrain g CC=clang MARCH=x86-64
check style_micro search "d g arch" CFLAGS=-O2
check style_micro search "d g arch" --no-merge CFLAGS=-O2
check style_micro search "d g arch" CC=clang MARCH=haswell
check style_micro search "d g arch" MARCH=x86-64 CFLAGS=-O2
check style_macro search arch CFLAGS=-O2
check style_macro search arch --no-merge CC=clang CFLAGS=-O1
check style_derived retrain "g r1"
check style_derived retrain "g r1" CC=clang MARCH=x86-64
echo "$passed passed, $failed failed"
