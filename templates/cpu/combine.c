/*
 * Adds up the parts' partial sums, in order. Tokens: AG_FN, AG_PARTS, AG_SIZE, AG_PART_STRIDE (from part to part).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN          combine
#define AG_PARTS       16
#define AG_SIZE        64
#define AG_PART_STRIDE 64
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict part, real *restrict y)
{
    enum { PARTS = AG_PARTS, SIZE = AG_SIZE, STRIDE = AG_PART_STRIDE };
    for (long i = 0; i < SIZE; i++) y[i] = part[i];
    for (long p = 1; p < PARTS; p++)
        for (long i = 0; i < SIZE; i++) y[i] += part[p * STRIDE + i];
}
