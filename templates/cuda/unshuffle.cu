/*
 * The inverse of shuffle.cu: the pixels of each 2x2 square become four maps of a picture half the size.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_H, AG_OUT_W (of y), AG_IN_C (of x).
 */
#ifndef AG_FN
#define AG_FN     unshuffle
#define AG_IMAGES 4
#define AG_OUT_H  16
#define AG_OUT_W  16
#define AG_IN_C   64
#endif
/* AG_TEMPLATE */
/* y[n, i, j, (2a + b) C + c] = x[n, 2i + a, 2j + b, c]; a thread for each vector of y */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, L = AG_IN_C % 4 ? 1 : 4, C = AG_IN_C / L, COUNT = AG_IMAGES * 4 * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned c = k % C, ab = k / C % 4, j = k / C / 4 % W, row = k / C / 4 / W; /* row: H n + i */
        ((vec *)y)[k] = ((const vec *)x)[((2 * row + ab / 2) * 2 * W + 2 * j + ab % 2) * C + c];
    }
}
