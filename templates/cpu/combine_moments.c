/*
 * Joins the parts' statistics: y = [2][C], mean and 1 / sqrt(variance + 1e-5). Tokens: AG_FN, AG_PARTS, AG_PART_STRIDE,
 * AG_IMAGES, AG_PIXELS, AG_C.
 */
#ifndef AG_FN
#include "vector.h"
#include "../../runtime/ag_math.h"
#define AG_FN     combine_moments
#define AG_PARTS  16
#define AG_PART_STRIDE 128
#define AG_IMAGES  64
#define AG_PIXELS 1024
#define AG_C      64
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict part, real *restrict y)
{
    enum { PARTS = AG_PARTS, STRIDE = AG_PART_STRIDE, BATCH = AG_IMAGES, PIXELS = AG_PIXELS, C = AG_C };
    real square[C];
    for (long c = 0; c < C; c++) y[c] = square[c] = 0;
    for (long p = 0; p < PARTS; p++) {
        const long before = p * BATCH / PARTS, after = (p + 1) * BATCH / PARTS;
        const real share = (real)(after - before) / (real)after, weight = (real)before * share * PIXELS;
        for (long c = 0; c < C; c++) {
            const real d = part[p * STRIDE + c] - y[c];
            y[c] += d * share;
            square[c] += part[p * STRIDE + C + c] + d * d * weight;
        }
    }
    for (long c = 0; c < C; c++) y[C + c] = 1 / ag_sqrt(square[c] / ((real)BATCH * PIXELS) + (real)1e-5);
}
