/*
 * The register tile of convolutions: sums of P pixels x CB output channels over runs of terms that lie side by side in
 * x. Kernels whose rows, channels and steps are the same share the same two: a row of W pixels is split into tiles of
 * TW pixels and of one less, so that none is computed twice; narrow pictures have tiles of several rows.
 *
 * Tokens: AG_FN; AG_PIXELS, AG_ROWS (pixels of a row, and rows), AG_CHANNELS (of the output, those of pixels abreast
 * too), AG_TOGETHER (of them lie together in packed weights), AG_STEP, AG_ROW (reals of x from a pixel to the next, and
 * from a row to the next), AG_FEWER (0 or 1: the tile of one pixel less), AG_LINEAR (0 or 1: pixels are images, of
 * which a tile may reach beyond the last).
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
#endif
/* AG_TEMPLATE */
/*
 * to[p][o] = from[p][o] + sum over a < rows, t < run of x[a x_row + pixel p + t] w[a w_row + WB t + o], pixels of
 * `from` from_step reals apart (0: one for all), those of `to` to_step. The second half of the channels, where it is
 * another block of packed weights, lies w_block reals after the first. last: the last image, from the tile's first on.
 * Weights are fetched AHEAD terms before they are used.
 */
static void AG_FN(const real *x, long x_row, const real *w, long w_row, long w_block, int rows, int run,
                  const real *from, long from_step, real *to, long to_step, int last)
{
    enum { W = AG_PIXELS, L = LANES(AG_CHANNELS), CB = BLOCK(AG_CHANNELS), V = CB / L, WB = AG_TOGETHER, AHEAD = 16 };
    enum { TW = AG_LINEAR ? TILE(V) : TILE_WIDTH(W, V), TH = AG_LINEAR ? 1 : TILE_HEIGHT(AG_ROWS, W, V) };
    enum { P = (TW - (W % TW ? AG_FEWER : 0)) * TH };
    VECTOR(vec, L);
    long xp[P];
    vec acc[P][V];
    EACH (p, P) {
        xp[p] = AG_LINEAR ? MIN(p, last) * (long)AG_STEP : p / TW * (long)AG_ROW + p % TW * AG_STEP;
        EACH (v, V) {
            vec r;
            FETCH(r, from + p * from_step + v * L, L);
            acc[p][v] = r;
        }
    }
    for (int a = 0; a < rows; a++) {
        const real *const xr = x + a * x_row, *wr = w + a * w_row;
        for (int t = 0; t < run; t++, wr += WB) {
            vec wv[V];
            EACH (v, V) {
                const real *const at = wr + v * L / WB * w_block + v * L % WB;
                FETCH(wv[v], at, L);
                PIN(wv[v]);
                if (v * L % WB == 0) PREFETCH(at + AHEAD * WB);
            }
            EACH (p, P)
                EACH (v, V) acc[p][v] += (xr + xp[p])[t] * wv[v];
        }
    }
    EACH (p, P)
        EACH (v, V) PUT(acc[p][v], to + p * to_step + v * L, L);
}
