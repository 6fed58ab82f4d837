/*
 * Packs the weight of deconv.cu: [CI][CO][K][K] as [K][K][CI][COP], COP = CO rounded up to 4, with zeros from CO on.
 *
 * Tokens: AG_FN; AG_IMAGES (weights, one after the other), AG_WEIGHT_STRIDE (from one to the next of what is packed);
 * AG_IN_C, AG_OUT_C, AG_K.
 *
 * Launch: any grid, 256 threads; there is work for IMAGES ceil(CO / 32) CI blocks.
 */
#ifndef AG_FN
#define AG_FN            pack_deconv
#define AG_IMAGES        1
#define AG_WEIGHT_STRIDE 36864
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#endif
/* AG_TEMPLATE */
/* a block for OS output channels of an input channel, which are turned in shared memory */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ w, float *__restrict__ packed)
{
    enum { IMAGES = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C, COP = (CO + 3) / 4 * 4, TAPS = AG_K * AG_K };
    enum { OS = 32, OTILES = (CO + OS - 1) / OS };
    __shared__ float piece[OS * TAPS];
    for (int task = blockIdx.x; task < IMAGES * CI * OTILES; task += gridDim.x) {
        const int o0 = task % OTILES * OS, c = task / OTILES % CI, n = task / OTILES / CI;
        const float *const from = w + ((long)(n * CI + c) * CO + o0) * TAPS;
        __syncthreads();
        for (int k = threadIdx.x; k < OS * TAPS; k += 256) piece[k] = o0 + k / TAPS < CO ? from[k] : 0;
        __syncthreads();
        for (int k = threadIdx.x; k < OS * TAPS; k += 256) {
            const int o = k % OS, tap = k / OS;
            if (o0 + o < COP)
                packed[n * (long)AG_WEIGHT_STRIDE + ((long)tap * CI + c) * COP + o0 + o] = piece[o * TAPS + tap];
        }
    }
}
