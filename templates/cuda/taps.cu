/*
 * A 3x3 convolution after up-sampling by two is, for each of the four phases (a, b) of the output pixel 2i + a, 2j + b,
 * a 3x3 convolution of the small picture; so is StyleGAN2's transposed convolution with the blur after it. This makes
 * the phases' weights. All is a product of one dimension by another: with the taps w of one dimension and y[2i + a] =
 * sum over t of u[a][t] x[i + t - 1], u[a][t] = sum over s of table[a][t][s] w[s], the tap (t, t') of phase (a, b) is
 * the sum over s, s' of table[a][t][s] table[b][t'][s'] z[s, s'].
 *
 *   nearest:  u[0] = w0, w1 + w2, 0 and u[1] = 0, w0 + w1, w2
 *   bilinear: x between its neighbours at 3/4 and 1/4; at the borders edge_taps.cu corrects for the repeated edge
 *   deconv:   y[2i + a] of x[i] w[a], then the filter f = [1, 3, 3, 1] / 4 with one zero before and after:
 *             u[0] = f0 w1 + f1 w2, f1 w0 + f2 w1 + f3 w2, f3 w0 and u[1] its mirror image
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_C, AG_IN_C; AG_TAPS_KIND, 0 deconv, 1 nearest, 2 bilinear.
 */
#ifndef AG_FN
#define AG_FN        taps
#define AG_IMAGES    2
#define AG_OUT_C     64
#define AG_IN_C      64
#define AG_TAPS_KIND 0
#endif
/* AG_TEMPLATE */
/* z: [images][O][I][3][3], w: [images][2][2][O][I][3][3]. A thread for each window; windows pass through shared memory,
 * so that they are read and written in the order they lie in. Loops are unrolled: the tables' zeros cost nothing. */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ z, float *__restrict__ w)
{
    enum { IMAGES = AG_IMAGES, SIZE = AG_OUT_C * AG_IN_C, TILES = (SIZE + 255) / 256 };
    const float tables[3][2][3][3] = {
        {{{0, .25f, .75f}, {.75f, .75f, .25f}, {.25f, 0, 0}}, {{0, 0, .25f}, {.25f, .75f, .75f}, {.75f, .25f, 0}}},
        {{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}}, {{0, 0, 0}, {1, 1, 0}, {0, 0, 1}}},
        {{{.75f, .25f, 0}, {.25f, .75f, .75f}, {0, 0, .25f}}, {{.25f, 0, 0}, {.75f, .75f, .25f}, {0, .25f, .75f}}},
    };
    __shared__ float stage[256 * 9];
    for (int task = blockIdx.x; task < IMAGES * TILES; task += gridDim.x) {
        const int n = task / TILES, first = task % TILES * 256, reals = min(256, SIZE - first) * 9;
        float *const own = stage + threadIdx.x * 9, window[9];
        __syncthreads();
        for (int k = threadIdx.x; k < 256 * 9; k += 256) stage[k] = k < reals ? z[((long)n * SIZE + first) * 9 + k] : 0;
        __syncthreads();
        for (int s = 0; s < 9; s++) window[s] = own[s];
#pragma unroll
        for (int phase = 0; phase < 4; phase++) {
            __syncthreads();
#pragma unroll
            for (int t = 0; t < 3; t++) {
                const float *const f = tables[AG_TAPS_KIND][phase / 2][t];
                float row[3];
                for (int s = 0; s < 3; s++) row[s] = f[0] * window[s] + f[1] * window[3 + s] + f[2] * window[6 + s];
                for (int u = 0; u < 3; u++) {
                    const float *const g = tables[AG_TAPS_KIND][phase % 2][u];
                    own[3 * t + u] = g[0] * row[0] + g[1] * row[1] + g[2] * row[2];
                }
            }
            __syncthreads();
            for (int k = threadIdx.x; k < reals; k += 256) w[(((long)n * 4 + phase) * SIZE + first) * 9 + k] = stage[k];
        }
    }
}
