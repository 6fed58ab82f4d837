/* Scales a block. Tokens: AG_FN. */
#ifndef AG_FN
#define AG_FN scale
#endif
/* AG_TEMPLATE */
/* to[i] *= factor, i < n; a thread for each */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(float *to, float factor, long n)
{
    for (long i = blockIdx.x * 256L + threadIdx.x; i < n; i += gridDim.x * 256L) to[i] *= factor;
}
