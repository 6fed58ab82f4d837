# For test scripts to read in: counted checks, and what they check. They work in $work, a folder that goes away.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

ok() { # what, status
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi
}
is() { [ "$2" = "$3" ]; ok "$1: got '$2', expected '$3'" $?; }
same() { cmp -s "$2" "$3"; ok "$1: $2 and $3 differ" $?; }
# Runs a command; its exit status must be $2, and where that isn't 0, standard error one line that holds $3.
ends() { # what, status, text, command...
    what=$1 status=$2 text=$3
    shift 3
    "$@" > "$work/stdout" 2> "$work/stderr"
    was=$?
    is "$what: exit status ($(cat "$work/stderr"))" $was "$status"
    [ "$status" -eq 0 ] && return
    is "$what: lines on standard error" "$(wc -l < "$work/stderr")" 1
    grep -q -e "$text" "$work/stderr"
    was=$?
    ok "$what: '$(cat "$work/stderr")' should say '$text'" $was
}

# Runs PROGRAM OPTIONS in folder $1, killed $3 times with a signal within $longest seconds, until it ends by itself.
kill_often() { # folder, signal, times, program, options...
    folder=$1 signal=$2 times=$3
    shift 3
    resume= left=$times kills=0
    while :; do
        # Without a checkpoint there may be no folder yet either.
        [ -d "$folder" ] && resume=--resume
        # (a shell has what it starts in the background ignore SIGINT, which would be lost until the program catches it)
        env --default-signal=INT "$@" --run "$folder" $resume > "$work/out" 2> "$work/err" &
        id=$!
        if [ "$left" -gt 0 ]; then
            left=$((left - 1))
            sleep "$(od -An -N1 -tu1 /dev/urandom | awk -v most="$longest" '{ print 0.01 + $1 / 256 * most }')"
            kill -"$signal" $id 2> /dev/null
        fi
        wait $id 2> /dev/null
        status=$?
        case $status in
        0) break ;;
        137 | 143 | 130 | 141) kills=$((kills + 1)) ;;
        *)
            ok "$folder: status $status after a kill: $(cat "$work/err")" 1
            return
            ;;
        esac
        # one that is stopped before its first step has nothing to say
        [ ! -s "$work/err" ] || grep -q -e --resume "$work/err" || ok "$folder: a stopped run names --resume" 1
    done
    is "$folder: kills" $kills "$times"
}
iterations() { sed 's/^{"iteration": \([0-9]*\),.*/\1/' "$1/log.jsonl" | tr '\n' ' '; }
without_times() { sed 's/, "seconds": [0-9.e+-]*//' "$1"; }
equal_runs() { # what, a, b
    same "$1" "$2/checkpoint.safetensors" "$3/checkpoint.safetensors"
    is "$1: log" "$(without_times "$2/log.jsonl")" "$(without_times "$3/log.jsonl")"
    diff -r "$2/samples" "$3/samples" > /dev/null
    ok "$1: samples" $?
    [ ! -d "$2/genotypes" ] || diff -r "$2/genotypes" "$3/genotypes" > /dev/null
    ok "$1: genotypes" $?
    is "$1: no temporary files" "$(find "$3" -name '*.tmp' | wc -l)" 0
}

# Renames the checksum of a safetensors file, so that what is damaged otherwise is seen.
unsum() { LC_ALL=C sed 's/^\(.*{"__metadata__":{"crc\)32"/\100"/'; }

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
