/* Prints what a GPU would execute: the kernels of each phase, the least time that each can take by the GPU's peaks, and
 * the least bytes that a phase could move. */
#include "emit.h"
#include "code.h"
#include "info.h"
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A GPU's peaks. */
struct gpu {
    const char *name;
    double gflops, gbytes; /* per second: 1e9 fp32 operations without tensor cores, and 1e9 bytes of memory */
};
static const struct gpu gpus[] = {{"h100", 66900, 3350}, {"a100", 19500, 2039}, {"rtx4090", 82600, 1008}};

const char *info_gpu(int i)
{
    return (size_t)i < sizeof gpus / sizeof *gpus ? gpus[i].name : NULL;
}

static const struct gpu *find_gpu(const char *name)
{
    for (size_t i = 0; i < sizeof gpus / sizeof *gpus; i++)
        if (strcmp(gpus[i].name, name) == 0) return &gpus[i];
    return NULL;
}

/* A kernel, and its launches in a phase. */
struct row {
    const struct instance *kernel;
    int calls;
    double seconds; /* of all calls */
};

/* Returns the least seconds of one call: the time of its operations or of its bytes, whichever is longer. */
static double roofline(const struct gpu *gpu, const struct instance *k)
{
    double work = k->flop / (gpu->gflops * 1e9), memory = k->launch.bytes / (gpu->gbytes * 1e9);
    return work > memory ? work : memory;
}

static int slower(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->seconds != y->seconds) return x->seconds < y->seconds ? 1 : -1;
    return strcmp(x->kernel->name, y->kernel->name);
}

/* Returns the kernels of launches number `first` and later, the slowest first. *rows: how many kernels. */
static struct row *count_rows(struct code *c, int first, const struct gpu *gpu, int *rows)
{
    struct row *row = mem_alloc(c->mem, sizeof *row * (size_t)(c->instances + 1));
    *rows = 0;
    for (int i = 0; i < c->instances; i++) {
        struct row r = {&c->instance[i], 0, 0};
        for (int l = first; l < c->launches; l++) r.calls += c->launched[l] == i;
        r.seconds = r.calls * roofline(gpu, r.kernel);
        if (r.calls) row[(*rows)++] = r;
    }
    qsort(row, (size_t)*rows, sizeof *row, slower);
    return row;
}

/* All launches of a phase together. */
struct sum {
    int calls;
    double seconds, flop, bytes;
    double least; /* bytes of all kernels that are not pointwise */
};

static struct sum add_up(const struct row *row, int rows)
{
    struct sum sum = {0, 0, 0, 0, 0};
    for (int i = 0; i < rows; i++) {
        double bytes = row[i].calls * row[i].kernel->launch.bytes;
        sum.calls += row[i].calls;
        sum.seconds += row[i].seconds;
        sum.flop += row[i].calls * row[i].kernel->flop;
        sum.bytes += bytes;
        if (strcmp(row[i].kernel->template, "pointwise") != 0) sum.least += bytes;
    }
    return sum;
}

static void print_text(const char *phase, const struct row *row, int rows, struct sum sum)
{
    printf("%-44s %5s %10s %10s %20s %10s %6s\n", phase, "calls", "GFLOP", "MB", "blocks x threads", "us", "time");
    for (int i = 0; i < rows; i++) {
        const struct launch *l = &row[i].kernel->launch;
        char shape[64];
        snprintf(shape, sizeof shape, "%dx%dx%d x %d", l->grid[0], l->grid[1], l->grid[2], l->threads);
        printf("  %-42s %5d %10.4f %10.3f %20s %10.2f %5.1f%%\n", row[i].kernel->name, row[i].calls,
               row[i].calls * row[i].kernel->flop / 1e9, row[i].calls * l->bytes / 1e6, shape, row[i].seconds * 1e6,
               100 * row[i].seconds / sum.seconds);
    }
    printf("  %-42s %5d %10.4f %10.3f %20s %10.2f\n", "sum", sum.calls, sum.flop / 1e9, sum.bytes / 1e6, "",
           sum.seconds * 1e6);
    printf("  moved %.2f x the least, %.3f MB\n\n", sum.bytes / sum.least, sum.least / 1e6);
}

static void print_json(const char *phase, const struct row *row, int rows, struct sum sum)
{
    printf("\"%s\": {\"launches\": %d, \"flop\": %.0f, \"bytes\": %.0f, \"least_bytes\": %.0f, \"us\": %.6g, "
           "\"kernels\": [",
           phase, sum.calls, sum.flop, sum.bytes, sum.least, sum.seconds * 1e6);
    for (int i = 0; i < rows; i++) {
        const struct launch *l = &row[i].kernel->launch;
        printf("%s{\"name\": \"%s\", \"template\": \"%s\", \"calls\": %d, \"flop\": %.0f, \"bytes\": %.0f, "
               "\"grid\": [%d, %d, %d], \"threads\": %d, \"us\": %.6g}",
               i ? ", " : "", row[i].kernel->name, row[i].kernel->template, row[i].calls,
               row[i].calls * row[i].kernel->flop, row[i].calls * l->bytes, l->grid[0], l->grid[1], l->grid[2],
               l->threads, row[i].seconds * 1e6);
    }
    printf("]}");
}

static void print_phase(struct code *c, int first, const struct gpu *gpu, const char *phase, int json)
{
    int rows;
    struct row *row = count_rows(c, first, gpu, &rows);
    struct sum sum = add_up(row, rows);
    if (json)
        print_json(phase, row, rows, sum);
    else
        print_text(phase, row, rows, sum);
}

int info_print_cuda(const struct model *m, const char *gpu_name, int json, struct ag_error *err)
{
    const struct gpu *gpu = find_gpu(gpu_name);
    struct mem *mem = mem_new();
    struct code c = {.mem = mem, .target = &target_cuda, .model = m, .err = err};
    err->text[0] = 0;
    if (!gpu) ag_fail(err, 2, "--gpu %s: unknown; there are h100, a100 and rtx4090", gpu_name);
    if (gpu && json) printf("{\"gpu\": \"%s\", \"phases\": {", gpu->name);
    if (gpu && !json)
        printf(
            "%s, on %s: %.1f TFLOP/s, %.0f GB/s\n"
            "A kernel moves its inputs and results once. The least is what a phase would move if pointwise work took\n"
            "no pass of its own: the bytes of all kernels that are not pointwise.\n\n",
            m->spec->name, gpu->name, gpu->gflops / 1e3, gpu->gbytes);
    for (int i = 0; i < m->phases && !err->text[0]; i++) {
        struct plan *p = training_plan(&m->phase[i], target_cuda.training);
        int first = c.launches;
        target_cuda.phase(&c, m->phase[i].name, p);
        if (i && json) printf(", ");
        if (!err->text[0]) print_phase(&c, first, gpu, m->phase[i].name, json);
        graph_free((struct graph *)p->graph);
        plan_free(p);
    }
    if (gpu && json) printf("}}\n");
    code_free(&c);
    mem_free(mem);
    return err->text[0] ? 2 : 0;
}
