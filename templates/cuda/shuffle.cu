/*
 * Pixel shuffle: four maps of a small picture become the four pixels of each 2x2 square of one twice its size. Its
 * adjoint and inverse is unshuffle.cu.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_IN_H, AG_IN_W (of x), AG_OUT_C (of y).
 */
#ifndef AG_FN
#define AG_FN     shuffle
#define AG_IMAGES 4
#define AG_IN_H   16
#define AG_IN_W   16
#define AG_OUT_C  64
#endif
/* AG_TEMPLATE */
/* y[n, 2i + a, 2j + b, c] = x[n, i, j, (2a + b) C + c]; a thread for each vector of y */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_IN_H, W = AG_IN_W, L = AG_OUT_C % 4 ? 1 : 4, C = AG_OUT_C / L, COUNT = AG_IMAGES * 4 * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned c = k % C, j = k / C % (2 * W), row = k / C / (2 * W); /* row: 2 H n + 2 i + a */
        ((vec *)y)[k] = ((const vec *)x)[((row / 2 * W + j / 2) * 4 + row % 2 * 2 + j % 2) * C + c];
    }
}
