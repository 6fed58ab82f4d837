#!/bin/sh
# aggen where an allocation fails, each large one in its turn and many a small one: it ends with a line and status 1, or
# as if nothing were, where libraries can do without.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
cc -O1 -Wall -Wextra -Werror -shared -fPIC -o "$work/failing.so" tests/e2e/memory.c
ok "tests/e2e/memory.c" $?
runtime="runtime/error.c runtime/file.c runtime/text.c runtime/safetensors.c runtime/safetensors_write.c"
# shellcheck disable=SC2086
cc -std=gnu99 -O1 -o "$work/weights" tests/e2e/weights.c $runtime -lz -lm
ok "tests/e2e/weights.c" $?
ends "weights" 0 "" "$work/weights" tests/golden/style_derived_g.in.safetensors "$work/bare" "$work/means"

# preload FROM TO NUMBER COMMAND…
preload() {
    AG_FAIL_SIZE=$1 AG_FAIL_MOST=$2 AG_FAIL=$3
    export AG_FAIL_SIZE AG_FAIL_MOST AG_FAIL
    shift 3
    TMPDIR=$work LD_PRELOAD=$work/failing.so "$@"
}
# fail FROM TO STEP COMMAND…: its allocations of FROM to TO bytes, each STEP-th
fail() {
    from=$1 to=$2 step=$3
    shift 3
    preload "$from" "$to" 0 "$@" > /dev/null 2>&1 9> "$work/count"
    count=$(cat "$work/count")
    [ "${count:-0}" -gt 0 ]
    ok "$*: allocations of $from bytes: ${count:-none}" $?
    said=0
    for i in $(seq 1 "$step" "${count:-0}"); do
        preload "$from" "$to" "$i" "$@" > "$work/stdout" 2> "$work/stderr"
        was=$?
        [ $was -le 1 ] && [ "$(wc -l < "$work/stderr")" -le 1 ] && { [ $was = 0 ] || grep -q 'aggen: ' "$work/stderr"; }
        ok "$*, allocation $i of $from bytes: status $was: $(head -n 2 "$work/stderr")" $?
        grep -q 'out of memory' "$work/stderr" && said=$((said + 1))
    done
    [ $said -gt 0 ]
    ok "$*: out of memory is said: $said of $count" $?
}
any=1000000000
fail 4000 $any 23 ./aggen info tests/e2e/tiny.json
fail 1 $any 9973 ./aggen tests/e2e/tiny.json -o "$work/out"
# what turns weights into two bytes: as much as the file of them, and twice that; libtcc, which is there too, does not
# always outlive a failure of its own
set -- ./aggen tests/golden/style_derived.json -o "$work/out" --weights "$work/means" --weights-type bf16
ends "weights of two bytes" 0 "" "$@"
bytes=$(wc -c < "$work/out/generate_weights.bin")
fail "$bytes" "$bytes" 1 "$@"
fail $((2 * bytes)) $((2 * bytes)) 1 "$@"
finish
