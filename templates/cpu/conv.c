/*
 * Convolution: a register tile of pixels x output channels. Serves the gradient of a stride-1 convolution with respect
 * to its input too (weights packed with AG_PACK_TRANSPOSED), linear layers (H = W = 1: the images of the block are the
 * pixels) and the input gradient of deconv.c (K = 2, S = 2, PAD = 0).
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W (output size), AG_CI, AG_CO, AG_K, AG_S, AG_PAD, AG_XH, AG_YH (halos);
 * AG_BIAS, AG_ACCUMULATE, AG_PACK_TRANSPOSED (0 or 1); AG_EXTRA_PARAMS, AG_EPILOGUE (text or nothing).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN              conv
#define AG_FN_PACK         conv_pack
#define AG_H               32
#define AG_W               32
#define AG_CI              64
#define AG_CO              64
#define AG_K               3
#define AG_S               1
#define AG_PAD             1
#define AG_XH              1
#define AG_YH              0
#define AG_BIAS            1
#define AG_ACCUMULATE      0
#define AG_PACK_TRANSPOSED 0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CO][CI][K][K] (transposed: [CI][CO][K][K], flipped in both axes) as [CO / CB][K][K][CI][CB], zero padded. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_CI, CO = AG_CO, TAPS = AG_K * AG_K, CB = BLOCK(CO), TRANSPOSED = AG_PACK_TRANSPOSED };
    for (int block = 0; block < CO; block += CB)
        for (int tap = 0; tap < TAPS; tap++)
            for (int c = 0; c < CI; c++)
                for (int o = block; o < block + CB; o++) {
                    const long oihw = ((long)o * CI + c) * TAPS + tap,
                               iohw = ((long)c * CO + o) * TAPS + TAPS - 1 - tap;
                    *packed++ = o < CO ? w[TRANSPOSED ? iohw : oihw] : 0;
                }
}

/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[a,b,c,o] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { H = AG_H, W = AG_W, CI = AG_CI, CO = AG_CO, K = AG_K, S = AG_S, BIAS = AG_BIAS, ACCUMULATE = AG_ACCUMULATE };
    enum { XH = AG_XH, XW = S * W + 2 * XH, XSIZE = (S * H + 2 * XH) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { YH = AG_YH, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * CO, YSTART = YH * (YW + 1) * CO };
    /* a tile: TH x TW pixels, the last of a row or column overlapping the one before, x a block of CB output channels;
     * of a linear layer P images */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, LINEAR = H * W == 1 };
    enum { TW = TILE_OF(W, TILE(V)), TH = TW > TILE(V) / 2 ? 1 : MIN(H, TILE(V) / TW), P = LINEAR ? TILE(V) : TH * TW };
    enum { ROWS = CEIL(H, TH), COLUMNS = CEIL(W, TW) };
    /* PART input channels at a time, whose weights stay in cache; if it is all of them, taps of a row are contiguous */
    enum { PARTS = CEIL(K * K * CI * CB, 65536), PART = CEIL(CI, PARTS), RUNS = PARTS == 1 ? 1 : K };
    VECTOR(vec, L);
    const long tiles = LINEAR ? CEIL(images, P) : (long)images * ROWS * COLUMNS;

    for (int block = 0; block < CO; block += CB)
        for (int part = 0; part < CI; part += PART)
            for (long tile = 0; tile < tiles; tile++) {
                const int n0 = LINEAR ? tile * P : tile / (ROWS * COLUMNS), last = images - 1 - n0;
                const int row = tile / COLUMNS % ROWS * TH, i0 = MIN(row, H - TH);
                const int column = tile % COLUMNS * TW, j0 = MIN(column, W - TW);
                const real *const x0 = x + (long)n0 * XSIZE + XSTART + (i0 * XW + j0) * S * CI + part;
                real *const y0 = y + (long)n0 * YSIZE + YSTART + (i0 * YW + j0) * CO + block;
                const real *const w0 = w + (long)block * K * K * CI + part * CB;
                long xp[P], yp[P]; /* where the tile's pixels are */
                EACH (p, P) {
                    xp[p] = LINEAR ? MIN(p, last) * XSIZE : (p / TW * XW + p % TW) * S * CI;
                    yp[p] = LINEAR ? MIN(p, last) * YSIZE : (p / TW * YW + p % TW) * CO;
                }
                vec acc[P][V];
                EACH (p, P)
                    EACH (v, V) {
                        const int lanes = CO % L ? CO - block - v * L : L;
                        vec r = {0}, previous = {0};
                        if (BIAS && part == 0) FETCH(r, bias + block + v * L, lanes);
                        if (ACCUMULATE || part > 0) FETCH(previous, y0 + yp[p] + v * L, lanes);
                        acc[p][v] = r + previous;
                    }
                for (int a = 0; a < K; a++)
                    for (int b = 0; b < RUNS; b++) {
                        const int run = PARTS == 1 ? K * CI : MIN(PART, CI - part);
                        const real *xr = x0 + (a * XW + b) * CI, *wr = w0 + (long)(a * K + b) * CI * CB;
                        for (int t = 0; t < run; t++, wr += CB) {
                            vec wv[V];
                            EACH (v, V) {
                                FETCH(wv[v], wr + v * L, L);
                                PIN(wv[v]);
                            }
                            EACH (p, P)
                                EACH (v, V) acc[p][v] += (xr + xp[p])[t] * wv[v];
                        }
                    }
                EACH (p, P)
                    EACH (v, V) {
                        const int n = LINEAR ? n0 + p : n0, i = i0 + (LINEAR ? 0 : p / TW),
                                  j = j0 + (LINEAR ? 0 : p % TW);
                        const int c = block + v * L, lanes = CO % L ? CO - c : L;
                        vec r = acc[p][v];
                        if ((LINEAR && n >= images) || (H % TH && i < row) || (W % TW && j < column)) continue;
                        if (part + PART >= CI && lanes >= L) {
                            AG_EPILOGUE;
                        }
                        PUT(r, y0 + yp[p] + v * L, lanes);
                    }
            }
}
