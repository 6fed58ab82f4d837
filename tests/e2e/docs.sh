#!/bin/sh
# README.md and doc/ name what there is.
cd "$(dirname "$0")/../.." || exit 1
exec sh tests/tools/links.sh
