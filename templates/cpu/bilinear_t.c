/*
 * Adjoint of bilinear.c: small row i collects 1/4 of large row 2i - 1, 3/4 of 2i and of 2i + 1 and 1/4 of 2i + 2. With
 * AG_CLAMP what an edge row lent to itself comes back to it, otherwise it lent nothing.
 *
 * Tokens: AG_FN; AG_OUT_H, AG_OUT_W (of y, the small side), AG_C, AG_IN_HALO, AG_OUT_HALO (halos); AG_CLAMP (0 or 1).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       bilinear_t
#define AG_OUT_H    16
#define AG_OUT_W    16
#define AG_C        64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#define AG_CLAMP    1
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, C = AG_C, CLAMP = AG_CLAMP };
    enum { XH = AG_IN_HALO, XW = 2 * W + 2 * XH, XSIZE = (2 * H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * C };
    const real near_part = (real)0.75, far_part = (real)0.25;
    real sum[(2 * W + 2) * C]; /* four large rows, weighted, between what is beyond them */
    for (long n = 0; n < images; n++)
        for (long i = 0; i < H; i++) {
            const long row[4] = {i > 0 ? 2 * i - 1 : 0, 2 * i, 2 * i + 1, i + 1 < H ? 2 * i + 2 : 2 * i + 1};
            const real above = CLAMP || i > 0 ? far_part : 0, below = CLAMP || i + 1 < H ? far_part : 0;
            const real *p[4];
            real *to = y + n * YSIZE + ((i + YH) * YW + YH) * C;
            for (int d = 0; d < 4; d++) p[d] = x + n * XSIZE + ((row[d] + XH) * XW + XH) * C;
            for (long l = 0; l < 2 * W * C; l++)
                sum[C + l] = above * p[0][l] + near_part * (p[1][l] + p[2][l]) + below * p[3][l];
            for (long c = 0; c < C; c++) {
                sum[c] = CLAMP ? sum[C + c] : 0;
                sum[(2 * W + 1) * C + c] = CLAMP ? sum[2 * W * C + c] : 0;
            }
            for (long j = 0; j < W; j++, to += C) {
                const real *q = sum + 2 * j * C; /* from large pixel 2j - 1 on */
                for (long c = 0; c < C; c++)
                    to[c] = far_part * (q[c] + q[3 * C + c]) + near_part * (q[C + c] + q[2 * C + c]);
            }
        }
}
