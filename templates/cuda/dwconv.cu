/*
 * Depthwise convolution, stride 1, PAD = K / 2; with weights packed with AG_FLIP (pack_dw.cu) its gradient with respect
 * to x.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_H, AG_W, AG_C, AG_K; AG_HAS_PROLOGUE, AG_PROLOGUE_PARAMS, AG_PROLOGUE as of sepconv.cu.
 */
#ifndef AG_FN
#define AG_FN           dwconv
#define AG_IMAGES       4
#define AG_H            32
#define AG_W            32
#define AG_C            64
#define AG_K            3
#define AG_HAS_PROLOGUE 0
#define AG_PROLOGUE_PARAMS
#define AG_PROLOGUE
#endif
/* AG_TEMPLATE */
/* y[n,i,j,c] = sum over a, b of x[n, i + a - PAD, j + b - PAD, c] w[a,b,c]; a thread for a vector of T pixels */
extern "C" __global__ void __launch_bounds__(256, 2)
    AG_FN(const float *__restrict__ x, const float *__restrict__ w, float *__restrict__ y AG_PROLOGUE_PARAMS)
{
    enum { H = AG_H, W = AG_W, K = AG_K, PAD = K / 2, T = W < 8 ? 4 : 8, TILES = (W + T - 1) / T };
    enum { L = AG_C % 4 ? 1 : 4, C = AG_C / L, COUNT = AG_IMAGES * H * TILES * C };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const int c = k % C, j = k / C % TILES * T, i = k / C / TILES % H, n = k / C / TILES / H;
        vec acc[T] = {{{0}}};
#pragma unroll 1
        for (int a = 0; a < K; a++) {
            const int row = i + a - PAD;
            if (row < 0 || row >= H) continue;
            vec tap[K];
#pragma unroll
            for (int b = 0; b < K; b++) tap[b] = ((const vec *)w)[(a * K + b) * C + c];
#pragma unroll
            for (int s = 0; s < T + K - 1; s++) {
                const int column = j + s - PAD;
                if (column < 0 || column >= W) continue;
                vec p = ((const vec *)x)[((n * H + row) * W + column) * C + c];
#pragma unroll
                for (int l = 0; l < L && AG_HAS_PROLOGUE; l++) {
                    const int o = c * L + l;
                    float r = p.at[l];
                    (void)o; /* AG_PROLOGUE's */
                    AG_PROLOGUE;
                    p.at[l] = r;
                }
#pragma unroll
                for (int t = 0; t < T; t++)
                    if (s >= t && s - t < K)
                        for (int l = 0; l < L; l++) acc[t].at[l] += tap[s - t].at[l] * p.at[l];
            }
        }
#pragma unroll
        for (int t = 0; t < T; t++)
            if (j + t < W) ((vec *)y)[((n * H + i) * W + j + t) * C + c] = acc[t];
    }
}
