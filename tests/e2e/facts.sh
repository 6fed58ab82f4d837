#!/bin/sh
# The paper's numbers of both spaces, as aggen info counts them, and its settings, as programs are given them.
. "$(dirname "$0")/common.sh"

number() { # json, key (GROUP.KEY)
    case $2 in
    *.*) echo "$1" | grep -o "\"${2%.*}\": {[^}]*" | grep -o "\"${2#*.}\": [0-9]*" | head -n 1 | grep -o '[0-9]*$' ;;
    *) echo "$1" | grep -o "\"$2\": [0-9]*" | head -n 1 | grep -o '[0-9]*$' ;;
    esac
}
info() { # file [aggen's words]: leaves $info
    info=$(./aggen info "$@" --json 2>&1)
    ok "aggen info $*: $info" $?
}
# near WHAT NUMBER EXPECTED SHARE
near() {
    awk -v a="$2" -v b="$3" -v share="$4" 'BEGIN { d = a - b; exit !(a != "" && (d < 0 ? -d : d) <= share * b) }'
    ok "$1: $2, expected $3" $?
}

info spaces/alphagan_cifar10.json
is "architectures" "$(number "$info" space_size)" 198359290368
is "discriminator of the space" "$(number "$info" params.discriminator)" 1053824
info spaces/alphagan_stl10.json
is "architectures, STL-10" "$(number "$info" space_size)" 198359290368

# derived NAME PARAMETERS PARAMETERS-AT-48 GMAC GMAC-BY-THE-PAPER
derived() {
    info spaces/genotypes/"$1".json
    is "$1: architectures" "$(number "$info" space_size)" 1
    is "$1: generator" "$(number "$info" params.generator)" "$2"
    is "$1: discriminator" "$(number "$info" params.discriminator)" 1053824
    is "$1: GMAC" "$(number "$info" macs.generator | awk '{ printf "%.3f", $1 / 1e9 }')" "$4"
    is "$1: GMAC, the paper's" "$(number "$info" macs_thop | awk '{ printf "%.2f", $1 / 1e9 }')" "$5"
    info spaces/genotypes/"$1".json --set image.size=48 --set generator.base=6
    is "$1 at 48: generator" "$(number "$info" params.generator)" "$3"
    is "$1 at 48: discriminator" "$(number "$info" params.discriminator)" 1053824
}
derived alphagan_s 2952707 3613187 0.745 1.31
derived alphagan_l 8618499 9278979 2.718 2.78

# Work of a phase at two sizes, to some percent
info spaces/g32.json
near "g32: GFLOP of d" "$(number "$info" d.flop)" 33e9 0.03
near "g32: GFLOP of g" "$(number "$info" g.flop)" 63e9 0.03
near "g32: GFLOP of arch" "$(number "$info" arch.flop)" 84e9 0.03
info spaces/g64.json
near "g64: GFLOP of d" "$(number "$info" d.flop)" 125e9 0.03
near "g64: GFLOP of g" "$(number "$info" g.flop)" 235e9 0.03
near "g64: GFLOP of arch" "$(number "$info" arch.flop)" 316e9 0.03

# holds WHAT TEXT PHASES-FILE: the spec that a program carries has that text
holds() {
    sed 's/^ *"\(.*\)",*$/\1/; s/\\"/"/g' "$e2e/facts/$3" | tr -d '\n' > "$work/spec"
    grep -q -e "$2" "$work/spec"
    ok "$1: $2 is missing in $3" $?
}
# given FILE NAME VALUE: an emitted program has that constant
given() {
    says "$1: $2" "\b$2 = $3\( \|,\|;\|\$\)" "$e2e/facts/$1"
}
emit facts spaces/alphagan_cifar10.json
for setting in 'K 100' 'T 20' 'R 20' 'S 20' 'BATCH 64' 'CRITIC_STEPS 1' 'BAR_UPDATES 0' 'ARCH_BOTH 0' 'split 0.5' \
    'WARMUP 0' 'GUMBEL_TAU 0' 'BAR_DECAY_AFTER 0'; do
    given search.c "${setting% *}" "${setting#* }"
done
given search.c weight_rates '{0.0002, 0, 0.999, 0}'
given search.c arch_rates '{0.0003, 0.5, 0.999, 0.001}'
says "latent" '\.latent = 128,' $e2e/facts/search_phases.c
says "G's channels" '{"g.cell1.up0.deconv.weight", 4, {256, 256, 2, 2}' $e2e/facts/search_phases.c
says "D's channels" '{"d.block4.c2.weight", 4, {128, 128, 3, 3}' $e2e/facts/search_phases.c
says "alpha's first values" '"alpha.cell1.up0", .*, 0, 0.001}' $e2e/facts/search_phases.c
emit facts spaces/genotypes/alphagan_l.json
for setting in 'ITERATIONS 50000' 'BATCH_G 128' 'BATCH_D 64' 'CRITIC_STEPS 5' 'LINEAR_DECAY 0' 'EMA 0.999'; do
    given retrain.c "${setting% *}" "${setting#* }"
done
given retrain.c rates '{0.0002, 0, 0.9, 0}'
holds "alphaGAN(l) searches longer" '"weight_steps": 390, "bar_steps": 390, "arch_steps": 20' retrain_phases.c
emit facts spaces/alphagan_stl10.json --set search.weight_steps=1
holds "STL-10's retraining" '"channels": \[256, 128\]' search_phases.c
holds "STL-10's retraining" '"iterations": 80000' search_phases.c
holds "STL-10's retraining" '"betas": \[0.5, 0.9\]' search_phases.c

# StyleGAN2: architectures of each paradigm at each size
while read -r space size count; do
    info spaces/stylegan2_"$space".json --set image.size="$size"
    is "$space at $size: architectures" "$(number "$info" space_size)" "$count"
done <<'END'
micro 128 9
micro 1024 9
micro_dynamic 128 618475290624
micro_dynamic 256 39582418599936
micro_dynamic 1024 162129586585337856
macro 128 177147
macro 256 1594323
macro 1024 129140163
macro_dynamic 128 12173449145352192
macro_dynamic 256 7011906707722862592
macro_dynamic 1024 2326382359861460459323392
END

# Parameters, whatever the up operation
style() { # FILE SIZE PARAMETERS [aggen's words]
    file=$1 size=$2 parameters=$3
    shift 3
    info spaces/genotypes/stylegan2_"$file".json --set image.size="$size" "$@"
    is "$file at $size: generator" "$(number "$info" params.generator)" "$parameters"
}
style celeba128 128 29328669
style celeba128 256 30034338
style celeba128 1024 30370060
for up in deconv bilinear_conv; do
    style celeba128 128 29328669 --set ops.b8.up=$up --set ops.b128.up=$up
done
style church256 256 52316578
style ffhq1024 1024 52734220
style ffhq1024_micro 1024 52734220
style ffhq1024_macro 1024 31680780

# GMAC a picture, 31 to 55 by the up operation
info spaces/genotypes/stylegan2_celeba128.json
is "3x3 and nearest_conv: GMAC" "$(number "$info" macs.generator | awk '{ printf "%.0f", $1 / 1e9 }')" 55
deconv=$(for r in 8 16 32 64 128; do printf ' --set ops.b%d.up=deconv' $r; done)
# shellcheck disable=SC2086
info spaces/genotypes/stylegan2_celeba128.json $deconv
is "3x3 and deconv: GMAC" "$(number "$info" macs.generator | awk '{ printf "%.0f", $1 / 1e9 }')" 31

# Work of a phase, and memory where it is largest
info spaces/stylegan2_micro_dynamic.json
near "stylegan2: GFLOP of d" "$(number "$info" d.flop)" 18e9 0.03
near "stylegan2: GFLOP of g" "$(number "$info" g.flop)" 22e9 0.03
near "stylegan2: GFLOP of arch" "$(number "$info" arch.flop)" 34e9 0.03
info spaces/stylegan2_micro_dynamic.json --set image.size=1024
ok "a search at 1024 fits 12 GiB" $(($(number "$info" memory.arena) > 12 << 30))

emit facts spaces/stylegan2_micro.json
for setting in 'K 500' 'T 20' 'S 20' 'R 5' 'BATCH 2' 'CRITIC_STEPS 1' 'BAR_UPDATES 0'; do
    given search.c "${setting% *}" "${setting#* }"
done
given search.c weight_rates '{0.0002, 0, 0.999, 0}'
says "channels at 128, 64 and 4" '"g.b128.normal.conv_5x5.weight", 4, {32, 32, 5, 5}' $e2e/facts/search_phases.c
says "channels at 128, 64 and 4" '"g.b64.normal.conv_5x5.weight", 4, {64, 64, 5, 5}' $e2e/facts/search_phases.c
says "channels at 128, 64 and 4" '"g.const", 3, {64, 4, 4' $e2e/facts/search_phases.c
finish
