#!/bin/sh
# Runs all tests, or the named ones: tests/run.sh [SUITE[/PART]…], as many at once as there are cores, each a job of
# tests/tools/job.sh. Closes on what failed, once more, and on `N passed, N failed`, the sums of theirs.
set -u
cd "$(dirname "$0")/.." || exit 1
# Those that take longest come first, so that none is waited for at the end.
long="cuda unit e2e/options kernels golden embed e2e/in_memory e2e/ship gradient e2e/bytes e2e/style"
short=$(cd tests/e2e && for script in *.sh; do echo "e2e/${script%.sh}"; done | grep -v -x -e e2e/run -e e2e/common)
short="$short corpus fuzz faults simgpu"
[ $# -gt 0 ] || set -- $(printf '%s\n' $long $short | awk '!seen[$0]++')
mkdir -p build/tests
: > build/tests/counts
: > build/tests/failed
echo "$# jobs; each is printed when it has ended"
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh tests/tools/job.sh
cat build/tests/failed
awk '{ passed += $1; failed += $3 } END { print passed " passed, " failed " failed"; exit failed > 0 }' build/tests/counts
