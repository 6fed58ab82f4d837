/* The inputs of a StyleGAN2 generator other than its latents: noise for each layer, style mixing, truncation. */
#include "ag.h"
#include <stdlib.h>
#include <string.h>

static int is_noise(const char *name)
{
    return !strncmp(name, "in.noise", 8);
}

static long noise_size(const struct ag_tensor *tensor)
{
    return (long)tensor->shape[1] * tensor->shape[2] * tensor->shape[3];
}

/* Draws normals to where the phase reads them: to the mirror if there is a device, else to the block. */
static void draw_normals(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first)
{
    if (ag_device)
        ag_device->normals(to, n, seed, stream, step, first);
    else
        ag_normals(seed, stream, step, first, n, to);
}

int ag_draw_noise(const struct ag_phase *phase, ag_u64 seed, long draw, real *in)
{
    ag_u64 first = 0;
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        if (!is_noise(tensor->name)) continue;
        long n = tensor->shape[0] * noise_size(tensor);
        draw_normals(in + tensor->offset, n, seed, AG_RNG_NOISE, (ag_u32)draw, first);
        first += (ag_u64)n;
    }
    return first > 0;
}

void ag_sample_noise(const struct ag_phase *phase, ag_u64 seed, int seed_stride, long first, long stride, real *in)
{
    ag_u64 index = 0;
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        if (!is_noise(tensor->name)) continue;
        long n = noise_size(tensor);
        for (long k = 0; k < tensor->shape[0]; k++)
            draw_normals(in + tensor->offset + k * n, n, seed + (ag_u64)(k * seed_stride), AG_RNG_SAMPLE_NOISE,
                         (ag_u32)(first + k * stride), index);
        index += (ag_u64)n;
    }
}

void ag_fill_inputs(const struct ag_phase *phase, const char *prefix, real value, real *in)
{
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        if (strncmp(tensor->name, prefix, strlen(prefix))) continue;
        const long n = ag_tensor_size(tensor);
        for (long k = 0; k < n; k++) in[tensor->offset + k] = value;
    }
}

/* ---------------------------------------------------------------- style mixing */

/* The first word of the stream that is used for crossovers. The words before it are used for latents. */
#define CROSSOVERS ((ag_u64)1 << 40)

/* A number by which layers are ordered, from the name of the input in.mix.bR.up, in.mix.bR.normal or in.mix.bR.rgb. -1
 * for any other name. */
static long layer_place(const char *name)
{
    char *kind;
    if (strncmp(name, "in.mix.b", 8)) return -1;
    long resolution = strtol(name + 8, &kind, 10);
    return 3 * resolution + (!strcmp(kind, ".up") ? 0 : !strcmp(kind, ".normal") ? 1 : 2);
}

/* The number of layers that come before the layer with this number. place = -1: the number of all layers. */
static int layers_before(const struct ag_table *table, long place)
{
    int count = 0;
    for (int i = 0; i < table->count; i++) {
        long other = layer_place(table->tensor[i].name);
        count += other >= 0 && (place < 0 || other < place);
    }
    return count;
}

/* The first layer of picture k that takes the second latent, or `layers` if no layer does. */
static int crossover(ag_u64 seed, long draw, long k, double probability, int layers)
{
    real u[2];
    ag_uniforms(seed, AG_RNG_MIXING, (ag_u32)draw, CROSSOVERS + 2 * (ag_u64)k, 2, u);
    /* In double, the product with u < 1 can't round up to `layers`. */
    return (double)u[0] < probability ? 1 + (int)((double)u[1] * (layers - 1)) : layers;
}

int ag_draw_mixing(const struct ag_phase *phase, ag_u64 seed, long draw, double probability, real *in)
{
    const struct ag_table *table = &phase->in;
    const int layers = ag_mix_layers(phase);
    if (!layers) return 0;
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *tensor = &table->tensor[i];
        real *value = in + tensor->offset;
        const long place = layer_place(tensor->name), count = tensor->shape[0];
        if (!strcmp(tensor->name, "in.mix.z"))
            ag_normals(seed, AG_RNG_MIXING, (ag_u32)draw, 0, count * tensor->shape[1], value);
        if (place < 0) continue;
        const int layer = layers_before(table, place);
        for (long k = 0; k < count; k++) value[k] = layer >= crossover(seed, draw, k, probability, layers);
    }
    return 1;
}

int ag_mix_layers(const struct ag_phase *phase)
{
    return layers_before(&phase->in, -1);
}

void ag_mix_from(const struct ag_phase *phase, int first, real *in)
{
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        const long place = layer_place(tensor->name);
        if (place < 0) continue;
        const real other = layers_before(&phase->in, place) >= first;
        for (long k = 0; k < tensor->shape[0]; k++) in[tensor->offset + k] = other;
    }
}
