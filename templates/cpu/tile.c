/*
 * The register tile of convolutions: sums of P pixels x CB output channels over runs of terms that lie side by side in
 * x. Kernels whose rows, channels and steps are the same share the same two: a row of W pixels is split into tiles of
 * TW pixels and of one less, so that none is computed twice; narrow pictures have tiles of several rows.
 *
 * Tokens: AG_FN; AG_PIXELS, AG_ROWS (pixels of a row, and rows), AG_CHANNELS (of the output, those of pixels abreast
 * too), AG_TOGETHER (of them lie together in packed weights), AG_STEP, AG_ROW (reals of x from a pixel to the next, and
 * from a row to the next), AG_FEWER (0 or 1: the tile of one pixel less), AG_LINEAR (0 or 1: pixels are images, of
 * which a tile may reach beyond the last), AG_AT_ONCE (terms in a round, of which runs have a multiple: with
 * more of them there are fewer other instructions, which count where threads share a core); AG_FETCHES (0 or 1: each
 * round fetches a line of what comes next).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN       tile_sums
#define AG_PIXELS   32
#define AG_ROWS     32
#define AG_CHANNELS 64
#define AG_TOGETHER 16
#define AG_STEP     64
#define AG_ROW      2048
#define AG_FEWER    0
#define AG_LINEAR   0
#define AG_AT_ONCE  2
#define AG_FETCHES  0
#endif
/* AG_TEMPLATE */
/* The sums of t->tiles tiles (struct tile, vector.h). */
static void AG_FN(const struct tile *t)
{
    enum {
        W = AG_PIXELS,
        L = LANES(AG_CHANNELS),
        CB = BLOCK(AG_CHANNELS),
        V = CB / L,
        WB = AG_TOGETHER,
        AT_ONCE = AG_AT_ONCE,
        FETCHES = AG_FETCHES
    };
    enum { TW = AG_LINEAR ? TILE(V) : TILE_WIDTH(W, V), TH = AG_LINEAR ? 1 : TILE_HEIGHT(AG_ROWS, W, V) };
    enum { P = (TW - (W % TW ? AG_FEWER : 0)) * TH };
    VECTOR(vec, L);
    const real *x = t->x, *from = t->from;
    real *to = t->to;
    long xp[P];
    struct fetch range = FETCHES ? *t->fetch : (struct fetch){0, 0, 0};
    int split = t->split;
    EACH (p, P) xp[p] = AG_LINEAR ? MIN(p, t->last) * (long)AG_STEP : p / TW * (long)AG_ROW + p % TW * AG_STEP;
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
                if (FETCHES) {
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
        x += P * AG_STEP;
        from += P * t->from_step;
        to += P * t->to_step + (split <= P ? t->gap : 0);
        split += split <= P ? t->width - P : -P;
    }
    if (FETCHES) t->fetch->at = MIN(range.at, range.end);
}
