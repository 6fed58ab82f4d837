/* Adds one block to another. Tokens: AG_FN. */
#ifndef AG_FN
#define AG_FN add
#endif
/* AG_TEMPLATE */
/* to[i] += from[i], i < n; a thread for each */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(float *__restrict__ to, const float *__restrict__ from, long n)
{
    for (long i = blockIdx.x * 256L + threadIdx.x; i < n; i += gridDim.x * 256L) to[i] += from[i];
}
