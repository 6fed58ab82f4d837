/*
 * Gradient of a depthwise convolution with respect to its weight, of each of AG_PARTS parts of the pictures;
 * combine_wgrad.cu adds them up.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_PARTS, AG_PART_STRIDE (from part to part); AG_H, AG_W, AG_C, AG_K;
 * AG_HAS_PROLOGUE, AG_PROLOGUE_PARAMS, AG_PROLOGUE as of sepconv.cu.
 */
#ifndef AG_FN
#define AG_FN           dwconv_wgrad
#define AG_IMAGES       64
#define AG_PARTS        16
#define AG_PART_STRIDE  576
#define AG_H            32
#define AG_W            32
#define AG_C            64
#define AG_K            3
#define AG_HAS_PROLOGUE 0
#define AG_PROLOGUE_PARAMS
#define AG_PROLOGUE
#endif
/* AG_TEMPLATE */
/* part p, of pictures p IMAGES / PARTS and on: dw[a,b,c] = sum over n, i, j of x[n, i + a - PAD, j + b - PAD, c]
 * gy[n,i,j,c], PAD = K / 2. A block for a part of LANES channels, each summed in strips: every STRIPS-th run of T
 * pixels */
extern "C" __global__ void __launch_bounds__(256, 2)
    AG_FN(const float *__restrict__ x, const float *__restrict__ gy, float *__restrict__ dw AG_PROLOGUE_PARAMS)
{
    enum { H = AG_H, W = AG_W, C = AG_C, K = AG_K, PAD = K / 2, T = W < 8 ? 4 : 8, RUNS = (W + T - 1) / T };
    enum { LANES = C > 16 ? 32 : C > 8 ? 16 : C > 4 ? 8 : 4, STRIPS = 256 / LANES, TILES = (C + LANES - 1) / LANES };
    enum { IMAGES = AG_IMAGES, PARTS = AG_PARTS };
    __shared__ float sums[K][STRIPS][LANES];
    for (int task = blockIdx.x; task < PARTS * TILES; task += gridDim.x) {
        const int lane = threadIdx.x % LANES, strip = threadIdx.x / LANES, c0 = task % TILES * LANES, c = c0 + lane;
        const int part = task / TILES, first = part * IMAGES / PARTS, end = (part + 1) * IMAGES / PARTS;
        const int runs = c < C ? end * H * RUNS : 0;
        float acc[K][K] = {{0}};
        for (int run = first * H * RUNS + strip; run < runs; run += STRIPS) {
            const int j = run % RUNS * T, line = run / RUNS, i = line % H; /* line: H n + i */
            float g[T];
#pragma unroll
            for (int t = 0; t < T; t++) g[t] = j + t < W ? gy[((long)line * W + j + t) * C + c] : 0;
#pragma unroll
            for (int a = 0; a < K; a++) {
                if (i + a < PAD || i + a - PAD >= H) continue;
#pragma unroll
                for (int s = 0; s < T + K - 1; s++) {
                    const int column = j + s - PAD;
                    const long at = ((long)(line + a - PAD) * W + column) * C + c;
                    const bool inside = column >= 0 && column < W;
                    float r = inside ? x[at] : 0;
                    if (AG_HAS_PROLOGUE && inside) {
                        const int o = c;
                        (void)o; /* AG_PROLOGUE's */
                        AG_PROLOGUE;
                    }
#pragma unroll
                    for (int t = 0; t < T; t++)
                        if (s >= t && s - t < K) acc[a][s - t] += r * g[t];
                }
            }
        }
#pragma unroll
        for (int a = 0; a < K; a++) {
            __syncthreads();
            for (int b = 0; b < K; b++) sums[b][strip][lane] = acc[a][b];
            __syncthreads();
            for (int k = threadIdx.x; k < K * LANES; k += 256) {
                const int b = k / LANES, l = k % LANES;
                float sum = 0;
                for (int s = 0; s < STRIPS; s++) sum += sums[b][s][l];
                if (c0 + l < C) dw[part * (long)AG_PART_STRIDE + (a * K + b) * C + c0 + l] = sum;
            }
        }
    }
}
