/* Softmax of a vector. Tokens: AG_FN, AG_C. */
#ifndef AG_FN
#define AG_FN softmax
#define AG_C  6
#endif
/* AG_TEMPLATE */
/* a thread for each of the few values, which all find the largest and the sum for themselves */
extern "C" __global__ void __launch_bounds__(256, 4) AG_FN(const float *__restrict__ x, float *__restrict__ y)
{
    enum { C = AG_C };
    for (unsigned k = blockIdx.x * 256 + threadIdx.x; k < C; k += gridDim.x * 256) {
        float most = x[0], sum = 0;
        for (int c = 1; c < C; c++) most = x[c] > most ? x[c] : most;
        for (int c = 0; c < C; c++) sum += expf(x[c] - most);
        y[k] = expf(x[k] - most) / sum;
    }
}
