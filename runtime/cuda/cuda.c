/*
 * An NVIDIA GPU as a device. Blocks, moments and averages have mirrors in the memory of the GPU. All copies and kernels
 * are issued to one stream. cuda_phases.c runs phases.
 */
#define _POSIX_C_SOURCE 200809L
#include "cuda_device.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIRRORS = 256, OLDEST = 80 /* the lowest supported compute capability, 8.0 */ };
enum { NO_BINARY = 209, UNSUPPORTED_PTX = 222, NOT_READY = 600 }; /* error numbers of the driver */

struct mirror {
    const real *host;
    long host_size, size; /* in reals; host_size is 1 if the block's contents exist on the device only */
    ag_address device;
};

struct ag_gpu ag_gpu;
static struct {
    ag_handle adam, average, add, scale, normals; /* kernels that every program contains */
    struct mirror mirror[MIRRORS];
    int mirrors;
    real *slot; /* [AG_SLOTS], pinned memory: scalars copied from the device */
    ag_handle arrived[AG_SLOTS];
} own;

/* ---------------------------------------------------------------- errors */

int ag_gpu_check(int error, const char *call)
{
    const char *text = NULL;
    if (!error) return 1;
    if (!ag_gpu.failure[0]) {
        if (ag_gpu.d.cuGetErrorString) ag_gpu.d.cuGetErrorString(error, &text);
        snprintf(ag_gpu.failure, sizeof ag_gpu.failure, "%s: %s (CUDA error %d)", call, text ? text : "unknown", error);
    }
    return 0;
}

int ag_gpu_failed(struct ag_error *err)
{
    return ag_fail(err, 1, "the GPU failed in %s", ag_gpu.failure);
}

/* ---------------------------------------------------------------- the device */

static int open_device(struct ag_error *err)
{
    int count = 0, major = 0, minor = 0;
    char name[128] = "";
    int status = ag_driver_load(&ag_gpu.d, err);
    if (status) return status;
    if (ag_gpu.d.cuInit(0) || ag_gpu.d.cuDeviceGetCount(&count) || count == 0)
        return ag_fail(err, 1,
                       "there is a CUDA driver, but no NVIDIA GPU that it can use; is CUDA_VISIBLE_DEVICES empty? "
                       "Programs for the CPU are emitted with --target cpu");
    if (!ag_gpu_check(ag_gpu.d.cuDeviceGet(&ag_gpu.device, 0), "cuDeviceGet")) return ag_gpu_failed(err);
    ag_gpu.d.cuDeviceGetName(name, sizeof name, ag_gpu.device);
    ag_gpu.d.cuDeviceGetAttribute(&major, AG_CUDA_MAJOR, ag_gpu.device);
    ag_gpu.d.cuDeviceGetAttribute(&minor, AG_CUDA_MINOR, ag_gpu.device);
    ag_gpu.d.cuDeviceGetAttribute(&ag_gpu.processors, AG_CUDA_PROCESSORS, ag_gpu.device);
    ag_gpu.d.cuDeviceGetAttribute(&ag_gpu.clock, AG_CUDA_CLOCK, ag_gpu.device);
    ag_gpu.capability = 10 * major + minor;
    if (ag_gpu.capability < OLDEST)
        return ag_fail(err, 1, "%s has compute capability %d.%d; 8.0 is needed (Ampere or newer)", name, major, minor);
    if (!ag_gpu_check(ag_gpu.d.cuDevicePrimaryCtxRetain(&ag_gpu.context, ag_gpu.device), "cuDevicePrimaryCtxRetain") ||
        !ag_gpu_check(ag_gpu.d.cuCtxSetCurrent(ag_gpu.context), "cuCtxSetCurrent") ||
        !ag_gpu_check(ag_gpu.d.cuStreamCreate(&ag_gpu.stream, 1), "cuStreamCreate"))
        return ag_gpu_failed(err);
    return 0;
}

/* Checks that enough device memory is free for all blocks of the program, before anything is allocated. Status 1. */
static int check_memory(const struct ag_program *p, struct ag_error *err)
{
    size_t available = 0, total = 0;
    double needed = (double)(p->in_size + p->out_size + p->arena_size + p->scratch_size + p->fixed_size);
    for (int i = 0; i < AG_BAR_G; i++) needed += 6.0 * (double)p->block[i].size; /* test weights, gradient, moments */
    needed *= sizeof(real);
    if (!ag_gpu_check(ag_gpu.d.cuMemGetInfo_v2(&available, &total), "cuMemGetInfo")) return ag_gpu_failed(err);
    if (needed <= (double)available) return 0;
    return ag_fail(err, 1, "the GPU has %.1f MB free of %.1f MB; some %.1f MB are needed (a smaller batch needs less)",
                   (double)available / 1e6, (double)total / 1e6, needed / 1e6);
}

static int load_kernels(const struct ag_program *p, struct ag_error *err)
{
    const char *ask = getenv("NVRTC");
    int at_run_time = p->image == p->image_end || (ask && *ask && strcmp(ask, "0"));
    char *code = NULL;
    if (at_run_time) {
        int version = 0;
        ag_gpu.d.cuDriverGetVersion(&version);
        int status = ag_nvrtc_compile(p->source, ag_gpu.capability, version, &code, err);
        if (status) return status;
    }
    int error = ag_gpu.d.cuModuleLoadData(&ag_gpu.module, code ? (const void *)code : p->image);
    if (error == NO_BINARY || error == UNSUPPORTED_PTX) {
        free(code);
        return ag_fail(err, 1,
                       "the program's kernels are not for this GPU and driver (CUDA error %d); build it with its "
                       "architecture in CUDA_ARCHS, or start it with NVRTC=1",
                       error);
    }
    int loaded = ag_gpu_check(error, "cuModuleLoadData");
    free(code);
    ag_gpu.kernel = calloc((size_t)p->kernels + 1, sizeof *ag_gpu.kernel);
    if (!ag_gpu.kernel) return ag_fail(err, 1, "out of memory for the kernels");
    for (int i = 0; loaded && i < p->kernels; i++)
        loaded = ag_gpu_check(ag_gpu.d.cuModuleGetFunction(&ag_gpu.kernel[i], ag_gpu.module, p->kernel[i].name),
                              p->kernel[i].name);
    const struct {
        ag_handle *kernel;
        const char *name;
    } pass[] = {{&own.adam, "ag_device_adam"},
                {&own.average, "ag_device_average"},
                {&own.add, "ag_device_add"},
                {&own.scale, "ag_device_scale"},
                {&own.normals, "ag_device_normals"}};
    for (size_t i = 0; loaded && i < sizeof pass / sizeof *pass; i++)
        loaded = ag_gpu_check(ag_gpu.d.cuModuleGetFunction(pass[i].kernel, ag_gpu.module, pass[i].name), pass[i].name);
    return loaded ? 0 : ag_gpu_failed(err);
}

static int make_slots(struct ag_error *err)
{
    void *memory = NULL;
    int good = ag_gpu_check(ag_gpu.d.cuMemAllocHost_v2(&memory, AG_SLOTS * sizeof(real)), "cuMemAllocHost");
    own.slot = memory;
    for (int i = 0; good && i < AG_SLOTS; i++)
        good = ag_gpu_check(ag_gpu.d.cuEventCreate(&own.arrived[i], 2), "cuEventCreate");
    return good ? 0 : ag_gpu_failed(err);
}

static int cuda_open(const struct ag_program *program, struct ag_error *err)
{
    if (ag_gpu.opened) return 0;
    ag_gpu.program = program;
    int status = open_device(err);
    if (!status) status = check_memory(program, err);
    if (!status) status = load_kernels(program, err);
    if (!status) status = ag_gpu_phases_open(program, err);
    if (!status) status = make_slots(err);
    ag_gpu.opened = !status;
    return status;
}

/* ---------------------------------------------------------------- mirrors */

static const struct mirror *find_mirror(const real *host)
{
    for (int i = 0; i < own.mirrors; i++)
        if (own.mirror[i].host == host) return &own.mirror[i];
    for (int i = 0; i < own.mirrors; i++)
        if (host > own.mirror[i].host && host < own.mirror[i].host + own.mirror[i].host_size) return &own.mirror[i];
    fprintf(stderr, "a block without a twin on the device\n");
    abort();
    return NULL; /* for compilers that don't know that abort doesn't return */
}

ag_address ag_gpu_address(const real *host)
{
    const struct mirror *mirror = find_mirror(host);
    return mirror->device + (ag_address)(host - mirror->host) * sizeof(real);
}

static int cuda_new_mirror(const real *host, long host_size, long size, struct ag_error *err)
{
    struct mirror mirror = {host, host_size, size, 0};
    if (own.mirrors == MIRRORS) return ag_fail(err, 1, "more than %d blocks on the device", MIRRORS);
    if (!ag_gpu_check(ag_gpu.d.cuMemAlloc_v2(&mirror.device, (size_t)(size > 0 ? size : 1) * sizeof(real)),
                      "cuMemAlloc") ||
        !ag_gpu_check(ag_gpu.d.cuMemsetD32Async(mirror.device, 0, (size_t)(size > 0 ? size : 1), ag_gpu.stream),
                      "cuMemsetD32"))
        return ag_fail(err, 1, "out of memory on the GPU: %.1f MB more are needed (%s)",
                       (double)size * sizeof(real) / 1e6, ag_gpu.failure);
    own.mirror[own.mirrors++] = mirror;
    return 0;
}

static void cuda_free_mirror(const real *host)
{
    for (int i = 0; i < own.mirrors; i++) {
        if (own.mirror[i].host != host) continue;
        ag_gpu.d.cuStreamSynchronize(ag_gpu.stream);
        ag_gpu_phases_forget(host);
        ag_gpu.d.cuMemFree_v2(own.mirror[i].device);
        own.mirror[i] = own.mirror[--own.mirrors];
        return;
    }
}

/* ---------------------------------------------------------------- copies */

static void cuda_upload(const real *host, long n)
{
    if (n <= 0) return;
    ag_gpu_check(ag_gpu.d.cuMemcpyHtoDAsync_v2(ag_gpu_address(host), host, (size_t)n * sizeof(real), ag_gpu.stream),
                 "cuMemcpyHtoD");
    ag_gpu_check(ag_gpu.d.cuStreamSynchronize(ag_gpu.stream), "a copy to the device");
}

static int cuda_download(real *host, long n, struct ag_error *err)
{
    if (n > 0) {
        size_t bytes = (size_t)n * sizeof(real);
        ag_gpu_check(ag_gpu.d.cuMemcpyDtoHAsync_v2(host, ag_gpu_address(host), bytes, ag_gpu.stream), "cuMemcpyDtoH");
        ag_gpu_check(ag_gpu.d.cuStreamSynchronize(ag_gpu.stream), "a kernel");
        ag_gpu_phases_downloaded(host, n);
    }
    return ag_gpu.failure[0] ? ag_gpu_failed(err) : 0;
}

static void cuda_clear(real *x, long n)
{
    if (n > 0) ag_gpu_check(ag_gpu.d.cuMemsetD32Async(ag_gpu_address(x), 0, (size_t)n, ag_gpu.stream), "cuMemsetD32");
}

static void cuda_copy(real *to, const real *from, long n)
{
    if (n <= 0) return;
    size_t bytes = (size_t)n * sizeof(real);
    ag_gpu_check(ag_gpu.d.cuMemcpyDtoDAsync_v2(ag_gpu_address(to), ag_gpu_address(from), bytes, ag_gpu.stream),
                 "cuMemcpyDtoD");
}

static void cuda_wait(void)
{
    ag_gpu_check(ag_gpu.d.cuStreamSynchronize(ag_gpu.stream), "a kernel");
}

static void cuda_read(int slot, const real *from)
{
    ag_gpu_check(ag_gpu.d.cuMemcpyDtoHAsync_v2(&own.slot[slot], ag_gpu_address(from), sizeof(real), ag_gpu.stream),
                 "cuMemcpyDtoH");
    ag_gpu_check(ag_gpu.d.cuEventRecord(own.arrived[slot], ag_gpu.stream), "cuEventRecord");
}

/* Also ready if the GPU has failed; cuda_take then reports the failure. */
static int cuda_ready(int slot)
{
    return ag_gpu.failure[0] || ag_gpu.d.cuEventQuery(own.arrived[slot]) != NOT_READY;
}

static int cuda_take(int slot, real *value, struct ag_error *err)
{
    ag_gpu_check(ag_gpu.d.cuEventSynchronize(own.arrived[slot]), "a kernel");
    if (ag_gpu.failure[0]) return ag_gpu_failed(err);
    *value = own.slot[slot];
    return 0;
}

/* ---------------------------------------------------------------- elementwise kernels */

static void launch_elementwise(ag_handle function, void **argument, long n, const char *name)
{
    long blocks = (n + 255) / 256, max_blocks = 8L * (ag_gpu.processors > 0 ? ag_gpu.processors : 1);
    unsigned grid = (unsigned)(blocks < 1 ? 1 : blocks > max_blocks ? max_blocks : blocks);
    if (n > 0)
        ag_gpu_check(ag_gpu.d.cuLaunchKernel(function, grid, 1, 1, 256, 1, 1, 0, ag_gpu.stream, argument, NULL), name);
}

static void cuda_adam(const struct ag_adam_update *pass)
{
    ag_address weight = ag_gpu_address(pass->weight), m = ag_gpu_address(pass->m), v = ag_gpu_address(pass->v),
               gradient = ag_gpu_address(pass->gradient);
    struct ag_adam_update p = *pass;
    void *argument[] = {&weight,
                        &m,
                        &v,
                        &gradient,
                        &p.beta1,
                        &p.beta2,
                        &p.one_minus_beta1,
                        &p.one_minus_beta2,
                        &p.decay,
                        &p.step_size,
                        &p.bias_correction,
                        &p.size};
    launch_elementwise(own.adam, argument, p.size, "adam");
}

static void cuda_average(real *average, const real *value, real decay, real rest, long n)
{
    ag_address to = ag_gpu_address(average), from = ag_gpu_address(value);
    void *argument[] = {&to, &from, &decay, &rest, &n};
    launch_elementwise(own.average, argument, n, "average");
}

static void cuda_add(real *to, const real *from, long n)
{
    ag_address a = ag_gpu_address(to), b = ag_gpu_address(from);
    void *argument[] = {&a, &b, &n};
    launch_elementwise(own.add, argument, n, "add");
}

static void cuda_scale(real *to, double factor, long n)
{
    ag_address a = ag_gpu_address(to);
    float by = (float)factor;
    void *argument[] = {&a, &by, &n};
    launch_elementwise(own.scale, argument, n, "scale");
}

static void cuda_normals(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first)
{
    ag_address at = ag_gpu_address(to);
    void *argument[] = {&at, &seed, &stream, &step, &first, &n};
    if (n <= 0) return;
    launch_elementwise(own.normals, argument, n / 4 + 2, "normals");
    ag_gpu_phases_drawn(to, n);
}

/* A multiprocessor has 128 lanes, or 64 on compute capability 8.0. A lane does two operations (one multiply-add) per
 * clock cycle. */
static double cuda_peak(void)
{
    return 2.0 * (ag_gpu.capability == 80 ? 64 : 128) * ag_gpu.processors * ag_gpu.clock * 1e-6;
}

static void cuda_close(void)
{
    if (!ag_gpu.opened) return;
    ag_gpu.d.cuStreamSynchronize(ag_gpu.stream);
    ag_gpu_phases_close();
    for (int i = 0; i < own.mirrors; i++) ag_gpu.d.cuMemFree_v2(own.mirror[i].device);
    ag_gpu.d.cuMemFreeHost(own.slot);
    for (int i = 0; i < AG_SLOTS; i++) ag_gpu.d.cuEventDestroy_v2(own.arrived[i]);
    ag_gpu.d.cuModuleUnload(ag_gpu.module);
    ag_gpu.d.cuStreamDestroy_v2(ag_gpu.stream);
    ag_gpu.d.cuDevicePrimaryCtxRelease_v2(ag_gpu.device);
    free(ag_gpu.kernel);
    memset(&own, 0, sizeof own);
    memset(&ag_gpu, 0, sizeof ag_gpu);
}

const struct ag_device ag_cuda = {cuda_open,     cuda_close, cuda_new_mirror, cuda_free_mirror,  cuda_upload,
                                  cuda_download, cuda_clear, cuda_copy,       ag_gpu_phases_run, cuda_adam,
                                  cuda_average,  cuda_add,   cuda_scale,      cuda_normals,      cuda_wait,
                                  cuda_read,     cuda_ready, cuda_take,       cuda_peak};
