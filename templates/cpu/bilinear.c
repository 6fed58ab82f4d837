/*
 * Bilinear up-sampling by two, corners not aligned: large rows 2i and 2i + 1 are 3/4 of small row i and 1/4 of the row
 * above or below it. Beyond an edge there is the edge row again (AG_CLAMP 1), or zero (AG_CLAMP 0): that is StyleGAN2's
 * up-sampling, zeros between the pixels and then the filter [1, 3, 3, 1] / 4. Its adjoint is bilinear_t.c.
 *
 * Tokens: AG_FN; AG_IN_H, AG_IN_W (of x), AG_C, AG_IN_HALO, AG_OUT_HALO (halos); AG_CLAMP (0 or 1).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       bilinear
#define AG_IN_H     16
#define AG_IN_W     16
#define AG_C        64
#define AG_IN_HALO  0
#define AG_OUT_HALO 0
#define AG_CLAMP    1
#define AG_SHARES   1
#define AG_SHARE    0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_IN_H, W = AG_IN_W, C = AG_C, CLAMP = AG_CLAMP };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C };
    enum { YH = AG_OUT_HALO, YW = 2 * W + 2 * YH, YSIZE = (2 * H + 2 * YH) * YW * C };
    const real near_part = (real)0.75, far_part = (real)0.25;
    real row[(W + 2) * C]; /* a small row, already between its neighbours above and below, and what is beyond it */
    for (long n = 0; n < images; n++)
        for (long i = 2 * H * AG_SHARE / AG_SHARES; i < 2 * H * (AG_SHARE + 1) / AG_SHARES; i++) {
            const long near = i / 2, beside = i % 2 ? near + 1 : near - 1, beyond = beside < 0 || beside >= H;
            const long far = beyond ? near : beside;
            const real weight = beyond && !CLAMP ? 0 : far_part;
            const real *p = x + n * XSIZE + ((near + XH) * XW + XH) * C,
                       *q = x + n * XSIZE + ((far + XH) * XW + XH) * C;
            real *to = y + n * YSIZE + ((i + YH) * YW + YH) * C;
            for (long l = 0; l < W * C; l++) row[C + l] = near_part * p[l] + weight * q[l];
            for (long c = 0; c < C; c++) {
                row[c] = CLAMP ? row[C + c] : 0;
                row[(W + 1) * C + c] = CLAMP ? row[W * C + c] : 0;
            }
            for (long j = 0; j < W; j++, to += 2 * C) {
                const real *left = row + j * C, *at = left + C, *right = at + C;
                for (long c = 0; c < C; c++) to[c] = near_part * at[c] + far_part * left[c];
                for (long c = 0; c < C; c++) to[C + c] = near_part * at[c] + far_part * right[c];
            }
        }
}
