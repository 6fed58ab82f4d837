#!/bin/sh
# Pictures one by one: into folders, through pipes, along walks; and what a generator tells of itself.
. "$(dirname "$0")/common.sh"
retrained
picture_tool
generate=$base/generate
weights=$base/run/retrain/ema.safetensors
from="--weights $weights --seed 5"

cell() { $picture cell "$work/$1.png" 16 "$2"; }                  # grid, number
frame() { tail -c +$((768 * $2 + 1)) "$work/$1" | head -c 768; } # raw frames, number

# ---------------------------------------------------------------- single pictures

# shellcheck disable=SC2086
{
    ends "a grid" 0 "" $generate -n 70 -o "$work/grid.png" $from
    ends "raw frames" 0 "" $generate -n 70 -o - $from
    mv "$work/stdout" "$work/raw"
    ends "a new folder" 0 "" $generate -n 70 -o "$work/new/folder/" $from
    mkdir "$work/old"
    echo old > "$work/old/000001.png"
    ends "a folder that is there" 0 "" $generate -n 3 -o "$work/old" $from --threads 1
}
is "pictures in a folder" "$(ls -a "$work/new/folder" | grep -c '^0000[0-6][0-9].png$')" 70
is "what else is in it" "$(ls -a "$work/new/folder" | grep -vc png)" 2
is "bytes of raw frames" "$(wc -c < "$work/raw")" $((70 * 768))
for i in 0 1 63 64 69; do
    cell grid $i > "$work/expected"
    frame raw $i > "$work/frame"
    same "raw frame $i" "$work/frame" "$work/expected"
    $picture cell "$work/new/folder/0000$(printf %02d $i).png" 16 0 > "$work/frame"
    same "picture $i in a folder" "$work/frame" "$work/expected"
done
is "pictures in an old folder" "$(ls -a "$work/old" | tr '\n' ' ')" ". .. 000000.png 000001.png 000002.png "
for i in 0 1 2; do same "picture $i in an old folder" "$work/old/00000$i.png" "$work/new/folder/00000$i.png"; done

# a picture is the same however many are drawn, by however many threads
for n in 1 3 16; do
    for threads in 1 2 5; do
        # shellcheck disable=SC2086
        ends "$n raw frames by $threads threads" 0 "" $generate -n $n -o - $from --threads $threads
        head -c $((n * 768)) "$work/raw" > "$work/expected"
        same "$n raw frames by $threads threads" "$work/stdout" "$work/expected"
    done
done

# of a wide network too, whose first layers take several pictures at a time, and whose last ones each alone
wide=$e2e/wide
emit wide $base/run/genotype.json --set generator.channels=80 --set retrain.batch_g=2 --set retrain.batch_d=2
build wide retrain
build wide generate
sed '/for (these.first/,$d' $wide/generate_phases.c | sed '/sample_many/,$!d' > "$work/together"
sed '/for (these.first/,$!d' $wide/generate_phases.c | sed '/^}/,$d' > "$work/alone"
says "several pictures at a time" 'images\()\|, share)\)\|ag_parallel_forward(' "$work/together"
says "each picture alone" 'ag_parallel_forward(' "$work/alone"
# of each convolution but the last: does it fetch the weights of the next one?
ahead='/^ *(conv|deconv)[0-9].*, share/ {
    split($0, argument, ", ")
    right += calls++ && fetched == argument[2]
    fetched = match($0, /struct ahead\)\{/) ? substr($0, RSTART + RLENGTH) : ""
    sub(/,.*/, "", fetched)
}
END { print (calls > 3 ? calls - 1 - right : "too few calls") }'
is "convolutions that fetch other weights than the next one's" "$(awk "$ahead" $wide/generate_phases.c)" 0
rm -rf $wide/run
ends "weights of a wide network" 0 "" $wide/retrain --run $wide/run --seed 5 --iterations 1
draw_wide() { ends "$1 wide pictures by $2 threads" 0 "" $wide/generate -n $1 -o - --weights $wide/run/ema.safetensors --threads $2; }
for i in 1 2 3 4 5 6 7 8 9 10 11; do
    draw_wide $i 1
    tail -c 768 "$work/stdout" >> "$work/one"
done
for threads in 1 2 3; do
    draw_wide 11 $threads
    same "11 wide pictures by $threads threads" "$work/stdout" "$work/one"
done

# a reader that has had enough ends it without a word; pictures that are not drawn take no memory
# shellcheck disable=SC2086
(
    ulimit -v 400000
    $generate -n 1000000 -o - $from 2> "$work/stderr"
    echo $? > "$work/status"
) | head -c $((20 * 768)) > "$work/head"
is "a closed pipe: status" "$(cat "$work/status")" 1
is "a closed pipe: what it says" "$(cat "$work/stderr")" ""
head -c $((20 * 768)) "$work/raw" > "$work/expected"
same "the first of a million" "$work/head" "$work/expected"
# shellcheck disable=SC2086
(ulimit -f 20 && exec $generate -n 70 -o - $from) > "$work/full" 2> "$work/stderr"
is "a full disk: status" $? 1
says "a full disk" "-o -: cannot write: " "$work/stderr"

# ---------------------------------------------------------------- walks

# shellcheck disable=SC2086
walk() { # name, options…
    name=$1
    shift
    ends "a walk $*" 0 "" $generate --interpolate 4 -o - $from "$@"
    mv "$work/stdout" "$work/$name"
}
walk walk -n 20 --threads 2
walk again -n 20 --threads 1
same "a walk, threads" "$work/walk" "$work/again"
is "bytes of a walk" "$(wc -c < "$work/walk")" $((80 * 768))
for i in 0 1 7 19; do
    frame walk $((4 * i)) > "$work/frame"
    cell grid $i > "$work/expected"
    same "station $i of a walk" "$work/frame" "$work/expected"
done
walk two -n 2
# from picture 0 to 1 and back by the same way, and no two frames on it alike
for pair in "1 7" "2 6" "3 5"; do
    frame two "${pair% *}" > "$work/there"
    frame two "${pair#* }" > "$work/back"
    cmp -l "$work/there" "$work/back" | awk '
        function value(octal) { return octal % 10 + int(octal / 10) % 10 * 8 + int(octal / 100) * 64 }
        { d = value($2) - value($3); if (d < -1 || d > 1) far = 1 } END { exit far }'
    ok "frames $pair of a walk of two differ" $?
done
is "frames that differ" "$(for i in 0 1 2 3 4; do frame two $i | cksum; done | sort -u | wc -l)" 5
# shellcheck disable=SC2086
ends "a walk into a folder" 0 "" $generate -n 2 --interpolate 4 -o "$work/walk.d/" $from
is "its frames" "$(ls "$work/walk.d" | wc -l)" 8
$picture cell "$work/walk.d/000003.png" 16 0 > "$work/frame"
frame two 3 > "$work/expected"
same "frame 3 in a folder" "$work/frame" "$work/expected"

# ---------------------------------------------------------------- --info

info() { # what, program
    ends "$1 --info" 0 "" "$2" --info
    mv "$work/stdout" "$work/info"
}
info "a generator" $generate
for line in "name  *tiny" "family  *residual" "images  *16 x 16, 3 channels" "latent  *8" "parameters  *[1-9][0-9]*" \
    "weights  *from .*/ema.safetensors" 'found  *{"seed": 5, "iteration": .*[0-9]}' "architecture" \
    "hash  *[0-9a-f]\{16\}"; do
    says "--info" "^$line\$" "$work/info"
done
is "genes" "$(sed -n 's/^  \([a-z0-9.]*\)  *\([a-z0-9_]*\)$/    "\1": "\2"/p' "$work/info")" \
    "$(sed -n 's/^\(    "cell.*"\),*$/\1/p' $base/run/genotype.json)"
grep hash "$work/info" > "$work/hashes"
for type in fp32 fp16; do
    ends "aggen" 0 "" ./aggen $base/run/genotype.json -o $e2e/frames --weights $weights --weights-type $type
    build frames generate
    info "$type" $e2e/frames/generate
    says "--info" "^weights  *carried, F$(echo $type | tr -d fp), $(wc -c < $e2e/frames/generate_weights.bin) bytes$" "$work/info"
    grep hash "$work/info" >> "$work/hashes"
done
is "hashes" "$(sort -u "$work/hashes" | wc -l)" 3
info "fp16 again" $e2e/frames/generate
is "its hash" "$(grep hash "$work/info")" "$(tail -n 1 "$work/hashes")"

# ---------------------------------------------------------------- errors

refused() { # what, status, message, options…
    what=$1 status=$2 message=$3
    shift 3
    ends "$what" "$status" "$message" $generate --weights $weights "$@"
    is "$what: standard output" "$(cat "$work/stdout")" ""
}
refused "a walk on a grid" 2 "--interpolate.*-o DIR" --interpolate 3
refused "a walk of one" 2 "--interpolate.*two" --interpolate 3 -n 1 -o -
refused "a walk of no frames" 2 "--interpolate.*\"0\"" --interpolate 0 -o -
refused "a walk too long" 2 "--interpolate.*1000000" --interpolate 100000 -n 11 -o -
refused "a folder that can't be" 2 "/proc/none.*folder" -o /proc/none/
refused "--info of other weights" 2 "--info and --weights" --info
ends "--info and --bench" 2 "--info and --bench" $generate --info --bench 1
if script -qec true /dev/null > "$work/stdout" 2>&1; then
    script -qec "$generate --weights $weights -o -; echo status \$?" /dev/null < /dev/null > "$work/stdout"
    says "raw frames to a terminal" "-o -.*terminal" "$work/stdout"
    says "raw frames to a terminal" "status 2" "$work/stdout"
fi
# shellcheck disable=SC2086
$generate -o - $from >&- 2> "$work/stderr"
is "raw frames to nothing: status" $? 1
says "raw frames to nothing" "-o -.*closed" "$work/stderr"
# stopped by a signal, it says so and leaves whole pictures alone
for signal in INT TERM HUP; do
    # shellcheck disable=SC2086
    $generate -n 1000000 -o "$work/stopped/" $from > "$work/stdout" 2> "$work/stderr" &
    pid=$!
    for _ in $(seq 200); do
        [ -e "$work/stopped/000200.png" ] && break
        sleep 0.05
    done
    kill -$signal $pid
    wait $pid
    is "stopped by $signal: status" $? "$(case $signal in INT) echo 130 ;; TERM) echo 143 ;; HUP) echo 129 ;; esac)"
    says "stopped by $signal" "^generate: stopped after [0-9]* of 1000000 pictures$" "$work/stderr"
    is "stopped by $signal: lines" "$(wc -l < "$work/stderr")" 1
    is "stopped by $signal: hidden files" "$(ls -A "$work/stopped" | grep -c '^\.')" 0
    rm -r "$work/stopped"
done
if [ -w /dev/full ]; then
    for what in --info --help; do
        $generate $what > /dev/full 2> "$work/stderr"
        is "$what to a full disk: status" $? 1
        is "$what to a full disk" "$(cat "$work/stderr")" "generate: cannot write to standard output"
    done
fi
if [ "$(id -u)" = 0 ] && chown 65534 "$work" && setpriv --reuid 65534 true 2> "$work/stderr"; then
    mkdir -m 555 "$work/closed"
    cp $generate $weights "$work"
    (cd "$work" && setpriv --reuid 65534 ./generate -n 1 -o closed/folder/ --weights ema.safetensors) > "$work/stdout" 2> "$work/stderr"
    is "a folder in one that is closed: status" $? 2
    says "a folder in one that is closed" "closed/folder: cannot make this folder: Permission denied" "$work/stderr"
fi
ends "--help" 0 "" $generate --help
for line in "--output FILE|DIR|-" "--interpolate N" "--info"; do says "--help" "$line" "$work/stdout"; done
finish
