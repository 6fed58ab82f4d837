#!/bin/sh
# Does each file of gen/ include and call only what stands in its own folder or below? The folders' order is that of the
# road from a search space to a program. Tables of descriptors are the one way up: their rows are defined above and
# reached as data. Closes on `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
order='spec graph family model pass plan code target program run'
tables='families programs targets target_cpu target_cuda' # data that files below may name
passed=0 failed=0

# rank FOLDER: its place in the order; files directly in gen/ that all use are below all, the commands above all
rank() {
    case $1 in
    mem | text) echo 0 ;;
    *)
        place=1
        for folder in $order; do
            [ "$folder" != "${1%%/*}" ] || break
            place=$((place + 1))
        done
        echo $place
        ;;
    esac
}

# folder FILE: gen/plan/order.c is of plan, gen/mem.h of mem, gen/main.c of main
folder() {
    file=${1#gen/}
    case $file in
    */*) echo "${file%%/*}" ;;
    *) echo "${file%.*}" ;;
    esac
}

# may FILE OTHER WHAT: FILE uses what OTHER has
may() {
    if [ "$(rank "$(folder "$1")")" -ge "$(rank "$(folder "$2")")" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1 $3 of $2, which is above it"
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find gen -name '*.[ch]' | LC_ALL=C sort > "$work/files"
grep -n '^#include "' $(cat "$work/files") | sed 's/^\([^:]*\):[0-9]*:#include "\(.*\)".*/\1 \2/' > "$work/includes"
while read -r file header; do
    other=$(grep "/${header##*/}\$" "$work/files")
    [ -z "$other" ] || may "$file" "$other" "includes ${header##*/}"
done < "$work/includes"

# which object defines a symbol, and which objects want it
for object in $(find build/gen -name '*.o' | LC_ALL=C sort); do
    source=${object#build/} source=${source%.o}.c
    [ -f "$source" ] || continue # of a file that is no more
    nm "$object" | awk -v file="$source" 'NF == 3 && $2 ~ /^[TDRBC]$/ { print file, "has", $3 } $1 == "U" { print file, "wants", $2 }'
done > "$work/symbols"
awk -v tables="$tables" '
    $2 == "has" { owner[$3] = $1 }
    $2 == "wants" { wants[++count] = $1 " " $3 }
    END { for (i = 1; i <= count; i++) { split(wants[i], w); if (w[2] in owner && index(" " tables " ", " " w[2] " ") == 0) print w[1], owner[w[2]], w[2] } }' \
    "$work/symbols" > "$work/calls"
while read -r file other symbol; do may "$file" "$other" "uses $symbol"; done < "$work/calls"

# sizes: files and functions stay small enough to be read
for file in $(find gen runtime -name '*.[ch]' ! -name ag.h | LC_ALL=C sort); do
    lines=$(wc -l < "$file")
    longest=$(awk '$0 == "{" { start = NR } $0 == "}" && start { if (NR - start + 1 > most) most = NR - start + 1; start = 0 } END { print most + 0 }' "$file")
    if [ "$lines" -le 500 ] && [ "$longest" -le 60 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $file has $lines lines, of which a function takes $longest; at most 500 and 60"
    fi
done
direct=$(find gen -maxdepth 1 -name '*.c' | wc -l)
[ "$direct" -le 8 ] || { failed=$((failed + 1)) && echo "FAILED: $direct files directly in gen/; at most 8"; }
echo "$passed passed, $failed failed"
