#!/bin/sh
# Every key of a spec builds a program that runs with finite numbers, and does to the run what it says.
. "$(dirname "$0")/common.sh"
level=-O0

# finite WHAT LOG LINES: a log of that many lines, all numbers numbers
finite() {
    is "$1: lines in the log" "$(wc -l < "$2")" "$3"
    is "$1: lines with what is no number" "$(sed 's/infer//' "$2" | grep -ci 'nan\|inf\|null')" 0
}

# Search, with the keys set.
try() { # folder, [key=value | --option]...
    folder=$1
    space "$@"
    rm -rf "${e2e:?}/$folder/run"
    ends "$folder: search" 0 "" "$e2e/$folder/search" --run "$e2e/$folder/run" --seed 3
    case $folder in # where not every iteration has everything
    warmup) ;;
    *) finite "$folder: search" "$e2e/$folder/run/log.jsonl" 3 ;;
    esac
}
# Retrain what was found, with the keys set.
retry() { # folder, [key=value]...
    folder=$1
    derive "$@"
    rm -rf "${e2e:?}/$folder/retrained"
    ends "$folder: retrain" 0 "" "$e2e/$folder/retrain" --run "$e2e/$folder/retrained" --seed 3
    finite "$folder: retrain" "$e2e/$folder/retrained/log.jsonl" 6
}

# value FOLDER LINE KEY: what a log says
value() { sed -n "$2p" "$e2e/$1/log.jsonl" | sed "s/.*\"$3\": \({[^}]*}\|[^,}]*\).*/\1/"; }
alike() { # folder, folder, line, keys: the same in both searches
    for key in $4; do is "$1, $2: $key of iteration $3" "$(value "$1/run" "$3" "$key")" "$(value "$2/run" "$3" "$key")"; done
}
differ() { # folder, folder, line, keys: another in each
    for key in $4; do
        [ "$(value "$1/run" "$3" "$key")" != "$(value "$2/run" "$3" "$key")" ]
        was=$?
        ok "$1, $2: $key of iteration $3 is the same: $(value "$1/run" "$3" "$key")" $was
    done
}
# Losses of two searches agree to a thousandth.
close() { # folder, folder
    for folder in "$1" "$2"; do
        for line in 1 2 3; do
            for key in d_loss g_loss minmax maxmin; do echo "$key $(value "$folder/run" $line $key)"; done
        done > "$work/values.$folder"
    done
    paste "$work/values.$1" "$work/values.$2" | awk '
        function size(x) { return x < 0 ? -x : x }
        !(size($2 - $4) <= 1e-3 * (1 + size($2))) { print; far = 1 }
        END { exit far || NR != 12 }' > "$work/far"
    was=$?
    ok "$1 and $2 differ: $(tr '\n' ' ' < "$work/far")" $was
}

# ---------------------------------------------------------------- how it is searched

try hinge search.loss=hinge
try logistic search.loss=logistic
try wgan search.loss=wgan
for loss in logistic wgan; do differ hinge $loss 1 "d_loss minmax alpha"; done
differ hinge logistic 1 g_loss

try gumbel search.gumbel_tau=0.5
differ hinge gumbel 1 "d_loss g_loss minmax alpha"
try gumbel_cold search.gumbel_tau=0.01
differ gumbel gumbel_cold 1 d_loss
try bar_alpha search.bar_updates=alpha search.arch.lr=0.1
try bar_both search.bar_updates=both
for bar in bar_alpha bar_both; do
    alike hinge $bar 1 "d_loss g_loss"
    differ hinge $bar 1 "maxmin gap"
done
try decay 'search.bar_lr_decay=[1,0.25]'
alike hinge decay 1 "d_loss g_loss minmax maxmin alpha"
alike hinge decay 2 "d_loss g_loss"
differ hinge decay 2 gap
try arch_both search.arch_data=both
alike hinge arch_both 1 "d_loss g_loss"
differ hinge arch_both 1 "minmax alpha"
try critics search.critic_steps=2
differ hinge critics 1 "d_loss g_loss"
try warmup search.warmup=0.67
alike hinge warmup 1 "d_loss g_loss"
for line in 1 2 3; do echo "$(value warmup/run $line gap) $(value warmup/run $line alpha)"; done > "$work/warmup"
is "warm-up: iterations without a gap" "$(grep -c '^null' "$work/warmup")" 2
is "warm-up: architectures" "$(cut -d ' ' -f 2- "$work/warmup" | uniq | wc -l)" 2
try rates search.weights.lr=0.002 'search.weights.betas=[0.5,0.9]' search.arch.lr=0 search.split=0.7
is "a rate of 0 for alpha: architectures" "$(for line in 1 2 3; do value rates/run $line alpha; done | uniq | wc -l)" 1
differ hinge rates 2 "d_loss g_loss"
try few search.arch_steps=1 search.bar_steps=1 search.weight_steps=1 search.batch=1
try unmerged --no-merge
close hinge unmerged

# ---------------------------------------------------------------- what is searched

try no_deconv 'generator.up=["nearest","bilinear"]' 'generator.normal=["conv_3x3"]'
is "a pool of one: its alpha" "$(value no_deconv/run 1 alpha | grep -o 'normal[0-9]": \[[^,]*\]' | wc -l)" 6
try learnable 'generator.up=["nearest_conv","bilinear_conv","deconv","nearest","bilinear"]'
try learnable_unmerged 'generator.up=["nearest_conv","bilinear_conv","deconv","nearest","bilinear"]' --no-merge
close learnable learnable_unmerged
cell='{"edges": [["a", "in", 1, "up"], ["b", 1, 2, "normal"], ["c", 1, 3, "normal"], ["d", 2, 3, "normal"],'
cell=$cell'["e", "in", 5, "up"], ["f", 3, 6, "normal"], ["g", 5, 6, "normal"]], "output": 6, "skip": null}'
try own_cell "generator.cell=$cell" generator.channels=5 discriminator.channels=3
try own_cell_unmerged "generator.cell=$cell" generator.channels=5 discriminator.channels=3 --no-merge
close own_cell own_cell_unmerged
is "its edges" "$(value own_cell/run 1 alpha | grep -o 'cell2\.[a-z0-9]*' | tr '\n' ' ')" \
    "cell2.a cell2.b cell2.c cell2.d cell2.e cell2.f cell2.g "
cell='{"edges": [["x", "in", 2, "up"], ["y", 2, 1, "normal"]], "output": 1, "skip": [2, 1]}'
try other_cell "generator.cell=$cell" image.size=32
level=-O1
try grey image.channels=1 image.size=48 generator.base=6
try wide image.size=32 generator.base=8 generator.cells=2 generator.channels=12 discriminator.channels=10 search.batch=3
try wide_unmerged image.size=32 generator.base=8 generator.cells=2 generator.channels=12 discriminator.channels=10 \
    search.batch=3 --no-merge
close wide wide_unmerged
level=-O0
try odd image.size=28 generator.base=7 generator.latent=1
try deep generator.base=2 generator.channels=1 discriminator.channels=1
try one_cell image.size=8

# ---------------------------------------------------------------- how it is retrained

retry hinge
retry logistic retrain.loss=logistic
retry wgan retrain.loss=wgan retrain.lr_decay=linear
retry own_cell 'retrain.channels=[6,7]' retrain.critic_steps=1
level=-O1
retry grey retrain.batch_g=3 retrain.batch_d=5 retrain.ema=0
retry wide
level=-O0
retry learnable
retry odd retrain.lr_decay=linear
retry deep
retry one_cell 'retrain.channels=[1,1]'

# Linear decay: the first step is as without, the last is not.
cp -r $e2e/hinge/run $e2e/linear.run
rm -rf $e2e/linear
mkdir $e2e/linear
mv $e2e/linear.run $e2e/linear/run
retry linear retrain.lr_decay=linear
is "linear decay: the first step" "$(value linear/retrained 1 d_loss | cut -c 1-5)" \
    "$(value hinge/retrained 1 d_loss | cut -c 1-5)"
[ "$(value linear/retrained 6 d_loss)" != "$(value hinge/retrained 6 d_loss)" ]
ok "linear decay changes the last step" $?
# Its files: a checkpoint every 3 iterations, samples every 4 and after the last.
is "samples" "$(ls $e2e/hinge/retrained/samples | tr '\n' ' ')" "000004.png 000006.png reals.png "
is "channels of a retraining" \
    "$(./aggen info $e2e/own_cell/run/genotype.json --json --set 'retrain.channels=[6,7]' | grep -o '"generator": [0-9]*' | head -n 1)" \
    "$(./aggen info $e2e/own_cell/run/genotype.json --json --set generator.channels=6 --set discriminator.channels=7 |
        grep -o '"generator": [0-9]*' | head -n 1)"
finish
