#!/bin/sh
# Generators that a retraining keeps (retrain.keep_every): which, that each is what ema.safetensors was at that time, and
# that neither kills nor resuming change that.
. "$(dirname "$0")/common.sh"
keep=$e2e/keep
rm -rf "$keep"
mkdir -p "$keep/style"
ends "a search" 0 "" $base/search --run $keep/run --seed 5

# What a run has kept.
kept() { find "$1" -name 'ema-*' | sed 's/.*\///' | sort | tr '\n' ' '; }
# check_kept FOLDER: each third generator is kept
check_kept() {
    run=$e2e/$1/kept retrain=$e2e/$1/retrain
    ends "retrain" 0 "" "$retrain" --run "$run.whole" --seed 5 --iterations 6
    is "$1: kept generators" "$(kept "$run.whole")" "ema-0000003.safetensors ema-0000006.safetensors "
    same "$1: the last" "$run.whole/ema-0000006.safetensors" "$run.whole/ema.safetensors"
    ends "retrain" 0 "" "$retrain" --run "$run.parts" --seed 5 --iterations 3
    cp "$run.parts/ema.safetensors" "$work/third"
    ends "retrain" 0 "" "$retrain" --run "$run.parts" --resume --iterations 4
    same "$1: the third, once there are more" "$run.parts/ema-0000003.safetensors" "$work/third"
    ends "retrain" 0 "" "$retrain" --run "$run.parts" --resume --iterations 6
    for file in ema-0000003.safetensors ema-0000006.safetensors; do
        same "$1: $file" "$run.whole/$file" "$run.parts/$file"
    done
    timed "$retrain" --run "$run.long" --seed 5 --iterations 30
    longest=$(echo "$took" | awk '{ print $1 / 12 }')
    kill_often "$run.kill" KILL 5 "$retrain" --seed 5 --iterations 30
    is "$1, killed: kept generators" "$(kept "$run.kill")" "$(kept "$run.long")"
    for file in "$run.long"/ema-*; do same "$1, killed" "$file" "$run.kill/${file##*/}"; done
}
emit keep $keep/run/genotype.json --set retrain.keep_every=3 --set retrain.checkpoint_every=2
build keep retrain
check_kept keep
emit keep/style tests/golden/style_derived.json --set retrain.keep_every=3 --set retrain.checkpoint_every=4
build keep/style retrain
check_kept keep/style
emit keep/off tests/golden/style_derived.json
is "a spec without" "$(grep -c keep_every $keep/off/retrain_phases.c)" 0
finish
