#!/bin/sh
# Generators that carry their weights.
. "$(dirname "$0")/common.sh"
picture_tool
ema=$base/run/retrain/ema.safetensors
genotype=$base/run/genotype.json

# carries FOLDER [words]: emits a generator that carries the weights, builds it, and takes away what it was made from
carries() {
    folder=$e2e/carried/$1
    shift
    rm -rf "$folder"
    ends "aggen --weights $*" 0 "" ./aggen $genotype -o "$folder" --weights $ema "$@"
    cp "$work/stdout" "$work/said"
    make -s -j2 -C "$folder" -f generate.mk CFLAGS=$level > "$work/make" 2>&1
    was=$?
    ok "make generate that carries its weights: $(head -n 5 "$work/make")" $was
    mkdir -p "$folder.alone"
    mv "$folder/generate" "$folder.alone"
}

# near WHAT A B LEVELS: pictures 0 and 6 differ by no more than so many grey levels
near() {
    for i in 0 6; do
        $picture cell "$2" 16 $i > "$work/a" && $picture cell "$3" 16 $i > "$work/b"
        is "$1: bytes of picture $i" "$(wc -c < "$work/a") $(wc -c < "$work/b")" "768 768"
        cmp -l "$work/a" "$work/b" | awk -v most="$4" '
            function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
            { d = value($2) - value($3); if (d < -most || d > most) far = 1 } END { exit far }'
        ok "$1: picture $i" $?
    done
}

ends "generate from a file" 0 "" $base/generate -n 7 --seed 5 -o "$work/file.png" --weights $ema
carries fp32
ldd $e2e/carried/fp32.alone/generate > "$work/ldd" 2>&1
grep -q 'not a dynamic executable\|statically linked' "$work/ldd"
ok "a generator that carries its weights is static" $?
ends "a generator with no file beside it" 0 "" \
    sh -c 'mv "$1" "$2" && cd "$2" && ./generate -n 7 --seed 5 -o carried.png' sh $e2e/carried/fp32.alone/generate "$work"
near "weights from a file and from within" "$work/file.png" "$work/carried.png" 1
# every width of vectors that the machine has, from the same file
for width in avx512 avx2 sse2; do
    ends "generate, $width at the most" 0 "" env AG_WIDTH=$width "$work/generate" -n 7 --seed 5 -o "$work/$width.png"
    near "$width at the most" "$work/carried.png" "$work/$width.png" 1
done

AG_WIDTH=mmx "$work/generate" -n 1 -o "$work/mmx.png" > "$work/stdout" 2> "$work/stderr"
is "a width that is none: status" $? 0
says "a width that is none" "mmx is none of" "$work/stderr"

# what another machine would need can be left out
rm -rf $e2e/carried/narrow
ends "aggen" 0 "" ./aggen $genotype -o $e2e/carried/narrow --weights $ema
make -s -j2 -C $e2e/carried/narrow -f generate.mk CFLAGS=$level WIDTHS=sse2 > "$work/make" 2>&1
was=$?
ok "make generate of one width: $(head -n 5 "$work/make")" $was
ends "generate of one width" 0 "" $e2e/carried/narrow/generate -n 7 --seed 5 -o "$work/narrow.png"
same "sse2 of three and alone" "$work/sse2.png" "$work/narrow.png"

# two bytes each: aggen says how far they are off, and pictures are near
for type in bf16 fp16; do
    most=0.004 # half of the last of 8 bits, or of 11, to the first
    if [ $type = fp16 ]; then most=0.0005; fi
    carries $type --weights-type $type
    error="relative error [0-9.e-]* (root mean square); furthest off is [-0-9.e]* as [-0-9.e]*, a relative error of"
    says "$type: aggen says the error" "^weights in two bytes each: $error [0-9.e-]*\$" "$work/said"
    awk -v most=$most '/furthest off/ { off = ($15 - $17) / $15; if (off < 0) off = -off; if (off > 0 && off <= most &&
        $NF / off > 0.9 && $NF / off < 1.1) right = 1 } END { exit !right }' "$work/said"
    ok "$type: the error of the number that is furthest off: $(cat "$work/said")" $?
    ends "generate, $type" 0 "" $e2e/carried/$type.alone/generate -n 7 --seed 5 -o "$work/$type.png"
    near "pictures by $type" "$work/file.png" "$work/$type.png" 8
    is "bytes of $type" "$(wc -c < $e2e/carried/$type/generate_weights.bin)" \
        $(($(wc -c < $e2e/carried/fp32/generate_weights.bin) / 2))
done

# an end while weights are prepared leaves nothing behind
mkdir -p "$work/tmp"
for delay in 0.02 0.05 0.1 0.2 0.4; do
    TMPDIR="$work/tmp" ./aggen $genotype -o $e2e/carried/ended --weights $ema > "$work/stdout" 2>&1 &
    sleep $delay
    kill -TERM $! 2> "$work/stderr"
    wait $!
    is "left after $delay s" "$(ls "$work/tmp")" ""
done

# a generator emitted again without them reads a file again
ends "aggen" 0 "" ./aggen $genotype -o $e2e/carried/fp32
is "weights that are left" "$(ls $e2e/carried/fp32 | grep -c 'generate_w')" 0

# nothing is written for weights that don't fit
refused() { # what, message, words
    what=$1 message=$2
    shift 2
    rm -rf $e2e/carried/refused
    ends "$what" 2 "$message" ./aggen "$@" -o $e2e/carried/refused
    [ ! -e $e2e/carried/refused ]
    ok "$what: nothing is written" $?
}
head -c 3000 $ema > "$work/cut.safetensors"
printf garbage > "$work/garbage.safetensors"
# spoiled NAME TENSOR BYTES: the weights with another first number in the first tensor of that kind
header=$(od -A n -t u8 -N 8 $ema | tr -d ' ')
spoiled() {
    at=$(tail -c +9 $ema | head -c "$header" | sed 's/.*'"$2"'": *{[^}]*"data_offsets": *\[\([0-9]*\),.*/\1/')
    [ -f "$work/$1.safetensors" ] || unsum < $ema > "$work/$1.safetensors"
    # shellcheck disable=SC2059
    printf "$3" | dd of="$work/$1.safetensors" bs=1 seek=$((8 + header + at)) conv=notrunc 2> "$work/dd"
}
spoiled negative running_var '\0\0\200\277'
refused "a variance below 0" "running_var.*negative" $genotype --weights "$work/negative.safetensors"
refused "a variance below 0 for a GPU" "running_var.*negative" $genotype --weights "$work/negative.safetensors" --target cuda
spoiled large 'cell1[^"]*running_mean' '\377\377\177\177'
spoiled large 'cell1[^"]*running_var' '\0\0\0\0'
refused "a mean that is too large for what it is folded with" "infinite or NaN" $genotype --weights "$work/large.safetensors"
refused "no such weights" "no such file" $genotype --weights "$work/none.safetensors"
refused "cut weights" "cut.safetensors" $genotype --weights "$work/cut.safetensors"
refused "no weights at all" "garbage.safetensors" $genotype --weights "$work/garbage.safetensors"
refused "weights of another architecture" "another architecture" spaces/genotypes/alphagan_s.json --weights $ema
refused "a checkpoint" "checkpoint" $genotype --weights $base/run/retrain/checkpoint.safetensors
refused "weights for a space" "search space" $tiny --weights $ema
refused "an unknown type" "fp32, bf16 or fp16" $genotype --weights $ema --weights-type int8
refused "a type of nothing" "goes with --weights" $genotype --weights-type bf16
spoiled wide 'g.fc.bias' '\0\310\257\107'
refused "a weight that fp16 hasn't" "90000 .* more than --weights-type fp16 holds" $genotype --weights "$work/wide.safetensors" \
    --weights-type fp16
for name in generator generate retrain_phases ag; do
    ends "a library named $name" 2 "$name: .*another" ./aggen $genotype --weights $ema --embed $name -o $e2e/carried/bf16
done
for time in first second; do
    ends "a library, the $time time" 0 "" ./aggen $genotype --weights $ema --embed generator -o $e2e/carried/refused
done
make -C $e2e/carried/bf16 -f generate.mk WIDTHS="avx2 avx9" > "$work/stdout" 2> "$work/stderr"
is "an unknown width: status" $? 2
says "an unknown width" "WIDTHS: avx9 is none of" "$work/stderr"
finish
