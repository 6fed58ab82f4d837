/*
 * Nearest-neighbour up-sampling by two. Its adjoint is sumpool.c.
 *
 * Tokens: AG_FN; AG_IN_H, AG_IN_W (of x), AG_C, AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       nearest
#define AG_IN_H     16
#define AG_IN_W     16
#define AG_C        64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#define AG_SHARES   1
#define AG_SHARE    0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
/* y[n, i, j, c] = x[n, i / 2, j / 2, c] */
void AG_FN(const real *restrict x, real *restrict y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_IN_H, W = AG_IN_W, C = AG_C };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = 2 * W + 2 * YH, YSIZE = (2 * H + 2 * YH) * YW * C };
    for (long n = 0; n < images; n++)
        for (long i = 2 * H * AG_SHARE / AG_SHARES; i < 2 * H * (AG_SHARE + 1) / AG_SHARES; i++)
            for (long j = 0; j < W; j++) {
                const real *from = x + n * XSIZE + ((i / 2 + XH) * XW + j + XH) * C;
                real *to = y + n * YSIZE + ((i + YH) * YW + 2 * j + YH) * C;
                for (long c = 0; c < C; c++) to[c] = to[C + c] = from[c];
            }
}
