#!/bin/sh
# job.sh SUITE[/PART]: runs a suite of tests, or a part of one. What it prints is printed when it has ended, so that jobs
# side by side keep apart, and stays in build/tests/. A job closes on `N passed, N failed`; one that ends in any other
# way counts as one failure. The counts are added as a line of build/tests/counts, and what failed to build/tests/failed.
log=build/tests/$(echo "$1" | tr / .).log
started=$(date +%s)
part=${1#*/}
if [ "$part" = "$1" ]; then part=; fi
# shellcheck disable=SC2086
sh "tests/${1%%/*}/run.sh" $part > "$log" 2>&1 < /dev/null
last=$(tail -n 1 "$log")
{
    flock 9
    echo "== $1"
    cat "$log"
    case $last in
    *[0-9]' passed, '[0-9]*' failed') grep '^FAILED' "$log" ;;
    *)
        last="0 passed, 1 failed"
        tail -n 15 "$log"
        echo "FAILED: ended without a count, after these lines"
        ;;
    esac > "$log.failed"
    sed "s|^|$1: |" "$log.failed" >> build/tests/failed
    echo "$last" >> build/tests/counts
    times > "$log.times" # not in a pipe, which would be another process
    cores=$(sed 's/[ms]/ /g' "$log.times" | awk 'NR == 2 { printf "%.0f", $1 * 60 + $2 + $3 * 60 + $4 }')
    echo "== $1 took $(($(date +%s) - started)) s, $cores s of a core"
} 9>> build/tests/counts
