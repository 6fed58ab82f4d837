/*
 * Convolution as it is defined, without vectors: slow, and easy to read. Faster kernels are compared with it.
 *
 * Tokens: those of conv.c, without those of tiles. Shares are rows.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN            conv_plain
#define AG_OUT_H         32
#define AG_OUT_W         32
#define AG_IN_C          64
#define AG_OUT_C         3
#define AG_K             3
#define AG_STRIDE        1
#define AG_PAD           1
#define AG_IN_HALO       1
#define AG_OUT_HALO      0
#define AG_BIAS          1
#define AG_PER_PICTURE   0
#define AG_WEIGHT_STRIDE 36864
#define AG_SHARES        1
#define AG_SHARE         0
#define AG_HAS_EPILOGUE  0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[o,a,b,c] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, CI = AG_IN_C, CO = AG_OUT_C, K = AG_K, S = AG_STRIDE };
    enum { XH = AG_IN_HALO, MORE = K - S - 2 * AG_PAD + 2 * XH, XW = S * W + MORE, XSIZE = (S * H + MORE) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { YH = AG_OUT_HALO, YROW = (W + 2 * YH) * CO, YSIZE = (H + 2 * YH) * YROW, YSTART = YH * (YROW + CO) };
    const int lines = images * H;
    const int start = (int)((long)lines * AG_SHARE / AG_SHARES), end = (int)((long)lines * (AG_SHARE + 1) / AG_SHARES);

    for (int line = start; line < end; line++)
        for (int j = 0; j < W; j++)
            for (int o = 0; o < CO; o++) {
                const int n = line / H, i = line % H;
                const real *const x0 = x + (long)n * XSIZE + XSTART + (i * XW + j) * S * CI;
                const real *const w0 = w + (AG_PER_PICTURE ? n * (long)AG_WEIGHT_STRIDE : 0) + (long)o * K * K * CI;
                real *const at = y + (long)n * YSIZE + YSTART + i * YROW + j * CO + o;
                real r = AG_BIAS ? bias[o] : 0;
                for (int a = 0; a < K; a++)
                    for (int b = 0; b < K; b++)
                        for (int c = 0; c < CI; c++) r += x0[(a * XW + b) * CI + c] * w0[(a * K + b) * CI + c];
                if (!AG_HAS_EPILOGUE) *at = r;
                if (AG_HAS_EPILOGUE) {
                    AG_EPILOGUE
                }
            }
}
