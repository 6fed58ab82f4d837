/*
 * Gradient of a depthwise convolution with respect to its weight.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_C, AG_K, AG_XH, AG_GH (halos of x and gy).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN dwconv_wgrad
#define AG_H  32
#define AG_W  32
#define AG_C  64
#define AG_K  3
#define AG_XH 1
#define AG_GH 0
#endif
/* AG_TEMPLATE */
/* dw[a,b,c] += sum over n, i, j of x[n, i + a - PAD, j + b - PAD, c] gy[n,i,j,c], PAD = K / 2 */
static void AG_FN(const real *x, const real *gy, real *dw, int images)
{
    enum { H = AG_H, W = AG_W, C = AG_C, K = AG_K, XH = AG_XH, GH = AG_GH };
    enum { XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C, XSTART = (XH - K / 2) * (XW + 1) * C };
    enum { GW = W + 2 * GH, GSIZE = (H + 2 * GH) * GW * C, GSTART = GH * (GW + 1) * C };
    /* a band of R rows at a time, whose x and gy stay in cache for all taps; CHAINS sums a tap, added at the end */
    enum { L = LANES(C), CS = MIN(C, L), R = MIN(H, CEIL(64, W)), T = W % 4 == 0 ? 4 : W % 3 == 0 ? 3 : W % 2 == 0 ? 2 : 1 };
    enum { CHAINS = T % 2 == 0 ? 2 : 1 };
    VECTOR(vec, L);

    for (int n = 0; n < images; n++)
        for (int row = 0; row < H; row += R)
            for (int channel = 0; channel < C; channel += CS)
                for (int a = 0; a < K; a++) {
                    const int rows = MIN(R, H - row), c = MIN(channel, C - CS);
                    const real *xa = x + (long)n * XSIZE + XSTART + (row + a) * XW * C + c;
                    const real *ga = gy + (long)n * GSIZE + GSTART + row * GW * C + c;
                    vec acc[CHAINS][K] = {0};
                    for (int i = 0; i < rows; i++)
                        for (int j = 0; j < W; j += T) {
                            const real *xt = xa + (i * XW + j) * C, *gt = ga + (i * GW + j) * C;
                            vec g[T];
                            UNROLL for (int t = 0; t < T; t++) {
                                g[t] = (vec){0};
                                FETCH(g[t], gt + t * C, CS);
                            }
                            UNROLL for (int s = 0; s < T + K - 1; s++) {
                                vec xv = {0};
                                FETCH(xv, xt + s * C, CS);
                                UNROLL for (int t = 0; t < T; t++)
                                    if (s >= t && s - t < K) acc[t % CHAINS][s - t] += xv * g[t];
                            }
                        }
                    UNROLL for (int b = 0; b < K; b++) {
                        real *to = dw + (a * K + b) * C + c;
                        real sum[CS];
                        if (CHAINS == 2) acc[0][b] += acc[1 % CHAINS][b];
                        PUT(acc[0][b], sum, CS);
                        for (int l = channel - c; l < CS; l++) to[l] += sum[l];
                    }
                }
}
