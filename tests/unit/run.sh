#!/bin/sh
# Builds and runs the unit tests, by gcc with sanitizers and by clang; then, that every source is accepted by all
# compilers it is for. Closes on `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/gen.sh
passed=0 failed=0
libraries='-lpng -ljpeg -lz -lm -lpthread'
strict='-Wall -Wextra -Werror'
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

ok() { # what, status
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $1"; fi
}

# objects FOLDER COMPILER FILE…: compiles each, on all cores; each is a check
objects() {
    folder=$1 compiler=$2
    shift 2
    mkdir -p "$folder"
    for file; do echo "$file"; done | xargs -P "$(nproc)" -I '{}' sh -c '
        object=$(echo "${3#*/}" | tr / .) object=$2/${object%.c}.o
        $1 -c -o "$object" "$3" > "$object.log" 2>&1 || rm -f "$object"' sh "$compiler" "$folder" '{}'
    for file; do
        object=$(echo "${file#*/}" | tr / .) object=$folder/${object%.c}.o
        [ -f "$object" ]
        was=$?
        ok "$compiler -c $file: $(head -n 5 "$object.log")" $was
    done
}

# counts LOG WHAT: adds the last line of a test, which says `N passed, N failed`
counts() {
    last=$(tail -n 1 "$1")
    case $last in
    *[0-9]' passed, '[0-9]*' failed')
        passed=$((passed + ${last%% *}))
        last=${last#*, }
        failed=$((failed + ${last%% *}))
        [ "${last%% *}" = 0 ] || grep -v passed, "$1"
        echo "$2: $(tail -n 1 "$1")"
        ;;
    *) ok "$2 ended without a count: $(tail -n 20 "$1")" 1 ;;
    esac
}

# test_of FOLDER COMPILER TEST OBJECTS… : links a test with objects, runs it
test_of() {
    folder=$1 compiler=$2 test=$3
    shift 3
    # shellcheck disable=SC2086
    $compiler -o "$folder/$test" "tests/unit/$test.c" "$@" $libraries > "$folder/$test.log" 2>&1
    built=$?
    ok "$compiler tests/unit/$test.c: $(head -n 5 "$folder/$test.log")" $built
    [ $built = 0 ] || return
    "$folder/$test" > "$folder/$test.log" 2>&1
    counts "$folder/$test.log" "$test, ${folder##*/}"
}

# suite NAME COMPILER TYPE: all tests, the runtime's for that type of real
suite() {
    tests=build/unit/$1
    rm -rf "$tests"
    run="$2 -std=gnu99 $strict -DAG_REAL=$3 -Iruntime"
    gen="$2 -std=c11 $strict $gen_includes"
    objects "$tests/runtime" "$run" runtime/*.c
    # shellcheck disable=SC2086
    objects "$tests/gen" "$gen" $gen_sources
    rm "$tests/gen/main.o" "$tests/gen/commands.o"
    for test in test_runtime test_output test_safetensors test_data test_zip test_picture test_machine test_training; do
        test_of "$tests" "$run" $test "$tests"/runtime/*.o
    done
    test_of "$tests" "$run -Itests/unit/toy -DTOY_SEARCH -DTOY_GUMBEL" test_host tests/unit/toy/program.c \
        "$tests"/runtime/*.o
    for test in test_spec test_graph test_plan; do
        test_of "$tests" "$gen" $test "$tests"/gen/*.o "$tests"/runtime/error.o "$tests"/runtime/file.o \
            "$tests"/runtime/text.o
    done
    case $2 in *-fsanitize*) ;; *) test_of "$tests" "$run" test_memory "$tests"/runtime/*.o ;; esac # it has its own malloc
}

# Whole programs wait for each other, and for what kills them, more than they compute: beside the rest.
scripts="test_host test_runs"
mkdir -p build/unit
for script in $scripts; do sh tests/unit/$script.sh > build/unit/$script.log 2>&1 & done
suite gcc "gcc -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" float
suite clang "clang -O1" double
wait
for script in $scripts; do counts build/unit/$script.log "whole programs with toy networks, $script"; done
sh tests/tools/emission.sh > build/unit/emission.log 2>&1
counts build/unit/emission.log "emission under sanitizers"
objects build/unit/tcc "tcc -Iruntime" runtime/*.c runtime/cuda/*.c
objects build/unit/gcc-float "gcc -std=gnu99 -O2 $strict -Iruntime" runtime/*.c runtime/cuda/*.c
objects build/unit/clang-float "clang -std=gnu99 -O2 $strict -Iruntime" runtime/*.c runtime/cuda/*.c
echo "$passed passed, $failed failed"
[ $failed = 0 ]
