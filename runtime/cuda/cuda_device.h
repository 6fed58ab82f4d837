/* The CUDA device, inside cuda.c and cuda_phases.c. */
#ifndef AG_CUDA_DEVICE_H
#define AG_CUDA_DEVICE_H

#include "driver.h"

struct ag_gpu {
    struct ag_driver d;
    const struct ag_program *program;
    int device, processors, clock, opened;
    int capability; /* compute capability: 80 is 8.0 */
    ag_handle context, module, stream;
    ag_handle *kernel; /* [program->kernels] */
    char failure[256]; /* the first error since the program started; no phase runs after it */
};
extern struct ag_gpu ag_gpu;

/* cuda.c */

/* 1 if error is 0. Else notes the error, if it is the first, and returns 0. */
int ag_gpu_check(int error, const char *what);
/* Fails with the noted error. Returns 1. */
int ag_gpu_failed(struct ag_error *err);
/* Where the twin of any part of a block lies. */
ag_address ag_gpu_address(const real *host);

/* cuda_phases.c */

int ag_gpu_phases_open(const struct ag_program *program, struct ag_error *err); /* status 1 */
void ag_gpu_phases_close(void);
void ag_gpu_phases_run(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
/* Destroys the graphs that work on this block. */
void ag_gpu_phases_forget(const real *host);
/* The next run takes these inputs from the device, where they were drawn. */
void ag_gpu_phases_drawn(const real *at, long n);
/* The next run takes these inputs from the host again. */
void ag_gpu_phases_fetched(const real *host, long n);

#endif
