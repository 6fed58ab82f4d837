#!/bin/sh
# One program, one fault: one.sh SUBJECT WHAT HOW AT, with $faults the absolute path of build/faults. Says what is
# wrong, a line, and ends with 1; else ends with 0, and says of damage whether it was noticed.
#
# WHAT   a call of faults.c, HOW and AT as FAULT_HOW and FAULT_AT, HOW+: all later ones too
#        keep: nothing fails, and AT is the folder to leave what the program leaves in
#        closed: descriptors; AT: 1 standard input, 2 output, 4 error, or sums of these
#        disk: HOW limit: no file may exceed AT kB; tmpfs: the disk has that many left
#        flip, flip-header, cut: the file HOW has its bit AT changed, or only its first AT bytes
#        set: the checkpoint HOW has AT, KEY=TEXT, in its metadata, _ for a space
# SUBJECT names a program below, with "sanitized-" before it one built with sanitizers.
set -u
faults=${faults:?}
subject=${1#sanitized-} what=$2 how=$3 at=$4
case $1 in sanitized-*) bin=$faults/sanitized preload= ;; *) bin=$faults/plain preload=$faults/faults.so ;; esac
export ASAN_OPTIONS=exitcode=99:detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
folder=$(mktemp -d "${faults_memory:-/tmp}/faults.XXXXXX") mounted=
trap '[ -z "$mounted" ] || umount "$folder/disk"; rm -rf "$folder"' EXIT
root=${faults%/build/faults}

# program [env's words]: runs the subject in the folder at hand
program() {
    resume=
    [ ! -d run ] || resume=--resume
    case $subject in
    search | half) set -- "$@" "$bin/search" --seed 5 --iterations 6 ;;
    once) set -- "$@" "$bin/search" --seed 5 --iterations 1 ;;
    folder) set -- "$@" "$bin/search" --data "$faults/data/pictures" --iterations 2 ;;
    archive) set -- "$@" "$bin/search" --data "$faults/data/pictures.zip" --iterations 2 ;;
    torn) set -- "$@" "$bin/search" --data pictures.zip --iterations 2 ;;
    retrain | late) set -- "$@" "$bin/retrain" --seed 5 --iterations 40 ;;
    grid) set -- "$@" "$bin/generate" -n 9 -o grid.png --weights ema.safetensors ;;
    pictures) set -- "$@" "$bin/generate" -n 5 -o pictures/ --weights ema.safetensors ;;
    space | genotype) set -- "$@" "$root/aggen" "$subject.json" -o out ;;
    esac
    case $subject in
    space | genotype) ;;
    grid | pictures) set -- "$@" --threads 1 ;;
    *) set -- "$@" --threads 1 --run run $resume ;;
    esac
    env "$@"
}

bad() {
    echo "$1"
    exit 1
}

# differs FOLDER: what the folder at hand has otherwise, but for times and locks; nothing if nothing
differs() {
    diff -rq -x .lock -x log.jsonl . "$1" 2>&1 | head -n 1
    [ -f "$1/run/log.jsonl" ] || return
    sed 's/, "seconds": [0-9.e+-]*//' run/log.jsonl > "$folder/log" 2> /dev/null
    sed 's/, "seconds": [0-9.e+-]*//' "$1/run/log.jsonl" | cmp -s - "$folder/log" || echo "run/log.jsonl differs"
}

# Each file is as it was, or as it is at the end; a checkpoint, and what names the best so far, may be between.
check_files() {
    find . -type f ! -name '*.tmp' ! -name .lock ! -name log.jsonl ! -name 'checkpoint.*' ! -path './run/ema.*' \
        ! -path './run/genotype.json' > "$folder/files"
    while read -r file; do
        cmp -s "$file" "$faults/golden/$subject/$file" || cmp -s "$file" "$faults/before/$subject/$file" ||
            bad "$file is neither as it was nor complete"
    done < "$folder/files"
    if [ -f run/genotype.json ] && [ -d run/genotypes ]; then
        cat run/genotypes/* | grep -q -F -x -f run/genotype.json || bad "run/genotype.json is not complete"
    fi
    # what make would take: all of one emission, but for what is another program's
    for makefile in out/*.mk; do
        [ -f "$makefile" ] || continue
        case $makefile in out/retrain.mk) other='generate*' ;; *) other='retrain*' ;; esac
        diff -rq -x '.*' -x "$other" out "$faults/golden/$subject/out" > /dev/null && continue
        diff -rq -x '.*' -x "$other" out "$faults/before/$subject/out" > /dev/null && continue
        bad "$makefile is there, and files of two emissions"
    done
}

# Nothing may end by a signal or a sanitizer's report; one that fails says so.
check_end() {
    case $status in
    0 | 1 | 2) ;;
    137) [ "$how" = kill ] || bad "killed" ;;
    *) bad "ended with $status: $(grep -m 1 -e ERROR: -e 'runtime error' -e free -e corrupt "$folder/stderr")" ;;
    esac
    report=$(grep -m 1 -e 'ERROR: ' -e 'runtime error' "$folder/stderr")
    [ -z "$report" ] || bad "$report"
    [ "$status" = 0 ] || [ "$how" = kill ] || [ "$what" = closed ] || [ -s "$folder/stderr" ] ||
        bad "status $status and no word"
}

# After a fault: the same bytes, or a failure from which the next run recovers.
check_recovery() {
    if [ "$status" = 0 ]; then
        [ -z "$(differs "$faults/golden/$subject")" ] || bad "status 0, but $(differs "$faults/golden/$subject")"
        return
    fi
    case "$what $how" in
    'write short' | 'write 4' | 'read short' | 'read 4' | flock*) bad "status $status: $(head -n 1 "$folder/stderr")" ;;
    esac
    check_files
    program > "$folder/stdout" 2> "$folder/stderr"
    status=$?
    [ $status = 0 ] || bad "the run after it ended with $status: $(head -n 1 "$folder/stderr")"
    [ -z "$(differs "$faults/golden/$subject")" ] || bad "the run after it: $(differs "$faults/golden/$subject")"
}

# After damage: refused in a line, or the same bytes in spite of it, or unnoticed, where that may be.
check_notice() {
    case $how in run/*) ;; *) cp "$faults/before/$subject/$how" "$how" ;; esac
    if [ "$what" = flip ] && [ "$status" = 1 ]; then
        echo unnoticed # but the training diverged for it
    elif [ "$status" != 0 ]; then
        [ "$status $(wc -l < "$folder/stderr")" = "2 1" ] || bad "status $status: $(head -n 2 "$folder/stderr")"
        echo noticed
    elif [ -z "$(differs "$faults/golden/$subject")" ]; then
        echo harmless
    else
        case "$what $how" in 'cut '*.safetensors | cut*.json | set*) bad "unnoticed" ;; esac
        echo unnoticed
    fi
}

mkdir "$folder/files.d" "$folder/disk"
cd "$folder/files.d" || exit 2
cp -r "$faults/before/$subject/." .
case $what in
keep)
    program > "$folder/stdout" 2> "$folder/stderr" || bad "$(cat "$folder/stderr")"
    cp -r . "$at"
    exit 0
    ;;
closed)
    (
        [ $((at & 1)) = 0 ] || exec <&-
        [ $((at & 2)) = 0 ] || exec >&-
        [ $((at & 4)) = 0 ] || exec 2>&-
        program
    ) > "$folder/stdout" 2> "$folder/stderr"
    status=$?
    ;;
disk)
    if [ "$how" = tmpfs ]; then
        mount -t tmpfs -o size=64m faults "$folder/disk" && mounted=1
        cp -r . "$folder/disk"
        mount -o "remount,size=$(($(du -sk "$folder/disk" | cut -f 1) + at))k" "$folder/disk" || exit 2
        (cd "$folder/disk" && program) > "$folder/stdout" 2> "$folder/stderr"
        status=$?
        cd "$folder" && rm -r files.d && cp -r disk files.d && cd files.d || exit 2
    else
        (ulimit -f $((2 * at)) && program) > "$folder/stdout" 2> "$folder/stderr"
        status=$?
    fi
    ;;
flip* | cut | set)
    case $what in
    flip*)
        byte=$(od -An -tu1 -j $((at / 8)) -N 1 "$how")
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $((byte ^ 1 << at % 8)))" | dd of="$how" bs=1 seek=$((at / 8)) conv=notrunc 2> /dev/null
        ;;
    cut) head -c "$at" "$how" > "$folder/part" && cp "$folder/part" "$how" ;;
    set) python3 "$root/tests/faults/set.py" "$how" "$at" ;;
    esac
    program > "$folder/stdout" 2> "$folder/stderr"
    status=$?
    ;;
*)
    rest=
    case $how in *+) how=${how%+} rest=FAULT_REST=1 ;; esac
    # shellcheck disable=SC2086
    program ${preload:+LD_PRELOAD=$preload} FAULT_CALL="$what" FAULT_AT="$at" FAULT_HOW="$how" $rest \
        FAULT_COUNTS="${counts:-}" > "$folder/stdout" 2> "$folder/stderr"
    status=$?
    ;;
esac
check_end
case $what in
flip* | cut | set) check_notice ;;
*) check_recovery ;;
esac
exit 0
