#!/bin/sh
# Pictures from everywhere: folders with broken files among good ones, the published binary files, and nothing at all.
. "$(dirname "$0")/common.sh"
picture_tool
level=-O0
data=$e2e/data
rm -rf $data
mkdir -p $data

# Twelve good pictures: nine PNGs of several sizes, three JPEGs; two folders deep, one with no ending, one hidden.
make_pictures() { # folder
    mkdir -p "$1/deep/deeper" "$1/.hidden"
    for i in 1 2 3 4 5 6 7 8 9; do
        to=$1
        [ $i -gt 4 ] && to=$1/deep
        [ $i -gt 7 ] && to=$1/deep/deeper
        $base/generate -n $i --seed $i -o "$to/$i.png" --weights $base/run/retrain/ema.safetensors
        ok "a picture to learn from" $?
    done
    $picture jpeg "$1/1.png" "$1/one.jpg"
    $picture jpeg "$1/deep/5.png" "$1/deep/five.JPEG"
    $picture jpeg "$1/deep/deeper/9.png" "$1/nine"
    cp "$1/1.png" "$1/.hidden/1.png"
    echo "not a picture" > "$1/readme.txt"
}
make_pictures $data/good

# learns WHAT PROGRAM PATH WORDS: it runs, and its first line says the words
learns() {
    rm -rf $data/run
    ends "$1" 0 "" "$2" --run $data/run --data "$3"
    says "$1" "$4" "$work/stdout"
    cp "$work/stderr" "$work/learned"
    says "$1: its loss" '"d_loss": [-0-9]' $data/run/log.jsonl
}
# refuses WHAT PATH WORDS: ends with status 2 and one line that names --data, and leaves no checkpoint
refuses() {
    rm -rf $data/run
    ends "$1" 2 "$3" "$program" --run $data/run --data "$2"
    says "$1: --data" "--data" "$work/stderr"
    is "$1: files of a run" "$(ls $data/run | tr '\n' ' ')" ""
}

# ---------------------------------------------------------------- folders

space images data.format=images data.path=$data/good data.crop=center
program=$e2e/images/search
learns "a folder of pictures" $program $data/good "12 pictures .*, 6 for training, 6 for validation"
is "a folder of pictures: complaints" "$(cat "$work/learned")" ""
checkpoint=$(cksum < $data/run/checkpoint.safetensors)
rm -rf $data/run
ends "the spec's own folder" 0 "" $program --run $data/run --threads 1
is "the spec's own folder: checkpoint" "$(cksum < $data/run/checkpoint.safetensors)" "$checkpoint"
learns "a folder, for a program of shapes" $base/search $data/good "12 pictures"
says "pictures that the spec does not name: the next command" "make out/retrain && ./out/retrain --data $data/good$" "$work/stdout"
learns "a folder, to retrain on" $base/retrain $data/good "12 pictures .*12 for training, 0 for validation"
# the spec of a resumed run may name another folder; what counts are the pictures
$base/retrain --run $data/moved --data "$data/good" --iterations 2 > "$work/stdout" 2>&1
ok "a run that is resumed later" $?
emit moved $base/run/genotype.json --set data.format=images --set data.path=$data/good
build moved retrain
ends "the same pictures by the spec" 0 "" $e2e/moved/retrain --run $data/moved --resume --iterations 4
is "the same pictures by the spec: warnings" "$(grep -c 'not the pictures' "$work/stdout")" 0
says "the same pictures by the spec: what has changed" '"data.path": \["", "' $data/moved/log.jsonl
# a run that is stopped says what it goes on with
$base/search --run $data/stopped --data "$data/good" --iterations 100000 > "$work/stdout" 2> "$work/stderr" &
for _ in $(seq 100); do
    [ -s $data/stopped/log.jsonl ] && break
    sleep 0.05
done
kill -TERM $!
wait $!
says "a stopped run" "; go on with --resume --run $data/stopped --data $data/good$" "$work/stderr"
learns "shapes, for a program of images" $program shapes "shapes, endless"
(cd $data/good && python3 -m zipfile -c ../good.zip .)
learns "an archive, for a program of images" $program $data/good.zip "12 pictures (zip, .*1 hidden"
is "an archive for a folder: checkpoint" "$(cksum < $data/run/checkpoint.safetensors)" "$checkpoint"

cp -r $data/good $data/mixed
head -c 200 $data/good/1.png > $data/mixed/cut.png
head -c 400 $data/good/one.jpg > $data/mixed/deep/cut.jpg
: > $data/mixed/empty.png
echo "no picture" > $data/mixed/text.jpg
(head -c 60 $data/good/4.png && head -c 2000 /dev/zero) > $data/mixed/zeros.png
learns "broken pictures among good ones" $program $data/mixed "12 pictures .*6 for training, 6 for validation.*5"
for broken in cut.png deep/cut.jpg empty.png text.jpg zeros.png; do
    says "broken pictures are named" "skipped '$data/mixed/$broken': " "$work/learned"
done
says "broken pictures are counted" "skipped 5 of 17 pictures" "$work/learned"
is "a broken picture changes nothing: checkpoint" "$(cksum < $data/run/checkpoint.safetensors)" "$checkpoint"
for i in 1 2 3 4 5 6 7 8 9; do cp $data/mixed/empty.png $data/mixed/empty.$i.png; done
learns "many broken pictures" $program $data/mixed "12 pictures"
is "many broken pictures: lines" "$(wc -l < "$work/learned")" 6
says "many broken pictures" "skipped 14 of 26 pictures" "$work/learned"

mkdir $data/empty $data/broken $data/few $data/other
cp $data/mixed/empty*.png $data/broken
cp $data/good/?.png $data/few
cp $data/good/readme.txt $data/other
refuses "a missing folder" $data/nowhere "nowhere.*No such file"
refuses "an empty folder" $data/empty "no PNG or JPEG"
refuses "a folder of other things" $data/other "no PNG or JPEG"
refuses "a file for a folder" $data/good/1.png "not a zip archive"
refuses "few pictures" $data/few "fewer than a batch of 4"
rm -rf $data/run
$program --run $data/run --data $data/broken > "$work/stdout" 2> "$work/stderr"
is "only broken pictures: status" $? 2
says "only broken pictures" "--data" "$work/stderr"
is "only broken pictures: files of a run" "$(ls $data/run)" ""

# ---------------------------------------------------------------- the published files

space cifar10 data.format=cifar10 data.path=$data/cifar
program=$e2e/cifar10/search
refuses "no CIFAR-10" $data/cifar "data_batch_1.bin.*No such file"
mkdir -p $data/cifar/cifar-10-batches-bin
cifar=$data/cifar/cifar-10-batches-bin
head -c 30730000 /dev/urandom > $cifar/data_batch_1.bin
for i in 2 3 4; do ln $cifar/data_batch_1.bin $cifar/data_batch_$i.bin; done
refuses "CIFAR-10, a file missing" $data/cifar "data_batch_5.bin.*No such file"
head -c 30729999 $cifar/data_batch_1.bin > $cifar/data_batch_5.bin
refuses "CIFAR-10, a file cut" $data/cifar "data_batch_5.bin.*30729999.*30730000"
ln -f $cifar/data_batch_1.bin $cifar/data_batch_5.bin
learns "CIFAR-10" $program $data/cifar "50000 pictures .*, 25000 for training, 25000 for validation"
space stl10 data.format=stl10 data.path=$data/stl
program=$e2e/stl10/search
mkdir $data/stl
refuses "no STL-10" $data/stl "train_X.bin.*No such file"
head -c 138240000 /dev/zero > $data/stl/train_X.bin
refuses "STL-10, a file missing" $data/stl "unlabeled_X.bin.*No such file"
head -c 1000 /dev/zero > $data/stl/unlabeled_X.bin
refuses "STL-10, a file cut" $data/stl "unlabeled_X.bin.*1000.*2764800000"
rm -r $data/cifar $data/stl
space pathless data.format=images
program=$e2e/pathless/search
rm -rf $data/run
ends "no path" 2 "--data" $program --run $data/run
finish
