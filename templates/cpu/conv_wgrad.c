/*
 * Gradient of a convolution with respect to its weight: a register tile of input x output channels, summed over pixels.
 *
 * x is S (H - 1) + K - 2 PAD high.
 *
 * Tokens: AG_FN; AG_H, AG_W (size of gy), AG_CI, AG_CO, AG_K, AG_S, AG_PAD, AG_XH, AG_GH (halos of x and gy); AG_EACH
 * (0 or 1), AG_WSTRIDE: with AG_EACH each image's gradient is written apart, AG_WSTRIDE reals after the one before.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN      conv_wgrad
#define AG_H       32
#define AG_W       32
#define AG_CI      64
#define AG_CO      64
#define AG_K       3
#define AG_S       1
#define AG_PAD     1
#define AG_XH      1
#define AG_GH      0
#define AG_EACH    0
#define AG_WSTRIDE 36864
#endif
/* AG_TEMPLATE */
/* dw[a,b,c,o] += sum over n, i, j of x[n, S i + a - PAD, S j + b - PAD, c] gy[n,i,j,o]; dw is [K][K][CI][COP], COP = CO
 * rounded up to 16, zeros are added to channels from CO on. With AG_EACH the sum is over i, j, and dw needs no zeros.
 */
static void AG_FN(const real *x, const real *gy, real *dw, int images)
{
    enum { H = AG_H, CI = AG_CI, COP = CEIL(AG_CO, 16) * 16, K = AG_K, S = AG_S, OWN = AG_EACH };
    enum { XH = AG_XH, MORE = K - S - 2 * AG_PAD + 2 * XH, XW = S * AG_W + MORE, XSIZE = (S * H + MORE) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { GH = AG_GH, GLINE = (AG_W + 2 * GH) * AG_CO, GSIZE = (H + 2 * GH) * GLINE, GSTART = GH * (GLINE + AG_CO) };
    /* A pixels abreast are one below, if they fill the row: one of CO = A AG_CO channels, W of them in a row; the sum
     * of channel o of pixel d at tap b of the KW of a row is of channel o's tap b - d */
    enum { MANY = ABREAST(AG_CO, K), A = S == 1 && AG_W % MANY == 0 ? MANY : 1, CO = A * AG_CO, W = AG_W / A };
    /* a tile: T input x CB output channels; of few input channels the taps of a row, which lie side by side */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, KW = K + A - 1, FLAT = CI < 4 || (CI <= 8 && K > 1 && V == 1) };
    enum { CR = FLAT ? KW * CI : CI, TAPS = FLAT ? K : K * KW };
    enum { T = TILE_OF(CR, TILE(V)), PART = FLAT ? CR : MIN(CI, 8 * T) };
    /* a band: R rows of an image or N whole images, some BAND pixels, that stay in L1; copied, in blocks of a tile's
     * channels, to lie together there, unless each value is used but a few times */
    enum { COPY = K > S || CO % CB != 0 || CI > 64 || CO > 64, STEP = FLAT || !COPY ? CI : T, GSTEP = COPY ? CB : CO };
    enum { BAND = COPY ? (A > 1 ? 384 : 192) : CI + CO > 64 || S > 1 ? 48 : 96 };
    enum { R = CEIL(H, CEIL(H * AG_W, BAND)), N = R == H && !OWN ? CEIL(BAND * 2 / 3, H * AG_W) : 1 };
    enum { BW = S * (AG_W - 1) + K, BH = S * (R - 1) + K };
    enum { XROW = COPY ? BW * STEP : XW * CI, XPLANE = COPY ? BH * XROW : XSIZE, XBLOCK = COPY ? N * XPLANE : 1 };
    enum { GROW = COPY ? W * CB : GLINE, GPLANE = COPY ? R * GROW : GSIZE, GBLOCK = COPY ? N * GPLANE : 1 };
    VECTOR(vec, L);
    real xs[(FLAT ? 1 : CEIL(PART, T)) * XBLOCK] ALIGNED, gs[CEIL(CO, CB) * GBLOCK] ALIGNED;

    for (int n0 = 0; n0 < images; n0 += N)
        for (int i0 = 0; i0 < H; i0 += R) {
            const int ns = MIN(N, images - n0), rows = MIN(R, H - i0);
            real *const dn = dw + (OWN ? n0 * (long)AG_WSTRIDE : 0);
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
                                    for (int l = 0; l < AG_CO; l++) to[(c - d * CI) * COP + l] += lane[d * AG_CO + l];
                        }
                }
            }
        }
}
