# For the end-to-end scripts to read in: they run from the checkout's root and build below build/e2e, mostly tiny.json,
# optimised little, since what they ask is not how fast it is.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
. tests/tools/program.sh
script=${0##*/}
if [ "$script" = run.sh ]; then script=embed.sh; fi # tests/embed/run.sh
e2e=build/e2e/${script%.sh} # what this script makes
base=build/e2e/base         # tiny.json's search, run/ of it, run/retrain/, and retrain and generate of what it found
tiny=tests/e2e/tiny.json
level=-O1
mkdir -p "$e2e"

# emit FOLDER FILE [aggen's words]: writes a program or two to a folder below build/e2e
emit() {
    emitted=$e2e/$1
    shift
    ./aggen "$@" -o "$emitted" > "$work/emit" 2>&1
    was=$?
    ok "aggen $*: $(cat "$work/emit")" $was
}

# build FOLDER KIND [make's words]: builds one
build() {
    folder_built=$e2e/$1
    shift
    program "$folder_built" "$@" CFLAGS="$level" > "$work/make"
    was=$?
    ok "make $folder_built/$1: $(cat "$work/make")" $was
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

# Builds $picture, which looks into pictures.
picture=$e2e/picture
picture_tool() {
    ${CC:-cc} -O1 -Wall -Wextra -Werror -o $picture tests/e2e/picture.c -lpng -ljpeg
    ok "tests/e2e/picture.c" $?
}

# $weights_of FILE BARE ALL: the weights of a StyleGAN2 generator from a golden case, without mean latents and with some.
weights_tool() {
    weights_of=$e2e/weights
    runtime="runtime/error.c runtime/file.c runtime/text.c runtime/safetensors.c runtime/safetensors_write.c"
    # shellcheck disable=SC2086
    ${CC:-cc} -std=gnu99 -O1 -Wall -Wextra -Werror -o $weights_of tests/e2e/weights.c $runtime -lz -lm
    ok "tests/e2e/weights.c" $?
}

# Makes what is in $base, unless that is there already and newer than what it is made of.
make_base() {
    [ ! -f $base/made ] || [ -n "$(find aggen runtime templates $tiny -newer $base/made)" ] || return
    own=$e2e e2e=${base%/*} before=$failed
    rm -rf $base
    space base
    ends "a search" 0 "" $base/search --run $base/run --seed 5
    derive base
    ends "its retraining" 0 "" $base/retrain --seed 5
    build base generate
    e2e=$own
    [ "$failed" != "$before" ] || touch $base/made
}
# One script makes it; those that run beside it wait.
exec 9> build/e2e/lock
flock 9
make_base
exec 9>&-
