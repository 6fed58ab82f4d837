/*
 * Rearranges a tensor in weight space: pads, crops, flips, permutations, slices.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_IN_PICTURE_STRIDE, AG_OUT_PICTURE_STRIDE (reals from picture to picture); AG_LENGTH0…3,
 * the index space; AG_IN_START, AG_IN_STRIDE0…3 and AG_OUT_START, AG_OUT_STRIDE0…3, start and strides of x and y;
 * AG_CLEAR, how many reals of y there are, if those outside the index space become zeros, else 0. Then y's strides are
 * those of a tensor in row-major order.
 */
#ifndef AG_FN
#define AG_FN                 strided
#define AG_IMAGES             1
#define AG_IN_PICTURE_STRIDE  288
#define AG_OUT_PICTURE_STRIDE 800
#define AG_LENGTH0            8
#define AG_LENGTH1            4
#define AG_LENGTH2            3
#define AG_LENGTH3            3
#define AG_IN_START           0
#define AG_IN_STRIDE0         36
#define AG_IN_STRIDE1         9
#define AG_IN_STRIDE2         3
#define AG_IN_STRIDE3         1
#define AG_OUT_START          6
#define AG_OUT_STRIDE0        100
#define AG_OUT_STRIDE1        25
#define AG_OUT_STRIDE2        5
#define AG_OUT_STRIDE3        1
#define AG_CLEAR              800
#endif
/* AG_TEMPLATE */
/* a thread for each place of the index space or, with CLEAR, of y: from its number to its indices, less the start's */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum {
        D0 = AG_LENGTH0,
        D1 = AG_LENGTH1,
        D2 = AG_LENGTH2,
        D3 = AG_LENGTH3,
        Y = AG_OUT_START,
        Y0 = AG_OUT_STRIDE0,
        Y1 = AG_OUT_STRIDE1,
        Y2 = AG_OUT_STRIDE2
    };
    enum { CLEAR = AG_CLEAR, SIZE = CLEAR ? CLEAR : D0 * D1 * D2 * D3, COUNT = AG_IMAGES * SIZE };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int n = k / SIZE, e = k % SIZE;
        const int a = CLEAR ? e / Y0 - Y / Y0 : e / (D1 * D2 * D3);
        const int b = CLEAR ? e % Y0 / Y1 - Y % Y0 / Y1 : e / (D2 * D3) % D1;
        const int c = CLEAR ? e % Y1 / Y2 - Y % Y1 / Y2 : e / D3 % D2;
        const int d = CLEAR ? e % Y2 - Y % Y2 : e % D3;
        const int inside = (unsigned)a < D0 && (unsigned)b < D1 && (unsigned)c < D2 && (unsigned)d < D3;
        const long from = n * (long)AG_IN_PICTURE_STRIDE + AG_IN_START + a * AG_IN_STRIDE0 + b * AG_IN_STRIDE1 +
                          c * AG_IN_STRIDE2 + d * AG_IN_STRIDE3;
        const long to =
            CLEAR ? e : Y + a * AG_OUT_STRIDE0 + b * AG_OUT_STRIDE1 + c * AG_OUT_STRIDE2 + d * AG_OUT_STRIDE3;
        y[n * (long)AG_OUT_PICTURE_STRIDE + to] = inside ? x[from] : 0;
    }
}
