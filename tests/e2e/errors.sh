#!/bin/sh
# Bad usage of programs, damaged files, full disks: the exit status, one line that says what is wrong, nothing lost.
. "$(dirname "$0")/common.sh"
bad=$e2e/bad
umount $bad/disk 2> "$work/stderr" # an earlier run may have been cut off there
rm -rf $bad
mkdir -p $bad

# ---------------------------------------------------------------- options of programs

search=$base/search retrain=$base/retrain generate=$base/generate run=$base/run
ends "an unknown option" 2 "--nonsense" $search --nonsense
ends "an option of others" 2 "--weights" $search --weights x
ends "a malformed number" 2 "--threads.*\"2x\"" $search --threads 2x
ends "a negative number" 2 "--iterations.*\"-1\"" $retrain --iterations=-1
ends "a number too large" 2 "--seed" $search --seed 18446744073709551616
ends "a value is missing" 2 "--run" $search --run
ends "an option for a value" 2 "--run: DIR is missing" $search --run --resume
ends "a word" 2 "spaces" $search spaces
ends "no pictures" 2 "--number.*\"0\"" $generate -n 0
ends "an option of another family" 2 "--psi.*StyleGAN2" $generate --psi 0.7
ends "--json alone" 2 "--bench" $search --json
ends "--replay alone" 2 "--dump" $search --replay x
ends "a run folder that is a file" 2 "$search" $search --run $search
ends "a run folder below a file" 2 "$search" $search --run $search/run
ends "--help" 0 "" $generate --help
grep -q -e --psi "$work/stdout"
is "--help of a residual generator: grep --psi" $? 1
ends "--bench > /dev/full" 1 "" sh -c "$search --bench 1 --json > /dev/full"

# ---------------------------------------------------------------- run folders and checkpoints

ends "a checkpoint, no --resume" 2 "--resume" $search --run $run
ends "nothing to resume" 2 "no run" $search --run $bad/nowhere --resume
ends "another seed" 2 "--seed.*seed 5" $search --run $run --resume --seed 6
ends "another program's run" 2 "of search, not of retrain" $retrain --run $run --resume
space other search.batch=5
ends "another spec" 2 "another spec.*batch" $e2e/other/search --run $run --resume
rm -rf $e2e/other/run
cp -r $run $e2e/other/run
rm -r $e2e/other/run/retrain
ops=$(grep -o '"cell1.up0": "[a-z]*"' $run/genotype.json)
[ "$ops" = '"cell1.up0": "deconv"' ] && to=nearest || to=deconv
sed "s/$ops/\"cell1.up0\": \"$to\"/" $run/genotype.json > $e2e/other/run/genotype.json
derive other
ends "another genotype" 2 "another genotype" $e2e/other/retrain --run $run/retrain --resume
build other generate
ends "weights of another genotype" 2 "another architecture" $e2e/other/generate --weights $run/retrain/ema.safetensors

$search --run $bad/busy --iterations 1000000 > "$work/busy" 2>&1 &
id=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -f $bad/busy/checkpoint.safetensors ] || sleep 0.2
done
ends "a run folder in use" 2 "another process" $search --run $bad/busy --resume
kill -KILL $id
wait $id 2> "$work/stderr"
ends "a killed run leaves no lock" 0 "" $search --run $bad/busy --resume --iterations 1

# damaged WHAT TEXT PROGRAM RUN: resuming says so, and leaves the file as it is
damaged() {
    before=$(cksum < "$4/checkpoint.safetensors")
    ends "$1" 2 "checkpoint.safetensors.*$2" "$3" --run "$4" --resume --iterations 1000
    is "$1: checkpoint" "$(cksum < "$4/checkpoint.safetensors")" "$before"
}
mkdir $bad/run
for bytes in 0 7 100 5000 40000; do
    head -c $bytes $run/checkpoint.safetensors > $bad/run/checkpoint.safetensors
    damaged "a checkpoint cut to $bytes bytes" "" $search $bad/run
done
sed 's/"position":"[0-9]*"/"position":"77"/' $run/checkpoint.safetensors | unsum > $bad/run/checkpoint.safetensors
damaged "a position out of range" "" $search $bad/run
sed 's/g.rgb.conv.weight/g.rgb.conv.heavy_/' $run/checkpoint.safetensors | unsum > $bad/run/checkpoint.safetensors
damaged "another name" "g.rgb.conv.weight" $search $bad/run
cp $run/checkpoint.safetensors $bad/run
size=$(wc -c < $run/checkpoint.safetensors)
printf '\0\0\300\177' | dd of=$bad/run/checkpoint.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2> "$work/dd"
damaged "a checkpoint with a NaN" "" $search $bad/run

# ---------------------------------------------------------------- replay and generate

./aggen tests/golden/residual.json --set search.batch=2 -o $e2e/replay > "$work/emit"
build replay search
replay="$e2e/replay/search --dump $bad/dump.safetensors --phase d --replay"
golden=tests/golden/residual_d.in.safetensors
ends "replay with another batch" 2 "in\.[xz].*4" $replay $golden
ends "replay without inputs" 2 "in\.[xz]" $search --dump $bad/dump.safetensors --phase d \
    --replay $run/checkpoint.safetensors
sed 's/d.fc.weight/d.fc.heavy_/' $golden > $bad/golden.safetensors
ends "replay without a weight" 2 "d.fc.weight" $replay $bad/golden.safetensors
ends "replay of another phase" 2 "forward, d, g, arch\|phase" $replay $golden --phase r1
ends "replay of nothing" 2 "nowhere" $replay nowhere
is "files left by replays" "$(ls -a $bad | grep -c dump)" 0

weights=$run/retrain/ema.safetensors
size=$(wc -c < $weights)
drawn() { ends "$1" "$2" "$3" $generate -n 4 -o "$4" --weights "$5"; }
drawn "no weights" 2 "nowhere.*no such file" $bad/x.png nowhere
head -c $((size - 4)) $weights > $bad/cut.safetensors
drawn "weights that are cut" 2 "cut.safetensors" $bad/x.png $bad/cut.safetensors
unsum < $weights > $bad/nan.safetensors
printf '\0\0\300\177' | dd of=$bad/nan.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2> "$work/dd"
drawn "weights with a NaN" 2 "nan.safetensors.*\(NaN\|not finite\|infinite\)" $bad/x.png $bad/nan.safetensors
drawn "a checkpoint for weights" 2 "of retrain; .*ema.safetensors" $bad/x.png $run/retrain/checkpoint.safetensors
drawn "a search's checkpoint for weights" 2 "of search; retrain what" $bad/x.png $run/checkpoint.safetensors
drawn "a picture for weights" 2 "000006.png" $bad/x.png $run/retrain/samples/000006.png
[ ! -e $bad/x.png ]
ok "a picture was drawn from bad weights" $?
drawn "a folder that is not there" 2 "nowhere/x.png" $bad/nowhere/x.png $weights
is "a folder that is not there: pictures drawn" "$(grep -c pictures "$work/stdout")" 0
drawn "a folder in a file" 2 "cut.safetensors: .*folder" $bad/cut.safetensors/ $weights
is "a folder in a file: pictures drawn" "$(grep -c pictures "$work/stdout")" 0
mkfifo $bad/pipe
cat $bad/pipe > $bad/piped.png &
drawn "a pipe" 0 "" $bad/pipe $weights
wait $!
drawn "a file" 0 "" $bad/x.png $weights
same "a picture that goes through a pipe" $bad/piped.png $bad/x.png
rm $bad/x.png
drawn "a full device" 1 "/dev/full" /dev/full $weights
echo old > $bad/old.png
(ulimit -f 1 && exec $generate -n 64 -o $bad/old.png --weights $weights) 2> "$work/stderr"
is "a full disk for a picture: status" $? 1
is "a full disk for a picture: the old one" "$(cat $bad/old.png)" old
is "a full disk for a picture: files left" "$(find $bad -maxdepth 1 -name '*.tmp')" ""

# ---------------------------------------------------------------- full disks

# full PROGRAM: the disk is full for a while; the last checkpoint is left, and the run ends as if it had not been
full() {
    $1 --run $bad/full.whole --seed 5 --iterations 6 > "$work/stdout"
    $1 --run $bad/full --seed 5 --iterations 3 > "$work/stdout"
    before=$(cksum < $bad/full/checkpoint.safetensors)
    (ulimit -f 60 && exec $1 --run $bad/full --resume --iterations 6) > "$work/stdout" 2> "$work/stderr"
    was=$?
    is "$1, full disk: status ($(cat "$work/stderr"))" $was 1
    says "$1, full disk" "$bad/full/.*File too large" "$work/stderr"
    is "$1, full disk: checkpoint" "$(cksum < $bad/full/checkpoint.safetensors)" "$before"
    ends "$1, after a full disk" 0 "" $1 --run $bad/full --resume --iterations 6
    same "$1, after a full disk" $bad/full.whole/checkpoint.safetensors $bad/full/checkpoint.safetensors
    is "$1, after a full disk: log" "$(without_times $bad/full.whole/log.jsonl)" "$(without_times $bad/full/log.jsonl)"
    rm -rf $bad/full $bad/full.whole
}
full $search
full $retrain

# The same on a disk of its own, where this may be mounted: it fills up after some iterations.
mkdir $bad/disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=300k none $bad/disk 2> "$work/stderr"; then
    $search --run $bad/disk/run --seed 5 --iterations 100 > "$work/stdout" 2> "$work/stderr"
    was=$?
    is "a disk that fills up: status ($(cat "$work/stderr"))" $was 1
    says "a disk that fills up" "$bad/disk/run/.*No space left on device" "$work/stderr"
    says "a disk that is too small is known beforehand" "^warning: $bad/disk/run: .* MB are free on this disk" "$work/stdout"
    is "a disk that fills up: lines" "$(wc -l < "$work/stderr")" 1
    cp -r $bad/disk/run $bad/rescued
    umount $bad/disk
    more=$(($(wc -l < $bad/rescued/log.jsonl) + 1))
    ends "after that" 0 "" $search --run $bad/rescued --resume --iterations $more
    ends "after that" 0 "" $search --run $bad/rescued.whole --seed 5 --iterations $more
    equal_runs "after that" $bad/rescued.whole $bad/rescued
fi
finish
