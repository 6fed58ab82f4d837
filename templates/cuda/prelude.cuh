/* What the expressions of pointwise kernels are made of. */
typedef float real;

inline __device__ real ag_sqrt(real x)
{
    return sqrtf(x);
}
inline __device__ real ag_tanh(real x)
{
    return tanhf(x);
}
inline __device__ real ag_sigmoid(real x)
{
    return 1 / (1 + expf(-x));
}
/* log(1 + exp(x)) */
inline __device__ real ag_softplus(real x)
{
    return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x)));
}
