/*
 * Adds up what the taps of a convolution make of each pixel, each tap a stretch of channels, where they belong.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_CI (channels of x), AG_CO, AG_K, AG_XH (at least AG_K / 2, zeros), AG_YH (halos);
 * AG_SHARES, AG_SHARE (of rows), AG_EXTRA_PARAMS, AG_FUSED, AG_EPILOGUE (as of conv.c).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN     col2im
#define AG_H      32
#define AG_W      32
#define AG_CI     32
#define AG_CO     3
#define AG_K      3
#define AG_XH     1
#define AG_YH     0
#define AG_SHARES 1
#define AG_SHARE  0
#define AG_FUSED  0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* y[n,i,j,o] = sum over a, b of x[n, i + a - K / 2, j + b - K / 2, (a K + b) CO + o] */
void AG_FN(const real *x, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_H, W = AG_W, CI = AG_CI, CO = AG_CO, K = AG_K };
    enum { XH = AG_XH, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI, XSTART = (XH - K / 2) * (XW + 1) * CI };
    enum { YH = AG_YH, YROW = (W + 2 * YH) * CO, YSIZE = (H + 2 * YH) * YROW, YSTART = YH * (YROW + CO) };
    for (int n = 0; n < images; n++)
        for (int i = H * AG_SHARE / AG_SHARES; i < H * (AG_SHARE + 1) / AG_SHARES; i++) {
            real row[CO][W]; /* so that lanes are pixels: an epilogue may be long */
            for (int j = 0; j < W; j++) {
                const real *const xt = x + (long)n * XSIZE + XSTART + (i * XW + j) * CI;
                ROLLED for (int o = 0; o < CO; o++)
                {
                    real sum = 0;
                    for (int a = 0; a < K; a++)
                        for (int b = 0; b < K; b++) sum += xt[(a * XW + b) * CI + (a * K + b) * CO + o];
                    row[o][j] = sum;
                }
            }
            for (int o = 0; o < CO; o++) {
                ROLLED for (int j = 0; j < W; j++)
                {
                    const real r = row[o][j];
                    if (!AG_FUSED)
                        y[(long)n * YSIZE + YSTART + i * YROW + j * CO + o] = r;
                    else {
                        AG_EPILOGUE
                    }
                }
            }
        }
}
