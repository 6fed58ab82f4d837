#!/bin/sh
# sweep.sh [FILE…]: what compilers make of the kernels of spaces and genotypes (the shipped ones) for ARCHS (all of a
# program's). nvcc and NVRTC say nothing; ptxas uses no stack and spills nothing. A line for each kernel or warning where
# that isn't so: the architecture, the program, the kernel. Needs nvcc, and no GPU. Closes on `N passed, N failed`.
#
# Programs have many kernels in common: those that differ, in files of their own, are compiled by nvcc for each
# architecture, and by NVRTC, whose optimiser is nvcc's, for one of them in turn. Of the programs as they are both
# compilers' front ends, which warn, read all.
set -u
. "$(dirname "$0")/common.sh"
archs=${ARCHS:-80 86 89 90 100 120}
folder=$build/sweep
rm -rf "$folder"
mkdir -p "$folder"
[ $# -gt 0 ] || set -- spaces/*.json spaces/genotypes/*.json
for file; do
    ./aggen "$file" --target cuda -o "$folder/$(basename "$file" .json)" >"$folder/log" 2>&1
    was=$?
    ok "$file: $(cat "$folder/log")" $was
done
awk -v folder="$folder" -v most=150 -f tests/cuda/distinct.awk "$folder"/*/*_kernels.cu >"$folder/log"
was=$?
ok "$(tail -n 1 "$folder/log")" $was
cat "$folder/log"
${CC:-cc} -std=gnu99 -O1 -Wall -Wextra -Iruntime -o "$folder/nvrtc" tests/cuda/nvrtc.c runtime/error.c runtime/cuda/driver.c -ldl
ok "tests/cuda/nvrtc.c" $?

# Commands, each behind the file that gets what it prints. Kernels of one file need not use all that stands before them.
some="-diag-suppress 177"
turn=$archs
for source in "$folder"/*.cu; do
    for arch in $archs; do
        echo "$source.$arch.ptxas $nvcc -cubin -arch=sm_$arch -Xptxas -v $some -o $source.$arch.cubin $source"
    done
    echo "$source.${turn%% *}.nvrtc $folder/nvrtc $source -arch=sm_${turn%% *} -lineinfo $some"
    turn="${turn#* } ${turn%% *}"
done >"$folder/commands"
for source in "$folder"/*/*_kernels.cu; do
    for arch in $archs; do
        echo "$source.$arch.nvcc $nvcc -cubin -arch=sm_$arch -fdevice-syntax-only -o $source.$arch.cubin $source"
        echo "$source.$arch.nvrtc $folder/nvrtc $source -arch=sm_$arch -fdevice-syntax-only"
    done
done >>"$folder/commands"
# shellcheck disable=SC2016
xargs -P "${JOBS:-$(nproc)}" -L 1 sh -c '"$@" >"$0" 2>&1 || echo "exit status $?" >>"$0"; rm -f "${0%.*}.cubin"' \
    <"$folder/commands"

while read -r log command; do
    kind=${log##*.} source=${log%.*.*} arch=${log%.*}
    arch=sm_${arch##*.}
    if [ "$kind" = ptxas ]; then
        said=$(awk -v where="$arch" -f tests/cuda/ptxas.awk "$source" "$log")
    else
        said=$(sed "s#^#$arch, $kind: #" "$log" 2>&1)
    fi
    [ -z "$said" ]
    ok "$command
$said" $?
done <"$folder/commands"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
