/* --bench: what the phases of a program cost, beside what the machine could do. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHASES = 8, PROFILED = 3, SHOWN = 40 };

struct bench {
    const struct ag_program *program;
    real *block[AG_BLOCKS];
    struct ag_adam adam[3]; /* of G, D, alpha */
    const struct ag_phase *phase[PHASES];
    double *seconds[PHASES]; /* [runs] */
    double peak;             /* GFLOP/s, the best seen between the rounds */
    int phases, runs;
};

/* The phases of training; of a program that only draws pictures, what draws them. */
static int is_benched(const struct ag_program *program, const char *name)
{
    static const char *const benched[] = {"d", "g", "arch", "r1"};
    if (!strcmp(program->kind, "generate")) return !strcmp(name, "sample");
    for (size_t i = 0; i < sizeof benched / sizeof *benched; i++)
        if (!strcmp(benched[i], name)) return 1;
    return 0;
}

static int no_memory(struct ag_error *err)
{
    return ag_fail(err, 1, "out of memory for the times");
}

static double multiply_add_peak(void)
{
    return ag_device ? ag_device->peak() : ag_peak();
}

static int set_up(struct bench *b, int runs, struct ag_error *err)
{
    static const struct ag_adam_rates rates = {2e-4, 0.5, 0.999, 1e-3};
    const struct ag_program *p = b->program;
    b->runs = runs;
    if (ag_blocks_new(p, b->block, err)) return 1;
    for (int i = AG_G; i < AG_BAR_G; i++) ag_init_block(p, (enum ag_block)i, 0, b->block);
    ag_prepare(p, b->block);
    ag_copy_to_bar(p, b->block);
    for (int i = 0; i < 3; i++)
        if (ag_adam_new(&b->adam[i], rates, p->block[i].size, err)) return 1;
    for (int i = 0; i < p->phases && b->phases < PHASES; i++) {
        if (!is_benched(p, p->phase[i].name)) continue;
        b->phase[b->phases] = &p->phase[i];
        b->seconds[b->phases] = calloc((size_t)runs, sizeof(double));
        if (!b->seconds[b->phases++]) return no_memory(err);
    }
    return 0;
}

static void tear_down(struct bench *b)
{
    ag_blocks_free(b->block);
    for (int i = 0; i < 3; i++) ag_adam_free(&b->adam[i]);
    for (int i = 0; i < b->phases; i++) free(b->seconds[i]);
}

/* Inputs share one block, so that each phase's are drawn anew: normal latents, uniform pictures. */
static void draw_inputs(struct bench *b, const struct ag_phase *phase)
{
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        real *value = b->block[AG_IN] + tensor->offset;
        long n = 1;
        for (int k = 0; k < tensor->rank; k++) n *= tensor->shape[k];
        ag_normals(0, AG_RNG_BENCH, (ag_u32)i, 0, n, value);
        if (strcmp(tensor->name, "in.x")) continue;
        ag_uniforms(0, AG_RNG_BENCH, (ag_u32)i, 0, n, value);
        for (long k = 0; k < n; k++) value[k] = 2 * value[k] - 1;
    }
    ag_gumbel(b->program, phase, 0, 0, 0, b->block[AG_IN]);
}

/* A phase and its optimiser step; in seconds. */
static double run(struct bench *b, const struct ag_phase *phase)
{
    double started = ag_seconds();
    ag_run(phase, b->block);
    int weights = phase->updates_weights;
    if (weights >= 0) ag_adam_step(&b->adam[weights], 1, b->block[weights], b->block[AG_GRAD]);
    if (phase->updates_alpha) ag_adam_step(&b->adam[AG_ALPHA], 1, b->block[AG_ALPHA], b->block[AG_GRAD_ALPHA]);
    ag_wait();
    return ag_seconds() - started;
}

/* The machine is often not ours alone: phases and peak take turns, so that they meet the same neighbours. */
static int measure(struct bench *b, struct ag_error *err)
{
    for (int p = 0; p < b->phases; p++) {
        draw_inputs(b, b->phase[p]);
        run(b, b->phase[p]);
    }
    b->peak = multiply_add_peak();
    for (int i = 0; i < b->runs; i++) {
        for (int p = 0; p < b->phases; p++) {
            draw_inputs(b, b->phase[p]);
            b->seconds[p][i] = run(b, b->phase[p]);
        }
        double peak = multiply_add_peak();
        if (peak > b->peak) b->peak = peak;
    }
    return ag_fetch(b->block[AG_OUT], 1, err); /* did a device do all that? */
}

/* A round of all phases as often as it takes for stable shares. */
static int profile(struct bench *b, int *rounds, struct ag_error *err)
{
    *rounds = b->runs < PROFILED ? b->runs : PROFILED;
    int status = ag_profile_begin(b->program->kernels, err);
    for (int i = 0; !status && i < *rounds; i++)
        for (int p = 0; p < b->phases; p++) {
            draw_inputs(b, b->phase[p]);
            run(b, b->phase[p]);
        }
    ag_profiling = 0;
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, compare);
    return (value[(n - 1) / 2] + value[n / 2]) / 2;
}

/* ---------------------------------------------------------------- reports */

struct row {
    const char *name;
    double ms, gflop; /* a round, all threads together */
    double calls;     /* a round */
};

static int slower(const void *a, const void *b)
{
    double x = ((const struct row *)a)->ms, y = ((const struct row *)b)->ms;
    return (x < y) - (x > y);
}

/* The kernels that were called, slowest first; *rows of them. */
static struct row *kernel_rows(const struct bench *b, int rounds, int *rows)
{
    struct row *row = calloc((size_t)b->program->kernels + 1, sizeof *row);
    *rows = 0;
    for (int i = 0; row && i < b->program->kernels; i++) {
        struct ag_account account = ag_profile_read(i);
        if (!account.calls) continue;
        row[*rows].name = b->program->kernel[i].name;
        row[*rows].ms = account.seconds * 1e3 / rounds;
        row[*rows].gflop = b->program->kernel[i].flop * (double)account.units * 1e-9 / rounds;
        row[(*rows)++].calls = (double)account.calls / rounds;
    }
    if (row) qsort(row, (size_t)*rows, sizeof *row, slower);
    return row;
}

static void print_phases(const struct bench *b)
{
    printf("%s, %d thread%s, multiply-add peak %.1f GFLOP/s, arena %.1f MB\n\n", b->program->name, ag_threads(),
           ag_threads() == 1 ? "" : "s", b->peak, (double)b->program->arena_size * sizeof(real) / 1e6);
    printf("%-8s %10s %10s %10s %10s %7s\n", "phase", "ms", "GFLOP", "executed", "GFLOP/s", "share");
    for (int p = 0; p < b->phases; p++) {
        const struct ag_phase *phase = b->phase[p];
        double seconds = median(b->seconds[p], b->runs), rate = phase->flop * 1e-9 / seconds;
        printf("%-8s %10.3f %10.3f %10.3f %10.1f %6.1f%%\n", phase->name, seconds * 1e3, phase->flop * 1e-9,
               phase->flop_executed * 1e-9, rate, 100 * rate / b->peak);
    }
}

static void print_kernels(const struct row *row, int rows, double thread_peak)
{
    double all = 0;
    for (int i = 0; i < rows; i++) all += row[i].ms;
    printf("\n%-44s %9s %10s %7s %10s %7s\n", "kernel (thread time of a round of phases)", "calls", "ms", "time",
           "GFLOP/s", "share");
    for (int i = 0; i < rows && i < SHOWN; i++) {
        double rate = row[i].ms > 0 ? row[i].gflop * 1e3 / row[i].ms : 0;
        printf("%-44s %9.0f %10.3f %6.1f%% ", row[i].name, row[i].calls, row[i].ms, 100 * row[i].ms / all);
        if (rate > 0)
            printf("%10.1f %6.1f%%\n", rate, 100 * rate / thread_peak);
        else
            printf("%10s %7s\n", "-", "-");
    }
    if (rows > SHOWN) printf("and %d more\n", rows - SHOWN);
}

static void print_json(const struct bench *b, const struct row *row, int rows)
{
    double thread_peak = b->peak / ag_threads();
    printf("{\"peak_gflops\": %.6g, \"arena_bytes\": %ld, \"threads\": %d, \"phases\": {", b->peak,
           b->program->arena_size * (long)sizeof(real), ag_threads());
    for (int p = 0; p < b->phases; p++) {
        const struct ag_phase *phase = b->phase[p];
        double seconds = median(b->seconds[p], b->runs), rate = phase->flop * 1e-9 / seconds;
        printf("%s\"%s\": {\"ms\": %.6g, \"gflop\": %.9g, \"gflop_executed\": %.9g, \"gflops\": %.6g, \"share\": %.4f}",
               p ? ", " : "", phase->name, seconds * 1e3, phase->flop * 1e-9, phase->flop_executed * 1e-9, rate,
               rate / b->peak);
    }
    printf("}, \"kernels\": [");
    for (int i = 0; i < rows; i++)
        printf("%s{\"name\": \"%s\", \"calls\": %.6g, \"ms\": %.6g, \"gflop\": %.6g, \"share\": %.4f}", i ? ", " : "",
               row[i].name, row[i].calls, row[i].ms, row[i].gflop,
               row[i].ms > 0 ? row[i].gflop * 1e3 / row[i].ms / thread_peak : 0);
    printf("]}\n");
}

int ag_bench(const struct ag_program *program, const struct ag_options *options, struct ag_error *err)
{
    struct bench b;
    int rounds = 1, rows = 0;
    memset(&b, 0, sizeof b);
    b.program = program;
    int status = set_up(&b, (int)options->bench, err);
    if (!status) {
        status = measure(&b, err);
        if (!status && !ag_device) status = profile(&b, &rounds, err);
    }
    struct row *row = status ? NULL : kernel_rows(&b, rounds, &rows);
    if (!status && !row) status = no_memory(err);
    if (!status) {
        if (options->json)
            print_json(&b, row, rows);
        else
            print_phases(&b);
        if (!options->json && rows) print_kernels(row, rows, b.peak / ag_threads());
        if (fflush(stdout) || ferror(stdout)) status = ag_fail(err, 1, "--bench: cannot write to standard output");
    }
    ag_profile_end();
    free(row);
    tear_down(&b);
    return status;
}
