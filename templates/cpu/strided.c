/*
 * Rearranges a tensor in weight space: pads, crops, flips, permutations, slices.
 *
 * Tokens: AG_FN; AG_LENGTH0…3, the index space; AG_IN_START, AG_IN_STRIDE0…3 and AG_OUT_START, AG_OUT_STRIDE0…3, start
 * and strides of x and y; AG_CLEAR, how many reals of y are set to zero first.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN          strided
#define AG_LENGTH0     8
#define AG_LENGTH1     4
#define AG_LENGTH2     3
#define AG_LENGTH3     3
#define AG_IN_START    0
#define AG_IN_STRIDE0  36
#define AG_IN_STRIDE1  9
#define AG_IN_STRIDE2  3
#define AG_IN_STRIDE3  1
#define AG_OUT_START   6
#define AG_OUT_STRIDE0 100
#define AG_OUT_STRIDE1 25
#define AG_OUT_STRIDE2 5
#define AG_OUT_STRIDE3 1
#define AG_CLEAR       800
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y)
{
    for (long i = 0; i < AG_CLEAR; i++) y[i] = 0;
    for (long a = 0; a < AG_LENGTH0; a++)
        for (long b = 0; b < AG_LENGTH1; b++)
            for (long c = 0; c < AG_LENGTH2; c++)
                for (long d = 0; d < AG_LENGTH3; d++)
                    y[AG_OUT_START + a * AG_OUT_STRIDE0 + b * AG_OUT_STRIDE1 + c * AG_OUT_STRIDE2 +
                      d * AG_OUT_STRIDE3] =
                        x[AG_IN_START + a * AG_IN_STRIDE0 + b * AG_IN_STRIDE1 + c * AG_IN_STRIDE2 + d * AG_IN_STRIDE3];
}
