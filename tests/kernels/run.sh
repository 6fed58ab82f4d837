#!/bin/sh
# Tests the CPU kernel templates: run.sh [all]. Plain: the machine's own vectors, gcc, float. all: every vector width,
# float and double, gcc and clang, tcc, and sanitizers.
set -e
here=$(cd "$(dirname "$0")" && pwd)
templates=$here/../../templates/cpu
build=${BUILD:-$(mktemp -d)}
awk -f "$here/instances.awk" "$here/cases.txt" > "$build/instances.h"
try() {
    echo "$*"
    "$@" -I"$build" -I"$here" -I"$templates" -o "$build/test" "$here/test.c" -lm
    "$build/test"
}
gnu="-std=gnu99 -Wall -Wextra -O2"
if [ "$1" != all ]; then
    try ${CC:-gcc} $gnu -march=native
    exit
fi
for cc in gcc clang; do
    for real in float double; do
        for vectors in -march=native "-march=haswell" "" -DAG_NO_VECTORS; do
            try $cc $gnu -O3 $vectors -DAG_REAL=$real
        done
    done
    for vectors in -march=native "-march=haswell" -DAG_NO_VECTORS; do
        try $cc $gnu -g $vectors -fsanitize=address,undefined -fno-sanitize-recover=all
    done
done
try tcc -DAG_NO_VECTORS
