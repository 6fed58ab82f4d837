/*
 * Batch statistics of each of AG_PARTS parts of the pictures: the mean and then, in a second pass over what is still in
 * cache, the sum of squared deviations from it. combine_moments.cu joins them.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_PARTS (no more than AG_IMAGES), AG_PART_STRIDE (from part to part); AG_IN_H, AG_IN_W,
 * AG_C.
 */
#ifndef AG_FN
#define AG_FN          moments
#define AG_IMAGES      64
#define AG_PARTS       16
#define AG_PART_STRIDE 128
#define AG_IN_H        32
#define AG_IN_W        32
#define AG_C           64
#endif
/* AG_TEMPLATE */
/* part p, of pictures p IMAGES / PARTS and on: [2][C], mean and sum of (x - mean)^2. A block for a part of LANES
 * channels, each summed in strips: every STRIPS-th pixel */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ x, float *__restrict__ part)
{
    enum { IMAGES = AG_IMAGES, PARTS = AG_PARTS, PIXELS = AG_IN_H * AG_IN_W, C = AG_C };
    enum { LANES = C > 16 ? 32 : C > 8 ? 16 : C > 4 ? 8 : 4, STRIPS = 256 / LANES, TILES = (C + LANES - 1) / LANES };
    __shared__ float sums[STRIPS][LANES];
    for (int task = blockIdx.x; task < PARTS * TILES; task += gridDim.x) {
        const int lane = threadIdx.x % LANES, strip = threadIdx.x / LANES, c = task % TILES * LANES + lane;
        const int p = task / TILES, first = p * IMAGES / PARTS, end = (p + 1) * IMAGES / PARTS;
        const int pixels = (end - first) * PIXELS;
        const float *const from = x + (long)first * PIXELS * C + c;
        float mean = 0, sum = 0;
        for (int pass = 0; pass < 2; pass++) {
            mean = sum / (float)pixels;
            sum = 0;
#pragma unroll 8
            for (int i = strip; i < pixels; i += STRIPS) {
                const float d = c < C ? from[(long)i * C] - mean : 0;
                sum += pass ? d * d : d;
            }
            __syncthreads();
            sums[strip][lane] = sum;
            __syncthreads();
            sum = 0;
            for (int s = 0; s < STRIPS; s++) sum += sums[s][lane];
        }
        if (strip || c >= C) continue;
        part[p * (long)AG_PART_STRIDE + c] = mean;
        part[p * (long)AG_PART_STRIDE + C + c] = sum;
    }
}
