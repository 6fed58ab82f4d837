/*
 * Sums of 2x2 pixels: the adjoint of nearest.c, and four times average pooling.
 *
 * Tokens: AG_FN; AG_OUT_H, AG_OUT_W (of y), AG_C, AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       sumpool
#define AG_OUT_H    16
#define AG_OUT_W    16
#define AG_C        64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = sum over a, b < 2 of x[n, 2i + a, 2j + b, c] */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, C = AG_C };
    enum { XH = AG_IN_HALO, XW = 2 * W + 2 * XH, XSIZE = (2 * H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * C };
    for (long n = 0; n < images; n++)
        for (long i = 0; i < H; i++)
            for (long j = 0; j < W; j++) {
                const real *from = x + n * XSIZE + ((2 * i + XH) * XW + 2 * j + XH) * C, *below = from + XW * C;
                real *to = y + n * YSIZE + ((i + YH) * YW + j + YH) * C;
                for (long c = 0; c < C; c++) to[c] = from[c] + from[C + c] + (below[c] + below[C + c]);
            }
}
