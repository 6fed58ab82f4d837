/*
 * Nearest-neighbour up-sampling by two. Its adjoint is sumpool.cu.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_IN_H, AG_IN_W (of x), AG_C.
 */
#ifndef AG_FN
#define AG_FN     nearest
#define AG_IMAGES 4
#define AG_IN_H   16
#define AG_IN_W   16
#define AG_C      64
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = x[n, i / 2, j / 2, c]; a thread for each vector of y */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_IN_H, W = AG_IN_W, L = AG_C % 4 ? 1 : 4, C = AG_C / L, COUNT = AG_IMAGES * 4 * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned c = k % C, j = k / C % (2 * W), row = k / C / (2 * W); /* row: 2 H n + i */
        ((vec *)y)[k] = ((const vec *)x)[(row / 2 * W + j / 2) * C + c];
    }
}
