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
    char failure[256]; /* the first error since the program started, or ""; after an error no phase runs */
};
extern struct ag_gpu ag_gpu;

/* cuda.c */

/* Returns 1 if error is 0. Otherwise stores the error in ag_gpu.failure, unless one is stored, and returns 0. call: the
 * name of the failed function. */
int ag_gpu_check(int error, const char *call);
/* Fails with the stored error. Returns 1. */
int ag_gpu_failed(struct ag_error *err);
/* The address, in a mirror, of any real of a block on the host. */
ag_address ag_gpu_address(const real *host);

/* cuda_phases.c */

int ag_gpu_phases_open(const struct ag_program *program, struct ag_error *err); /* status 1 */
void ag_gpu_phases_close(void);
void ag_gpu_phases_run(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
/* Destroys the graphs that work on this block. */
void ag_gpu_phases_forget(const real *host);
/* Notes that these n inputs were drawn on the device. The next run doesn't upload them. */
void ag_gpu_phases_drawn(const real *at, long n);
/* Notes that these n reals were downloaded. The next run uploads inputs among them again. */
void ag_gpu_phases_downloaded(const real *host, long n);

#endif
