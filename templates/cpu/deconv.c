/*
 * Transposed convolution, kernel 2 or 3, stride 2: each of the four output phases is a small stride-1 convolution. With
 * kernel 3 the places of even rows (columns), one more than those of odd ones, are reached by two rows (columns) of x:
 * phases of 2x2, 2x1, 1x2 and 1x1 taps. The gradient with respect to x is conv.c with S = 2, PAD = 0 on the same
 * weight; the one with respect to the weight is conv_wgrad.c with gy as its x, x as its gy, S = 2, PAD = 0.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_H, AG_W (input size; the output is 2 (H - 1) + K high), AG_CI, AG_CO, AG_K, AG_XH (at
 * least 1, zeros, with AG_K = 3), AG_YH (halos); AG_BIAS, AG_ACCUMULATE, AG_EACH (0 or 1), AG_WSTRIDE (as of conv.c);
 * AG_SHARES, AG_SHARE, AG_BY_ROWS, AG_EXTRA_PARAMS, AG_FUSED, AG_EPILOGUE (as of conv.c).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN         deconv
#define AG_FN_PACK    deconv_pack
#define AG_H          16
#define AG_W          16
#define AG_CI         64
#define AG_CO         64
#define AG_K          3
#define AG_XH         1
#define AG_YH         0
#define AG_BIAS       1
#define AG_ACCUMULATE 0
#define AG_EACH       0
#define AG_WSTRIDE    36864
#define AG_SHARES     1
#define AG_SHARE      0
#define AG_BY_ROWS    1
#define AG_FUSED      0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CI][CO][K][K] as [CO / CB][taps][CI][CB], zero padded; taps phase by phase, in the order of the places of x
 * that they read. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_CI, CO = AG_CO, K = AG_K, CB = PACKED_BLOCK(CO) };
    for (int block = 0; block < CO; block += CB)
        for (int phase = 0; phase < 4; phase++)
            for (int a = K == 3 && phase < 2 ? 2 : phase / 2; a >= 0; a -= K == 3 && phase < 2 ? 2 : 4)
                for (int b = K == 3 && phase % 2 == 0 ? 2 : phase % 2; b >= 0; b -= K == 3 && phase % 2 == 0 ? 2 : 4)
                    for (int c = 0; c < CI; c++)
                        for (int o = block; o < block + CB; o++)
                            *packed++ = o < CO ? w[((long)c * CO + o) * K * K + a * K + b] : 0;
}

/* y[n, 2i + a, 2j + b, o] = bias[o] + sum over i, j, a, b, c of x[n,i,j,c] w[c,o,a,b] */
static void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { CI = AG_CI, CO = AG_CO, K = AG_K, BIAS = AG_BIAS, ACCUMULATE = AG_ACCUMULATE, OWN = AG_EACH };
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, MORE = K - 2, WB = PACKED_BLOCK(CO), WBLOCK = K * K * CI * WB };
    /* shares: of BY blocks of channels each, and of rows */
    enum { BLOCKS = CEIL(CO, CB), BY = AG_BY_ROWS ? 1 : MIN(BLOCKS, AG_SHARES), STRETCHES = AG_SHARES / BY };
    /* H rows of W pixels; where a phase has one tap and x no halo, the rows of a stretch are one */
    enum { FLAT = K == 2 && AG_XH == 0 && AG_H % STRETCHES == 0 };
    enum { H = FLAT ? STRETCHES : AG_H, W = (FLAT ? AG_H / STRETCHES : 1) * AG_W };
    enum { XH = AG_XH, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI, XSTART = XH * (XW + 1) * CI };
    enum { YH = AG_YH, YW = 2 * (AG_W - 1) + K + 2 * YH, YSIZE = (2 * (AG_H - 1) + K + 2 * YH) * YW * CO };
    enum { YSTART = YH * (YW + 1) * CO };
    /* a tile: TH x TW places of a phase, the last of a row or column overlapping the one before, x CB output channels;
     * with kernel 3 WIDE = W + 1 places in each row, though those of odd columns end in the halo and are dropped */
    enum { WIDE = W + MORE };
    enum { TW = TILE_OF(WIDE, TILE(V)), TH = TW > TILE(V) / 2 ? 1 : MIN(H, TILE(V) / TW), P = TH * TW };
    enum { ROWS = CEIL(H + MORE, TH), AHEAD = AG_SHARES > 1 ? 32 : 8 };
    /* LINE channels at a time, a line of cache's, while the next line of each pixel is fetched */
    enum { LINES = CI % 16 == 0, LINE = 16 };
    /* lines of tiles at a time, whose 128 KB of x stay in L2 for the four phases, one after the other with its weights
     */
    enum { BAND = CEIL(32768, TH * XW * CI) };
    VECTOR(vec, L);
    const int lines = images * ROWS, stretch = AG_SHARE / BY, mine = AG_SHARE % BY;
    const int start = MIN(lines, (int)((long)lines * stretch / STRETCHES));
    const int end = MIN(lines, (int)((long)lines * (stretch + 1) / STRETCHES));
    const int first = BLOCKS * mine / BY * 4, last = BLOCKS * (mine + 1) / BY * 4; /* phases of blocks */

    for (int band = start; band < end; band += BAND)
        for (int step = first * BAND; step < last * BAND; step++) {
            const int line = band + step % BAND, phase = step / BAND % 4, block = step / BAND / 4 * CB;
            if (line >= end) continue;
            const int n = line / ROWS, row = line % ROWS * TH, a = phase / 2, b = phase % 2;
            /* rows of places; taps along each axis but one; reals in a row of taps */
            const int high = H + MORE * (1 - a), up = MORE * (1 - a), left = MORE * (1 - b), run = (left + 1) * CI;
            const int i0 = MIN(row, high - TH), taps_before = MORE ? 6 * a + 4 * b - 2 * a * b : phase;
            const real *const w0 =
                w + (OWN ? n * (long)AG_WSTRIDE : 0) + (long)(block / WB) * WBLOCK + block % WB + taps_before * CI * WB;
            /* of the first and the last row of places one row of taps lies in the halo */
            const int from = TH == 1 && i0 < up, to = TH == 1 && i0 == H ? 0 : up;
            for (int column = 0; row < high && column < WIDE; column += TW) {
                const int j0 = MIN(column, WIDE - TW);
                const real *const x0 = x + (long)n * XSIZE + XSTART + ((i0 - up) * XW + j0 - left) * CI;
                real *const y0 = y + (long)n * YSIZE + YSTART + (a * YW + b) * CO + block;
                long yp[P]; /* where the tile's pixels are */
                EACH (p, P) {
                    const int at = (i0 + p / TW) * W + j0 + p % TW, i = FLAT ? at / AG_W : i0 + p / TW;
                    yp[p] = 2L * (i * YW + (FLAT ? at % AG_W : j0 + p % TW)) * CO;
                }
                const real *wr = w0 + from * run * WB;
                vec acc[P][V];
                EACH (p, P)
                    EACH (v, V) {
                        const int lanes = CO % L ? CO - block - v * L : L;
                        vec r = {0}, previous = {0};
                        if (BIAS) FETCH(r, bias + block + v * L, lanes);
                        if (ACCUMULATE && (MORE == 0 || b == 0 || j0 + p % TW < W))
                            FETCH(previous, y0 + yp[p] + v * L, lanes);
                        acc[p][v] = r + previous;
                    }
                for (int tap = from; tap <= to; tap++) {
                    const real *const xr = x0 + tap * XW * CI;
                    for (int line = 0; line < run; line += LINES ? LINE : run) {
                        EACH (p, LINES ? P : 0) PREFETCH(xr + (p / TW * XW + p % TW) * CI + line + LINE);
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
                                EACH (v, V) acc[p][v] += (xr + (p / TW * XW + p % TW) * CI)[t] * wv[v];
                        }
                    }
                }
                real sums[AG_FUSED ? P : 1][CB];
                EACH (p, P)
                    EACH (v, V) {
                        const int down = i0 + p / TW, across = j0 + p % TW;
                        const int lanes = CO % L ? CO - block - v * L : L;
                        if (AG_FUSED) PUT(acc[p][v], sums[AG_FUSED ? p : 0] + v * L, L);
                        if (AG_FUSED || ((H % TH || MORE) && down < row)) continue;
                        if ((WIDE % TW && across < column) || (MORE && b && across >= W)) continue;
                        PUT(acc[p][v], y0 + yp[p] + v * L, lanes);
                    }
                for (int p = 0; p < P && AG_FUSED; p++) {
                    const int down = i0 + p / TW, across = j0 + p % TW, at = down * W + across;
                    const int i = 2 * (FLAT ? at / AG_W : down) + a, j = 2 * (FLAT ? at % AG_W : across) + b;
                    if ((H % TH || MORE) && down < row) continue;
                    if ((WIDE % TW && across < column) || (MORE && b && across >= W)) continue;
                    LANEWISE for (int l = 0; l < (CO % CB ? MIN(CB, CO - block) : CB); l++) {
                        const int o = block + l;
                        const real r = sums[AG_FUSED ? p : 0][l];
                        (void)n, (void)i, (void)j, (void)o, (void)r;
                        AG_EPILOGUE
                    }
                }
            }
        }
}
