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
    enum { XH = AG_XH, XW = S * W + 2 * XH, XSIZE = (S * H + 2 * XH) * XW * CI, XSTART = (XH - AG_PAD) * (XW + 1) * CI };
    enum { GH = AG_GH, GW = W + 2 * GH, GSIZE = (H + 2 * GH) * GW * CO, GSTART = GH * (GW + 1) * CO };
    /* a tile: T input x CB output channels; of few input channels the taps of a row, which lie side by side */
    enum { L = LANES(CO), CB = BLOCK(CO), V = CB / L, FLAT = CI < 4, CR = FLAT ? K * CI : CI, KB = FLAT ? 1 : K };
    enum { T = TILE_OF(CR, TILE(V)), STEP = FLAT ? CI : T, PART = FLAT ? CR : MIN(CI, 8 * T) };
    /* a band, about 128 pixels: R rows of an image or N whole images; copied, in blocks of STEP and CB channels */
    enum { BANDS = CEIL(H * W, 192), R = CEIL(H, BANDS), N = R == H ? CEIL(128, H * W) : 1 };
    enum { BW = S * (W - 1) + K, BH = S * (R - 1) + K, XBLOCK = N * BH * BW * STEP, GBLOCK = N * R * W * CB };
    VECTOR(vec, L);
    real xs[CEIL(PART, T) * XBLOCK] ALIGNED, gs[CEIL(CO, CB) * GBLOCK] ALIGNED;

    for (int n0 = 0; n0 < images; n0 += N)
        for (int i0 = 0; i0 < H; i0 += R) {
            const int ns = MIN(N, images - n0), rows = MIN(R, H - i0);
            for (int o = 0; o < CO; o += CB)
                for (int n = 0; n < ns; n++)
                    for (int i = 0; i < rows; i++) {
                        const real *from = gy + (long)(n0 + n) * GSIZE + GSTART + (i0 + i) * GW * CO + o;
                        real *to = gs + o / CB * GBLOCK + (n * R + i) * W * CB;
                        for (int j = 0; j < W; j++, from += CO, to += CB)
                            UNROLL for (int v = 0; v < V; v++) {
                                vec g = {0};
                                FETCH(g, from + v * L, CO % L ? CO - o - v * L : L);
                                PUT(g, to + v * L, L);
                            }
                    }
            for (int part = 0; part < CR; part += PART) {
                const int ts = CEIL(MIN(PART, CR - part), T);
                for (int t = 0; t < (FLAT ? 1 : ts); t++) {
                    const int c = FLAT ? 0 : MIN(part + t * T, CI - T);
                    for (int n = 0; n < ns; n++)
                        for (int i = 0; i < S * (rows - 1) + K; i++) {
                            const real *from = x + (long)(n0 + n) * XSIZE + XSTART + (S * i0 + i) * XW * CI + c;
                            real *to = xs + t * XBLOCK + (n * BH + i) * BW * STEP;
                            for (int j = 0; j < BW; j++, from += CI, to += STEP)
                                for (int l = 0; l < STEP; l++) to[l] = from[l];
                        }
                }
                for (int o = 0; o < CO; o += CB)
                    for (int t = 0; t < ts; t++)
                        for (int tap = 0; tap < K * KB; tap++) {
                            const int c0 = MIN(part + t * T, CR - T);
                            const real *xt = xs + (FLAT ? c0 : t * XBLOCK) + (tap / KB * BW + tap % KB) * STEP;
                            const real *gt = gs + o / CB * GBLOCK;
                            real *to = dw + ((long)tap * CR + c0) * COP + o;
                            vec acc[T][V] = {0};
                            for (int n = 0; n < ns; n++)
                                for (int i = 0; i < rows; i++)
                                    for (int j = 0; j < W; j++) {
                                        const real *xp = xt + ((n * BH + S * i) * BW + S * j) * STEP;
                                        const real *gp = gt + ((n * R + i) * W + j) * CB;
                                        vec g[V];
                                        UNROLL for (int v = 0; v < V; v++) {
                                            FETCH(g[v], gp + v * L, L);
                                            PIN(g[v]);
                                        }
                                        UNROLL for (int c = 0; c < T; c++) UNROLL for (int v = 0; v < V; v++)
                                            acc[c][v] += xp[c] * g[v];
                                    }
                            UNROLL for (int c = 0; c < T; c++) UNROLL for (int v = 0; v < V; v++) {
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
