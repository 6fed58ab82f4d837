#!/bin/sh
# Makefiles in folders whose names make, a shell or a compiler would take apart: nothing in a name runs, and from within
# its folder each makefile works.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
tab=$(printf '\t') newline='
'
mkdir "$work/out"
emit() { ends "aggen $*" 0 "" ./aggen -o "$work/out" "$@"; }
emit tests/e2e/tiny.json
emit tests/e2e/tiny.json --target cuda
mv "$work/out/search.mk" "$work/out/cuda.mk"
emit tests/e2e/tiny.json
# the third kind, which a generator that carries weights has, without any: only what make reads matters here
sed 's/AG_PROGRAM/search/g' templates/host/folder.mk > "$work/head"
sed -e "/^AG_FOLDER/{r $work/head" -e 'd;}' -e 's/AG_PROGRAM/search/g; s/AG_CARRIED\|AG_KERNELS\|AG_STATIC//g; s/AG_RUNTIME/run/g' \
    templates/host/carried.mk > "$work/out/carried.mk"
touch "$work/out/search_widths.c" "$work/out/search_image.S" "$work/out/search_kernels.cu"
here=$PWD

# try KIND WORDS…: make with a compiler that does nothing; `carried` needs what a compiler makes, and is only read
try() {
    kind=$1
    shift
    [ "$kind" = cuda ] && set -- CUDA_HOME=/nowhere "$@"
    [ "$kind" = carried ] && set -- -n WIDTHS=plain "$@"
    make CC=true "$@" > "$work/stdout" 2> "$work/stderr" < /dev/null
}
for kind in search cuda carried; do
    file=search.mk
    [ "$kind" = search ] || cp "$work/out/$kind.mk" "$work/out/$file"
    for name in 'o;touch x' 'o$(touch x)' 'o`touch x`' "o'touch x'" 'o"touch x"' 'o&touch x' 'o|touch x' 'o x' 'o#x' \
        'o$(shell touch x)' 'o${shell touch x}' '$(shell touch x)' 'o$x' 'o\x' 'o*' 'o?x' 'o[x]' 'o~' 'o:x' 'o=x' 'o%x' \
        'o!x' 'o<x' 'o>x' 'o(x)' 'o{x}' 'o^x' 'o;touch${IFS}x' '`touch${IFS}x`' '$(shell${IFS}touch x)' \
        "o${tab}x" "o${newline}touch x" "o'\"x" '-o' '@o' "';touch\${IFS}x;'"; do
        rm -rf "$work/in"
        mkdir "$work/in" && cp -R "$work/out" "$work/in/$name"
        for path in "$name" "./$name" "$work/in/$name"; do
            [ "$path" = -o ] && path=./-o # an option, to make itself
            [ "$kind" = search ] || [ "$path" != "$work/in/$name" ] || continue
            cd "$work/in" || exit 1
            try "$kind" -f "$path/$file"
            was=$?
            cd "$here" || exit 1
            # an absolute or a ./ path hides what leads - and @
            case $name,$path in -o,/* | @o,/*) is "make in $path, $kind: $(head -n 1 "$work/stderr")" $was 0 ;; *)
                is "make in $path, $kind" $was 2
                grep -q 'make -C FOLDER -f' "$work/stderr"
                was=$?
                ok "make in $path, $kind: '$(head -n 1 "$work/stderr")' should say what to do" $was
                ;;
            esac
            is "what make in $path left" "$(find "$work/in" -name x)" ""
            is "folders beside $path" "$(find "$work/in" -mindepth 1 -maxdepth 1 -exec echo one ';' | wc -l)" 1
        done
        cd "$work/in" || exit 1
        try "$kind" -C "./$name" -f $file
        was=$?
        cd "$here" || exit 1
        is "make -C '$name', $kind: $(head -n 1 "$work/stderr")" $was 0
    done
    for name in o o.x o_x o-x o+x o,x o@x ö a/b/c; do
        rm -rf "$work/in"
        mkdir -p "$work/in/$name" && cp -R "$work/out/." "$work/in/$name"
        cd "$work/in" || exit 1
        try "$kind" -f "$name/$file"
        was=$?
        cd "$here" || exit 1
        is "make in $name, $kind: $(head -n 1 "$work/stderr")" $was 0
    done
done
finish
