#!/bin/sh
# Runs the end-to-end scripts, or the named ones: run.sh [bytes…]. Closes on the sums of what they count.
cd "$(dirname "$0")" || exit 1
scripts=${*:-$(ls ./*.sh | sed 's/.*\///; s/\.sh$//' | grep -v -x -e run -e common)}
passed=0 failed=0
for script in $scripts; do
    echo "-- $script"
    log=$(mktemp) started=$(date +%s)
    sh "./$script.sh" 2>&1 | tee "$log"
    case $(tail -n 1 "$log") in
    *' passed, '*' failed')
        last=$(tail -n 1 "$log")
        passed=$((passed + ${last%% passed*}))
        last=${last#*passed, }
        failed=$((failed + ${last%% failed}))
        ;;
    *)
        echo "$script ended without a count"
        failed=$((failed + 1))
        ;;
    esac
    rm "$log"
    echo "-- $script took $(($(date +%s) - started)) s"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
