# For test scripts to read in, which run from the checkout's root: builds of emitted programs. What takes long is taken
# from earlier builds where it would be the same: build/objects/ has it, under names made of what goes into it.
mkdir -p build/objects

key() { cksum | tr ' ' .; } # of standard input

# take KEY FILE: copies it from there; give FILE KEY: copies it there, whole or not at all
take() { [ ! -f build/objects/"$1" ] || cp build/objects/"$1" "$2"; }
give() {
    if [ -f "$1" ] && [ ! -f build/objects/"$2" ]; then
        cp "$1" build/objects/"$2.$$" && mv build/objects/"$2.$$" build/objects/"$2"
    fi
}

# program FOLDER KIND [make's words]: builds the program of that kind that aggen wrote there. In a shell of its own, whose
# variables are no one else's.
program() (
    built=$1 kind=$2
    shift 2
    objects=$built/$kind.build
    # writes make's note of how it compiles, which must be older than what is copied
    make -s -n -C "$built" -f "$kind.mk" "$@" > /dev/null || return
    how=$(cat "$objects/how" runtime/*.[ch] runtime/cuda/*.[ch] templates/cpu/vector.h | key)
    for file in runtime/*.c runtime/cuda/*.c; do
        file=${file##*/}
        take "$how.${file%.c}.o" "$objects/${file%.c}.o"
    done
    kernels=
    for i in 0 1 2 3; do # their first line says which spec they are of
        [ ! -f "$built/${kind}_kernels$i.c" ] || kernels="$kernels ${kind}_kernels$i.o=$( (echo "$how" &&
            sed 1d "$built/${kind}_kernels$i.c") | key)"
    done
    [ ! -f "$built/${kind}_kernels.cu" ] ||
        kernels="kernels.fatbin=$( (echo "$how" && sed 1d "$built/${kind}_kernels.cu") | key)"
    for pair in $kernels; do take "${pair#*=}" "$objects/${pair%=*}"; done
    # tcc takes a fiftieth of gcc's time for what is only a long list of calls
    tcc -std=gnu99 -c -o "$objects/${kind}_phases.o" "$built/${kind}_phases.c" && make -s -j2 -C "$built" -f "$kind.mk" "$@" ||
        return
    for pair in $kernels; do give "$objects/${pair%=*}" "${pair#*=}"; done
    for file in runtime/*.c runtime/cuda/*.c; do
        file=${file##*/}
        give "$objects/${file%.c}.o" "$how.${file%.c}.o"
    done
)
