/*
 * StyleGAN2's blur: [1, 3, 3, 1] / 8 along rows and along columns, at stride 1, with AG_PAD zeros (1 or 2) around x. y
 * is smaller than x by one row and column (AG_PAD 1) or larger by one (AG_PAD 2); each is the other's adjoint, for the
 * filter is its own mirror image.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_IN_H, AG_IN_W (of x), AG_C, AG_PAD.
 */
#ifndef AG_FN
#define AG_FN     fir
#define AG_IMAGES 4
#define AG_IN_H   16
#define AG_IN_W   16
#define AG_C      64
#define AG_PAD    1
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = sum over a, b < 4 of f[a] f[b] x[n, i + a - PAD, j + b - PAD, c]; a thread for a vector of T pixels,
 * which share the columns that are already filtered downwards */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { H = AG_IN_H, W = AG_IN_W, PAD = AG_PAD, H2 = H + 2 * PAD - 3, W2 = W + 2 * PAD - 3, T = 4 };
    enum { L = AG_C % 4 ? 1 : 4, C = AG_C / L, TILES = (W2 + T - 1) / T, COUNT = AG_IMAGES * H2 * TILES * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    const float f[4] = {0.125f, 0.375f, 0.375f, 0.125f};
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int c = k % C, j = k / C % TILES * T, i = k / C / TILES % H2, n = k / C / TILES / H2;
        vec acc[T] = {{{0}}};
#pragma unroll
        for (int s = 0; s < T + 3; s++) {
            const int column = j + s - PAD;
            vec sum = {{0}};
            if (column < 0 || column >= W) continue;
#pragma unroll
            for (int a = 0; a < 4; a++) {
                const int row = i + a - PAD;
                if (row < 0 || row >= H) continue;
                const vec p = ((const vec *)x)[((n * H + row) * W + column) * C + c];
                for (int l = 0; l < L; l++) sum.at[l] += f[a] * p.at[l];
            }
#pragma unroll
            for (int t = 0; t < T; t++)
                if (s >= t && s - t < 4)
                    for (int l = 0; l < L; l++) acc[t].at[l] += f[s - t] * sum.at[l];
        }
#pragma unroll
        for (int t = 0; t < T; t++)
            if (j + t < W2) ((vec *)y)[((n * H2 + i) * W2 + j + t) * C + c] = acc[t];
    }
}
