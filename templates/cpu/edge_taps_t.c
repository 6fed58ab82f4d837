/*
 * Adjoint of edge_taps.c, whose comment has the algebra.
 *
 * Tokens: AG_FN; AG_OUT_C, AG_IN_C.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN    edge_taps_t
#define AG_OUT_C 64
#define AG_IN_C  64
#endif
/* AG_TEMPLATE */
/* gv: [16][I][2][2][O], gz: [O][I][3][3] */
void AG_FN(const real *restrict gv, real *restrict gz)
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
    for (long i = 0; i < I; i++) {
        real taps[9][O], rows[WAYS][2][3][O]; /* rows: as in edge_taps.c */
        for (int l = 0; l < WAYS * 6; l++)
            for (long o = 0; o < O; o++) rows[l / 6][l / 3 % 2][l % 3][o] = 0;
        for (int l = 0; l < 64; l++) {
            const int tap = l / 4, a = l / 2 % 2, b = l % 2;
            const real *const f = table[ways[tap][1]][b];
            const real *const from = gv + ((tap * I + i) * 4 + 2 * a + b) * O;
            real(*const row)[O] = rows[ways[tap][0]][a];
            for (long o = 0; o < O; o++) {
                row[0][o] += f[0] * from[o];
                row[1][o] += f[1] * from[o];
                row[2][o] += f[2] * from[o];
            }
        }
        for (int s = 0; s < 9; s++)
            for (long o = 0; o < O; o++) {
                real sum = 0;
                EACH (l, WAYS * 2) sum += table[l / 2][l % 2][s / 3] * rows[l / 2][l % 2][s % 3][o];
                taps[s][o] = sum;
            }
        for (long o = 0; o < O; o++)
            for (int s = 0; s < 9; s++) gz[(o * I + i) * 9 + s] = taps[s][o];
    }
}
