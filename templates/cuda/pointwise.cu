/*
 * Pointwise expressions over one index space, [D0][D1][D2][D3] from the outermost: a thread for each place.
 *
 * Tokens: AG_FN; AG_PARAMS; AG_SIZE, the places; AG_INDEX (declares those of i0 … i3 that are needed, from k); AG_BODY.
 */
#ifndef AG_FN
#define AG_FN     pointwise
#define AG_PARAMS const float *__restrict__ x0, float *__restrict__ y0
#define AG_SIZE   4096
#define AG_INDEX
#define AG_BODY y0[k] = x0[k] > 0 ? x0[k] : 0;
#endif
/* AG_TEMPLATE */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(AG_PARAMS)
{
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < AG_SIZE; k += gridDim.x * 256) {
        AG_INDEX
        AG_BODY
    }
}
