#!/bin/sh
# Times the CPU kernel templates: bench.sh [kernel [images]]. CC, CFLAGS (-march=native) and AG_REAL as usual.
set -e
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$(mktemp -d)}
awk -v plain=1 -f "$here/instances.awk" "${CASES:-$here/bench.txt}" > "$build/instances.h"
${CC:-gcc} -std=gnu99 -O3 ${CFLAGS:--march=native} -fopenmp -I"$build" -I"$here" -I"$here/../../templates/cpu" -o "$build/bench" "$here/bench.c" -lm
OMP_WAIT_POLICY=passive "$build/bench" "$@"
