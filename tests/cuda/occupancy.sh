#!/bin/sh
# occupancy.sh FILE [aggen's words]: what ptxas makes of a space's or genotype's kernels for ARCHS ("80 90 120"), which is
# to use no local memory; and, of those that take more than 2 % of a phase's time at an H100's peaks, how many threads an
# sm_90 holds at a time, in percent of what it can: WANTED (50) at the least, or there is a known reason. Needs nvcc, and
# no GPU. Closes on `N passed, N failed`.
set -u
. "$(dirname "$0")/common.sh"
file=$1 name=$(basename "$1" .json)
folder=$build/occupancy.$name
mkdir -p "$folder"
rm -f "$folder"/*_kernels.cu
./aggen "$@" --target cuda -o "$folder" >"$folder/log" 2>&1 && ./aggen info "$@" --target cuda --json >"$folder/info"
was=$?
ok "$*: $(cat "$folder/log")" $was
source=$folder/search_kernels.cu
[ -f "$source" ] || source=$folder/retrain_kernels.cu
for arch in ${ARCHS:-80 90 120}; do
    "$nvcc" -cubin -arch="sm_$arch" -Xptxas -v -o "$folder/cubin" "$source" >"$folder/ptxas.$arch" 2>&1
    was=$?
    ok "$file, sm_$arch: $(tail -n 3 "$folder/ptxas.$arch")" $was
    is "$file, sm_$arch: stack, spills, warnings" "$(awk -v where="sm_$arch" -f tests/cuda/ptxas.awk "$source" "$folder/ptxas.$arch")" ""
done
tr '{' '\n' <"$folder/info" >"$folder/phases"
awk -v wanted="${WANTED:-50}" -f tests/cuda/occupancy.awk kind=source "$source" kind=ptxas "$folder/ptxas.90" \
    kind=phases "$folder/phases" | sort -rn >"$folder/table"
printf '%-34s %-18s %9s %8s %7s %7s %9s\n' "$name, sm_90" 'roofline time' registers 'shared B' threads blocks occupancy
cut -d ' ' -f 2- "$folder/table"
if grep -q ' large tile$' "$folder/table"; then
    echo "large tile: a thread's 32 or 64 sums don't wait for one another and hide latency in place of more threads; with the"
    echo "registers that more would leave them they spill, and smaller tiles read shared memory more often for each product."
fi
[ -s "$folder/table" ] && ! grep -q ' TOO LOW$' "$folder/table"
ok "$file: kernels that hold less than ${WANTED:-50} % of the threads of sm_90" $?
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
