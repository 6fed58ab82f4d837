/*
 * Depthwise convolution, stride 1, PAD = K / 2; with weights packed with AG_PACK_FLIP its gradient with respect to x.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W, AG_C, AG_K, AG_XH, AG_YH (halos); AG_PACK_FLIP (0 or 1);
 * AG_SHARES, AG_SHARE (of rows), AG_EXTRA_PARAMS (as of conv.c).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN        dwconv
#define AG_FN_PACK   dwconv_pack
#define AG_H         32
#define AG_W         32
#define AG_C         64
#define AG_K         3
#define AG_XH        1
#define AG_YH        0
#define AG_PACK_FLIP 0
#define AG_SHARES    1
#define AG_SHARE     0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
/* Packs [C][1][K][K] as [K][K][C], flipped in both axes if FLIP. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { C = AG_C, TAPS = AG_K * AG_K, FLIP = AG_PACK_FLIP };
    for (int tap = 0; tap < TAPS; tap++)
        for (int c = 0; c < C; c++) *packed++ = w[c * TAPS + (FLIP ? TAPS - 1 - tap : tap)];
}

/* y[n,i,j,c] = sum over a, b of x[n, i + a - PAD, j + b - PAD, c] w[a,b,c] */
static void AG_FN(const real *x, const real *w, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_H, W = AG_W, C = AG_C, K = AG_K, XH = AG_XH, YH = AG_YH };
    enum { XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C, XSTART = (XH - K / 2) * (XW + 1) * C };
    enum { YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * C, YSTART = YH * (YW + 1) * C };
    /* a tile: TH x TW pixels x L channels; the last one in any direction overlaps the one before. Rows of x that
     * several rows of y read come from L2 once for all of a tile. */
    enum { L = LANES(C), CS = MIN(C, L), WIDTH = TILE_OF(W, TILE(1) / 2), HEIGHT = MIN(H, TILE(1) / WIDTH) };
    /* of shares, two rows at a time, whose windows overlap most */
    enum { PAIR = K > 3 && W % 8 == 0 ? 8 : TILE(1) / 2 };
    enum { PAIRS = AG_SHARES > 1 && H % (2 * AG_SHARES) == 0 && W % PAIR == 0 };
    enum { TW = PAIRS ? PAIR : WIDTH, TH = PAIRS ? 2 : AG_SHARES > 1 ? 1 : HEIGHT };
    VECTOR(vec, L);

    const int start = H * AG_SHARE / AG_SHARES, end = H * (AG_SHARE + 1) / AG_SHARES;

    for (int n = 0; n < images; n++)
        for (int row = start; row < end; row += TH)
            for (int column = 0; column < W; column += TW)
                for (int channel = 0; channel < C; channel += CS) {
                    const int i = MIN(row, H - TH), j = MIN(column, W - TW), c = MIN(channel, C - CS);
                    const real *const xt = x + (long)n * XSIZE + XSTART + (i * XW + j) * C + c;
                    real *const yt = y + (long)n * YSIZE + YSTART + (i * YW + j) * C + c;
                    vec acc[TH][TW] = {0};
                    for (int a = 0; a < K; a++) {
                        vec wv[K];
                        EACH (b, K) {
                            wv[b] = (vec){0};
                            FETCH(wv[b], w + (a * K + b) * C + c, CS);
                        }
                        EACH (r, TH)
                            EACH (s, TW + K - 1) {
                                vec xv = {0};
                                FETCH(xv, xt + ((r + a) * XW + s) * C, CS);
                                EACH (b, K)
                                    if (s >= b && s - b < TW) acc[r][s - b] += xv * wv[b];
                            }
                    }
                    EACH (r, TH)
                        EACH (s, TW) PUT(acc[r][s], yt + (r * YW + s) * C, CS);
                }
}
