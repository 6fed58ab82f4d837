/*
 * Adds up the parts' partial sums, in order. Tokens: AG_FN, AG_PARTS, AG_SIZE, AG_PART_STRIDE (from part to part).
 */
#ifndef AG_FN
#define AG_FN          combine
#define AG_PARTS       16
#define AG_SIZE        64
#define AG_PART_STRIDE 64
#endif
/* AG_TEMPLATE */
/* a thread for each of SIZE sums */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ part, float *__restrict__ y)
{
    enum { PARTS = AG_PARTS, SIZE = AG_SIZE };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < SIZE; k += gridDim.x * 256) {
        float sum = part[k];
        for (int p = 1; p < PARTS; p++) sum += part[p * (long)AG_PART_STRIDE + k];
        y[k] = sum;
    }
}
