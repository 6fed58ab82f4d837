/*
 * Adds up the parts of a convolution whose sum was split (conv.cu with AG_PARTS), in their order.
 *
 * Tokens: AG_FN; AG_PARTS; AG_SIZE (reals of y and of each part), AG_OUT_H, AG_OUT_W, AG_OUT_C (y is [N][H][W][CO]);
 * AG_BIAS (0 or 1); AG_EXTRA_PARAMS, AG_RESULTS, AG_EPILOGUE as of conv.cu. parts and y start at multiples of 16 bytes.
 *
 * Launch: any grid, 256 threads; ceil(SIZE / (CO % 4 ? 256 : 1024)) blocks have a thread for each vector.
 */
#ifndef AG_FN
#include "gemm.cuh"
#define AG_FN    split_sum
#define AG_PARTS 4
#define AG_SIZE  65536
#define AG_OUT_H 4
#define AG_OUT_W 4
#define AG_OUT_C 512
#define AG_BIAS  1
#define AG_EXTRA_PARAMS
#define AG_RESULTS  y
#define AG_EPILOGUE out[0].at[l] = r
#endif
/* AG_TEMPLATE */
/* y = bias + parts[0] + parts[1] + ... */
extern "C" __global__ void __launch_bounds__(256, 4)
    AG_FN(const float *__restrict__ parts, const float *__restrict__ bias, float *__restrict__ y AG_EXTRA_PARAMS)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, CO = AG_OUT_C, SPLIT = AG_PARTS, L = CO % 4 ? 1 : 4 };
    struct alignas(4 * L) vec {
        float at[L];
    };
    float *const results[] = {AG_RESULTS};
    enum { RESULTS = sizeof results / sizeof *results };
    const long size = AG_SIZE;
    for (long k = blockIdx.x * 256L + threadIdx.x; k < size / L; k += gridDim.x * 256L) {
        vec sum = ((const vec *)parts)[k], out[RESULTS];
#pragma unroll 8
        for (int s = 1; s < SPLIT; s++) {
            const vec part = ((const vec *)(parts + s * size))[k];
            for (int l = 0; l < L; l++) sum.at[l] += part.at[l];
        }
        const int pixel = (int)(k * L / CO), n = pixel / (H * W), i = pixel / W % H, j = pixel % W;
        (void)n, (void)i, (void)j; /* the epilogue's */
#pragma unroll
        for (int l = 0; l < L; l++) {
            const long at = k * L + l;
            const int o = (int)(at % CO);
            float r = sum.at[l];
            if (AG_BIAS) r += bias[o];
            AG_EPILOGUE;
        }
        for (int e = 0; e < RESULTS; e++) ((vec *)results[e])[k] = out[e];
    }
}
