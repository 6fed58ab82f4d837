#!/bin/sh
# What happens to a run from outside: a spec that changes, pictures that change, a folder that goes away, links and
# pipes in it, closed descriptors, a reader that has had enough, networks that learn nothing. With the toy networks of
# toy/program.c. Ends with "N passed, N failed".
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
. "$here/../tools/check.sh"
. "$here/toy/build.sh"

# A spec as aggen writes it, as a string of C: spec LR ITERATIONS BETA [KEEP]
spec() {
    cat << END | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n' ' '
{"name": "toy", "data": {"path": "a \"b\", [}"}, "generator": {"cell": {"edges": [["a", 1], ["b", 2]], "skip": null}},
"search": {"iterations": $2, "weights": {"lr": $1, "betas": [0, $3]}},
"retrain": {"iterations": $2, "weights": {"lr": $1}, "sample_every": 20${4:+, \"keep_every\": $4}}}
END
}
# variant NAME KIND LR ITERATIONS OTHER KEEP FLAGS…: a program whose spec says these
variant() {
    name=$1 kind=$2 lr=$3 iterations=$4 other=$5 keep=$6
    shift 6
    flags=
    [ "$kind" != search ] || flags=$plain
    # shellcheck disable=SC2086
    build "$name" "$kind" $settings $flags "-DAG_ITERATIONS=$iterations" "-DAG_WEIGHTS_LR=$lr" \
        "-DTOY_SPEC=\"$(spec "$lr" "$iterations" "$other" "$keep")\"" "$@"
}
settings=$(echo "$settings" | sed 's/-DAG_WEIGHTS_LR=[^ ]*//; s/-DAG_ITERATIONS=[^ ]*//')
retraining="-DAG_BATCH_G=8 -DAG_BATCH_D=4 -DAG_CRITIC_STEPS=3 -DAG_EMA=0.999 -DAG_CHECKPOINT_EVERY=10
    -DAG_SAMPLE_EVERY=20 -DAG_KEEP_EVERY=0 -DAG_RUN_DEFAULT=\"run\""
variant search search 0.001 6 0.99 ""
variant slower search 0.0001 9 0.99 ""
variant other search 0.001 6 0.9 ""
# shellcheck disable=SC2086
{
    variant retrain retrain 0.001 40 0.99 "" $retraining -DAG_LINEAR_DECAY=1
    variant more retrain 0.0005 60 0.99 7 $retraining -DAG_LINEAR_DECAY=1
    variant plain retrain 0.001 40 0.99 "" $retraining -DAG_LINEAR_DECAY=0
}

# ---------------------------------------------------------------- a spec that changes

ends "a search" 0 "" ./search --run changed --seed 5 --iterations 4
ends "another spec" 2 "another spec: search.weights.betas" ./other --run changed --resume
ends "another learning rate, and more iterations" 0 "" ./slower --run changed --resume
grep -q 'changed since.*"search.weights.lr": \[0.001, 0.0001\]' stdout
ok "the change is said: $(cat stdout)" $?
grep -q '^{"resumed": 4, "changed": {"search.iterations": \[6, 9\], "search.weights.lr": \[0.001, 0.0001\], "retrain.*}}$' \
    changed/log.jsonl
ok "the change is in the log" $?
is "the new spec's iterations" "$(grep -c '^{"iteration"' changed/log.jsonl)" 9
ends "resumed again" 0 "" ./slower --run changed --resume --iterations 10
is "nothing else has changed" "$(grep -c resumed changed/log.jsonl)" 1
ends "--iterations before the spec's" 0 "" ./search --run changed --resume --iterations 11
is "the last iteration" "$(tail -n 1 changed/log.jsonl | cut -c 1-16)" '{"iteration": 11'
ends "without a change" 0 "" ./search --run same --seed 5 --iterations 2
ends "without a change" 0 "" ./search --run same --resume --iterations 3
is "without a change the log has none" "$(grep -c resumed same/log.jsonl)" 0

# A change before the first iteration is done is in the log's first line, and stays there.
TOY_DELAY=30000 ./search --run early --seed 5 > stdout 2>&1 &
id=$!
while [ ! -d early ]; do sleep 0.02; done
sleep 0.2
kill -TERM $id
wait $id
is "stopped in the first iteration" "$? $(cat early/log.jsonl)" "143 "
ends "another learning rate from the beginning" 0 "" ./slower --run early --resume --iterations 3
ends "and on" 0 "" ./slower --run early --resume --iterations 5
is "the log" "$(sed 's/^{"\([a-z]*\)": \([0-9]*\),.*/\1 \2/' early/log.jsonl | tr '\n' ' ')" \
    "resumed 0 iteration 1 iteration 2 iteration 3 iteration 4 iteration 5 "
# A search that is made shorter than its warm-up was meant to be can go on.
build warm search $settings $plain -DAG_ITERATIONS=6 -DAG_WEIGHTS_LR=0.001 -UAG_WARMUP -DAG_WARMUP=1
ends "a search that only warms up" 0 "" ./warm --run warmup --seed 5 --iterations 2
ends "longer" 0 "" ./warm --run warmup --resume --iterations 4
ends "and longer" 0 "" ./warm --run warmup --resume --iterations 5

# ---------------------------------------------------------------- a learning rate that falls to 0

ends "a retraining" 0 "" ./retrain --run decay --seed 5
before=$(cksum < decay/checkpoint.safetensors)
ends "longer, at a rate of 0" 2 "fallen to 0 after step 40" ./retrain --run decay --resume --iterations 50
ends "longer, at a rate of 0, by the spec" 2 "fallen to 0" ./more --run decay --resume
is "a refusal changes nothing" "$(cksum < decay/checkpoint.safetensors)" "$before"
ends "a retraining" 0 "" ./retrain --run half --seed 5 --iterations 20
# 20 of 40 iterations are done, and then 40 more are wanted: the rate goes on from a half, it doesn't jump to two thirds
TOY_DELAY=3000 ./retrain --run half.way --seed 5 > stdout 2>&1 &
id=$!
while [ ! -f half.way/log.jsonl ] || [ "$(wc -l < half.way/log.jsonl)" -lt 20 ]; do sleep 0.02; done
kill -TERM $id
wait $id
is "stopped half-way" $? 143
ends "longer" 0 "" ./retrain --run half.way --resume --iterations 60
rate=$(tr , '\n' < half.way/checkpoint.safetensors | LC_ALL=C sed -n 's/.*"decay.rate":"\([^"]*\)".*/\1/p' | head -n 1)
is "a rate below 1: $rate" "$(case $rate in 0x1p-* | 0x1.*p-*) echo yes ;; esac)" yes
ends "a constant rate" 0 "" ./plain --run constant --seed 5 --iterations 20
ends "a constant rate" 0 "" ./plain --run constant --resume --iterations 40
ends "a constant rate" 0 "" ./plain --run constant.whole --seed 5 --iterations 40
same "longer is as long" constant/checkpoint.safetensors constant.whole/checkpoint.safetensors

# ---------------------------------------------------------------- pictures

[ -f same/samples/reals.png ] && [ -f decay/samples/reals.png ]
ok "real pictures are shown" $?
python3 - << 'END'
import os, struct, zlib
def png(path, value):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes([value, 255 - value, 7]) * 8 for _ in range(8))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
os.mkdir("pictures")
for i in range(40):
    png("pictures/%02d.png" % i, 6 * i)
END
ends "pictures" 0 "" ./search --run seen --seed 5 --data pictures --iterations 2
cp -r pictures moved
ends "the same in another place" 0 "" ./search --run seen --resume --data moved --iterations 3
is "no word of that" "$(grep -c "not the pictures" stdout)" 0
mv moved/03.png moved/x.png
ends "another name" 0 "" ./search --run seen --resume --data moved --iterations 4
grep -q "not the pictures.*: 40 then, 40 now, of other names" stdout
ok "another name is said: $(cat stdout)" $?
rm moved/x.png
ends "another number" 0 "" ./search --run seen --resume --data moved --iterations 5
grep -q "not the pictures.*: 40 then, 39 now;" stdout
ok "another number is said: $(cat stdout)" $?
is "both are in the log" "$(grep -c '"changed": {"data.pictures": \[40, ' seen/log.jsonl)" 2
ends "shapes" 0 "" ./search --run seen --resume --data shapes --iterations 6
grep -q "not the pictures.*: 39 then, 0 now" stdout
ok "drawn ones are others" $?

# ---------------------------------------------------------------- a folder that goes away

TOY_DELAY=2000 ./search --run gone --seed 5 --iterations 100000 > stdout 2> stderr &
id=$!
while [ ! -f gone/checkpoint.safetensors ]; do sleep 0.02; done
mv gone elsewhere
wait $id
is "a folder that was renamed: status" $? 1
grep -q "gone: this run folder was removed, renamed or replaced.*, and the run ends$" stderr
ok "a folder that was renamed: $(cat stderr)" $?
[ ! -e gone ] && [ -f elsewhere/checkpoint.safetensors ]
ok "nothing in its place" $?
ends "going on where it is" 0 "" ./search --run elsewhere --resume \
    --iterations "$(($(wc -l < elsewhere/log.jsonl) + 1))"
TOY_DELAY=2000 ./retrain --run gone --seed 5 > stdout 2> stderr &
id=$!
while [ ! -f gone/log.jsonl ]; do sleep 0.02; done
rm -r gone && mkdir gone
wait $id
is "a folder that was replaced: status" $? 1
grep -q "removed, renamed or replaced" stderr
ok "a folder that was replaced: $(cat stderr)" $?
is "nothing in the new one" "$(ls -A gone)" ""

# ---------------------------------------------------------------- links and pipes in it

echo precious > precious
for name in log.jsonl .lock .checkpoint.safetensors.tmp .genotype.json.tmp; do
    for kind in link pipe; do
        rm -rf planted && mkdir planted
        if [ $kind = link ]; then ln -s ../precious planted/$name; else mkfifo planted/$name; fi
        timeout 20 ./search --run planted --seed 5 --iterations 1 > stdout 2> stderr
        was=$?
        case $was in 1 | 2) was=0 ;; esac
        ok "$kind $name: $(cat stderr)" $was
        grep -q "a link, pipe or device is in the way" stderr
        ok "$kind $name: $(cat stderr)" $?
    done
done
is "no link was followed" "$(cat precious)" precious
rm -rf planted && mkdir planted
mkfifo planted/checkpoint.safetensors
timeout 60 ./search --run planted --seed 5 --iterations 1 > stdout 2> stderr
is "a pipe for a checkpoint: $(cat stderr)" $? 1

# ---------------------------------------------------------------- descriptors, readers, locks

ends "a search" 0 "" ./search --run open --seed 5 --iterations 2
./search --run closed.0 --seed 5 --iterations 2 <&-
is "no standard input" $? 0
./search --run closed.1 --seed 5 --iterations 2 >&- 2> stderr
is "no standard output: $(cat stderr)" $? 1
./search --run closed.2 --seed 5 --iterations 2 > stdout 2>&-
is "no standard error" $? 0
./search --run closed.3 --seed 5 --iterations 2 <&- >&- 2>&-
is "none" $? 1
for i in 0 1 2 3; do equal_runs "closed descriptors $i" open closed.$i; done

longest=0.07
export TOY_DELAY=1000
ends "a search" 0 "" ./search --run pipe.whole --seed 5 --iterations 40
kill_often pipe PIPE 5 ./search --seed 5 --iterations 40
equal_runs "nobody reads" pipe.whole pipe
unset TOY_DELAY

cat > lock.c << 'END'
#include <errno.h>
#include <stdlib.h>
int flock(int fd, int operation)
{
    (void)fd, (void)operation;
    errno = atoi(getenv("LOCK_ERROR"));
    return -1;
}
END
gcc -shared -fPIC -o lock.so lock.c
# ENOLCK, ENOSYS, ENOTSUP
for error in 37 38 95; do
    LD_PRELOAD=./lock.so LOCK_ERROR=$error ./search --run unlocked.$error --seed 5 --iterations 2 > stdout 2> stderr
    is "no locks ($error): $(cat stderr)" $? 0
    grep -q "^warning: unlocked.$error/.lock: cannot lock" stderr
    ok "no locks ($error): $(cat stderr)" $?
    equal_runs "no locks" open unlocked.$error
done

# ---------------------------------------------------------------- folders that may not be written

if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 true 2> /dev/null; then
    ends "a run" 0 "" ./plain --run foreign --seed 5 --iterations 10
    chmod 666 foreign/.lock
    chmod 755 . foreign
    setpriv --reuid 65534 ./plain --run foreign --resume > stdout 2> stderr
    is "another's run: status" $? 2
    grep -q '^retrain: foreign: cannot write in this run folder: Permission denied$' stderr
    ok "another's run: $(cat stderr)" $?
fi

# ---------------------------------------------------------------- networks that learn nothing

TOY_DEAD=losses ends "losses that stand still" 0 "" ./plain --run dead --seed 5
is "they are said once" "$(grep -c '^warning: the losses stand still' stdout)" 1
is "at the end, too" "$(tail -n 8 stdout | grep -c '40/40.*the losses stand still')" 1
# D takes three steps in an iteration, G one, and sixteen losses of each are enough
is "they are in the log" "$(grep -n 'warning' dead/log.jsonl | head -n 1 | cut -d : -f 1)" 16
is "a line's end" "$(tail -n 1 dead/log.jsonl | sed 's/.*, "warning"/"warning"/')" '"warning": "the losses stand still"}'
TOY_DEAD=losses ends "a search" 0 "" ./search --run dead.search --seed 5
grep -q '"warning": "the losses stand still"}$' dead.search/log.jsonl
ok "a search says so, too" $?
TOY_DEAD=pictures ends "equal pictures" 0 "" ./plain --run dead.pictures --seed 5
is "equal pictures are in the log" "$(grep -n 'all pictures are alike' dead.pictures/log.jsonl | head -n 1 | cut -d : -f 1)" 20
TOY_DEAD=pictures ./plain --run dead.parts --seed 5 --iterations 25 > stdout
TOY_DEAD=pictures ends "equal pictures, resumed" 0 "" ./plain --run dead.parts --resume --iterations 40
is "they are in each line of the log after a resume" "$(without_times dead.parts/log.jsonl)" \
    "$(without_times dead.pictures/log.jsonl)"
TOY_DEAD=losses ./plain --run dead.half --seed 5 --iterations 10 > stdout
TOY_DEAD=losses ends "a run that goes on" 0 "" ./plain --run dead.half --resume --iterations 40
is "what was before counts" "$(grep -n 'warning' dead.half/log.jsonl | head -n 1 | cut -d : -f 1)" 16
TOY_DEAD=nan ends "a loss that is no number" 1 "diverged.*there is no checkpoint yet" ./plain --run none --seed 5
ends "a run" 0 "" ./plain --run some --seed 5 --iterations 10
TOY_DEAD=nan ends "a loss that is no number, later" 1 "diverged.*the last checkpoint is as it was" ./plain --run some --resume --iterations 20
is "a run that learns: no warning" "$(grep -c warning constant/log.jsonl)" 0
finish
