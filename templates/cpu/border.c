/*
 * What the borders add to a 3x3 convolution after bilinear up-sampling (edge_taps.c), with weights of each picture's
 * own. An edge, copied to a line with a zero pixel before and after, is a convolution of one dimension, the three taps
 * of a pixel side by side: a register tile of pixels x output channels, as in conv.c.
 *
 * Tokens: AG_FN; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of x and y), AG_IN_HALO, AG_OUT_HALO (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       border
#define AG_H        16
#define AG_W        16
#define AG_IN_C     64
#define AG_OUT_C    256
#define AG_IN_HALO  0
#define AG_OUT_HALO 1
#endif
/* AG_TEMPLATE */
/* v: [images][16][CI][Q]. y[n,0,j,q] += sum over d < 3, c of x[n,0,j+d-1,c] v[n,d,c,q], and so on: bottom row d + 3,
 * left column d + 6, right column d + 9; y[n,0,0,q] += sum over c of x[n,0,0,c] v[n,12,c,q], and so on: tr 13, bl 14,
 * br 15 */
void AG_FN(const real *restrict x, const real *restrict v, real *restrict y, int images)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C, SHORT = MIN(H, W), LONG = H + W - SHORT };
    enum { XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * CI };
    enum { YH = AG_OUT_HALO, YW = W + 2 * YH, YSIZE = (H + 2 * YH) * YW * Q };
    /* a tile: P pixels, the last of an edge overlapping the one before, x V vectors, which come out even */
    enum { L = MIN(VL, Q & -Q), V = Q / L % 2 ? 1 : 2, P = TILE_OF(SHORT, TILE(V)) };
    VECTOR(vec, L);
    real line[(LONG + 2) * CI];

    for (int n = 0; n < images; n++)
        for (int edge = 0; edge < 4; edge++) {
            const int down = edge / 2, length = down ? H : W, i0 = edge == 1 ? H - 1 : 0, j0 = edge == 3 ? W - 1 : 0;
            const int ystep = (down ? YW : 1) * Q;
            const real *const from = x + (long)n * XSIZE + ((i0 + XH) * XW + j0 + XH) * CI;
            real *const to = y + (long)n * YSIZE + ((i0 + YH) * YW + j0 + YH) * Q;
            const real *const taps = v + ((long)n * 16 + edge * 3) * CI * Q;
            for (int c = 0; c < CI; c++) line[c] = line[(length + 1) * CI + c] = 0;
            copy_pixels(line + CI, CI, from, (down ? XW : 1) * CI, length, CI);
            for (int q = 0; q < Q; q += V * L)
                for (int tile = 0; tile < length; tile += P) {
                    const int j = MIN(tile, length - P);
                    const real *xp = line + j * CI, *vp = taps + q;
                    vec acc[P][V] = {0};
                    for (int t = 0; t < 3 * CI; t++, vp += Q) {
                        vec wv[V];
                        EACH (l, V) {
                            FETCH(wv[l], vp + l * L, L);
                            PIN(wv[l]);
                        }
                        EACH (p, P)
                            EACH (l, V) acc[p][l] += xp[p * CI + t] * wv[l];
                    }
                    EACH (p, P)
                        EACH (l, V) {
                            real *const yp = to + (j + p) * ystep + q + l * L;
                            vec sum;
                            if (j + p < tile) continue;
                            FETCH(sum, yp, L);
                            sum += acc[p][l];
                            PUT(sum, yp, L);
                        }
                }
            for (int end = 0; end < 2 && !down; end++) {
                const real *const xp = line + (end ? W : 1) * CI;
                real *const yp = to + end * (W - 1) * Q;
                for (int c = 0; c < CI; c++) {
                    const real *const vp = v + (((long)n * 16 + 12 + 2 * edge + end) * CI + c) * Q;
                    for (int q = 0; q < Q; q++) yp[q] += xp[c] * vp[q];
                }
            }
        }
}
