/*
 * Convolution to few channels, as to a picture's: vectors run over input channels, so that every lane works, and a
 * sum's lanes are added up at the end. A tile is pixels x all output channels.
 *
 * Tokens: those of conv.c, without those of tiles; AG_IN_C is a multiple of 16. Shares are rows.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN            conv_narrow
#define AG_FN_PACK       conv_narrow_pack
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
#define AG_TRANSPOSED    0
#define AG_PER_PICTURE   0
#define AG_WEIGHT_STRIDE 36864
#define AG_SHARES        1
#define AG_SHARE         0
#define AG_HAS_EPILOGUE  0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CO][CI][K][K] (transposed: [CI][CO][K][K], flipped in both axes) as [CO][K][K][CI]. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_IN_C, CO = AG_OUT_C, TAPS = AG_K * AG_K, TRANSPOSED = AG_TRANSPOSED };
    for (int o = 0; o < CO; o++)
        for (int tap = 0; tap < TAPS; tap++)
            for (int c = 0; c < CI; c++)
                *packed++ = w[TRANSPOSED ? (c * CO + o) * TAPS + TAPS - 1 - tap : (o * CI + c) * TAPS + tap];
}

/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[o,a,b,c] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_OUT_H, W = AG_OUT_W, CI = AG_IN_C, CO = AG_OUT_C, K = AG_K, S = AG_STRIDE, TAPS = K * K };
    enum { XH = AG_IN_HALO, MORE = K - S - 2 * AG_PAD + 2 * XH, XW = S * W + MORE, XSIZE = (S * H + MORE) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { YH = AG_OUT_HALO, YROW = (W + 2 * YH) * CO, YSIZE = (H + 2 * YH) * YROW, YSTART = YH * (YROW + CO) };
    /* a tile: P pixels of a row, the last one overlapping the one before, whose sums leave room for the factors */
    enum { ROOM = (REGISTERS - CO - 1) / CO, P = MIN(W, MIN(ROOM, 8)), COLUMNS = CEIL(W, P) };
    const int lines = images * H;
    const int start = (int)((long)lines * AG_SHARE / AG_SHARES), end = (int)((long)lines * (AG_SHARE + 1) / AG_SHARES);

    for (int tile = start * COLUMNS; tile < end * COLUMNS; tile++) {
        const int n = tile / COLUMNS / H, i = tile / COLUMNS % H, column = tile % COLUMNS * P, j0 = MIN(column, W - P);
        const real *const x0 = x + (long)n * XSIZE + XSTART + (i * XW + j0) * S * CI;
        const real *const w0 = w + (AG_PER_PICTURE ? n * (long)AG_WEIGHT_STRIDE : 0);
        vf acc[P][CO] = {0};
        for (int c = 0; c < CI; c += VL)
            for (int a = 0; a < K; a++)
                for (int b = 0; b < K; b++) {
                    const real *const xt = x0 + (a * XW + b) * CI + c, *const wt = w0 + (a * K + b) * CI + c;
                    vf wv[CO];
                    EACH (o, CO) {
                        wv[o] = load(wt + o * TAPS * CI);
                        PIN(wv[o]);
                    }
                    EACH (p, P) {
                        vf xv = load(xt + p * S * CI);
                        PIN(xv);
                        EACH (o, CO) acc[p][o] += xv * wv[o];
                    }
                }
        for (int p = column - j0; p < P; p++)
            for (int o = 0; o < CO; o++) {
                const int j = j0 + p;
                real *const at = y + (long)n * YSIZE + YSTART + i * YROW + j * CO + o;
                const real r = add_lanes(acc[p][o]) + (AG_BIAS ? bias[o] : 0);
                if (!AG_HAS_EPILOGUE) *at = r;
                if (AG_HAS_EPILOGUE) {
                    AG_EPILOGUE
                }
            }
    }
}
