/*
 * A 3x3 convolution after up-sampling by two is, for each of the four phases (a, b) of the output pixel 2i + a, 2j + b,
 * a 3x3 convolution of the small picture; so is StyleGAN2's transposed convolution with the blur after it. This makes
 * the phases' weights. All is a product of one dimension by another: with the taps w of one dimension and y[2i + a] =
 * sum over t of u[a][t] x[i + t - 1], u[a][t] = sum over s of table[a][t][s] w[s], the tap (t, t') of phase (a, b) is
 * the sum over s, s' of table[a][t][s] table[b][t'][s'] z[s, s'].
 *
 *   nearest:  u[0] = w0, w1 + w2, 0 and u[1] = 0, w0 + w1, w2
 *   bilinear: x between its neighbours at 3/4 and 1/4; at the borders edge_taps.c corrects for the repeated edge
 *   deconv:   y[2i + a] of x[i] w[a], then the filter f = [1, 3, 3, 1] / 4 with one zero before and after:
 *             u[0] = f0 w1 + f1 w2, f1 w0 + f2 w1 + f3 w2, f3 w0 and u[1] its mirror image
 *
 * Tokens: AG_FN; AG_OUT_C, AG_IN_C; AG_TAPS_KIND, 0 deconv, 1 nearest, 2 bilinear.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN        taps
#define AG_OUT_C     64
#define AG_IN_C      64
#define AG_TAPS_KIND 0
#endif
/* AG_TEMPLATE */
/* z: [O][I][3][3], w: [2][2][O][I][3][3] */
void AG_FN(const real *restrict z, real *restrict w)
{
    enum { SIZE = AG_OUT_C * AG_IN_C, PART = MIN(16, SIZE) };
    static const real tables[3][2][3][3] = {
        {{{0, .25f, .75f}, {.75f, .75f, .25f}, {.25f, 0, 0}}, {{0, 0, .25f}, {.25f, .75f, .75f}, {.75f, .25f, 0}}},
        {{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}}, {{0, 0, 0}, {1, 1, 0}, {0, 0, 1}}},
        {{{.75f, .25f, 0}, {.25f, .75f, .75f}, {0, 0, .25f}}, {{.25f, 0, 0}, {.75f, .75f, .25f}, {0, .25f, .75f}}},
    };
    const real(*const table)[3][3] = tables[AG_TAPS_KIND];
    real columns[3][8] ALIGNED = {{0}}; /* [s][4 b + t], of four lanes the last is idle */
    for (int l = 0; l < 18; l++) columns[l % 3][l / 9 * 4 + l / 3 % 3] = table[l / 9][l / 3 % 3][l % 3];
    for (long k0 = 0; k0 < SIZE; k0 += PART) {
        const int part = (int)MIN(PART, SIZE - k0);
        real parts[4][PART * 9 + 1];
        for (int k = 0; k < part; k++) {
            const real *from = z + (k0 + k) * 9;
            real rows[3][8] ALIGNED; /* rows of z, taken to the columns of both phases */
            for (int s = 0; s < 3; s++)
                for (int l = 0; l < 8; l++)
                    rows[s][l] =
                        columns[0][l] * from[3 * s] + columns[1][l] * from[3 * s + 1] + columns[2][l] * from[3 * s + 2];
            EACH (at, 6) {
                const real *const f = table[at / 3][at % 3];
                real sum[8] ALIGNED;
                for (int l = 0; l < 8; l++) sum[l] = f[0] * rows[0][l] + f[1] * rows[1][l] + f[2] * rows[2][l];
                for (int t = 0; t < 4; t++) parts[at / 3 * 2][9 * k + at % 3 * 3 + t] = sum[t];
                for (int t = 0; t < 4; t++) parts[at / 3 * 2 + 1][9 * k + at % 3 * 3 + t] = sum[4 + t];
            }
        }
        for (int phase = 0; phase < 4; phase++)
            for (int l = 0; l < 9 * part; l++) w[(phase * SIZE + k0) * 9 + l] = parts[phase][l];
    }
}
