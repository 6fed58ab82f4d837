#!/bin/sh
# Lets memory, disks and files fail under whole programs (the toy networks of tests/unit/toy, and aggen): each call in
# turn fails, or the process is killed there; standard descriptors are closed, disks full, files cut, bits flipped. A
# program must then end by itself, with a line; leave each file as it was or complete; and the next run must end with
# the bytes of an undisturbed one (one.sh has the rules).
#
#     tests/faults/run.sh                 a few of each, in seconds, without what tests/faults/known lists
#     tests/faults/run.sh all [PART…]     some of each: minutes; parts: calls kills closed disk damage
#     FAULTS=100 tests/faults/run.sh all  ten times as many; FAULTS=all: every call, bit and length: hours, or days
#
# Closes on `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tools/check.sh
. tests/tools/check.sh
export faults="$PWD/build/faults" faults_memory=
bits=${FAULT_BITS:-required} # flipped bits of tensors: counted, or required to be noticed
[ ! -w /dev/shm ] || faults_memory=$(mktemp -d /dev/shm/faults.XXXXXX)
trap 'rm -rf "$work" ${faults_memory:+"$faults_memory"}' EXIT
quick=1
if [ "${1:-}" = all ]; then quick= && shift; fi
parts=${*:-calls kills closed disk damage}
most=${FAULTS:-10} # calls of a kind, bits, lengths, … that are tried, spread over all there are
[ "$most" != all ] || most=1000000000
[ ! "$quick" ] || most=2
if [ "$quick" ]; then
    variants=plain called='search pictures folder space' killed=search trained='search grid'
else
    variants='plain sanitized' called='search once retrain grid pictures folder archive space genotype'
    killed='search retrain pictures grid space genotype' trained='search retrain grid pictures space'
fi

# ---------------------------------------------------------------- programs

wrapped='malloc calloc realloc posix_memalign write pwrite fwrite fflush read pread open fopen close fsync fdatasync
    rename renameat ftruncate mkdir mkdirat openat flock opendir readdir open64 fopen64 pread64 pwrite64 ftruncate64
    readdir64'

# build FOLDER FLAGS [LINKED…]: search, retrain and generate
build() {
    to=$faults/$1 flags=$2 link=${3:-}
    mkdir -p "$to"
    sources='runtime templates/host tests/unit/toy tests/faults'
    # shellcheck disable=SC2086
    if [ -x "$to/generate" ] && [ -z "$(find $sources -newer "$to/generate")" ]; then return; fi
    # shellcheck disable=SC2016
    for file in runtime/*.c; do echo "$file"; done | xargs -P "$(nproc)" -I '{}' sh -c '
        gcc -std=gnu99 $1 -Iruntime -c -o "$2/$(basename "$3" .c).o" "$3"' sh "$flags" "$to" '{}'
    for kind in search retrain generate; do
        upper=$(echo $kind | tr '[:lower:]' '[:upper:]')
        # shellcheck disable=SC2086
        gcc -std=gnu99 $flags -Iruntime -Itests/unit/toy -DTOY_"$upper" -include tests/faults/settings.h \
            -o "$to/$kind" templates/host/$kind.c tests/unit/toy/program.c \
            "$to"/*.o $link -lpng -ljpeg -lz -lm -lpthread -ldl
        ok "$to/$kind is built" $?
    done
}

# start SUBJECT COMMAND…: what is there before the subject runs: what the command makes in its folder
start() {
    mkdir -p "$faults/before/$1" && cd "$faults/before/$1" || exit 1
    shift
    "$@" > "$work/stdout" 2>&1 || ok "$*: $(tail -n 1 "$work/stdout")" 1
    rm -f run/.lock
    cd ../../../.. || exit 1
}

old_emission() { # space or genotype of that name; its like with another name is emitted before
    cp "$faults/data/$1.json" . && "$PWD/../../../../aggen" "$1.json" -o out --set name=old
}
with_weights() { cp "$faults/data/ema.safetensors" . && "$@"; }

# What programs start with and what they leave when nothing fails, build/faults/before and build/faults/golden.
undisturbed() {
    rm -rf "$faults/before" "$faults/golden" "$faults/data"
    mkdir -p "$faults/data" "$faults/golden"
    plain=$faults/plain
    ends "retrain" 0 "" "$plain/retrain" --run "$work/run" --seed 5 --iterations 4
    cp "$work/run/ema.safetensors" "$faults/data"
    weights="--weights $faults/data/ema.safetensors"
    # shellcheck disable=SC2086
    ends "pictures to learn from" 0 "" "$plain/generate" -n 24 -o "$faults/data/pictures/" $weights
    (cd "$faults/data/pictures" && python3 -m zipfile -c ../pictures.zip ./*.png)
    cp tests/e2e/tiny.json "$faults/data/space.json"
    cp tests/golden/alphagan_s.json "$faults/data/genotype.json"
    for subject in search once folder archive retrain; do start $subject true; done
    start half "$plain/search" --run run --seed 5 --iterations 3
    start late "$plain/retrain" --run run --seed 5 --iterations 20
    start torn cp "$faults/data/pictures.zip" .
    start grid with_weights "$plain/generate" -n 2 -o grid.png --weights ema.safetensors
    start pictures with_weights "$plain/generate" -n 7 -o pictures/ --seed 9 --weights ema.safetensors
    for subject in space genotype; do start $subject old_emission $subject; done
    for subject in "$faults"/before/*; do
        subject=${subject##*/}
        mkdir "$faults/golden/$subject"
        sh tests/faults/one.sh "$subject" keep - "$faults/golden/$subject" > "$work/said"
        ok "$subject, undisturbed: $(cat "$work/said")" $?
    done
}

# ---------------------------------------------------------------- runs

# One fault a line in $work/list, SUBJECT WHAT HOW AT: each is run, and counts. What tests/faults/known has goes, unless
# all is asked for. $work/judged: what one.sh said of each.
judge() { # part
    list=$work/list
    if [ "$quick" ]; then
        grep -v '^#' tests/faults/known | sed 's/ *:.*//' > "$work/known"
        grep -v -f "$work/known" "$list" > "$work/kept"
        list=$work/kept
    fi
    # shellcheck disable=SC2016
    xargs -r -P "$(nproc)" -L 1 sh -c 'said=$(sh tests/faults/one.sh "$@") && echo "ok: $*: $said" ||
        echo "FAILED: $*: $said"' sh < "$list" > "$work/judged"
    if [ "$bits" = required ]; then
        sed -e 's/^ok\(: [^ ]* flip .*: unnoticed\)$/FAILED\1/' -e 's/^ok\(: [^ ]* flip .*: harmless\)$/FAILED\1/' \
            "$work/judged" > "$work/stricter"
        mv "$work/stricter" "$work/judged"
    fi
    failures=$(grep -c ^FAILED "$work/judged")
    passed=$((passed + $(grep -c ^ok "$work/judged"))) failed=$((failed + failures))
    # of failures of one kind the first three, and their number
    grep ^FAILED "$work/judged" | sort | awk '{ key = $2 " " $3 " " $4; if (++n[key] <= 3) print }
        END { for (key in n) if (n[key] > 3) print "FAILED: " key ": " n[key] " in all" }'
    echo "$1: $(wc -l < "$list") runs, $failures failed"
}

# spread COUNT MOST: numbers from 1 to COUNT, or as many as MOST among them, the first and the last too
spread() { awk -v n="$1" -v most="$2" 'BEGIN { if (n <= most) for (i = 1; i <= n; i++) print i
    else for (i = 0; i < most; i++) print 1 + int(i * (n - 1) / (most - 1)) }'; }

# numbers of errno: 4 EINTR, 5 EIO, 12 ENOMEM, 13 EACCES, 24 EMFILE, 28 ENOSPC, 37 ENOLCK, 38 ENOSYS, 95 ENOTSUP
hows() {
    case $1 in
    malloc | calloc | realloc) echo 12 12+ ;;
    write) echo 28 28+ 5 4 short ;;
    read) echo 5 4 short ;;
    open) echo 24 12 ;;
    close | fsync | ftruncate) echo 5 ;;
    rename | mkdir) echo 28 13 ;;
    flock) echo 38+ 95+ 37+ ;;
    opendir) echo 12 24 ;;
    readdir) echo 5 ;;
    esac
}

calls() {
    : > "$work/list"
    for variant in $variants; do
        for subject in $called; do
            name=$subject
            case $variant-$subject in
            sanitized-space | sanitized-genotype | sanitized-search | plain-once) continue ;;
            sanitized-*) name=sanitized-$subject ;;
            esac
            counts=$work/counts sh tests/faults/one.sh "$name" none 0 0 > "$work/said"
            ok "$name with faults.c but no fault: $(cat "$work/said")" $?
            while read -r call count; do
                hows=$(hows "$call")
                [ ! "$quick" ] || hows=${hows%% *}
                for how in $hows; do
                    case $variant-$call in sanitized-*alloc | plain-*) ;; *) continue ;; esac
                    # memory is asked for at many places, most of them in one run and in one emission
                    case $name-$call-$how in sanitized-once-*-12 | space-malloc-12) some=${most}0 ;; *) some=$most ;; esac
                    spread "$count" "$some" | sed "s/^/$name $call $how /"
                done
            done < "$work/counts" >> "$work/list"
        done
    done
    judge calls
}

# Killed before each of the calls that change files, and at random moments.
kills() {
    : > "$work/list"
    for subject in $killed; do
        counts=$work/counts sh tests/faults/one.sh "$subject" none 0 0 > "$work/said"
        while read -r call count; do
            case $call in
            write | open | rename | fsync | ftruncate | mkdir | close)
                spread "$count" "$most" | sed "s/^/$subject $call kill /"
                ;;
            esac
        done < "$work/counts" >> "$work/list"
    done
    judge kills
    [ ! "$quick" ] || return
    export TOY_DELAY=1000
    longest=0.07
    for program in search retrain; do
        ends "$program" 0 "" "$faults/plain/$program" --run "$work/$program.long" --seed 5 --iterations 60
        kill_often "$work/$program.kill" KILL 24 "$faults/plain/$program" --seed 5 --iterations 60
        equal_runs "$program, killed at random" "$work/$program.long" "$work/$program.kill"
    done
    unset TOY_DELAY
}

closed() {
    for subject in $trained; do
        for which in 1 2 3 4 5 6 7; do echo "$subject closed - $which"; done
    done > "$work/list"
    judge closed
}

disk() {
    limits=limit
    [ "$quick" ] || [ "$(id -u)" != 0 ] || limits='limit tmpfs'
    for subject in $trained; do
        size=$(du -sk "$faults/golden/$subject" | cut -f 1)
        for how in $limits; do spread $((size + 16)) $((most < 16 ? most : 16)) | sed "s/^/$subject disk $how /"; done
    done > "$work/list"
    judge disk
}

# Counters that are none, and some that no run can have come to.
counters() { # subject
    values='seed=-1 seed=_5 seed=5_ seed=+5 seed=05 seed=111111111111111111111111 iteration=-1 iteration=_3
        iteration=03 iteration=111111111111111111111111 iteration=9223372036854775807 iterations=9223372036854775807 
        position=9223372036854775807 latents=9223372036854775807 sum.d_loss=nan sum.d_loss=_1'
    [ ! "$quick" ] || values='iteration=-1 iteration=x'
    for value in $values; do
        echo "$1 set run/checkpoint.safetensors $value"
    done
}

# Files that are cut or changed. It is told how many flipped bits are noticed: of the tensors, and of what is before.
damage() {
    [ "$quick" ] && some=$most || some=$((3 * most))
    : > "$work/list"
    [ "$quick" ] && sanitized= || sanitized=sanitized-
    for pair in half:run/checkpoint.safetensors late:run/checkpoint.safetensors grid:ema.safetensors; do
        subject=${pair%%:*} file=${pair#*:}
        name=$sanitized$subject
        size=$(wc -c < "$faults/before/$subject/$file")
        header=$(od -An -tu8 -N 8 "$faults/before/$subject/$file")
        first=$((8 * (8 + header)))
        spread $first "$some" | awk -v what="$name flip-header $file" '{ print what, $1 - 1 }'
        spread $((8 * size - first)) "$some" |
            awk -v first=$first -v what="$name flip $file" '{ print what, first + $1 - 1 }'
        spread $((size - 1)) "$some" | sed "s|^|$name cut $file |"
    done >> "$work/list"
    for subject in half late; do counters "$sanitized$subject"; done >> "$work/list"
    size=$(wc -c < "$faults/data/genotype.json")
    spread $((size - 2)) "$some" | sed 's/^/genotype cut genotype.json /' >> "$work/list"
    size=$(wc -c < "$faults/data/pictures.zip")
    spread $((size - 1)) "$some" | sed "s/^/${sanitized}torn cut pictures.zip /" >> "$work/list"
    spread $((8 * size)) "$some" |
        awk -v what="${sanitized}torn flip-header pictures.zip" '{ print what, $1 - 1 }' >> "$work/list"
    judge damage
    for what in flip flip-header cut; do
        grep " $what " "$work/judged" | sed 's/.*: //' | sort | uniq -c | tr '\n' ' ' | sed "s/^/damage: $what:/"
        echo
    done
}

cp /dev/null "$work/list"
mkdir -p "$faults"
gcc -std=gnu11 -O1 -Wall -Wextra -Werror -shared -fPIC -o "$faults/faults.so" tests/faults/faults.c -ldl
ok "tests/faults/faults.c" $?
build plain -O0
if [ ! "$quick" ]; then
    gcc -std=gnu11 -O1 -DFAULTS_WRAP -c -o "$work/faults.o" tests/faults/faults.c
    # shellcheck disable=SC2086
    build sanitized "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
        "$work/faults.o $(printf -- '-Wl,--wrap=%s ' $wrapped)"
fi
[ $failed != 0 ] || undisturbed
[ $failed = 0 ] || parts=
for part in $parts; do $part; done
finish
