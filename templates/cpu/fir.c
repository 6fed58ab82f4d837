/*
 * StyleGAN2's blur: [1, 3, 3, 1] / 8 along rows and along columns, at stride 1, with AG_PAD zeros (1 or 2) around x. y
 * is smaller than x by one row and column (AG_PAD 1) or larger by one (AG_PAD 2); each is the other's adjoint, for the
 * filter is its own mirror image.
 *
 * Tokens: AG_FN; AG_IN_H, AG_IN_W (of x), AG_C, AG_PAD, AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       fir
#define AG_IN_H     16
#define AG_IN_W     16
#define AG_C        64
#define AG_PAD      1
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#define AG_SHARES   1
#define AG_SHARE    0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = sum over a, b < 4 of f[a] f[b] x[n, i + a - PAD, j + b - PAD, c] */
void AG_FN(const real *restrict x, real *restrict y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_IN_H, W = AG_IN_W, C = AG_C, PAD = AG_PAD, H2 = H + 2 * PAD - 3, W2 = W + 2 * PAD - 3 };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = W2 + 2 * YH, YSIZE = (H2 + 2 * YH) * YW * C };
    const real outer = (real)0.125, inner = (real)0.375;
    real row[(W + 2 * PAD) * C]; /* the sum of four rows of x, and zeros on both sides */
    for (long l = 0; l < PAD * C; l++) row[l] = row[(W + PAD) * C + l] = 0;
    for (long n = 0; n < images; n++)
        for (long i = H2 * AG_SHARE / AG_SHARES; i < H2 * (AG_SHARE + 1) / AG_SHARES; i++) {
            const real *p[4];
            real f[4]; /* zero for a row beyond the picture, in whose place another is read */
            for (int a = 0; a < 4; a++) {
                const long from = i + a - PAD, beyond = from < 0 || from >= H;
                p[a] = x + n * XSIZE + (((from < 0 ? 0 : MIN(from, H - 1)) + XH) * XW + XH) * C;
                f[a] = beyond ? 0 : a == 0 || a == 3 ? outer : inner;
            }
            for (long l = 0; l < W * C; l++)
                row[PAD * C + l] = (f[0] * p[0][l] + f[3] * p[3][l]) + (f[1] * p[1][l] + f[2] * p[2][l]);
            real *to = y + n * YSIZE + ((i + YH) * YW + YH) * C;
            for (long l = 0; l < W2 * C; l++)
                to[l] = outer * (row[l] + row[3 * C + l]) + inner * (row[C + l] + row[2 * C + l]);
        }
}
