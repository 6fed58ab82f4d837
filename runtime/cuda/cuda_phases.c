/*
 * Phases on an NVIDIA GPU. When a phase runs on some blocks for the first time, its kernel launches are captured as a
 * CUDA graph. Later runs on these blocks are one launch of that graph. Inputs are copied through STAGES staging buffers
 * in turn, so a run waits only until the run before the last one has released its buffer.
 */
#define _POSIX_C_SOURCE 200809L
#include "cuda_device.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 64, RANGES = 64, STAGES = 2 };

/* A part of a block. */
struct range {
    const real *at;
    long size;
};

/* The captured graph of a phase on particular blocks. */
struct phase_graph {
    void (*run)(real *const *);
    real *block[AG_BLOCKS];
    ag_handle executable;
};

/* A kernel launch with an event before it and one after it. */
struct timing {
    int kernel;
    ag_handle start, end;
};

static struct {
    struct phase_graph graph[GRAPHS];
    int graphs;
    struct range drawn[RANGES]; /* inputs that were drawn on the device since the last run */
    int drawns;
    real *stage[STAGES]; /* staging buffers for inputs, in pinned memory: copies from it are asynchronous */
    ag_handle staged[STAGES];
    long runs;
    struct timing *timing; /* the launches of one phase, when it is profiled */
    int timings, timing_capacity, timed;
} phases;

int ag_gpu_phases_open(const struct ag_program *p, struct ag_error *err)
{
    for (int i = 0; i < STAGES; i++) {
        void *memory = NULL;
        if (!ag_gpu_check(ag_gpu.d.cuMemAllocHost_v2(&memory, (size_t)(p->in_size + 1) * sizeof(real)),
                          "cuMemAllocHost") ||
            !ag_gpu_check(ag_gpu.d.cuEventCreate(&phases.staged[i], 2), "cuEventCreate"))
            return ag_gpu_failed(err);
        phases.stage[i] = memory;
    }
    return 0;
}

void ag_gpu_phases_close(void)
{
    for (int i = 0; i < phases.graphs; i++) ag_gpu.d.cuGraphExecDestroy(phases.graph[i].executable);
    for (int i = 0; i < STAGES; i++) {
        ag_gpu.d.cuMemFreeHost(phases.stage[i]);
        ag_gpu.d.cuEventDestroy_v2(phases.staged[i]);
    }
    for (int i = 0; i < phases.timing_capacity; i++) {
        if (phases.timing[i].start) ag_gpu.d.cuEventDestroy_v2(phases.timing[i].start);
        if (phases.timing[i].end) ag_gpu.d.cuEventDestroy_v2(phases.timing[i].end);
    }
    free(phases.timing);
    memset(&phases, 0, sizeof phases);
}

/* ---------------------------------------------------------------- launches */

/* The next unused timing, with its events created. NULL if memory runs out or the GPU has failed. */
static struct timing *next_timing(void)
{
    if (phases.timings == phases.timing_capacity) {
        const int capacity = phases.timing_capacity ? 2 * phases.timing_capacity : 256;
        struct timing *larger = realloc(phases.timing, (size_t)capacity * sizeof *larger);
        if (!ag_gpu_check(!larger, "memory for times")) return NULL;
        memset(larger + phases.timing_capacity, 0, (size_t)(capacity - phases.timing_capacity) * sizeof *larger);
        phases.timing = larger;
        phases.timing_capacity = capacity;
    }
    struct timing *t = &phases.timing[phases.timings];
    if (!t->start && !ag_gpu_check(ag_gpu.d.cuEventCreate(&t->start, 0), "cuEventCreate")) return NULL;
    if (!t->end && !ag_gpu_check(ag_gpu.d.cuEventCreate(&t->end, 0), "cuEventCreate")) return NULL;
    phases.timings++;
    return t;
}

static void launch_kernel(int kernel, void **argument)
{
    const struct ag_kernel *k = &ag_gpu.program->kernel[kernel];
    struct timing *t = phases.timed ? next_timing() : NULL;
    if (t) {
        t->kernel = kernel;
        ag_gpu_check(ag_gpu.d.cuEventRecord(t->start, ag_gpu.stream), "cuEventRecord");
    }
    ag_gpu_check(ag_gpu.d.cuLaunchKernel(ag_gpu.kernel[kernel], (unsigned)k->grid[0], (unsigned)k->grid[1],
                                         (unsigned)k->grid[2], (unsigned)k->threads, 1, 1, 0, ag_gpu.stream, argument,
                                         NULL),
                 k->name);
    if (t) ag_gpu_check(ag_gpu.d.cuEventRecord(t->end, ag_gpu.stream), "cuEventRecord");
}

void ag_launch(int kernel, ...)
{
    const struct ag_kernel *k = &ag_gpu.program->kernel[kernel];
    real *pointer[AG_KERNEL_POINTERS];
    void *argument[AG_KERNEL_POINTERS];
    va_list list;
    if (k->pointers > AG_KERNEL_POINTERS) abort(); /* never: aggen writes no such kernel */
    va_start(list, kernel);
    for (int i = 0; i < k->pointers; i++) {
        pointer[i] = va_arg(list, real *);
        argument[i] = &pointer[i];
    }
    va_end(list);
    launch_kernel(kernel, argument);
}

void ag_launch_copy(real *to, const real *from, long n)
{
    size_t bytes = (size_t)n * sizeof(real);
    ag_gpu_check(ag_gpu.d.cuMemcpyDtoDAsync_v2((ag_address)to, (ag_address)from, bytes, ag_gpu.stream), "cuMemcpyDtoD");
}

/* ---------------------------------------------------------------- graphs */

static void device_blocks(real *const block[AG_BLOCKS], real *device[AG_BLOCKS])
{
    for (int i = 0; i < AG_BLOCKS; i++) device[i] = (real *)ag_gpu_address(block[i]);
}

static struct phase_graph *capture(void (*run)(real *const *), real *const block[AG_BLOCKS])
{
    struct phase_graph *c = &phases.graph[phases.graphs];
    ag_handle graph = NULL;
    real *device[AG_BLOCKS];
    device_blocks(block, device);
    c->run = run;
    memcpy(c->block, block, sizeof c->block);
    if (!ag_gpu_check(ag_gpu.d.cuStreamBeginCapture_v2(ag_gpu.stream, 1), "cuStreamBeginCapture")) return NULL;
    run(device);
    if (!ag_gpu_check(ag_gpu.d.cuStreamEndCapture(ag_gpu.stream, &graph), "cuStreamEndCapture")) return NULL;
    if (!ag_gpu_check(ag_gpu.d.cuGraphInstantiateWithFlags(&c->executable, graph, 0), "cuGraphInstantiate"))
        return NULL;
    ag_gpu.d.cuGraphDestroy(graph);
    phases.graphs++;
    return c;
}

static struct phase_graph *find_graph(void (*run)(real *const *), real *const block[AG_BLOCKS])
{
    for (int i = 0; i < phases.graphs; i++)
        if (phases.graph[i].run == run && !memcmp(phases.graph[i].block, block, sizeof phases.graph[i].block))
            return &phases.graph[i];
    if (phases.graphs < GRAPHS) return capture(run, block);
    ag_gpu_check(1, "capturing more phases than there is room for");
    return NULL;
}

void ag_gpu_phases_forget(const real *host)
{
    for (int i = phases.graphs - 1; i >= 0; i--) {
        int names = 0;
        for (int k = 0; k < AG_BLOCKS; k++) names |= phases.graph[i].block[k] == host;
        if (!names) continue;
        ag_gpu.d.cuGraphExecDestroy(phases.graph[i].executable);
        phases.graph[i] = phases.graph[--phases.graphs];
    }
}

/* ---------------------------------------------------------------- inputs */

void ag_gpu_phases_drawn(const real *at, long n)
{
    struct range *last = phases.drawns ? &phases.drawn[phases.drawns - 1] : NULL;
    if (last && last->at + last->size == at)
        last->size += n;
    else if (phases.drawns < RANGES)
        phases.drawn[phases.drawns++] = (struct range){at, n};
    else
        ag_gpu_check(1, "more inputs drawn than there is room for");
}

void ag_gpu_phases_downloaded(const real *host, long n)
{
    for (int i = phases.drawns - 1; i >= 0; i--)
        if (phases.drawn[i].at >= host && phases.drawn[i].at + phases.drawn[i].size <= host + n)
            phases.drawn[i] = phases.drawn[--phases.drawns];
}

/* The first range in [at, end) that was drawn on the device; its address is `end` if there is none. */
static struct range next_drawn(const real *at, const real *end)
{
    struct range first = {end, 0};
    for (int i = 0; i < phases.drawns; i++)
        if (phases.drawn[i].at < first.at && phases.drawn[i].at + phases.drawn[i].size > at) first = phases.drawn[i];
    return first;
}

/* Uploads a phase's inputs through a staging buffer, so that the caller may overwrite the inputs at once. Ranges that
 * were drawn on the device are left out. */
static void send_inputs(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    const int stage = (int)(phases.runs++ % STAGES);
    const real *in = block[AG_IN], *end = in + phase->in.size;
    if (in == end) return;
    ag_gpu_check(ag_gpu.d.cuEventSynchronize(phases.staged[stage]), "cuEventSynchronize");
    while (in < end) {
        struct range drawn = next_drawn(in, end);
        size_t bytes = drawn.at > in ? (size_t)(drawn.at - in) * sizeof(real) : 0;
        real *staged = phases.stage[stage] + (in - block[AG_IN]);
        if (bytes) {
            memcpy(staged, in, bytes);
            ag_gpu_check(ag_gpu.d.cuMemcpyHtoDAsync_v2(ag_gpu_address(in), staged, bytes, ag_gpu.stream),
                         "cuMemcpyHtoD");
        }
        in = drawn.size ? drawn.at + drawn.size : end;
    }
    phases.drawns = 0;
    ag_gpu_check(ag_gpu.d.cuEventRecord(phases.staged[stage], ag_gpu.stream), "cuEventRecord");
}

/* ---------------------------------------------------------------- running */

/* Runs the phase again and times each kernel. The caller has just launched the phase's graph, which keeps the device
 * busy while this function queues the kernels. The queued kernels then run without gaps, however long a launch takes.
 */
static void run_timed(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    real *device[AG_BLOCKS];
    device_blocks(block, device);
    phases.timings = 0;
    phases.timed = 1;
    phase->run(device);
    phases.timed = 0;
    ag_gpu_check(ag_gpu.d.cuStreamSynchronize(ag_gpu.stream), "a kernel");
    for (int i = 0; i < phases.timings && !ag_gpu.failure[0]; i++) {
        const struct timing *t = &phases.timing[i];
        float ms = 0;
        ag_gpu_check(ag_gpu.d.cuEventElapsedTime(&ms, t->start, t->end), "cuEventElapsedTime");
        ag_profile_add(t->kernel, (double)ms * 1e-3);
    }
}

void ag_gpu_phases_run(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    if (ag_gpu.failure[0]) return;
    struct phase_graph *c = find_graph(phase->run, block);
    if (!c) return;
    send_inputs(phase, block);
    ag_gpu_check(ag_gpu.d.cuGraphLaunch(c->executable, ag_gpu.stream), phase->name);
    if (ag_profiling) run_timed(phase, block);
}
