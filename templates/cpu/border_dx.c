/*
 * Gradient of border.c with respect to its input: sums over output channels, so that the lanes of a vector are pixels
 * of an edge, of which some are copied at a time to lie so, with those before and after; zero beyond the edge.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of gx and gy), AG_IN_HALO, AG_OUT_HALO (halos of gx and gy).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       border_dx
#define AG_H        16
#define AG_W        16
#define AG_IN_C     64
#define AG_OUT_C    256
#define AG_IN_HALO  0
#define AG_OUT_HALO 1
#endif
/* AG_TEMPLATE */
/* gx[n,0,j,c] += sum over d < 3, q of gy[n,0,j+1-d,q] v[n,d,c,q], and so on as in border.c */
void AG_FN(const real *restrict gy, const real *restrict v, real *restrict gx, int images)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C, LONG = H > W ? H : W };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * Q };
    /* a tile: T input channels x V vectors of pixels */
    enum { L = LANES(LONG), V = LONG > L ? 2 : 1, PART = V * L, T = TILE_OF(CI, TILE(V)) };
    enum { QL = MIN(VL, Q & -Q) };
    VECTOR(vec, L);
    VECTOR(qvec, QL);
    real line[Q][PART + 2];

    for (int n = 0; n < images; n++)
        for (int edge = 0; edge < 4; edge++) {
            const int down = edge / 2, length = down ? H : W, i0 = edge == 1 ? H - 1 : 0, j0 = edge == 3 ? W - 1 : 0;
            const int xstep = (down ? XW : 1) * CI, ystep = (down ? YW : 1) * Q;
            const real *const from = gy + (long)n * YSIZE + ((i0 + YH) * YW + j0 + YH) * Q;
            real *const to = gx + (long)n * XSIZE + ((i0 + XH) * XW + j0 + XH) * CI;
            const real *const taps = v + ((long)n * 16 + edge * 3) * CI * Q;
            for (int part = 0; part < length; part += PART) {
                for (int l = 0; l < PART + 2; l++) {
                    const int j = part + l - 1;
                    for (int q = 0; q < Q; q++) line[q][l] = j >= 0 && j < length ? from[j * ystep + q] : 0;
                }
                for (int tile = 0; tile < CI; tile += T) {
                    const int c0 = MIN(tile, CI - T);
                    vec acc[T][V] = {0};
                    for (int d = 0; d < 3; d++) {
                        const real *vp = taps + (d * CI + c0) * Q;
                        for (int q = 0; q < Q; q++, vp++) {
                            vec g[V];
                            EACH (l, V) {
                                FETCH(g[l], line[q] + l * L + 2 - d, L);
                                PIN(g[l]);
                            }
                            EACH (c, T)
                                EACH (l, V) acc[c][l] += vp[c * Q] * g[l];
                        }
                    }
                    real sums[T][PART];
                    EACH (c, T)
                        EACH (l, V) PUT(acc[c][l], sums[c] + l * L, L);
                    for (int j = 0; j < MIN(PART, length - part); j++)
                        for (int c = tile - c0; c < T; c++) to[(part + j) * xstep + c0 + c] += sums[c][j];
                }
            }
            for (int end = 0; end < 2 && !down; end++) {
                const real *const gp = from + end * (W - 1) * Q;
                for (int c = 0; c < CI; c++) {
                    const real *const vp = v + (((long)n * 16 + 12 + 2 * edge + end) * CI + c) * Q;
                    qvec sum = {0};
                    real sums[QL];
                    for (int q = 0; q < Q; q += QL) {
                        qvec g, w;
                        FETCH(g, gp + q, QL);
                        FETCH(w, vp + q, QL);
                        sum += g * w;
                    }
                    PUT(sum, sums, QL);
                    for (int l = 0; l < QL; l++) to[end * (W - 1) * CI + c] += sums[l];
                }
            }
        }
}
