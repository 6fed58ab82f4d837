#!/bin/sh
# A small search on drawn shapes, its retraining, and a grid of what the result draws; everything under out/demo.
set -eu
out=out/demo
if [ -e $out ]; then
    echo "demo: $out is there already; remove it to see the demo again"
    exit 1
fi
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
build() { printf '$ make -C %s -f %s.mk\n' "$out" "$1"; make -s -j2 -C $out -f "$1.mk"; }

say "1. Write the search program of a small space"
run ./aggen spaces/shapes_tiny.json -o $out
build search
say "2. Search"
run $out/search --run $out/run
say "3. Write, build and run the retraining of what was found"
run ./aggen $out/run/genotype.json -o $out
build retrain
run $out/retrain --run $out/run/retrain
say "4. Draw"
build generate
run $out/generate -n 64 -o $out/grid.png --weights $out/run/retrain/ema.safetensors
say "Done"
echo "  the search       $out/run             log.jsonl, genotype.json, genotypes/, samples/"
echo "  the retraining   $out/run/retrain     ema.safetensors, samples/"
echo "  its pictures     $out/grid.png"
echo "  the programs     $out/*.c             to read, profile and take away"
