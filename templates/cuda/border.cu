/*
 * What the borders add to a 3x3 convolution after bilinear up-sampling (edge_taps.cu), with weights of each picture's
 * own. Every border pixel is written by one block, so that none is added to twice at a time: corners go with the rows,
 * columns have the pixels between.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of x and y); AG_WRITE_ALL: 0 adds to y, 1 writes
 * all of it.
 */
#ifndef AG_FN
#define AG_FN        border
#define AG_IMAGES    2
#define AG_H         16
#define AG_W         16
#define AG_IN_C      64
#define AG_OUT_C     256
#define AG_WRITE_ALL 0
#endif
/* AG_TEMPLATE */
/* v: [images][16][CI][Q]. y[n,0,j,q] += sum over d < 3, c of x[n,0,j+d-1,c] v[n,d,c,q], and so on: bottom row d + 3,
 * left column d + 6, right column d + 9; y[n,0,0,q] += sum over c of x[n,0,0,c] v[n,12,c,q], and so on: tr 13, bl 14,
 * br 15. A block for a tile of P pixels x 32 channels of y, one warp for every eighth channel of x. */
extern "C" __global__ void __launch_bounds__(256, 2)
    AG_FN(const float *__restrict__ x, const float *__restrict__ v, float *__restrict__ y)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C, P = 8, WARPS = 8 };
    enum { ACROSS = (W + P - 1) / P, ROW_TILES = (H > 1 ? 2 : 1) * ACROSS };
    enum { DOWN = H > 2 ? (H - 2 + P - 1) / P : 1, TILES = ROW_TILES + (H > 2 ? (W > 1 ? 2 : 1) * DOWN : 0) };
    enum { QTILES = (Q + 31) / 32, TASKS = AG_IMAGES * TILES * QTILES, COUNT = AG_IMAGES * H * W * Q };
    __shared__ float parts[WARPS][P][32];
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; AG_WRITE_ALL && k < COUNT; k += gridDim.x * 256) {
        const int j = k / Q % W, i = k / Q / W % H;
        if (i > 0 && i < H - 1 && j > 0 && j < W - 1) y[k] = 0;
    }
    for (int task = blockIdx.x; task < TASKS; task += gridDim.x) {
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
        const int q = task % QTILES * 32 + lane, tile = task / QTILES % TILES, n = task / QTILES / TILES;
        /* the tile: from i0, j0 along a row or down a column, from pixel k0 to before pixel `end` of it */
        const int down = tile >= ROW_TILES, line = down ? (tile - ROW_TILES) / DOWN : tile / ACROSS;
        const int k0 = down ? 1 + (tile - ROW_TILES) % DOWN * P : tile % ACROSS * P, end = down ? H - 1 : W;
        const int i0 = down ? k0 : line * (H - 1), j0 = down ? line * (W - 1) : k0;
        const float *const xn = x + (long)n * H * W * CI, *const vn = v + (long)n * 16 * CI * Q + min(q, Q - 1);
        float acc[P] = {0};
#pragma unroll 1
        for (int edge = 0; edge < 4; edge++) {
            const int at = edge == 1 ? H - 1 : edge == 3 ? W - 1 : 0, length = down ? H : W, step = down ? W : 1;
            if (edge / 2 == down && (down ? j0 : i0) == at) /* the tile lies on this edge */
                for (int c = warp; c < CI; c += WARPS) {
                    float xs[P + 2];
#pragma unroll
                    for (int p = 0; p < P + 2; p++) {
                        const int k = k0 + p - 1;
                        xs[p] = k >= 0 && k < length ? xn[(i0 * W + j0 + (p - 1) * step) * (long)CI + c] : 0;
                    }
#pragma unroll
                    for (int d = 0; d < 3; d++) {
                        const float tap = vn[((edge * 3 + d) * CI + c) * (long)Q];
#pragma unroll
                        for (int p = 0; p < P; p++) acc[p] += xs[p + d] * tap;
                    }
                }
            if (edge < 2 || down || at < k0 || at >= k0 + P) continue;
            float sum = 0; /* a row's end lies on this column: its part, and the corner's */
            for (int c = warp; c < CI; c += WARPS) {
                const float *const xc = xn + (i0 * W + at) * (long)CI + c;
                const float *const corner = vn + ((12 + edge - 2) * CI + c) * (long)Q;
                for (int d = 0; d < 3; d++)
                    if (i0 + d >= 1 && i0 + d <= H)
                        sum += xc[(d - 1) * W * CI] * vn[((edge * 3 + d) * CI + c) * (long)Q];
                if (i0 == 0) sum += xc[0] * corner[0];
                if (i0 == H - 1) sum += xc[0] * corner[2 * CI * (long)Q];
            }
#pragma unroll
            for (int p = 0; p < P; p++)
                if (k0 + p == at) acc[p] += sum;
        }
        __syncthreads();
        for (int p = 0; p < P; p++) parts[warp][p][lane] = acc[p];
        __syncthreads();
        const int p = warp; /* as many as there are pixels */
        float *const to = y + (((long)n * H + i0 + (down ? p : 0)) * W + j0 + (down ? 0 : p)) * Q + q;
        if (k0 + p >= end || q >= Q) continue;
        float sum = AG_WRITE_ALL ? 0 : *to;
        for (int w = 0; w < WARPS; w++) sum += parts[w][p][lane];
        *to = sum;
    }
}
