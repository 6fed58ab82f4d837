/*
 * Each image's weight gradient as conv_wgrad.cu leaves it, [K][K][CI][COP] with COP = CO rounded up to 16, in the order
 * of the weight, [CO][CI][K][K]. Tokens: AG_FN; AG_IMAGES, AG_WEIGHT_STRIDE (from image to image of what is unpacked);
 * AG_IN_C, AG_OUT_C, AG_K.
 */
#ifndef AG_FN
#define AG_FN            wgrad_unpack
#define AG_IMAGES        4
#define AG_WEIGHT_STRIDE 36864
#define AG_IN_C          64
#define AG_OUT_C         64
#define AG_K             3
#endif
/* AG_TEMPLATE */
/* a block for a piece of OS x CS channels, turned in shared memory: read along CO, written along CI and taps */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ packed, float *__restrict__ dw)
{
    enum { IMAGES = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C, COP = (CO + 15) / 16 * 16, TAPS = AG_K * AG_K };
    enum { OS = 32, CS = TAPS > 8 ? 4 : 16, RUN = CS * TAPS, OTILES = (CO + OS - 1) / OS, CTILES = (CI + CS - 1) / CS };
    __shared__ float piece[OS][RUN + 1];
    for (int task = blockIdx.x; task < IMAGES * OTILES * CTILES; task += gridDim.x) {
        const int o0 = task % OTILES * OS, c0 = task / OTILES % CTILES * CS, n = task / OTILES / CTILES;
        const int os = min(CO - o0, OS), cs = min(CI - c0, CS);
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = k % OS, c = k / OS % CS, t = k / OS / CS;
            if (o >= os || c >= cs) continue;
            piece[o][c * TAPS + t] = packed[n * (long)AG_WEIGHT_STRIDE + ((long)t * CI + c0 + c) * COP + o0 + o];
        }
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = k / RUN, at = k % RUN;
            if (o < os && at < cs * TAPS) dw[(((long)n * CO + o0 + o) * CI + c0) * TAPS + at] = piece[o][at];
        }
    }
}
