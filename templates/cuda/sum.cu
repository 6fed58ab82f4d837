/*
 * Sums of pointwise expressions over some of the dimensions of [D0][D1][D2][D3]: of each of OUTPUTS, which are the
 * other dimensions, SUMMANDS values by T threads, in PARTS parts. The order of adding is fixed: thread `along` takes
 * every T-th summand of a part, then the threads' sums are added in a tree.
 *
 * Tokens: AG_FN; AG_PARAMS; AG_SUMS, how many expressions; AG_OUTPUTS, AG_SUMMANDS, AG_THREADS (T, a power of two up
 * to 256), AG_PARTS, AG_PART_STRIDE (from part to part of the result); AG_ALONG (1: neighbouring threads take
 * neighbouring summands, 0: neighbouring outputs); AG_OUTPUT_INDEX, AG_SUMMAND_INDEX (declare what is needed of i0 …
 * i3, from o and from r); AG_BODY (adds to sum[0 …]); AG_STORE (puts them at `at`).
 */
#ifndef AG_FN
#define AG_FN          sum
#define AG_PARAMS      const float *__restrict__ x0, float *__restrict__ y0
#define AG_SUMS        1
#define AG_OUTPUTS     32
#define AG_SUMMANDS    1024
#define AG_THREADS     128
#define AG_PARTS       1
#define AG_PART_STRIDE 32
#define AG_ALONG       0
#define AG_OUTPUT_INDEX
#define AG_SUMMAND_INDEX
#define AG_BODY  sum[0] += x0[r * 32 + o];
#define AG_STORE y0[at] = sum[0];
#endif
/* AG_TEMPLATE */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(AG_PARAMS)
{
    enum { SUMS = AG_SUMS, OUTPUTS = AG_OUTPUTS, T = AG_THREADS, PARTS = AG_PARTS, ALONG = AG_ALONG };
    enum { ROWS = 256 / T, TILES = (OUTPUTS + ROWS - 1) / ROWS, STEP = ALONG ? 1 : ROWS };
    __shared__ float sums[SUMS][256];
    for (int task = blockIdx.x; task < TILES * PARTS; task += gridDim.x) {
        const int along = ALONG ? threadIdx.x % T : threadIdx.x / ROWS, part = task / TILES;
        const unsigned o = task % TILES * ROWS + (ALONG ? threadIdx.x / T : threadIdx.x % ROWS);
        const unsigned first = (unsigned)((long)AG_SUMMANDS * part / PARTS);
        const unsigned end = (unsigned)((long)AG_SUMMANDS * (part + 1) / PARTS);
        float sum[SUMS] = {0};
        AG_OUTPUT_INDEX
        for (unsigned r = first + along; o < OUTPUTS && r < end; r += T) {
            AG_SUMMAND_INDEX
            AG_BODY
        }
        __syncthreads();
#pragma unroll
        for (int s = 0; s < SUMS; s++) sums[s][threadIdx.x] = sum[s];
        __syncthreads();
        for (int half = T / 2; half > 0; half /= 2) {
#pragma unroll
            for (int s = 0; s < SUMS; s++)
                if (along < half) sums[s][threadIdx.x] += sums[s][threadIdx.x + half * STEP];
            __syncthreads();
        }
        if (along == 0 && o < OUTPUTS) {
            const long at = part * (long)AG_PART_STRIDE + o;
#pragma unroll
            for (int s = 0; s < SUMS; s++) sum[s] = sums[s][threadIdx.x];
            AG_STORE
        }
    }
}
