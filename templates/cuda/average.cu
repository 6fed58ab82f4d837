/* A running average of weights (runtime/adam.c). Tokens: AG_FN. */
#ifndef AG_FN
#define AG_FN average
#endif
/* AG_TEMPLATE */
/* a thread for each of n values; rest is 1 - decay, which is not taken from decay, for that is rounded already */
extern "C" __global__ void __launch_bounds__(256, 4)
    AG_FN(float *__restrict__ average, const float *__restrict__ value, float decay, float rest, long n)
{
    for (long i = blockIdx.x * 256L + threadIdx.x; i < n; i += gridDim.x * 256L)
        average[i] = decay * average[i] + rest * value[i];
}
