#!/bin/sh
# Checks the gradients of all operators and of some networks with finite differences, in double precision: run.sh
# [PART OF A TEST'S NAME]. Respects CC, CFLAGS and MARCH, but builds aggen plainly.
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/gradient}
cc=${CC:-cc}
strict="-Wall -Wextra -Werror"
mkdir -p "$build"
build=$(cd "$build" && pwd)
rm -f "$build"/*.c "$build"/*.o
env -u CFLAGS -u LDFLAGS make -s -C "$root" aggen
cd "$root" && . tests/tools/gen.sh
objects=$gen_objects
for part in error file text; do objects="$objects $root/build/run-${MARCH:-native}/runtime/$part.o"; done
# shellcheck disable=SC2086
$cc -std=c11 $strict -O1 $gen_includes $CFLAGS $LDFLAGS -o "$build/cases" "$here"/cases.c "$here"/operators.c "$here"/networks.c $objects -lm
AGGEN_HOME=$root "$build/cases" "$build"
flags="-std=gnu11 -DAG_REAL=double -march=${MARCH:-native} $CFLAGS -I$here -I$root/templates/cpu -I$root/runtime"
runtime="parallel tensor resources error file text"
{
    for file in "$build"/kernels?.c; do echo "-O1 $file"; done
    echo "-O0 $build/phases.c"
    echo "-O1 $strict $here/driver.c"
    for part in $runtime; do echo "-O1 $strict $root/runtime/$part.c"; done
} | xargs -P "$(nproc)" -L 1 sh -c "for last; do :; done; name=\${last##*/}; $cc $flags \"\$@\" -c -o \"$build/\${name%.c}.o\"" sh
# shellcheck disable=SC2086
$cc $CFLAGS $LDFLAGS -o "$build/driver" "$build"/kernels?.o "$build"/phases.o "$build"/driver.o \
    $(for part in $runtime; do echo "$build/$part.o"; done) -lm -lpthread
"$build/driver" "$@"
