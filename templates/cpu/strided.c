/*
 * Rearranges a tensor in weight space: pads, crops, flips, permutations, slices.
 *
 * Tokens: AG_FN; AG_D0…3, the index space; AG_X, AG_X0…3 and AG_Y, AG_Y0…3, start and strides of x and y; AG_CLEAR, how
 * many reals of y are set to zero first.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN    strided
#define AG_D0    8
#define AG_D1    4
#define AG_D2    3
#define AG_D3    3
#define AG_X     0
#define AG_X0    36
#define AG_X1    9
#define AG_X2    3
#define AG_X3    1
#define AG_Y     6
#define AG_Y0    100
#define AG_Y1    25
#define AG_Y2    5
#define AG_Y3    1
#define AG_CLEAR 800
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y)
{
    for (long i = 0; i < AG_CLEAR; i++) y[i] = 0;
    for (long a = 0; a < AG_D0; a++)
        for (long b = 0; b < AG_D1; b++)
            for (long c = 0; c < AG_D2; c++)
                for (long d = 0; d < AG_D3; d++)
                    y[AG_Y + a * AG_Y0 + b * AG_Y1 + c * AG_Y2 + d * AG_Y3] =
                        x[AG_X + a * AG_X0 + b * AG_X1 + c * AG_X2 + d * AG_X3];
}
