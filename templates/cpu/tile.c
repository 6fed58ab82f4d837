/*
 * The register tile of convolutions: sums of P pixels x CB output channels over runs of terms that lie side by side in
 * x. Kernels whose rows, channels and steps are the same share the same two: a row of W pixels is split into tiles of
 * TW pixels and of one less, so that none is computed twice; narrow pictures have tiles of several rows.
 *
 * Tokens: AG_FN; AG_VIEW_W, AG_VIEW_H (pixels of a row, and rows), AG_VIEW_C (of the output, those of pixels abreast
 * too), AG_PACKED_BLOCK (of them lie together in packed weights), AG_PIXEL_STRIDE, AG_ROW_STRIDE (reals of x from a
 * pixel to the next, and from a row to the next), AG_NARROW (0 or 1: the tile of one pixel less), AG_LINEAR (0 or 1:
 * pixels are images, of which a tile may reach beyond the last), AG_UNROLL (terms in a round, of which runs have a
 * multiple: with more of them there are fewer other instructions, which count where threads share a core);
 * AG_PREFETCHES (0 or 1: each round fetches a line of what comes next).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN           tile_sums
#define AG_VIEW_W       32
#define AG_VIEW_H       32
#define AG_VIEW_C       64
#define AG_PACKED_BLOCK 16
#define AG_PIXEL_STRIDE 64
#define AG_ROW_STRIDE   2048
#define AG_NARROW       0
#define AG_LINEAR       0
#define AG_UNROLL       2
#define AG_PREFETCHES   0
#endif
/* AG_TEMPLATE */
/* The sums of t->tiles tiles (struct tile, vector.h). */
static void AG_FN(const struct tile *t)
{
    enum {
        W = AG_VIEW_W,
        L = LANES(AG_VIEW_C),
        CB = BLOCK(AG_VIEW_C),
        V = CB / L,
        WB = AG_PACKED_BLOCK,
        AT_ONCE = AG_UNROLL,
        PREFETCHES = AG_PREFETCHES
    };
    enum { TW = AG_LINEAR ? TILE(V) : TILE_WIDTH(W, V), TH = AG_LINEAR ? 1 : TILE_HEIGHT(AG_VIEW_H, W, V) };
    enum { P = (TW - (W % TW ? AG_NARROW : 0)) * TH };
    VECTOR(vec, L);
    const real *x = t->x, *from = t->from;
    real *to = t->to;
    long xp[P];
    struct prefetch_range range = PREFETCHES ? *t->prefetch : (struct prefetch_range){0, 0, 0};
    int split = t->split;
    EACH (p, P)
        xp[p] = AG_LINEAR ? MIN(p, t->last) * (long)AG_PIXEL_STRIDE
                          : p / TW * (long)AG_ROW_STRIDE + p % TW * AG_PIXEL_STRIDE;
    for (int tile = 0; tile < t->tiles; tile++) {
        vec acc[P][V];
        EACH (p, P)
            EACH (v, V) {
                vec r;
                FETCH(r, from + p * t->from_step + v * L, L);
                acc[p][v] = r;
            }
        /* if there might be no round, gcc would keep the sums in memory too */
        int a = 0;
        do {
            const real *xr = x + a * t->x_row, *wr = t->w + a * t->w_row, *const end = xr + t->run;
            do {
                EACH (u, AT_ONCE) {
                    vec wv[V];
                    EACH (v, V) {
                        FETCH(wv[v], wr + u * WB + v * L / WB * t->w_block + v * L % WB, L);
                        PIN(wv[v]);
                    }
                    EACH (p, P) {
                        const vec xv = SPREAD(vec, xr[xp[p] + u]);
                        EACH (v, V) acc[p][v] += xv * wv[v];
                        KEEP(xv);
                    }
                }
                if (PREFETCHES) {
                    PREFETCH(range.at);
                    range.at += range.step;
                }
                wr += AT_ONCE * WB;
                xr += AT_ONCE;
            } while (xr < end);
        } while (++a < t->rows);
        if (t->relu) {
            EACH (p, P)
                EACH (v, V) acc[p][v] = POSITIVE(acc[p][v]);
        }
        EACH (p, P) {
            real *const at = to + p * t->to_step + (t->gap & -(long)(p >= split)); /* without a branch */
            EACH (v, V) {
                const vec r = acc[p][v];
                PUT(r, at + v * L, L);
            }
        }
        x += P * AG_PIXEL_STRIDE;
        from += P * t->from_step;
        to += P * t->to_step + (split <= P ? t->gap : 0);
        split += split <= P ? t->width - P : -P;
    }
    if (PREFETCHES) t->prefetch->at = MIN(range.at, range.end);
}
