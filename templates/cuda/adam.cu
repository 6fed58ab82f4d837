/* A step of Adam over a whole block (runtime/adam.c). Tokens: AG_FN. */
#ifndef AG_FN
#define AG_FN adam
#endif
/* AG_TEMPLATE */
/* A thread for each of n weights; clears their gradients. rest: 1 - beta; step: lr factor / (1 - beta1^t), unbias:
 * 1 / sqrt(1 - beta2^t) in step t = 1, 2, … */
extern "C" __global__ void __launch_bounds__(256, 4)
    AG_FN(float *__restrict__ weight, float *__restrict__ m, float *__restrict__ v, float *__restrict__ gradient,
          float beta1, float beta2, float rest1, float rest2, float decay, float step, float unbias, long n)
{
    for (long i = blockIdx.x * 256L + threadIdx.x; i < n; i += gridDim.x * 256L) {
        const float w = weight[i], g = gradient[i] + decay * w;
        const float mean = beta1 * m[i] + rest1 * g, square = beta2 * v[i] + rest2 * g * g;
        m[i] = mean;
        v[i] = square;
        weight[i] = w - step * mean / (sqrtf(square) * unbias + 1e-8f);
        gradient[i] = 0;
    }
}
