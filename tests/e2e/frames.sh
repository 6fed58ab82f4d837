#!/bin/sh
# Pictures one by one: into folders, through pipes, along walks; and what a generator tells of itself.
. "$(dirname "$0")/common.sh"
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
is "a folder with no other pictures" "$(cat "$work/stderr")" ""
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

# what other pictures the folder holds is said, and they stay
mkdir "$work/mixed" "$work/mixed/folder.png"
for name in 000002.png 000003.png 000004.png 0000001.png a.JPG z.webp 000001.jpg .hidden.png words.txt png "b
c.gif"; do echo old > "$work/mixed/$name"; done
others() { # what, number, names, options…
    what=$1 number=$2 names=$3
    shift 3
    # shellcheck disable=SC2086
    ends "$what" 0 "" $generate -o "$work/mixed" $from "$@"
    is "$what" "$(cat "$work/stderr")" \
        "generate: $work/mixed: the folder also holds $number that this command did not write: $names"
}
others "other pictures" "7 pictures" "0000001.png, 000001.jpg, 000003.png, ..." -n 3
is "another picture after that" "$(cat "$work/mixed/000003.png")" old
rm "$work/mixed/"*.JPG "$work/mixed/"0000001.png "$work/mixed/"00000[34].png
others "three others" "3 pictures" "000001.jpg, b c.gif, z.webp" -n 3
rm "$work/mixed/"*.jpg "$work/mixed/"*.gif
others "one other" "1 picture" "z.webp" -n 3
others "pictures of other seeds" "4 pictures" "000000.png, 000001.png, 000002.png, ..." --seed 5-6

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
prefetch='/^ *(conv|deconv)[0-9].*, share/ {
    split($0, argument, ", ")
    right += calls++ && fetched == argument[2]
    fetched = match($0, /struct prefetch\)\{/) ? substr($0, RSTART + RLENGTH) : ""
    sub(/,.*/, "", fetched)
}
END { print (calls > 3 ? calls - 1 - right : "too few calls") }'
is "convolutions that fetch other weights than the next one's" "$(awk "$prefetch" $wide/generate_phases.c)" 0
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

# ---------------------------------------------------------------- from any picture on, and of many seeds

# shellcheck disable=SC2086
later() { # name, options…: raw frames
    name=$1
    shift
    ends "generate $*" 0 "" $generate -o - --weights $weights "$@"
    mv "$work/stdout" "$work/$name"
}
for threads in 1 3; do
    later later --seed 5 --first 11 -n 59 --threads $threads
    tail -c +$((11 * 768 + 1)) "$work/raw" > "$work/expected"
    same "from picture 11 on, $threads threads" "$work/later" "$work/expected"
done
# shellcheck disable=SC2086
{
    ends "a grid from 7 on" 0 "" $generate -n 3 --first 7 -o "$work/seven.png" $from
    ends "a folder from 1000 on" 0 "" $generate -n 2 --first 1000 -o "$work/numbers/" $from
    ends "the last pictures" 0 "" $generate -n 2 --first 4294967294 -o "$work/numbers/" $from
    says "the last pictures" "2 pictures that this command did not write: 001000.png, 001001.png$" "$work/stderr"
}
for i in 0 2; do
    cell grid $((7 + i)) > "$work/expected"
    cell seven $i > "$work/cell"
    same "picture $i from 7 on" "$work/cell" "$work/expected"
done
is "pictures from 1000 on, and the last" "$(ls "$work/numbers" | tr '\n' ' ')" \
    "001000.png 001001.png 4294967294.png 4294967295.png "
later last --seed 5 --first 4294967295 -n 1
$picture cell "$work/numbers/4294967295.png" 16 0 > "$work/frame"
same "the last picture" "$work/frame" "$work/last"
later first --seed 5 -n 1
cmp -s "$work/first" "$work/last"
is "the first picture and the last: cmp" $? 1

ends "a folder of seeds" 0 "" $generate --seed 9-12 --first 4 -o "$work/seeds/" --weights $weights
is "pictures of seeds" "$(ls "$work/seeds" | tr '\n' ' ')" "seed0009.png seed0010.png seed0011.png seed0012.png "
ends "a grid of seeds" 0 "" $generate --seed 9-12 --first 4 -o "$work/seeds.png" --weights $weights
for threads in 1 3; do
    later sown --seed 9-12 --first 4 --threads $threads
    is "bytes of the raw frames of four seeds" "$(wc -c < "$work/sown")" $((4 * 768))
    for i in 0 1 3; do
        later expected --seed $((9 + i)) --first 4 -n 1
        frame sown $i > "$work/frame"
        same "seed $i of 4, raw, $threads threads" "$work/frame" "$work/expected"
        cell seeds $i > "$work/cell"
        same "seed $i of 4, in a grid" "$work/cell" "$work/expected"
        $picture cell "$work/seeds/seed$(printf %04d $((9 + i))).png" 16 0 > "$work/cell"
        same "seed $i of 4, in a folder" "$work/cell" "$work/expected"
    done
done
later one --seed 5-5
same "a range of one seed" "$work/one" "$work/first"
later largest --seed 18446744073709551614-18446744073709551615
later expected --seed 18446744073709551615 -n 1
frame largest 1 > "$work/frame"
same "the last seed" "$work/frame" "$work/expected"

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
walk later -n 3 --first 5
for i in 0 1 2; do
    frame later $((4 * i)) > "$work/frame"
    cell grid $((5 + i)) > "$work/expected"
    same "station $i of a walk from 5 on" "$work/frame" "$work/expected"
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
refused "a walk of many seeds" 2 "--seed A-B and --interpolate" --interpolate 3 --seed 1-2 -o -
refused "many pictures of many seeds" 2 "--seed A-B and --number" -n 3 --seed 1-2
for seeds in 1- -1 1-2-3 1-x 0-18446744073709551616; do
    refused "seeds $seeds" 2 "--seed.*\"$seeds\"" --seed $seeds
done
refused "seeds backwards" 2 "--seed 3-2: .*smaller" --seed 3-2
refused "too many seeds" 2 "--seed 1-1000001: .*1000000" --seed 1-1000001
refused "too many seeds" 2 "--seed 0-18446744073709551615: .*1000000" --seed 0-18446744073709551615
refused "a picture too far" 2 "--first.*4294967295.*\"4294967296\"" --first 4294967296
refused "pictures too far" 2 "--first 4294967293: 4 pictures.*4294967295" --first 4294967293 -n 4
# names that say another format
cd "$work" || exit 1
for ending in jpg JPG Jpeg jpe jfif gif webp bmp tif tiff tga ppm avif heic jxl jp2 ico svg apng mp4 MOV avi mkv webm \
    raw npy npz pt safetensors zip; do
    status=0
    "$OLDPWD/$generate" -n 1 -o a.b/x.$ending 2> "$work/stderr" > "$work/stdout" || status=$?
    is "-o x.$ending: status" $status 2
    says "-o x.$ending" "-o a.b/x.$ending: a PNG is what is written; name it a.b/x.png .*-o -" "$work/stderr"
done
cd "$OLDPWD" || exit 1
mkdir "$work/a.jpg" "$work/b.jpg"
# shellcheck disable=SC2086
for name in picture x.png x.PNG x.jpg.png a.jpg/x b.jpg/ b.jpg x.1 /dev/stdout; do
    case $name in /*) to=$name ;; *) to=$work/$name ;; esac
    ends "-o $name" 0 "" $generate -n 1 -o "$to" $from
done
is "pictures in a folder named as one" "$(ls "$work/b.jpg")" 000000.png
for name in picture x.PNG x.jpg.png a.jpg/x x.1; do same "$name" "$work/$name" "$work/x.png"; done
# what a grid takes is there before it is drawn
# shellcheck disable=SC2086
(ulimit -v 400000 && exec $generate -n 1000000 -o "$work/large.png" $from) > "$work/stdout" 2> "$work/stderr"
is "a grid too large: status" $? 1
says "a grid too large" "large.png: out of memory: a grid of 17998 x 17998 pixels takes 971.8 MB; .*-o DIR/" "$work/stderr"
is "a grid too large: standard output" "$(cat "$work/stdout")" ""
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
# stopped by a signal, it says so and leaves whole pictures alone (env: these tests may themselves run under nohup)
for signal in INT TERM HUP; do
    # shellcheck disable=SC2086
    env --default-signal=$signal $generate -n 1000000 -o "$work/stopped/" $from > "$work/stdout" 2> "$work/stderr" &
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
    is "stopped by $signal: pictures" "$(ls "$work/stopped" | wc -l)" "$(sed 's/.*after \([0-9]*\) of.*/\1/' "$work/stderr")"
    is "stopped by $signal: hidden files" "$(ls -A "$work/stopped" | grep -c '^\.')" 0
    rm -r "$work/stopped"
done
# the disk is waited for once, whatever ends the drawing
if strace -f -o "$work/calls" true 2> "$work/stderr"; then
    traced() { strace -f -o "$work/calls" -e trace=fsync,fdatasync,syncfs,sync "$@"; }
    calls() { grep -c "$1(" "$work/calls"; }
    # shellcheck disable=SC2086
    {
        ends "a folder, traced" 0 "" traced $generate -n 40 -o "$work/synced/" $from
        is "syncs of a folder" "$(calls syncfs) $(calls sync)" "1 0"
        ends "a disk that fails" 1 "synced/: cannot sync its disk: Input/output error" \
            traced -e inject=syncfs:error=EIO $generate -n 40 -o "$work/synced/" $from
        traced sh -c "echo \$\$ > $work/pid; exec $generate -n 1000000 -o $work/stopped/ $from" > "$work/stdout" 2>&1 &
    }
    pid=$!
    for _ in $(seq 200); do
        [ -e "$work/stopped/000100.png" ] && break
        sleep 0.05
    done
    kill -INT "$(cat "$work/pid")"
    wait $pid
    is "syncs of a folder that a signal ends" "$(calls syncfs) $(calls sync)" "1 0"
fi
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
for line in "--output FILE|DIR|-" "--interpolate N" "--info" "--first K" "--seed N|A-B .*each seed"; do says "--help" "$line" "$work/stdout"; done
finish
