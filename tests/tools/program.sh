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

# Builds FOLDER KIND [make's words], in a shell of its own, whose variables are no one else's.
build_program() (
    built=$1 kind=$2
    shift 2
    objects=$built/$kind.build
    # writes make's note of how it compiles, which must be older than what is copied
    make -s -n -C "$built" -f "$kind.mk" "$@" > /dev/null || return
    how=$(cat "$objects/how" runtime/*.[ch] runtime/cuda/*.[ch] templates/cpu/vector.h | key)
    lent= # FILE=KEY…
    for file in runtime/*.c runtime/cuda/*.c; do
        object=${file##*/} object=${object%.c}.o
        lent="$lent $object=$how.$object"
    done
    for i in 0 1 2 3; do # their first line says which spec they are of
        [ ! -f "$built/${kind}_kernels$i.c" ] || lent="$lent ${kind}_kernels$i.o=$( (echo "$how" &&
            sed 1d "$built/${kind}_kernels$i.c") | key)"
    done
    [ ! -f "$built/${kind}_kernels.cu" ] ||
        lent="$lent kernels.fatbin=$( (echo "$how" && sed 1d "$built/${kind}_kernels.cu") | key)"
    for pair in $lent; do take "${pair#*=}" "$objects/${pair%=*}"; done
    # tcc takes a fiftieth of gcc's time for what is only a long list of calls
    tcc -std=gnu99 -c -o "$objects/${kind}_phases.o" "$built/${kind}_phases.c" &&
        make -s -j2 -C "$built" -f "$kind.mk" "$@" || return
    for pair in $lent; do give "$objects/${pair%=*}" "${pair#*=}"; done
)

# program FOLDER KIND [make's words]: builds the program of that kind that aggen wrote there; what is said then is printed
# if it fails, the last of it
program() {
    build_program "$@" > build/objects/said.$$ 2>&1 || {
        tail -n 5 build/objects/said.$$
        return 1
    }
    rm build/objects/said.$$
}

# made_weights FOLDER: made-up weights, FOLDER/made, for the generator whose program is in the folder
made_weights() {
    sed -n '/^static const struct ag_tensor \(g_params\|statistics\)\[\]/,/^};/p' "$1/generate_phases.c" > "$1/tables.h" &&
        gcc -std=gnu99 -O1 -Wall -Wextra -Werror -I"$1" -o "$1/make" tests/embed/made.c runtime/error.c runtime/file.c \
            runtime/text.c runtime/safetensors.c runtime/safetensors_write.c runtime/random.c -lz -lm &&
        "$1/make" "$1/made"
}
