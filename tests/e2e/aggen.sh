#!/bin/sh
# What aggen refuses: the exit status, one line that says what is wrong and where, and nothing that is written.
# shellcheck source=tests/e2e/common.sh
. "$(dirname "$0")/common.sh"
bad=$e2e/refused
rm -rf $bad
mkdir -p $bad

# refuses TEXT AGGEN'S-WORDS…: status 2, a line with the text, and nothing written
refuses() {
    said=$1
    shift
    ends "aggen $(echo "$*" | cut -c 1-80)" 2 "$said" ./aggen -o $bad/out "$@"
    [ ! -e $bad/out ]
    ok "aggen $*: something was written" $?
    rm -rf $bad/out
}
# file TEXT JSON: refuses a file of that content; the line gives the place
file() {
    printf '%s' "$2" > $bad/space.json
    refuses "$bad/space.json:[0-9]*:[0-9]*: .*$1" $bad/space.json
}
sound=$(cat $tiny)
file "" "not JSON at all"
file "" "$sound}"
file "empty" ""
file "nonsense" "$(echo "$sound" | sed 's/"shapes"/"shapes", "nonsense": 1/')"
file "name" "$(echo "$sound" | sed 's/"name": "tiny",//')"
file "batch" "$(echo "$sound" | sed 's/"batch": 4/"batch": 4, "batch": 5/')"
file "batch" "$(echo "$sound" | sed 's/"batch": 4/"batch": "4"/')"
file "batch" "$(echo "$sound" | sed 's/"batch": 4/"batch": 0/')"
file "channels" "$(echo "$sound" | sed 's/"channels": 4/"channels": 0/')"
file "normal" "$(echo "$sound" | sed 's/"latent": 8/"latent": 8, "normal": []/')"
file "conv_9x9" "$(echo "$sound" | sed 's/"latent": 8/"latent": 8, "normal": ["conv_9x9"]/')"
file "base" "$(echo "$sound" | sed 's/"latent": 8/"latent": 8, "base": 5/')"
file "loss" "$(echo "$sound" | sed 's/"batch": 4/"batch": 4, "loss": "hing"/')"
file "betas" "$(echo "$sound" | sed 's/"batch": 4/"batch": 4, "weights": {"betas": [0, 1]}/')"
file "" "$(head -c 100000 /dev/zero | tr '\0' '[')"
head -c 20000000 /dev/zero | tr '\0' ' ' > $bad/space.json
refuses "$bad/space.json" $bad/space.json
sed 's/"cell1.up0": "[a-z]*"/"cell1.up0": "teleport"/' $base/run/genotype.json > $bad/genotype.json
refuses "cell1.up0.*teleport" $bad/genotype.json
sed 's/"cell1.up0"/"cell7.up0"/' $base/run/genotype.json > $bad/genotype.json
refuses "cell7.up0\|cell1.up0" $bad/genotype.json
refuses "generator.base" $base/run/genotype.json --set image.size=20
refuses "nowhere.json" nowhere.json
refuses "$bad" $bad
refuses "search.batches" $tiny --set search.batches=3
refuses "search.batch" $tiny --set search.batch=many
refuses "KEY.PATH=VALUE" $tiny --set search.batch
refuses "no such option.*--fast" $tiny --fast
refuses "--target wants cpu or cuda: quantum" $tiny --target quantum
refuses "--target wants cpu or cuda" $tiny --target
refuses "--target wants cpu or cuda" $tiny --target --no-merge
refuses "--set wants KEY.PATH=VALUE" $tiny --set --no-merge
refuses "-o wants a folder" $tiny -o --no-merge
ends "aggen info --gpu --json" 2 "--gpu wants" ./aggen info $tiny --target cuda --gpu --json
ends "aggen FILE --target -o DIR" 2 "--target wants cpu or cuda" ./aggen $tiny --target -o $bad/out
refuses "no file" --no-merge
refuses "one file" $tiny $tiny
ends "aggen info nowhere.json" 2 "nowhere.json" ./aggen info nowhere.json --json
ends "aggen" 2 "no file" ./aggen
ends "aggen -o FILE" 1 "$bad/genotype.json" ./aggen $tiny -o $bad/genotype.json
ends "aggen info > /dev/full" 1 "cannot write to standard output" sh -c "./aggen info $tiny > /dev/full"
ends "aggen > /dev/full" 1 "cannot write to standard output" sh -c "./aggen $tiny -o $work/full > /dev/full"
AGGEN_HOME=$bad
export AGGEN_HOME
ends "aggen without templates" 1 "AGGEN_HOME" ./aggen $tiny -o $bad/out
cp -R templates runtime $bad
rm $bad/templates/cpu/vector.h
ends "aggen without vector.h" 1 "vector.h" ./aggen $tiny -o $bad/out
cp templates/cpu/vector.h $bad/templates/cpu
rm $bad/templates/cpu/conv.c
ends "aggen without conv.c" 1 "conv.c" ./aggen $tiny -o $bad/out
unset AGGEN_HOME

# ---------------------------------------------------------------- what lies in the folder

# Links and pipes under the names of what is written: none is followed, none is waited for.
rm -rf $bad/planted && mkdir $bad/planted
echo precious > $bad/precious
ln -s ../precious $bad/planted/search.c
mkfifo $bad/planted/search_phases.c
ends "a link and a pipe for files" 0 "" timeout 60 ./aggen $tiny -o $bad/planted
is "no link was followed" "$(cat $bad/precious)" precious
[ -f $bad/planted/search.c ] && [ ! -L $bad/planted/search.c ] && [ -f $bad/planted/search_phases.c ]
ok "they were replaced" $?
for kind in link pipe; do
    rm -f $bad/planted/search.c $bad/planted/.search.c.tmp
    if [ $kind = link ]; then ln -s ../precious $bad/planted/.search.c.tmp; else mkfifo $bad/planted/.search.c.tmp; fi
    ends "a $kind for a temporary file" 1 "planted/.search.c.tmp: a link, pipe or device is in the way" \
        timeout 60 ./aggen $tiny -o $bad/planted
    is "no link was followed" "$(cat $bad/precious)" precious
done

# An emission that is cut short over an older one leaves nothing that builds.
emit refused/cut $tiny
before=$(ls -l --time-style=full-iso $bad/cut | cksum)
emit refused/cut $tiny
is "what is there already is left alone" "$(ls -l --time-style=full-iso $bad/cut | cksum)" "$before"
(ulimit -f 8 && exec ./aggen spaces/shapes_small.json -o $bad/cut) > "$work/stdout" 2> "$work/stderr"
is "an emission on a full disk: $(cat "$work/stderr")" $? 1
[ ! -e $bad/cut/search.mk ]
ok "its makefile is gone" $?
is "temporary files" "$(find $bad/cut -name '.*.tmp')" ""
emit refused/cut $tiny
make -s -n -C $bad/cut -f search.mk > "$work/make" 2>&1
ok "whole again" $?

# The line that says what to do next can be pasted.
mkdir -p "$bad/it's a (new) \$folder"
./aggen $tiny -o "$bad/it's a (new) \$folder" > "$work/next"
sed 's/.*next: //; s/ && .*//; s/^make/make -n -s/' "$work/next" > "$work/next.sh"
sh "$work/next.sh" > "$work/make" 2>&1
ok "$(cat "$work/next.sh"): $(tail -n 1 "$work/make")" $?
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
    rm -rf $bad/closed
    sh -c "./aggen $tiny -o $bad/closed $closed" > "$work/stdout" 2> "$work/stderr"
    diff -r $bad/closed $bad/cut > "$work/differs"
    is "aggen $closed writes its files: $(head -n 1 "$work/differs")" "$(grep -c -v 'Only in\|written by' "$work/differs")" 0
done

# ---------------------------------------------------------------- words that go with other commands

rm -rf "$bad/out" # of the check without vector.h
refuses "--json goes with info alone" "$tiny" --json
refuses "--dump-graph goes with info alone" "$tiny" --dump-graph
refuses "--gpu goes with info --target cuda: a100" "$tiny" --target cuda --gpu a100
ends "aggen info FILE --gpu" 2 "--gpu goes with info --target cuda: a100" ./aggen info "$tiny" --gpu a100
ends "aggen run FILE --gpu" 2 "--gpu goes with info --target cuda: a100" ./aggen run "$tiny" --gpu a100
ends "aggen info FILE -o" 2 "-o goes with emitting and run, not with info: $bad/out" ./aggen info "$tiny" -o "$bad/out"
for words in "--json run" "run --json"; do
    # shellcheck disable=SC2086
    ends "aggen $words FILE" 2 "--json goes with info alone" ./aggen $words "$tiny" -o "$bad/out"
done
for words in "--weights w run" "run --weights w" "info --weights w" "check --weights w"; do
    # shellcheck disable=SC2086
    ends "aggen $words FILE" 2 "--weights goes with emitting alone: w" ./aggen $words "$tiny"
done
ends "aggen info FILE --embed" 2 "--embed goes with emitting alone: faces" ./aggen info "$tiny" --embed faces
refuses "--weights-type goes with --weights: fp32" "$tiny" --weights-type fp32
refuses "--kernel is for the CPU.*: b8.up" "$tiny" --target cuda --embed faces --weights w --kernel b8.up
ends "aggen check FILE --no-merge" 2 "check tries both.*: --no-merge" ./aggen check "$tiny" --no-merge
refuses "--no-merge takes no value: --no-merge=1" "$tiny" --no-merge=1
refuses "one file at a time: a  *b;" "$tiny" "a
b"
gpus=$(./aggen --help | sed -n 's/^  --gpu NAME *that GPU: \(.*\); default.*/\1/p')
ends "an unknown GPU" 2 "there are $(echo "$gpus" | sed 's/ or / and /')$" ./aggen info "$tiny" --target cuda --gpu voodoo

# ---------------------------------------------------------------- what a kernel could not take in one piece

edges=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    edges=$edges', ["e'$i'", 1, 2, "normal"]'
done
ends "thirty edges between two nodes" 0 "" ./aggen $tiny -o $bad/edges --set \
    'generator.cell={"edges": [["a", "in", 1, "up"]'"$edges"'], "output": 2, "skip": null}'
ends "a first layer beyond what an int counts" 2 "first layer" ./aggen $tiny --set generator.channels=4096 \
    --set generator.base=512 --set image.size=1024 --set generator.latent=4096
rm -rf $bad/out
large="spaces/alphagan_cifar10.json --set image.size=64"
refuses "cell[1-4].*4096 x 64 x 64 x 256.*GPU.*search.batch" $large --target cuda --set search.batch=4096
ends "aggen info of what is too large for a GPU" 2 "4096 x 64 x 64 x 256" \
    ./aggen info $large --target cuda --set search.batch=4096
ends "the same for the CPU" 0 "" ./aggen $large --set search.batch=4096 -o $bad/large
refuses "cell8.*1024 x 1024 x 2048.*a picture.*fewer channels" spaces/alphagan_cifar10.json --set search.batch=1 \
    --set image.size=1024 --set generator.channels=2048
refuses "retrain.batch_g, retrain.batch_d" spaces/genotypes/stylegan2_celeba128.json --target cuda \
    --set retrain.batch_d=4096 --set image.size=1024
# What the command says must not end the comment that it stands in.
newline='a
b'
emit refused/words $tiny --set 'data.path=*/ x $(y) # \' --no-merge
emit refused/words "$base/run/genotype.json" --set 'data.path=*/ x $(y) # \'
for name in search retrain generate; do
    make -s -n -C $bad/words -f $name.mk > "$work/make" 2>&1
    was=$?
    ok "make $name with odd words: $(head -n 3 "$work/make")" $was
    gcc -std=gnu99 -fsyntax-only $bad/words/$name.c > "$work/gcc" 2>&1
    was=$?
    ok "gcc $name.c with odd words: $(head -n 3 "$work/gcc")" $was
done
cp $tiny "$bad/$newline.json"
emit refused/lines "$bad/$newline.json"
make -s -n -C $bad/lines -f search.mk > "$work/make" 2>&1
was=$?
ok "make with a line's end in the command: $(head -n 3 "$work/make")" $was

finish
