/*
 * Adds up what the taps of a convolution make of each pixel, each tap a stretch of channels, where they belong.
 *
 * Tokens: AG_FN; AG_OUT_H, AG_OUT_W, AG_IN_C (channels of x), AG_OUT_C, AG_K, AG_IN_HALO (at least AG_K / 2, zeros),
 * AG_OUT_HALO (halos); AG_SHARES, AG_SHARE (of rows), AG_EXTRA_PARAMS, AG_HAS_EPILOGUE, AG_EPILOGUE (as of conv.c).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN           col2im
#define AG_OUT_H        32
#define AG_OUT_W        32
#define AG_IN_C         32
#define AG_OUT_C        3
#define AG_K            3
#define AG_IN_HALO      1
#define AG_OUT_HALO     0
#define AG_SHARES       1
#define AG_SHARE        0
#define AG_HAS_EPILOGUE 0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* y[n,i,j,o] = sum over a, b of x[n, i + a - K / 2, j + b - K / 2, (a K + b) CO + o] */
void AG_FN(const real *x, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, CI = AG_IN_C, CO = AG_OUT_C, K = AG_K };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI, XSTART = (XH - K / 2) * (XW + 1) * CI };
    enum { YH = AG_OUT_HALO, YROW = (W + 2 * YH) * CO, YSIZE = (H + 2 * YH) * YROW, YSTART = YH * (YROW + CO) };
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
                    if (!AG_HAS_EPILOGUE)
                        y[(long)n * YSIZE + YSTART + i * YROW + j * CO + o] = r;
                    else {
                        AG_EPILOGUE
                    }
                }
            }
        }
}
