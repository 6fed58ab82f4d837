/*
 * Gradient of a convolution with respect to its weight: a register tile of input x output channels, summed over pixels.
 *
 * x is S (H - 1) + K - 2 PAD high.
 *
 * Tokens: AG_FN; AG_OUT_H, AG_OUT_W (size of gy), AG_IN_C, AG_OUT_C, AG_K, AG_STRIDE, AG_PAD, AG_IN_HALO, AG_OUT_HALO
 * (halos of x and gy); AG_PER_PICTURE (0 or 1), AG_WEIGHT_STRIDE: with AG_PER_PICTURE each image's gradient is written
 * apart, AG_WEIGHT_STRIDE reals after the one before.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN            conv_wgrad
#define AG_OUT_H         32
#define AG_OUT_W         32
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#define AG_STRIDE        1
#define AG_PAD           1
#define AG_IN_HALO       1
#define AG_OUT_HALO      0
#define AG_PER_PICTURE   0
#define AG_WEIGHT_STRIDE 36864
#endif
/* AG_TEMPLATE */
/* dw[a,b,c,o] += sum over n, i, j of x[n, S i + a - PAD, S j + b - PAD, c] gy[n,i,j,o]; dw is [K][K][CI][COP], COP = CO
 * rounded up to 16, zeros are added to channels from CO on. With AG_PER_PICTURE the sum is over i, j, and dw needs no
 * zeros.
 */
static void AG_FN(const real *x, const real *gy, real *dw, int images)
{
    enum { H = AG_OUT_H, CI = AG_IN_C, COP = CEIL(AG_OUT_C, 16) * 16, K = AG_K, S = AG_STRIDE, OWN = AG_PER_PICTURE };
    enum {
        XH = AG_IN_HALO,
        MORE = K - S - 2 * AG_PAD + 2 * XH,
        XW = S * AG_OUT_W + MORE,
        XSIZE = (S * H + MORE) * XW * CI
    };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum {
        GH = AG_OUT_HALO,
        GLINE = (AG_OUT_W + 2 * GH) * AG_OUT_C,
        GSIZE = (H + 2 * GH) * GLINE,
        GSTART = GH * (GLINE + AG_OUT_C)
    };
    /* A pixels abreast are one below, if they fill the row: one of CO = A AG_OUT_C channels, W of them in a row; the
     * sum of channel o of pixel d at tap b of the KW of a row is of channel o's tap b - d */
    enum {
        MANY = ABREAST(AG_OUT_C, K),
        A = S == 1 && AG_OUT_W % MANY == 0 ? MANY : 1,
        CO = A * AG_OUT_C,
        W = AG_OUT_W / A
    };
    /* a tile: T input x CB output channels; of few input channels the taps of a row, which lie side by side */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, KW = K + A - 1, FLAT = CI < 4 || (CI <= 8 && K > 1 && V == 1) };
    enum { CR = FLAT ? KW * CI : CI, TAPS = FLAT ? K : K * KW };
    enum { T = TILE_OF(CR, TILE(V)), PART = FLAT ? CR : MIN(CI, 8 * T) };
    /* a band: R rows of an image or N whole images, some BAND pixels, that stay in L1; copied, in blocks of a tile's
     * channels, to lie together there, unless each value is used but a few times */
    enum { COPY = K > S || CO % CB != 0 || CI > 64 || CO > 64, STEP = FLAT || !COPY ? CI : T, GSTEP = COPY ? CB : CO };
    enum { BAND = COPY ? (A > 1 ? 384 : 192) : CI + CO > 64 || S > 1 ? 48 : 96 };
    enum { R = CEIL(H, CEIL(H * AG_OUT_W, BAND)), N = R == H && !OWN ? CEIL(BAND * 2 / 3, H * AG_OUT_W) : 1 };
    enum { BW = S * (AG_OUT_W - 1) + K, BH = S * (R - 1) + K };
    enum { XROW = COPY ? BW * STEP : XW * CI, XPLANE = COPY ? BH * XROW : XSIZE, XBLOCK = COPY ? N * XPLANE : 1 };
    enum { GROW = COPY ? W * CB : GLINE, GPLANE = COPY ? R * GROW : GSIZE, GBLOCK = COPY ? N * GPLANE : 1 };
    VECTOR(vec, L);
    real xs[(FLAT ? 1 : CEIL(PART, T)) * XBLOCK] ALIGNED, gs[CEIL(CO, CB) * GBLOCK] ALIGNED;

    for (int n0 = 0; n0 < images; n0 += N)
        for (int i0 = 0; i0 < H; i0 += R) {
            const int ns = MIN(N, images - n0), rows = MIN(R, H - i0);
            real *const dn = dw + (OWN ? n0 * (long)AG_WEIGHT_STRIDE : 0);
            const real *const xb = x + (long)n0 * XSIZE + XSTART + S * i0 * XW * CI;
            const real *const gb = gy + (long)n0 * GSIZE + GSTART + i0 * GLINE;
            for (long l = 0; OWN && i0 == 0 && l < (long)K * K * CI * COP; l++) dn[l] = 0;
            for (int o = 0; COPY && o < CO; o += CB)
                for (int n = 0; n < ns; n++)
                    for (int i = 0; i < rows; i++)
                        copy_pixels(gs + o / CB * GBLOCK + n * GPLANE + i * GROW, CB,
                                    gb + (long)n * GSIZE + i * GLINE + o, CO, W, CO % CB ? CO - o : CB);
            for (int part = 0; part < CR; part += PART) {
                const int ts = CEIL(MIN(PART, CR - part), T);
                for (int t = 0; COPY && t < (FLAT ? 1 : ts); t++)
                    for (int n = 0; n < ns; n++)
                        for (int i = 0; i < S * (rows - 1) + K; i++) {
                            const int c0 = FLAT ? 0 : MIN(part + t * T, CI - T);
                            copy_pixels(xs + t * XBLOCK + n * XPLANE + i * XROW, STEP,
                                        xb + (long)n * XSIZE + i * XW * CI + c0, CI, BW, STEP);
                        }
                for (int tile = 0; tile < CEIL(CO, CB) * ts * TAPS; tile++) {
                    const int tap = tile % TAPS, t = tile / TAPS % ts, o = tile / TAPS / ts * CB;
                    const int c0 = MIN(part + t * T, CR - T), a = FLAT ? tap : tap / KW, b = FLAT ? 0 : tap % KW;
                    const real *const xa = (!COPY ? xb + c0 : FLAT ? xs + c0 : xs + t * XBLOCK) + a * XROW + b * STEP;
                    const real *const ga = COPY ? gs + o / CB * GBLOCK : gb + o;
                    const int at = b * CI + c0; /* in the row of taps */
                    real *const to = dn + ((long)a * K * CI + at) * COP + o;
                    vec acc[T][V] = {0};
                    for (int n = 0; n < ns; n++)
                        for (int i = 0; i < rows; i++)
                            for (int j = 0; j < W; j++) {
                                const real *xp = xa + (long)n * XPLANE + S * (i * XROW + j * A * STEP);
                                const real *gp = ga + (long)n * GPLANE + i * GROW + j * GSTEP;
                                vec g[V];
                                EACH (v, V) {
                                    FETCH(g[v], gp + v * L, L);
                                    PIN(g[v]);
                                }
                                EACH (c, T)
                                    EACH (v, V) acc[c][v] += xp[c] * g[v];
                            }
                    EACH (c, T)
                        EACH (v, V) {
                            vec sum;
                            real lane[L];
                            if (c0 + c < part + t * T) continue;
                            if (A == 1) {
                                FETCH(sum, to + c * COP + v * L, L);
                                sum += acc[c][v];
                                PUT(sum, to + c * COP + v * L, L);
                                continue;
                            }
                            PUT(acc[c][v], lane, L);
                            for (int d = 0; d < A; d++)
                                if (at + c >= d * CI && at + c < (K + d) * CI)
                                    for (int l = 0; l < AG_OUT_C; l++)
                                        to[(c - d * CI) * COP + l] += lane[d * AG_OUT_C + l];
                        }
                }
            }
        }
}
