/*
 * Weights of what the borders add to a 3x3 convolution after bilinear up-sampling.
 *
 * In one dimension, with taps w0, w1, w2 and small pixels x[0 … H - 1], the phases of taps.c give A0 x: the up-sampled
 * row as if x were zero beyond its ends. But up-sampling repeats the end pixel, and the convolution sees zeros beyond
 * the large row. The difference B x reaches the end pixels alone:
 *
 *   output 0 (phase 0 of i = 0):          w0 sees 0, not x[0] / 4;  w1 sees x[0], not 3 x[0] / 4:  (w1 - w0) / 4 x[0]
 *   output 1 (phase 1 of i = 0):          w0 sees x[0], not 3 x[0] / 4:                            w0 / 4 x[0]
 *   output 2H - 2 (phase 0 of i = H - 1): w2 / 4 x[H - 1]
 *   output 2H - 1 (phase 1 of i = H - 1): (w1 - w2) / 4 x[H - 1]
 *
 * In two dimensions the whole is (A0 + B) (x) (A0 + B), so that what is missing from A0 (x) A0 is B (x) A0 along the
 * top and bottom rows, three taps across; A0 (x) B along the left and right columns, three taps down; and B (x) B at
 * the corners: 16 taps for each of the four phases. A tap is a pair of one-dimensional ways to use w: as a tap of A0 at
 * i - 1, i or i + 1, or as B at the first or the last pixel.
 *
 * Tokens: AG_FN; AG_OUT_C, AG_IN_C.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN    edge_taps
#define AG_OUT_C 64
#define AG_IN_C  64
#endif
/* AG_TEMPLATE */
/* z: [O][I][3][3], v: [16][I][2][2][O]: taps along the top, bottom, left and right, 3 each; corners tl, tr, bl, br */
void AG_FN(const real *restrict z, real *restrict v)
{
    enum { O = AG_OUT_C, I = AG_IN_C };
    enum { FIRST = 3, LAST, WAYS };
    static const real table[WAYS][2][3] = {
        {{.75f, .25f, 0}, {.25f, 0, 0}},  {{.25f, .75f, .75f}, {.75f, .75f, .25f}}, {{0, 0, .25f}, {0, .25f, .75f}},
        {{-.25f, .25f, 0}, {.25f, 0, 0}}, {{0, 0, .25f}, {0, .25f, -.25f}},
    };
    static const int ways[16][2] = {{FIRST, 0},     {FIRST, 1},    {FIRST, 2},    {LAST, 0},   {LAST, 1}, {LAST, 2},
                                    {0, FIRST},     {1, FIRST},    {2, FIRST},    {0, LAST},   {1, LAST}, {2, LAST},
                                    {FIRST, FIRST}, {FIRST, LAST}, {LAST, FIRST}, {LAST, LAST}};
    real taps[9][O], rows[WAYS][2][3][O]; /* rows: the taps used one way downwards, for one phase, not yet across */
    for (long i = 0; i < I; i++) {
        for (long o = 0; o < O; o++)
            for (int s = 0; s < 9; s++) taps[s][o] = z[(o * I + i) * 9 + s];
        for (int l = 0; l < WAYS * 6; l++) {
            const int way = l / 6, a = l / 3 % 2, s = l % 3;
            const real *const f = table[way][a];
            for (long o = 0; o < O; o++)
                rows[way][a][s][o] = f[0] * taps[s][o] + f[1] * taps[3 + s][o] + f[2] * taps[6 + s][o];
        }
        for (int l = 0; l < 64; l++) {
            const int tap = l / 4, a = l / 2 % 2, b = l % 2;
            const real *const f = table[ways[tap][1]][b];
            real(*const row)[O] = rows[ways[tap][0]][a];
            real *const to = v + ((tap * I + i) * 4 + 2 * a + b) * O;
            for (long o = 0; o < O; o++) to[o] = f[0] * row[0][o] + f[1] * row[1][o] + f[2] * row[2][o];
        }
    }
}
