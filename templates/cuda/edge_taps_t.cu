/*
 * Adjoint of edge_taps.cu, whose comment has the algebra.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_OUT_C, AG_IN_C.
 */
#ifndef AG_FN
#define AG_FN     edge_taps_t
#define AG_IMAGES 2
#define AG_OUT_C  64
#define AG_IN_C   64
#endif
/* AG_TEMPLATE */
/* gv: [images][16][I][2][2][O], gz: [images][O][I][3][3]. A thread for each window. */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ gv, float *__restrict__ gz)
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
        const float *const from = gv + ((long)n * 16 * I + i) * 4 * O + o;
        float window[9] = {0};
#pragma unroll
        for (int l = 0; l < 32; l++) {
            const int tap = l / 2, a = l % 2;
            const float *const f = table[ways[tap][0]][a];
            float row[3] = {0};
            for (int b = 0; b < 2; b++) {
                const float g = from[((long)tap * I * 4 + 2 * a + b) * O];
                for (int s = 0; s < 3; s++) row[s] += table[ways[tap][1]][b][s] * g;
            }
            for (int s = 0; s < 9; s++) window[s] += f[s / 3] * row[s % 3];
        }
        for (int s = 0; s < 9; s++) gz[(((long)n * O + o) * I + i) * 9 + s] = window[s];
    }
}
