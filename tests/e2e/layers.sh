#!/bin/sh
# --kernel LAYER: the layers of a generator, each a library of its own, one after the other draw what the whole does.
. "$(dirname "$0")/common.sh"
layers=$e2e/layers
rm -rf $layers
mkdir -p $layers

# The call of a layer, with the results of others and what is drawn for its inputs: from its header.
call() { # LIBRARY LAYER
    awk -v library="$1" -v layer="$2" '
        function clean(name) { gsub(/\./, "_", name); return name }
        /^ \* [a-z0-9]*: \[/ {
            name = substr($2, 1, length($2) - 1)
            size = substr($3, 2) * $4 * $5
            if (name == "y") { print "static float y_" clean(layer) "[" size "];"; next }
            from = $6 == "as" ? "y_" clean($7) : name ~ /^noise/ ? "draw_noise(" size ")" : name ~ /^factor/ ? "&psi" : "z"
            arguments = arguments from ", "
        }
        END {
            print "static void run_" library "(void)\n{"
            print "    void *memory = malloc(" library "_memory());"
            print "    if (" library "_init(memory, " library "_memory()) ||"
            print "        " library "_run(memory, " arguments "y_" clean(layer) "))"
            print "        exit(1);\n    free(memory);\n}"
        }' "$layers/$family/$1.h"
}

# whole FAMILY GENOTYPE WEIGHTS LAYER...: in their order, the last one gives the picture
whole() {
    family=$1 genotype=$2 weights=$3
    shift 3
    mkdir -p "$layers/$family"
    ends "aggen --embed" 0 "" ./aggen "$genotype" --weights "$weights" --embed all -o "$layers/$family"
    {
        cat tests/e2e/layers.h
        n=0
        for layer; do
            n=$((n + 1))
            echo "#include \"part$n.h\""
        done
    } > "$layers/$family/main.c"
    n=0 runs=
    for layer; do
        n=$((n + 1))
        ends "aggen --kernel $layer" 0 "" ./aggen "$genotype" --weights "$weights" --embed part$n --kernel "$layer" \
            -o "$layers/$family"
        call part$n "$layer" >> "$layers/$family/main.c"
        runs="$runs    run_part$n();\n"
    done
    # shellcheck disable=SC2059
    printf "int main(void)\n{\n    draw_latent(ALL_LATENT);\n$runs    return compare(y_%s);\n}\n" \
        "$(echo "$layer" | tr . _)" >> "$layers/$family/main.c"
    (cd "$layers/$family" && ls part*.c main.c | xargs -P 2 -n 1 gcc -O1 -fsanitize=address,undefined -c &&
        gcc -fsanitize=address,undefined -o whole ./*.o -lm) > "$work/gcc" 2>&1
    was=$?
    ok "$family: the layers compile: $(head -n 5 "$work/gcc")" $was
    "$layers/$family/whole" > "$work/whole"
    was=$?
    ok "$family: layers one after the other differ from the whole: $(cat "$work/whole")" $was
}

listed() { # GENOTYPE WEIGHTS: all layers, from what aggen says of one that is none
    ./aggen "$1" --weights "$2" --embed none --kernel none -o $layers/none 2>&1 | sed 's/.*there are //'
}

# what ends in a convolution, of which the picture's relu takes a sum
last=$e2e/last
mkdir -p $last
sed 's/\("cell2.skip0": "\)[a-z_0-9]*/\1deconv/' $base/run/genotype.json > $last/genotype.json
emit last $last/genotype.json
build last retrain
rm -rf $last/run
ends "weights of what ends in a convolution" 0 "" $last/retrain --run $last/run --seed 5 --iterations 1
genotype=$last/genotype.json weights=$last/run/ema.safetensors
# shellcheck disable=SC2046
whole residual $genotype $weights $(listed $genotype $weights)

weights_tool
"$weights_of" tests/golden/style_derived_g.in.safetensors "$work/bare" "$work/weights"
genotype=tests/golden/style_derived.json weights=$work/weights
# shellcheck disable=SC2046
whole stylegan2 $genotype "$weights" $(listed $genotype "$weights")

# a name that the library has use for itself
ends "a layer called sample" 0 "" ./aggen "$genotype" --weights "$weights" --embed sample --kernel b8.up -o $layers/names
gcc -std=c99 -Wall -Wextra -Wconversion -pedantic -Werror -fsyntax-only $layers/names/sample.c > "$work/gcc" 2>&1
was=$?
ok "a layer called sample: $(head -n 5 "$work/gcc")" $was

# what can't be
refused() { # WHAT MESSAGE WORD…
    what=$1 message=$2
    shift 2
    rm -rf $layers/refused
    ends "$what" 2 "$message" ./aggen "$@" -o $layers/refused
    [ ! -e $layers/refused ]
    ok "$what: something was written" $?
}
refused "a layer that is none" "no such layer; there are .*b8.up" $genotype --weights "$weights" --embed x --kernel b9.up
refused "--kernel by itself" "goes with --embed" $genotype --weights "$weights" --kernel b8.up
refused "--kernel without a layer" "wants a layer" $genotype --weights "$weights" --embed x --kernel=
finish
