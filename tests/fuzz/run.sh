#!/bin/sh
# Fuzzes what reads bytes from outside: each reader has a harness in runtime.c or gen.c.
#
#     tests/fuzz/run.sh                  the inputs that were found, but those of tests/fuzz/known, and some mutations
#                                        that are the same every time, by a driver of its own, in seconds
#     tests/fuzz/run.sh all [READER…]    all that were found; then guided by coverage, by clang's libFuzzer (where it
#                                        is), each reader for FUZZ_SECONDS (20)
#
# What was learned stays in build/fuzz/corpus, what broke a reader in build/fuzz/broken; from there it goes to
# tests/fuzz/found/READER or, better, into seeds.py. Closes on `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/gen.sh
fuzz=build/fuzz mutations=${FUZZ_MUTATIONS:-1500} seconds=${FUZZ_SECONDS:-20}
libraries='-lpng -ljpeg -lz -lm -lpthread'
checks='-g -fsanitize=address,undefined -fno-sanitize-recover=all'
unset ASAN_OPTIONS UBSAN_OPTIONS
passed=0 failed=0

ok() { # what, status
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $1"; fi
}

# build FOLDER COMPILER LINKER FILE…: $fuzz/FOLDER/fuzz, from the runtime, the harnesses and those files of aggen
build() {
    objects=$fuzz/$1 compile=$2 link=$3
    shift 3
    newer=$(find runtime gen tests/fuzz -name '*.[ch]' -newer "$objects/fuzz" 2>&1)
    [ -n "$newer" ] || return 0
    rm -rf "$objects"
    mkdir -p "$objects"
    # shellcheck disable=SC2016
    for file in runtime/*.c tests/fuzz/*.c "$@"; do echo "$file"; done | grep -v -x gen/main.c |
        xargs -P "$(nproc)" -I '{}' sh -c '
            case $3 in runtime/* | tests/fuzz/runtime.c) from="-std=gnu99 -Iruntime" ;; *) from="-std=c11 $4" ;; esac
            $1 $from -Wall -Wextra -Werror -c -o "$2/$(echo "$3" | tr / .).o" "$3"' sh "$compile" "$objects" '{}' "$gen_includes"
    # shellcheck disable=SC2086
    $link -o "$objects/fuzz" "$objects"/*.o $libraries
    ok "$objects/fuzz is built" $?
}

# in_folder COMMAND…: runs it with a folder of its own for files, in memory if there is such a place
in_folder() {
    [ -w /dev/shm ] && FUZZ_FOLDER=$(mktemp -d /dev/shm/fuzz.XXXXXX) || FUZZ_FOLDER=$(mktemp -d)
    FUZZ_FOLDER=$FUZZ_FOLDER "$@"
    was=$?
    rm -rf "$FUZZ_FOLDER"
    return $was
}

# skipped FILE: 1 unless it is in the list of what is known to break, and the list is in use
skipped() { [ "${1#*found/}" != "$1" ] && cut -d ' ' -f 1 tests/fuzz/known | grep -q -x -e "${1#*found/}"; }

# read_found KNOWN: each input that was found, but those of the list where KNOWN is "skip"
read_found() {
    for file in tests/fuzz/found/*/* "$fuzz"/found/*/*; do
        [ -f "$file" ] || continue
        if [ "$1" = skip ] && skipped "$file"; then continue; fi
        reader=$(basename "$(dirname "$file")")
        in_folder "$driver" "$reader" 0 "$file" > "$fuzz/log" 2>&1
        was=$?
        ok "$file: $(grep -m 1 -e promise -e ERROR: -e error: -e seconds "$fuzz/log")" $was
    done
}

# mutate READER
mutate() {
    export FUZZ_BROKEN="$fuzz/broken/$1.mutated"
    in_folder "$driver" "$1" "$mutations" $fuzz/seeds/"$1"/* > "$fuzz/log" 2>&1
    was=$?
    [ $was != 0 ] || cat "$fuzz/log"
    ok "$1: $(grep -m 2 -e promise -e ERROR: -e error: -e seconds "$fuzz/log" | tr '\n' ' ')" $was
}

# guided READER: libFuzzer's turn; leaves its report in build/fuzz/READER.log
guided() {
    mkdir -p "$fuzz/corpus/$1"
    FUZZ_READER=$1 in_folder $fuzz/clang/fuzz -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=600 -max_len=16384 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$fuzz/broken/$1." \
        -reload=0 "$fuzz/corpus/$1" "$fuzz/seeds/$1" > "$fuzz/$1.log" 2>&1
    echo $? > "$fuzz/$1.status"
}

# told READER: what it came to
told() {
    log=$fuzz/$1.log
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    cover=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    echo "$1: ${runs:-?} executions, coverage ${cover:-?}"
    ok "$1: $(grep -m 2 -e promise -e ERROR: -e 'runtime error' -e 'Test unit' "$log" | tr '\n' ' ')" \
        "$(cat "$fuzz/$1.status")"
}

python3 tests/fuzz/seeds.py $fuzz && mkdir -p $fuzz/broken
ok "tests/fuzz/seeds.py" $?
driver=$fuzz/gcc/fuzz
# what aggen does after reading is left out when linking
build gcc "gcc -O0 -ffunction-sections $checks" "gcc -Wl,--gc-sections $checks" gen/spec/*.c \
    gen/family/*.c gen/graph/*.c gen/model/*.c gen/pass/*.c gen/program/*.c gen/mem.c gen/text.c gen/options.c
readers=$("$driver")
if [ "${1:-}" = all ]; then
    shift
    readers=${*:-$readers}
    read_found all
    if clang -fsanitize=fuzzer -x c -o $fuzz/probe - > $fuzz/log 2>&1 << 'END'; then
#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) { return !data + !size; }
END
        build clang "clang -O1 -DLIBFUZZER -fsanitize=fuzzer-no-link $checks" "clang -fsanitize=fuzzer $checks" \
            $gen_sources gen/run/none.c
        running=0
        for reader in $readers; do
            guided "$reader" &
            running=$((running + 1))
            [ $((running % $(nproc))) != 0 ] || wait
        done
        wait
        for reader in $readers; do told "$reader"; done
    else
        echo "clang has no libFuzzer here: mutations without guidance"
        mutations=$((mutations * seconds))
        for reader in $readers; do mutate "$reader"; done
    fi
else
    read_found skip
    for reader in $readers; do mutate "$reader"; done
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
