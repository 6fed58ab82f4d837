#!/bin/sh
# links.sh [ROOT]: do README.md and doc/*.md name what there is? Relative links and their headings, paths in backticks,
# functions that a page says are in a file, keys of search spaces and genotypes with their ranges, the shipped spaces. The
# pages are those of ROOT, else of the checkout. Closes on `N passed, N failed`.
# shellcheck disable=SC2016 # backticks are Markdown's
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tools/check.sh
. tests/tools/check.sh
root=${1:-.}
pages="$root/README.md $(echo "$root"/doc/*.md)"

# text PAGE: without blocks of code, which are indented
text() { sed '/^    /d' "$1"; }
# spans PAGE: what stands in backticks, a line each
spans() { text "$1" | grep -o '`[^`]*`' | tr -d '`'; }
# exists PATH: a file or folder; * stands for any name
exists() {
    # shellcheck disable=SC2086
    set -- $1
    [ -e "$1" ]
}

# headings PAGE: as links name them
headings() {
    sed -n 's/^#\{1,6\} //p' "$1" | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g'
}

links() { # PAGE
    text "$1" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' > "$work/links"
    while read -r link; do
        to=${link%%#*} heading=
        case $link in *'#'*) heading=${link#*#} ;; esac
        file=$(dirname "$1")/$to
        [ -n "$to" ] || file=$1
        [ -e "$file" ] && { [ -z "$heading" ] || headings "$file" | grep -q -x -e "$heading"; }
        ok "$1: the link $link leads nowhere" $?
    done < "$work/links"
}

# Paths below folders of the checkout, and names of C and shell files, of which some folder must have one. What aggen
# writes is below out/.
paths() { # PAGE
    spans "$1" | grep -v ' ' | sort -u > "$work/spans"
    while read -r path; do
        case $path in
        gen/* | templates/* | runtime/* | spaces/* | tests/* | doc/*) exists "$path" ;;
        */*) continue ;;
        *.c | *.h | *.cu | *.cuh | *.sh) [ -n "$(find gen templates runtime tests -name "$path" | head -n 1)" ] ;;
        *) continue ;;
        esac
        ok "$1: there is no $path" $?
    done < "$work/spans"
}

# `function`, `function` and `function` in `file.c`
functions() { # PAGE
    text "$1" | grep -o '`[a-z0-9_]*`\(\(,\| and\) `[a-z0-9_]*`\)* in `[^` ]*\.[ch]`' > "$work/functions"
    while read -r line; do
        file=$(echo "$line" | sed 's/.*`\([^`]*\)`$/\1/')
        for name in $(echo "${line% in *}" | grep -o '[a-z0-9_]*`' | tr -d '`'); do
            grep -q "^[a-z].*[ *]$name(" "$file"
            ok "$1: $file has no function $name" $?
        done
    done < "$work/functions"
}

# told FILE PATH: what aggen says of a value that no key has
told() { ./aggen info "$1" --set "$2={}" 2>&1; }

# The keys below PREFIX ("" or "search."), a line each: aggen lists them for one that there is not.
keys() { # FILE PREFIX
    ./aggen info "$1" --set "$2qqqqqqqq=1" 2>&1 | sed -n 's/.*unknown key; here are //p' | tr -d ' ' | tr , '\n'
}
leaves() { # FILE PREFIX
    for key in $(keys "$1" "$2"); do
        if [ -n "$(keys "$1" "$2$key.")" ]; then
            (leaves "$1" "$2$key.")
        else
            echo "$2$key"
        fi
    done
}

# A row of doc/space.md for each key, with the words in which aggen tells its range.
space_keys() { # FILE FAMILY
    leaves "$1" "" > "$work/keys"
    [ "$(wc -l < "$work/keys")" -gt 40 ]
    ok "$1: aggen lists few keys: $(tr '\n' ' ' < "$work/keys")" $?
    while read -r key; do
        range=$(told "$1" "$key" | sed -n 's/.*: must be \(.*\), not an object$/\1/p')
        range=$(echo "$range" | sed 's/^a family of generators, //; s/, the family that goes with .*//')
        [ "$key" != generator.family ] || range=\"$2\"
        grep -F "| \`$key\` |" "$root/doc/space.md" > "$work/rows"
        [ -n "$range" ] && grep -q -F -e "$range" "$work/rows"
        ok "doc/space.md: $key is to have a row that says: $range" $?
    done < "$work/keys"
}

genotype_keys() {
    sed 's/"space"/"qqqqqqqq"/' spaces/genotypes/alphagan_s.json > "$work/genotype.json"
    for key in $(./aggen info "$work/genotype.json" 2>&1 | sed -n 's/.*unknown key; here are //p' | tr -d ,); do
        grep -q -F "| \`$key\` |" "$root/doc/space.md"
        ok "doc/space.md: a genotype's $key has no row" $?
    done
}

for page in $pages; do
    links "$page"
    paths "$page"
    functions "$page"
    [ "$page" = "$root/README.md" ] || grep -q -F "(doc/${page##*/})" "$root/README.md"
    ok "README.md has no link to $page" $?
done
lines=$(wc -l < "$root/README.md")
[ "$lines" -le 130 ]
ok "README.md has $lines lines, 130 at the most" $?
for file in spaces/*.json spaces/genotypes/*.json; do
    grep -q -F "\`$file\`" "$root/doc/space.md"
    ok "doc/space.md: $file is missing" $?
done
space_keys spaces/g32.json residual
space_keys spaces/stylegan2_micro.json stylegan2
genotype_keys
finish
