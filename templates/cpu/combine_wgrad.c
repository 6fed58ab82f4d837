/*
 * Adds up the parts of a weight gradient, [K*K][CI][COP] each with COP = CO rounded up to 16, into [CO][CI][K*K]; of a
 * depthwise one, CI = 1 and rows of exactly CO (DEPTHWISE). Tokens: AG_FN, AG_PARTS, AG_PART_STRIDE (from part to
 * part), AG_IN_C, AG_OUT_C, AG_TAPS, AG_DEPTHWISE.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN          combine_wgrad
#define AG_PARTS       16
#define AG_PART_STRIDE 36864
#define AG_IN_C        64
#define AG_OUT_C       64
#define AG_TAPS        9
#define AG_DEPTHWISE   0
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict part, real *restrict y)
{
    enum {
        PARTS = AG_PARTS,
        CI = AG_IN_C,
        CO = AG_OUT_C,
        TAPS = AG_TAPS,
        ROW = AG_DEPTHWISE ? CO : (CO + 15) / 16 * 16
    };
    /* pieces of 16 x 16 channels, so that both sides of the transposition stay in cache */
    enum { PIECE = 16, COS = MIN(CO, PIECE), CIS = MIN(CI, PIECE) };
    for (long o0 = 0; o0 < CO; o0 += PIECE)
        for (long c0 = 0; c0 < CI; c0 += PIECE) {
            const long os = MIN(CO - o0, PIECE), cs = MIN(CI - c0, PIECE);
            real piece[COS][CIS * TAPS];
            for (long t = 0; t < TAPS; t++)
                for (long c = 0; c < cs; c++) {
                    const real *from = part + (t * CI + c0 + c) * ROW + o0;
                    real sum[COS];
                    for (long o = 0; o < os; o++) sum[o] = from[o];
                    for (long p = 1; p < PARTS; p++)
                        for (long o = 0; o < os; o++) sum[o] += from[p * AG_PART_STRIDE + o];
                    for (long o = 0; o < os; o++) piece[o][c * TAPS + t] = sum[o];
                }
            for (long o = 0; o < os; o++)
                for (long k = 0; k < cs * TAPS; k++) y[((o0 + o) * CI + c0) * TAPS + k] = piece[o][k];
        }
}
