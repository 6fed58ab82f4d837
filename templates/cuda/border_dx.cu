/*
 * Gradient of border.cu with respect to its input: sums over output channels, the lanes of a warp.
 *
 * Tokens: AG_FN; AG_IMAGES; AG_H, AG_W, AG_IN_C, AG_OUT_C (channels of gx and gy); AG_WRITE_ALL: 0 adds to gx, 1 writes
 * all of it.
 */
#ifndef AG_FN
#define AG_FN        border_dx
#define AG_IMAGES    2
#define AG_H         16
#define AG_W         16
#define AG_IN_C      64
#define AG_OUT_C     256
#define AG_WRITE_ALL 0
#endif
/* AG_TEMPLATE */
/* gx[n,0,j,c] += sum over d < 3, q of gy[n,0,j+1-d,q] v[n,d,c,q], and so on as in border.cu. A warp for a tile of P
 * pixels of one channel of gx; tiles as in border.cu. */
extern "C" __global__ void __launch_bounds__(256, 2)
    AG_FN(const float *__restrict__ gy, const float *__restrict__ v, float *__restrict__ gx)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, Q = AG_OUT_C, P = 8, WARPS = 8 };
    enum { ACROSS = (W + P - 1) / P, ROW_TILES = (H > 1 ? 2 : 1) * ACROSS };
    enum { DOWN = H > 2 ? (H - 2 + P - 1) / P : 1, TILES = ROW_TILES + (H > 2 ? (W > 1 ? 2 : 1) * DOWN : 0) };
    enum { TASKS = AG_IMAGES * TILES * CI, COUNT = AG_IMAGES * H * W * CI };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; AG_WRITE_ALL && k < COUNT; k += gridDim.x * 256) {
        const int j = k / CI % W, i = k / CI / W % H;
        if (i > 0 && i < H - 1 && j > 0 && j < W - 1) gx[k] = 0;
    }
    for (int task = blockIdx.x * WARPS + threadIdx.x / 32; task < TASKS; task += gridDim.x * WARPS) {
        const int lane = threadIdx.x % 32, c = task % CI, tile = task / CI % TILES, n = task / CI / TILES;
        const int down = tile >= ROW_TILES, line = down ? (tile - ROW_TILES) / DOWN : tile / ACROSS;
        const int k0 = down ? 1 + (tile - ROW_TILES) % DOWN * P : tile % ACROSS * P, end = down ? H - 1 : W;
        const int i0 = down ? k0 : line * (H - 1), j0 = down ? line * (W - 1) : k0;
        const float *const gn = gy + (long)n * H * W * Q, *const vn = v + ((long)n * 16 * CI + c) * Q;
        float acc[P] = {0};
#pragma unroll 1
        for (int edge = 0; edge < 4; edge++) {
            const int at = edge == 1 ? H - 1 : edge == 3 ? W - 1 : 0, length = down ? H : W, step = down ? W : 1;
            if (edge / 2 == down && (down ? j0 : i0) == at) /* the tile lies on this edge */
                for (int q = lane; q < Q; q += 32) {
                    float gs[P + 2];
#pragma unroll
                    for (int p = 0; p < P + 2; p++) {
                        const int k = k0 + p - 1;
                        gs[p] = k >= 0 && k < length ? gn[(i0 * W + j0 + (p - 1) * step) * (long)Q + q] : 0;
                    }
#pragma unroll
                    for (int d = 0; d < 3; d++) {
                        const float tap = vn[(edge * 3 + d) * CI * (long)Q + q];
#pragma unroll
                        for (int p = 0; p < P; p++) acc[p] += gs[p + 2 - d] * tap;
                    }
                }
            if (edge < 2 || down || at < k0 || at >= k0 + P) continue;
            float sum = 0; /* a row's end lies on this column: its part, and the corner's */
            for (int q = lane; q < Q; q += 32) {
                const float *const gq = gn + (i0 * W + at) * (long)Q + q;
                const float *const corner = vn + (12 + edge - 2) * CI * (long)Q + q;
                for (int d = 0; d < 3; d++)
                    if (i0 + 1 >= d && i0 + 1 - d < H)
                        sum += gq[(1 - d) * W * Q] * vn[(edge * 3 + d) * CI * (long)Q + q];
                if (i0 == 0) sum += gq[0] * corner[0];
                if (i0 == H - 1) sum += gq[0] * corner[2 * CI * (long)Q];
            }
#pragma unroll
            for (int p = 0; p < P; p++)
                if (k0 + p == at) acc[p] += sum;
        }
#pragma unroll
        for (int p = 0; p < P; p++) {
            float *const to = gx + (((long)n * H + i0 + (down ? p : 0)) * W + j0 + (down ? 0 : p)) * CI + c;
            for (int apart = 16; apart > 0; apart /= 2) acc[p] += __shfl_xor_sync(~0u, acc[p], apart);
            if (lane == p && k0 + p < end) *to = (AG_WRITE_ALL ? 0 : *to) + acc[p];
        }
    }
}
