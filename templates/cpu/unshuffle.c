/*
 * The inverse of shuffle.c: the pixels of each 2x2 square become four maps of a picture half the size.
 *
 * Tokens: AG_FN; AG_OUT_H, AG_OUT_W (of y), AG_IN_C (of x), AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       unshuffle
#define AG_OUT_H    16
#define AG_OUT_W    16
#define AG_IN_C     64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#endif
/* AG_TEMPLATE */
/* y[n, i, j, (2a + b) C + c] = x[n, 2i + a, 2j + b, c] */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, C = AG_IN_C };
    enum { XH = AG_IN_HALO, XW = 2 * W + 2 * XH, XSIZE = (2 * H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * 4 * C };
    for (long n = 0; n < images; n++)
        for (long i = 0; i < H; i++)
            for (long j = 0; j < W; j++) {
                const real *from = x + n * XSIZE + ((2 * i + XH) * XW + 2 * j + XH) * C, *below = from + XW * C;
                real *to = y + n * YSIZE + ((i + YH) * YW + j + YH) * 4 * C;
                for (long c = 0; c < 2 * C; c++) to[c] = from[c];
                for (long c = 0; c < 2 * C; c++) to[2 * C + c] = below[c];
            }
}
