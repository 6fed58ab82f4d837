/*
 * Weights of what the borders add to a 3x3 convolution after bilinear up-sampling.
 *
 * In one dimension, with taps w0, w1, w2 and small pixels x[0 … H - 1], the phases of taps.cu give A0 x: the up-sampled
 * row as if x were zero beyond its ends. But up-sampling repeats the end pixel, and the convolution sees zeros beyond
 * the large row. The difference B x reaches the end pixels alone:
 *
 *   output 0 (phase 0 of i = 0):          w0 sees 0, not x[0] / 4;  w1 sees x[0], not 3 x[0] / 4:  (w1 - w0) / 4 x[0]
 *   output 1 (phase 1 of i = 0):          w0 sees x[0], not 3 x[0] / 4:                            w0 / 4 x[0]
 *   output 2H - 2 (phase 0 of i = H - 1): w2 / 4 x[H - 1]
 *   output 2H - 1 (phase 1 of i = H - 1): (w1 - w2) / 4 x[H - 1]
 *
 * In two dimensions the whole is (A0 + B) (x) (A0 + B), so that what is missing from A0 (x) A0 is B (x) A0 along the
 * top and bottom rows, three taps across; A0 (x) B along the left and right columns, three taps down; and B (x) B at
 * the corners: 16 taps for each of the four phases. A tap is a pair of one-dimensional ways to use w: as a tap of A0 at
 * i - 1, i or i + 1, or as B at the first or the last pixel.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_C, AG_IN_C.
 */
#ifndef AG_FN
#define AG_FN     edge_taps
#define AG_IMAGES 2
#define AG_OUT_C  64
#define AG_IN_C   64
#endif
/* AG_TEMPLATE */
/* z: [images][O][I][3][3], v: [images][16][I][2][2][O]: taps along the top, bottom, left and right, 3 each; corners tl,
 * tr, bl, br. A thread for each window. */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ z, float *__restrict__ v)
{
    enum { O = AG_OUT_C, I = AG_IN_C, COUNT = AG_IMAGES * I * O };
    enum { FIRST = 3, LAST, WAYS };
    const float table[WAYS][2][3] = {
        {{.75f, .25f, 0}, {.25f, 0, 0}},  {{.25f, .75f, .75f}, {.75f, .75f, .25f}}, {{0, 0, .25f}, {0, .25f, .75f}},
        {{-.25f, .25f, 0}, {.25f, 0, 0}}, {{0, 0, .25f}, {0, .25f, -.25f}},
    };
    const int ways[16][2] = {{FIRST, 0},     {FIRST, 1},    {FIRST, 2},    {LAST, 0},   {LAST, 1}, {LAST, 2},
                             {0, FIRST},     {1, FIRST},    {2, FIRST},    {0, LAST},   {1, LAST}, {2, LAST},
                             {FIRST, FIRST}, {FIRST, LAST}, {LAST, FIRST}, {LAST, LAST}};
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int o = k % O, i = k / O % I, n = k / O / I;
        float *const to = v + ((long)n * 16 * I + i) * 4 * O + o;
        float window[9];
        for (int s = 0; s < 9; s++) window[s] = z[(((long)n * O + o) * I + i) * 9 + s];
#pragma unroll
        for (int l = 0; l < 32; l++) {
            const int tap = l / 2, a = l % 2;
            const float *const f = table[ways[tap][0]][a];
            float row[3];
            for (int s = 0; s < 3; s++) row[s] = f[0] * window[s] + f[1] * window[3 + s] + f[2] * window[6 + s];
            for (int b = 0; b < 2; b++) {
                const float *const g = table[ways[tap][1]][b];
                to[((long)tap * I * 4 + 2 * a + b) * O] = g[0] * row[0] + g[1] * row[1] + g[2] * row[2];
            }
        }
    }
}
