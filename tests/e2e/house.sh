#!/bin/sh
# The order of gen/'s folders, and the sizes of files and functions.
cd "$(dirname "$0")/../.." || exit 1
exec sh tests/tools/layers.sh
