#!/bin/sh
# The choice of kernels, and what is printed of graphs and plans on their way.
# shellcheck source=tests/e2e/common.sh
. "$(dirname "$0")/common.sh"
folder=$e2e/kernels
rm -rf $folder
derived=tests/golden/style_derived.json

# --dump: every pass and stage, for both targets; which programs have it
ends "a pass that there is not" 2 "--dump wants merge, .*, select, .* or memory" ./aggen info $tiny --dump nonsense
passes=$(sed -n 's/.*--dump wants \(.*\): nonsense.*/\1/p' "$work/stderr" | sed 's/, / /g; s/ or / /')
is "how many passes and stages there are" "$(echo "$passes" | wc -w)" 14
for pass in $passes; do
    for target in cpu cuda; do
        ends "--dump $pass --target $target" 0 "" ./aggen info $derived --dump "$pass" --target $target
        case $pass,$target in
        to_col2im,cuda | split,cuda) is "$pass is not for $target: lines" "$(wc -l < "$work/stdout")" 0 ;;
        *) says "$pass, $target: which program, phase and pass" "^generate, phase sample, after $pass\$" "$work/stdout" ;;
        esac
    done
done
ends "--dump differentiate" 0 "" ./aggen info $tiny --dump differentiate
says "a search's phases" "^search, phase arch, after differentiate\$" "$work/stdout"
ends "--dump merge, not merged" 0 "" ./aggen info $tiny --dump merge --no-merge
is "nothing is merged: lines" "$(wc -l < "$work/stdout")" 0

# select: what is taken, and why its rivals are not
ends "--dump select" 0 "" ./aggen info $derived --dump select
says "a convolution's kernel" 'conv  *conv_tiles  *b4.normal' "$work/stdout"
says "why not another: it can't" 'not conv_narrow: more than 4 output channels' "$work/stdout"
says "why not another: it is slow" 'not conv_plain: 1[0-9.]* times the work' "$work/stdout"
says "a picture's kernel" 'conv  *conv_narrow  *b4.rgb' "$work/stdout"

# kernels=NAME: taken where it can be, and correct
ends "a kernel that there is not" 2 'kernels: the target cpu has no kernel "conv_fast"; it has conv_narrow, conv_tiles' \
    ./aggen $tiny --set kernels=conv_fast -o $folder/none
[ ! -e $folder/none ]
ok "nothing is written" $?
ends "a kernel of the other target" 2 'the target cuda has no kernel "conv_tiles"' \
    ./aggen $tiny --set kernels=conv_tiles --target cuda -o $folder/none
ends "no name" 2 'kernels: must be a string of 1 to 63 characters' ./aggen $tiny --set 'kernels=""'
for space in $tiny $derived; do
    ends "aggen check with conv_plain: $space" 0 "" ./aggen check "$space" --set kernels=conv_plain
done
ends "conv_plain" 0 "" ./aggen $tiny --set kernels=conv_plain -o $folder/plain
ends "without" 0 "" ./aggen $tiny -o $folder/tiles
tiled() { cat $folder/"$1"/search_kernels?.c | grep -c '^void tile_'; }
[ "$(tiled plain)" -lt "$(tiled tiles)" ]
ok "it takes the place of tiles: $(tiled plain), $(tiled tiles)" $?
says "the program says so" 'kernels.*conv_plain' $folder/plain/search_phases.c

# kernels=NAME where nothing is to be computed by it
ends "conv_border" 0 "" ./aggen $tiny --set kernels=conv_border -o $folder/border
is "nothing takes it" "$(cat "$work/stderr")" \
    "aggen: kernels: conv_border computes nothing in search; aggen info FILE --dump select says why"
ends "conv_plain again" 0 "" ./aggen $tiny --set kernels=conv_plain -o $folder/plain
is "something takes it" "$(cat "$work/stderr")" ""

# a depthwise convolution that is made on the way, unless its own kernel is asked for
fronts() {
    ./aggen info spaces/shapes_small.json --target cuda "$@" --dump fuse > "$work/fuse"
    grep -c 'makes [0-9]* on the way' "$work/fuse"
}
[ "$(fronts)" -gt 0 ]
ok "fronts" $?
is "fronts, their own kernel asked for" "$(fronts --set kernels=depthwise)" 0

# templates with faults, in a copy
mkdir -p $folder/home
cp -r templates runtime $folder/home
template=templates/cpu/conv_plain.c
# wrong_template WHAT LINE: with conv_plain's template as it is now
wrong_template() {
    ends "$1" 1 "^aggen: .*$2" env AGGEN_HOME=$folder/home ./aggen $tiny --set kernels=conv_plain -o $folder/wrong
}
sed '/AG_TEMPLATE/d' $template > $folder/home/$template
wrong_template "a template without its mark" "$template lacks the line /\* AG_TEMPLATE \*/"
sed 's/\*at = r;/*at = AG_GAIN * r; \/* AG_OTHER *\//' $template > $folder/home/$template
wrong_template "a token that nothing replaces" "$template: nothing replaces its token AG_GAIN\$"
sed 's/\*at = r;/*at = r; \/* AG_OTHER *\//' $template > $folder/home/$template
ends "a token in a comment" 0 "" env AGGEN_HOME=$folder/home ./aggen $tiny --set kernels=conv_plain -o $folder/wrong
rm $folder/home/$template
wrong_template "no template" "$template: No such file"
finish
