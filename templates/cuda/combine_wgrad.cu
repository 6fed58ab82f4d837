/*
 * Adds up the parts of a weight gradient, [K*K][CI][COP] each with COP = CO rounded up to 16, into [CO][CI][K*K]; of a
 * depthwise one, CI = 1 and rows of exactly CO (DEPTHWISE). Tokens: AG_FN, AG_PARTS, AG_PART_STRIDE (from part to
 * part), AG_IN_C, AG_OUT_C, AG_TAPS, AG_DEPTHWISE.
 */
#ifndef AG_FN
#define AG_FN          combine_wgrad
#define AG_PARTS       16
#define AG_PART_STRIDE 36864
#define AG_IN_C        64
#define AG_OUT_C       64
#define AG_TAPS        9
#define AG_DEPTHWISE   0
#endif
/* AG_TEMPLATE */
/* a block for a piece of OS x CS channels, turned in shared memory: read along CO, written along CI and taps */
extern "C" __global__ void __launch_bounds__(256, 2) AG_FN(const float *__restrict__ part, float *__restrict__ y)
{
    enum {
        PARTS = AG_PARTS,
        CI = AG_IN_C,
        CO = AG_OUT_C,
        TAPS = AG_TAPS,
        ROW = AG_DEPTHWISE ? CO : (CO + 15) / 16 * 16
    };
    enum { OS = 32, CS = TAPS > 8 ? 4 : 16, RUN = CS * TAPS, OTILES = (CO + OS - 1) / OS, CTILES = (CI + CS - 1) / CS };
    __shared__ float piece[OS][RUN + 1];
    for (int task = blockIdx.x; task < OTILES * CTILES; task += gridDim.x) {
        const int o0 = task % OTILES * OS, c0 = task / OTILES * CS;
        const int os = min(CO - o0, OS), cs = min(CI - c0, CS);
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = k % OS, c = k / OS % CS, t = k / OS / CS;
            const float *const from = part + ((long)t * CI + c0 + c) * ROW + o0 + o;
            if (o >= os || c >= cs) continue;
            float sum = from[0];
            for (int p = 1; p < PARTS; p++) sum += from[p * (long)AG_PART_STRIDE];
            piece[o][c * TAPS + t] = sum;
        }
        __syncthreads();
        for (int k = threadIdx.x; k < OS * RUN; k += 256) {
            const int o = k / RUN, at = k % RUN;
            if (o < os && at < cs * TAPS) y[((long)(o0 + o) * CI + c0) * TAPS + at] = piece[o][at];
        }
    }
}
