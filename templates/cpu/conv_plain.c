/*
 * Convolution as it is defined, without vectors: slow, and easy to read. Faster kernels are compared with it.
 *
 * Tokens: those of conv.c, without those of tiles. Shares are rows.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN      conv_plain
#define AG_H       32
#define AG_W       32
#define AG_CI      64
#define AG_CO      3
#define AG_K       3
#define AG_S       1
#define AG_PAD     1
#define AG_XH      1
#define AG_YH      0
#define AG_BIAS    1
#define AG_EACH    0
#define AG_WSTRIDE 36864
#define AG_SHARES  1
#define AG_SHARE   0
#define AG_FUSED   0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[o,a,b,c] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_H, W = AG_W, CI = AG_CI, CO = AG_CO, K = AG_K, S = AG_S };
    enum { XH = AG_XH, MORE = K - S - 2 * AG_PAD + 2 * XH, XW = S * W + MORE, XSIZE = (S * H + MORE) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { YH = AG_YH, YROW = (W + 2 * YH) * CO, YSIZE = (H + 2 * YH) * YROW, YSTART = YH * (YROW + CO) };
    const int lines = images * H;
    const int start = (int)((long)lines * AG_SHARE / AG_SHARES), end = (int)((long)lines * (AG_SHARE + 1) / AG_SHARES);

    for (int line = start; line < end; line++)
        for (int j = 0; j < W; j++)
            for (int o = 0; o < CO; o++) {
                const int n = line / H, i = line % H;
                const real *const x0 = x + (long)n * XSIZE + XSTART + (i * XW + j) * S * CI;
                const real *const w0 = w + (AG_EACH ? n * (long)AG_WSTRIDE : 0) + (long)o * K * K * CI;
                real *const at = y + (long)n * YSIZE + YSTART + i * YROW + j * CO + o;
                real r = AG_BIAS ? bias[o] : 0;
                for (int a = 0; a < K; a++)
                    for (int b = 0; b < K; b++)
                        for (int c = 0; c < CI; c++) r += x0[(a * XW + b) * CI + c] * w0[(a * K + b) * CI + c];
                if (!AG_FUSED) *at = r;
                if (AG_FUSED) {
                    AG_EPILOGUE
                }
            }
}
