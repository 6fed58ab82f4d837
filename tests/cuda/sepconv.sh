#!/bin/sh
# templates/cuda/sepconv.cu against sums on the CPU: windows, sizes that no tile divides, tiles, results; three orders.
# Closes on `N passed, N failed`.
set -u
. "$(dirname "$0")/common.sh"
if [ ! -x "$nvcc" ]; then
    echo "no CUDA Toolkit at ${CUDA_HOME:-/usr/local/cuda}: nothing is tested"
    echo "0 passed, 0 failed"
    exit 0
fi

# In turn: rows of a multiple of 4, 2 and 1 pixels; the last tile's pixels, channels and terms half outside; more columns
# than a tile has; maps smaller than the window; threads with several runs, and without one.
#    name           N  H  W CI  CO K bias keep two made BM  BN BK TM TN
cat >"$build/sepconv.cases" <<'CASES'
    wide            1  8 12 36 260 3 1 1 1 1   64 256 32 8 8
    wide5           1  4 16 64 256 5 0 0 0 0   64 256 32 8 8
    wide7           1  7  6 33 130 7 1 1 0 1   64 256 32 8 8
    middle          2  5  7 20 100 5 1 0 1 0   64 128 32 8 8
    middle3         2  8  8 40 136 3 0 1 0 1   64 128 32 8 8
    narrower        1 12 10 40  50 7 1 1 0 0  128  64 32 8 8
    few             2  4  4 64 128 7 0 1 1 1   32 128 32 4 8
    fewer           3  3  3 72 256 3 1 0 0 0   32 256 32 4 8
    small           1  6  8 34  62 5 1 1 1 1   64  64 32 4 4
    idle            1  4  4 24  64 3 0 0 0 0   16  64 16 2 4
    narrow32        1 10 20 20  30 3 1 1 1 1  128  32 32 8 4
    narrow16        1  8 20 18  16 7 0 0 0 0  128  16 16 4 4
    narrow8         2  9 10 16   7 5 1 1 0 1  128   8 16 4 4
    narrow4         1 16 16 12   3 3 1 0 1 0  128   4 16 2 4
    shallow         1  9  8 20  40 7 0 1 0 1   64  64  8 8 8
CASES

# the template with each case's constants
{
    echo '#include "templates/cuda/gemm.cuh"'
    while read -r name n h w ci co k bias keep two made bm bn bk tm tn; do
        for constant in FN=$name IMAGES=$n H=$h W=$w IN_C=$ci OUT_C=$co K=$k BIAS=$bias STORE_DEPTHWISE=$keep HAS_PROLOGUE=$made BM=$bm BN=$bn BK=$bk TM=$tm TN=$tn; do
            echo "#define AG_${constant%%=*} ${constant#*=}"
        done
        if [ "$two" = 1 ]; then
            echo '#define AG_EXTRA_PARAMS , float *__restrict__ z, const float *__restrict__ e'
            echo '#define AG_RESULTS y, z'
            echo '#define AG_EPILOGUE out[0].at[l] = r > 0 ? r : 0; out[1].at[l] = r * e[at] + (n + i - j + o)'
        else
            echo '#define AG_EXTRA_PARAMS'
            echo '#define AG_RESULTS y'
            echo '#define AG_EPILOGUE out[0].at[l] = r'
        fi
        if [ "$made" = 1 ]; then
            echo '#define AG_PROLOGUE_PARAMS , const float *__restrict__ p'
            echo '#define AG_PROLOGUE r = r > 0 ? r * p[o] + 1 : 0.5f'
        else
            echo '#define AG_PROLOGUE_PARAMS'
            echo '#define AG_PROLOGUE'
        fi
        echo '#include "templates/cuda/sepconv.cu"'
        for constant in FN IMAGES H W IN_C OUT_C K BIAS STORE_DEPTHWISE HAS_PROLOGUE PROLOGUE_PARAMS PROLOGUE BM BN BK TM TN EXTRA_PARAMS RESULTS EPILOGUE; do echo "#undef AG_$constant"; done
    done <"$build/sepconv.cases"
} >"$build/sepconv_cases.cu"

"$nvcc" -ptx -lineinfo -arch=compute_90 -I. -o "$build/sepconv.ptx" "$build/sepconv_cases.cu" >"$build/log" 2>&1
ok "the kernels are compiled" $?
is "lines that nvcc prints" "$(wc -l <"$build/log")" 0
"$nvcc" -cubin -arch=sm_90 -Xptxas -v -o "$build/cubin" "$build/sepconv.ptx" >"$build/ptxas" 2>&1
is "kernels without stack" "$(grep -c ' 0 bytes stack frame, 0 bytes spill stores' "$build/ptxas")" \
    "$(wc -l <"$build/sepconv.cases")"
${CC:-cc} -std=gnu99 -O1 -Wall -Wextra -isystem "${CUDA_HOME:-/usr/local/cuda}/include" -o "$build/sepconv" \
    tests/cuda/sepconv.c -lm -ldl
ok "tests/cuda/sepconv.c" $?
for order in forward backward 7; do
    SIMGPU_ORDER=$order $run "$build/sepconv" "$build/sepconv.ptx" <"$build/sepconv.cases" >"$build/log" 2>&1
    was=$?
    ok "order $order: $(cat "$build/log")" $was
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
