#!/bin/sh
# Two emissions into one folder: the second waits for the first and says so, and the folder holds all files of one.
cd "$(dirname "$0")/../.." || exit 1
. tests/tools/check.sh
tiny=tests/e2e/tiny.json
out=$work/out

# While somebody holds the lock, aggen says that it waits, and writes nothing.
mkdir "$out"
mkfifo "$work/release" "$work/messages"
flock "$out" cat "$work/release" > /dev/null &
holder=$!
exec 3> "$work/release" # opens when the holder reads, which has the lock by then
./aggen $tiny -o "$out" > /dev/null 2> "$work/messages" 3>&- & # the holder waits for all who have 3
waiting=$!
read -r line < "$work/messages"
is "what the second says" "$line" "aggen: $out: another aggen is writing here; waiting until it has ended"
is "what it has written meanwhile" "$(ls "$out")" ""
exec 3>&-
wait $holder
wait $waiting
is "its exit status after that" $? 0
[ -s "$out/search.mk" ]
ok "after that, search.mk is there" $?

# Of two at once one comes first: the folder is as if they had been called in that order.
here=$PWD
emit() { # folder, genotype
    mkdir -p "$work/$1"
    (cd "$work/$1" && "$here/aggen" "$here/spaces/genotypes/$2.json" -o out > /dev/null 2>&1)
}
emit s_then_l alphagan_s && emit s_then_l alphagan_l
emit l_then_s alphagan_l && emit l_then_s alphagan_s
for round in 1 2 3 4; do
    emit "at_once$round" alphagan_s &
    emit "at_once$round" alphagan_l
    was=$?
    wait $!
    is "round $round: exit statuses" "$was $?" "0 0"
    diff -r "$work/at_once$round" "$work/s_then_l" > /dev/null || diff -r "$work/at_once$round" "$work/l_then_s" > /dev/null
    ok "round $round: the folder holds all files of one" $?
done
finish
