/*
 * Gradient of a depthwise convolution with respect to its weight.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_C, AG_K, AG_IN_HALO, AG_OUT_HALO (halos of x and gy).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       dwconv_wgrad
#define AG_H        32
#define AG_W        32
#define AG_C        64
#define AG_K        3
#define AG_IN_HALO  1
#define AG_OUT_HALO 0
#endif
/* AG_TEMPLATE */
/* dw[a,b,c] += sum over n, i, j of x[n, i + a - PAD, j + b - PAD, c] gy[n,i,j,c], PAD = K / 2 */
static void AG_FN(const real *x, const real *gy, real *dw, int images)
{
    enum { H = AG_H, W = AG_W, C = AG_C, K = AG_K, XH = AG_IN_HALO, GH = AG_OUT_HALO };
    enum { XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C, XSTART = (XH - K / 2) * (XW + 1) * C };
    enum { GW = W + 2 * GH, GSIZE = (H + 2 * GH) * GW * C, GSTART = GH * (GW + 1) * C };
    /* CS channels at a time, V vectors (if it is one: with two chains of sums), over a band: R rows of an image or N
     * whole images, whose x and gy stay in cache for all taps */
    enum { L = LANES(C), T = W % 4 == 0 ? 4 : W % 3 == 0 ? 3 : W % 2 == 0 ? 2 : 1, FEW = K * 2 + T < REGISTERS };
    enum { V = FEW && C >= 2 * L && L * sizeof(real) < 64 ? 2 : 1, CS = MIN(C, V * L) };
    enum { CHAINS = FEW && V == 1 && T % 2 == 0 ? 2 : 1 };
    enum { R = MIN(H, CEIL(64, W)), N = R == H ? CEIL(64, H * W) : 1 };
    VECTOR(vec, L);

    for (int n0 = 0; n0 < images; n0 += N)
        for (int band = 0; band < H; band += R)
            for (int channel = 0; channel < C; channel += CS)
                for (int a = 0; a < K; a++) {
                    const int below = MIN(H, band + R), c = MIN(channel, C - CS);
                    vec acc[V][CHAINS][K] = {0};
                    for (int n = n0; n < MIN(images, n0 + N); n++)
                        for (int i = band; i < below; i++)
                            for (int j = 0; j < W; j += T)
                                EACH (v, V) {
                                    const real *xt = x + (long)n * XSIZE + XSTART + ((i + a) * XW + j) * C + c + v * L;
                                    const real *gt = gy + (long)n * GSIZE + GSTART + (i * GW + j) * C + c + v * L;
                                    vec g[T];
                                    EACH (t, T) {
                                        g[t] = (vec){0};
                                        FETCH(g[t], gt + t * C, CS - v * L);
                                        if (FEW) PIN(g[t]);
                                    }
                                    EACH (s, T + K - 1) {
                                        vec xv = {0};
                                        FETCH(xv, xt + s * C, CS - v * L);
                                        if (FEW) PIN(xv);
                                        EACH (t, T)
                                            if (s >= t && s - t < K) acc[v][t % CHAINS][s - t] += xv * g[t];
                                    }
                                }
                    EACH (b, K) {
                        real *to = dw + (a * K + b) * C + c, sum[V * L];
                        EACH (v, V) {
                            if (CHAINS == 2) acc[v][0][b] += acc[v][1 % CHAINS][b];
                            PUT(acc[v][0][b], sum + v * L, L);
                        }
                        for (int l = channel - c; l < CS; l++) to[l] += sum[l];
                    }
                }
}
