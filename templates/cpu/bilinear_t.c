/*
 * Adjoint of bilinear.c: small row i collects 1/4 of large row 2i - 1, 3/4 of 2i and of 2i + 1 and 1/4 of 2i + 2; what
 * an edge row lent to itself comes back to it.
 *
 * Tokens: AG_FN; AG_H, AG_W (of y, the small side), AG_C, AG_XH, AG_YH (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN bilinear_t
#define AG_H  16
#define AG_W  16
#define AG_C  64
#define AG_XH 0
#define AG_YH 0
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_H, W = AG_W, C = AG_C };
    enum { XH = AG_XH, XW = 2 * W + 2 * XH, XSIZE = (2 * H + 2 * XH) * XW * C };
    enum { YH = AG_YH, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * C };
    for (long n = 0; n < images; n++)
        for (long i = 0; i < H; i++) {
            const long row[4] = {i > 0 ? 2 * i - 1 : 0, 2 * i, 2 * i + 1, i + 1 < H ? 2 * i + 2 : 2 * i + 1};
            const real *p[4];
            real *to = y + n * YSIZE + ((i + YH) * YW + YH) * C;
            real sum[2 * W][C]; /* the four large rows, weighted */
            for (int d = 0; d < 4; d++) p[d] = x + n * XSIZE + ((row[d] + XH) * XW + XH) * C;
            for (long j = 0; j < 2 * W; j++)
                for (long c = 0; c < C; c++)
                    sum[j][c] = (real)0.25 * (p[0][j * C + c] + p[3][j * C + c]) +
                                (real)0.75 * (p[1][j * C + c] + p[2][j * C + c]);
            for (long j = 0; j < W; j++) {
                const real *left = sum[j > 0 ? 2 * j - 1 : 0], *right = sum[j + 1 < W ? 2 * j + 2 : 2 * j + 1];
                for (long c = 0; c < C; c++)
                    to[j * C + c] = (real)0.25 * (left[c] + right[c]) + (real)0.75 * (sum[2 * j][c] + sum[2 * j + 1][c]);
            }
        }
}
