/* The device's mathematical library, whose slow paths use what plain kernels do not. */
#include "functions.h"
#include <cuda_fp16.h>

template <typename T> __device__ T inverse(T x)
{
    return 1 / x;
}
template <typename T> __device__ T third_power(T x)
{
    return pow(fabs(x), T(1) / 3);
}
template <typename T> __device__ T remainder_of(T x)
{
    return fmod(x, T(0.75));
}
template <typename T> __device__ T scaled(T x)
{
    return ldexp(fabs(x), int(x) % 9) + ilogb(x) + hypot(x, T(2)) + atan2(x, T(-3));
}
template <typename T> __device__ T half_and_back(T x)
{
    return __half2float(__float2half(float(x)) * __half(3));
}

#undef NAME
#define NAME(f)                                                                                                        \
    extern "C" __global__ void float_##f(const float *x, float *y)                                                     \
    {                                                                                                                  \
        y[blockIdx.x * blockDim.x + threadIdx.x] = f(x[blockIdx.x * blockDim.x + threadIdx.x]);                        \
    }                                                                                                                  \
    extern "C" __global__ void double_##f(const double *x, double *y)                                                  \
    {                                                                                                                  \
        y[blockIdx.x * blockDim.x + threadIdx.x] = f(x[blockIdx.x * blockDim.x + threadIdx.x]);                        \
    }
FUNCTIONS
