# For the end-to-end scripts to read in: they run from the checkout's root and build below build/e2e, mostly tiny.json,
# optimised little, since what they ask is not how fast it is.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
e2e=build/e2e
tiny=tests/e2e/tiny.json
base=$e2e/base # the search program of tiny.json as it is
level=-O1
mkdir -p $e2e

# emit FOLDER FILE [aggen's words]: writes a program or two to a folder below build/e2e
emit() {
    emitted=$e2e/$1
    shift
    ./aggen "$@" -o "$emitted" > "$work/emit" 2>&1
    set -- $? "$@"
    ok "aggen $2 ends with status $1: $(cat "$work/emit")" "$1"
}

# build FOLDER KIND [make's words]: builds one, with the runtime's objects taken from $base
build() {
    built=$e2e/$1 kind=$2
    shift 2
    mkdir -p "$built/$kind.build"
    for file in runtime/*.c; do
        file=${file#runtime/}
        [ "$built" = $base ] || cp "$base/search.build/${file%.c}.o" "$built/$kind.build"
    done
    make -s -j2 -C "$built" -f "$kind.mk" CFLAGS="$level" "$@" > "$work/make" 2>&1
    ok "make $built/$kind: $(tail -n 3 "$work/make")" $?
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

# derive FOLDER [key=value]...: writes and builds the retraining program of the genotype in FOLDER/run
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
    ok "$1: '$2' is missing in: $(head -c 600 "$3")" $?
}

seconds() { date +%s.%N; }

space base
