#!/bin/sh
# The StyleGAN2 family: from a space to a retrained generator, with a step of the retraining done once more beside it.
. "$(dirname "$0")/common.sh"
style=$e2e/style
here=tests/e2e

# ---------------------------------------------------------------- search

rm -rf $style/run $style/more $style/stopped
emit style $here/tiny_style.json
build style search
bytes style search 2 60 8
ends "a search" 0 "" $style/search --run $style/run --seed 5
says "its architecture has latents" '"b16.rgb": [1-3]' $style/run/genotype.json
# width FILE: of a PNG
width() { od -An -j16 -N4 -tu1 "$1" | awk '{ print 256 * $3 + $4 }'; }
is "16 pictures from a batch of 4: width" "$(width $style/run/samples/0003.png)" $((4 * 16 + 3 * 2))
# counter FILE NAME: what a checkpoint counts
counter() { head -c 20000 "$1" | grep -a -o "\"$2\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }
is "draws of noise: 3 iterations of 2 D, 2 G, 2 + 2 bar and 2 alpha steps" \
    "$(counter $style/run/checkpoint.safetensors noises)" 30
ends "a search without noise" 0 "" $base/search --run "$work/base" --iterations 1
is "its draws of noise" "$(counter "$work/base/checkpoint.safetensors" noises)" 0

# ---------------------------------------------------------------- retraining

derive style
ends "a retraining" 0 "" $style/retrain --seed 5
says "it names what is next" "make -C build/e2e/[a-z_/]* -f generate.mk && build/e2e/[a-z_/]*/generate -n 64" "$work/stdout"
is "steps for 1 kimg of 2 passes of 4 pictures" "$(tail -n 1 $style/run/retrain/log.jsonl | cut -d , -f 1,2)" \
    '{"step": 125, "kimg": 1'
is "lines of the log" "$(wc -l < $style/run/retrain/log.jsonl)" 8
is "numbers in the log that are none" "$(grep -c null $style/run/retrain/log.jsonl)" 0
is "the last samples" "$(find $style/run/retrain/samples -name '0*.png' | sort | tail -n 1)" \
    $style/run/retrain/samples/000125.png
is "64 pictures: width" "$(width $style/run/retrain/samples/000125.png)" $((8 * 16 + 7 * 2))
cmp -s $style/run/retrain/samples/000125.png $style/run/retrain/samples/000004.png
is "samples change: cmp" $? 1
is "running means of latents in ema.safetensors" "$(grep -a -c 'g\.map\.w_avg' $style/run/retrain/ema.safetensors)" 1
is "other names in ema.safetensors" "$(head -c 3000 $style/run/retrain/ema.safetensors | grep -a -c '"\(ema\|adam\|d\)\.')" 0
bytes style retrain 7 150 8
same "averaged weights, killed" $style/bytes.retrain.long/ema.safetensors $style/bytes.retrain.kill/ema.safetensors
same "averaged weights, 1 and 2 threads" $style/bytes.retrain.1/ema.safetensors $style/bytes.retrain.2/ema.safetensors

ends "finished" 0 "" $style/retrain --run $style/bytes.retrain.1 --resume
says "a finished run" "finished: 7 steps" "$work/stdout"
ends "more steps" 0 "" $style/retrain --run $style/bytes.retrain.1 --resume --iterations 20
ends "as many at once" 0 "" $style/retrain --run $style/more --seed 5 --iterations 20
same "more steps" $style/bytes.retrain.1/checkpoint.safetensors $style/more/checkpoint.safetensors
is "the log's steps" "$(sed 's/^{"step": \([0-9]*\),.*/\1/' $style/bytes.retrain.1/log.jsonl | tr '\n' ' ')" "7 16 20 "
is "the same means" "$(tail -n 2 $style/bytes.retrain.1/log.jsonl | sed 's/, "seconds.*//')" \
    "$(sed 's/, "seconds.*//' $style/more/log.jsonl)"
ends "another seed" 2 "has seed 5" $style/retrain --run $style/more --resume --seed 6
ends "no --resume" 2 "--resume" $style/retrain --run $style/more

$style/retrain --run $style/stopped --seed 5 --iterations 100000 > "$work/stdout" 2> "$work/stderr" &
id=$!
sleep 0.7
kill -TERM $id
wait $id
is "status after SIGTERM" $? 143
says "a stopped run" "stopped after step [0-9]* of 100000; go on with --resume --run .*stopped$" "$work/stderr"
is "its step" "$(counter $style/stopped/checkpoint.safetensors step)" "$(sed 's/.*step \([0-9]*\) .*/\1/' "$work/stderr")"
is "its average is of the same moment" "$($style/retrain --run $style/stopped --resume --iterations 1 | grep -c finished)" 1

# ---------------------------------------------------------------- a step, done once more

step() { # steps before it
    for i in $1 $(($1 + 1)); do
        resume=
        [ "$i" = "$1" ] || resume=--resume
        ends "step $i" 0 "" $style/retrain --run "$work/step.$1" --seed 5 --iterations "$i" $resume
        cp "$work/step.$1/checkpoint.safetensors" "$work/step.$i.safetensors"
    done
    $style/step "$work/step.$1.safetensors" "$work/step.$i.safetensors" > "$work/differ"
    was=$?
    ok "step $i: $(cat "$work/differ")" $was
}
# shellcheck disable=SC2046
${CC:-cc} -O1 -Wall -Wextra -Werror -I$style -o $style/step $here/style_step.c \
    $(ls $style/retrain.build/*.o | grep -v /retrain.o) -lpng -ljpeg -lz -lm -lpthread -Wl,-z,noexecstack # tcc marks no stack
ok "$here/style_step.c" $?
step 3 # with R1
step 4 # without

# ---------------------------------------------------------------- without R1, mixing and accumulation

mkdir -p $e2e/plain/run
cp $style/run/genotype.json $e2e/plain/run
derive plain retrain.r1_interval=0 retrain.mixing=0 retrain.accumulate=1 retrain.batch_g=8 retrain.batch_d=8
rm -rf $e2e/plain/run/retrain
ends "plain" 0 "" $e2e/plain/retrain --seed 5 --iterations 17
is "plain: lines without R1" "$(grep -c '"r1": null' $e2e/plain/run/retrain/log.jsonl)" 2
is "plain: draws of mixing" "$(counter $e2e/plain/run/retrain/checkpoint.safetensors mixings)" 0
constant() { grep -o "$1 = [^;,]*" "$e2e/$2/retrain.c"; }
for name in STEPS EMA; do
    is "twice 4 pictures count as 8: $name" "$(constant $name style)" "$(constant $name plain)"
done
rates() { grep -o "$1_rates = {[^}]*}" "$e2e/$2/retrain.c"; }
is "D's rates with R1" "$(rates d style)" "d_rates = {0.0015, 0, 0.992490585716335, 0}"
is "D's rates without" "$(rates d plain)" "d_rates = {0.002, 0, 0.99, 0}"
is "G's rates" "$(rates g style)" "$(rates g plain)"
ends "a checkpoint of another spec" 2 "another spec" $e2e/plain/retrain --run $style/more --resume

# ---------------------------------------------------------------- bad numbers, --bench, --replay

# A weight so large that what follows overflows: the run says so, and leaves the checkpoint.
bad=$work/bad
mkdir "$bad"
unsum < $style/more/checkpoint.safetensors > "$bad/checkpoint.safetensors"
header=$(od -An -N4 -tu4 "$bad/checkpoint.safetensors" | tr -d ' ')
at=$(head -c $((8 + header)) "$bad/checkpoint.safetensors" | grep -a -o '"g\.const":{[^}]*}' |
    sed 's/.*"data_offsets":\[\([0-9]*\),.*/\1/')
printf '\377\377\177\177' | dd of="$bad/checkpoint.safetensors" bs=1 seek=$((8 + header + at)) conv=notrunc 2> "$work/dd"
before=$(cksum < "$bad/checkpoint.safetensors")
ends "divergence" 1 "diverged.*in step 21" $style/retrain --run "$bad" --resume --iterations 40
is "divergence: the checkpoint" "$(cksum < "$bad/checkpoint.safetensors")" "$before"

ends "--bench" 0 "" $style/retrain --bench 1 --json
for phase in d g r1; do says "--bench: $phase" "\"$phase\": {\"ms\": [0-9.]*, \"gflop\": 0.0" "$work/stdout"; done
ends "--bench without R1" 0 "" $e2e/plain/retrain --bench 1 --json
is "--bench without R1: r1" "$(grep -c '"r1"' "$work/stdout")" 0
replay="--dump $work/dump.safetensors --replay"
golden=tests/golden/style_derived_r1.in.safetensors
# shellcheck disable=SC2086
{
    ends "replay without R1" 2 "no phase \"r1\"" $e2e/plain/retrain $replay $golden --phase r1
    ends "replay of another network" 2 "needs g.b8" $style/retrain $replay $golden --phase r1
    ends "replay without inputs" 2 "in.x" $style/retrain $replay $style/more/checkpoint.safetensors --phase r1
    ends "replay of nothing" 2 "nowhere" $style/retrain $replay nowhere --phase d
}
is "files left by replays" "$(ls "$work" | grep -c dump)" 0
finish
