/*
 * Pixel shuffle: four maps of a small picture become the four pixels of each 2x2 square of one twice its size. Its
 * adjoint and inverse is unshuffle.c.
 *
 * Tokens: AG_FN; AG_IN_H, AG_IN_W (of x), AG_OUT_C (of y), AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       shuffle
#define AG_IN_H     16
#define AG_IN_W     16
#define AG_OUT_C    64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#endif
/* AG_TEMPLATE */
/* y[n, 2i + a, 2j + b, c] = x[n, i, j, (2a + b) C + c]: two pixels of y, side by side, lie so in x too */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_IN_H, W = AG_IN_W, C = AG_OUT_C };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * 4 * C };
    enum { YH = AG_OUT_HALO, YW = 2 * W + 2 * YH, YSIZE = (2 * H + 2 * YH) * YW * C };
    for (long n = 0; n < images; n++)
        for (long i = 0; i < H; i++)
            for (long j = 0; j < W; j++) {
                const real *from = x + n * XSIZE + ((i + XH) * XW + j + XH) * 4 * C;
                real *to = y + n * YSIZE + ((2 * i + YH) * YW + 2 * j + YH) * C, *below = to + YW * C;
                for (long c = 0; c < 2 * C; c++) to[c] = from[c];
                for (long c = 0; c < 2 * C; c++) below[c] = from[2 * C + c];
            }
}
