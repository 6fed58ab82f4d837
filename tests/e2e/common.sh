# For the end-to-end scripts to read in: they run from the checkout's root and build below build/e2e, mostly tiny.json,
# optimised little, since what they ask is not how fast it is.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
e2e=build/e2e
tiny=tests/e2e/tiny.json
base=$e2e/base # the search program of tiny.json as it is
level=-O1
mkdir -p $e2e/objects

# emit FOLDER FILE [aggen's words]: writes a program or two to a folder below build/e2e
emit() {
    emitted=$e2e/$1
    shift
    ./aggen "$@" -o "$emitted" > "$work/emit" 2>&1
    was=$?
    ok "aggen $*: $(cat "$work/emit")" $was
}

# build FOLDER KIND [make's words]: builds one. Objects are taken from earlier builds where they would be the same: the
# runtime's, and those of kernels that differ in nothing but their heading.
build() {
    built=$e2e/$1 kind=$2
    shift 2
    objects=$built/$kind.build
    mkdir -p "$objects"
    if [ "$built" != $base ]; then
        for file in runtime/*.c; do
            file=${file#runtime/}
            cp "$base/search.build/${file%.c}.o" "$objects"
        done
    fi
    for i in 0 1 2 3; do
        key=$( (sed 1d "$built/${kind}_kernels$i.c" && cat templates/cpu/vector.h runtime/ag.h runtime/ag_math.h &&
            echo "$level $*") | cksum | tr ' ' .)
        eval "key$i=\$key"
        [ ! -f $e2e/objects/"$key".o ] || cp $e2e/objects/"$key".o "$objects/${kind}_kernels$i.o"
    done
    # tcc takes a fiftieth of gcc's time for what is only a long list of calls
    tcc -std=gnu99 -c -o "$objects/${kind}_phases.o" "$built/${kind}_phases.c"
    ok "tcc $built/${kind}_phases.c" $?
    make -s -j2 -C "$built" -f "$kind.mk" CFLAGS="$level" "$@" > "$work/make" 2>&1
    was=$?
    ok "make $built/$kind: $(tail -n 3 "$work/make")" $was
    # a generator that carries its weights has them in a folder for each width
    [ ! -f "$objects/${kind}_kernels0.o" ] ||
        for i in 0 1 2 3; do eval "cp $objects/${kind}_kernels$i.o $e2e/objects/\$key$i.o"; done
}

# space FOLDER [key=value | --option]...: writes and builds the search program of tiny.json with keys set
space() {
    space_folder=$1
    shift
    for word; do
        shift
        case $word in --*) ;; *) set -- "$@" --set ;; esac
        set -- "$@" "$word"
    done
    emit "$space_folder" $tiny "$@"
    build "$space_folder" search
}

# derive FOLDER [key=value]...: writes the programs of the genotype in FOLDER/run, and builds the retraining
derive() {
    space_folder=$1
    shift
    for word; do
        shift
        set -- "$@" --set "$word"
    done
    emit "$space_folder" "$e2e/$space_folder/run/genotype.json" "$@"
    build "$space_folder" retrain
}

# says WHAT TEXT FILE
says() {
    grep -q -e "$2" "$3"
    was=$?
    ok "$1: '$2' is missing in: $(head -n 3 "$3" | cut -c 1-200)" $was
}

seconds() { date +%s.%N; }

# timed COMMAND…: runs it, leaves $took seconds
timed() {
    from=$(seconds)
    "$@" > "$work/stdout" 2>&1
    was=$?
    ok "$*: $(tail -n 1 "$work/stdout")" $was
    took=$(echo "$(seconds) $from" | awk '{ print $1 - $2 }')
}

# Same seed, same bytes: a program with one thread and two; a longer run, killed twenty times (or $5) and stopped five
# times with each signal. Kills come so soon that the run cannot end before the last.
bytes() { # folder, program, iterations, iterations of the longer run
    run=$e2e/$1/bytes.$2 program=$e2e/$1/$2
    rm -rf "$run".*
    for threads in 1 2; do
        ends "$1 $2, $threads threads" 0 "" "$program" --run "$run.$threads" --seed 5 --threads $threads --iterations "$3"
    done
    equal_runs "$1 $2, 1 and 2 threads" "$run.1" "$run.2"
    timed "$program" --run "$run.long" --seed 5 --iterations "$4"
    longest=$(echo "$took" | awk '{ print $1 / 32 }')
    kill_often "$run.kill" KILL "${5:-20}" "$program" --seed 5 --iterations "$4"
    equal_runs "$1 $2, killed" "$run.long" "$run.kill"
    kill_often "$run.term" TERM 5 "$program" --seed 5 --iterations "$4" --threads 1
    equal_runs "$1 $2, terminated" "$run.long" "$run.term"
    kill_often "$run.int" INT 5 "$program" --seed 5 --iterations "$4"
    equal_runs "$1 $2, interrupted" "$run.long" "$run.int"
}

# Leaves a search of $base in $base/run and its retraining in $base/run/retrain, and generate built.
retrained() {
    if [ ! -f $base/run/retrain/ema.safetensors ] || [ $base/search -nt $base/run/retrain/ema.safetensors ]; then
        rm -rf $base/run
        ends "a search" 0 "" $base/search --run $base/run --seed 5
        derive base
        ends "its retraining" 0 "" $base/retrain --seed 5
    else
        derive base
    fi
    build base generate
}
# Builds $picture, which looks into pictures.
picture=$e2e/picture
picture_tool() {
    ${CC:-cc} -O1 -Wall -Wextra -Werror -o $picture tests/e2e/picture.c -lpng -ljpeg
    ok "tests/e2e/picture.c" $?
}

space base

# $weights_of FILE BARE ALL: the weights of a StyleGAN2 generator from a golden case, without mean latents and with some.
weights_tool() {
    weights_of=$e2e/weights
    runtime="runtime/error.c runtime/file.c runtime/safetensors.c runtime/safetensors_write.c"
    # shellcheck disable=SC2086
    ${CC:-cc} -std=gnu99 -O1 -Wall -Wextra -Werror -o $weights_of tests/e2e/weights.c $runtime -lz -lm
    ok "tests/e2e/weights.c" $?
}
