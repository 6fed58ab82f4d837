#!/bin/sh
# On a machine with an NVIDIA GPU: golden cases and a whole search against the CPU's, races (with compute-sanitizer, if the
# Toolkit has it), and speed. Prints a table; fails if a result differs.
set -u
GPU=1 BUILD=build/gpu
. "$(dirname "$0")/common.sh"
for case in 'residual search d,g,arch' 'residual_learnable search arch' 'alphagan_s retrain g' 'style_micro search d,g,arch' \
    'style_macro search arch' 'style_derived retrain g,r1'; do
    # shellcheck disable=SC2086
    set -- $case
    golden "$1" "$2" "$(echo "$3" | tr , ' ')"
done
sanitizer=${CUDA_HOME:-/usr/local/cuda}/bin/compute-sanitizer
for tool in memcheck racecheck initcheck; do
    if [ ! -x "$sanitizer" ]; then
        echo "no compute-sanitizer in ${CUDA_HOME:-/usr/local/cuda}: races are not looked for"
        break
    fi
    "$sanitizer" --tool $tool --error-exitcode 9 "$build/style_micro/search" --phase arch \
        --replay tests/golden/style_micro_arch.in.safetensors --dump "$build/x.safetensors" >"$build/log" 2>&1
    was=$?
    ok "$tool: $(tail -n 3 "$build/log")" $was
done
for file in tests/e2e/tiny.json tests/e2e/tiny_style.json; do
    name=$(basename $file .json)
    ./aggen $file -o "$build/$name.cpu" >/dev/null && make -s -j2 -C "$build/$name.cpu" -f search.mk &&
        made "$build/$name.cuda" search $file
    ok "$name: cannot be built" $?
    rm -rf "$build/$name".run.*
    for where in cpu cuda; do
        "$build/$name.$where/search" --run "$build/$name.run.$where" --iterations 1 >"$build/log" 2>&1
        was=$?
        ok "$name, $where: $(tail -n 3 "$build/log")" $was
    done
    same_log "$build/$name.run.cuda/log.jsonl" "$build/$name.run.cpu/log.jsonl"
    ok "$name: losses and alpha of CPU and GPU" $?
done
for file in spaces/alphagan_cifar10.json spaces/stylegan2_micro_dynamic.json; do
    made "$build/speed" search $file && "$build/speed/search" --bench 5
    ok "$file: --bench" $?
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
