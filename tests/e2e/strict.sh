#!/bin/sh
# What generators compute with, kernels, phases, random numbers and noise, goes without a warning into programs that are
# built with many: compiled as C99 by gcc and clang for each width of vectors and for none, and by tcc.
. "$(dirname "$0")/common.sh"
strict=$e2e/strict
warnings="-std=c99 -Wall -Wextra -Wconversion -pedantic -Werror"

# together every operation of both families but bilinear_conv, whose up-sampling the other family has
sed -e 's/\("cell1.normal2": "\)[a-z0-9_]*/\1conv_3x3/' -e 's/\("cell2.normal2": "\)[a-z0-9_]*/\1sep_conv_7x7/' \
    -e 's/\("cell3.normal2": "\)[a-z0-9_]*/\1conv_5x5/' tests/golden/alphagan_s.json > "$work/residual.json"
emit strict/residual "$work/residual.json"
emit strict/style tests/golden/style_derived.json

accepted() { # compiler, flags...
    for family in residual style; do
        (cd $strict/$family && "$@" -c generate_kernels?.c generate_phases.c random.c noise.c) > "$work/said" 2>&1
        was=$?
        ok "$family, $*: $(grep -e warning -e error "$work/said" | head -n 5)" $was
    done
}
# what optimisers warn of is asked for once
for compiler in gcc clang; do
    for machine in "-march=haswell -O2" "-march=skylake-avx512 -fsyntax-only" "-march=x86-64 -fsyntax-only" \
        "-DAG_NO_VECTORS -fsyntax-only"; do
        # shellcheck disable=SC2086
        accepted $compiler $warnings $machine
    done
done
accepted tcc -std=c99 -Wall -Werror -DAG_NO_VECTORS
finish
