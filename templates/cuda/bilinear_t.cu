/*
 * Adjoint of bilinear.cu: small row i collects 1/4 of large row 2i - 1, 3/4 of 2i and of 2i + 1 and 1/4 of 2i + 2. With
 * AG_CLAMP what an edge row lent to itself comes back to it, otherwise it lent nothing.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_H, AG_OUT_W (of y, the small side), AG_C; AG_CLAMP (0 or 1).
 */
#ifndef AG_FN
#define AG_FN     bilinear_t
#define AG_IMAGES 4
#define AG_OUT_H  16
#define AG_OUT_W  16
#define AG_C      64
#define AG_CLAMP  1
#endif
/* AG_TEMPLATE */
/* a thread for each vector of y: of 4 x 4 large pixels */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, L = AG_C % 4 ? 1 : 4, C = AG_C / L, COUNT = AG_IMAGES * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    const float near_part = 0.75f, far_part = 0.25f, beyond_part = AG_CLAMP ? far_part : 0;
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int c = k % C, j = k / C % W, i = k / C / W % H, n = k / C / W / H;
        const int row[4] = {i > 0 ? 2 * i - 1 : 0, 2 * i, 2 * i + 1, i + 1 < H ? 2 * i + 2 : 2 * i + 1};
        const int column[4] = {j > 0 ? 2 * j - 1 : 0, 2 * j, 2 * j + 1, j + 1 < W ? 2 * j + 2 : 2 * j + 1};
        const float down[4] = {i > 0 ? far_part : beyond_part, near_part, near_part,
                               i + 1 < H ? far_part : beyond_part};
        const float across[4] = {j > 0 ? far_part : beyond_part, near_part, near_part,
                                 j + 1 < W ? far_part : beyond_part};
        vec sum = {{0}};
#pragma unroll
        for (int a = 0; a < 4; a++) {
            const vec *const from = (const vec *)x + (n * 2 * H + row[a]) * 2 * W * C + c;
            vec line = {{0}};
#pragma unroll
            for (int b = 0; b < 4; b++) {
                const vec p = from[column[b] * C];
                for (int l = 0; l < L; l++) line.at[l] += across[b] * p.at[l];
            }
            for (int l = 0; l < L; l++) sum.at[l] += down[a] * line.at[l];
        }
        ((vec *)y)[k] = sum;
    }
}
