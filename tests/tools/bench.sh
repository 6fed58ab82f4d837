#!/bin/sh
# What share of the machine's multiply-add peak the phases reach: bench.sh [SPEC…], default: g32 and g64.
set -eu
[ $# -gt 0 ] || set -- spaces/g32.json spaces/g64.json
for spec; do
    folder=build/bench/$(basename "$spec" .json)
    mkdir -p "$folder"
    ./aggen "$spec" -o "$folder" >/dev/null
    make -s -j2 -C "$folder" -f search.mk
    "$folder/search" --bench 5
done
