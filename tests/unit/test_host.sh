#!/bin/sh
# Tests of templates/host/*.c as whole programs, with the toy networks of toy/program.c: runs, resumed runs, killed runs,
# bad usage, full disks. Ends with "N passed, N failed".
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
. "$here/../tools/check.sh"
. "$here/toy/build.sh"
build search search $settings $plain
build other search $settings $plain '-DTOY_SPEC="{\"name\": \"other\"}"'
build warm search $settings -DAG_CRITIC_STEPS=3 -DAG_BAR_UPDATES=2 -DAG_ARCH_BOTH=1 -DAG_GUMBEL_TAU=0.5 -DTOY_GUMBEL \
    -DAG_WARMUP=0.5 -DAG_BAR_DECAY_AFTER=4 -DAG_BAR_DECAY=0.5
build alpha search $settings -DAG_CRITIC_STEPS=7 -DAG_BAR_UPDATES=1 -DAG_ARCH_BOTH=0 -DAG_GUMBEL_TAU=0 -DAG_WARMUP=0 \
    -DAG_BAR_DECAY_AFTER=1 -DAG_BAR_DECAY=0.5
build retrain retrain
build generate generate

# ---------------------------------------------------------------- runs and resumed runs

longest=0.07
export TOY_DELAY=1000
for program in search warm alpha; do
    ends "$program" 0 "" ./$program --run $program.1 --threads 1 --seed 5
    ends "$program" 0 "" ./$program --run $program.2 --threads 2 --seed 5
    equal_runs "$program, 1 and 2 threads" $program.1 $program.2
    is "$program: iterations" "$(iterations $program.1)" "1 2 3 4 5 6 "
    same "$program: genotype" $program.1/genotype.json $program.1/genotypes/0006.json
    ends "$program" 0 "" ./$program --run $program.long --seed 5 --iterations 40
    times=20
    [ $program = search ] || times=8
    kill_often $program.kill KILL $times ./$program --seed 5 --iterations 40
    equal_runs "$program, killed" $program.long $program.kill
    kill_often $program.term TERM 6 ./$program --seed 5 --iterations 40
    equal_runs "$program, terminated" $program.long $program.term
done
kill_often search.int INT 5 ./search --seed 5 --iterations 40
equal_runs "interrupted" search.long search.int
./search --run other.seed --seed 6 > /dev/null
cmp -s search.1/checkpoint.safetensors other.seed/checkpoint.safetensors
is "another seed, another run" $? 1
is "warm-up: no gap in the first half" "$(grep -c '"gap": null' warm.1/log.jsonl)" 3
is "fewer G steps than iterations" "$(grep -c '"g_loss": null' alpha.1/log.jsonl)" 2

before=$(ls -lR --time-style=full-iso search.1 | sum)
ends "finished" 0 "" ./search --run search.1 --resume
ends "finished" 0 "" ./search --run search.1 --resume --iterations 3 --seed 5
is "a finished run is left alone" "$(ls -lR --time-style=full-iso search.1 | sum)" "$before"
./search --run longer --seed 5 --iterations 9 > /dev/null
ends "more iterations" 0 "" ./search --run search.2 --resume --iterations 9
equal_runs "more iterations" longer search.2
ends "the number of iterations is remembered" 0 "" ./search --run search.2 --resume
is "nine iterations" "$(iterations search.2)" "1 2 3 4 5 6 7 8 9 "
mkdir empty
ends "a folder without a checkpoint" 0 "" ./search --run empty --resume --iterations 1
./search --run slash/ --iterations 1 > out.txt
grep -q 'aggen slash/genotype.json' out.txt
ok "the next command is named" $?

# ---------------------------------------------------------------- bad usage, bad input

unset TOY_DELAY
ends "checkpoint, no --resume" 2 --resume ./search --run search.1
ends "no run to resume" 2 "no run" ./search --run nowhere --resume
ends "another seed" 2 --seed ./search --run search.1 --resume --seed 6
ends "another spec" 2 "another spec" ./other --run search.1 --resume
ends "another kind" 2 "not of retrain" ./retrain --run search.1 --resume
ends "unknown option" 2 --nonsense ./search --nonsense
ends "no such data" 2 --data ./search --run data --data /nowhere
ends "run folder is a file" 2 "" ./search --run search
ends "unknown phase" 2 "no phase" ./search --replay x --dump y --phase nonsense
ends "no replay file" 2 "nowhere" ./search --replay nowhere --dump y --phase d
ends "help" 0 "" ./search --help
grep -q -e "--resume" stdout
ok "help lists options" $?
TOY_DELAY=100000 ./search --run busy > /dev/null &
id=$!
sleep 0.5
ends "folder in use" 2 "another process" ./search --run busy --resume
kill -KILL $id
wait $id 2> /dev/null
ends "a killed run leaves no lock" 0 "" ./search --run busy --resume --iterations 1
cp -r search.1 damaged
head -c 3000 search.1/checkpoint.safetensors > damaged/checkpoint.safetensors
ends "a checkpoint that is cut" 2 checkpoint.safetensors ./search --run damaged --resume
# change TEXT TEXT: a checkpoint with another text of that length
change() { sed "s/$1/$2/" search.1/checkpoint.safetensors | unsum > damaged/checkpoint.safetensors; }
sed 's/"iteration":"6"/"iteration":"5"/' search.1/checkpoint.safetensors > damaged/checkpoint.safetensors
ends "a digit that is another" 2 "damaged: its checksum" ./search --run damaged --resume
for wrong in - " " "+" 7; do
    change '"iteration":"6"' "\"iteration\":\"$wrong\""
    ends "a damaged counter, '$wrong'" 2 damaged ./search --run damaged --resume
done
# other lengths, so that the header's first byte, its length, changes along
widen() { # TEXT TEXT
    python3 - "$1" "$2" search.1/checkpoint.safetensors damaged/checkpoint.safetensors << 'END'
import sys
old, new, source, target = sys.argv[1:]
data = open(source, "rb").read()
n = int.from_bytes(data[:8], "little")
header = data[8:8 + n].rstrip(b" ")
assert old.encode() in header
header = header.replace(b'"crc32"', b'"crc00"').replace(old.encode(), new.encode())
header += b" " * (-len(header) % 8)
open(target, "wb").write(len(header).to_bytes(8, "little") + header + data[8 + n:])
END
}
warmup=$(LC_ALL=C grep -a -o '"warmup":"[^"]*"' search.1/checkpoint.safetensors)
for wrong in 9223372036854775806 9223372036854775807 99999999999999999999 123456789012345678901234 1000000000000; do
    widen '"iteration":"6"' "\"iteration\":\"$wrong\""
    ends "iteration $wrong" 2 damaged ./search --run damaged --resume --iterations 8
    widen '"latents":"' "\"latents\":\"$wrong"
    ends "latents $wrong…" 2 damaged ./search --run damaged --resume --iterations 8
    widen "$warmup" "\"warmup\":\"$wrong\""
    ends "warmup $wrong" 2 damaged ./search --run damaged --resume --iterations 8
done
for wrong in -1 " 5" 123456789012345678901234 18446744073709551616 0x5 ""; do
    widen '"seed":"5"' "\"seed\":\"$wrong\""
    ends "seed '$wrong'" 2 damaged ./search --run damaged --resume --iterations 8
done
sum=$(LC_ALL=C grep -a -o '"sum.d_loss":"[^"]*"' search.1/checkpoint.safetensors)
for wrong in "" " 1" +1 1x nan inf 1e999 -; do
    widen "$sum" "\"sum.d_loss\":\"$wrong\""
    ends "a sum '$wrong'" 2 damaged ./search --run damaged --resume --iterations 8
done
widen '"seed":"5"' '"seed":"18446744073709551615"'
ends "the largest seed" 0 "" ./search --run damaged --resume --iterations 8
rm -r damaged && cp -r search.1 damaged
change d.fc.bias d.fc.bios
ends "another name" 2 "d.fc.bias" ./search --run damaged --resume --iterations 8
change '\[192,4\]' '[4,192]'
ends "another shape" 2 "192" ./search --run damaged --resume --iterations 8

# A full disk: files may not grow beyond some blocks of 512 bytes; the checkpoint has some 90 kB.
./search --run full --seed 5 --iterations 2 > /dev/null
cp full/checkpoint.safetensors good.safetensors
full() { (ulimit -f 60 && exec "$@"); }
ends "full disk" 1 "full/checkpoint.safetensors" full ./search --run full --resume --iterations 6
same "the last good checkpoint stays" full/checkpoint.safetensors good.safetensors
ends "after a full disk" 0 "" ./search --run full --resume --iterations 6
equal_runs "after a full disk" search.1 full

# ---------------------------------------------------------------- retrain, generate

ends "retrain" 0 "" ./retrain --run retrain.1 --seed 5 --threads 1
ends "retrain" 0 "" ./retrain --run retrain.2 --seed 5 --threads 2
equal_runs "retrain, 1 and 2 threads" retrain.1 retrain.2
ends "retrain" 0 "" ./retrain --run retrain.long --seed 5 --iterations 120
export TOY_DELAY=1000
kill_often retrain.kill KILL 6 ./retrain --seed 5 --iterations 120
equal_runs "retrain, killed" retrain.long retrain.kill
kill_often retrain.term TERM 5 ./retrain --seed 5 --iterations 120
equal_runs "retrain, terminated" retrain.long retrain.term
same "averaged weights" retrain.long/ema.safetensors retrain.kill/ema.safetensors
is "retrain: log lines" "$(wc -l < retrain.1/log.jsonl)" 40
is "retrain: samples" "$(ls retrain.1/samples | tr '\n' ' ')" "000020.png 000040.png reals.png "

unset TOY_DELAY
weights="--weights retrain.1/ema.safetensors"
ends "generate" 0 "" ./generate -n 64 -o a.png $weights
ends "generate" 0 "" ./generate -n64 -o=b.png --threads 1 $weights
same "one thread, the same pictures" a.png b.png
ends "generate" 0 "" ./generate -n 64 -o c.png --seed 1 $weights
cmp -s a.png c.png
is "another seed, other pictures" $? 1
ends "few" 0 "" ./generate -n 1 -o few.png $weights
ends "no weights" 2 nowhere ./generate --weights nowhere
ends "other weights" 2 "this is a checkpoint of search" ./generate --weights search.1/checkpoint.safetensors
sed 's/nearest/deconvo/g' retrain.1/ema.safetensors | unsum > wrong.safetensors
ends "another architecture" 2 "architecture" ./generate --weights wrong.safetensors
head -c 5000 retrain.1/ema.safetensors > wrong.safetensors
ends "weights that are cut" 2 "wrong.safetensors" ./generate --weights wrong.safetensors
ends "no number" 2 number ./generate -n 0 $weights

finish
