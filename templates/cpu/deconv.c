/*
 * Transposed convolution, kernel 2 or 3, stride 2: each of the four output phases is a small stride-1 convolution. With
 * kernel 3 the places of even rows (columns), one more than those of odd ones, are reached by two rows (columns) of x:
 * phases of 2x2, 2x1, 1x2 and 1x1 taps. The gradient with respect to x is conv.c with S = 2, PAD = 0 on the same
 * weight; the one with respect to the weight is conv_wgrad.c with gy as its x, x as its gy, S = 2, PAD = 0.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_IN_H, AG_IN_W (input size; the output is 2 (H - 1) + K high), AG_IN_C, AG_OUT_C, AG_K,
 * AG_IN_HALO (at least 1, zeros, with AG_K = 3), AG_OUT_HALO (halos); AG_IN_PIXEL_STRIDE (AG_IN_C with AG_K = 3),
 * AG_OUT_PIXEL_STRIDE, AG_BIAS, AG_PER_PICTURE (0 or 1), AG_WEIGHT_STRIDE; AG_SHARES, AG_SHARE, AG_TILE,
 * AG_NARROW_TILE, AG_ROW_RANGES, AG_VIEW_W, AG_VIEW_H, AG_PREFETCHES, AG_PREFETCH_NEXT, AG_EXTRA_PARAMS, AG_RELU,
 * AG_HAS_EPILOGUE, AG_EPILOGUE (as of conv.c).
 */
#ifndef AG_FN
#include "tile.c"
#undef AG_FN
#undef AG_PIXEL_STRIDE
#undef AG_ROW_STRIDE
#undef AG_NARROW
#undef AG_PREFETCHES
#undef AG_VIEW_W
#define AG_FN               deconv
#define AG_FN_PACK          deconv_pack
#define AG_IN_H             32
#define AG_IN_W             31
#define AG_IN_C             64
#define AG_OUT_C            64
#define AG_K                3
#define AG_IN_HALO          1
#define AG_OUT_HALO         0
#define AG_IN_PIXEL_STRIDE  64
#define AG_OUT_PIXEL_STRIDE 64
#define AG_BIAS             1
#define AG_PER_PICTURE      0
#define AG_WEIGHT_STRIDE    36864
#define AG_SHARES           1
#define AG_SHARE            0
#define AG_TILE             tile_sums
#define AG_NARROW_TILE      tile_sums
#define AG_ROW_RANGES       1
#define AG_VIEW_W           32
#define AG_RELU             0
#define AG_HAS_EPILOGUE     0
#define AG_PREFETCHES       0
#define AG_PREFETCH_NEXT    0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CI][CO][K][K] as [CO / CB][taps][CI][CB], zero padded; taps phase by phase, in the order of the places of x
 * that they read. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_IN_C, CO = AG_OUT_C, K = AG_K, CB = AG_PACKED_BLOCK };
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
    enum { CI = AG_IN_C, CO = AG_OUT_C, K = AG_K, BIAS = AG_BIAS, OWN = AG_PER_PICTURE, MORE = K - 2 };
    enum { RELU = AG_RELU, FUSED = AG_HAS_EPILOGUE };
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, WB = AG_PACKED_BLOCK, WBLOCK = K * K * CI * WB };
    /* H rows of W pixels, and WIDE places of a phase in each: with kernel 3 one more, though that of odd columns ends
     * in the halo and is dropped. Shares are as in conv.c, but for units in place of blocks: phases of them */
    enum { H = AG_VIEW_H, WIDE = AG_VIEW_W, W = WIDE - MORE, FLAT = W > AG_IN_W, RANGES = AG_ROW_RANGES };
    enum { UNITS = 4 * CEIL(CO, CB), BY_ROWS = RANGES == AG_SHARES };
    enum { ITEMS = BY_ROWS ? AG_SHARES : RANGES * UNITS };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XS = AG_IN_PIXEL_STRIDE, YS = AG_OUT_PIXEL_STRIDE };
    enum { XSIZE = (H + 2 * XH) * XW * XS, XSTART = XH * (XW + 1) * XS };
    enum { YH = AG_OUT_HALO, YW = 2 * (AG_IN_W - 1) + K + 2 * YH, YSIZE = (2 * (AG_IN_H - 1) + K + 2 * YH) * YW * YS };
    enum { YSTART = YH * (YW + 1) * YS };
    /* tiles of TH x TW places, the last LESS of a row a place narrower, the last of a column overlapping the one
     * before */
    enum { TW = TILE_WIDTH(WIDE, V), TH = TILE_HEIGHT(H, WIDE, V), P = TH * TW };
    enum { ROWS = CEIL(H + MORE, TH), COLUMNS = CEIL(WIDE, TW), LESS = COLUMNS * TW - WIDE };
    /* tiles write to y at once, as in conv.c */
    enum { APART = FUSED || MORE || TH > 1 || CO % L != 0 || (FLAT && TW > AG_IN_W), STEP = APART ? CB : 2 * YS };
    /* lines of tiles at a time, whose 128 KB of x stay in L2 for the four phases, one after the other */
    enum { BAND = CEIL(32768, TH * XW * CI) };
    enum { PLAIN = BIAS && CO % CB == 0 }; /* as in conv.c */
    const int lines = images * ROWS, item = ITEMS * AG_SHARE / AG_SHARES, end_item = ITEMS * (AG_SHARE + 1) / AG_SHARES;
    const int row_range = item % RANGES, first = BY_ROWS ? 0 : item / RANGES; /* as in conv.c */
    const int last = BY_ROWS ? UNITS : first + end_item - item;
    const int start = (int)((long)lines * row_range / RANGES);
    const int end = (int)((long)lines * (row_range + 1) / RANGES);
    real sums[APART ? P * CB : 1] ALIGNED, from[CB] ALIGNED;
    struct prefetch_range range[2];
    int taps = 0;
    for (int unit = first; unit < last; unit++) taps += MORE ? (2 - unit / 2 % 2) * (2 - unit % 2) : 1;
    const long rounds = (long)taps * (end - start) * COLUMNS * CI / (2 - CI % 2);
    const int turns =
        AG_PREFETCHES ? begin_prefetch(range, AG_PREFETCH_NEXT, item, end_item, ITEMS, last - first, rounds, w) : 0;

    for (int band = start; band < end; band += BAND)
        for (int step = first * BAND; step < last * BAND; step++) {
            const int line = band + step % BAND, phase = step / BAND % 4, block = step / BAND / 4 * CB;
            if (line >= end) continue;
            const int n = line / ROWS, row = line % ROWS * TH, a = phase / 2, b = phase % 2;
            /* rows of places; taps along each axis but one */
            const int high = H + MORE * (1 - a), up = MORE * (1 - a), left = MORE * (1 - b), run = (left + 1) * CI;
            const int i0 = MIN(row, high - TH), taps_before = MORE ? 6 * a + 4 * b - 2 * a * b : phase;
            const real *const w0 = w + (OWN ? n * (long)AG_WEIGHT_STRIDE : 0) + (long)(block / WB) * WBLOCK +
                                   block % WB + taps_before * CI * WB;
            /* of the first and the last row of places one row of taps lies in the halo */
            const int top = TH == 1 && i0 < up, bottom = TH == 1 && i0 == H ? 0 : up;
            for (int l = 0; !PLAIN && l < CB; l++) from[l] = BIAS && block + l < CO ? bias[block + l] : 0;
            for (int column = 0, some; row < high && column < COLUMNS; column += some) {
                const int narrow = column + LESS >= COLUMNS;
                some = APART ? 1 : (narrow ? COLUMNS : COLUMNS - LESS) - column;
                const int j0 = column * TW - (narrow ? column + LESS - COLUMNS : 0);
                const real *const x0 = x + (long)n * XSIZE + XSTART + ((i0 - up + top) * XW + j0 - left) * XS;
                real *const y0 = y + (long)n * YSIZE + YSTART + block;
                const unsigned at0 = (unsigned)(i0 * (FLAT ? W : AG_IN_W) + j0);
                real *const to = APART ? sums : y0 + (a * YW + b) * YS + place(at0, AG_IN_W, 2L * YW * YS, 2L * YS);
                const struct tile t = {.x = x0,
                                       .w = w0 + top * run * WB,
                                       .from = PLAIN ? bias + block : from,
                                       .to = to,
                                       .x_row = XW * XS,
                                       .w_row = run * WB,
                                       .w_block = WBLOCK,
                                       .to_step = STEP,
                                       .gap = APART ? 0 : 2 * (YW - AG_IN_W) * YS,
                                       .split = APART ? 0 : AG_IN_W - (int)(at0 % AG_IN_W),
                                       .width = AG_IN_W,
                                       .tiles = some,
                                       .rows = bottom - top + 1,
                                       .run = run,
                                       .relu = RELU,
                                       .prefetch = &range[(step / BAND - first) & turns]};
                (narrow ? AG_NARROW_TILE : AG_TILE)(&t);
                ROLLED for (int p = 0; APART && p < TH * (TW - narrow); p++)
                {
                    const int down = i0 + p / TW, across = j0 + p % TW;
                    const unsigned at = (unsigned)(down * W + across);
                    const int i = 2 * (FLAT ? (int)(at / AG_IN_W) : down) + a;
                    const int j = 2 * (FLAT ? (int)(at % AG_IN_W) : across) + b;
                    real *const yt = y0 + ((long)i * YW + j) * YS;
                    const real *const sum = sums + p * CB;
                    if (((H % TH || MORE) && down < row) || (MORE && b && across >= W)) continue;
                    ROLLED for (int l = 0; l < (CO % CB ? MIN(CB, CO - block) : CB); l++)
                    {
                        const int o = block + l;
                        const real r = sum[l];
                        (void)o, (void)yt;
                        if (!FUSED)
                            yt[l] = r;
                        else {
                            AG_EPILOGUE
                        }
                    }
                }
            }
        }
}
