/* --bench: measures how long a program's phases take, and compares that with the machine's peak. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHASES = 8, PROFILED = 3, SHOWN = 40 };

struct kernel_row {
    const char *name;
    double ms, gflop, gb; /* per round; on the CPU summed over the threads */
    double calls;         /* per round */
};

/* The kernels of one phase, or of a round of all phases; the slowest first. */
struct kernel_table {
    struct kernel_row *row;
    int rows;
    double ms; /* sum of the rows */
};

struct bench {
    const struct ag_program *program;
    real *block[AG_BLOCKS];
    struct ag_adam adam[3]; /* for G, D and alpha */
    const struct ag_phase *phase[PHASES];
    double *seconds[PHASES];        /* [runs]: seconds of each run */
    double *share[PHASES];          /* [runs]: rate of each run, divided by the peak measured around it */
    double peak;                    /* GFLOP/s; the highest measured */
    int phases, profiled, runs;     /* the first `profiled` phases are profiled: all except `many` */
    struct ag_draw_workers workers; /* draw workers of a generator, for the phase `many` */
    struct ag_phase many;
    struct kernel_table table[PHASES];
    int tables; /* one table for each phase, or one table for a round of all phases, or none */
};

/* 1 if the phase is measured: the phases of training, or the one phase of a program that only draws pictures. */
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

static int add_phase(struct bench *b, const struct ag_phase *phase, struct ag_error *err)
{
    const int p = b->phases++;
    b->phase[p] = phase;
    b->seconds[p] = calloc((size_t)b->runs, sizeof(double));
    b->share[p] = calloc((size_t)b->runs, sizeof(double));
    return b->seconds[p] && b->share[p] ? 0 : no_memory(err);
}

/* ---------------------------------------------------------------- many pictures */

enum { MANY = 16 };
static const struct bench *many_bench; /* for run_many: the function of a phase has no argument to pass it in */

/* Draws MANY pictures from the same latent. The time does not depend on the latent. */
static void run_many(real *const block[AG_BLOCKS])
{
    const struct ag_draw_workers *workers = &many_bench->workers;
    const struct ag_phase *sample = ag_phase_find(many_bench->program, "sample");
    const int latent = many_bench->program->latent;
    for (int i = 0; i < workers->count; i++)
        for (int k = i == 0; k < workers->per_worker; k++)
            ag_copy(workers->block[i][AG_IN] + k * latent, block[AG_IN], k ? latent : sample->in.size);
    for (int done = 0, n; done < MANY; done += n) {
        n = ag_draw_workers_round(workers, MANY - done);
        ag_draw_round(workers, sample, n);
    }
}

/* Adds a phase that stands for MANY pictures, drawn as generate draws them. */
static int add_many(struct bench *b, struct ag_error *err)
{
    const struct ag_phase *sample = ag_phase_find(b->program, "sample");
    if (strcmp(b->program->kind, "generate") || !sample || sample->batch > 1) return 0;
    if (ag_draw_workers_open(&b->workers, b->program, sample, b->block, MANY, err)) return 1;
    many_bench = b;
    b->many = *sample;
    b->many.name = "batch16"; /* MANY */
    b->many.run = run_many;
    b->many.flop *= MANY;
    b->many.flop_executed *= MANY;
    return add_phase(b, &b->many, err);
}

static int set_up(struct bench *b, int runs, struct ag_error *err)
{
    static const struct ag_adam_rates rates = {2e-4, 0.5, 0.999, 1e-3};
    const struct ag_program *p = b->program;
    b->runs = runs;
    if (ag_blocks_new(p, b->block, err)) return 1;
    for (int i = AG_G; i < AG_BAR_G; i++) ag_init_block(p, (enum ag_block)i, 0, b->block);
    if (ag_generator_carries(p)) ag_generator_unpack(p, b->block);
    ag_prepare(p, b->block);
    ag_copy_to_bar(p, b->block);
    for (int i = 0; i < 3; i++)
        if (ag_adam_new(&b->adam[i], rates, p->block[i].size, err)) return 1;
    for (int i = 0; i < p->phases && b->phases < PHASES - 1; i++)
        if (is_benched(p, p->phase[i].name) && add_phase(b, &p->phase[i], err)) return 1;
    b->profiled = b->phases;
    return add_many(b, err);
}

static void tear_down(struct bench *b)
{
    ag_draw_workers_close(&b->workers);
    ag_blocks_free(b->program, b->block);
    for (int i = 0; i < 3; i++) ag_adam_free(&b->adam[i]);
    for (int i = 0; i < b->phases; i++) {
        free(b->seconds[i]);
        free(b->share[i]);
    }
    for (int i = 0; i < b->tables; i++) free(b->table[i].row);
}

/* Draws a phase's inputs: normal latents, uniform pictures. All phases share one block of inputs, so this is done for
 * each phase before it runs. */
static void draw_inputs(struct bench *b, const struct ag_phase *phase)
{
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        real *value = b->block[AG_IN] + tensor->offset;
        const long n = ag_tensor_size(tensor);
        ag_normals(0, AG_RNG_BENCH, (ag_u32)i, 0, n, value);
        if (strcmp(tensor->name, "in.x")) continue;
        ag_uniforms(0, AG_RNG_BENCH, (ag_u32)i, 0, n, value);
        for (long k = 0; k < n; k++) value[k] = 2 * value[k] - 1;
    }
    ag_gumbel(b->program, phase, 0, 0, 0, b->block[AG_IN]);
}

/* Runs a phase and its optimiser step. Returns seconds. */
static double run_phase(struct bench *b, const struct ag_phase *phase)
{
    double started = ag_seconds();
    ag_run(phase, b->block);
    int weights = phase->updates_weights;
    if (weights >= 0) ag_adam_step(&b->adam[weights], 1, b->block[weights], b->block[AG_GRAD]);
    if (phase->updates_alpha) ag_adam_step(&b->adam[AG_ALPHA], 1, b->block[AG_ALPHA], b->block[AG_GRAD_ALPHA]);
    ag_wait();
    return ag_seconds() - started;
}

static double measure_peak(struct bench *b)
{
    const double rate = ag_device ? ag_device->peak() : b->program->peak();
    if (rate > b->peak) b->peak = rate;
    return rate;
}

/* Other programs may use the machine too, and its clock may change. Therefore each run of a phase is compared with the
 * peak measured right before and right after it. */
static int measure_phases(struct bench *b, struct ag_error *err)
{
    for (int p = 0; p < b->phases; p++) {
        const struct ag_phase *phase = b->phase[p];
        draw_inputs(b, phase);
        run_phase(b, phase);
        double before = measure_peak(b);
        for (int i = 0; i < b->runs; i++) {
            draw_inputs(b, phase);
            const double seconds = b->seconds[p][i] = run_phase(b, phase), after = measure_peak(b);
            b->share[p][i] = phase->flop * 1e-9 / seconds / ((before + after) / 2);
            before = after;
        }
    }
    return ag_download(b->block[AG_OUT], 1, err); /* reports a failure of the device */
}

static int slower(const void *a, const void *b)
{
    double x = ((const struct kernel_row *)a)->ms, y = ((const struct kernel_row *)b)->ms;
    return (x < y) - (x > y);
}

/* Fills the next table with the times of all kernels that were called. */
static int read_table(struct bench *b, int rounds, struct ag_error *err)
{
    struct kernel_table *table = &b->table[b->tables++];
    table->row = calloc((size_t)b->program->kernels + 1, sizeof *table->row);
    if (!table->row) return no_memory(err);
    for (int i = 0; i < b->program->kernels; i++) {
        const struct ag_kernel *kernel = &b->program->kernel[i];
        const struct ag_kernel_time account = ag_profile_read(i);
        if (!account.calls) continue;
        struct kernel_row *row = &table->row[table->rows++];
        row->name = kernel->name;
        row->ms = account.seconds * 1e3 / rounds;
        row->gflop = kernel->flop * (double)account.units * 1e-9 / rounds;
        row->gb = kernel->bytes * (double)account.calls * 1e-9 / rounds;
        row->calls = (double)account.calls / rounds;
        table->ms += row->ms;
    }
    qsort(table->row, (size_t)table->rows, sizeof *table->row, slower);
    return 0;
}

/* Profiles rounds of the phases first to end - 1, several for stable times. */
static int profile_rounds(struct bench *b, int first, int end, struct ag_error *err)
{
    const int rounds = b->runs < PROFILED ? b->runs : PROFILED;
    int status = ag_profile_begin(b->program->kernels, err);
    for (int i = 0; !status && i < rounds; i++)
        for (int p = first; p < end; p++) {
            draw_inputs(b, b->phase[p]);
            run_phase(b, b->phase[p]);
        }
    ag_profiling = 0;
    if (!status) status = read_table(b, rounds, err);
    ag_profile_end();
    return status;
}

/* Profiles the phases. per_phase: makes a table for each phase, else one table for a round of all. On the CPU profiling
 * costs almost nothing. A device must launch the kernels one by one to time them, so it is profiled only if per_phase
 * is set. */
static int profile_phases(struct bench *b, int per_phase, struct ag_error *err)
{
    int status = 0;
    if (!per_phase) return ag_device ? 0 : profile_rounds(b, 0, b->profiled, err);
    for (int p = 0; !status && p < b->profiled; p++) status = profile_rounds(b, p, p + 1, err);
    return status ? status : ag_download(b->block[AG_OUT], 1, err);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, by_value);
    return (value[(n - 1) / 2] + value[n / 2]) / 2;
}

/* ---------------------------------------------------------------- reports */

static void print_phases(const struct bench *b)
{
    printf("%s, %d thread%s, multiply-add peak %.1f GFLOP/s, arena %.1f MB\n\n", b->program->name, ag_threads(),
           ag_threads() == 1 ? "" : "s", b->peak, (double)b->program->arena_size * sizeof(real) / 1e6);
    printf("%-8s %10s %10s %10s %10s %7s\n", "phase", "ms", "GFLOP", "executed", "GFLOP/s", "share");
    for (int p = 0; p < b->phases; p++) {
        const struct ag_phase *phase = b->phase[p];
        double seconds = median(b->seconds[p], b->runs), rate = phase->flop * 1e-9 / seconds;
        printf("%-8s %10.3f %10.3f %10.3f %10.1f %6.1f%%\n", phase->name, seconds * 1e3, phase->flop * 1e-9,
               phase->flop_executed * 1e-9, rate, 100 * median(b->share[p], b->runs));
    }
}

/* Prints a rate in a column of 10 characters, or a dash if the amount of work is unknown. */
static void print_rate(double work, double ms)
{
    if (work > 0 && ms > 0)
        printf(" %10.1f", work * 1e3 / ms);
    else
        printf(" %10s", "-");
}

/* Prints the slowest kernels of a round of all phases. */
static void print_kernels(const struct kernel_table *table, double thread_peak)
{
    printf("\n%-44s %9s %10s %7s %10s %7s\n", "kernel (thread time of a round of phases)", "calls", "ms", "time",
           "GFLOP/s", "share");
    for (int i = 0; i < table->rows && i < SHOWN; i++) {
        const struct kernel_row *row = &table->row[i];
        const double rate = row->ms > 0 ? row->gflop * 1e3 / row->ms : 0;
        printf("%-44s %9.0f %10.3f %6.1f%%", row->name, row->calls, row->ms, 100 * row->ms / table->ms);
        print_rate(row->gflop, row->ms);
        if (rate > 0)
            printf(" %6.1f%%\n", 100 * rate / thread_peak);
        else
            printf(" %7s\n", "-");
    }
    if (table->rows > SHOWN) printf("and %d more\n", table->rows - SHOWN);
}

/* Prints all kernels of one phase. */
static void print_phase_kernels(const struct kernel_table *table, const char *phase)
{
    printf("\nphase %s, %s: %.3f ms\n", phase, ag_device ? "its kernels launched one by one" : "thread time",
           table->ms);
    printf("%-44s %9s %10s %7s %10s %10s\n", "kernel", "calls", "ms", "time", "GFLOP/s", "GB/s");
    for (int i = 0; i < table->rows; i++) {
        const struct kernel_row *row = &table->row[i];
        printf("%-44s %9.0f %10.3f %6.1f%%", row->name, row->calls, row->ms, 100 * row->ms / table->ms);
        print_rate(row->gflop, row->ms);
        print_rate(row->gb, row->ms);
        printf("\n");
    }
}

static void print_text(const struct bench *b, int per_phase)
{
    print_phases(b);
    for (int i = 0; i < b->tables; i++)
        if (per_phase)
            print_phase_kernels(&b->table[i], b->phase[i]->name);
        else
            print_kernels(&b->table[i], b->peak / ag_threads());
}

static void print_json_kernels(const struct kernel_table *table, double thread_peak)
{
    printf(", \"kernels\": [");
    for (int i = 0; table && i < table->rows; i++) {
        const struct kernel_row *row = &table->row[i];
        printf("%s{\"name\": \"%s\", \"calls\": %.6g, \"ms\": %.6g, \"gflop\": %.6g, \"gb\": %.6g, "
               "\"share\": %.4f}",
               i ? ", " : "", row->name, row->calls, row->ms, row->gflop, row->gb,
               row->ms > 0 ? row->gflop * 1e3 / row->ms / thread_peak : 0);
    }
    printf("]");
}

static void print_json(const struct bench *b, int per_phase)
{
    const double thread_peak = ag_device ? b->peak : b->peak / ag_threads();
    printf("{\"peak_gflops\": %.6g, \"arena_bytes\": %ld, \"threads\": %d, \"phases\": {", b->peak,
           b->program->arena_size * (long)sizeof(real), ag_threads());
    for (int p = 0; p < b->phases; p++) {
        const struct ag_phase *phase = b->phase[p];
        double seconds = median(b->seconds[p], b->runs), rate = phase->flop * 1e-9 / seconds;
        printf("%s\"%s\": {\"ms\": %.6g, \"gflop\": %.9g, \"gflop_executed\": %.9g, \"gflops\": %.6g, \"share\": %.4f",
               p ? ", " : "", phase->name, seconds * 1e3, phase->flop * 1e-9, phase->flop_executed * 1e-9, rate,
               median(b->share[p], b->runs));
        if (per_phase && p < b->profiled) print_json_kernels(&b->table[p], thread_peak);
        printf("}");
    }
    printf("}");
    if (!per_phase) print_json_kernels(b->tables ? &b->table[0] : NULL, thread_peak);
    printf("}\n");
}

int ag_bench(const struct ag_program *program, const struct ag_options *options, struct ag_error *err)
{
    struct bench b;
    memset(&b, 0, sizeof b);
    b.program = program;
    int status = set_up(&b, (int)options->bench, err);
    if (!status) status = measure_phases(&b, err);
    if (!status) status = profile_phases(&b, options->kernels, err);
    if (!status) {
        if (options->json)
            print_json(&b, options->kernels);
        else
            print_text(&b, options->kernels);
    }
    tear_down(&b);
    return status;
}
