/*
 * Convolution as a product of matrices: pixels x taps and channels, gathered on the way to shared memory, times the
 * weight of pack_conv.cu. Serves linear layers (H = W = K = 1) and the input gradients of a stride-1 convolution
 * (weights packed transposed) and of deconv.cu (same K, S = 2, PAD = 0). The input is S (H - 1) + K - 2 PAD high; with
 * AG_READ_UP = 1 that is what it is up-sampled to, each of its values being read as 2x2 equal ones.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_OUT_H, AG_OUT_W (output size), AG_IN_C, AG_OUT_C, AG_K (15 at the most), AG_STRIDE,
 * AG_PAD; AG_BIAS, AG_PER_PICTURE (0 or 1); AG_WEIGHT_STRIDE (with AG_PER_PICTURE each image has its own packed weight,
 * AG_WEIGHT_STRIDE reals, a multiple of 4, after that of the one before); AG_PARTS: the sum is cut into so many, and y
 * gets the parts, one after the other, that split_sum.cu adds up. x, w and results start at multiples of 16 bytes; N H
 * W is below 2^31.
 *
 * The epilogue: AG_EPILOGUE makes out[0].at[l], out[1].at[l], ... of sum r of image n, row i, column j, channel o; they
 * go to place `at` of AG_RESULTS, pointers of which all but y, and whatever else is read, are AG_EXTRA_PARAMS (each
 * after a comma). With a split it is split_sum.cu that has them.
 *
 * The tile: AG_BM pixels x AG_BN channels a block, AG_BK (8, 16 or 32) terms at a time; AG_TM x AG_TN a thread. BN and
 * TN are multiples of 4, BM of 8; NX = BN / TN and MY = BM / TM fill whole warps (ag_place of gemm.cuh).
 *
 * Launch: with M = AG_PER_PICTURE ? H W : N H W, grid (ceil(M / BM) (AG_PER_PICTURE ? N : 1), ceil(CO / BN), PARTS), NX
 * MY threads; shared memory 4 STAGES (BM (BK + 4) + BK BN) + 8 BM bytes, STAGES as below.
 */
#ifndef AG_FN
#include "gemm.cuh"
#define AG_FN            conv
#define AG_IMAGES        4
#define AG_OUT_H         32
#define AG_OUT_W         32
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#define AG_STRIDE        1
#define AG_PAD           1
#define AG_BIAS          1
#define AG_PER_PICTURE   0
#define AG_WEIGHT_STRIDE 36864
#define AG_PARTS         1
#define AG_READ_UP       0
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
/* y[n,i,j,o] = bias[o] + sum over a, b, c of x[n, S i + a - PAD, S j + b - PAD, c] w[a,b,c,o] */
extern "C" __global__ void ag_bounds(AG_BM, AG_BN, AG_TM, AG_TN)
    AG_FN(const float *__restrict__ x, const float *__restrict__ w, const float *__restrict__ bias,
          float *__restrict__ y AG_EXTRA_PARAMS)
{
    enum {
        H = AG_OUT_H,
        W = AG_OUT_W,
        CI = AG_IN_C,
        CO = AG_OUT_C,
        COP = (CO + 3) / 4 * 4,
        K = AG_K,
        S = AG_STRIDE,
        PAD = AG_PAD
    };
    enum { XH = S * (H - 1) + K - 2 * PAD, XW = S * (W - 1) + K - 2 * PAD, TERMS = K * K * CI, OWN = AG_PER_PICTURE };
    enum { UP = AG_READ_UP, XL = XW >> UP, XSIZE = (XH >> UP) * XL * CI };
    enum { BM = AG_BM, BN = AG_BN, BK = AG_BK, TM = AG_TM, TN = AG_TN, NX = BN / TN, MY = BM / TM, THREADS = NX * MY };
    enum { PIXELS = (OWN ? 1 : AG_IMAGES) * H * W, TILES = (PIXELS + BM - 1) / BM, STEPS = (TERMS + BK - 1) / BK };
    enum { ONE = OWN || H * W % BM == 0 }; /* a tile is of one image: what an epilogue reads for it is read once */
    /* L channels at a copy; three tiles in turn if they are small */
    enum { L = CI % 4 ? 1 : 4, LINE = BK / L, PITCH = BK + 4, STAGES = BM * PITCH + BK * BN <= 2560 ? 3 : 2 };
    __shared__ alignas(16) float xs[STAGES][BM * PITCH], ws[STAGES][BK * BN];
    /* of each pixel where tap 0, 0 is in x, and bits of rows and columns of taps inside x, then whether they are odd */
    __shared__ int2 spots[BM];
    const int tile = blockIdx.x % TILES * BM, image = OWN ? blockIdx.x / TILES : tile / (H * W);
    const int block = blockIdx.y * BN, slice = blockIdx.z, at_line = threadIdx.x % LINE * L;
    const int begin = (int)((long)slice * STEPS / AG_PARTS), end = (int)((slice + 1L) * STEPS / AG_PARTS);
    const int2 place = ag_place(NX);

    x += (long)image * XSIZE;
    w += OWN ? image * (long)AG_WEIGHT_STRIDE : 0;
    for (int r = threadIdx.x; r < BM; r += THREADS) {
        const int m = tile + r, n = ONE ? 0 : m / (H * W) - image, i = m / W % H * S - PAD, j = m % W * S - PAD;
        int bits = 0;
        for (int d = 0; d < K; d++) bits |= (i + d >= 0 && i + d < XH) << d | (j + d >= 0 && j + d < XW) << (K + d);
        if (UP) bits |= (i & 1) << 2 * K | (j & 1) << (2 * K + 1);
        spots[r] = make_int2(n * XSIZE + ((i >> UP) * XL + (j >> UP)) * CI, m < PIXELS ? bits : 0);
    }
    __syncthreads();

    float acc[TM][TN] = {{0}};
    for (int step = begin + 1 - STAGES; step < end; step++) {
        const int next = step + STAGES - 1;
        if (step >= begin) {
            ag_wait(STAGES - 2);
            __syncthreads();
        }
        if (next < end) {
            float *const xt = xs[next % STAGES] + at_line, *const wt = ws[next % STAGES];
            const int k = next * BK + at_line, tap = k / CI, a = tap / K, b = tap % K, c = k % CI;
            const int bits = TERMS % BK == 0 || k < TERMS ? 1 << a | 1 << (K + b) : -1;
#pragma unroll 4
            for (int s = 0; s < (BM * LINE + THREADS - 1) / THREADS; s++) {
                const int r = ag_row(s, THREADS, LINE, BK);
                if (BM * LINE % THREADS && r >= BM) break;
                const int2 spot = spots[r];
                const bool inside = (spot.y & bits) == bits;
                const int down = UP ? (a + (spot.y >> 2 * K & 1)) >> 1 : a;
                const int right = UP ? (b + (spot.y >> (2 * K + 1) & 1)) >> 1 : b;
                ag_copy(xt + r * PITCH, x + (inside ? spot.x + (down * XL + right) * CI + c : 0), L, inside);
            }
#pragma unroll 4
            for (int s = 0; s < (BK * BN / 4 + THREADS - 1) / THREADS; s++) {
                const int2 turn = ag_turn(s, THREADS, BN / 4);
                const int row = next * BK + turn.y, o = block + turn.x * 4;
                if (BK * BN / 4 % THREADS && turn.y >= BK) break;
                const bool inside = (TERMS % BK == 0 || row < TERMS) && (COP % BN == 0 || o < COP);
                ag_copy_past(wt + turn.y * BN + turn.x * 4, w + (inside ? row * COP + o : 0), inside);
            }
        }
        ag_commit();
        if (step >= begin)
            ag_multiply_rows<BK, PITCH, MY, BN, NX>(acc, xs[step % STAGES] + place.y * PITCH,
                                                    ws[step % STAGES] + place.x * 4);
    }

    y += AG_PARTS > 1 ? slice * ((long)AG_IMAGES * H * W * CO) : 0;
    float *const results[] = {AG_RESULTS};
#pragma unroll
    for (int p = 0; p < TM; p++) {
        const int m = tile + place.y + p * MY, n = ONE ? image : m / (H * W), i = m / W % H, j = m % W;
        const int first = block + place.x * 4;
        const long start = (long)(OWN ? image * (H * W) + m : m) * CO + first;
        (void)n, (void)i, (void)j; /* the epilogue's */
        if (PIXELS % BM && m >= PIXELS) break;
        ag_store<CO, BN, NX>(results, acc[p], first, start, [&](ag_four *out, int l, int o, long at, float r) {
            (void)o, (void)at;
            if (AG_BIAS && AG_PARTS == 1) r += bias[o];
            AG_EPILOGUE;
        });
    }
}
