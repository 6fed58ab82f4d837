/* How an embedded generator launches its kernels. */
/* AG_TEMPLATE */
/* ---------------------------------------------------------------- launches */

enum { AG_IN, AG_OUT, AG_ARENA, AG_SCRATCH, AG_FIXED, AG_G, AG_STAT, AG_BLOCKS };

/* Where launches go; once one has failed, the others do nothing. */
struct AG_NAME_run {
    const struct AG_NAME_generator *g;
    CUstream stream;
    CUresult result;
};

static void launch(struct AG_NAME_run *run, int kernel, ...)
{
    enum { MOST = 192 };
    CUdeviceptr pointer[MOST];
    void *argument[MOST];
    va_list list;
    va_start(list, kernel);
    for (unsigned i = 0; i < kernels[kernel].pointers && i < MOST; i++) {
        pointer[i] = (CUdeviceptr)(size_t)va_arg(list, real *);
        argument[i] = &pointer[i];
    }
    va_end(list);
    if (run->result) return;
    const unsigned *grid = kernels[kernel].grid;
    run->result = cuLaunchKernel(run->g->kernel[kernel], grid[0], grid[1], grid[2], kernels[kernel].threads, 1, 1, 0,
                                 run->stream, argument, NULL);
}

static inline void launch_copy(struct AG_NAME_run *run, real *to, const real *from, long n)
{
    if (!run->result)
        run->result = cuMemcpyDtoDAsync((CUdeviceptr)(size_t)to, (CUdeviceptr)(size_t)from,
                                        (size_t)n * sizeof(real), run->stream);
}

