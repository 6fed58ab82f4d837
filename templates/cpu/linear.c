/*
 * Linear layer of few images, which waits for its weight to come from memory: read once as it lies, in no other order.
 * TRANSPOSED: the gradient with respect to x, on the same weight.
 *
 * Tokens: AG_FN; AG_IN_C, AG_OUT_C (of x and y); AG_BIAS, AG_TRANSPOSED (0 or 1).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN         linear
#define AG_IN_C       512
#define AG_OUT_C      512
#define AG_BIAS       1
#define AG_TRANSPOSED 0
#define AG_SHARES     1
#define AG_SHARE      0
#define AG_EXTRA_PARAMS
#endif
/* AG_TEMPLATE */
/* y[n,o] = bias[o] + sum over i of x[n,i] w[o,i] (transposed: w[i,o]) */
void AG_FN(const real *x, const real *w, const real *bias, real *y, int images AG_EXTRA_PARAMS)
{
    enum { CI = AG_IN_C, CO = AG_OUT_C, ROWS = 4, SOME = CEIL(4096, CI) };
    /* SOME rows of the weight, 16 KB, serve all images */
    const long start = (long)CO * AG_SHARE / AG_SHARES, end = (long)CO * (AG_SHARE + 1) / AG_SHARES;
    for (long n = 0; n < images; n++)
        for (long o = start; o < end; o++) y[n * CO + o] = AG_BIAS ? bias[o] : 0;
    /* the last rows again with a factor of 0, if there are fewer */
    for (long i = 0; AG_TRANSPOSED && i < CI; i += ROWS)
        for (long n = 0; n < images; n++) {
            const real *row[ROWS];
            real *const yn = y + n * CO, factor[ROWS];
            for (long r = 0; r < ROWS; r++) {
                row[r] = w + MIN(i + r, CI - 1) * CO;
                factor[r] = i + r < CI ? x[n * CI + i + r] : 0;
            }
            for (long o = start; o < end; o++)
                yn[o] += factor[0] * row[0][o] + factor[1] * row[1][o] + factor[2] * row[2][o] + factor[3] * row[3][o];
        }
    for (long block = start; !AG_TRANSPOSED && block < end; block += SOME)
        for (long n = 0; n < images; n++)
            for (long o = block; o < MIN(end, block + SOME); o++) {
                const real *const xn = x + n * CI;
                vf sum[ROWS];
                long i = 0;
                for (long r = 0; r < ROWS; r++) sum[r] = splat(0);
                for (; i + ROWS * VL <= CI; i += ROWS * VL)
                    for (long r = 0; r < ROWS; r++) sum[r] += load(xn + i + r * VL) * load(w + o * CI + i + r * VL);
                real total = add_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
                for (; i < CI; i++) total += xn[i] * w[o * CI + i];
                y[n * CO + o] += total;
            }
}
