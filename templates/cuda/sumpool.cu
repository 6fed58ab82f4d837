/*
 * Sums of 2x2 pixels: the adjoint of nearest.cu, and four times average pooling.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_H, AG_OUT_W (of y), AG_C.
 */
#ifndef AG_FN
#define AG_FN     sumpool
#define AG_IMAGES 4
#define AG_OUT_H  16
#define AG_OUT_W  16
#define AG_C      64
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = sum over a, b < 2 of x[n, 2i + a, 2j + b, c]; a thread for each vector of y */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, L = AG_C % 4 ? 1 : 4, C = AG_C / L, COUNT = AG_IMAGES * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned c = k % C, j = k / C % W, row = k / C / W; /* row: H n + i */
        const vec *const from = (const vec *)x + (4 * row * W + 2 * j) * C + c;
        const vec p = from[0], q = from[C], r = from[2 * W * C], s = from[(2 * W + 1) * C];
        vec sum;
        for (int l = 0; l < L; l++) sum.at[l] = p.at[l] + q.at[l] + (r.at[l] + s.at[l]);
        ((vec *)y)[k] = sum;
    }
}
