/*
 * Gradient of a linear layer of few images with respect to its weight, written once, in the order it is kept in.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_IN_C, AG_OUT_C.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN     linear_wgrad
#define AG_IMAGES 4
#define AG_IN_C   512
#define AG_OUT_C  512
#endif
/* AG_TEMPLATE */
/* dw[o,i] = sum over n of gy[n,o] x[n,i] */
void AG_FN(const real *restrict x, const real *restrict gy, real *restrict dw)
{
    enum { BATCH = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C };
    for (long o = 0; o < CO; o++)
        for (long i = 0; i < CI; i++) {
            real sum = 0;
            for (long n = 0; n < BATCH; n++) sum += gy[n * CO + o] * x[n * CI + i];
            dw[o * CI + i] = sum;
        }
}
