/* For tests/e2e/layers.sh: what the layers of a generator are given, and what the whole makes of the same. */
#include "all.c" /* for its noise */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static float z[4096], noise[1 << 20], psi = 0.7f;
static long drawn;

static void draw_latent(int n)
{
    for (int i = 0; i < n; i++) z[i] = (float)sin(i * 1.7);
}

/* The noise of picture 0 of seed 0 for the next layer. */
static const float *draw_noise(int n)
{
    ag_normals(0, AG_RNG_SAMPLE_NOISE, 0, (ag_u64)drawn, n, noise);
    drawn += n;
    return noise;
}

static int compare(const float *y)
{
    const long size = (long)ALL_SIZE * ALL_SIZE * ALL_CHANNELS;
    float *whole = malloc((size_t)size * sizeof *whole), worst = 0;
    void *memory = malloc(all_memory());
    if (!whole || !memory || all_init(memory, all_memory()) || all_generate(memory, z, 0, 0, 1, psi, whole, NULL))
        return 1;
    for (long i = 0; i < size; i++) worst = fmaxf(worst, fabsf(whole[i] - y[i]));
    printf("%g\n", worst);
    free(whole);
    free(memory);
    return !(worst <= 1e-4f);
}
