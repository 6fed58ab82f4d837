/*
 * What the driver's calls share. cuda.h is read with default visibility: its functions are all that is exported.
 */
#ifndef SIMGPU_DRIVER_H
#define SIMGPU_DRIVER_H

#pragma GCC visibility push(default)
#include <cuda.h>
#pragma GCC visibility pop
#define EXPORT __attribute__((visibility("default")))

#include "engine.h"

struct CUctx_st {
    int device;
};

struct CUfunc_st {
    CUmodule module;
    ptx_function *function;
    program *program;
    int max_dynamic;
};

struct CUmod_st {
    ptx_module *ptx;
    struct CUfunc_st *functions; /* one for each of the module's */
    struct CUmod_st *next;
};

/* What a stream carries out, or a graph holds. */
typedef struct {
    enum { WORK_LAUNCH, WORK_TO_DEVICE, WORK_TO_HOST, WORK_ON_DEVICE, WORK_SET } kind;
    CUfunction function;
    unsigned grid[3], block[3], dynamic;
    uint8_t *params;
    CUdeviceptr to, from;
    void *host;
    size_t size;
    uint32_t value;
    int each; /* bytes of the value that WORK_SET writes */
} work;

CUresult driver_context(void); /* an error where none is current */
CUresult driver_allowed(void); /* an error while a stream of this program is captured, which it ends */
/* Threads of the program take turns. */
void driver_lock(void);
void driver_unlock(void);
CUresult work_do(const work *w);               /* at once */
CUresult stream_add(CUstream stream, work *w); /* carried out, captured, or put off (SIMGPU_LATE) */
CUresult stream_do(const work *w);             /* at once; no call works after a launch that fails */
void work_copy_params(work *w);                /* makes them the work's own, to be freed */
int host_is_pinned(const void *p);

/* late.c: what streams put off, works 1 to late_added(), in the order in which they were given. */
CUresult late_add(const work *w);
uint64_t late_added(void);
int late_is_done(uint64_t n);
CUresult late_do(uint64_t n);   /* carries out all up to work n; the first error */
CUresult late_wait(uint64_t n); /* the same, for a call of the program that waits: it is counted */
/* Makes sure that the function is decoded; a report and an error if it cannot be. */
CUresult function_prepare(CUfunction function);

#endif
