#!/bin/sh
# What leaves the house: generators, folders that are moved away, an installed aggen, C that any compiler takes.
. "$(dirname "$0")/common.sh"
picture_tool
weights="--weights $base/run/retrain/ema.safetensors"

# ---------------------------------------------------------------- generate

static() { # what, program
    ldd "$2" > "$work/ldd" 2>&1
    grep -q 'not a dynamic executable\|statically linked' "$work/ldd"
    was=$?
    ok "$1 is static: $(tr '\n' ' ' < "$work/ldd")" $was
}
static "generate, gcc" $base/generate
emit clang $base/run/genotype.json
make -s -j2 -C $e2e/clang -f generate.mk CC=clang CFLAGS=-O1 > "$work/make" 2>&1
was=$?
ok "make generate with clang: $(head -n 5 "$work/make")" $was
static "generate, clang" $e2e/clang/generate

# shellcheck disable=SC2086
draw() { # file, options…
    file=$1
    shift
    ends "generate $*" 0 "" $base/generate -o "$work/$file" $weights --seed 5 "$@"
}
draw 64.png
draw 64.threads.png --threads 1
same "generate, threads" "$work/64.png" "$work/64.threads.png"
draw 64.threads.png --threads 2
same "generate, threads" "$work/64.png" "$work/64.threads.png"
same "samples of the retraining and generate" "$work/64.png" $base/run/retrain/samples/000006.png
ends "generate, clang" 0 "" $e2e/clang/generate -o "$work/clang.png" --seed 5
cmp "$work/64.png" "$work/clang.png" | grep -q EOF
ok "gcc's and clang's pictures: file header" $(($? == 0))
draw 1.png -n 1
draw 7.png -n 7
draw 100.png --number 100
for i in 0 6 63; do
    $picture cell "$work/64.png" 16 $i > "$work/expected"
    is "bytes of picture $i" "$(wc -c < "$work/expected")" 768
    for n in 1 7 100; do
        [ $i -ge $n ] && continue
        $picture cell "$work/$n.png" 16 $i > "$work/cell"
        same "picture $i of $n and of 64" "$work/cell" "$work/expected"
    done
done
$picture cell "$work/64.png" 16 1 > "$work/cell"
cmp -s "$work/cell" "$work/expected"
is "two pictures: cmp" $? 1
draw other.png -n 1 --seed 6
cmp -s "$work/1.png" "$work/other.png"
is "two seeds: cmp" $? 1

# ---------------------------------------------------------------- emitted C

emit again $base/run/genotype.json
emit again $tiny
emit again.too $base/run/genotype.json
emit again.too $tiny
diff -r $e2e/again $e2e/again.too > "$work/diff"
was=$?
ok "emitting twice: $(head -n 3 "$work/diff")" $was
before=$(ls -l --time-style=full-iso $e2e/again | cksum)
emit again $tiny
is "what is there already stays: cksum" "$(ls -l --time-style=full-iso $e2e/again | cksum)" "$before"

# accepted COMPILER WORDS…: all emitted C, without a word
accepted() {
    for file in $e2e/again/*.c; do
        "$@" "$file" > "$work/compiler" 2>&1
        status=$?
        [ $status = 0 ] && [ ! -s "$work/compiler" ]
        was=$?
        ok "$* $file: status $status: $(head -n 4 "$work/compiler")" $was
    done
}
strict="-std=gnu99 -Wall -Wextra -Werror"
# shellcheck disable=SC2086
accepted gcc $strict -march=native -O0 -c -o "$work/gcc.o"
# shellcheck disable=SC2086
accepted clang $strict -march=native -fsyntax-only
# shellcheck disable=SC2086
accepted gcc $strict -march=x86-64 -fsyntax-only
accepted tcc -DAG_NO_VECTORS -c -o "$work/tcc.o"

# ---------------------------------------------------------------- folders that are moved, and an installed aggen

root=$PWD
mkdir "$work/away"
mv $e2e/again "$work/away/moved here"
env -i PATH="$PATH" make -s -j2 -C "$work/away/moved here" -f search.mk CFLAGS=-O0 MARCH=x86-64 > "$work/make" 2>&1
was=$?
ok "make in a moved folder: $(tail -n 3 "$work/make")" $was
cd "$work/away/moved here" || exit 1
ends "a moved folder's program" 0 "" ./search --iterations 1
says "its next command, where there is no makefile of aggen's" "make -C out -f retrain.mk && ./out/retrain$" "$work/stdout"
cd "$root" || exit 1
is "its run" "$(ls "$work/away/moved here/out/run")" "$(ls $base/run | grep -v retrain)"
make -q -C "$work/away/moved here" -f search.mk CFLAGS=-O0 MARCH=x86-64
ok "nothing is left to make" $?
make -q -C "$work/away/moved here" -f search.mk CFLAGS=-O0 MARCH=haswell > /dev/null
is "what is built for another machine is built again: make -q" $? 1


make -s install DESTDIR="$work/dest" PREFIX=/usr > "$work/make" 2>&1
was=$?
ok "make install: $(cat "$work/make")" $was
mkdir "$work/else"
ln -s "$work/dest/usr/bin/aggen" "$work/else/aggen.link"
for aggen in "$work/dest/usr/bin/aggen" ./aggen.link; do
    (cd "$work/else" && env -i "$aggen" "$work/dest/usr/share/aggen/spaces/shapes_tiny.json" -o written > "$work/emit" 2>&1)
    was=$?
    ok "an installed aggen: $(cat "$work/emit")" $was
    ./aggen spaces/shapes_tiny.json -o "$work/here" > "$work/emit"
    diff -r -I 'written by' "$work/here" "$work/else/written" > "$work/diff"
    was=$?
    ok "an installed aggen writes the same: $(head -n 3 "$work/diff")" $was
    rm -rf "$work/else/written" "$work/here"
done
cd "$root" || exit 1

# The words of the first page: aggen, make out/search, out/search, in a tree of one's own.
mkdir -p "$work/tree/build" "$work/tree/out"
cp -Rp Makefile aggen gen runtime templates spaces "$work/tree"
cp -Rp build/gen build/run-* build/*.h build/how "$work/tree/build" # aggen need not be built again
cp $tiny "$work/tree/tiny.json"
cd "$work/tree" || exit 1
was=$?
ok "aggen tiny.json: $(./aggen tiny.json 2>&1)" $was
make -s -j2 out/search CFLAGS=-O0 > "$work/make" 2>&1
was=$?
ok "make out/search: $(tail -n 3 "$work/make")" $was
ends "out/search" 0 "" out/search
for next in aggen 'make out/retrain && ./out/retrain'; do says "out/search names what is next" "$next" "$work/stdout"; done
ends "aggen out/run/genotype.json" 0 "" ./aggen out/run/genotype.json
make -s -j2 out/retrain out/generate CFLAGS=-O0 > "$work/make" 2>&1
was=$?
ok "make out/retrain out/generate: $(tail -n 3 "$work/make")" $was
ends "out/retrain" 0 "" out/retrain --iterations 1
ends "out/generate" 0 "" out/generate -n 4
is "its pictures" "$(ls *.png)" generate.png
cd "$root" || exit 1

# ---------------------------------------------------------------- --bench

# bench PROGRAM PHASES: the report has the documented keys, and its numbers fit each other
bench() {
    ends "$1 --bench" 0 "" "$base/$1" --bench 2 --json
    says "$1 --bench: peak and arena" '^{"peak_gflops": [0-9.e+]*, "arena_bytes": [0-9]*, .*"phases": {"d": {' "$work/stdout"
    is "$1 --bench: lines" "$(wc -l < "$work/stdout")" 1
    for phase in $2; do
        sed -n "s/.*\"phases\": {.*\"$phase\": {\([^}]*\)}.*/\1/p" "$work/stdout" | tr -d '":,{}' > "$work/phase"
        awk '
            function near(a, b) { return a > 0 && a - b < 0.02 * b + 1e-3 && b - a < 0.02 * b + 1e-3 }
            { ok = $1 == "ms" && $3 == "gflop" && $5 == "gflop_executed" && $7 == "gflops" && $9 == "share" && $2 > 0 && $4 > 0 &&
                   $6 >= $4 * 0.5 && near($8, $4 / $2 * 1e3) &&
                   $10 > 0 } # of the peak of its moment, which on a busy machine is far from the one of the line
            END { exit !ok }' "$work/phase"
        was=$?
        ok "$1 --bench: phase $phase: $(cat "$work/phase")" $was
    done
    ends "$1 --bench, for people" 0 "" "$base/$1" --bench 1
    says "$1 --bench, for people" "GFLOP/s" "$work/stdout"
}
bench search "d g arch"
bench retrain "d g"
finish
