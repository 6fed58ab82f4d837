/*
 * One image's weight gradient as conv_wgrad.c leaves it, [K][K][CI][COP] with COP = CO rounded up to 16, in the order
 * of the weight, [CO][CI][K][K]. Tokens: AG_FN, AG_IN_C, AG_OUT_C, AG_K.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN    wgrad_unpack
#define AG_IN_C  64
#define AG_OUT_C 64
#define AG_K     3
#endif
/* AG_TEMPLATE */
/* 16 output channels at a time: what is read and written of them for one c, and the next, shares cache lines. */
static void AG_FN(const real *packed, real *dw)
{
    enum { CI = AG_IN_C, CO = AG_OUT_C, COP = CEIL(CO, 16) * 16, TAPS = AG_K * AG_K };
    for (int block = 0; block < CO; block += 16)
        for (int c = 0; c < CI; c++)
            for (int o = block; o < MIN(block + 16, CO); o++)
                for (int tap = 0; tap < TAPS; tap++)
                    dw[((long)o * CI + c) * TAPS + tap] = packed[((long)tap * CI + c) * COP + o];
}
