/*
 * Adds up the parts of a weight gradient, [K*K][CI][COP] each with COP = CO rounded up to 16, into [CO][CI][K*K]; of a
 * depthwise one, CI = 1 and rows of exactly CO (DEPTHWISE). Tokens: AG_FN, AG_PARTS, AG_STRIDE (from part to part),
 * AG_CI, AG_CO, AG_TAPS, AG_DEPTHWISE.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN        combine_wgrad
#define AG_PARTS     16
#define AG_STRIDE    36864
#define AG_CI        64
#define AG_CO        64
#define AG_TAPS      9
#define AG_DEPTHWISE 0
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict part, real *restrict y)
{
    enum { PARTS = AG_PARTS, CI = AG_CI, CO = AG_CO, TAPS = AG_TAPS, ROW = AG_DEPTHWISE ? CO : (CO + 15) / 16 * 16 };
    for (long t = 0; t < TAPS; t++)
        for (long c = 0; c < CI; c++) {
            real sum[CO];
            for (long o = 0; o < CO; o++) sum[o] = part[(t * CI + c) * ROW + o];
            for (long p = 1; p < PARTS; p++)
                for (long o = 0; o < CO; o++) sum[o] += part[p * AG_STRIDE + (t * CI + c) * ROW + o];
            for (long o = 0; o < CO; o++) y[(o * CI + c) * TAPS + t] = sum[o];
        }
}
