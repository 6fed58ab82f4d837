/*
 * Kernels for the tests: clean ones, and ones with a planted fault. All take (const float *x, float *y, int n).
 */
#include <cuda_pipeline.h>

#define KERNEL extern "C" __global__ void
#define INDEX  (blockIdx.x * blockDim.x + threadIdx.x)

/* --- clean --- */

/* Sum of a block's elements: barriers, then a warp by shuffles. */
KERNEL sum_block(const float *x, float *y, int n)
{
    __shared__ float part[256];
    part[threadIdx.x] = x[INDEX];
    for (int half = blockDim.x / 2; half >= 32; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
    }
    __syncthreads();
    if (threadIdx.x < 32) {
        float v = part[threadIdx.x];
        for (int k = 16; k; k /= 2) v += __shfl_down_sync(~0u, v, k);
        if (threadIdx.x == 0) y[blockIdx.x] = v;
    }
}

/* The same within a warp through shared memory, ordered by __syncwarp alone. */
KERNEL sum_warp(const float *x, float *y, int n)
{
    __shared__ float part[256];
    const int lane = threadIdx.x % 32;
    part[threadIdx.x] = x[INDEX];
    for (int k = 16; k; k /= 2) {
        __syncwarp();
        const float v = lane < k ? part[threadIdx.x + k] : 0;
        __syncwarp();
        if (lane < k) part[threadIdx.x] += v;
    }
    if (lane == 0) y[INDEX / 32] = part[threadIdx.x];
}

/* 64x64 tiles of y[n,n] = x[n,n] x[n,n]; the second factor by cp.async into two buffers. */
KERNEL __launch_bounds__(256) gemm(const float *x, float *y, int n)
{
    __shared__ __align__(16) float a[2][16][68], b[2][16][64];
    const int t = threadIdx.x, m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    float acc[4][4] = {};
    float4 next;
    auto fetch = [&](int k0, int s) {
        __pipeline_memcpy_async(&b[s][t / 16][t % 16 * 4], &x[(k0 + t / 16) * n + n0 + t % 16 * 4], 16);
        __pipeline_commit();
        next = *(const float4 *)&x[(m0 + t / 4) * n + k0 + t % 4 * 4];
    };
    auto keep = [&](int s) {
        a[s][t % 4 * 4][t / 4] = next.x;
        a[s][t % 4 * 4 + 1][t / 4] = next.y;
        a[s][t % 4 * 4 + 2][t / 4] = next.z;
        a[s][t % 4 * 4 + 3][t / 4] = next.w;
    };
    fetch(0, 0);
    keep(0);
    for (int k0 = 0, s = 0; k0 < n; k0 += 16, s ^= 1) {
        __pipeline_wait_prior(0);
        __syncthreads();
        if (k0 + 16 < n) fetch(k0 + 16, s ^ 1);
#pragma unroll
        for (int k = 0; k < 16; k++) {
            const float4 u = *(float4 *)&a[s][k][t / 16 * 4], v = *(float4 *)&b[s][k][t % 16 * 4];
            const float us[4] = {u.x, u.y, u.z, u.w}, vs[4] = {v.x, v.y, v.z, v.w};
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) acc[i][j] += us[i] * vs[j];
        }
        if (k0 + 16 < n) keep(s ^ 1);
    }
    for (int i = 0; i < 4; i++)
        *(float4 *)&y[(m0 + t / 16 * 4 + i) * n + n0 + t % 16 * 4] = make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
}

/* Branches, loops of different lengths, a switch, local arrays, calls, libm, constants, atomics. */
__constant__ float weights[4] = {0.5f, -1, 2, 0.25f};
__device__ int counter = 3;

__device__ __noinline__ float slow(float v, int k)
{
    switch (k) {
    case 0: return sinf(v * 1000);
    case 1: return logf(fabsf(v) + 1) / 3;
    case 2: return expf(-v * v);
    case 3: return tanhf(v);
    case 4: return powf(fabsf(v), 0.7f);
    case 5: return fmodf(v, 0.3f);
    case 6: return sqrtf(fabsf(v));
    default: return v;
    }
}

KERNEL mixed(const float *x, float *y, int n)
{
    const int i = INDEX;
    float table[8];
    for (int k = 0; k < 8; k++) table[k] = slow(x[i] + k, (i + k) % 9);
    float sum = 0;
    for (int k = 0; k < i % 13; k++) sum += table[(k * 5 + i) & 7] * weights[k & 3];
    if (i % 3 == 0) atomicAdd(&counter, 1);
    y[i] = sum;
}

/* Several readers, then one writer, of words that blocks share but do not change; the same value written by all. */
KERNEL same_value(const float *x, float *y, int n)
{
    if (INDEX < n) y[0] = 5;
    y[1 + INDEX] = x[0] + x[INDEX % 7];
}

/* Bytes of one word by several threads. */
KERNEL narrow(const float *x, float *y, int n)
{
    __shared__ unsigned char bytes[256];
    bytes[threadIdx.x] = threadIdx.x;
    __syncthreads();
    ((unsigned char *)y)[INDEX] = bytes[255 - threadIdx.x];
}

/* Copies whose ends are filled with zeros. */
KERNEL zero_fill(const float *x, float *y, int n)
{
    __shared__ __align__(16) float a[1024];
    __pipeline_memcpy_async(&a[threadIdx.x * 4], &x[threadIdx.x * 4], 16, threadIdx.x % 5 * 4);
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncthreads();
    y[INDEX] = a[threadIdx.x * 4 + blockIdx.x % 4];
}

/* Counting with atomic operations in shared memory, then in global memory. */
KERNEL histogram(const float *x, float *y, int n)
{
    __shared__ int counts[32];
    if (threadIdx.x < 32) counts[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&counts[(int)(x[INDEX] * 3) & 31], 1);
    __syncthreads();
    if (threadIdx.x < 32) y[blockIdx.x * 256 + threadIdx.x] = counts[threadIdx.x];
    if (threadIdx.x >= 32) y[INDEX] = __syncthreads_count(x[INDEX] > 0);
    else __syncthreads_count(x[INDEX] > 0);
}

/* For SIMGPU_BYTES: words side by side, one of every sector, the same in every block, one for all, and additions to a
 * word of each warp. */
KERNEL side_by_side(const float *x, float *y, int n)
{
    y[INDEX] = x[INDEX];
}

KERNEL strided(const float *x, float *y, int n)
{
    y[INDEX] = x[INDEX * 8 % n];
}

KERNEL read_again(const float *x, float *y, int n)
{
    y[INDEX] = x[threadIdx.x];
}

KERNEL broadcast(const float *x, float *y, int n)
{
    y[INDEX] = x[0];
}

KERNEL added_up(const float *x, float *y, int n)
{
    int *counts = (int *)y;
    counts[INDEX] = 0;
    __syncwarp();
    atomicAdd(&counts[INDEX / 32 * 32], 1);
}

/* Lanes that leave loops at different times, meet in collectives, and take part or not. */
KERNEL divergent(const float *x, float *y, int n)
{
    const int i = INDEX, lane = threadIdx.x % 32;
    int steps = 0;
    for (unsigned v = i * 2654435761u >> 20; v > 1 && steps < 40; steps++) {
        v = v & 1 ? 3 * v + 1 : v / 2;
        if (v == 7) break;
        if (v % 5 == 3) continue;
        steps += v % 3 == 0;
    }
    const unsigned odd = __ballot_sync(~0u, steps & 1);
    int sum = 0;
    if (steps & 1) {
        for (int k = 0; k < 32; k++)
            if (odd >> k & 1) sum += __shfl_sync(odd, steps, k);
    } else {
        sum = -__reduce_add_sync(~odd, steps);
    }
    const unsigned alike = __match_any_sync(~0u, sum);
    y[i] = sum + 100 * __popc(alike & ((1u << lane) - 1)) + 0.5f * (__any_sync(~0u, steps > 38) != 0);
}

/* --- planted faults --- */

KERNEL race_in_shared(const float *x, float *y, int n)
{
    __shared__ float a[256];
    a[threadIdx.x] = x[INDEX];
    y[INDEX] = a[(threadIdx.x + 1) % 256]; /* fault */
}

KERNEL race_in_warp(const float *x, float *y, int n)
{
    __shared__ float a[1];
    if (threadIdx.x < 32) a[0] = threadIdx.x; /* fault */
    __syncthreads();
    y[INDEX] = a[0];
}

KERNEL race_between_warps(const float *x, float *y, int n)
{
    y[INDEX] = x[INDEX]; /* fault, at one of the two */
    y[n + INDEX] = y[INDEX ^ 32]; /* fault, at one of the two */
}

KERNEL missing_barrier(const float *x, float *y, int n)
{
    __shared__ __align__(16) float a[1024];
    float sum = 0;
    for (int k = 0; k < 4; k++) {
        __pipeline_memcpy_async(&a[threadIdx.x * 4], &x[threadIdx.x * 4], 16); /* fault, at one of the two */
        __pipeline_commit();
        __pipeline_wait_prior(0);
        __syncthreads();
        sum += a[threadIdx.x]; /* fault, at one of the two */
    }
    y[INDEX] = sum;
}

KERNEL race_between_blocks(const float *x, float *y, int n)
{
    if (threadIdx.x == 0) y[0] = blockIdx.x; /* fault */
}

KERNEL race_of_reader(const float *x, float *y, int n)
{
    y[INDEX] = INDEX; /* fault, at one of the two */
    __syncthreads();
    y[n + INDEX] = y[(INDEX + 256) % n]; /* fault, at one of the two */
}

KERNEL missing_atomic(const float *x, float *y, int n)
{
    y[0] += x[INDEX]; /* fault */
}

KERNEL overrun(const float *x, float *y, int n)
{
    y[INDEX] = x[INDEX * 2]; /* fault */
}

KERNEL overrun_of_shared(const float *x, float *y, int n)
{
    __shared__ float a[256];
    a[threadIdx.x + n / 1000] = x[INDEX]; /* fault */
    y[INDEX] = a[threadIdx.x + n / 1000];
}

KERNEL misaligned(const float *x, float *y, int n)
{
    *(float4 *)(y + 4 * INDEX) = *(const float4 *)(x + INDEX); /* fault */
}

KERNEL fresh_global(const float *x, float *y, int n)
{
    y[INDEX] += x[INDEX]; /* fault */
}

KERNEL fresh_shared(const float *x, float *y, int n)
{
    __shared__ float a[256];
    if (threadIdx.x) a[threadIdx.x] = x[INDEX];
    __syncthreads();
    y[INDEX] = a[threadIdx.x]; /* fault */
}

KERNEL barrier_in_branch(const float *x, float *y, int n)
{
    __shared__ float a[256];
    a[threadIdx.x] = x[INDEX];
    if (x[INDEX] > 3) __syncthreads(); /* fault */
    y[INDEX] = a[threadIdx.x];
}

KERNEL barrier_after_exit(const float *x, float *y, int n)
{
    if (threadIdx.x >= 200) return;
    __syncthreads(); /* fault */
    y[INDEX] = x[INDEX];
}

KERNEL missing_wait(const float *x, float *y, int n)
{
    __shared__ __align__(16) float a[1024];
    __pipeline_memcpy_async(&a[threadIdx.x * 4], &x[threadIdx.x * 4], 16);
    __pipeline_commit();
    __syncthreads();
    y[INDEX] = a[threadIdx.x]; /* fault */
}

KERNEL wait_for_older(const float *x, float *y, int n)
{
    __shared__ __align__(16) float a[2][1024];
    __pipeline_memcpy_async(&a[0][threadIdx.x * 4], &x[threadIdx.x * 4], 16);
    __pipeline_commit();
    __pipeline_memcpy_async(&a[1][threadIdx.x * 4], &x[threadIdx.x * 4], 16);
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    y[INDEX] = a[0][threadIdx.x];
    y[INDEX] = a[1][threadIdx.x]; /* fault */
}

KERNEL endless(const float *x, float *y, int n)
{
    for (volatile const float *p = x; *p == x[0];) n++; /* fault */
    y[INDEX] = n;
}

KERNEL host_pointer(const float *x, float *y, int n)
{
    y[INDEX] = ((const float *)0x7f0012345678ull)[INDEX]; /* fault */
}

KERNEL shuffle_from_outside(const float *x, float *y, int n)
{
    const float v = x[INDEX];
    if (threadIdx.x % 32 < 16) y[INDEX] = __shfl_down_sync(0xffff, v, 8); /* fault */
    else y[INDEX] = v;
}
