/*
 * Bilinear up-sampling by two, corners not aligned: large rows 2i and 2i + 1 are 3/4 of small row i and 1/4 of the row
 * above or below it, which at an edge is row i itself. Its adjoint is bilinear_t.c.
 *
 * Tokens: AG_FN; AG_H, AG_W (of x), AG_C, AG_XH, AG_YH (halos).
 */
#ifndef AG_FN
#include "vector.h"
#define AG_FN bilinear
#define AG_H  16
#define AG_W  16
#define AG_C  64
#define AG_XH 0
#define AG_YH 0
#endif
/* AG_TEMPLATE */
void AG_FN(const real *restrict x, real *restrict y, int images)
{
    enum { H = AG_H, W = AG_W, C = AG_C };
    enum { XH = AG_XH, XW = W + 2 * XH, XSIZE = (H + 2 * XH) * XW * C };
    enum { YH = AG_YH, YW = 2 * W + 2 * YH, YSIZE = (2 * H + 2 * YH) * YW * C };
    for (long n = 0; n < images; n++)
        for (long i = 0; i < 2 * H; i++) {
            const long near = i / 2, far = i % 2 ? (near + 1 < H ? near + 1 : near) : (near > 0 ? near - 1 : 0);
            const real *p = x + n * XSIZE + ((near + XH) * XW + XH) * C, *q = x + n * XSIZE + ((far + XH) * XW + XH) * C;
            real *to = y + n * YSIZE + ((i + YH) * YW + YH) * C;
            real row[W][C]; /* the small row, already between its neighbours above and below */
            for (long j = 0; j < W; j++)
                for (long c = 0; c < C; c++) row[j][c] = (real)0.75 * p[j * C + c] + (real)0.25 * q[j * C + c];
            for (long j = 0; j < W; j++) {
                const real *left = row[j > 0 ? j - 1 : 0], *right = row[j + 1 < W ? j + 1 : j];
                for (long c = 0; c < C; c++) to[2 * j * C + c] = (real)0.75 * row[j][c] + (real)0.25 * left[c];
                for (long c = 0; c < C; c++) to[(2 * j + 1) * C + c] = (real)0.75 * row[j][c] + (real)0.25 * right[c];
            }
        }
}
