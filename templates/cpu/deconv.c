/*
 * Transposed convolution, kernel 2, stride 2: each of the four output phases is a 1x1 convolution. The gradient with
 * respect to x is conv.c with K = 2, S = 2, PAD = 0 on the same weight; the one with respect to the weight is
 * conv_wgrad.c with gy as its x, x as its gy, K = 2, S = 2, PAD = 0.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W (input size), AG_CI, AG_CO, AG_XH, AG_YH (halos); AG_BIAS, AG_ACCUMULATE
 * (0 or 1); AG_EXTRA_PARAMS, AG_EPILOGUE (text or nothing).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN         deconv
#define AG_FN_PACK    deconv_pack
#define AG_H          16
#define AG_W          16
#define AG_CI         64
#define AG_CO         64
#define AG_XH         0
#define AG_YH         0
#define AG_BIAS       1
#define AG_ACCUMULATE 0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CI][CO][2][2] as [CO / CB][2][2][CI][CB], zero padded. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_CI, CO = AG_CO, CB = BLOCK(CO) };
    for (int block = 0; block < CO; block += CB)
        for (int tap = 0; tap < 4; tap++)
            for (int c = 0; c < CI; c++)
                for (int o = block; o < block + CB; o++) *packed++ = o < CO ? w[((long)c * CO + o) * 4 + tap] : 0;
}

/* y[n, 2i + a, 2j + b, o] = bias[o] + sum over c of x[n,i,j,c] w[c,o,a,b] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_H, W = AG_W, CI = AG_CI, CO = AG_CO, BIAS = AG_BIAS, ACCUMULATE = AG_ACCUMULATE };
    enum { XH = AG_XH, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI, XSTART = XH * (XW + 1) * CI };
    enum { YH = AG_YH, YW = 2 * W + 2 * YH, YSIZE = (2 * H + 2 * YH) * YW * CO, YSTART = YH * (YW + 1) * CO };
    /* a tile: TH x TW input pixels, the last of a row or column overlapping the one before, x CB output channels */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L };
    enum { TW = TILE_OF(W, TILE(V)), TH = TW > TILE(V) / 2 ? 1 : MIN(H, TILE(V) / TW), P = TH * TW };
    enum { ROWS = CEIL(H, TH), COLUMNS = CEIL(W, TW) };
    VECTOR(vec, L);

    for (int block = 0; block < CO; block += CB)
        for (int tile = 0; tile < images * ROWS * COLUMNS * 4; tile++) {
            const int a = tile / 2 % 2, b = tile % 2, n = tile / (ROWS * COLUMNS * 4);
            const int row = tile / (COLUMNS * 4) % ROWS * TH, i0 = MIN(row, H - TH);
            const int column = tile / 4 % COLUMNS * TW, j0 = MIN(column, W - TW);
            const real *const x0 = x + (long)n * XSIZE + XSTART + (i0 * XW + j0) * CI;
            const real *const w0 = w + ((long)block * 4 + (a * 2 + b) * CB) * CI;
            real *const y0 = y + (long)n * YSIZE + YSTART + ((2 * i0 + a) * YW + 2 * j0 + b) * CO + block;
            vec acc[P][V];
            EACH (p, P)
                EACH (v, V) {
                    const int lanes = CO % L ? CO - block - v * L : L;
                    vec r = {0}, previous = {0};
                    if (BIAS) FETCH(r, bias + block + v * L, lanes);
                    if (ACCUMULATE) FETCH(previous, y0 + 2 * (p / TW * YW + p % TW) * CO + v * L, lanes);
                    acc[p][v] = r + previous;
                }
            for (int c = 0; c < CI; c++) {
                vec wv[V];
                EACH (v, V) {
                    FETCH(wv[v], w0 + c * CB + v * L, L);
                    PIN(wv[v]);
                }
                EACH (p, P)
                    EACH (v, V) acc[p][v] += x0[(p / TW * XW + p % TW) * CI + c] * wv[v];
            }
            EACH (p, P)
                EACH (v, V) {
                    const int i = 2 * (i0 + p / TW) + a, j = 2 * (j0 + p % TW) + b;
                    const int c = block + v * L, lanes = CO % L ? CO - c : L;
                    vec r = acc[p][v];
                    if ((H % TH && i < 2 * row) || (W % TW && j < 2 * column)) continue;
                    if (lanes >= L) {
                        AG_EPILOGUE;
                    }
                    PUT(r, y0 + 2 * (p / TW * YW + p % TW) * CO + v * L, lanes);
                }
        }
}
