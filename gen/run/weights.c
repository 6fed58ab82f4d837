/* The weights that a generator is to carry, by the runtime's reader. */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Replaces n reals at `both` by numbers of two bytes; says what that costs. */
static void halve(enum ag_dtype type, float *both, long n)
{
    ag_u16 *half = malloc((size_t)n * sizeof *half);
    float *back = malloc((size_t)n * sizeof *back);
    double square = 0, error = 0, largest = 0;
    if (!half || !back) abort();
    ag_halve(type, both, n, half);
    ag_unhalve(type, half, n, back);
    for (long i = 0; i < n; i++) {
        const double x = both[i], d = fabs(x - back[i]);
        square += x * x;
        error += d * d;
        if (d > largest) largest = d;
    }
    printf("weights in two bytes each: relative error %.2g (root mean square), the largest error %.2g\n",
           square > 0 ? sqrt(error / square) : 0, largest);
    for (long i = 0; i < n; i++) ((ag_u16 *)both)[i] = half[i];
    free(half);
    free(back);
}

int run_weights(const struct carried_from *from, void **weights, size_t *bytes, char *err, size_t errsize)
{
    const struct ag_program program = {
        .genotype = from->genotype, .block[AG_G] = from->g, .block[AG_STAT] = from->statistics};
    const long g = from->g.size, n = g + from->statistics.size;
    float *both = calloc((size_t)n + 1, sizeof *both);
    real *block[AG_BLOCKS] = {NULL};
    struct ag_error error = {.text = ""};
    if (!both) abort();
    block[AG_G] = both;
    block[AG_STAT] = both + g;
    int status = ag_generator_load(&program, from->path, 0, block, &error);
    if (status) {
        snprintf(err, errsize, "%s", error.text);
        free(both);
        return status;
    }
    if (from->type != AG_F32) halve(from->type, both, n);
    *bytes = (size_t)n * (from->type == AG_F32 ? 4 : 2);
    *weights = both;
    return 0;
}
