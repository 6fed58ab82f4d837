/*
 * Batch statistics: of each part its mean and its sum of squared deviations, joined by Chan's rule, so that nothing
 * cancels; all in one pass over the pictures while they are in cache.
 *
 * Tokens: AG_FN; AG_IN_H, AG_IN_W, AG_C, AG_IN_HALO (halo of x).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN      moments
#define AG_IN_H    32
#define AG_IN_W    32
#define AG_C       64
#define AG_IN_HALO 0
#endif
/* AG_TEMPLATE */
/* part: [2][C], mean and sum of (x - mean)^2 of the `before` pictures of the part that came before; joins `images` more
 */
void AG_FN(const real *restrict x, real *restrict part, int before, int images)
{
    enum { H = AG_IN_H, W = AG_IN_W, C = AG_C, XH = AG_IN_HALO, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C };
    for (long n = 0; n < images; n++) {
        real mean[C], square[C], weight = (real)(before + n) / (real)(before + n + 1);
        for (long c = 0; c < C; c++) mean[c] = square[c] = 0;
        for (long i = 0; i < H; i++) {
            const real *row = x + n * XSIZE + ((i + XH) * XW + XH) * C;
            real sum[C];
            for (long c = 0; c < C; c++) sum[c] = 0;
            for (long j = 0; j < W; j++)
                for (long c = 0; c < C; c++) sum[c] += row[j * C + c];
            for (long c = 0; c < C; c++) mean[c] += sum[c];
        }
        for (long c = 0; c < C; c++) mean[c] *= (real)1 / (H * W);
        for (long i = 0; i < H; i++) {
            const real *row = x + n * XSIZE + ((i + XH) * XW + XH) * C;
            real sum[C];
            for (long c = 0; c < C; c++) sum[c] = 0;
            for (long j = 0; j < W; j++)
                for (long c = 0; c < C; c++) sum[c] += (row[j * C + c] - mean[c]) * (row[j * C + c] - mean[c]);
            for (long c = 0; c < C; c++) square[c] += sum[c];
        }
        for (long c = 0; c < C; c++) {
            const real d = mean[c] - part[c];
            part[C + c] += square[c] + d * d * weight * (H * W);
            part[c] += d / (real)(before + n + 1);
        }
    }
}
