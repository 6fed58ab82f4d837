/* Normals from Philox, as runtime/random.c's ag_normals: the noise of a StyleGAN2 generator. Tokens: AG_FN. */
#ifndef AG_FN
#include "philox.cuh"
#define AG_FN normals
#endif
/* AG_TEMPLATE */
/* y[k] is number first + k of (seed, stream, step), k < n. A thread for four numbers, those of a block of words. */
extern "C" __global__ void __launch_bounds__(256, 4)
    AG_FN(float *__restrict__ y, unsigned long long seed, unsigned stream, unsigned step, unsigned long long first, long n)
{
    const long blocks = (long)((first + n - 1) / 4 - first / 4) + 1;
    for (long k = blockIdx.x * 256L + threadIdx.x; k < blocks; k += gridDim.x * 256L) {
        const unsigned long long block = first / 4 + k;
        float value[4];
        ag_normals(seed, stream, step, block, value);
#pragma unroll
        for (int l = 0; l < 4; l++) {
            const long at = (long)(4 * block + l - first);
            if (at >= 0 && at < n) y[at] = value[l];
        }
    }
}
