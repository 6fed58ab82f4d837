/*
 * Bilinear up-sampling by two, corners not aligned: large rows 2i and 2i + 1 are 3/4 of small row i and 1/4 of the row
 * above or below it. Beyond an edge there is the edge row again (AG_CLAMP 1), or zero (AG_CLAMP 0): that is StyleGAN2's
 * up-sampling, zeros between the pixels and then the filter [1, 3, 3, 1] / 4. Its adjoint is bilinear_t.cu.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_IN_H, AG_IN_W (of x), AG_C; AG_CLAMP (0 or 1).
 */
#ifndef AG_FN
#define AG_FN     bilinear
#define AG_IMAGES 4
#define AG_IN_H      16
#define AG_IN_W      16
#define AG_C      64
#define AG_CLAMP  1
#endif
/* AG_TEMPLATE */
/* a thread for each vector of y: of four small pixels, near or far in either direction */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_IN_H, W = AG_IN_W, L = AG_C % 4 ? 1 : 4, C = AG_C / L, COUNT = AG_IMAGES * 4 * H * W * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    const float near_part = 0.75f, far_part = 0.25f, beyond_part = AG_CLAMP ? far_part : 0;
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int c = k % C, j = k / C % (2 * W), i = k / C / (2 * W) % (2 * H), n = k / C / (2 * W) / (2 * H);
        const int row = i / 2, up = i % 2 ? row + 1 : row - 1, beyond_row = up < 0 || up >= H;
        const int column = j / 2, side = j % 2 ? column + 1 : column - 1, beyond_column = side < 0 || side >= W;
        const int far_row = beyond_row ? row : up, far_column = beyond_column ? column : side;
        const float down_part = beyond_row ? beyond_part : far_part;
        const float across_part = beyond_column ? beyond_part : far_part;
        const vec *const near_from = (const vec *)x + (n * H + row) * W * C + c;
        const vec *const far_from = (const vec *)x + (n * H + far_row) * W * C + c;
        const vec p = near_from[column * C], q = far_from[column * C];
        const vec r = near_from[far_column * C], s = far_from[far_column * C];
        vec to;
        for (int l = 0; l < L; l++)
            to.at[l] = near_part * (near_part * p.at[l] + down_part * q.at[l]) +
                       across_part * (near_part * r.at[l] + down_part * s.at[l]);
        ((vec *)y)[k] = to;
    }
}
