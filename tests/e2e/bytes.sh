#!/bin/sh
# Same seed, same bytes: whatever the threads, and however often a run was killed, stopped and resumed.
. "$(dirname "$0")/common.sh"

# A run that is stopped in the middle of an iteration says where, and its checkpoint holds that step.
stopped() { # folder
    run=$e2e/$1/stopped
    rm -rf "$run"
    "$e2e/$1/search" --run "$run" --seed 5 --iterations 100000 > "$work/stdout" 2> "$work/stderr" &
    id=$!
    sleep 0.7
    kill -TERM $id
    wait $id
    is "$1: status after SIGTERM" $? 143
    says "$1: a stopped run" "stopped at iteration [0-9]* of 100000, step [0-9]*; go on with --resume --run .*stopped$" "$work/stderr"
    at=$(sed 's/.*at iteration \([0-9]*\) of.*step \([0-9]*\);.*/\1 \2/' "$work/stderr")
    is "$1: lines in the log" "$(wc -l < "$run/log.jsonl")" $((${at% *} - 1))
    ends "$1: after a stop" 0 "" "$e2e/$1/search" --run "$run" --resume --iterations $((${at% *} + 1))
    is "$1: iterations after a stop" "$(wc -l < "$run/log.jsonl")" $((${at% *} + 1))
}

# A finished run stays as it is, unless more is asked for.
finished() { # folder, program
    run=$e2e/$1/bytes.$2 program=$e2e/$1/$2
    state=$(cd "$run.1" && ls -lR --time-style=full-iso | cksum)
    ends "$1 $2, finished" 0 "" "$program" --run "$run.1" --resume
    ends "$1 $2, finished, fewer asked for" 0 "" "$program" --run "$run.1" --resume --iterations 1
    is "$1 $2: a finished run changes" "$(cd "$run.1" && ls -lR --time-style=full-iso | cksum)" "$state"
    more=$(($(wc -l < "$run.1/log.jsonl") + 3))
    ends "$1 $2, more asked for" 0 "" "$program" --run "$run.1" --resume --iterations $more
    ends "$1 $2, as many at once" 0 "" "$program" --run "$run.2.more" --seed 5 --iterations $more
    is "$1 $2: lines in the log" "$(wc -l < "$run.1/log.jsonl")" $more
    same "$1 $2: checkpoint after more" "$run.1/checkpoint.safetensors" "$run.2.more/checkpoint.safetensors"
}

plain=$e2e/plain # tiny.json's programs as they are
mkdir -p "$plain"
cp $base/search $base/retrain "$plain"
bytes plain search 3 60
stopped plain
finished plain search
ends "another seed" 0 "" $base/search --run $plain/other.$$ --seed 6
cmp -s $plain/bytes.search.2/checkpoint.safetensors $plain/other.$$/checkpoint.safetensors
is "another seed, another run: cmp" $? 1
rm -r $plain/other.$$

space every search.gumbel_tau=0.5 search.warmup=0.34 search.bar_updates=both search.arch_data=both \
    search.critic_steps=2 search.weight_steps=3 'search.bar_lr_decay=[2,0.5]' search.loss=logistic
bytes every search 3 60
stopped every
is "warm-up: iterations without a gap" "$(grep -c '"gap": null' $e2e/every/bytes.search.1/log.jsonl)" 1

bytes plain retrain 7 150
same "averaged weights, killed" $plain/bytes.retrain.long/ema.safetensors $plain/bytes.retrain.kill/ema.safetensors
same "averaged weights, 1 and 2 threads" $plain/bytes.retrain.1/ema.safetensors $plain/bytes.retrain.2/ema.safetensors
finished plain retrain
finish
