/*
 * Device memory in calls: allocating, copying, filling. Copies say which words are initialised, and are told off for
 * carrying to the host what is not.
 */
#include "driver.h"
#include "memory.h"
#include "report.h"
#include "sectors.h"
#include "settings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void driver_lock(void)
{
    pthread_mutex_lock(&lock);
}

void driver_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

CUresult cuMemAlloc(CUdeviceptr *address, size_t size)
{
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    if (result) return result;
    if (!address || !size) return CUDA_ERROR_INVALID_VALUE;
    driver_lock();
    *address = memory_alloc(size, "cuMemAlloc", 0);
    driver_unlock();
    return *address ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemFree(CUdeviceptr address)
{
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    if (result || !address) return result;
    result = late_wait(late_added());
    driver_lock();
    const int good = memory_free(address);
    driver_unlock();
    return good ? result : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemGetInfo(size_t *free_bytes, size_t *total)
{
    *total = memory_total();
    *free_bytes = *total - memory_used();
    return driver_context();
}

/* Host memory that the driver has given out. */
struct pinned {
    const uint8_t *at;
    size_t size;
    struct pinned *next;
};
static struct pinned *pinned;

int host_is_pinned(const void *p)
{
    const uint8_t *at = p;
    for (const struct pinned *k = pinned; k; k = k->next)
        if (at >= k->at && at < k->at + k->size) return 1;
    return 0;
}

CUresult cuMemHostAlloc(void **p, size_t size, unsigned flags)
{
    (void)flags;
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    if (result) return result;
    struct pinned *new = malloc(sizeof *new);
    if (!new || posix_memalign(p, 4096, size ? size : 1)) {
        free(new);
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    *new = (struct pinned){*p, size, pinned};
    pinned = new;
    return CUDA_SUCCESS;
}

CUresult cuMemAllocHost(void **p, size_t size)
{
    return cuMemHostAlloc(p, size, 0);
}

CUresult cuMemFreeHost(void *p)
{
    const CUresult result = late_wait(late_added());
    struct pinned **at = &pinned;
    while (*at && (*at)->at != p) at = &(*at)->next;
    if (!*at) return CUDA_ERROR_INVALID_VALUE;
    struct pinned *old = *at;
    *at = old->next;
    free(old);
    free(p);
    return result ? result : driver_context();
}

static CUresult outside(const char *what, CUdeviceptr at, size_t size)
{
    const region *r = memory_nearest(at - DEVICE_BIAS);
    report("%s: %zu bytes at 0x%llx are not all inside of one allocation (the nearest: %llu bytes at 0x%llx)", what,
           size, (unsigned long long)at, (unsigned long long)(r ? r->size : 0),
           (unsigned long long)(r ? r->base + DEVICE_BIAS : 0));
    report_end();
    return CUDA_ERROR_INVALID_VALUE;
}

static CUresult to_host(const work *w)
{
    const void *from = memory_host(w->from, w->size);
    size_t at = 0;
    if (!from) return outside("a copy to the host", w->from, w->size);
    if (!memory_is_written(w->from, w->size, &at)) {
        report("a copy to the host of %zu bytes at 0x%llx reads memory that was never written, at byte %zu", w->size,
               (unsigned long long)w->from, at);
        report_end();
        return CUDA_ERROR_LAUNCH_FAILED;
    }
    memcpy(w->host, from, w->size);
    return CUDA_SUCCESS;
}

static CUresult on_device(const work *w)
{
    void *to = memory_host(w->to, w->size);
    const void *from = memory_host(w->from, w->size);
    if (!to) return outside("the target of a copy", w->to, w->size);
    if (!from) return outside("the source of a copy", w->from, w->size);
    memmove(to, from, w->size);
    sectors_add_work("(copies)", w->from, w->to, w->size);
    size_t at = 0;
    if (memory_is_written(w->from, w->size, &at)) {
        memory_mark(w->to, w->size);
        return CUDA_SUCCESS;
    }
    for (size_t k = 0; k < w->size; k += 4)
        if (memory_is_written(w->from + k, w->size - k < 4 ? w->size - k : 4, &at))
            memory_mark(w->to + k, w->size - k < 4 ? w->size - k : 4);
    return CUDA_SUCCESS;
}

static CUresult set(const work *w)
{
    uint8_t *to = memory_host(w->to, w->size);
    if (!to) return outside("memory to be filled", w->to, w->size);
    if (w->each == 1)
        memset(to, (int)w->value, w->size);
    else
        for (size_t k = 0; k < w->size; k += (size_t)w->each) memcpy(to + k, &w->value, (size_t)w->each);
    memory_mark(w->to, w->size);
    sectors_add_work("(fills)", 0, w->to, w->size);
    return CUDA_SUCCESS;
}

static CUresult launch_now(const work *w)
{
    const simgpu_settings *s = settings();
    launch l = {.program = w->function->program, .threads = (int)(w->block[0] * w->block[1] * w->block[2])};
    l.warps = (l.threads + LANES - 1) / LANES;
    memcpy(l.grid, w->grid, sizeof l.grid);
    memcpy(l.block, w->block, sizeof l.block);
    l.dynamic = (int)w->dynamic;
    l.params = w->params;
    l.check = s->check, l.order = s->order, l.seed = s->seed, l.budget = s->budget;
    return engine_run(&l) ? CUDA_ERROR_LAUNCH_FAILED : CUDA_SUCCESS;
}

static CUresult to_device(const work *w)
{
    void *to = memory_host(w->to, w->size);
    if (!to) return outside("a copy to the device", w->to, w->size);
    memcpy(to, w->host, w->size);
    memory_mark(w->to, w->size);
    return CUDA_SUCCESS;
}

CUresult work_do(const work *w)
{
    if (w->kind != WORK_LAUNCH && !w->size) return CUDA_SUCCESS;
    static CUresult (*const how[])(const work *) = {[WORK_LAUNCH] = launch_now,
                                                    [WORK_TO_DEVICE] = to_device,
                                                    [WORK_TO_HOST] = to_host,
                                                    [WORK_ON_DEVICE] = on_device,
                                                    [WORK_SET] = set};
    driver_lock();
    const CUresult result = how[w->kind](w);
    driver_unlock();
    return result;
}

static CUresult at_once(work w)
{
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    if (!result) result = late_wait(late_added());
    return result ? result : work_do(&w);
}

static CUresult in_stream(CUstream stream, work w)
{
    const CUresult result = driver_context();
    return result ? result : stream_add(stream, &w);
}

CUresult cuMemcpyHtoD(CUdeviceptr to, const void *from, size_t size)
{
    return at_once((work){.kind = WORK_TO_DEVICE, .to = to, .host = (void *)(uintptr_t)from, .size = size});
}
CUresult cuMemcpyDtoH(void *to, CUdeviceptr from, size_t size)
{
    return at_once((work){.kind = WORK_TO_HOST, .host = to, .from = from, .size = size});
}
CUresult cuMemcpyDtoD(CUdeviceptr to, CUdeviceptr from, size_t size)
{
    return at_once((work){.kind = WORK_ON_DEVICE, .to = to, .from = from, .size = size});
}
CUresult cuMemsetD8(CUdeviceptr to, unsigned char value, size_t n)
{
    return at_once((work){.kind = WORK_SET, .to = to, .value = value, .each = 1, .size = n});
}
CUresult cuMemsetD16(CUdeviceptr to, unsigned short value, size_t n)
{
    return at_once((work){.kind = WORK_SET, .to = to, .value = value, .each = 2, .size = 2 * n});
}
CUresult cuMemsetD32(CUdeviceptr to, unsigned value, size_t n)
{
    return at_once((work){.kind = WORK_SET, .to = to, .value = value, .each = 4, .size = 4 * n});
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t size, CUstream stream)
{
    return in_stream(stream, (work){.kind = WORK_TO_DEVICE, .to = to, .host = (void *)(uintptr_t)from, .size = size});
}
CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t size, CUstream stream)
{
    return in_stream(stream, (work){.kind = WORK_TO_HOST, .host = to, .from = from, .size = size});
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream)
{
    return in_stream(stream, (work){.kind = WORK_ON_DEVICE, .to = to, .from = from, .size = size});
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t n, CUstream stream)
{
    return in_stream(stream, (work){.kind = WORK_SET, .to = to, .value = value, .each = 1, .size = n});
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t n, CUstream stream)
{
    return in_stream(stream, (work){.kind = WORK_SET, .to = to, .value = value, .each = 4, .size = 4 * n});
}
