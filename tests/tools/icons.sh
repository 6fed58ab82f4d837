#!/bin/sh
# Fetches a small set of real pictures: the icons of Debian's oxygen-icon-theme, 32 to 256 pixels, as plain PNG files.
#
#   tests/tools/icons.sh [FOLDER]        FOLDER: data/icons; left as it is where it exists
#
# An icon that comes in several sizes is taken once, at 64 pixels if possible; its name says category-icon.png.
set -eu

package=oxygen-icon-theme
folder=${1:-data/icons}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "icons: $*" >&2
    exit 1
}

# Needs no root, but a list of packages that was fetched some time.
download() {
    (cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$package" >"$work/log" 2>&1)
}

update() {
    if [ "$(id -u)" = 0 ]; then apt-get -q update; else sudo apt-get -q update; fi >"$work/log" 2>&1
}

if [ -e "$folder" ]; then
    echo "icons: $folder is there already; remove it to fetch it again"
    exit 0
fi
for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || fail "$tool not found; this needs Debian or a system made from it"
done
download || { update && download; } || fail "can't fetch $package: $(tail -n 1 "$work/log")"
dpkg-deb -x "$work"/*.deb "$work/package"

# Sizes in order of preference: the first that has an icon wins. Links, which repeat pictures, are no files to find.
mkdir "$work/icons"
for size in 64 48 128 256 32; do
    find "$work/package" -type f -path "*/${size}x$size/*.png"
done | while IFS= read -r file; do
    category=$(basename "$(dirname "$file")")
    target=$work/icons/$category-${file##*/}
    [ -e "$target" ] || cp "$file" "$target"
done

# The same picture under two names is still one picture.
md5sum "$work"/icons/*.png | sort | awk '$1 == last { print $2 } { last = $1 }' | while IFS= read -r file; do
    rm "$file"
done

count=$(find "$work/icons" -type f | wc -l)
[ "$count" -gt 0 ] || fail "$package has no icons where they were expected"
chmod 755 "$work/icons"
mkdir -p "$(dirname "$folder")"
mv "$work/icons" "$folder"
echo "icons: $count pictures in $folder"
