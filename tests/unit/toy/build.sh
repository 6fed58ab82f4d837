# For test scripts to read in, after tests/tools/check.sh, with $root and $here: builds programs with toy networks in
# $work, and goes there.
cc="${CC:-gcc} -std=gnu99 -Wall -Wextra -Werror ${CFLAGS:--O2} -I$root/runtime -I$here/toy"

for file in "$root"/runtime/*.c; do
    $cc -c -o "$work/$(basename "$file" .c).o" "$file" || exit 1
done
# Builds a program: build NAME KIND FLAGS...
build() {
    name=$1 kind=$2
    shift 2
    upper=$(echo "$kind" | tr a-z A-Z)
    $cc -DTOY_"$upper" "$@" -o "$work/$name" "$root/templates/host/$kind.c" "$here/toy/program.c" "$work"/*.o -lpng \
        -ljpeg -lz -lm -lpthread || exit 1
}
settings="-DAG_WEIGHT_STEPS=5 -DAG_BAR_STEPS=3 -DAG_ARCH_STEPS=4 -DAG_BATCH=8 -DAG_SPLIT=0.5 -DAG_WEIGHTS_LR=0.001
    -DAG_WEIGHTS_BETA1=0.1 -DAG_WEIGHTS_BETA2=0.99 -DAG_ARCH_LR=0.01 -DAG_ARCH_BETA1=0.5 -DAG_ARCH_BETA2=0.9
    -DAG_ARCH_DECAY=0.001 -DAG_DATA_FORMAT=\"shapes\" -DAG_DATA_PATH=\"\" -DAG_CENTER_CROP=0 -DAG_ITERATIONS=6"
plain="-DAG_CRITIC_STEPS=1 -DAG_BAR_UPDATES=0 -DAG_ARCH_BOTH=0 -DAG_GUMBEL_TAU=0 -DAG_WARMUP=0 -DAG_BAR_DECAY_AFTER=0
    -DAG_BAR_DECAY=1"
cd "$work" || exit 1
