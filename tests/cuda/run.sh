#!/bin/sh
# The CUDA target on the stand-in GPU of tests/simgpu: golden cases, whole programs against the CPU's, compilers, errors.
# Closes on `N passed, N failed`. `run.sh all` takes every golden case and every shipped space; it takes much longer.
set -u
. "$(dirname "$0")/common.sh"
if [ ! -x "$nvcc" ]; then
    echo "no CUDA Toolkit at ${CUDA_HOME:-/usr/local/cuda}: the CUDA target is not tested"
    echo "0 passed, 0 failed"
    exit 0
fi
XDG_CACHE_HOME=$(cd "$build" && pwd)/cache
export XDG_CACHE_HOME

# ---------------------------------------------------------------- a kernel alone

sh tests/cuda/sepconv.sh; ok "tests/cuda/sepconv.sh" $?

# ---------------------------------------------------------------- golden cases

golden residual search "d arch"
golden style_micro search arch
golden style_derived retrain r1
if [ "${1:-}" = all ]; then
    golden residual search "d g arch" --no-merge
    golden residual search g
    golden residual_learnable search arch
    golden alphagan_s retrain g
    golden style_micro search "d g"
    golden style_macro search arch
    golden style_derived retrain g
fi

# ---------------------------------------------------------------- whole programs, in three orders of blocks and threads

# both NAME FILE [aggen's words]: one iteration of a search on the CPU and on the stand-in, to 1e-4; the same bytes in
# any order
both() {
    name=$1 file=$2
    shift 2
    ./aggen "$file" -o "$build/$name.cpu" "$@" >/dev/null && program "$build/$name.cpu" search CFLAGS=-O1 &&
        made "$build/$name.cuda" search "$file" "$@"
    ok "$name: cannot be built" $?
    rm -rf "$build/$name".run.*
    "$build/$name.cpu/search" --run "$build/$name.run.cpu" --iterations 1 >"$build/log" 2>&1
    was=$?
    ok "$name on the CPU: $(tail -n 3 "$build/log")" $was
    for order in forward backward 7; do
        SIMGPU_ORDER=$order $run "$build/$name.cuda/search" --run "$build/$name.run.$order" --iterations 1 >"$build/log" 2>&1
        was=$?
        ok "$name, order $order: $(tail -n 3 "$build/log")" $was
    done
    same_log "$build/$name.run.forward/log.jsonl" "$build/$name.run.cpu/log.jsonl"
    ok "$name: losses and alpha of CPU and GPU" $?
    for order in backward 7; do
        cmp "$build/$name.run.forward/checkpoint.safetensors" "$build/$name.run.$order/checkpoint.safetensors"
        ok "$name: checkpoints of orders forward and $order" $?
    done
}
both tiny tests/e2e/tiny.json
both tiny_style tests/e2e/tiny_style.json
# so many pictures that depthwise convolutions are made within the 1x1 ones that read them
both fronts tests/e2e/tiny.json --set image.size=8 --set search.batch=272 --set search.weight_steps=1 \
    --set search.bar_steps=1 --set search.arch_steps=1 --set 'generator.normal=["sep_conv_3x3", "conv_1x1"]'
grep -q '\* sepconv' "$build/fronts.cuda/search_phases.c" &&
    grep -q 'sepconv3x3.*(.*const float' "$build/fronts.cuda/search_kernels.cu"
ok "fronts: there are none" $?
# Biases before a batch norm have no gradient but rounding, which Adam makes steps of: the other family's weights are alike.
"$compare" "$build/tiny_style.run.forward/checkpoint.safetensors" "$build/tiny_style.run.cpu/checkpoint.safetensors" 1e-4
ok "tiny_style: checkpoints of CPU and GPU" $?

# ---------------------------------------------------------------- retraining and pictures

picture=$build/picture
${CC:-cc} -O1 -o "$picture" tests/e2e/picture.c -lpng -ljpeg
ok "tests/e2e/picture.c" $?

# grown NAME: the architecture of the CPU's search, retrained and drawn on both; pictures agree to one grey level
grown() {
    name=$1 genotype=$build/$1.run.cpu/genotype.json
    for target in cpu cuda; do
        folder=$build/$name.ship.$target
        ./aggen "$genotype" --target $target -o "$folder" >/dev/null
        for kind in retrain generate; do
            # shellcheck disable=SC2086
            program "$folder" $kind $archs CFLAGS=-O1
            ok "$name: $kind for $target" $?
        done
    done
    rm -rf "$build/$name".grown.*
    "$build/$name.ship.cpu/retrain" --run "$build/$name.grown.cpu" --iterations 4 >"$build/log" 2>&1
    was=$?
    ok "$name retrained on the CPU: $(tail -n 3 "$build/log")" $was
    $run "$build/$name.ship.cuda/retrain" --run "$build/$name.grown.cuda" --iterations 4 >"$build/log" 2>&1
    was=$?
    ok "$name retrained on the stand-in: $(tail -n 3 "$build/log")" $was
    "$build/$name.ship.cpu/generate" -n 4 --weights "$build/$name.grown.cpu/ema.safetensors" -o "$build/cpu.png" >"$build/log" 2>&1
    ok "$name drawn on the CPU" $?
    $run "$build/$name.ship.cuda/generate" -n 4 --weights "$build/$name.grown.cpu/ema.safetensors" -o "$build/cuda.png" >"$build/log" 2>&1
    was=$?
    ok "$name drawn on the stand-in: $(cat "$build/log")" $was
    for i in 0 1 2 3; do
        "$picture" cell "$build/cpu.png" 16 $i >"$build/a" && "$picture" cell "$build/cuda.png" 16 $i >"$build/b"
        ok "$name: picture $i of both" $?
        is "$name: bytes of picture $i" "$(wc -c <"$build/b")" 768
        cmp -l "$build/a" "$build/b" | awk '
            function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
            { d = value($2) - value($3); if (d < -1 || d > 1) far = 1 } END { exit far }'
        ok "$name: picture $i of CPU and GPU differ" $?
    done
}
grown tiny
grown tiny_style
"$compare" "$build/tiny_style.grown.cuda/ema.safetensors" "$build/tiny_style.grown.cpu/ema.safetensors" 1e-4
ok "tiny_style: retrained weights of CPU and GPU" $?

sh tests/cuda/embed.sh; ok "tests/cuda/embed.sh" $?

# a run of the stand-in that is interrupted and resumed ends with the same bytes
program=$build/tiny_style.cuda/search
rm -rf "$build/whole" "$build/parts"
$run "$program" --run "$build/whole" --iterations 2 >"$build/log" 2>&1
was=$?
ok "two iterations at once: $(tail -n 3 "$build/log")" $was
$run "$program" --run "$build/parts" --iterations 1 >"$build/log" 2>&1 &&
    $run "$program" --run "$build/parts" --iterations 2 --resume >"$build/log" 2>&1
was=$?
ok "two iterations one by one: $(tail -n 3 "$build/log")" $was
for file in genotype.json samples/0002.png; do
    cmp "$build/whole/$file" "$build/parts/$file"
    ok "$file of a whole and of a resumed run" $?
done

# ---------------------------------------------------------------- a GPU that lags behind

# idle PROGRAM ARGUMENT…: how often a run on a GPU that does nothing until it is waited for leaves it without work
idle() {
    rm -rf "$build/late.run" "$build/stats"
    SIMGPU_LATE=1000000 SIMGPU_STATS=$build/stats $run "$@" --run "$build/late.run" >"$build/log" 2>&1
    sed -n 's/^waits .* idle //p' "$build/stats"
}

# steps NAME PROGRAM FILE ITERATIONS "SETTINGS" FOLDER: more steps between two lines of the log leave it no more often
# without work; FOLDER has the program with fewer
steps() {
    few=$(idle "$6/$2" --iterations "$4")
    # shellcheck disable=SC2086
    made "$build/$1.long" "$2" "$3" $5
    ok "$1 with $5" $?
    many=$(idle "$build/$1.long/$2" --iterations "$4")
    is "$1, $2: waits that leave the GPU without work, with $5" "${many:-none}" "${few:-no run}"
}
more='--set search.weight_steps=7 --set search.bar_steps=5 --set search.arch_steps=6'
steps tiny search tests/e2e/tiny.json 1 "$more" "$build/tiny.cuda"
steps tiny_style search tests/e2e/tiny_style.json 1 "$more" "$build/tiny_style.cuda"
steps tiny retrain "$build/tiny.run.cpu/genotype.json" 4 "--set retrain.critic_steps=7" "$build/tiny.ship.cuda"
steps tiny_style retrain "$build/tiny_style.run.cpu/genotype.json" 3 "--set retrain.accumulate=5" "$build/tiny_style.ship.cuda"

# late NAME PROGRAM ITERATIONS FOLDER: the same log and checkpoint whenever losses arrive
late() {
    rm -rf "$build/late".*
    for late in 0 1 4 1000000; do
        SIMGPU_LATE=$late SIMGPU_THREADS=1 $run "$4/$2" --run "$build/late.$late" --iterations "$3" >"$build/log" 2>&1
        was=$?
        ok "$1, $2, SIMGPU_LATE=$late: $(tail -n 3 "$build/log")" $was
        cmp "$build/late.0/checkpoint.safetensors" "$build/late.$late/checkpoint.safetensors"
        ok "$1, $2, SIMGPU_LATE=$late: the checkpoint" $?
        sed 's/"seconds": [0-9.e+-]*//' "$build/late.0/log.jsonl" >"$build/a"
        sed 's/"seconds": [0-9.e+-]*//' "$build/late.$late/log.jsonl" | cmp "$build/a"
        ok "$1, $2, SIMGPU_LATE=$late: the log" $?
    done
}
late tiny search 2 "$build/tiny.cuda"
late tiny retrain 4 "$build/tiny.ship.cuda"
late tiny_style retrain 5 "$build/tiny_style.ship.cuda"

# diverges NAME PROGRAM TENSOR BEFORE AFTER WHEN FOLDER: a run that goes on from BEFORE iterations with a weight so large
# that what follows overflows says when, and leaves the checkpoint and the log
diverges() {
    bad=$build/bad checkpoint=$build/bad/checkpoint.safetensors
    rm -rf "$bad"
    $run "$7/$2" --run "$bad" --iterations "$4" >"$build/log" 2>&1
    header=$(od -An -N4 -tu4 "$checkpoint" | tr -d ' ')
    at=$(head -c $((8 + header)) "$checkpoint" | grep -a -o "\"$3\":{[^}]*}" | sed 's/.*"data_offsets":\[\([0-9]*\),.*/\1/')
    printf '\377\377\177\177' | dd of="$checkpoint" bs=1 seek=$((8 + header + at)) conv=notrunc 2>"$build/log"
    unsum <"$checkpoint" >"$build/unsummed" && mv "$build/unsummed" "$checkpoint"
    before=$(cat "$checkpoint" "$bad/log.jsonl" | cksum)
    for late in 0 4 1000000; do
        SIMGPU_LATE=$late $run "$7/$2" --run "$bad" --resume --iterations "$5" >"$build/log" 2>&1
        is "$1, $2, SIMGPU_LATE=$late: status when it diverges" $? 1
        grep -q "diverged: out.loss of phase . is not a number in $6 (a smaller" "$build/log"
        was=$?
        ok "$1, $2, SIMGPU_LATE=$late: $(tail -n 1 "$build/log"), not $6" $was
        is "$1, $2, SIMGPU_LATE=$late: checkpoint and log" "$(cat "$checkpoint" "$bad/log.jsonl" | cksum)" "$before"
    done
}
diverges tiny search d.block1.c2.bias 1 2 "iteration 2" "$build/tiny.cuda"
diverges tiny retrain d.block1.c2.bias 3 6 "iteration 4" "$build/tiny.ship.cuda"
diverges tiny_style retrain g.const 5 20 "step 6" "$build/tiny_style.ship.cuda"

# kept NAME: each second generator of a retraining is kept, and is what a retraining up to there ends with
kept() {
    made "$build/$1.keep" retrain "$build/$1.run.cpu/genotype.json" --set retrain.keep_every=2 --set retrain.checkpoint_every=3
    ok "$1: cannot be built" $?
    runs=$build/$1.keep.run
    rm -rf "$runs".*
    for iterations in 2 4; do
        $run "$build/$1.keep/retrain" --run "$runs.$iterations" --iterations $iterations >"$build/log" 2>&1
        was=$?
        ok "$1, $iterations iterations: $(tail -n 3 "$build/log")" $was
    done
    same "$1, kept at 2" "$runs.4/ema-0000002.safetensors" "$runs.2/ema.safetensors"
    same "$1, kept at 4" "$runs.4/ema-0000004.safetensors" "$runs.4/ema.safetensors"
    is "$1: kept generators" "$(find "$runs.4" -name 'ema-*' | wc -l)" 2
}
kept tiny
kept tiny_style

# ---------------------------------------------------------------- NVRTC and its cache

rm -rf "$XDG_CACHE_HOME/aggen"
NVRTC=1 $run "$build/style_micro/search" --replay tests/golden/style_micro_arch.in.safetensors \
    --dump "$build/nvrtc.safetensors" --phase arch >"$build/log" 2>&1
was=$?
ok "with NVRTC: $(tail -n 3 "$build/log")" $was
cmp -s "$build/nvrtc.safetensors" "$build/style_micro/arch.safetensors" ||
    "$compare" "$build/nvrtc.safetensors" tests/golden/style_micro_arch.out.safetensors
ok "what NVRTC's kernels compute" $?

draw() { # draws with NVRTC, whose kernels are few
    NVRTC=1 $run "$build/tiny.ship.cuda/generate" -n 4 --weights "$build/tiny.grown.cpu/ema.safetensors" \
        -o "$build/nvrtc.png" >"$build/drawn" 2>"$build/log"
}
rm -rf "$XDG_CACHE_HOME/aggen"
draw
was=$?
ok "drawn with NVRTC: $(tail -n 3 "$build/log")" $was
grep -q "compiling the kernels" "$build/log"
ok "NVRTC says that it compiles" $?
draw
grep -q "compiling the kernels" "$build/log"
is "the second start finds compiled kernels: grep" $? 1
kept=$(ls "$XDG_CACHE_HOME"/aggen/*)
is "files in the cache" "$(echo "$kept" | wc -l)" 1
head -c 1000 "$kept" >"$build/cut" && cp "$build/cut" "$kept"
draw
was=$?
ok "with a cut cache: $(tail -n 3 "$build/log")" $was
grep -q "compiling the kernels" "$build/log"
ok "a cut cache is compiled again" $?

# unkept WHAT WORDS: the kernels of the last picture were compiled and, said in one line with the words, not kept
unkept() {
    is "$1: status" $was 0
    is "$1: lines" "$(wc -l <"$build/log")" 2
    grep -q "not kept for the next start: .*$2.*XDG_CACHE_HOME" "$build/log"
    was=$?
    ok "$1: $(cat "$build/log")" $was
}
cache=$XDG_CACHE_HOME
XDG_CACHE_HOME=$cache/deep/er draw
XDG_CACHE_HOME=$cache/deep/er draw
grep -q "compiling the kernels" "$build/log"
is "a cache in new folders is found again: grep" $? 1
XDG_CACHE_HOME=$build/log.file/below
: >"$build/log.file"
draw
was=$?
unkept "a cache below a file" "log.file"
XDG_CACHE_HOME=$cache/limited
(
    ulimit -f 200 # the picture takes less
    draw
)
was=$?
unkept "a cache that may not grow" "limited/aggen/.*File too large"
is "a cache that may not grow: files left" "$(find "$cache/limited" -type f)" ""
(
    unset HOME XDG_CACHE_HOME
    draw
)
was=$?
unkept "no place for a cache" "no HOME"
XDG_CACHE_HOME=$cache

# ---------------------------------------------------------------- errors: one line each

# line WHAT WORDS COMMAND…: exits 1 with one line that has the words, and leaves nothing at $build/none*
line() {
    what=$1 words=$2
    shift 2
    rm -rf "$build"/none*
    "$@" >"$build/log" 2>&1
    is "$what: status" $? 1
    grep -q "$words" "$build/log"
    was=$?
    ok "$what: $(cat "$build/log")" $was
    is "$what: lines" "$(wc -l <"$build/log")" 1
    is "$what: files left" "$(find "$build" -maxdepth 1 -name '*none*')" ""
}
program=$build/tiny.cuda/search
if [ -z "$(ldconfig -p | grep libcuda.so.1)" ]; then
    line "no driver" "no CUDA driver" "$program" --run "$build/none"
fi
line "no device" "no NVIDIA GPU" env SIMGPU_DEVICES=0 $run "$program" --run "$build/none"
for name in tiny tiny_style; do
    line "no device, $name retrained" "no NVIDIA GPU" \
        env SIMGPU_DEVICES=0 $run "$build/$name.ship.cuda/retrain" --run "$build/none"
    line "no device, $name drawn" "no NVIDIA GPU" env SIMGPU_DEVICES=0 $run "$build/$name.ship.cuda/generate" \
        --weights "$build/$name.grown.cpu/ema.safetensors" -o "$build/none.png"
done
line "an old device" "compute capability 7.5; 8.0 is needed" env SIMGPU_CC=7.5 $run "$program" --run "$build/none"
line "little memory" "MB are needed" env SIMGPU_MEMORY=100000 $run "$program" --run "$build/none"
if [ -z "$(ldconfig -p | grep libnvrtc)" ]; then
    line "no NVRTC" "CUDA_HOME" env NVRTC=1 CUDA_HOME=/nowhere $run "$program" --run "$build/none"
fi

# ---------------------------------------------------------------- one folder, one target after the other

# after TARGET: the folder's search is then that target's, and builds
after() {
    # shellcheck disable=SC2086
    ./aggen tests/e2e/tiny.json --target "$1" -o "$build/turns" >"$build/log" && program "$build/turns" search $archs
    ok "target $1 after another" $?
}
rm -rf "$build/turns"
cp -Rp "$build/tiny.cuda" "$build/turns"
for target in cpu cuda; do after $target; done
is "files of the CPU's kernels" "$(ls "$build/turns" | grep -c 'search_kernels[0-9.]*[ch]$')" 0
$run "$build/turns/search" --run "$build/turns.run" --iterations 1 >"$build/log" 2>&1
was=$?
ok "the last one is CUDA's: $(tail -n 3 "$build/log")" $was
grep -q -e '--target cuda$' "$build/log"
ok "a CUDA search names the CUDA target next" $?
rm -rf "$build/turns.run"
SIMGPU_ABORT=0 SIMGPU_BUDGET=10 $run "$build/turns/search" --bench 1 >"$build/log" 2>&1
is "--bench of a GPU that fails: status" $? 1
$run "$build/turns/search" --bench 1 >"$build/log" 2>&1
was=$?
ok "--bench: $(tail -n 3 "$build/log")" $was
is "--bench: tables of kernels" "$(grep -c '^kernel' "$build/log")" 0
# The stand-in's times mean nothing, but the launches are those that aggen plans.
$run "$build/turns/search" --bench 2 --kernels >"$build/log" 2>&1
was=$?
ok "--bench --kernels: $(tail -n 3 "$build/log")" $was
./aggen info tests/e2e/tiny.json --target cuda >"$build/info"
for phase in d g arch; do
    sed -n "/^phase $phase,/,/^$/p" "$build/log" | awk '$2 ~ /^[0-9]/ && NF == 6 { print $1, $2 }' | sort >"$build/a"
    sed -n "/^$phase .*calls/,/^$/p" "$build/info" | awk '$2 ~ /^[0-9]+$/ && NF > 6 { print $1, $2 }' | sort >"$build/b"
    cmp "$build/a" "$build/b" && [ -s "$build/a" ]
    ok "--bench --kernels: the launches of $phase" $?
done

# ---------------------------------------------------------------- what aggen info tells

# number PHASE KEY FILE: of one phase in aggen's JSON
number() { tr -d '\n' <"$3" | sed "s/.*\"$1\": {\([^}]*\).*/\1/; s/.*\"$2\": \([0-9]*\).*/\1/"; }
for file in spaces/alphagan_cifar10.json spaces/stylegan2_micro_dynamic.json; do
    ./aggen info $file --json >"$build/info.cpu" && ./aggen info $file --target cuda --gpu a100 --json >"$build/info.cuda"
    ok "info $file" $?
    for phase in d g arch; do
        sed 's/, "kernels": \[[^]]*\]//g' "$build/info.cuda" >"$build/info.sums"
        is "$file, $phase: FLOP of all kernels" "$(number $phase flop "$build/info.sums")" \
            "$(number $phase flop_executed "$build/info.cpu")"
        moved=$(number $phase bytes "$build/info.sums") least=$(number $phase least_bytes "$build/info.sums")
        [ "$least" -gt 0 ] && [ "$moved" -gt "$least" ] && [ "$moved" -lt $((2 * least)) ]
        ok "$file, $phase: bytes moved: $moved, the least: $least" $?
        ./aggen info $file --target cuda --gpu a100 | sed -n "/^$phase /,/^  moved/p" | tail -n 1 >"$build/log"
        is "$file, $phase: the line for this" "$(cat "$build/log")" "$(awk -v moved="$moved" -v least="$least" \
            'BEGIN { printf "  moved %.2f x the least, %.3f MB", moved / least, least / 1e6 }')"
    done
done
./aggen info spaces/g32.json --target cuda --gpu voodoo >"$build/log" 2>&1
is "an unknown GPU: status" $? 2
grep -q "h100, a100 and rtx4090" "$build/log"
was=$?
ok "an unknown GPU: $(cat "$build/log")" $was

# ---------------------------------------------------------------- what ptxas says

# kernels that differ by more than their names: conv of b is that of a, its add isn't
for name in a b; do
    mkdir -p "$build/alike/$name-1"
    echo "/* kernels of $name */" >"$build/alike/$name-1/search_kernels.cu"
    cat >>"$build/alike/$name-1/search_kernels.cu" <<.
struct ag_four;
extern "C" __global__ void ag_bounds(64, 64, 4, 4)
    conv_$name(const float *__restrict__ x)
{
}
extern "C" __global__ void add(real *__restrict__ x)
{
    x[0] = '$name';
}
.
done
is "kernels" "$(awk -v folder="$build/alike" -v most=2 -f tests/cuda/distinct.awk "$build"/alike/[ab]-1/*.cu)" \
    "4 kernels, 3 of them different"
is "kernels that differ" "$(sed -n 's/^.* \([a-z_0-9]*\)(const.*/\1/p; s/^.* \([a-z_0-9]*\)(real.*/\1/p' "$build"/alike/[01].cu)" \
    "a_1_search__conv_a
a_1_search__add
b_1_search__add"
is "what stands before them" "$(grep -c 'struct ag_four' "$build"/alike/[01].cu | sed 's/.*://' | tr '\n' ' ')" "1 1 "

# what is wrong with them: a stack, spills, a warning, a kernel too few
{
    echo "x.cu(3): warning #177-D: function \"ag_copy\" was declared but never referenced"
    echo
    for kernel in 'a_1_search__conv_a 8 8 4' 'a_1_search__add 0 0 0' 'conv 16 0 0'; do
        echo "$kernel" | awk '{ printf "ptxas info    : Compiling entry function %c%s%c for %csm_90%c\n", 39, $1, 39, 39, 39
            printf "ptxas info    : Function properties for %s\n", $1
            printf "    %d bytes stack frame, %d bytes spill stores, %d bytes spill loads\n", $2, $3, $4
            printf "ptxas info    : Used 64 registers, used 1 barriers, 8 bytes cumulative stack size\n" }'
    done
    echo "ptxas info    : Compile time = 53.387 ms"
} >"$build/ptxas"
cat "$build"/alike/[ab]-1/*.cu >"$build/kernels.cu"
is "what ptxas says" "$(awk -v where=sm_90 -f tests/cuda/ptxas.awk "$build/kernels.cu" "$build/ptxas")" \
    "sm_90: x.cu(3): warning #177-D: function \"ag_copy\" was declared but never referenced
sm_90: a_1_search: conv_a: 8 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
sm_90: conv: 16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
sm_90: ptxas tells of 3 kernels of 4"
if [ "${1:-}" = all ]; then
    sh tests/cuda/sweep.sh
    ok "tests/cuda/sweep.sh" $?
fi

# how many blocks an sm_90 holds, by registers, by shared memory (with 1 KB more each), by threads
cat >"$build/kernels.cu" <<'.'
extern "C" __global__ void ag_bounds(128, 64, 8, 8)
    conv5x5(const float *__restrict__ x)
extern "C" __global__ void ag_bounds(64, 64, 4, 4) conv3x3(const float *__restrict__ x)
.
for kernel in 'conv5x5 168 25600' 'conv3x3 40 100000' 'mul 33 0' 'add 32 0' 'rare 255 0'; do
    echo "$kernel" | awk '{ printf "ptxas info : Compiling entry function %c%s%c for %csm_90%c\n", 39, $1, 39, 39, 39
        printf "ptxas info : Used %d registers, used 1 barriers, %d bytes smem, 400 bytes cmem[0]\n", $2, $3 }'
done >"$build/ptxas"
tr '{' '\n' >"$build/phases" <<'.'
{"gpu": "h100", "phases": {"d": {"launches": 5, "flop": 1, "us": 1e+03, "kernels": [
{"name": "conv5x5", "template": "conv", "threads": 128, "us": 500}, {"name": "conv3x3", "template": "conv", "threads": 96, "us": 300},
{"name": "mul", "template": "pointwise", "threads": 256, "us": 100}, {"name": "rare", "template": "sum", "threads": 64, "us": 19}]},
"g": {"launches": 2, "us": 1000, "kernels": [{"name": "add", "template": "pointwise", "threads": 1024, "us": 9e+2}, {"name": "mul", "template": "pointwise", "threads": 256, "us": 20}]}}
.
is "occupancy" "$(awk -v wanted=50 -f tests/cuda/occupancy.awk kind=source "$build/kernels.cu" kind=ptxas "$build/ptxas" \
    kind=phases "$build/phases" | sort -rn | cut -d ' ' -f 2- | tr -s ' \n' ' ,')" \
    "add 90.0% of g 32 0 1024 2 100%,conv5x5 50.0% of d 168 25600 128 3 19% large tile,\
conv3x3 30.0% of d 40 100000 96 2 9% TOO LOW,mul 10.0% of d 33 0 256 6 75%,"

# occupied FILE [VARIABLE=VALUE…]: no local memory, and kernels that fill half of a multiprocessor or have a reason
occupied() {
    file=$1
    shift
    env "$@" sh tests/cuda/occupancy.sh "$file" >"$build/occupied" 2>&1
    was=$?
    ok "occupancy of $file: $(cat "$build/occupied")" $was
}
if [ "${1:-}" = all ]; then
    for file in spaces/alphagan_cifar10.json spaces/stylegan2_micro.json; do
        occupied "$file"
        if [ $was = 0 ]; then cat "$build/occupied"; fi
    done
else
    occupied tests/e2e/tiny_style.json ARCHS=90 WANTED=0 # its blocks of 32 and 64 threads fill no multiprocessor
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
