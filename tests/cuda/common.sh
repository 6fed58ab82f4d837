# What the scripts of this folder share. $run PROGRAM ARGS… runs a CUDA program: on the stand-in, or, with GPU=1, on the
# machine's own GPU.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build/cuda}
mkdir -p "$build"
nvcc=${CUDA_HOME:-/usr/local/cuda}/bin/nvcc
run=tests/simgpu/run
archs="CUDA_ARCHS= CUDA_PTX=90"
if [ "${GPU:-0}" = 1 ]; then run='env' archs=; fi
. tests/tools/check.sh
. tests/tools/program.sh

# made FOLDER PROGRAM FILE [aggen's words]: emits and builds a CUDA program
made() {
    folder=$1 program=$2 file=$3
    shift 3
    # shellcheck disable=SC2086
    ./aggen "$file" --target cuda -o "$folder" "$@" >/dev/null &&
        program "$folder" "$program" $archs CFLAGS=-O1
}

compare=$build/compare
${CC:-cc} -std=gnu99 -O1 -o "$compare" tests/golden/compare.c runtime/error.c runtime/file.c runtime/safetensors.c -lz -lm

# same_log A B: do the numbers of two log.jsonl, but for the seconds, differ by no more than 1e-4?
same_log() {
    for log in "$1" "$2"; do
        sed 's/"seconds":.*//; s/"[^"]*"//g; s/[^0-9.eE+-]/ /g' "$log" | tr -s ' ' '\n' | grep '[0-9]' >"$build/numbers.$$"
        mv "$build/numbers.$$" "$build/numbers.$(basename "$(dirname "$log")")"
    done
    paste "$build/numbers.$(basename "$(dirname "$1")")" "$build/numbers.$(basename "$(dirname "$2")")" | awk '
        { d = $1 - $2; if (d < 0) d = -d; if (NF != 2 || !(d <= 1e-4)) bad++; n++ }
        END { exit bad > 0 || n < 10 }'
}

# golden NAME PROGRAM "PHASES" [aggen's words]: the golden cases through a CUDA program
golden() {
    name=$1 kind=$2 phases=$3
    shift 3
    folder=$build/$name$(printf '%s' "$*" | tr -c 'a-zA-Z0-9-' _)
    echo "$name $kind $*"
    made "$folder" "$kind" "tests/golden/$name.json" "$@"
    ok "$name: cannot be built" $?
    for phase in $phases; do
        case=tests/golden/${name}_$phase
        $run "$folder/$kind" --replay "$case.in.safetensors" --dump "$folder/$phase.safetensors" --phase "$phase" &&
            "$compare" "$folder/$phase.safetensors" "$case.out.safetensors"
        ok "$name $phase $*" $?
    done
}
