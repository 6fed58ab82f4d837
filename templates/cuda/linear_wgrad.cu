/*
 * Gradient of a linear layer of few images with respect to its weight, written once, in the order it is kept in.
 *
 * Tokens: AG_FN; AG_IMAGES, AG_IN_C, AG_OUT_C.
 */
#ifndef AG_FN
#define AG_FN     linear_wgrad
#define AG_IMAGES 4
#define AG_IN_C   512
#define AG_OUT_C  512
#endif
/* AG_TEMPLATE */
/* dw[o,i] = sum over n of gy[n,o] x[n,i]; a thread for each */
extern "C" __global__ void __launch_bounds__(256, 4)
    AG_FN(const float *__restrict__ x, const float *__restrict__ gy, float *__restrict__ dw)
{
    enum { IMAGES = AG_IMAGES, CI = AG_IN_C, CO = AG_OUT_C, COUNT = CO * CI };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < COUNT; k += gridDim.x * 256) {
        const unsigned i = k % CI, o = k / CI;
        float sum = 0;
        for (int n = 0; n < IMAGES; n++) sum += gy[n * CO + o] * x[n * CI + i];
        dw[k] = sum;
    }
}
