/*
 * Gradient of a convolution with respect to its weight as a product of matrices: taps and input channels x pixels,
 * gathered on the way to shared memory, times pixels x output channels. x is S (H - 1) + K - 2 PAD high,
 * with AG_READ_UP = 1 after it was up-sampled to that, each of its values being read as 2x2 equal ones.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_OUT_H, AG_OUT_W (size of gy), AG_IN_C, AG_OUT_C, AG_K, AG_STRIDE, AG_PAD; AG_PARTS,
 * AG_PART_STRIDE: the N H rows of gy are cut into PARTS, each with a result of its own, PSTRIDE reals after the one
 * before (combine_wgrad.cu adds them up); AG_PER_PICTURE (0 or 1), AG_WEIGHT_STRIDE: each image has a result, WSTRIDE
 * reals after the one before, and it is its H rows that are cut. PARTS is as large as wanted; a part without a row is
 * zeros. x, gy and dw start at multiples of 16 bytes, and PSTRIDE, WSTRIDE are multiples of 4.
 *
 * The tile: AG_BM rows of dw x AG_BN output channels a block, AG_BK pixels at a time; AG_TM x AG_TN a thread. BM, BN,
 * TM and TN are multiples of 4; NX = BN / TN and MY = BM / TM fill whole warps (ag_place of gemm.cuh).
 *
 * Launch: grid (ceil(K K CI / BM), ceil(CO / BN), PARTS (AG_PER_PICTURE ? N : 1)), NX MY threads; shared memory
 * 4 STAGES BK (BM + BN) bytes, STAGES as below.
 */
#ifndef AG_FN
#include "gemm.cuh"
#define AG_FN            conv_wgrad
#define AG_IMAGES        4
#define AG_OUT_H         32
#define AG_OUT_W         32
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#define AG_STRIDE        1
#define AG_PAD           1
#define AG_PARTS         64
#define AG_PART_STRIDE   36864
#define AG_PER_PICTURE   0
#define AG_READ_UP       0
#define AG_WEIGHT_STRIDE 36864
#define AG_BM            64
#define AG_BN            64
#define AG_BK            16
#define AG_TM            8
#define AG_TN            4
#endif
/* AG_TEMPLATE */
/* dw[a,b,c,o] = sum over n, i, j of x[n, S i + a - PAD, S j + b - PAD, c] gy[n,i,j,o]; dw is [K][K][CI][COP], COP = CO
 * rounded up to 16, with zeros from CO on. Part p sums up rows p ROWS / PARTS and on. */
extern "C" __global__ void ag_bounds(AG_BM, AG_BN, AG_TM, AG_TN)
    AG_FN(const float *__restrict__ x, const float *__restrict__ gy, float *__restrict__ dw)
{
    enum {
        H = AG_OUT_H,
        W = AG_OUT_W,
        CI = AG_IN_C,
        CO = AG_OUT_C,
        COP = (CO + 15) / 16 * 16,
        K = AG_K,
        S = AG_STRIDE,
        PAD = AG_PAD
    };
    enum { XH = S * (H - 1) + K - 2 * PAD, XW = S * (W - 1) + K - 2 * PAD, TAPS = K * K * CI, PARTS = AG_PARTS };
    enum { UP = AG_READ_UP, XL = XW >> UP, XSIZE = (XH >> UP) * XL * CI };
    enum { BM = AG_BM, BN = AG_BN, BK = AG_BK, TM = AG_TM, TN = AG_TN, NX = BN / TN, MY = BM / TM, THREADS = NX * MY };
    /* channels at a copy of x and of gy; three tiles in turn if they are small */
    enum { LX = CI % 4 ? 1 : 4, LG = CO % 4 ? 1 : 4, XLINE = BM / LX, GLINE = BN / LG };
    enum { COPIES = CI % 4 ? 2 : 4 }; /* under way together: addresses of single reals take more registers */
    enum { STAGES = BK * (BM + BN) <= 2560 ? 3 : 2, ROWS = (AG_PER_PICTURE ? 1 : AG_IMAGES) * H };
    __shared__ alignas(16) float xs[STAGES][BK * BM], gs[STAGES][BK * BN];
    const int tile = blockIdx.x * BM, block = blockIdx.y * BN, part = blockIdx.z % PARTS, image = blockIdx.z / PARTS;
    const int begin = (int)((long)part * ROWS / PARTS), end = (int)((part + 1L) * ROWS / PARTS);
    const int pixels = (end - begin) * W, steps = (pixels + BK - 1) / BK;
    const int2 place = ag_place(NX);

    x += (long)image * XSIZE;
    gy += (long)(image * H + begin) * W * CO;
    dw += image * (long)AG_WEIGHT_STRIDE + (PARTS > 1 ? part * (long)AG_PART_STRIDE : 0);
    float acc[TM][TN] = {{0}};
    for (int step = 1 - STAGES; step < steps; step++) {
        const int next = step + STAGES - 1;
        if (step >= 0) {
            ag_wait(STAGES - 2);
            __syncthreads();
        }
        if (next < steps) {
#pragma unroll COPIES
            for (int s = 0; s < (BK * XLINE + THREADS - 1) / THREADS; s++) {
                const int2 turn = ag_turn(s, THREADS, XLINE);
                const unsigned m = tile + turn.x * LX, tap = m / CI, p = next * BK + turn.y, row = begin + p / W;
                const int n = row / H, i = S * (row % H) + tap / K - PAD, j = S * (p % W) + tap % K - PAD;
                if (BK * XLINE % THREADS && turn.y >= BK) break;
                const bool inside = (TAPS % BM == 0 || m < TAPS) && p < pixels && i >= 0 && i < XH && j >= 0 && j < XW;
                const long at = (long)n * XSIZE + ((i >> UP) * XL + (j >> UP)) * CI + m % CI;
                ag_copy(xs[next % STAGES] + turn.y * BM + turn.x * LX, x + (inside ? at : 0), LX, inside);
            }
#pragma unroll 4
            for (int s = 0; s < (BK * GLINE + THREADS - 1) / THREADS; s++) {
                const int2 turn = ag_turn(s, THREADS, GLINE);
                const int o = block + turn.x * LG, p = next * BK + turn.y;
                if (BK * GLINE % THREADS && turn.y >= BK) break;
                const bool inside = p < pixels && (CO % BN == 0 || o < CO);
                ag_copy(gs[next % STAGES] + turn.y * BN + turn.x * LG, gy + (inside ? (long)p * CO + o : 0), LG,
                        inside);
            }
        }
        ag_commit();
        if (step >= 0)
            ag_multiply_columns<BK, BM, MY, BN, NX>(acc, xs[step % STAGES] + place.y * 4,
                                                    gs[step % STAGES] + place.x * 4);
    }

#pragma unroll
    for (int p = 0; p < TM; p++) {
        const int m = tile + (p / 4 * MY + place.y) * 4 + p % 4;
        float *const to = dw + (long)m * COP;
        if (TAPS % BM && m >= TAPS) break;
#pragma unroll
        for (int g = 0; g < TN; g += 4) {
            const int o = block + place.x * 4 + g * NX;
            const ag_four out = {{acc[p][g], acc[p][g + 1], acc[p][g + 2], acc[p][g + 3]}};
            if (COP % BN == 0 || o < COP) *(ag_four *)(to + o) = out;
        }
        if (block + BN >= CO)
            for (int o = block + BN + place.x; o < COP; o += NX) to[o] = 0;
    }
}
