/*
 * Transposed convolution, kernel 2 or 3, stride 2: each of the four output phases is a stride-1 convolution of its own
 * taps, a product of matrices as in conv.cu. With kernel 3 the places of even rows (columns), one more than those of
 * odd ones, are reached by two rows (columns) of x: phases of 2x2, 2x1, 1x2 and 1x1 taps. The gradient with respect to
 * x is conv.cu with S = 2, PAD = 0 on the same weight; the one with respect to the weight is conv_wgrad.cu with gy as
 * its x, x as its gy, S = 2, PAD = 0. The weight is packed by pack_deconv.cu.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_IN_H, AG_IN_W (input size; the output is 2 (H - 1) + K high), AG_IN_C, AG_OUT_C, AG_K;
 * AG_BIAS, AG_PER_PICTURE (0 or 1), AG_WEIGHT_STRIDE, AG_EXTRA_PARAMS, AG_RESULTS, AG_EPILOGUE, AG_BM, AG_BN, AG_BK,
 * AG_TM, AG_TN as of conv.cu.
 *
 * Launch: with M = (AG_PER_PICTURE ? 1 : N) (H + K - 2) (W + K - 2), grid (ceil(M / BM) (AG_PER_PICTURE ? N : 1),
 * ceil(CO / BN), 4), NX MY threads, NX = BN / TN, MY = BM / TM; shared memory 4 STAGES (BM (BK + 4) + BK BN) + 8 BM
 * bytes, STAGES as below.
 */
#ifndef AG_FN
#include "gemm.cuh"
#define AG_FN            deconv
#define AG_IMAGES        4
#define AG_IN_H          16
#define AG_IN_W          16
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#define AG_BIAS          1
#define AG_PER_PICTURE   0
#define AG_WEIGHT_STRIDE 36864
#define AG_BM            128
#define AG_BN            64
#define AG_BK            16
#define AG_TM            8
#define AG_TN            8
#define AG_EXTRA_PARAMS
#define AG_RESULTS  y
#define AG_EPILOGUE out[0].at[l] = r
#endif
/* AG_TEMPLATE */
/* y[n, 2i + a, 2j + b, o] = bias[o] + sum over i, j, a, b, c of x[n,i,j,c] w[a,b,c,o] */
extern "C" __global__ void ag_bounds(AG_BM, AG_BN, AG_TM, AG_TN)
    AG_FN(const float *__restrict__ x, const float *__restrict__ w, const float *__restrict__ bias,
          float *__restrict__ y AG_EXTRA_PARAMS)
{
    enum { H = AG_IN_H, W = AG_IN_W, CI = AG_IN_C, CO = AG_OUT_C, COP = (CO + 3) / 4 * 4, K = AG_K, MORE = K - 2 };
    enum { YH = 2 * (H - 1) + K, YW = 2 * (W - 1) + K, OWN = AG_PER_PICTURE, IMAGES = OWN ? 1 : AG_IMAGES };
    enum { BM = AG_BM, BN = AG_BN, BK = AG_BK, TM = AG_TM, TN = AG_TN, NX = BN / TN, MY = BM / TM, THREADS = NX * MY };
    enum { TILES = (IMAGES * (H + MORE) * (W + MORE) + BM - 1) / BM };
    /* L channels at a copy; three tiles in turn if they are small */
    enum { L = CI % 4 ? 1 : 4, LINE = BK / L, PITCH = BK + 4, STAGES = BM * PITCH + BK * BN <= 2560 ? 3 : 2 };
    __shared__ alignas(16) float xs[STAGES][BM * PITCH], ws[STAGES][BK * BN];
    __shared__ int2 spots[BM]; /* of each place where tap 0, 0 is in x, and bits of rows and columns of taps inside x */
    const int tile = blockIdx.x % TILES * BM, block = blockIdx.y * BN, at_line = threadIdx.x % LINE * L;
    /* the phase: rows and columns of places, taps along each axis but one */
    const int ya = blockIdx.z / 2, yb = blockIdx.z % 2, up = MORE * (1 - ya), left = MORE * (1 - yb);
    const int high = H + up, wide = W + left, size = high * wide, count = IMAGES * size;
    const int terms = (1 + up) * (1 + left) * CI, steps = (terms + BK - 1) / BK;
    const int image = OWN ? blockIdx.x / TILES : tile / size;
    const int2 place = ag_place(NX);

    if (tile >= count) return;
    x += (long)image * H * W * CI;
    w += OWN ? image * (long)AG_WEIGHT_STRIDE : 0;
    for (int r = threadIdx.x; r < BM; r += THREADS) {
        const int m = tile + r, n = OWN ? 0 : m / size - image, i = m / wide % high, j = m % wide;
        const int bits = (i < H) | (i >= 1) << 1 | (j < W) << 2 | (j >= 1) << 3;
        spots[r] = make_int2(((n * H + i) * W + j) * CI, m < count ? bits : 0);
    }
    __syncthreads();

    float acc[TM][TN] = {{0}};
    for (int step = 1 - STAGES; step < steps; step++) {
        const int next = step + STAGES - 1;
        if (step >= 0) {
            ag_wait(STAGES - 2);
            __syncthreads();
        }
        if (next < steps) {
            float *const xt = xs[next % STAGES] + at_line, *const wt = ws[next % STAGES];
            const int k = next * BK + at_line, tap = k / CI, a = tap >> left, b = tap & left, c = k % CI;
            const int bits = k < terms ? 1 << a | 4 << b : -1, offset = c - (a * W + b) * CI;
#pragma unroll 4
            for (int s = 0; s < (BM * LINE + THREADS - 1) / THREADS; s++) {
                const int r = ag_row(s, THREADS, LINE, BK);
                if (BM * LINE % THREADS && r >= BM) break;
                const int2 spot = spots[r];
                const bool inside = (spot.y & bits) == bits;
                ag_copy(xt + r * PITCH, x + (inside ? spot.x + offset : 0), L, inside);
            }
#pragma unroll 4
            for (int s = 0; s < (BK * BN / 4 + THREADS - 1) / THREADS; s++) {
                const int2 turn = ag_turn(s, THREADS, BN / 4);
                const int row = next * BK + turn.y, o = block + turn.x * 4;
                const int to = CI % BK ? row / CI : next * BK / CI; /* a tap among the phase's, then all of them */
                const int at = ((ya + 2 * (to >> left)) * K + yb + 2 * (to & left) - to) * CI + row;
                if (BK * BN / 4 % THREADS && turn.y >= BK) break;
                const bool inside = (CI % BK == 0 || row < terms) && (COP % BN == 0 || o < COP);
                ag_copy_past(wt + turn.y * BN + turn.x * 4, w + (inside ? at * COP + o : 0), inside);
            }
        }
        ag_commit();
        if (step >= 0)
            ag_multiply_rows<BK, PITCH, MY, BN, NX>(acc, xs[step % STAGES] + place.y * PITCH,
                                                    ws[step % STAGES] + place.x * 4);
    }

    float *const results[] = {AG_RESULTS};
#pragma unroll
    for (int p = 0; p < TM; p++) {
        const int m = tile + place.y + p * MY, n = OWN ? image : m / size;
        const int i = m / wide % high * 2 + ya, j = m % wide * 2 + yb, first = block + place.x * 4;
        const long start = ((long)(n * YH + i) * YW + j) * CO + first;
        if (m >= count) break;
        ag_store<CO, BN, NX>(results, acc[p], first, start, [&](ag_four *out, int l, int o, long at, float r) {
            (void)o, (void)at;
            if (AG_BIAS) r += bias[o];
            AG_EPILOGUE;
        });
    }
}
