/*
 * Gradient of border.cu with respect to its weights, summed over each picture's edges.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of x and gy).
 */
#ifndef AG_FN
#define AG_FN     border_dw
#define AG_IMAGES 2
#define AG_H      16
#define AG_W      16
#define AG_IN_C   64
#define AG_OUT_C  256
#endif
/* AG_TEMPLATE */
/* gv[n,d,c,q] = sum over j of x[n,0,j+d-1,c] gy[n,0,j,q], and so on as in border.cu. A thread for an edge's three taps
 * of T input channels and one output channel. */
extern "C" __global__ void __launch_bounds__(256, 2)
    AG_FN(const float *__restrict__ x, const float *__restrict__ gy, float *__restrict__ gv)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C };
    enum { T = 8, TILES = (CI + T - 1) / T, COUNT = AG_IMAGES * 4 * TILES * Q };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int q = k % Q, c0 = k / Q % TILES * T, edge = k / Q / TILES % 4, n = k / Q / TILES / 4;
        const int down = edge / 2, length = down ? H : W, i0 = edge == 1 ? H - 1 : 0, j0 = edge == 3 ? W - 1 : 0;
        const long start = ((long)n * H + i0) * W + j0, step = down ? W : 1;
        const float *const xp = x + start * CI + c0, *const gp = gy + start * Q + q;
        float *const to = gv + ((long)n * 16 * CI + c0) * Q + q;
        float before[T], here[T], sum[3][T] = {{0}};
#pragma unroll
        for (int t = 0; t < T; t++) {
            before[t] = 0;
            here[t] = c0 + t < CI ? xp[t] : 0;
        }
        for (int j = 0; j < length; j++) {
            const float g = gp[j * step * Q];
#pragma unroll
            for (int t = 0; t < T; t++) {
                const float after = j + 1 < length && c0 + t < CI ? xp[(j + 1) * step * CI + t] : 0;
                sum[0][t] += before[t] * g;
                sum[1][t] += here[t] * g;
                sum[2][t] += after * g;
                before[t] = here[t];
                here[t] = after;
            }
        }
#pragma unroll
        for (int t = 0; t < T; t++) {
            if (c0 + t >= CI) continue;
#pragma unroll
            for (int d = 0; d < 3; d++) to[((long)(edge * 3 + d) * CI + t) * Q] = sum[d][t];
            for (int end = 0; end < 2 && !down; end++)
                to[((long)(12 + 2 * edge + end) * CI + t) * Q] =
                    xp[end * (W - 1) * CI + t] * gp[end * (W - 1) * (long)Q];
        }
    }
}
