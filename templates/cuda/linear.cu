/*
 * Linear layer of few images, which waits for its weight to come from memory: read once as it lies, in no other order.
 * TRANSPOSED: the gradient with respect to x, on the same weight.
 *
 * Tokens: AG_FN; AG_IMAGES (16 at the most); AG_IN_C, AG_OUT_C (of x and y); AG_BIAS, AG_TRANSPOSED (0 or 1).
 */
#ifndef AG_FN
#define AG_FN         linear
#define AG_IMAGES     4
#define AG_IN_C       512
#define AG_OUT_C      512
#define AG_BIAS       1
#define AG_TRANSPOSED 0
#endif
/* AG_TEMPLATE */
/* y[n,o] = bias[o] + sum over i of x[n,i] w[o,i]: a warp for each o, its lanes along i. Transposed, w[i,o]: a block for
 * LANES of o, its threads down i in strips. */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ x, const float *__restrict__ w,
                                                        const float *__restrict__ bias, float *__restrict__ y)
{
    enum { IMAGES = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C, WARPS = 8, LANES = 8, STRIPS = 256 / LANES };
    enum { L = CI % 4 ? 1 : 4 };
    struct alignas(4 * L) vec {
        float at[L];
    };
    for (int o0 = blockIdx.x * LANES; AG_TRANSPOSED && o0 < CO; o0 += gridDim.x * LANES) {
        __shared__ float sums[IMAGES][STRIPS][LANES];
        const int lane = threadIdx.x % LANES, strip = threadIdx.x / LANES, o = min(o0 + lane, CO - 1);
        float acc[IMAGES] = {0};
        for (int i = strip; i < CI; i += STRIPS) {
            const float value = w[(long)i * CO + o];
#pragma unroll
            for (int n = 0; n < IMAGES; n++) acc[n] += x[n * CI + i] * value;
        }
        __syncthreads();
#pragma unroll
        for (int n = 0; n < IMAGES; n++) sums[n][strip][lane] = acc[n];
        __syncthreads();
        for (int k = threadIdx.x; k < IMAGES * LANES; k += 256) {
            const int n = k / LANES, l = k % LANES;
            if (o0 + l >= CO) continue;
            float sum = AG_BIAS ? bias[o0 + l] : 0;
            for (int s = 0; s < STRIPS; s++) sum += sums[n][s][l];
            y[n * CO + o0 + l] = sum;
        }
    }
    for (int o = blockIdx.x * WARPS + threadIdx.x / 32; !AG_TRANSPOSED && o < CO; o += gridDim.x * WARPS) {
        const int lane = threadIdx.x % 32;
        float acc[IMAGES] = {0};
        for (int i = lane; i < CI / L; i += 32) {
            const vec value = ((const vec *)(w + (long)o * CI))[i];
#pragma unroll
            for (int n = 0; n < IMAGES; n++) {
                const vec xn = ((const vec *)(x + n * CI))[i];
                for (int l = 0; l < L; l++) acc[n] += xn.at[l] * value.at[l];
            }
        }
#pragma unroll
        for (int n = 0; n < IMAGES; n++) {
            for (int apart = 16; apart > 0; apart /= 2) acc[n] += __shfl_xor_sync(~0u, acc[n], apart);
            if (lane == n) y[n * CO + o] = (AG_BIAS ? bias[o] : 0) + acc[n];
        }
    }
}
