/*
 * Rearranges a tensor in weight space: pads, crops, flips, permutations, slices.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_XSTRIDE, AG_YSTRIDE (reals from picture to picture); AG_D0…3, the index space; AG_X,
 * AG_X0…3 and AG_Y, AG_Y0…3, start and strides of x and y; AG_CLEAR, how many reals of y there are, if those outside
 * the index space become zeros, else 0. Then y's strides are those of a tensor in row-major order.
 */
#ifndef AG_FN
#define AG_FN      strided
#define AG_IMAGES  1
#define AG_XSTRIDE 288
#define AG_YSTRIDE 800
#define AG_D0      8
#define AG_D1      4
#define AG_D2      3
#define AG_D3      3
#define AG_X       0
#define AG_X0      36
#define AG_X1      9
#define AG_X2      3
#define AG_X3      1
#define AG_Y       6
#define AG_Y0      100
#define AG_Y1      25
#define AG_Y2      5
#define AG_Y3      1
#define AG_CLEAR   800
#endif
/* AG_TEMPLATE */
/* a thread for each place of the index space or, with CLEAR, of y: from its number to its indices, less the start's */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { D0 = AG_D0, D1 = AG_D1, D2 = AG_D2, D3 = AG_D3, Y = AG_Y, Y0 = AG_Y0, Y1 = AG_Y1, Y2 = AG_Y2 };
    enum { CLEAR = AG_CLEAR, SIZE = CLEAR ? CLEAR : D0 * D1 * D2 * D3, COUNT = AG_IMAGES * SIZE };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int n = k / SIZE, e = k % SIZE;
        const int a = CLEAR ? e / Y0 - Y / Y0 : e / (D1 * D2 * D3);
        const int b = CLEAR ? e % Y0 / Y1 - Y % Y0 / Y1 : e / (D2 * D3) % D1;
        const int c = CLEAR ? e % Y1 / Y2 - Y % Y1 / Y2 : e / D3 % D2;
        const int d = CLEAR ? e % Y2 - Y % Y2 : e % D3;
        const int inside = (unsigned)a < D0 && (unsigned)b < D1 && (unsigned)c < D2 && (unsigned)d < D3;
        const long from = n * (long)AG_XSTRIDE + AG_X + a * AG_X0 + b * AG_X1 + c * AG_X2 + d * AG_X3;
        const long to = CLEAR ? e : Y + a * AG_Y0 + b * AG_Y1 + c * AG_Y2 + d * AG_Y3;
        y[n * (long)AG_YSTRIDE + to] = inside ? x[from] : 0;
    }
}
