/*
 * What the convolutions share: asynchronous copies to shared memory, the product of two tiles that lie there, and what
 * becomes of its results.
 *
 * A block multiplies BM rows by BN columns, BK terms at a time, while the next terms are on their way. A thread has TM
 * x TN results: rows y, y + MY, y + 2 MY, ... or, where rows lie side by side, fours of them 4 MY apart; columns in
 * fours, 4 NX apart. So a warp's loads of 16 bytes meet each bank once.
 *
 * Which tile a kernel gets is decided in gen/emit_cuda_nodes.c: by its columns; smaller ones, and then a split of the
 * sum, where there would be too few blocks to fill a device.
 */
#ifndef AG_GEMM
#define AG_GEMM

/* Launch bounds of a tile: registers are kept to 168 a thread, of small tiles to 128 or 64, for a fifth to a half of the
 * threads that a multiprocessor can hold. The 64 sums of the largest tiles, which don't wait for one another, hide what
 * more threads would; with 128 registers they spill. */
#define ag_threads(bm, bn, tm, tn) ((bm) / (tm) * ((bn) / (tn)))
#define ag_resident(results)       ((results) > 32 ? 384 : (results) > 16 ? 512 : 1024)
#define ag_bounds(bm, bn, tm, tn)                                                                                      \
    __launch_bounds__(ag_threads(bm, bn, tm, tn),                                                                      \
                      ag_resident((tm) * (tn)) / (ag_threads(bm, bn, tm, tn) < 64 ? 64 : ag_threads(bm, bn, tm, tn)))

struct alignas(16) ag_four {
    float at[4];
};

/* Starts a copy of 1 or 4 reals to shared memory; if not inside, from is not read and zeros are written. */
static __device__ __forceinline__ void ag_copy(float *to, const float *from, int reals, bool inside)
{
    const unsigned at = (unsigned)__cvta_generic_to_shared(to);
    if (reals == 4)
        asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(inside ? 16 : 0)
                     : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at), "l"(from), "r"(inside ? 4 : 0)
                     : "memory");
}

/* As ag_copy of 4 reals, past L1. */
static __device__ __forceinline__ void ag_copy_past(float *to, const float *from, bool inside)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(to)),
                 "l"(from), "r"(inside ? 16 : 0)
                 : "memory");
}

/* Closes the group of copies started since the last call. */
static __device__ __forceinline__ void ag_commit(void)
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/* Waits until no more than the last `pending` (0 or 1) groups of this thread are under way. */
static __device__ __forceinline__ void ag_wait(int pending)
{
    if (pending)
        asm volatile("cp.async.wait_group 1;" ::: "memory");
    else
        asm volatile("cp.async.wait_group 0;" ::: "memory");
}

/* The thread's place among NX x MY: 8 x 4 to a warp, or as near as NX allows (MY is a multiple of the warp's rows). */
static __device__ __forceinline__ int2 ag_place(int nx)
{
    const int lanes = min(nx & -nx, 8), across = nx / lanes, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    return make_int2(warp % across * lanes + lane % lanes, warp / across * (32 / lanes) + lane / lanes);
}

/* What the thread copies at its s-th turn, of rows of `line` copies: x in the row, y the row. */
static __device__ __forceinline__ int2 ag_turn(int s, int threads, int line)
{
    const int even = threads % line == 0, q = threadIdx.x + (even ? 0 : s * threads);
    return make_int2(q % line, q / line + (even ? s * (threads / line) : 0));
}

/* The row, of BK reals and 4 more to the next, that the thread fills at its s-th turn, a row being filled by LINE
 * threads: in such an order that 128 bytes that are written together meet each bank once. */
static __device__ __forceinline__ int ag_row(int s, int threads, int line, int bk)
{
    const int turn = threads / line % 8 ? 0 : s * (threads / line), q = threadIdx.x / line + s * threads / line - turn;
    return turn + q / 8 * 8 + q % (32 / bk) * (bk / 4) + q / (32 / bk) % (bk / 4);
}

/* acc += a b of rows a, PITCH apart and with their terms side by side; a and b are where the thread's first ones are */
template <int BK, int PITCH, int MY, int BN, int NX, int TM, int TN>
static __device__ __forceinline__ void ag_multiply_rows(float (&acc)[TM][TN], const float *a, const float *b)
{
#pragma unroll
    for (int k = 0; k < BK; k += 4) {
        ag_four bk[4][TN / 4];
#pragma unroll
        for (int l = 0; l < 4; l++)
#pragma unroll
            for (int g = 0; g < TN / 4; g++) bk[l][g] = *(const ag_four *)(b + (k + l) * BN + g * 4 * NX);
#pragma unroll
        for (int i = 0; i < TM; i++) {
            const ag_four ai = *(const ag_four *)(a + i * MY * PITCH + k);
#pragma unroll
            for (int l = 0; l < 4; l++)
#pragma unroll
                for (int j = 0; j < TN; j++) acc[i][j] += ai.at[l] * bk[l][j / 4].at[j % 4];
        }
    }
}

/* acc += a b of terms a, BM apart and with their rows side by side */
template <int BK, int BM, int MY, int BN, int NX, int TM, int TN>
static __device__ __forceinline__ void ag_multiply_columns(float (&acc)[TM][TN], const float *a, const float *b)
{
#pragma unroll
    for (int k = 0; k < BK; k++) {
        ag_four ak[TM / 4], bk[TN / 4];
#pragma unroll
        for (int g = 0; g < TM / 4; g++) ak[g] = *(const ag_four *)(a + k * BM + g * 4 * MY);
#pragma unroll
        for (int g = 0; g < TN / 4; g++) bk[g] = *(const ag_four *)(b + k * BN + g * 4 * NX);
#pragma unroll
        for (int i = 0; i < TM; i++)
#pragma unroll
            for (int j = 0; j < TN; j++) acc[i][j] += ak[i / 4].at[i % 4] * bk[j / 4].at[j % 4];
    }
}

/* Stores a thread's results of one row: of its TN sums, that of each channel o below CO, of which `first` is the first
 * and belongs at place `start`, gives what make(out, l, o, at, sum) puts in out[0].at[l], out[1].at[l], ... for place
 * `at` of results[0], results[1], ... */
template <int CO, int BN, int NX, int TN, int RESULTS, class F>
static __device__ __forceinline__ void ag_store(float *const (&results)[RESULTS], const float (&sums)[TN], int first,
                                                long start, F make)
{
#pragma unroll
    for (int g = 0; g < TN; g += 4) {
        ag_four out[RESULTS] = {};
#pragma unroll
        for (int l = 0; l < 4; l++) {
            const int o = first + g * NX + l;
            const long at = start + g * NX + l;
            if (CO % BN && o >= CO) break;
            make(out, l, o, at, sums[g + l]);
            for (int k = 0; k < RESULTS && CO % 4; k++) results[k][at] = out[k].at[l];
        }
        for (int k = 0; k < RESULTS && CO % 4 == 0 && first + g * NX < CO; k++)
            *(ag_four *)(results[k] + start + g * NX) = out[k];
    }
}

#endif
