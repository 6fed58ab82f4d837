#!/bin/sh
# Files as people have them: pictures of every kind, archives of every form, folders with everything in them that is no
# picture. What the loader makes of them is compared with what corpus.py says. Closes on `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=build/corpus
mkdir -p $build
python=python3 # one that has PIL: of Debian's package, where another comes first
$python -c 'import PIL' 2> /dev/null || python=/usr/bin/python3
if ! $python -c 'import PIL'; then
    echo "corpus: python3 has no PIL; install python3-pil"
    echo "0 passed, 1 failed"
    exit 1
fi
if ! ${CC:-cc} -std=gnu99 -O2 -Wall -Wextra -Werror -Iruntime -o $build/driver tests/corpus/driver.c runtime/data*.c \
    runtime/resources.c runtime/file.c runtime/picture_decoder.c runtime/exif.c runtime/resize.c runtime/error.c runtime/parallel.c runtime/random.c \
    runtime/text.c -lpng -ljpeg -lz -lm -lpthread; then
    echo "0 passed, 1 failed"
    exit 1
fi
exec $python -B tests/corpus/corpus.py $build/driver
