# shellcheck shell=sh disable=SC2034
# For test scripts to read in, which run from the checkout's root: the generator's sources, but for what runs programs
# (gen/run/), where their headers are, and what make has made of them, but for those files that call gen/run/.
gen_commands='gen/main.c gen/commands.c'
gen_sources=$(find gen -name '*.c' ! -path 'gen/run/*' | LC_ALL=C sort)
gen_includes=$(find gen -type d | LC_ALL=C sort | sed 's/^/-I/' | paste -s -d ' ')
gen_objects=$(echo "$gen_sources" | grep -v -x -e gen/main.c -e gen/commands.c | sed 's|\(.*\)\.c$|build/\1.o|' | paste -s -d ' ')
