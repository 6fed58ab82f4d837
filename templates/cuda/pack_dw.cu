/*
 * Packs the weight of a depthwise convolution, [C][1][K][K], as dwconv.cu reads it: [K][K][C], flipped in both axes if
 * AG_FLIP. Tokens: AG_FN; AG_IMAGES; AG_C, AG_K; AG_FLIP (0 or 1).
 */
#ifndef AG_FN
#define AG_FN     pack_dw
#define AG_IMAGES 1
#define AG_C      64
#define AG_K      3
#define AG_FLIP   0
#endif
/* AG_TEMPLATE */
/* a thread for each value */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ w, float *__restrict__ packed)
{
    enum { C = AG_C, TAPS = AG_K * AG_K, COUNT = AG_IMAGES * TAPS * C };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned c = k % C, tap = k / C % TAPS, n = k / C / TAPS;
        packed[k] = w[(n * C + c) * TAPS + (AG_FLIP ? TAPS - 1 - tap : tap)];
    }
}
