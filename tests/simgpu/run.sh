#!/bin/sh
# Tests of the stand-in driver: single instructions, the driver's calls, planted faults and kernels without any. Closes on
# `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
tests=build/simgpu/tests cuda=${CUDA_HOME:-/usr/local/cuda} run=tests/simgpu/run
PATH=$PATH:$cuda/bin
strict='-D_GNU_SOURCE -Wall -Wextra -Werror'
unset SIMGPU_CHECK SIMGPU_ORDER SIMGPU_BUDGET SIMGPU_ABORT SIMGPU_MEMORY SIMGPU_DEVICES SIMGPU_CC SIMGPU_STATS SIMGPU_BYTES
unset SIMGPU_LATE

ok() { # what, status
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $1"; fi
}

# counts LOG WHAT: adds the last line of a test, which says `N passed, N failed`
counts() {
    last=$(tail -n 1 "$1")
    case $last in
    *[0-9]' passed, '[0-9]*' failed')
        passed=$((passed + ${last%% *}))
        last=${last#*, }
        failed=$((failed + ${last%% *}))
        grep FAILED "$1"
        echo "$2: $(tail -n 1 "$1")"
        ;;
    *) ok "$2 ended without a count: $(tail -n 20 "$1")" 1 ;;
    esac
}

if ! command -v nvcc > /dev/null 2>&1 || [ ! -f "$cuda/include/cuda.h" ]; then
    echo "nvcc and cuda.h are not here (CUDA_HOME=…): nothing is tested"
    echo "0 passed, 0 failed"
    exit 0
fi

rm -rf "$tests"
mkdir -p "$tests"
$run > "$tests/build.log" 2>&1
was=$?
ok "tests/simgpu/run builds: $(head -n 5 "$tests/build.log")" $was
for file in tests/simgpu/*.c tests/simgpu/tests/*.c; do
    for compiler in gcc clang; do
        # shellcheck disable=SC2086
        $compiler -std=c11 $strict -fsyntax-only -isystem "$cuda/include" "$file" > "$tests/warnings.log" 2>&1
        was=$?
        ok "$compiler $file: $(head -n 5 "$tests/warnings.log")" $was
    done
done
for test in opcodes driver kernel math; do
    # shellcheck disable=SC2086
    ${CC:-cc} -std=c11 -O1 -ffp-contract=off $strict -isystem "$cuda/include" -o "$tests/$test" \
        "tests/simgpu/tests/$test.c" -lm -ldl > "$tests/$test.log" 2>&1
    was=$?
    ok "tests/simgpu/tests/$test.c: $(head -n 5 "$tests/$test.log")" $was
done
nvcc -ptx -arch=compute_80 -o "$tests/driver.ptx" tests/simgpu/tests/driver.cu &&
    nvcc -fatbin --compress-mode=none -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=compute_90 \
        -o "$tests/driver.fatbin" tests/simgpu/tests/driver.cu &&
    nvcc -ptx -arch=compute_80 -o "$tests/math.ptx" tests/simgpu/tests/math.cu &&
    nvcc -ptx -lineinfo -arch=compute_80 -o "$tests/kernels.80.ptx" tests/simgpu/tests/kernels.cu &&
    nvcc -ptx -lineinfo -arch=compute_90 -o "$tests/kernels.90.ptx" tests/simgpu/tests/kernels.cu
ok "nvcc compiles the tests' kernels" $?

for order in forward backward 5; do
    SIMGPU_ORDER=$order $run "$tests/opcodes" > "$tests/opcodes.log" 2>&1
    counts "$tests/opcodes.log" "instructions, $order"
done
$run "$tests/math" "$tests/math.ptx" > "$tests/math.log" 2>&1
counts "$tests/math.log" "the device's mathematical library"
nvrtc=$(find "$cuda/lib64/" -name 'libnvrtc.so.[0-9]*' 2> /dev/null | head -n 1)
SIMGPU_ABORT=0 $run "$tests/driver" "$tests/driver.ptx" "$tests/driver.fatbin" ${nvrtc:+"$nvrtc"} > "$tests/driver.log" 2>&1
counts "$tests/driver.log" "the driver's calls"
grep -q "PTX line 6, 'frobnicate.b32 %a, 1;': the operation 'frobnicate.b32' is not supported" "$tests/driver.log"
ok "an unknown instruction is named with its line" $?

# Kernels without a fault: no report and the same result in any order, at any level, on any number of threads.
for kernel in sum_block sum_warp gemm mixed same_value narrow zero_fill histogram divergent; do
    first=
    for how in ORDER=forward ORDER=backward ORDER=77 ORDER=123 CHECK=bounds CHECK=none THREADS=1 THREADS=3 LATE=9; do
        for module in 80 90; do
            result=$(env "SIMGPU_$how" $run "$tests/kernel" "$tests/kernels.$module.ptx" $kernel 2>&1)
            [ -n "$result" ] && [ "$result" = "${first:=$result}" ]
            ok "$kernel, $how, compute_$module: $result, first: $first" $?
        done
    done
done

# Planted faults, each in kernels.cu at a line with the mark: ended with status 86, said to be what it is, there.
planted() { # kernel, what is said
    for order in forward backward 77; do
        SIMGPU_BUDGET=1000000 SIMGPU_ORDER=$order $run "$tests/kernel" "$tests/kernels.80.ptx" "$1" > "$tests/$1.log" 2>&1
        [ $? = 86 ]
        was=$?
        ok "$1, $order, ends with status 86: $(cat "$tests/$1.log")" $was
        head -n 1 "$tests/$1.log" | grep -q "$2" && grep -q "kernel: $1, block (.*thread (" "$tests/$1.log"
        was=$?
        ok "$1, $order, is called '$2': $(cat "$tests/$1.log")" $was
        line=$(sed -n 's/.*kernels\.cu://p' "$tests/$1.log")
        sed -n "${line:-1}p" tests/simgpu/tests/kernels.cu | grep -q 'fault'
        was=$?
        ok "$1, $order, is found at its line: $(cat "$tests/$1.log")" $was
    done
}
planted race_in_shared 'race: \(reads\|writes\) what was'
planted race_in_warp 'race: writes what was written'
planted race_between_warps 'race: '
planted missing_barrier 'race: writes what was read\|cp.async that has not'
planted race_between_blocks 'race: writes what was written by block'
planted race_of_reader 'race: .* by block'
planted missing_atomic 'race: '
planted overrun '4 bytes outside of allocated memory'
planted overrun_of_shared '4 bytes outside of the block.s shared memory'
planted misaligned 'misaligned: an access of 16 bytes'
planted fresh_global 'memory that was never written'
planted fresh_shared 'memory that was never written'
planted barrier_in_branch 'barrier divergence'
planted barrier_after_exit 'barrier divergence: 200 threads wait'
planted missing_wait 'cp.async that has not been waited for'
planted wait_for_older 'cp.async that has not been waited for'
planted endless 'an endless loop'
planted host_pointer 'outside of allocated memory'
planted shuffle_from_outside 'which does not take part'

# Switches.
SIMGPU_DEVICES=0 $run "$tests/kernel" "$tests/kernels.80.ptx" gemm > "$tests/switch.log" 2>&1
grep -q 'cuInit returned 100' "$tests/switch.log"
was=$?
ok "SIMGPU_DEVICES=0: $(cat "$tests/switch.log")" $was
SIMGPU_MEMORY=10000 $run "$tests/kernel" "$tests/kernels.80.ptx" gemm > "$tests/switch.log" 2>&1
grep -q 'cuMemAlloc_v2 returned 2' "$tests/switch.log"
was=$?
ok "SIMGPU_MEMORY=10000: $(cat "$tests/switch.log")" $was
SIMGPU_CC=8.0 $run "$tests/kernel" "$tests/kernels.90.ptx" gemm > "$tests/switch.log" 2>&1
grep -q 'cuModuleLoadData returned 218' "$tests/switch.log"
was=$?
ok "SIMGPU_CC=8.0 refuses PTX for 9.0: $(cat "$tests/switch.log")" $was
SIMGPU_DRIVER=12040 $run "$tests/kernel" "$tests/kernels.80.ptx" gemm > "$tests/switch.log" 2>&1
grep -q 'cuModuleLoadData returned 222' "$tests/switch.log"
was=$?
ok "SIMGPU_DRIVER=12040 refuses PTX of CUDA 13: $(cat "$tests/switch.log")" $was
SIMGPU_ABORT=0 $run "$tests/kernel" "$tests/kernels.80.ptx" overrun > "$tests/switch.log" 2>&1
grep -q 'cuLaunchKernel returned 719' "$tests/switch.log"
was=$?
ok "SIMGPU_ABORT=0 leaves the error to the program: $(cat "$tests/switch.log")" $was
rm -f "$tests/stats"
SIMGPU_STATS=$tests/stats $run "$tests/kernel" "$tests/kernels.80.ptx" narrow > "$tests/switch.log" 2>&1
grep -q '^narrow launches 1 blocks 8 threads 2048 instructions [1-9][0-9]* read 0 written 2048$' "$tests/stats"
was=$?
ok "SIMGPU_STATS: $(cat "$tests/stats")" $was

# SIMGPU_BYTES: 2048 words are written, 256 sectors of 32 bytes; what is read of x is known by hand.
sectors() { # kernel, bytes read, bytes requested
    for how in THREADS=1 THREADS=3 ORDER=77 CHECK=none; do
        env "SIMGPU_$how" SIMGPU_BYTES="$tests/bytes" $run "$tests/kernel" "$tests/kernels.80.ptx" "$1" > "$tests/switch.log" 2>&1
        numbers="launches 1 moved $(($2 + 8192)) read $2 written 8192 requested $3"
        [ "$(cat "$tests/bytes")" = "$(printf '%s\n' "$1 $numbers" "total $numbers")" ]
        was=$?
        ok "SIMGPU_BYTES of $1, $how: $(cat "$tests/bytes" "$tests/switch.log")" $was
    done
}
sectors side_by_side 8192 $((8192 + 8192))
sectors strided 8192 $((2048 * 32 + 8192))
sectors read_again 1024 $((8192 + 8192))
sectors broadcast 32 $((64 * 32 + 8192))
sectors zero_fill 4096 $((8 * 205 * 32 + 8192)) # an instruction for each length: every fifth thread, 80 bytes apart
sectors added_up 2048 $((64 * 32 + 8192))
# the driver's calls: scale() of one sector in three modules and twice replayed, fills of 128, 1, 1 and 1 sectors, a copy
SIMGPU_ABORT=0 SIMGPU_BYTES=$tests/bytes $run "$tests/driver" "$tests/driver.ptx" "$tests/driver.fatbin" > "$tests/switch.log" 2>&1
for line in 'scale launches 7 moved 448 read 224 written 224 requested 448' \
    '(fills) launches 4 moved 4192 read 0 written 4192 requested 0' '(copies) launches 1 moved 64 read 32 written 32 requested 0'; do
    grep -qxF "$line" "$tests/bytes"
    was=$?
    ok "SIMGPU_BYTES of the driver's calls, $line: $(cat "$tests/bytes")" $was
done
rm -f "$tests/stats"
SIMGPU_LATE=2 SIMGPU_STATS=$tests/stats $run "$tests/kernel" "$tests/kernels.80.ptx" narrow > "$tests/switch.log" 2>&1
tail -n 1 "$tests/stats" | grep -q '^waits 1 idle 1$'
was=$?
ok "SIMGPU_LATE counts waits: $(cat "$tests/stats")" $was
echo "$passed passed, $failed failed"
[ $failed = 0 ]
