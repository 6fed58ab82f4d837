#!/bin/sh
# Tests the CPU kernel templates against plain loops, and that packed weights are the same bytes for every vector width:
# run.sh [all]. Plain: one build of each kind. all: every vector width, float and double, gcc and clang, tcc, and
# sanitizers. Closes on `N passed, N failed`, counted in instances.
here=$(cd "$(dirname "$0")" && pwd)
templates=$here/../../templates/cpu
build=${BUILD:-$(mktemp -d)}
passed=0 failed=0
awk -f "$here/instances.awk" "$here/cases.txt" > "$build/instances.h"
mkdir -p "$build/packs"
rm -f "$build/packs/want"
awk -v packs=1 -f "$here/instances.awk" "$here/cases.txt" > "$build/packs/instances.h"
# try COMPILER…: a build to be made, each with a log of its own; tally makes two at a time, in this order, and reads the
# logs. The longest come first, so that neither waits for the other at the end.
tries=0
try() {
    tries=$((tries + 1))
    echo "$*" > "$build/log.$tries"
    echo "$* -I'$build' -I'$here' -I'$templates' -o '$build/test.$tries' '$here/test.c' -lm && '$build/test.$tries'" \
        > "$build/try.$tries"
}
tally() {
    seq $tries | xargs -P 2 -I '{}' sh -c 'sh "$1/try.$2" >> "$1/log.$2" 2>&1' sh "$build" '{}'
    for try in $(seq $tries); do
        cat "$build/log.$try"
        last=$(tail -n 1 "$build/log.$try")
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
    done
}
# packs FEATURE COMPILER…: packs where the machine has that feature, and compares with what the first compiler's program
# packed
packs() {
    feature=$1
    shift
    grep -qw "$feature" /proc/cpuinfo || return
    echo "packed weights: $*"
    if ! "$@" -I"$build/packs" -I"$here" -I"$templates" -o "$build/pack" "$here/pack.c" ||
        ! "$build/pack" > "$build/packs/got"; then
        failed=$((failed + 1))
        return
    fi
    [ -s "$build/packs/want" ] || cp "$build/packs/got" "$build/packs/want"
    bad=$(diff "$build/packs/got" "$build/packs/want" | grep '^>' | tee /dev/stderr | grep -c .)
    failed=$((failed + bad))
    passed=$((passed + $(grep -c . "$build/packs/want") - bad))
}
gnu="-std=gnu99 -Wall -Wextra -Werror -O2"
sanitize="-g1 -fsanitize=address,undefined -fno-sanitize-recover=all"
if [ "$1" != all ]; then
    try gcc $gnu -O3 -march=native
    try clang $gnu -march=haswell -DAG_REAL=double
    try gcc $gnu -O1 -march=native $sanitize
    try gcc $gnu
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
tally
packs fpu gcc -std=gnu99 -O1 -DAG_NO_VECTORS
packs fpu tcc
packs fpu gcc -std=gnu99 -O1 -march=x86-64
packs avx2 gcc -std=gnu99 -O1 -march=haswell
packs avx512f gcc -std=gnu99 -O1 -march=x86-64-v4
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
