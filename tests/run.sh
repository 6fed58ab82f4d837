#!/bin/sh
# Runs all tests, or the named ones: tests/run.sh [SUITE…]. Each suite is a script that closes on `N passed, N failed`;
# so does this one, with the sums. A suite that ends in any other way counts as one failure.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build
suites=${*:-"unit corpus kernels gradient golden e2e embed fuzz faults simgpu cuda"}
passed=0 failed=0
for suite in $suites; do
    started=$(date +%s)
    echo "== $suite"
    sh "tests/$suite/run.sh" 2>&1 | tee "build/$suite.log"
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "build/$suite.log" | tail -n 1)
    case $(tail -n 1 "build/$suite.log") in
    *passed,*failed) ;;
    *) last= ;;
    esac
    if [ -n "$last" ]; then
        passed=$((passed + ${last%% passed*}))
        f=${last#*passed, }
        failed=$((failed + ${f%% failed}))
    else
        echo "$suite ended without a count"
        failed=$((failed + 1))
    fi
    echo "== $suite took $(($(date +%s) - started)) s"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
