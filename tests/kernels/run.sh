#!/bin/sh
# Tests the CPU kernel templates against plain loops: run.sh [all]. Plain: one build of each kind. all: every vector
# width, float and double, gcc and clang, tcc, and sanitizers. Closes on `N passed, N failed`, counted in instances.
here=$(cd "$(dirname "$0")" && pwd)
templates=$here/../../templates/cpu
build=${BUILD:-$(mktemp -d)}
passed=0 failed=0
awk -f "$here/instances.awk" "$here/cases.txt" > "$build/instances.h"
try() {
    echo "$*"
    if ! "$@" -I"$build" -I"$here" -I"$templates" -o "$build/test" "$here/test.c" -lm; then
        failed=$((failed + 1))
        return
    fi
    last=$("$build/test" | tee /dev/stderr | tail -n 1)
    case $last in
    *' instances, '*' failed'*)
        bad=${last#* instances, }
        bad=${bad%% failed*}
        failed=$((failed + bad))
        passed=$((passed + ${last%% instances*} - bad))
        ;;
    *)
        echo "ended without a count"
        failed=$((failed + 1))
        ;;
    esac
}
gnu="-std=gnu99 -Wall -Wextra -Werror -O2"
sanitize="-g -fsanitize=address,undefined -fno-sanitize-recover=all"
if [ "$1" != all ]; then
    try gcc $gnu -O3 -march=native
    try clang $gnu -O3 -march=haswell -DAG_REAL=double
    try gcc $gnu
    try gcc $gnu -march=native $sanitize
    try tcc -DAG_NO_VECTORS
else
    for cc in gcc clang; do
        for real in float double; do
            for vectors in -march=native -march=haswell "" -DAG_NO_VECTORS; do
                try $cc $gnu -O3 $vectors -DAG_REAL=$real
            done
        done
        for vectors in -march=native -march=haswell -DAG_NO_VECTORS; do
            try $cc $gnu $vectors $sanitize
        done
    done
    try tcc -DAG_NO_VECTORS
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
