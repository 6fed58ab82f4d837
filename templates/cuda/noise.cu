/*
 * Fills an input with normals, as runtime/random.c's ag_normals does: a generator's noise or latents. The program has
 * philox.cuh before it.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_SIZE (reals of a picture).
 */
#ifndef AG_FN
#include "philox.cuh"
#define AG_FN     noise
#define AG_IMAGES 4
#define AG_SIZE   4096
#endif
/* AG_TEMPLATE */
/*
 * y[n,k] is number first + n * next + k of (seed, stream, step + n * steps). from: seed low, seed high, stream, step,
 * steps, first low, first high, next. Noise in training (ag_draw_noise) has steps 0 and next SIZE; that of pictures to
 * look at (ag_sample_noise) the steps from picture to picture and next 0. A thread for four numbers, those of a block
 * of words, at most two of which are in part outside a picture.
 */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(float *__restrict__ y, const unsigned *__restrict__ from)
{
    enum { SIZE = AG_SIZE, BLOCKS = SIZE / 4 + 2, COUNT = AG_IMAGES * BLOCKS };
    const unsigned long long seed = (unsigned long long)from[1] << 32 | from[0];
    const unsigned long long start = (unsigned long long)from[6] << 32 | from[5];
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned n = k / BLOCKS;
        const unsigned long long first = start + n * (unsigned long long)from[7], block = first / 4 + k % BLOCKS;
        float value[4];
        ag_normals(seed, from[2], from[3] + n * from[4], block, value);
#pragma unroll
        for (int l = 0; l < 4; l++) {
            const long at = (long)(4 * block + l - first);
            if (at >= 0 && at < SIZE) y[n * (long)SIZE + at] = value[l];
        }
    }
}
