/*
 * Pointwise expressions over one index space [images, H, W, C], stored or summed.
 *
 * Tokens: AG_FN, AG_PARAMS, AG_SHARES, AG_SHARE (rows are cut into so many ranges, of which it does one), AG_H,
 * AG_W, AG_C; and code: AG_BEFORE and AG_AFTER around everything, AG_PICTURE_BEGIN and AG_PICTURE_END around a picture,
 * AG_ROW_BEGIN and AG_ROW_END around a row, AG_COLUMN_BEGIN before a column, AG_BODY for one element at column j,
 * channel c.
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN     pointwise
#define AG_PARAMS const real *restrict x0, real *restrict y0, int images
#define AG_H      32
#define AG_W      32
#define AG_C      64
#define AG_SHARES 1
#define AG_SHARE  0
#define AG_BEFORE
#define AG_AFTER
#define AG_PICTURE_BEGIN
#define AG_PICTURE_END
#define AG_ROW_BEGIN                                                                                                   \
    const real *p0 = x0 + (n * H + i) * W * C;                                                                         \
    real *q0 = y0 + (n * H + i) * W * C;
#define AG_ROW_END
#define AG_COLUMN_BEGIN
#define AG_BODY q0[j * C + c] = p0[j * C + c] > 0 ? p0[j * C + c] : 0;
#endif
/* AG_TEMPLATE */
void AG_FN(AG_PARAMS)
{
    enum { H = AG_H, W = AG_W, C = AG_C };
AG_BEFORE    for (long n = 0; n < images; n++) {
AG_PICTURE_BEGIN        for (long i = H * AG_SHARE / AG_SHARES; i < H * (AG_SHARE + 1) / AG_SHARES; i++) {
AG_ROW_BEGIN            for (long j = 0; j < W; j++) {
AG_COLUMN_BEGIN                for (long c = 0; c < C; c++) {
AG_BODY                }
            }
AG_ROW_END        }
AG_PICTURE_END    }
AG_AFTER}
