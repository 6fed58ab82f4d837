/*
 * A depthwise convolution, stride 1, and a pointwise one of its result, which lies in shared memory only: dwconv.cu and
 * conv.cu in one pass, the same sums in the same order. Weights are those of pack_dw.cu and, with K = 1, pack_conv.cu.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_H, AG_W, AG_IN_C, AG_OUT_C; AG_K (3, 5 or 7, of the depthwise part), AG_BIAS,
 * AG_STORE_DEPTHWISE (0 or 1: t is stored too, for the backward pass; otherwise it isn't touched and may be NULL).
 * AG_EXTRA_PARAMS, AG_RESULTS, AG_EPILOGUE as in conv.cu. Pointers are multiples of 16 bytes; N H W is below 2^31.
 *
 * The prologue: with AG_HAS_PROLOGUE = 1 x is taken to be what AG_PROLOGUE makes of each value r of channel o, in r;
 * zeros around it stay zeros. AG_PROLOGUE_PARAMS, each after a comma, are what it reads beside.
 *
 * The tile: AG_BM pixels x AG_BN channels a block, AG_TM x AG_TN a thread, as in conv.cu; AG_BK (8, 16 or 32) channels
 * of t at a time. Each column of blocks computes all of t anew: BN should cover CO.
 *
 * How t is made: a thread has a run of R pixels of a row and L channels, and takes one row of the window after the
 * other. It reads R + K - 1 vectors of x and K of d for R K products of vectors, so BK is to be as large as gives a
 * thread 4 pixels. What a row of the window needs is read before 4 terms of the product of the t before are added up
 * and used after that, which hides how long it takes, if BK has as many fours as there are rows: 32 for K = 5 and 7. Of
 * a block's first t, which nothing hides, AHEAD rows are on their way together.
 *
 * Launch bounds: what is read ahead takes registers beside those of the product, more than ag_bounds leaves; they are
 * 255 a thread for large tiles or windows, otherwise 168.
 *
 * Launch: grid (ceil(N H W / BM), ceil(CO / BN)), BM / TM BN / TN threads; shared memory 8 BM (BK + 4) + 8 WK BN + 8 BM
 * / R bytes, WK and R as below: no more than 48 KB.
 */
#ifndef AG_FN
#include "gemm.cuh"
#define AG_FN              sepconv
#define AG_IMAGES          64
#define AG_H               32
#define AG_W               32
#define AG_IN_C            256
#define AG_OUT_C           256
#define AG_K               3
#define AG_BIAS            1
#define AG_STORE_DEPTHWISE 0
#define AG_BM              64
#define AG_BN              256
#define AG_BK              32
#define AG_TM              8
#define AG_TN              8
#define AG_HAS_PROLOGUE    0
#define AG_PROLOGUE_PARAMS
#define AG_PROLOGUE
#define AG_EXTRA_PARAMS
#define AG_RESULTS  y
#define AG_EPILOGUE out[0].at[l] = r
#endif
/* AG_TEMPLATE */
/* t[n,i,j,c] = sum over a, b of x[n, i + a - K/2, j + b - K/2, c] d[a,b,c]
 * y[n,i,j,o] = bias[o] + sum over c of t[n,i,j,c] w[c,o] */
extern "C" __global__ void __launch_bounds__(ag_threads(AG_BM, AG_BN, AG_TM, AG_TN),
                                             (AG_TM * AG_TN > (AG_K > 5 ? 16 : 32) ? 256 : 384) /
                                                 ag_threads(AG_BM, AG_BN, AG_TM, AG_TN))
    AG_FN(const float *__restrict__ x, const float *__restrict__ d, const float *__restrict__ w,
          const float *__restrict__ bias, float *__restrict__ t,
          float *__restrict__ y AG_EXTRA_PARAMS AG_PROLOGUE_PARAMS)
{
    enum { H = AG_H, W = AG_W, CI = AG_IN_C, CO = AG_OUT_C, COP = (CO + 3) / 4 * 4, K = AG_K };
    enum { PIXELS = AG_IMAGES * H * W };
    enum { BM = AG_BM, BN = AG_BN, BK = AG_BK, TM = AG_TM, TN = AG_TN, NX = BN / TN, MY = BM / TM, THREADS = NX * MY };
    /* t is made BK channels deep, w comes WK deep */
    enum { WK = BK < 16 || BN > 64 ? 8 : 16, STEPS = (CI + WK - 1) / WK, TILES = (CI + BK - 1) / BK, PITCH = BK + 4 };
    /* L channels of R pixels, which lie in one row of x, are a thread's at a turn */
    enum { L = CI % 4 ? 1 : 4, LINE = BK / L, MOST = BM * LINE / THREADS, SPAN = AG_K - 1 };
    enum { R = W % 4 == 0 && MOST >= 4 ? 4 : W % 2 == 0 && MOST >= 2 ? 2 : 1, RUNS = BM / R, BESIDE = THREADS / LINE };
    /* a unit is a row of the window at a turn; so many of them go with four terms of the product */
    enum { UNITS = (RUNS + BESIDE - 1) / BESIDE * K, EACH = (UNITS * 4 + BK - 1) / BK };
    enum { AHEAD = TM * TN > 32 ? 3 : TM * TN > 16 ? 2 : 1 };
    struct alignas(4 * L) vec {
        float at[L];
    };
    __shared__ alignas(16) float ts[2][BM * PITCH], ws[2][WK * BN];
    /* of each run where tap 0, 0 of its first pixel is in x, and bits of rows and columns of taps inside x */
    __shared__ int2 spots[RUNS];
    const int tile = blockIdx.x * BM, image = tile / (H * W), block = blockIdx.y * BN;
    const int at_line = threadIdx.x % LINE * L, beside = threadIdx.x / LINE;
    const int2 place = ag_place(NX);

    x += (long)image * (H * W * CI);
    for (int r = threadIdx.x; r < RUNS; r += THREADS) {
        const int m = tile + r * R, n = m / (H * W) - image, i = m / W % H - K / 2, j = m % W - K / 2;
        int bits = 0;
        for (int a = 0; a < K; a++) bits |= (i + a >= 0 && i + a < H) << a;
        for (int s = 0; s < R + SPAN; s++) bits |= (j + s >= 0 && j + s < W) << (K + s);
        spots[r] = make_int2(((n * H + i) * W + j) * CI, m < PIXELS ? bits : 0);
    }
    __syncthreads();

    vec line[R + SPAN], taps[K], sum[R] = {};
    int inside = 0; /* bits of the vectors of line that are in x */
    /* reads what unit u of the next t, whose first channel is c0, needs */
    const auto fetch = [&](int u, int c0) {
        const int turn = UNITS > K ? u / K : 0, a = u - turn * K, run = beside + turn * BESIDE, c = c0 + at_line;
        const int2 spot = RUNS % BESIDE == 0 || run < RUNS ? spots[run] : make_int2(0, 0);
        const bool some = CI % BK == 0 || c < CI;
        inside = some && spot.y >> a & 1 ? spot.y >> K : 0;
        const float *const from = x + (spot.x + a * (W * CI) + c);
        const float *const tap = d + (a * (K * CI) + c);
#pragma unroll
        for (int s = 0; s < R + SPAN; s++) line[s] = inside >> s & 1 ? *(const vec *)(from + s * CI) : vec{};
#pragma unroll
        for (int b = 0; b < K; b++) taps[b] = some ? *(const vec *)(tap + b * CI) : vec{};
    };
    /* adds its products up; what is complete goes to `to` */
    const auto add = [&](int u, int c0, float *to) {
#pragma unroll
        for (int l = 0; l < L && AG_HAS_PROLOGUE; l++) {
            const int o = CI % BK == 0 || c0 + at_line < CI ? c0 + at_line + l : 0;
            (void)o; /* AG_PROLOGUE's */
#pragma unroll
            for (int s = 0; s < R + SPAN; s++) {
                float r = line[s].at[l];
                AG_PROLOGUE;
                line[s].at[l] = inside >> s & 1 ? r : 0;
            }
        }
#pragma unroll
        for (int p = 0; p < R; p++)
#pragma unroll
            for (int b = 0; b < K; b++)
#pragma unroll
                for (int l = 0; l < L; l++) sum[p].at[l] += line[p + b].at[l] * taps[b].at[l];
        const int turn = UNITS > K ? u / K : 0, run = beside + turn * BESIDE, m = tile + run * R, c = c0 + at_line;
        if (u - turn * K < K - 1 || (RUNS % BESIDE && run >= RUNS)) return;
#pragma unroll
        for (int p = 0; p < R; p++) {
            *(vec *)(to + (run * R + p) * PITCH + at_line) = sum[p];
            if (AG_STORE_DEPTHWISE && blockIdx.y == 0 && (PIXELS % BM == 0 || m < PIXELS) && (CI % BK == 0 || c < CI))
                *(vec *)(t + (long)(m + p) * CI + c) = sum[p];
            sum[p] = {};
        }
    };
    const auto copy = [&](int step) {
        float *const wt = ws[step % 2];
#pragma unroll 4
        for (int s = 0; s < (WK * BN / 4 + THREADS - 1) / THREADS; s++) {
            const int2 turn = ag_turn(s, THREADS, BN / 4);
            const int row = step * WK + turn.y, o = block + turn.x * 4;
            if (WK * BN / 4 % THREADS && turn.y >= WK) break;
            const bool inside = (CI % WK == 0 || row < CI) && (COP % BN == 0 || o < COP);
            ag_copy_past(wt + turn.y * BN + turn.x * 4, w + (inside ? row * COP + o : 0), inside);
        }
    };

    copy(0);
    ag_commit();
#pragma unroll AHEAD
    for (int u = 0; u < UNITS; u++) {
        fetch(u, 0);
        add(u, 0, ts[0]);
    }
    float acc[TM][TN] = {{0}};
#pragma unroll 1
    for (int step = 0; step < STEPS; step++) {
        const int k0 = step * WK % BK, now = step * WK / BK, c0 = (now + 1) * BK;
        const float *const tt = ts[now % 2] + place.y * PITCH + k0, *const wt = ws[step % 2] + place.x * 4;
        float *const to = ts[(now + 1) % 2];
        ag_wait(0);
        __syncthreads();
        if (step + 1 < STEPS) copy(step + 1);
        ag_commit();
#pragma unroll
        for (int k = 0; k < WK; k += 4) {
            const int first = (k0 + k) / 4 * EACH;
#pragma unroll 1
            for (int e = 0; e < EACH; e++) {
                const bool more = first + e < UNITS && c0 < TILES * BK;
                if (more) fetch(first + e, c0);
                if (e == 0) ag_multiply_rows<4, PITCH, MY, BN, NX>(acc, tt + k, wt + k * BN);
                if (more) add(first + e, c0, to);
            }
        }
    }

    float *const results[] = {AG_RESULTS};
#pragma unroll
    for (int p = 0; p < TM; p++) {
        const int m = tile + place.y + p * MY, n = m / (H * W), i = m / W % H, j = m % W;
        const int first = block + place.x * 4;
        const long start = (long)m * CO + first;
        (void)n, (void)i, (void)j; /* the epilogue's */
        if (PIXELS % BM && m >= PIXELS) break;
        ag_store<CO, BN, NX>(results, acc[p], first, start, [&](ag_four *out, int l, int o, long at, float r) {
            (void)o, (void)at;
            if (AG_BIAS) r += bias[o];
            AG_EPILOGUE;
        });
    }
}
