/*
 * Adjoint of taps.c, whose comment has the algebra.
 *
 * Tokens: AG_FN; AG_OUT_C, AG_IN_C; AG_TAPS_KIND, 0 deconv, 1 nearest, 2 bilinear.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN        taps_t
#define AG_OUT_C     64
#define AG_IN_C      64
#define AG_TAPS_KIND 0
#endif
/* AG_TEMPLATE */
/* gw: [2][2][O][I][3][3], gz: [O][I][3][3] */
void AG_FN(const real *restrict gw, real *restrict gz)
{
    enum { SIZE = AG_OUT_C * AG_IN_C, PART = MIN(16, SIZE) };
    static const real tables[3][2][3][3] = {
        {{{0, .25f, .75f}, {.75f, .75f, .25f}, {.25f, 0, 0}}, {{0, 0, .25f}, {.25f, .75f, .75f}, {.75f, .25f, 0}}},
        {{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}}, {{0, 0, 0}, {1, 1, 0}, {0, 0, 1}}},
        {{{.75f, .25f, 0}, {.25f, .75f, .75f}, {0, 0, .25f}}, {{.25f, 0, 0}, {.75f, .75f, .25f}, {0, .25f, .75f}}},
    };
    const real(*const table)[3][3] = tables[AG_TAPS_KIND];
    real columns[6][4] ALIGNED = {{0}};                      /* [3 b + t][s], the last of four lanes idle */
    real parts[4][PART * 9 + 1] = {{0}}, sums[PART * 9 + 1]; /* four lanes from the last tap on reach one beyond */
    for (int l = 0; l < 18; l++) columns[l / 3][l % 3] = table[l / 9][l / 3 % 3][l % 3];
    for (long k0 = 0; k0 < SIZE; k0 += PART) {
        const int part = (int)MIN(PART, SIZE - k0);
        for (int phase = 0; phase < 4; phase++)
            for (int l = 0; l < 9 * part; l++) parts[phase][l] = gw[(phase * SIZE + k0) * 9 + l];
        for (int k = 0; k < part; k++) {
            real rows[3][8] ALIGNED = {{0}}; /* rows of gz, [4 b + t] still in the columns of both phases */
            EACH (at, 6) {
                const real *const b0 = parts[at / 3 * 2] + 9 * k + at % 3 * 3;
                const real *const b1 = parts[at / 3 * 2 + 1] + 9 * k + at % 3 * 3;
                for (int s = 0; s < 3; s++) {
                    for (int l = 0; l < 4; l++) rows[s][l] += table[at / 3][at % 3][s] * b0[l];
                    for (int l = 0; l < 4; l++) rows[s][4 + l] += table[at / 3][at % 3][s] * b1[l];
                }
            }
            EACH (s, 3) {
                real sum[4] ALIGNED = {0};
                EACH (bt, 6)
                    for (int l = 0; l < 4; l++) sum[l] += columns[bt][l] * rows[s][bt / 3 * 4 + bt % 3];
                for (int l = 0; l < 4; l++) sums[9 * k + 3 * s + l] = sum[l];
            }
        }
        for (int l = 0; l < 9 * part; l++) gz[k0 * 9 + l] = sums[l];
    }
}
