/*
 * Gradient of border.c with respect to its weights: of each picture's edges, a register tile of three taps' input
 * channels, which lie side by side, x output channels, summed over pixels.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of x and gy), AG_IN_HALO, AG_OUT_HALO (halos of x and gy).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       border_dw
#define AG_H        16
#define AG_W        16
#define AG_IN_C     64
#define AG_OUT_C    256
#define AG_IN_HALO  0
#define AG_OUT_HALO 1
#endif
/* AG_TEMPLATE */
/* gv[n,d,c,q] = sum over j of x[n,0,j+d-1,c] gy[n,0,j,q], and so on as in border.c */
void AG_FN(const real *restrict x, const real *restrict gy, real *restrict gv, int images)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C, LONG = H > W ? H : W };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * Q };
    enum { L = MIN(VL, Q & -Q), V = Q / L % 2 ? 1 : 2, T = TILE_OF(3 * CI, TILE(V)) };
    VECTOR(vec, L);
    real line[(LONG + 2) * CI];

    for (int n = 0; n < images; n++)
        for (int edge = 0; edge < 4; edge++) {
            const int down = edge / 2, length = down ? H : W, i0 = edge == 1 ? H - 1 : 0, j0 = edge == 3 ? W - 1 : 0;
            const int ystep = (down ? YW : 1) * Q;
            const real *const from = x + (long)n * XSIZE + ((i0 + XH) * XW + j0 + XH) * CI;
            const real *const g0 = gy + (long)n * YSIZE + ((i0 + YH) * YW + j0 + YH) * Q;
            real *const to = gv + ((long)n * 16 + edge * 3) * CI * Q;
            for (int c = 0; c < CI; c++) line[c] = line[(length + 1) * CI + c] = 0;
            copy_pixels(line + CI, CI, from, (down ? XW : 1) * CI, length, CI);
            for (int q = 0; q < Q; q += V * L)
                for (int tile = 0; tile < 3 * CI; tile += T) {
                    const int t0 = MIN(tile, 3 * CI - T);
                    const real *xp = line + t0, *gp = g0 + q;
                    vec acc[T][V] = {0};
                    for (int j = 0; j < length; j++, xp += CI, gp += ystep) {
                        vec g[V];
                        EACH (l, V) {
                            FETCH(g[l], gp + l * L, L);
                            PIN(g[l]);
                        }
                        EACH (t, T)
                            EACH (l, V) acc[t][l] += xp[t] * g[l];
                    }
                    EACH (t, T)
                        EACH (l, V) PUT(acc[t][l], to + (t0 + t) * Q + q + l * L, L);
                }
            for (int end = 0; end < 2 && !down; end++)
                for (int c = 0; c < CI; c++) {
                    real *const corner = gv + (((long)n * 16 + 12 + 2 * edge + end) * CI + c) * Q;
                    for (int q = 0; q < Q; q++) corner[q] = line[(end ? W : 1) * CI + c] * g0[end * (W - 1) * Q + q];
                }
        }
}
