/*
 * Convolution: a register tile of pixels x output channels. Serves the gradient of a stride-1 convolution with respect
 * to its input too (weights packed with AG_PACK_TRANSPOSED), linear layers (H = W = 1: the images of the block are the
 * pixels) and the input gradient of deconv.c (same K, S = 2, PAD = 0). The input is S (H - 1) + K - 2 PAD high.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W (output size), AG_CI, AG_CO, AG_K, AG_S, AG_PAD, AG_XH, AG_YH (halos);
 * AG_BIAS, AG_ACCUMULATE, AG_PACK_TRANSPOSED, AG_EACH (0 or 1); AG_WSTRIDE (with AG_EACH each image has its own packed
 * weight, AG_WSTRIDE reals after that of the one before); AG_SHARES, AG_SHARE (how many shares the work is cut into,
 * and which of them to do), AG_BY_ROWS (0 or 1: they are rows, else as far as there are as many blocks of channels);
 * AG_EXTRA_PARAMS (text); AG_FUSED (0 or 1), AG_EPILOGUE (text: with AG_FUSED it stores what is made of the result r of
 * picture n, row i, column j, channel o).
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
#define AG_EACH            0
#define AG_WSTRIDE         36864
#define AG_SHARES          1
#define AG_SHARE           0
#define AG_BY_ROWS         1
#define AG_FUSED           0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CO][CI][K][K] (transposed: [CI][CO][K][K], flipped in both axes) as [A CO / CB][K][K + A - 1][CI][CB], zero
 * padded: channel o of pixel d of A = PACKED_ABREAST(CO, K) is A CO's channel d CO + o, of taps b - d. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_CI, CO = AG_CO, K = AG_K, TRANSPOSED = AG_PACK_TRANSPOSED };
    enum { A = PACKED_ABREAST(CO, K), CB = PACKED_BLOCK(A * CO) };
    /* pieces of 16 x 16 channels: all columns of a weight at once would fall on the same few lines of cache */
    enum { KW = K + A - 1, PIECE = 16, LS = CEIL(CB, PIECE), CS = CEIL(CI, PIECE) };
    for (int piece = 0; piece < CEIL(A * CO, CB) * CS * LS; piece++) {
        const int block = piece / (CS * LS) * CB, c0 = piece / LS % CS * PIECE, l0 = piece % LS * PIECE;
        for (int column = 0; column < K * KW; column++)
            for (int c = c0; c < MIN(CI, c0 + PIECE); c++)
                for (int l = l0; l < MIN(CB, l0 + PIECE); l++) {
                    const int o = (block + l) % CO, b = column % KW - (block + l) / CO, tap = column / KW * K + b;
                    const long oihw = ((long)o * CI + c) * K * K + tap,
                               iohw = ((long)c * CO + o) * K * K + K * K - 1 - tap;
                    const int inside = block + l < A * CO && b >= 0 && b < K;
                    packed[((long)block * K * KW + (long)column * CB) * CI + c * CB + l] =
                        inside ? w[TRANSPOSED ? iohw : oihw] : 0;
                }
    }
}

/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[a,b,c,o] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { CI = AG_CI, K = AG_K, S = AG_S, BIAS = AG_BIAS, ACCUMULATE = AG_ACCUMULATE, OWN = AG_EACH };
    /* A pixels abreast are one below, if they fill the row: one of CO = A AG_CO channels; L lanes of V vectors of them
     * are a block */
    enum { MANY = ABREAST(AG_CO, K), A = S == 1 && AG_W % MANY == 0 ? MANY : 1, CO = A * AG_CO };
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, LINEAR = AG_H * AG_W == 1 && !OWN };
    /* shares: of BY blocks of channels each, and of rows */
    enum { BLOCKS = CEIL(CO, CB), BY = AG_BY_ROWS ? 1 : MIN(BLOCKS, AG_SHARES), STRETCHES = AG_SHARES / BY };
    /* H rows of W pixels; where one tap reads what has no halo, the rows of a stretch are one */
    enum { FLAT = K == 1 && S == 1 && AG_XH == 0 && AG_H % STRETCHES == 0 };
    enum { H = FLAT ? STRETCHES : AG_H, W = (FLAT ? AG_H / STRETCHES : 1) * AG_W / A };
    enum { XH = AG_XH, MORE = K - S - 2 * AG_PAD + 2 * XH, XW = S * W * A + MORE, XSIZE = (S * H + MORE) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { YH = AG_YH, YROW = (AG_W + 2 * YH) * AG_CO, YSIZE = (AG_H + 2 * YH) * YROW, YSTART = YH * (YROW + AG_CO) };
    /* WB output channels of the weight lie together, those of PACKED pixels abreast; KW taps of a row are read */
    enum { PACKED = PACKED_ABREAST(AG_CO, K), WB = PACKED_BLOCK(PACKED * AG_CO), KW = K + A - 1 };
    enum { WROW = (K + PACKED - 1) * CI * WB, WBLOCK = K * WROW };
    /* a tile: TH x TW pixels, the last of a row or column overlapping the one before, x a block of CB output channels;
     * of a linear layer P images */
    enum { TW = TILE_OF(W, TILE(V)), TH = TW > TILE(V) / 2 ? 1 : MIN(H, TILE(V) / TW), P = LINEAR ? TILE(V) : TH * TW };
    enum { ROWS = CEIL(H, TH), COLUMNS = CEIL(W, TW) };
    /* PART input channels at a time, whose weights stay in L2; if it is all of them, taps of a row are contiguous */
    enum {
        PARTS = CEIL(K * KW * CI * CB, 163840),
        PART = CEIL(CI, PARTS),
        RUNS = PARTS == 1 ? 1 : KW,
        AHEAD = AG_SHARES > 1 ? 32 : 8
    };
    /* LINE channels at a time, a line of cache's, while the next line of each pixel is fetched */
    enum { LINE = 16, LINES = (PARTS == 1 ? KW * CI : CI | PART) % LINE == 0 };
    /* tiles at a time, whose 1 MB of x stays in L2 from one block of output channels to the next */
    enum { BAND = FLAT ? CEIL(262144, TW * CI) : CEIL(262144, S * TH * XW * CI) * COLUMNS };
    VECTOR(vec, L);
    const long lines = LINEAR ? CEIL(images, P) : (long)images * ROWS, width = LINEAR ? 1 : COLUMNS;
    const int stretch = AG_SHARE / BY, mine = AG_SHARE % BY;
    const long start = MIN(lines, lines * stretch / STRETCHES) * width;
    const long tiles = MIN(lines, lines * (stretch + 1) / STRETCHES) * width;
    real biases[BIAS && A > 1 ? CEIL(CO, CB) * CB : 1]; /* whole vectors */

    for (int l = 0; BIAS && A > 1 && l < CO; l++) biases[l] = bias[l % AG_CO];
    if (A > 1) bias = biases;
    for (long band = start; band < tiles; band += LINEAR ? tiles : BAND)
        for (int block = BLOCKS * mine / BY * CB; block < BLOCKS * (mine + 1) / BY * CB; block += CB)
            for (int part = 0; part < CI; part += PART)
                for (long tile = band; tile < (LINEAR ? tiles : MIN(tiles, band + BAND)); tile++) {
                    const int n0 = (int)(LINEAR ? tile * P : tile / (ROWS * COLUMNS)), last = images - 1 - n0;
                    const int row = (int)(tile / COLUMNS % ROWS) * TH, i0 = MIN(row, H - TH);
                    const int column = (int)(tile % COLUMNS) * TW, j0 = MIN(column, W - TW);
                    const real *const x0 = x + (long)n0 * XSIZE + XSTART + (i0 * XW + j0 * A) * S * CI + part;
                    real *const y0 = y + (long)n0 * YSIZE + YSTART + (FLAT ? 0 : i0 * YROW + j0 * CO) + block;
                    const real *const w0 =
                        w + (OWN ? n0 * (long)AG_WSTRIDE : 0) + (long)(block / WB) * WBLOCK + block % WB + part * WB;
                    long xp[P], yp[P]; /* where the tile's pixels are */
                    EACH (p, P) {
                        xp[p] = LINEAR ? MIN(p, last) * XSIZE : (p / TW * XW + p % TW * A) * S * CI;
                        const int at = i0 * W + j0 + p; /* FLAT */
                        yp[p] = LINEAR ? MIN(p, last) * YSIZE
                                : FLAT ? (long)(at / AG_W * YROW + at % AG_W * CO)
                                       : p / TW * YROW + p % TW * CO;
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
                            const int run = PARTS == 1 ? KW * CI : MIN(PART, CI - part);
                            const real *xr = x0 + (a * XW + b) * CI, *wr = w0 + (long)a * WROW + b * CI * WB;
                            for (int line = 0; line < run; line += LINES ? LINE : run) {
                                EACH (p, LINES ? P : 0) PREFETCH(xr + xp[p] + line + LINE);
                                BY_TWO for (int t = line; t < line + (LINES ? LINE : run); t++, wr += WB)
                                {
                                    vec wv[V];
                                    EACH (v, V) {
                                        const int lane = v * L / WB * WBLOCK + v * L % WB;
                                        FETCH(wv[v], wr + lane, L);
                                        PIN(wv[v]);
                                        if (v * L % LINE == 0) PREFETCH(wr + lane + AHEAD * WB);
                                    }
                                    EACH (p, P)
                                        EACH (v, V) acc[p][v] += (xr + xp[p])[t] * wv[v];
                                }
                            }
                        }
                    real sums[AG_FUSED ? P : 1][CB];
                    EACH (p, P) {
                        const int late = LINEAR ? n0 + p >= images
                                                : (H % TH && i0 + p / TW < row) || (W % TW && j0 + p % TW < column);
                        EACH (v, V) {
                            const int lanes = CO % L ? CO - block - v * L : L;
                            if (AG_FUSED && part + PART >= CI)
                                PUT(acc[p][v], sums[AG_FUSED ? p : 0] + v * L, L);
                            else if (!late)
                                PUT(acc[p][v], y0 + yp[p] + v * L, lanes);
                        }
                    }
                    for (int p = 0; p < P && AG_FUSED && part + PART >= CI; p++) {
                        const int n = LINEAR ? n0 + p : n0, down = i0 + (LINEAR ? 0 : p / TW);
                        const int across = j0 + (LINEAR ? 0 : p % TW);
                        const int i = FLAT ? (down * W + across) / AG_W : down,
                                  left = FLAT ? across % AG_W : across * A;
                        if ((LINEAR && n >= images) || (H % TH && down < row) || (W % TW && across < column)) continue;
                        LANEWISE for (int l = 0; l < (CO % CB ? MIN(CB, CO - block) : CB); l++) {
                            const int o = A > 1 ? (block + l) % AG_CO : block + l;
                            const int j = left + (A > 1 ? (block + l) / AG_CO : 0);
                            const real r = sums[AG_FUSED ? p : 0][l];
                            (void)n, (void)i, (void)j, (void)o, (void)r;
                            AG_EPILOGUE
                        }
                    }
                }
}
