#!/bin/sh
# Installs the packages that aggen, its programs and its tests need and this machine lacks, and those that are named.
set -eu

packages="gcc libc6-dev make libjsmn-dev libpng-dev libjpeg62-turbo-dev zlib1g-dev libtcc-dev tcc clang g++ python3
    python3-pil $*"

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: not a Debian system; install what these packages hold: $packages" >&2
    echo "      (Fedora: dnf install gcc make libpng-devel libjpeg-turbo-devel zlib-devel tcc clang gcc-c++ python3 python3-pillow, and jsmn.h)" >&2
    exit 0
fi
missing=
for p in $packages; do installed "$p" || missing="$missing $p"; done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
    echo "deps: not root and no sudo; as root, type: apt-get install$missing" >&2
    exit 1
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as_root apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
    $as_root apt-get update -q >/dev/null
    $as_root apt-get install -y -q --no-install-recommends $missing >/dev/null
}
