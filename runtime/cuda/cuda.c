/*
 * Runs a program's phases on an NVIDIA GPU. Blocks, moments and averages have twins in the device's memory. When a
 * phase first runs on some blocks, its launches are captured as a graph; from then on it is one launch of that graph.
 * Everything goes through one stream. A step of training waits only for a staging buffer of its inputs, which the step
 * before the last one used.
 */
#define _POSIX_C_SOURCE 200809L
#include "driver.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TWINS = 256, GRAPHS = 64, RANGES = 64, STAGES = 2, OLDEST = 80 /* the least compute capability: 8.0 */ };
enum { NO_BINARY = 209, UNSUPPORTED_PTX = 222, NOT_READY = 600 }; /* error numbers of the driver */

struct twin {
    const real *host;
    long host_size, size; /* in reals; host_size is 1 for what lies on the device alone */
    ag_address device;
};

/* A part of a block. */
struct range {
    const real *at;
    long size;
};

/* The graph of a phase on some blocks. */
struct phase_graph {
    void (*run)(real *const *);
    real *block[AG_BLOCKS];
    ag_handle executable;
};

/* A launch, and events before and after it. */
struct timing {
    int kernel;
    ag_handle start, end;
};

static struct {
    struct ag_driver d;
    const struct ag_program *program;
    int device, processors, clock, opened;
    int capability; /* compute capability: 80 is 8.0 */
    ag_handle context, module, stream;
    ag_handle *kernel;                            /* [program->kernels] */
    ag_handle adam, average, add, scale, normals; /* kernels that every program has */
    struct twin twin[TWINS];
    int twins;
    struct phase_graph graph[GRAPHS];
    int graphs;
    struct range drawn[RANGES]; /* inputs that were drawn on the device since the last run */
    int drawns;
    real *stage[STAGES]; /* staging buffers for inputs; pinned memory, so that copying from it is asynchronous */
    ag_handle staged[STAGES];
    real *slot; /* [AG_SLOTS], pinned: scalars that are copied back */
    ag_handle arrived[AG_SLOTS];
    long runs;
    struct timing *timing; /* launches of a phase, for a profile */
    int timings, timing_room, timed;
    char failure[256]; /* the first error since the program started; no phase runs after it */
} cuda;

/* ---------------------------------------------------------------- errors */

/* 1 if error is 0. Else notes the error, if it is the first, and returns 0. */
static int check(int error, const char *what)
{
    const char *text = NULL;
    if (!error) return 1;
    if (!cuda.failure[0]) {
        if (cuda.d.cuGetErrorString) cuda.d.cuGetErrorString(error, &text);
        snprintf(cuda.failure, sizeof cuda.failure, "%s: %s (CUDA error %d)", what, text ? text : "unknown", error);
    }
    return 0;
}

static int give_failure(struct ag_error *err)
{
    return ag_fail(err, 1, "the GPU failed in %s", cuda.failure);
}

/* ---------------------------------------------------------------- the device */

static int open_device(struct ag_error *err)
{
    int count = 0, major = 0, minor = 0;
    char name[128] = "";
    int status = ag_driver_load(&cuda.d, err);
    if (status) return status;
    if (cuda.d.cuInit(0) || cuda.d.cuDeviceGetCount(&count) || count == 0)
        return ag_fail(err, 1,
                       "there is a CUDA driver, but no NVIDIA GPU that it can use; is CUDA_VISIBLE_DEVICES empty? "
                       "Programs for the CPU are emitted with --target cpu");
    if (!check(cuda.d.cuDeviceGet(&cuda.device, 0), "cuDeviceGet")) return give_failure(err);
    cuda.d.cuDeviceGetName(name, sizeof name, cuda.device);
    cuda.d.cuDeviceGetAttribute(&major, AG_CUDA_MAJOR, cuda.device);
    cuda.d.cuDeviceGetAttribute(&minor, AG_CUDA_MINOR, cuda.device);
    cuda.d.cuDeviceGetAttribute(&cuda.processors, AG_CUDA_PROCESSORS, cuda.device);
    cuda.d.cuDeviceGetAttribute(&cuda.clock, AG_CUDA_CLOCK, cuda.device);
    cuda.capability = 10 * major + minor;
    if (cuda.capability < OLDEST)
        return ag_fail(err, 1, "%s has compute capability %d.%d; 8.0 is needed (Ampere or newer)", name, major, minor);
    if (!check(cuda.d.cuDevicePrimaryCtxRetain(&cuda.context, cuda.device), "cuDevicePrimaryCtxRetain") ||
        !check(cuda.d.cuCtxSetCurrent(cuda.context), "cuCtxSetCurrent") ||
        !check(cuda.d.cuStreamCreate(&cuda.stream, 1), "cuStreamCreate"))
        return give_failure(err);
    return 0;
}

/* Checks, before anything is allocated, that the memory which the program's tables ask for is free. */
static int check_memory(const struct ag_program *p, struct ag_error *err)
{
    size_t available = 0, total = 0;
    double needed = (double)(p->in_size + p->out_size + p->arena_size + p->scratch_size + p->fixed_size);
    for (int i = 0; i < AG_BAR_G; i++) needed += 6.0 * (double)p->block[i].size; /* test weights, gradient, moments */
    needed *= sizeof(real);
    if (!check(cuda.d.cuMemGetInfo_v2(&available, &total), "cuMemGetInfo")) return give_failure(err);
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
        cuda.d.cuDriverGetVersion(&version);
        int status = ag_nvrtc_compile(p->source, cuda.capability, version, &code, err);
        if (status) return status;
    }
    int error = cuda.d.cuModuleLoadData(&cuda.module, code ? (const void *)code : p->image);
    if (error == NO_BINARY || error == UNSUPPORTED_PTX) {
        free(code);
        return ag_fail(err, 1,
                       "the program's kernels are not for this GPU and driver (CUDA error %d); build it with its "
                       "architecture in CUDA_ARCHS, or start it with NVRTC=1",
                       error);
    }
    int loaded = check(error, "cuModuleLoadData");
    free(code);
    cuda.kernel = calloc((size_t)p->kernels + 1, sizeof *cuda.kernel);
    if (!cuda.kernel) return ag_fail(err, 1, "out of memory for the kernels");
    for (int i = 0; loaded && i < p->kernels; i++)
        loaded = check(cuda.d.cuModuleGetFunction(&cuda.kernel[i], cuda.module, p->kernel[i].name), p->kernel[i].name);
    const struct {
        ag_handle *kernel;
        const char *name;
    } pass[] = {{&cuda.adam, "ag_device_adam"},
                {&cuda.average, "ag_device_average"},
                {&cuda.add, "ag_device_add"},
                {&cuda.scale, "ag_device_scale"},
                {&cuda.normals, "ag_device_normals"}};
    for (size_t i = 0; loaded && i < sizeof pass / sizeof *pass; i++)
        loaded = check(cuda.d.cuModuleGetFunction(pass[i].kernel, cuda.module, pass[i].name), pass[i].name);
    return loaded ? 0 : give_failure(err);
}

static int make_slots(struct ag_error *err)
{
    void *memory = NULL;
    int good = check(cuda.d.cuMemAllocHost_v2(&memory, AG_SLOTS * sizeof(real)), "cuMemAllocHost");
    cuda.slot = memory;
    for (int i = 0; good && i < AG_SLOTS; i++) good = check(cuda.d.cuEventCreate(&cuda.arrived[i], 2), "cuEventCreate");
    return good ? 0 : give_failure(err);
}

static int make_stages(const struct ag_program *p, struct ag_error *err)
{
    for (int i = 0; i < STAGES; i++) {
        void *memory = NULL;
        if (!check(cuda.d.cuMemAllocHost_v2(&memory, (size_t)(p->in_size + 1) * sizeof(real)), "cuMemAllocHost") ||
            !check(cuda.d.cuEventCreate(&cuda.staged[i], 2), "cuEventCreate"))
            return give_failure(err);
        cuda.stage[i] = memory;
    }
    return 0;
}

static int cuda_open(const struct ag_program *program, struct ag_error *err)
{
    if (cuda.opened) return 0;
    cuda.program = program;
    int status = open_device(err);
    if (!status) status = check_memory(program, err);
    if (!status) status = load_kernels(program, err);
    if (!status) status = make_stages(program, err);
    if (!status) status = make_slots(err);
    cuda.opened = !status;
    return status;
}

/* ---------------------------------------------------------------- twins */

static const struct twin *find_twin(const real *host)
{
    for (int i = 0; i < cuda.twins; i++)
        if (cuda.twin[i].host == host) return &cuda.twin[i];
    for (int i = 0; i < cuda.twins; i++)
        if (host > cuda.twin[i].host && host < cuda.twin[i].host + cuda.twin[i].host_size) return &cuda.twin[i];
    fprintf(stderr, "a block without a twin on the device\n");
    abort();
    return NULL; /* for compilers that don't know that abort doesn't return */
}

static ag_address address(const real *host)
{
    const struct twin *twin = find_twin(host);
    return twin->device + (ag_address)(host - twin->host) * sizeof(real);
}

static int cuda_twin(const real *host, long host_size, long size, struct ag_error *err)
{
    struct twin twin = {host, host_size, size, 0};
    if (cuda.twins == TWINS) return ag_fail(err, 1, "more than %d blocks on the device", TWINS);
    if (!check(cuda.d.cuMemAlloc_v2(&twin.device, (size_t)(size > 0 ? size : 1) * sizeof(real)), "cuMemAlloc") ||
        !check(cuda.d.cuMemsetD32Async(twin.device, 0, (size_t)(size > 0 ? size : 1), cuda.stream), "cuMemsetD32"))
        return ag_fail(err, 1, "out of memory on the GPU: %.1f MB more are needed (%s)",
                       (double)size * sizeof(real) / 1e6, cuda.failure);
    cuda.twin[cuda.twins++] = twin;
    return 0;
}

/* Destroys the graphs that work on this block. */
static void drop_graphs(const real *host)
{
    for (int i = cuda.graphs - 1; i >= 0; i--) {
        int names = 0;
        for (int k = 0; k < AG_BLOCKS; k++) names |= cuda.graph[i].block[k] == host;
        if (!names) continue;
        cuda.d.cuGraphExecDestroy(cuda.graph[i].executable);
        cuda.graph[i] = cuda.graph[--cuda.graphs];
    }
}

static void cuda_untwin(const real *host)
{
    for (int i = 0; i < cuda.twins; i++) {
        if (cuda.twin[i].host != host) continue;
        cuda.d.cuStreamSynchronize(cuda.stream);
        drop_graphs(host);
        cuda.d.cuMemFree_v2(cuda.twin[i].device);
        cuda.twin[i] = cuda.twin[--cuda.twins];
        return;
    }
}

/* ---------------------------------------------------------------- copies */

static void cuda_send(const real *host, long n)
{
    if (n <= 0) return;
    check(cuda.d.cuMemcpyHtoDAsync_v2(address(host), host, (size_t)n * sizeof(real), cuda.stream), "cuMemcpyHtoD");
    check(cuda.d.cuStreamSynchronize(cuda.stream), "a copy to the device");
}

static int cuda_fetch(real *host, long n, struct ag_error *err)
{
    if (n > 0) {
        size_t bytes = (size_t)n * sizeof(real);
        check(cuda.d.cuMemcpyDtoHAsync_v2(host, address(host), bytes, cuda.stream), "cuMemcpyDtoH");
        check(cuda.d.cuStreamSynchronize(cuda.stream), "a kernel");
        for (int i = cuda.drawns - 1; i >= 0; i--) /* the next run sends them from the host */
            if (cuda.drawn[i].at >= host && cuda.drawn[i].at + cuda.drawn[i].size <= host + n)
                cuda.drawn[i] = cuda.drawn[--cuda.drawns];
    }
    return cuda.failure[0] ? give_failure(err) : 0;
}

static void cuda_clear(real *x, long n)
{
    if (n > 0) check(cuda.d.cuMemsetD32Async(address(x), 0, (size_t)n, cuda.stream), "cuMemsetD32");
}

static void cuda_copy(real *to, const real *from, long n)
{
    if (n <= 0) return;
    size_t bytes = (size_t)n * sizeof(real);
    check(cuda.d.cuMemcpyDtoDAsync_v2(address(to), address(from), bytes, cuda.stream), "cuMemcpyDtoD");
}

static void cuda_wait(void)
{
    check(cuda.d.cuStreamSynchronize(cuda.stream), "a kernel");
}

static void cuda_read(int slot, const real *from)
{
    check(cuda.d.cuMemcpyDtoHAsync_v2(&cuda.slot[slot], address(from), sizeof(real), cuda.stream), "cuMemcpyDtoH");
    check(cuda.d.cuEventRecord(cuda.arrived[slot], cuda.stream), "cuEventRecord");
}

/* Ready too if the GPU has failed: then take says so. */
static int cuda_ready(int slot)
{
    return cuda.failure[0] || cuda.d.cuEventQuery(cuda.arrived[slot]) != NOT_READY;
}

static int cuda_take(int slot, real *value, struct ag_error *err)
{
    check(cuda.d.cuEventSynchronize(cuda.arrived[slot]), "a kernel");
    if (cuda.failure[0]) return give_failure(err);
    *value = cuda.slot[slot];
    return 0;
}

/* ---------------------------------------------------------------- phases */

/* Room for one more timing with its events. NULL if there is no memory or the GPU has failed. */
static struct timing *next_timing(void)
{
    if (cuda.timings == cuda.timing_room) {
        const int room = cuda.timing_room ? 2 * cuda.timing_room : 256;
        struct timing *larger = realloc(cuda.timing, (size_t)room * sizeof *larger);
        if (!check(!larger, "memory for times")) return NULL;
        memset(larger + cuda.timing_room, 0, (size_t)(room - cuda.timing_room) * sizeof *larger);
        cuda.timing = larger;
        cuda.timing_room = room;
    }
    struct timing *t = &cuda.timing[cuda.timings];
    if (!t->start && !check(cuda.d.cuEventCreate(&t->start, 0), "cuEventCreate")) return NULL;
    if (!t->end && !check(cuda.d.cuEventCreate(&t->end, 0), "cuEventCreate")) return NULL;
    cuda.timings++;
    return t;
}

static void launch_kernel(int kernel, void **argument)
{
    const struct ag_kernel *k = &cuda.program->kernel[kernel];
    struct timing *t = cuda.timed ? next_timing() : NULL;
    if (t) {
        t->kernel = kernel;
        check(cuda.d.cuEventRecord(t->start, cuda.stream), "cuEventRecord");
    }
    check(cuda.d.cuLaunchKernel(cuda.kernel[kernel], (unsigned)k->grid[0], (unsigned)k->grid[1], (unsigned)k->grid[2],
                                (unsigned)k->threads, 1, 1, 0, cuda.stream, argument, NULL),
          k->name);
    if (t) check(cuda.d.cuEventRecord(t->end, cuda.stream), "cuEventRecord");
}

void ag_launch(int kernel, ...)
{
    const struct ag_kernel *k = &cuda.program->kernel[kernel];
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
    check(cuda.d.cuMemcpyDtoDAsync_v2((ag_address)to, (ag_address)from, bytes, cuda.stream), "cuMemcpyDtoD");
}

static void device_blocks(real *const block[AG_BLOCKS], real *device[AG_BLOCKS])
{
    for (int i = 0; i < AG_BLOCKS; i++) device[i] = (real *)address(block[i]);
}

static struct phase_graph *capture(void (*run)(real *const *), real *const block[AG_BLOCKS])
{
    struct phase_graph *c = &cuda.graph[cuda.graphs];
    ag_handle graph = NULL;
    real *device[AG_BLOCKS];
    device_blocks(block, device);
    c->run = run;
    memcpy(c->block, block, sizeof c->block);
    if (!check(cuda.d.cuStreamBeginCapture_v2(cuda.stream, 1), "cuStreamBeginCapture")) return NULL;
    run(device);
    if (!check(cuda.d.cuStreamEndCapture(cuda.stream, &graph), "cuStreamEndCapture")) return NULL;
    if (!check(cuda.d.cuGraphInstantiateWithFlags(&c->executable, graph, 0), "cuGraphInstantiate")) return NULL;
    cuda.d.cuGraphDestroy(graph);
    cuda.graphs++;
    return c;
}

static struct phase_graph *find_graph(void (*run)(real *const *), real *const block[AG_BLOCKS])
{
    for (int i = 0; i < cuda.graphs; i++)
        if (cuda.graph[i].run == run && !memcmp(cuda.graph[i].block, block, sizeof cuda.graph[i].block))
            return &cuda.graph[i];
    if (cuda.graphs < GRAPHS) return capture(run, block);
    check(1, "capturing more phases than there is room for");
    return NULL;
}

/* The first range in [at, end) that was drawn on the device; its address is `end` if there is none. */
static struct range next_drawn(const real *at, const real *end)
{
    struct range first = {end, 0};
    for (int i = 0; i < cuda.drawns; i++)
        if (cuda.drawn[i].at < first.at && cuda.drawn[i].at + cuda.drawn[i].size > at) first = cuda.drawn[i];
    return first;
}

/* Sends a phase's inputs by way of a staging buffer, so that the caller can overwrite them at once. Ranges that were
 * drawn on the device are there already. */
static void send_inputs(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    const int stage = (int)(cuda.runs++ % STAGES);
    const real *in = block[AG_IN], *end = in + phase->in.size;
    if (in == end) return;
    check(cuda.d.cuEventSynchronize(cuda.staged[stage]), "cuEventSynchronize");
    while (in < end) {
        struct range drawn = next_drawn(in, end);
        size_t bytes = drawn.at > in ? (size_t)(drawn.at - in) * sizeof(real) : 0;
        real *staged = cuda.stage[stage] + (in - block[AG_IN]);
        if (bytes) {
            memcpy(staged, in, bytes);
            check(cuda.d.cuMemcpyHtoDAsync_v2(address(in), staged, bytes, cuda.stream), "cuMemcpyHtoD");
        }
        in = drawn.size ? drawn.at + drawn.size : end;
    }
    cuda.drawns = 0;
    check(cuda.d.cuEventRecord(cuda.staged[stage], cuda.stream), "cuEventRecord");
}

/* Runs the phase again and times each kernel. The graph, which was launched just before, keeps the device busy while
 * the kernels are launched. They then follow one another without gaps, however long a launch takes. */
static void run_timed(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    real *device[AG_BLOCKS];
    device_blocks(block, device);
    cuda.timings = 0;
    cuda.timed = 1;
    phase->run(device);
    cuda.timed = 0;
    check(cuda.d.cuStreamSynchronize(cuda.stream), "a kernel");
    for (int i = 0; i < cuda.timings && !cuda.failure[0]; i++) {
        const struct timing *t = &cuda.timing[i];
        float ms = 0;
        check(cuda.d.cuEventElapsedTime(&ms, t->start, t->end), "cuEventElapsedTime");
        ag_profile_add(t->kernel, (double)ms * 1e-3);
    }
}

static void cuda_run(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    if (cuda.failure[0]) return;
    struct phase_graph *c = find_graph(phase->run, block);
    if (!c) return;
    send_inputs(phase, block);
    check(cuda.d.cuGraphLaunch(c->executable, cuda.stream), phase->name);
    if (ag_profiling) run_timed(phase, block);
}

/* ---------------------------------------------------------------- passes over blocks */

static void launch_pass(ag_handle function, void **argument, long n, const char *name)
{
    long blocks = (n + 255) / 256, most = 8L * (cuda.processors > 0 ? cuda.processors : 1);
    unsigned grid = (unsigned)(blocks < 1 ? 1 : blocks > most ? most : blocks);
    if (n > 0) check(cuda.d.cuLaunchKernel(function, grid, 1, 1, 256, 1, 1, 0, cuda.stream, argument, NULL), name);
}

static void cuda_adam(const struct ag_adam_pass *pass)
{
    ag_address weight = address(pass->weight), m = address(pass->m), v = address(pass->v),
               gradient = address(pass->gradient);
    struct ag_adam_pass p = *pass;
    void *argument[] = {&weight,  &m,       &v,       &gradient, &p.beta1,  &p.beta2,
                        &p.rest1, &p.rest2, &p.decay, &p.step,   &p.unbias, &p.size};
    launch_pass(cuda.adam, argument, p.size, "adam");
}

static void cuda_average(real *average, const real *value, real decay, real rest, long n)
{
    ag_address to = address(average), from = address(value);
    void *argument[] = {&to, &from, &decay, &rest, &n};
    launch_pass(cuda.average, argument, n, "average");
}

static void cuda_add(real *to, const real *from, long n)
{
    ag_address a = address(to), b = address(from);
    void *argument[] = {&a, &b, &n};
    launch_pass(cuda.add, argument, n, "add");
}

static void cuda_scale(real *to, double factor, long n)
{
    ag_address a = address(to);
    float by = (float)factor;
    void *argument[] = {&a, &by, &n};
    launch_pass(cuda.scale, argument, n, "scale");
}

/* The range becomes part of the next run's inputs. */
static void cuda_normals(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first)
{
    ag_address at = address(to);
    void *argument[] = {&at, &seed, &stream, &step, &first, &n};
    if (n <= 0) return;
    struct range *last = cuda.drawns ? &cuda.drawn[cuda.drawns - 1] : NULL;
    launch_pass(cuda.normals, argument, n / 4 + 2, "normals");
    if (last && last->at + last->size == to)
        last->size += n;
    else if (cuda.drawns < RANGES)
        cuda.drawn[cuda.drawns++] = (struct range){to, n};
    else
        check(1, "more inputs drawn than there is room for");
}

/* Two operations a clock for each of 128 lanes of a multiprocessor; 64 lanes on compute capability 8.0. */
static double cuda_peak(void)
{
    return 2.0 * (cuda.capability == 80 ? 64 : 128) * cuda.processors * cuda.clock * 1e-6;
}

static void cuda_close(void)
{
    if (!cuda.opened) return;
    cuda.d.cuStreamSynchronize(cuda.stream);
    for (int i = 0; i < cuda.graphs; i++) cuda.d.cuGraphExecDestroy(cuda.graph[i].executable);
    for (int i = 0; i < cuda.twins; i++) cuda.d.cuMemFree_v2(cuda.twin[i].device);
    for (int i = 0; i < STAGES; i++) {
        cuda.d.cuMemFreeHost(cuda.stage[i]);
        cuda.d.cuEventDestroy_v2(cuda.staged[i]);
    }
    for (int i = 0; i < cuda.timing_room; i++) {
        if (cuda.timing[i].start) cuda.d.cuEventDestroy_v2(cuda.timing[i].start);
        if (cuda.timing[i].end) cuda.d.cuEventDestroy_v2(cuda.timing[i].end);
    }
    cuda.d.cuMemFreeHost(cuda.slot);
    for (int i = 0; i < AG_SLOTS; i++) cuda.d.cuEventDestroy_v2(cuda.arrived[i]);
    cuda.d.cuModuleUnload(cuda.module);
    cuda.d.cuStreamDestroy_v2(cuda.stream);
    cuda.d.cuDevicePrimaryCtxRelease_v2(cuda.device);
    free(cuda.kernel);
    free(cuda.timing);
    memset(&cuda, 0, sizeof cuda);
}

const struct ag_device ag_cuda = {cuda_open, cuda_close, cuda_twin,  cuda_untwin,  cuda_send, cuda_fetch, cuda_clear,
                                  cuda_copy, cuda_run,   cuda_adam,  cuda_average, cuda_add,  cuda_scale, cuda_normals,
                                  cuda_wait, cuda_read,  cuda_ready, cuda_take,    cuda_peak};
