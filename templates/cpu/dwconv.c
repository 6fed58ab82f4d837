/*
 * Depthwise convolution, stride 1, PAD = K / 2; with weights packed with AG_FLIP its gradient with respect to x.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W, AG_C, AG_K, AG_IN_HALO, AG_OUT_HALO (halos); AG_IN_PIXEL_STRIDE,
 * AG_OUT_PIXEL_STRIDE (reals from a pixel to the next); AG_FLIP (0 or 1); AG_SHARES, AG_SHARE (of rows),
 * AG_EXTRA_PARAMS (as of conv.c).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN               dwconv
#define AG_FN_PACK          dwconv_pack
#define AG_H                32
#define AG_W                32
#define AG_C                64
#define AG_K                3
#define AG_IN_HALO          1
#define AG_OUT_HALO         0
#define AG_IN_PIXEL_STRIDE  64
#define AG_OUT_PIXEL_STRIDE 64
#define AG_FLIP             0
#define AG_SHARES           1
#define AG_SHARE            0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
/* Packs [C][1][K][K] as [K][K][C], flipped in both axes if FLIP. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { C = AG_C, TAPS = AG_K * AG_K, FLIP = AG_FLIP };
    for (int tap = 0; tap < TAPS; tap++)
        for (int c = 0; c < C; c++) *packed++ = w[c * TAPS + (FLIP ? TAPS - 1 - tap : tap)];
}

/* y[n,i,j,c] = sum over a, b of x[n, i + a - PAD, j + b - PAD, c] w[a,b,c] */
static void AG_FN(const real *x, const real *w, real *y, int images AG_EXTRA_PARAMS)
{
    enum {
        H = AG_H,
        W = AG_W,
        C = AG_C,
        K = AG_K,
        XH = AG_IN_HALO,
        YH = AG_OUT_HALO,
        XS = AG_IN_PIXEL_STRIDE,
        YS = AG_OUT_PIXEL_STRIDE
    };
    enum { XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * XS, XSTART = (XH - K / 2) * (XW + 1) * XS };
    enum { YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * YS, YSTART = YH * (YW + 1) * YS };
    /* a tile: TH x TW pixels x L channels; the last one in any direction overlaps the one before, but shares' rows */
    enum { L = LANES(C), CS = MIN(C, L), ROWS = H % AG_SHARES ? 1 : H / AG_SHARES };
    enum {
        TW = CEIL(W, CEIL(W, TILE(1))),
        HIGH = MIN(ROWS, TILE(1) / TW),
        TH = AG_SHARES > 1 && ROWS % HIGH ? 1 : HIGH
    };
    /* channels at a time: some lines of cache, so that memory is read in runs, and where tiles lie side by side so few
     * that what their windows share, K rows or one more, stays in L1 */
    enum { BYTES = K > 3 ? 128 : 256, RUN = W > TILE(1) ? MAX(CS, BYTES / (int)sizeof(real)) : C, RUNS = CEIL(C, RUN) };
    const int start = H * AG_SHARE / AG_SHARES, end = H * (AG_SHARE + 1) / AG_SHARES;
    VECTOR(vec, L);

    for (long step = 0; step < (long)images * RUNS; step++) {
        const real *const xn = x + step / RUNS * XSIZE + XSTART;
        real *const yn = y + step / RUNS * YSIZE + YSTART;
        const int run = (int)(step % RUNS) * RUN;
        for (int row = start; row < end; row += TH)
            for (int column = 0; column < W; column += TW)
                for (int channel = run; channel < MIN(run + RUN, C); channel += CS) {
                    const int i = MIN(row, H - TH), j = MIN(column, W - TW), c = MIN(channel, C - CS);
                    const real *const xt = xn + (i * XW + j) * XS + c;
                    real *const yt = yn + (i * YW + j) * YS + c;
                    vec acc[TH][TW] = {0};
                    for (int a = 0; a < K; a++) {
                        vec wv[K];
                        EACH (b, K) {
                            wv[b] = (vec){0};
                            FETCH(wv[b], w + (a * K + b) * C + c, CS);
                            PIN(wv[b]);
                        }
                        EACH (r, TH)
                            EACH (s, TW + K - 1) {
                                vec xv = {0};
                                FETCH(xv, xt + ((r + a) * XW + s) * XS, CS);
                                PIN(xv);
                                EACH (b, K)
                                    if (s >= b && s - b < TW) acc[r][s - b] += xv * wv[b];
                            }
                    }
                    EACH (r, TH)
                        EACH (s, TW) PUT(acc[r][s], yt + (r * YW + s) * YS, CS);
                }
    }
}
