#!/bin/sh
# aggen check: a space's operators, their gradients and merging; spaces pass, aggens with an error planted don't.
# shellcheck source=tests/e2e/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/tools/gen.sh
. tests/tools/gen.sh
planted=$e2e/check
rm -rf $planted
mkdir -p $planted

# passes FILE: every line is well, and the last one counts them
passes() {
    ends "aggen check $1" 0 "" ./aggen check "$@"
    is "aggen check $1: lines that are not ok" "$(grep -vc -e ' ok$' -e '^phase ' -e ' passed, 0 failed$' "$work/stdout")" 0
    is "aggen check $1: the sum" "$(tail -n 1 "$work/stdout")" "$(grep -c ' ok$' "$work/stdout") passed, 0 failed"
}
passes $tiny
for what in 'merged against unmerged' 'one thread and two' 'gradient in deconv' 'gradient in conv_5x5' \
    'gradient in sep_conv_3x3' 'gradient in d.fc' 'gradient in alpha'; do
    says "aggen check: $what" "$what" "$work/stdout"
done
passes tests/e2e/tiny_style.json
for what in 'gradient in affine' 'gradient in bilinear_conv' 'gradient in noise_strength' 'gradient in g.map'; do
    says "aggen check: $what" "$what" "$work/stdout"
done

# the objects of today's files, not those of files that an older build has left
run_objects=
for file in gen/run/*.c runtime/*.c runtime/cuda/*.c; do
    [ $file = gen/run/none.c ] || run_objects="$run_objects $(echo build/run-*/"${file%.c}.o")"
done

# finds WHAT FILE SED LINE SPACE…: an aggen of which a file is changed like that says FAILED in such a line; the space
# has few candidates, since it then tries each alone
finds() {
    sed "$3" "gen/$2.c" > "$planted/changed.c"
    cmp -s "gen/$2.c" "$planted/changed.c"
    is "$1: the change is made: cmp" $? 1
    others=$(echo "$gen_objects" | tr ' ' '\n' | grep -v "/gen/$2.o")
    # shellcheck disable=SC2086
    gcc -std=c11 -O1 $gen_includes -c -o "$planted/changed.o" "$planted/changed.c" > "$work/gcc" 2>&1 &&
        gcc -o "$planted/aggen" "$planted/changed.o" build/gen/main.o build/gen/commands.o $others \
            $run_objects -ltcc -lpng -ljpeg -lz -lm -lpthread -ldl >> "$work/gcc" 2>&1
    was=$?
    ok "an aggen with a planted error: $(head -n 5 "$work/gcc")" $was
    what=$1 line=$4
    shift 4
    AGGEN_HOME=$PWD "$planted/aggen" check "$@" > "$work/stdout" 2> "$work/stderr"
    is "$what: exit status ($(cat "$work/stderr"))" $? 1
    says "$what" "$line.*FAILED" "$work/stdout"
    is "$what: candidates tried alone" "$(grep -c ' alone, with ' "$work/stdout")" 3
}
dw='grad_add(g, w, g_depthwise_dw(g, x, gy, (int)graph_get(g, n).k), sum)'
scaled='grad_add(g, w, g_scale(g, g_depthwise_dw(g, x, gy, (int)graph_get(g, n).k), 1.001), sum)'
finds "a wrong gradient of depthwise weights" graph/op_grads "s/$dw/$scaled/" 'gradient in sep_conv_3x3' \
    $tiny --set 'generator.normal=["conv_1x1","sep_conv_3x3"]' --set 'generator.up=["deconv"]'
says "the one at fault, alone" '^sep_conv_3x3 .* [1-9][0-9]* failed' "$work/stdout"
says "the one that is not, alone" '^conv_1x1 .* 0 failed' "$work/stdout"
finds "a merge that forgets biases" pass/merge 's/if (t\[i\].b >= 0) b = g_plus/if (0) b = g_plus/' 'merged against unmerged' \
    $tiny --set 'generator.normal=["conv_1x1","conv_3x3"]' --set 'generator.up=["deconv"]'

ends "aggen check of nothing" 2 "no file given" ./aggen check
ends "aggen check of no space" 2 "no_such" ./aggen check no_such.json
ends "aggen check -o" 2 "-o goes with" ./aggen check $tiny -o $planted
ends "aggen check for a GPU" 2 "computes on the CPU" ./aggen check $tiny --target cuda
finish
