#!/bin/sh
# Generators of the StyleGAN2 family: truncation, noise, mixtures, intermediate latents.
. "$(dirname "$0")/common.sh"
picture_tool
style=$e2e/style generate=$e2e/style/generate layers="b4.normal b8.up b8.normal b16.up b16.normal b16.rgb"
mkdir -p $style

# All layers take the same latent, so that --latents has a row of what the program draws anyway.
latents=$(for layer in $layers; do echo "\"$layer\": 5"; done | paste -s -d ,)
sed "s/\"latents\": {[^}]*}/\"latents\": {$latents}/" tests/golden/style_derived.json > $style/genotype.json
emit style $style/genotype.json
build style generate
weights_tool
ends "weights" 0 "" $weights_of tests/golden/style_derived_g.in.safetensors "$work/bare" "$work/weights"

draw() { # name, options…
    name=$1
    shift
    ends "generate $*" 0 "" $generate -o "$work/$name.png" --weights "$work/weights" --seed 5 "$@"
}
cell() { $picture cell "$work/$1.png" 16 "$2"; } # name, number
alike() { # name, number, name, number: the same but for rounding
    cell "$1" "$2" > "$work/a"
    cell "$3" "$4" > "$work/b"
    is "bytes of picture $2 of $1" "$(wc -c < "$work/a")" 768
    cmp -l "$work/a" "$work/b" | awk '
        function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
        { d = value($2) - value($3); if (d < -1 || d > 1) far = 1 } END { exit far }'
    ok "picture $2 of $1 and $4 of $3 differ" $?
}
differ() { # name, number, name, number
    cell "$1" "$2" > "$work/a"
    cell "$3" "$4" > "$work/b"
    cmp -l "$work/a" "$work/b" | awk 'END { exit NR < 100 }'
    ok "picture $2 of $1 and $4 of $3 are much the same" $?
}

# ---------------------------------------------------------------- pictures

draw plain -n 20 --threads 2
draw few -n 3 --threads 1
for i in 0 1 2; do
    cell plain $i > "$work/expected"
    cell few $i > "$work/cell"
    same "picture $i of 3 and of 20" "$work/cell" "$work/expected"
done
draw again -n 20 --threads 1
same "threads" "$work/plain.png" "$work/again.png"
differ plain 0 plain 1

draw psi -n 3 --psi 0.5
draw mean -n 3 --psi 0 --noise fixed
draw noisy -n 2 --psi=0
differ psi 0 plain 0
for i in 1 2; do alike mean 0 mean $i; done
alike noisy 0 mean 0
cell noisy 0 > "$work/a"
cell noisy 1 > "$work/b"
cmp -s "$work/a" "$work/b"
is "pictures of one latent and two noises: cmp" $? 1

draw fixed -n 2 --noise fixed
draw random -n 2 --noise random
draw none -n 2 --noise none
alike fixed 0 plain 0
for i in 0 1; do alike random $i plain $i; done
for pair in "fixed 1 plain 1" "none 0 plain 0"; do
    # shellcheck disable=SC2086
    set -- $pair
    cell "$1" "$2" > "$work/a"
    cell "$3" "$4" > "$work/b"
    cmp -s "$work/a" "$work/b"
    is "$pair: cmp" $? 1
done

# from any picture on; of many seeds, each with noise of its own
draw far -n 3 --first 4
for i in 0 1 2; do alike far $i plain $((4 + i)); done
draw far -n 2 --first 1 --noise fixed
alike far 0 fixed 1
draw six -n 4 --seed 6
draw six_fixed -n 4 --seed 6 --noise fixed
draw seeds --seed 5-6
draw later --seed 5-6 --first 3
draw seeds_fixed --seed 5-6 --first 3 --noise fixed
alike seeds 0 plain 0
alike seeds 1 six 0
alike later 0 plain 3
alike later 1 six 3
alike seeds_fixed 1 six_fixed 3
draw again --seed 5-6 --first 3 --threads 1
same "seeds, threads" "$work/later.png" "$work/again.png"

# ---------------------------------------------------------------- mixtures

# a grid of 4 columns: its corner, then the columns' pictures; below, each row's picture, then mixtures
draw mix --mix 3
draw mix4 --mix 3,4
same "the default layer is the middle one" "$work/mix.png" "$work/mix4.png"
for i in 1 2 3; do
    alike mix "$i" plain $((i - 1))
    alike mix $((4 * i)) plain $((i + 2))
done
for source in 1 4; do differ mix 5 mix $source; done
draw mix --mix 3 --threads 1
same "mixtures, threads" "$work/mix.png" "$work/mix4.png"
draw all --mix 2,1 --noise fixed # a grid of 3 columns
for row in 3 6; do
    alike all $((row + 1)) all 1
    alike all $((row + 2)) all 2
done
draw far --mix 2 --first 4 # its columns' pictures are 4 and 5, its rows' 6 and 7
draw all_from_7 --mix 1 --first 7
for i in 1 2; do
    alike far $i plain $((3 + i))
    alike far $((3 * i)) plain $((5 + i))
done
alike all_from_7 1 plain 7
differ far 4 plain 4
draw last --mix 2,6 --noise none
differ last 4 last 1
cell last 4 > "$work/a"
cell last 3 > "$work/b"
cmp -s "$work/a" "$work/b"
is "the last layer alone is mixed: cmp" $? 1

# ---------------------------------------------------------------- intermediate latents

draw latents --latents # 8 columns, 8 rows
is "bytes of picture 63" "$(cell latents 63 | wc -c)" 768
for i in 0 1 7; do
    alike latents $((32 + i)) plain "$i"
    differ latents "$i" plain "$i"
done
draw narrow --latents -n 3 --psi 1
for row in 0 4 7; do alike narrow $((3 * row + 2)) latents $((8 * row + 2)); done
draw far --latents -n 3 --first 2
for row in 0 4 7; do alike far $((3 * row + 1)) latents $((8 * row + 3)); done

# ---------------------------------------------------------------- walks

# its noise is that of picture 0 all along, so that stations are pictures with fixed noise
walk() { # name, options…
    name=$1
    shift
    ends "a walk $*" 0 "" $generate -n 2 --interpolate 3 -o - --weights "$work/weights" --seed 5 "$@"
    mv "$work/stdout" "$work/$name"
}
frame() { tail -c +$((768 * $2 + 1)) "$work/$1" | head -c 768; } # name, number
walk walk
walk again --threads 1 --noise fixed
same "a walk, threads" "$work/walk" "$work/again"
walk none --noise none
for pair in "walk fixed" "none none"; do
    for i in 0 1; do
        frame "${pair% *}" $((3 * i)) > "$work/a"
        cell "${pair#* }" $i > "$work/b"
        same "station $i of $pair" "$work/a" "$work/b"
    done
done
walk later --first 1 # the noise is that of picture 0 still
draw fixed -n 3 --noise fixed
for i in 0 1; do
    frame later $((3 * i)) > "$work/a"
    cell fixed $((1 + i)) > "$work/b"
    same "station $i of a walk from 1 on" "$work/a" "$work/b"
done
for option in "--mix 2" --latents; do
    # shellcheck disable=SC2086
    ends "$option of many seeds" 2 "--seed A-B and ${option% *}" $generate $option --seed 1-2
done
ends "mixtures too far" 2 "--first 4294967290: 8 pictures" $generate --mix 4 --first 4294967290
ends "latents too far" 2 "--first 4294967290: 8 pictures" $generate --latents --first 4294967290
ends "a walk with noise for each" 2 "--interpolate.*--noise random" $generate --interpolate 3 -o - --noise random
ends "a walk of mixtures" 2 "--interpolate.*--mix" $generate --interpolate 3 -o - --mix 2
ends "a walk of latents" 2 "--interpolate.*--latents" $generate --interpolate 3 -o - --latents
ends "mixtures one by one" 2 "--mix.*grid" $generate --mix 2 -o -
ends "latents one by one" 2 "--latents.*grid" $generate --latents -o "$work"
ends "--info" 0 "" $generate --info
says "--info" "^family  *stylegan2$" "$work/stdout"
says "--info" "^  b8.up  *nearest_conv  *latent 5$" "$work/stdout"
says "--info" "^  b16.rgb  *to RGB  *latent 5$" "$work/stdout"

# ---------------------------------------------------------------- errors

for word in half 0x1 nan 1e9 "" " 1"; do ends "psi '$word'" 2 "--psi.*number.*\"$word\"" $generate --psi "$word"; done
for word in 0 2, ,2 2,0 2,3,4 -2; do ends "mix '$word'" 2 "--mix.*\"$word\"" $generate --mix "$word"; done
ends "a layer too many" 2 "--mix 2,7.*1 to 6" $generate --mix 2,7
ends "unknown noise" 2 "--noise.*random|fixed|none.*\"rand\"" $generate --noise rand
ends "mixtures and latents" 2 "--mix.*--latents" $generate --latents --mix 2
ends "mixtures and a number" 2 "--mix.*--number" $generate --mix 2 -n 4
ends "no weights" 2 "nowhere" $generate --weights nowhere
ends "no means" 2 "bare.*g.map.w_avg.*--psi" $generate --psi 0.7 --weights "$work/bare"
ends "no means, no truncation" 0 "" $generate -n 2 -o "$work/bare.png" --seed 5 --weights "$work/bare"
for i in 0 1; do alike bare $i plain $i; done
ends "help" 0 "" $generate --help
for line in "--psi P .*(1)" "--noise .*(random)" "--mix N\[,M\]" "--latents"; do says "help" "$line" "$work/stdout"; done
ends "--bench" 0 "" $generate --bench 1 --json
says "--bench: the phase that draws" '"phases": {"sample": {"ms"' "$work/stdout"
finish
