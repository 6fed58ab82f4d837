/*
 * Gradient of a convolution with respect to its weight: a register tile of input x output channels, summed over pixels.
 *
 * Tokens: AG_FN; AG_H, AG_W (size of gy), AG_CI, AG_CO, AG_K, AG_S, AG_PAD, AG_XH, AG_GH (halos of x and gy).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN  conv_wgrad
#define AG_H   32
#define AG_W   32
#define AG_CI  64
#define AG_CO  64
#define AG_K   3
#define AG_S   1
#define AG_PAD 1
#define AG_XH  1
#define AG_GH  0
#endif
/* AG_TEMPLATE */
/* dw[a,b,c,o] += sum over n, i, j of x[n, S i + a - PAD, S j + b - PAD, c] gy[n,i,j,o]; dw is [K][K][CI][COP], COP = CO
 * rounded up to 16, zeros are added to channels from CO on. */
static void AG_FN(const real *x, const real *gy, real *dw, int images)
{
    enum { H = AG_H, W = AG_W, CI = AG_CI, CO = AG_CO, COP = CEIL(CO, 16) * 16, K = AG_K, S = AG_S };
    enum { XH = AG_XH, XW = S * W + 2 * XH, XSIZE = (S * H + 2 * XH) * XW * CI };
    enum { XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { GH = AG_GH, GW = W + 2 * GH, GSIZE = (H + 2 * GH) * GW * CO, GSTART = GH * (GW + 1) * CO };
    /* a tile: T input x CB output channels; of few input channels the taps of a row, which lie side by side */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, FLAT = CI < 4, CR = FLAT ? K * CI : CI, TAPS = FLAT ? K : K * K };
    enum { T = TILE_OF(CR, TILE(V)), PART = FLAT ? CR : MIN(CI, 8 * T) };
    /* a band: R rows of an image or N whole images, some BAND pixels, that stay in L1; copied, in blocks of a tile's
     * channels, to lie together there, unless each value is used but a few times */
    enum { COPY = K > S || CO % CB != 0 || CI > 64 || CO > 64, STEP = FLAT || !COPY ? CI : T, GSTEP = COPY ? CB : CO };
    enum { BAND = COPY ? 192 : CI + CO > 64 || S > 1 ? 48 : 96 };
    enum { R = CEIL(H, CEIL(H * W, BAND)), N = R == H ? CEIL(BAND * 2 / 3, H * W) : 1 };
    enum { BW = S * (W - 1) + K, BH = S * (R - 1) + K };
    enum { XROW = COPY ? BW * STEP : XW * CI, XPLANE = COPY ? BH * XROW : XSIZE, XBLOCK = COPY ? N * XPLANE : 1 };
    enum { GROW = COPY ? W * CB : GW * CO, GPLANE = COPY ? R * GROW : GSIZE, GBLOCK = COPY ? N * GPLANE : 1 };
    VECTOR(vec, L);
    real xs[CEIL(PART, T) * XBLOCK] ALIGNED, gs[CEIL(CO, CB) * GBLOCK] ALIGNED;

    for (int n0 = 0; n0 < images; n0 += N)
        for (int i0 = 0; i0 < H; i0 += R) {
            const int ns = MIN(N, images - n0), rows = MIN(R, H - i0);
            const real *const xb = x + (long)n0 * XSIZE + XSTART + S * i0 * XW * CI;
            const real *const gb = gy + (long)n0 * GSIZE + GSTART + i0 * GW * CO;
            for (int o = 0; COPY && o < CO; o += CB)
                for (int n = 0; n < ns; n++)
                    for (int i = 0; i < rows; i++)
                        copy_pixels(gs + o / CB * GBLOCK + n * GPLANE + i * GROW, CB,
                                    gb + (long)n * GSIZE + i * GW * CO + o, CO, W, CO % CB ? CO - o : CB);
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
                    const int c0 = MIN(part + t * T, CR - T), a = FLAT ? tap : tap / K, b = FLAT ? 0 : tap % K;
                    const real *const xa = (!COPY ? xb + c0 : FLAT ? xs + c0 : xs + t * XBLOCK) + a * XROW + b * STEP;
                    const real *const ga = COPY ? gs + o / CB * GBLOCK : gb + o;
                    real *const to = dw + ((long)tap * CR + c0) * COP + o;
                    vec acc[T][V] = {0};
                    for (int n = 0; n < ns; n++)
                        for (int i = 0; i < rows; i++)
                            for (int j = 0; j < W; j++) {
                                const real *xp = xa + (long)n * XPLANE + S * (i * XROW + j * STEP);
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
                            if (c0 + c < part + t * T) continue;
                            FETCH(sum, to + c * COP + v * L, L);
                            sum += acc[c][v];
                            PUT(sum, to + c * COP + v * L, L);
                        }
                }
            }
        }
}
