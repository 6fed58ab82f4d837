/* Initial values of parameters, and random inputs of phases. */
#include "ag.h"
#include "ag_math.h"
#include <stdio.h>

/* All blocks share the stream AG_RNG_INIT. The words of a block begin at a multiple of this number. */
#define BLOCK_RANGE ((ag_u64)1 << 40)

/* Scales a vector to Euclidean length 1. The order of the sum is fixed, so the result doesn't depend on threads. */
static void normalise(real *value, long n)
{
    double square = 0;
    for (long i = 0; i < n; i++) square += (double)value[i] * value[i];
    real scale = square > 0 ? 1 / ag_sqrt((real)square) : 0;
    for (long i = 0; i < n; i++) value[i] *= scale;
}

static void init_tensor(const struct ag_tensor *tensor, ag_u64 seed, ag_u32 number, ag_u64 first, real *value)
{
    const real a = (real)tensor->a, b = (real)tensor->b;
    const long n = ag_tensor_size(tensor);
    switch (tensor->init) {
    case AG_INIT_CONSTANT:
        for (long i = 0; i < n; i++) value[i] = a;
        break;
    case AG_INIT_UNIFORM:
        ag_uniforms(seed, AG_RNG_INIT, number, first, n, value);
        for (long i = 0; i < n; i++) value[i] = (2 * value[i] - 1) * a;
        break;
    case AG_INIT_NORMAL:
        ag_normals(seed, AG_RNG_INIT, number, first, n, value);
        for (long i = 0; i < n; i++) value[i] = a + b * value[i];
        break;
    case AG_INIT_UNIT_NORMAL:
        ag_normals(seed, AG_RNG_INIT, number, first, n, value);
        normalise(value, n);
        break;
    }
}

void ag_init_block(const struct ag_program *program, enum ag_block block, ag_u64 seed, real *const blocks[AG_BLOCKS])
{
    const struct ag_table *table = ag_block_table(program, block);
    for (int i = 0; i < table->count; i++)
        init_tensor(&table->tensor[i], seed, (ag_u32)i, (ag_u64)block * BLOCK_RANGE,
                    blocks[block] + table->tensor[i].offset);
    ag_upload(blocks[block], table->size);
}

/* Gumbel noise, -log(-log(u)). u is the middle of one of 2^24 intervals of [0, 1], so no logarithm of 0 is taken. */
static real gumbel(real uniform)
{
    double u = (double)uniform + 1.0 / (1 << 25);
    return (real)-ag_log64(-ag_log64(u));
}

void ag_gumbel(const struct ag_program *program, const struct ag_phase *phase, ag_u64 seed, long draw, double tau,
               real *in)
{
    real *sharpness = ag_tensor_find(&phase->in, "in.sharpness", in);
    ag_u64 first = 0;
    if (sharpness) *sharpness = tau > 0 ? (real)(1 / tau - 1) : 0;
    for (int i = 0; i < program->choices; i++) {
        const struct ag_choice *choice = &program->choice[i];
        char name[256];
        snprintf(name, sizeof name, "in.gumbel.%s", choice->name);
        real *noise = ag_tensor_find(&phase->in, name, in);
        if (noise) ag_uniforms(seed, AG_RNG_GUMBEL, (ag_u32)draw, first, choice->count, noise);
        for (int k = 0; noise && k < choice->count; k++) noise[k] = tau > 0 ? gumbel(noise[k]) : 0;
        first += (ag_u64)choice->count;
    }
}

void ag_sample_latents(const struct ag_program *program, ag_u64 seed, long first, long n, real *z)
{
    for (long i = 0; i < n; i++)
        ag_normals(seed, AG_RNG_SAMPLE, (ag_u32)(first + i), 0, program->latent, z + i * program->latent);
}
