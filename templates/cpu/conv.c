/*
 * Convolution, of tiles of pixels x output channels (tile.c). Serves the gradient of a stride-1 convolution with
 * respect to its input too (weights packed with AG_TRANSPOSED), linear layers (H = W = 1: the images of the block
 * are the pixels) and the input gradient of deconv.c (same K, S = 2, PAD = 0). The input is S (H - 1) + K - 2 PAD high.
 *
 * Tokens: AG_FN, AG_FN_PACK; AG_OUT_H, AG_OUT_W (output size), AG_IN_C, AG_OUT_C, AG_K, AG_STRIDE, AG_PAD, AG_IN_HALO,
 * AG_OUT_HALO (halos); AG_IN_PIXEL_STRIDE, AG_OUT_PIXEL_STRIDE (reals from a pixel to the next; with AG_K > 1 that of x
 * is AG_IN_C, abreast that of y AG_OUT_C); AG_BIAS, AG_TRANSPOSED, AG_PER_PICTURE (0 or 1); AG_WEIGHT_STRIDE (with
 * AG_PER_PICTURE each image has its own packed weight, AG_WEIGHT_STRIDE reals after that of the one before); AG_SHARES,
 * AG_SHARE (how many shares the work is cut into, and which of them to do); AG_TILE, AG_NARROW_TILE (the functions of
 * the tile and of that with a pixel less), AG_ABREAST, AG_ROW_RANGES, AG_VIEW_W, AG_VIEW_H (what tiles see of it: see
 * vector.h); AG_PREFETCHES (0 or 1: tiles fetch meanwhile what AG_PREFETCH_NEXT says, a struct prefetch * among
 * AG_EXTRA_PARAMS, or 0); AG_EXTRA_PARAMS (text); AG_RELU (0 or 1: y is 0 where it would be less); AG_HAS_EPILOGUE (0
 * or 1), AG_EPILOGUE (text: with AG_HAS_EPILOGUE it stores what is made of the result r of picture n, row i, column j,
 * channel o).
 */
#ifndef AG_FN
#include "tile.c"
#undef AG_FN
#undef AG_PIXEL_STRIDE
#undef AG_ROW_STRIDE
#undef AG_NARROW
#undef AG_PREFETCHES
#define AG_FN               conv
#define AG_FN_PACK          conv_pack
#define AG_OUT_H            32
#define AG_OUT_W            32
#define AG_IN_C             64
#define AG_OUT_C            64
#define AG_K                3
#define AG_STRIDE           1
#define AG_PAD              1
#define AG_IN_HALO          1
#define AG_OUT_HALO         0
#define AG_IN_PIXEL_STRIDE  64
#define AG_OUT_PIXEL_STRIDE 64
#define AG_BIAS             1
#define AG_TRANSPOSED       0
#define AG_PER_PICTURE      0
#define AG_WEIGHT_STRIDE    36864
#define AG_SHARES           1
#define AG_SHARE            0
#define AG_TILE             tile_sums
#define AG_NARROW_TILE      tile_sums
#define AG_ABREAST          1
#define AG_PACKED_ABREAST   1
#define AG_ROW_RANGES       1
#define AG_RELU             0
#define AG_HAS_EPILOGUE     0
#define AG_PREFETCHES       0
#define AG_PREFETCH_NEXT    0
#define AG_EXTRA_PARAMS
#define AG_EPILOGUE
#endif
/* AG_TEMPLATE */
/* Packs [CO][CI][K][K] (transposed: [CI][CO][K][K], flipped in both axes) as [A CO / CB][K][K + A - 1][CI][CB], zero
 * padded: channel o of pixel d of the A abreast is A CO's channel d CO + o, of taps b - d. */
static void AG_FN_PACK(const real *w, real *packed)
{
    enum { CI = AG_IN_C, CO = AG_OUT_C, K = AG_K, TRANSPOSED = AG_TRANSPOSED };
    enum { A = AG_PACKED_ABREAST, CB = AG_PACKED_BLOCK };
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
    enum {
        CI = AG_IN_C,
        K = AG_K,
        S = AG_STRIDE,
        BIAS = AG_BIAS,
        OWN = AG_PER_PICTURE,
        RELU = AG_RELU,
        FUSED = AG_HAS_EPILOGUE
    };
    /* A pixels abreast are one below, of CO = A AG_OUT_C channels; L lanes of V vectors of them are a block */
    enum { A = AG_ABREAST, CO = A * AG_OUT_C, L = LANES(CO), CB = BLOCK(CO), V = CB / L, BLOCKS = CEIL(CO, CB) };
    enum { LINEAR = AG_OUT_H * AG_OUT_W == 1 && !OWN };
    /* H rows of W pixels. A share is a range of rows, with all blocks of channels, or some items, each a block in one
     * of fewer ranges: where there are several, one item at most */
    enum { H = AG_VIEW_H, W = AG_VIEW_W, FLAT = W > AG_OUT_W / A, RANGES = AG_ROW_RANGES };
    enum { BY_ROWS = RANGES == AG_SHARES, ITEMS = BY_ROWS ? AG_SHARES : RANGES * BLOCKS };
    enum {
        XH = AG_IN_HALO,
        MORE = K - S - 2 * AG_PAD + 2 * XH,
        XW = S * W * A + MORE,
        XS = AG_IN_PIXEL_STRIDE,
        YS = AG_OUT_PIXEL_STRIDE
    };
    enum { XSIZE = (S * H + MORE) * XW * XS, XSTART = (XH - AG_PAD) * (XW + 1) * XS };
    enum {
        YH = AG_OUT_HALO,
        YROW = (AG_OUT_W + 2 * YH) * YS,
        YSIZE = (AG_OUT_H + 2 * YH) * YROW,
        YSTART = YH * (YROW + YS)
    };
    /* WB output channels of the weight lie together, those of PACKED pixels abreast; KW taps of a row are read */
    enum { PACKED = AG_PACKED_ABREAST, WB = AG_PACKED_BLOCK, KW = K + A - 1 };
    enum { WROW = (K + PACKED - 1) * CI * WB, WBLOCK = K * WROW, AT_ONCE = 2 - CI % 2 };
    /* tiles of TH x TW pixels, the last LESS of a row a pixel narrower, the last of a column overlapping the one
     * before; of a linear layer P images */
    enum { TW = TILE_WIDTH(W, V), TH = TILE_HEIGHT(H, W, V), P = LINEAR ? TILE(V) : TH * TW };
    enum { ROWS = CEIL(H, TH), COLUMNS = CEIL(W, TW), LESS = COLUMNS * TW - W };
    /* PART input channels at a time, whose weights stay in L2: an even number, as tiles take terms by two; if it is all
     * of them, taps of a row are one run */
    enum {
        PART = CEIL(CI, 2 * CEIL(K * KW * CI * CB, 163840)) * 2,
        PARTS = CEIL(CI, PART),
        RUNS = PARTS == 1 ? 1 : K * KW
    };
    /* tiles at a time, whose 1 MB of x stays in L2 from one block of output channels to the next */
    enum { BAND = FLAT ? CEIL(262144, TW * CI) : CEIL(262144, S * TH * XW * CI) * COLUMNS };
    /* tiles write to y at once if nothing else is made of sums, and no more than one of its rows ends in a tile */
    enum { APART = FUSED || LINEAR || TH > 1 || CO % L != 0 || (FLAT && (TW > AG_OUT_W || (PARTS > 1 && YH > 0))) };
    enum { STEP = APART ? CB : A * YS };
    enum { PLAIN = BIAS && A == 1 && CO % CB == 0 }; /* each block has a bias of its own for all its channels */
    const long lines = LINEAR ? CEIL(images, P) : (long)images * ROWS, width = LINEAR ? 1 : COLUMNS;
    const int item = ITEMS * AG_SHARE / AG_SHARES, end_item = ITEMS * (AG_SHARE + 1) / AG_SHARES;
    const int row_range = item % RANGES, first_block = BY_ROWS ? 0 : item / RANGES;
    const int last = BY_ROWS ? BLOCKS : first_block + end_item - item;
    const long start = lines * row_range / RANGES * width;
    const long tiles = lines * (row_range + 1) / RANGES * width;
    real sums[APART ? P * CB : 1] ALIGNED, first[CB] ALIGNED;
    struct prefetch_range range[2];
    const long steps = (long)(last - first_block) * PARTS, rounds = steps * (tiles - start) * (K * KW * PART / AT_ONCE);
    const int turns =
        AG_PREFETCHES ? begin_prefetch(range, AG_PREFETCH_NEXT, item, end_item, ITEMS, steps, rounds, w) : 0;

    for (long band = start; band < tiles; band += LINEAR ? tiles : BAND)
        for (int step = first_block * PARTS; step < last * PARTS; step++) {
            const int block = step / PARTS * CB, part = step % PARTS * PART, ends = part + PART >= CI;
            for (int l = 0; !PLAIN && l < CB; l++) first[l] = BIAS && block + l < CO ? bias[(block + l) % AG_OUT_C] : 0;
            const long end = LINEAR ? tiles : MIN(tiles, band + BAND);
            for (long tile = band, some; tile < end; tile += some) {
                const int n0 = (int)(LINEAR ? tile * P : tile / (ROWS * COLUMNS));
                const int row = (int)(tile / COLUMNS % ROWS) * TH, i0 = MIN(row, H - TH);
                const int column = (int)(tile % COLUMNS), narrow = column + LESS >= COLUMNS;
                const int j0 = column * TW - (narrow ? column + LESS - COLUMNS : 0);
                /* as many at once as lie side by side */
                some = APART ? 1 : MIN((narrow ? COLUMNS : COLUMNS - LESS) - column, end - tile);
                const int pixels = LINEAR ? MIN(P, images - n0) : TH * (TW - narrow);
                const real *const x0 = x + (long)n0 * XSIZE + XSTART + (i0 * XW + j0 * A) * S * XS + part;
                const real *const w0 =
                    w + (OWN ? n0 * (long)AG_WEIGHT_STRIDE : 0) + (long)(block / WB) * WBLOCK + block % WB + part * WB;
                real *const y0 = y + (long)n0 * YSIZE + YSTART + block;
                const unsigned at0 = (unsigned)(i0 * W + j0) * A; /* the first pixel */
                real *const to = APART ? sums : y0 + place(at0, AG_OUT_W, YROW, YS);
                const real *from = part > 0 ? to : PLAIN ? bias + block : first;
                for (int p = 0; APART && part > 0 && p < pixels; p++) {
                    const unsigned at = at0 + (unsigned)(p / TW * W + p % TW) * A;
                    const real *const yt = y0 + (LINEAR ? (long)p * YSIZE : place(at, AG_OUT_W, YROW, YS));
                    for (int l = 0; l < MIN(CB, CO - block);
                         l++) /* not rows of the tile before: another may write them */
                        to[p * STEP + l] = H % TH && i0 + p / TW < row ? 0 : yt[l];
                }
                for (int r = 0; r < RUNS; r++, from = to) {
                    const int a = r / KW, b = r % KW, run = PARTS == 1 ? KW * CI : MIN(PART, CI - part);
                    const struct tile t = {.x = x0 + (a * XW + b) * XS,
                                           .w = w0 + (long)a * WROW + b * CI * WB,
                                           .from = from,
                                           .to = to,
                                           .x_row = XW * XS,
                                           .w_row = WROW,
                                           .w_block = WBLOCK,
                                           .from_step = from == to ? STEP : 0,
                                           .to_step = STEP,
                                           .gap = APART ? 0 : 2 * YH * YS,
                                           .split = APART  ? 0
                                                    : FLAT ? AG_OUT_W - (i0 * W + j0) % AG_OUT_W
                                                           : W - j0,
                                           .width = FLAT ? AG_OUT_W : W,
                                           .tiles = (int)some,
                                           .rows = RUNS > 1 ? 1 : K,
                                           .run = run,
                                           .relu = RELU && ends && r == RUNS - 1,
                                           .last = LINEAR ? images - 1 - n0 : 0,
                                           .prefetch = &range[(step - first_block * PARTS) & turns]};
                    (narrow ? AG_NARROW_TILE : AG_TILE)(&t);
                }
                ROLLED for (int p = 0; APART && p < pixels; p++)
                {
                    const unsigned at = LINEAR ? 0 : at0 + (unsigned)(p / TW * W + p % TW) * A;
                    real *const yt = y0 + (LINEAR ? (long)p * YSIZE : place(at, AG_OUT_W, YROW, YS));
                    const int n = LINEAR ? n0 + p : n0, i = (int)(at / AG_OUT_W), left = (int)(at % AG_OUT_W);
                    const real *const sum = sums + p * STEP;
                    if (H % TH && i0 + p / TW < row) continue;
                    ROLLED for (int l = 0; l < (CO % CB ? MIN(CB, CO - block) : CB); l++)
                    {
                        const int o = A > 1 ? (block + l) % AG_OUT_C : block + l;
                        const int j = left + (A > 1 ? (block + l) / AG_OUT_C : 0);
                        const real r = sum[l];
                        (void)n, (void)i, (void)j, (void)o, (void)yt;
                        if (!FUSED || !ends)
                            yt[l] = r;
                        else {
                            AG_EPILOGUE
                        }
                    }
                }
            }
        }
}
