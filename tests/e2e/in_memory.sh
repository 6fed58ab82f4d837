#!/bin/sh
# aggen run: what a program does that libtcc has compiled in memory, with kernels by cc, by libtcc and by NVRTC, is what
# the built program does. Where aggen itself is tried, it is one with sanitizers.
# shellcheck source=tests/e2e/common.sh
. "$(dirname "$0")/common.sh"
picture_tool
# shellcheck source=tests/tools/gen.sh
. tests/tools/gen.sh
memory=$e2e/memory checked=$e2e/memory/aggen
rm -rf $memory
mkdir -p $memory/objects
CFLAGS=-O1 # of kernels; the runtime inside aggen has the flags of its makefile
export CFLAGS

# losses WHAT A B: those of two log.jsonl agree to 1e-4
losses() {
    for log in "$2" "$3"; do
        grep -o '"\(d_loss\|g_loss\|minmax\|maxmin\)": [-0-9.e]*' "$log/log.jsonl" > "$work/losses.$(basename "$log")"
    done
    paste -d ' ' "$work/losses.$(basename "$2")" "$work/losses.$(basename "$3")" | awk '
        { d = $2 - $4; a = $4 < 0 ? -$4 : $4; if (d < 0) d = -d; if ($1 != $3 || !(d <= 1e-4 * a)) bad++ }
        END { exit bad > 0 || NR < 4 }'
    ok "$1: losses differ" $?
}

# grids WHAT A B: four pictures of both agree to a grey level
grids() {
    for i in 0 1 2 3; do
        $picture cell "$2" 16 $i > "$work/a" && $picture cell "$3" 16 $i > "$work/b"
        ok "$1: picture $i of both" $?
        is "$1: bytes of picture $i" "$(wc -c < "$work/a") $(wc -c < "$work/b")" "768 768"
        cmp -l "$work/a" "$work/b" | awk '
            function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
            { d = value($2) - value($3); if (d < -1 || d > 1) far = 1 } END { exit far }'
        ok "$1: picture $i" $?
    done
}

# An aggen with sanitizers where programs run: the commands, gen/run/ and the runtime.
for file in $gen_commands gen/run/*.c runtime/*.c runtime/cuda/*.c; do echo "$file"; done | grep -v none.c |
    xargs -P "$(nproc)" -I '{}' sh -c 'gcc -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iruntime \
        -Ibuild $3 -c -o "$1/$(echo "$2" | tr / _).o" "$2"' sh $memory/objects '{}' "$gen_includes" > "$work/gcc" 2>&1 &&
    gcc -fsanitize=address,undefined -o $checked $gen_objects $memory/objects/*.o -ltcc -lpng \
        -ljpeg -lz -lm -lpthread -ldl >> "$work/gcc" 2>&1
was=$?
ok "aggen with sanitizers: $(head -n 5 "$work/gcc")" $was
AGGEN_HOME=$PWD
export AGGEN_HOME

# ---------------------------------------------------------------- what is handed over

# The linker's view of ag.h against the list that was made from it.
for name in $(nm $memory/objects/runtime_*.o | sed -n 's/.* [TDBRC] \(ag_.*\)/\1/p'); do
    grep -q "^[a-z].*\b$name[(;]" runtime/ag.h || continue
    grep -q -x "AG_SYMBOL($name)" build/symbols.h
    ok "$name of ag.h is not handed over" $?
done

# ---------------------------------------------------------------- kernels by cc: the same bytes

# The built program, with the runtime's objects that are in aggen, which are what its makefile makes without CFLAGS.
emit memory/built $tiny
make -s -n -C $memory/built -f search.mk > "$work/make"
cp build/run-"${MARCH:-native}"/runtime/*.o $memory/built/search.build
make -s -j2 -C $memory/built -f search.mk > "$work/make" 2>&1
was=$?
ok "make $memory/built/search: $(tail -n 3 "$work/make")" $was
ends "the built search" 0 "" $memory/built/search --run $memory/run.built --seed 5
ends "a search" 0 "" ./aggen run $tiny -o $memory/cc --run $memory/run.cc --seed 5
says "a first start" "compiling the kernels" "$work/stderr"
is "a first start: lines on standard output but the program's" "$(head -n 1 "$work/stdout" | cut -d : -f 1)" data
says "the next command" "    ./aggen run $memory/run.cc/genotype.json$" "$work/stdout"
equal_runs "a search in memory" $memory/run.built $memory/run.cc
ends "a second start, without a compiler" 0 "" env -u CC PATH=/nowhere ./aggen run $tiny -o $memory/cc \
    --run $memory/run.kept --iterations 1 --seed 5
is "a second start: lines on standard error" "$(wc -l < "$work/stderr")" 0
ends "its end by the built program" 0 "" $memory/built/search --run $memory/run.kept --resume --iterations 3
equal_runs "begun in memory, ended by the built program" $memory/run.built $memory/run.kept
made() { ls -l --time-style=full-iso $memory/cc/search.build/kernels.so; }
before=$(made)
touch $memory/cc/search_kernels0.c
ends "a third start" 0 "" ./aggen run $tiny -o $memory/cc --bench 1 --json --set search.batch=4
is "a third start: the kernels" "$(made)" "$before"
is "--json: standard output begins" "$(head -c 1 "$work/stdout")" "{"
timed ./aggen run $tiny -o $memory/cc --run $memory/run.long --seed 5 --iterations 40
longest=$(echo "$took" | awk '{ print $1 / 8 }')
kill_often $memory/run.term TERM 4 ./aggen run $tiny -o $memory/cc --seed 5 --iterations 40
equal_runs "a search in memory, terminated" $memory/run.long $memory/run.term
CFLAGS=-O1\ -g0 ./aggen run $tiny -o $memory/cc --bench 1 > "$work/stdout" 2> "$work/stderr"
ok "other flags" $?
says "other flags" "compiling the kernels" "$work/stderr"

# ---------------------------------------------------------------- kernels by libtcc

scalar="env -u CC PATH=/nowhere $checked run"
ends "a search without a compiler" 0 "" $scalar $tiny -o $memory/scalar --run $memory/run.scalar --seed 5
is "without a compiler: lines on standard error" "$(wc -l < "$work/stderr")" 1
says "without a compiler" "no C compiler" "$work/stderr"
losses "a search without a compiler" $base/run $memory/run.scalar

# ---------------------------------------------------------------- what a genotype becomes

genotype=$base/run/genotype.json
ends "a retraining" 0 "" $scalar "$genotype" -o $memory/scalar --seed 5 --iterations 2 --run $memory/run.retrain
says "a retraining" "    .*aggen run $genotype -o $memory/scalar generate -n 64 --weights" "$work/stdout"
weights=$base/run/retrain/ema.safetensors
ends "pictures of the built program" 0 "" $base/generate -n 4 --weights $weights -o $memory/built.png
ends "pictures by cc" 0 "" ./aggen run "$genotype" -o $memory/cc generate -n 4 --weights $weights -o $memory/cc.png
grids "pictures by cc" $memory/built.png $memory/cc.png
ends "pictures by libtcc" 0 "" $scalar "$genotype" -o $memory/scalar generate --set data.format=shapes -n 4 \
    --weights $weights -o $memory/scalar.png
grids "pictures by libtcc" $memory/built.png $memory/scalar.png

# Nothing is missing in the other family's programs.
for program in search retrain generate; do
    file=spaces/genotypes/stylegan2_celeba128.json
    [ $program = search ] && file=tests/e2e/tiny_style.json
    ends "$program of $file" 0 "" $scalar $file -o $memory/style $program --help
    says "$program of $file" "^usage: $memory/style/$program" "$work/stdout"
done

# ---------------------------------------------------------------- kernels by NVRTC, on the stand-in

cuda=${CUDA_HOME:-/usr/local/cuda}
if [ -f "$cuda/include/cuda.h" ] && ls "$cuda"/lib*/libnvrtc.so > /dev/null 2>&1; then
    XDG_CACHE_HOME=$PWD/$memory/cache
    export XDG_CACHE_HOME
    tests/simgpu/run
    device="tests/simgpu/run env -u CC ./aggen run"
    ends "a search on a GPU" 0 "" $device $tiny --target cuda -o $memory/cuda --run $memory/run.cuda --seed 5 \
        --iterations 1
    head -n 1 $base/run/log.jsonl > "$work/log.jsonl"
    losses "a search on a GPU" "$work" $memory/run.cuda
    says "a search on a GPU: the next command" "genotype.json --target cuda$" "$work/stdout"
    ends "no GPU" 1 "no NVIDIA GPU" env SIMGPU_DEVICES=0 $device $tiny --target cuda -o $memory/cuda
fi

# ---------------------------------------------------------------- errors

bad=$memory/bad
# refuses STATUS TEXT WORDS…: of aggen run, a line with the text, and nothing written to $bad
refuses() {
    status=$1 text=$2
    shift 2
    ends "aggen run $*" "$status" "$text" $checked run "$@"
    [ ! -e $bad ]
    ok "aggen run $*: something was written" $?
    rm -rf $bad
}
refuses 2 "no file"
refuses 2 "nowhere.json" nowhere.json -o $bad
refuses 2 "one file" $tiny $tiny -o $bad
refuses 2 "search space's program is search.*generate" $tiny -o $bad generate
refuses 2 "programs are retrain and generate.*search" "$genotype" -o $bad search
refuses 2 "--target wants cpu or cuda: quantum" $tiny -o $bad --seed 1 --target quantum
export CFLAGS="-O1 -g0"
ends "aggen run FILE --nonsense" 2 "search: --nonsense" $checked run $tiny -o $memory/cc --nonsense --set search.batch=4
ends "aggen run FILE -- --set" 2 "search: --set" ./aggen run $tiny -o $memory/cc -- --set search.batch=4
for help in "run --help" "run $tiny --help"; do
    ends "aggen $help" 0 "" ./aggen $help
    says "aggen $help" "usage: aggen FILE" "$work/stdout"
done
ends "aggen run FILE search --help" 0 "" ./aggen run $tiny -o $memory/cc search --help
says "aggen run FILE search --help" "usage: $memory/cc/search " "$work/stdout"

# fails TEXT [VARIABLE=VALUE]…: status 1, and a last line with the text
fails() {
    text=$1
    shift
    env "$@" $checked run $tiny -o $memory/fails --run $memory/run.fails > "$work/stdout" 2> "$work/stderr"
    is "a start that fails ($text): status" $? 1
    is "a start that fails ($text): lines" "$(grep -v -c '^compiling the kernels' "$work/stderr")" 1
    says "a start that fails" "$text" "$work/stderr"
}
fails "false cannot compile the kernels" CC=false
fails "cannot compile the kernels: .*error" CC=gcc CFLAGS=-Dvoid=nonsense
cp -R templates runtime $memory
sed 's/^int main(/int nonsense main(/' templates/host/search.c > $memory/templates/host/search.c
fails "search.c:[0-9]*: error" AGGEN_HOME=$memory
sed 's/ag_adam_restart(/ag_adam_forget(/' templates/host/search.c > $memory/templates/host/search.c
fails "ag_adam_forget" AGGEN_HOME=$memory
echo >> $memory/runtime/ag.h
fails "ag.h is not the one" AGGEN_HOME=$memory
gcc $gen_includes -o $memory/none $gen_objects $gen_commands gen/run/none.c \
    runtime/error.c runtime/file.c runtime/text.c -lm > "$work/gcc" 2>&1
was=$?
ok "aggen without libtcc: $(head -n 5 "$work/gcc")" $was
ends "aggen run without libtcc" 1 "built without libtcc" $memory/none run $tiny -o $bad
ends "aggen without libtcc" 0 "" $memory/none $tiny -o $memory/none.out

finish
