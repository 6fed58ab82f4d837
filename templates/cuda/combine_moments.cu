/*
 * Joins the parts' statistics (moments.cu) in order: y = [2][C], mean and 1 / sqrt(variance + 1e-5). Tokens: AG_FN,
 * AG_PARTS, AG_PART_STRIDE (from part to part), AG_IMAGES, AG_PIXELS, AG_C.
 */
#ifndef AG_FN
#define AG_FN     combine_moments
#define AG_PARTS  16
#define AG_PART_STRIDE 128
#define AG_IMAGES 64
#define AG_PIXELS 1024
#define AG_C      64
#endif
/* AG_TEMPLATE */
/* a thread for each channel */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ part, float *__restrict__ y)
{
    enum { PARTS = AG_PARTS, IMAGES = AG_IMAGES, PIXELS = AG_PIXELS, C = AG_C };
    for (unsigned c = blockIdx.x * 256 + threadIdx.x; c < C; c += gridDim.x * 256) {
        float mean = 0, square = 0;
        for (int p = 0; p < PARTS; p++) {
            const int before = p * IMAGES / PARTS, after = (p + 1) * IMAGES / PARTS;
            const float share = (float)(after - before) / (float)after, weight = (float)before * share * PIXELS;
            const float d = part[p * (long)AG_PART_STRIDE + c] - mean;
            mean += d * share;
            square += part[p * (long)AG_PART_STRIDE + C + c] + d * d * weight;
        }
        y[c] = mean;
        y[C + c] = 1 / sqrtf(square / ((float)IMAGES * PIXELS) + 1e-5f);
    }
}
