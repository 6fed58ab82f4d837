/*
 * Gradient of a linear layer of few images with respect to its weight, written once, in the order it is kept in.
 *
 * Tokens: AG_FN; AG_BATCH, AG_CI, AG_CO.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN    linear_wgrad
#define AG_BATCH 4
#define AG_CI    512
#define AG_CO    512
#endif
/* AG_TEMPLATE */
/* dw[o,i] = sum over n of gy[n,o] x[n,i] */
void AG_FN(const real *restrict x, const real *restrict gy, real *restrict dw)
{
    enum { BATCH = AG_BATCH, CI = AG_CI, CO = AG_CO };
    for (long o = 0; o < CO; o++)
        for (long i = 0; i < CI; i++) {
            real sum = 0;
            for (long n = 0; n < BATCH; n++) sum += gy[n * CO + o] * x[n * CI + i];
            dw[o * CI + i] = sum;
        }
}
