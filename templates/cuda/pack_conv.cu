/*
 * Packs the weight of conv.cu: [CO][CI][K][K] as [K][K][CI][COP], COP = CO rounded up to 4, with zeros from CO on. For
 * the gradient of a stride-1 convolution with respect to its input, AG_TRANSPOSED: from [CI][CO][K][K], flipped in both
 * axes.
 *
 * Tokens: AG_FN; AG_IMAGES (weights, one after the other), AG_WEIGHT_STRIDE (from one to the next of what is packed);
 * AG_IN_C, AG_OUT_C, AG_K (9 at the most); AG_TRANSPOSED (0 or 1).
 *
 * Launch: any grid, 256 threads; there is work for IMAGES ceil(CO / 32) ceil(CI / CS) blocks, CS = K > 2 ? 4 : 16.
 */
#ifndef AG_FN
#define AG_FN            pack_conv
#define AG_IMAGES        1
#define AG_WEIGHT_STRIDE 36864
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#define AG_TRANSPOSED    0
#endif
/* AG_TEMPLATE */
/* a block for a piece of OS x CS channels, which is turned in shared memory: read as it lies, written along CO */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ w, float *__restrict__ packed)
{
    enum { IMAGES = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C, COP = (CO + 3) / 4 * 4, TAPS = AG_K * AG_K };
    enum { OS = 32, CS = AG_K > 2 ? 4 : 16, RUN = CS * TAPS, OTILES = (CO + OS - 1) / OS, CTILES = (CI + CS - 1) / CS };
    __shared__ float piece[OS][RUN + 1];
    for (int task = blockIdx.x; task < IMAGES * OTILES * CTILES; task += gridDim.x) {
        const int o0 = task % OTILES * OS, c0 = task / OTILES % CTILES * CS, n = task / OTILES / CTILES;
        const float *const from = w + (long)n * CO * CI * TAPS;
        float *const to = packed + n * (long)AG_WEIGHT_STRIDE;
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = AG_TRANSPOSED ? k / TAPS % OS : k / RUN, c = AG_TRANSPOSED ? k / TAPS / OS : k / TAPS % CS;
            const int tap = k % TAPS, inside = o0 + o < CO && c0 + c < CI;
            const long row = AG_TRANSPOSED ? (long)(c0 + c) * CO + o0 + o : (long)(o0 + o) * CI + c0 + c;
            piece[o][c * TAPS + (AG_TRANSPOSED ? TAPS - 1 - tap : tap)] = inside ? from[row * TAPS + tap] : 0;
        }
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = k % OS, c = k / OS % CS, tap = k / OS / CS;
            if (o0 + o < COP && c0 + c < CI) to[((long)tap * CI + c0 + c) * COP + o0 + o] = piece[o][c * TAPS + tap];
        }
    }
}
