/* Kernels for driver.c. */
struct numbers {
    float a[3];
    char small;
    double d;
};
__constant__ float table[4] = {1, 2, 3, 4};
__device__ float *pointer = table;
__device__ int hits[2];

extern "C" __global__ void scale(float *x, float factor, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= factor;
}

extern "C" __global__ void by_struct(float *y, numbers v, int k)
{
    y[0] = v.a[k] + v.small + (float)v.d;
    y[1] = pointer[k] + table[3];
    atomicAdd(&hits[1], 2);
}

extern "C" __global__ void dynamic(float *y, int n)
{
    extern __shared__ float space[];
    for (int i = threadIdx.x; i < n; i += blockDim.x) space[i] = i;
    __syncthreads();
    y[threadIdx.x] = space[n - 1 - threadIdx.x];
}

extern "C" __global__ void __launch_bounds__(64) small_blocks(float *y)
{
    y[threadIdx.x] = threadIdx.x;
}
