/*
 * A step of StyleGAN2's retraining, done once more from its description, in double where the program has its own sums:
 *
 *     style_step BEFORE AFTER        the checkpoint before a step and the one after it, of tiny_style.json's program
 *
 * Linked with that program's phases and runtime. Says what differs, and ends with 1 if anything does.
 */
#include "retrain.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What tiny_style.json asks for. */
enum { ACCUMULATE = 2, BATCH = 4, INTERVAL = 3, LAYERS = 6 };
static const double LR = 0.002, BETA2 = 0.99, MIXING = 0.9, EMA_PICTURES = 10000;
static const char *const layers[LAYERS] = {"b4.normal", "b8.up", "b8.normal", "b16.up", "b16.normal", "b16.rgb"};

enum { G, D };
static const struct ag_program *const program = &retrain_program;
static struct ag_error err;
static real *block[AG_BLOCKS], *ema, *m[2], *v[2], *found;
static ag_u64 seed;
static long step, latents, noises, mixings, batches, steps[2]; /* steps: of the two optimisers */
static int wrong;

static void need(int status)
{
    if (!status) return;
    fprintf(stderr, "style_step: %s\n", err.text);
    exit(1);
}

/* ---------------------------------------------------------------- the step */

static void draw(const struct ag_phase *phase)
{
    real *in = block[AG_IN];
    ag_normals(seed, AG_RNG_Z, (ag_u32)latents++, 0, (long)BATCH * program->latent,
               ag_tensor_find(&phase->in, "in.z", in));
    ag_draw_noise(phase, seed, noises++, in);
    ag_draw_mixing(phase, seed, mixings++, MIXING, in);
}

/* Adam with beta1 = 0 on the mean of the passes' gradients, in the time that c of a step takes. */
static void adam(int network, const double *sum, double factor, double c)
{
    const long size = program->block[network].size;
    const double beta2 = pow(BETA2, c), unbias = 1 - pow(beta2, (double)++steps[network]);
    for (long i = 0; i < size; i++) {
        double g = sum[i] / ACCUMULATE * factor, second = beta2 * (double)v[network][i] + (1 - beta2) * g * g;
        m[network][i] = (real)g;
        v[network][i] = (real)second;
        block[network][i] -= (real)(LR * c * g / (sqrt(second / unbias) + 1e-8));
    }
}

/* Passes of a phase; with_reals: 1: of new real pictures, which are kept, 2: of those. */
static double *gradient(const char *name, int with_reals, struct ag_data *data)
{
    const struct ag_phase *phase = ag_phase_find(program, name);
    static real reals[ACCUMULATE][BATCH * 16 * 16 * 3];
    const long size = program->block[phase->updates_weights].size;
    double *sum = calloc((size_t)size, sizeof *sum);
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        if (with_reals == 1) need(ag_data_batch(data, 0, BATCH, batches++, reals[pass], &err));
        if (with_reals) memcpy(ag_tensor_find(&phase->in, "in.x", block[AG_IN]), reals[pass], sizeof reals[pass]);
        if (with_reals < 2) draw(phase);
        ag_clear(block[AG_GRAD], size);
        phase->run(block);
        for (long i = 0; i < size; i++) sum[i] += (double)block[AG_GRAD][i];
    }
    return sum;
}

static void take_step(void)
{
    const struct ag_data_options options = {
        .format = "shapes", .path = "", .size = 16, .channels = 3, .split = 1, .seed = seed};
    const double c = INTERVAL / (INTERVAL + 1.0), keep = pow(0.5, ACCUMULATE * BATCH / EMA_PICTURES);
    struct ag_data *data;
    need(ag_data_open(&data, &options, &err));
    adam(G, gradient("g", 0, data), 1, 1);
    adam(D, gradient("d", 1, data), 1, c);
    if (step % INTERVAL == 0) adam(D, gradient("r1", 2, data), INTERVAL, c);
    for (long i = 0; i < program->block[AG_G].size; i++)
        ema[i] = (real)(keep * (double)ema[i] + (1 - keep) * (double)block[AG_G][i]);
    ag_data_close(data);
}

/* ---------------------------------------------------------------- mixing */

/* Where picture k's layers change; -1 if they change more than once, or back. */
static int crossover(const struct ag_phase *g, int k)
{
    int at = LAYERS;
    for (int l = 0; l < LAYERS; l++) {
        char name[64];
        snprintf(name, sizeof name, "in.mix.%s", layers[l]);
        const real other = ag_tensor_find(&g->in, name, block[AG_IN])[k];
        if (other == 1 && at == LAYERS) at = l;
        if (other != (real)(l >= at)) return -1;
    }
    return at;
}

/* A picture's layers change once at most, never at the first, and everywhere equally often. */
static void check_mixing(void)
{
    enum { DRAWS = 5000 };
    const struct ag_phase *g = ag_phase_find(program, "g");
    int at[LAYERS + 2] = {0};
    for (long i = 0; i < DRAWS; i++) {
        ag_draw_mixing(g, 1, i, MIXING, block[AG_IN]);
        for (int k = 0; k < BATCH; k++) at[1 + crossover(g, k)]++;
    }
    for (int l = -1; l <= LAYERS; l++) {
        double share = (double)at[1 + l] / (DRAWS * BATCH);
        double expected = l < 1 ? 0 : l == LAYERS ? 1 - MIXING : MIXING / (LAYERS - 1);
        if (fabs(share - expected) <= (expected > 0 ? 0.01 : 0)) continue;
        printf("crossovers at layer %d: %.4f, expected %.4f\n", l, share, expected);
        wrong = 1;
    }
}

/* ---------------------------------------------------------------- checkpoints */

static long counter(const struct ag_st *st, const char *name)
{
    const char *text = ag_st_meta(st, name);
    return text ? strtol(text, NULL, 10) : -1;
}

static void load(const char *path)
{
    struct ag_st st;
    need(ag_st_open(&st, path, &err));
    for (int i = AG_G; i <= AG_STAT; i++) need(ag_block_load(&st, "", &program->block[i], block[i], 0, &err));
    need(ag_block_load(&st, "ema.", &program->block[G], ema, 0, &err));
    for (int i = G; i <= D; i++) {
        need(ag_block_load(&st, "adam.m.", &program->block[i], m[i], 0, &err));
        need(ag_block_load(&st, "adam.v.", &program->block[i], v[i], 0, &err));
    }
    seed = strtoull(ag_st_meta(&st, "seed"), NULL, 10);
    step = counter(&st, "step"), latents = counter(&st, "latents"), noises = counter(&st, "noises");
    mixings = counter(&st, "mixings"), batches = counter(&st, "batches");
    steps[G] = counter(&st, "adam.g"), steps[D] = counter(&st, "adam.d");
    ag_st_close(&st);
}

/* Equal to float rounding of the value and of what a step adds to it. */
static void compare(const struct ag_st *st, const char *prefix, int table, const real *ours, double relative,
                    double absolute)
{
    const struct ag_table *t = &program->block[table];
    need(ag_block_load(st, prefix, t, found, 0, &err));
    for (int i = 0; i < t->count; i++) {
        long first = t->tensor[i].offset, size = 1;
        for (int k = 0; k < t->tensor[i].rank; k++) size *= t->tensor[i].shape[k];
        for (long k = first; k < first + size; k++) {
            double a = (double)ours[k], b = (double)found[k];
            if (fabs(a - b) <= relative * fabs(b) + absolute) continue;
            printf("%s%s: %.9g, expected %.9g\n", prefix, t->tensor[i].name, b, a);
            wrong = 1;
            break;
        }
    }
}

static void compare_count(const struct ag_st *st, const char *name, long ours)
{
    if (counter(st, name) == ours) return;
    printf("%s: %ld, expected %ld\n", name, counter(st, name), ours);
    wrong = 1;
}

static void check(const char *path)
{
    struct ag_st st;
    need(ag_st_open(&st, path, &err));
    for (int i = G; i <= D; i++) {
        compare(&st, "", i, block[i], 3e-7, 1e-6);
        compare(&st, "adam.m.", i, m[i], 1e-4, 1e-8);
        compare(&st, "adam.v.", i, v[i], 1e-4, 1e-12);
    }
    compare(&st, "", AG_STAT, block[AG_STAT], 1e-6, 1e-7);
    compare(&st, "ema.", G, ema, 3e-7, 1e-7);
    compare_count(&st, "step", step + 1);
    compare_count(&st, "latents", latents);
    compare_count(&st, "noises", noises);
    compare_count(&st, "mixings", mixings);
    compare_count(&st, "batches", batches);
    compare_count(&st, "adam.g", steps[G]);
    compare_count(&st, "adam.d", steps[D]);
    ag_st_close(&st);
}

int main(int argc, char **argv)
{
    const long g = program->block[G].size, d = program->block[D].size, largest = g > d ? g : d;
    if (argc != 3) return 2;
    need(ag_blocks_new(program, block, &err));
    ema = ag_reals(g, &err);
    found = ag_reals(largest, &err);
    for (int i = G; i <= D; i++) m[i] = ag_reals(largest, &err), v[i] = ag_reals(largest, &err);
    load(argv[1]);
    take_step();
    check(argv[2]);
    check_mixing();
    return wrong;
}
