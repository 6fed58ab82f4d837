/*
 * Adjoint of taps.cu, whose comment has the algebra.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_C, AG_IN_C; AG_TAPS_KIND, 0 deconv, 1 nearest, 2 bilinear.
 */
#ifndef AG_FN
#define AG_FN        taps_t
#define AG_IMAGES    2
#define AG_OUT_C     64
#define AG_IN_C      64
#define AG_TAPS_KIND 0
#endif
/* AG_TEMPLATE */
/* gw: [images][2][2][O][I][3][3], gz: [images][O][I][3][3]; as in taps.cu */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ gw, float *__restrict__ gz)
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
        float *const own = stage + threadIdx.x * 9, window[9] = {0};
#pragma unroll
        for (int phase = 0; phase < 4; phase++) {
            __syncthreads();
            for (int k = threadIdx.x; k < 256 * 9; k += 256)
                stage[k] = k < reals ? gw[(((long)n * 4 + phase) * SIZE + first) * 9 + k] : 0;
            __syncthreads();
#pragma unroll
            for (int t = 0; t < 3; t++) {
                const float *const f = tables[AG_TAPS_KIND][phase / 2][t];
                float row[3] = {0};
                for (int u = 0; u < 3; u++)
                    for (int s = 0; s < 3; s++) row[s] += tables[AG_TAPS_KIND][phase % 2][u][s] * own[3 * t + u];
                for (int s = 0; s < 9; s++) window[s] += f[s / 3] * row[s % 3];
            }
        }
        __syncthreads();
        for (int s = 0; s < 9; s++) own[s] = window[s];
        __syncthreads();
        for (int k = threadIdx.x; k < reals; k += 256) gz[((long)n * SIZE + first) * 9 + k] = stage[k];
    }
}
