/* Prepares the weights that a generator is to carry. The runtime's reader reads them; the program's own function
 * `prepare`, run in memory, computes AG_FIXED from them. */
#include "emit.h"
#include "in_memory.h"
#include "../../runtime/cuda/driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Replaces the n reals at `both` by numbers of two bytes in the same memory, and prints the rounding error. Returns 0,
 * or 2 if a real is too large for the type. */
static int halve(enum ag_dtype type, float *both, long n, const char *path, struct ag_error *err)
{
    const double most = type == AG_F16 ? 65504 : 0x1.fep127;
    for (long i = 0; i < n; i++)
        if (fabs(both[i]) > most)
            return ag_fail(
                err, 2, "%s: %g among what the generator makes of these weights is more than --weights-type %s holds",
                path, both[i], type == AG_F16 ? "fp16" : "bf16");
    ag_u16 *half = mem_checked(malloc((size_t)n * sizeof *half));
    float *back = mem_checked(malloc((size_t)n * sizeof *back));
    double square = 0, error = 0, largest = 0;
    long worst = -1; /* index of the number with the largest error; -1: there is no error */
    ag_to_half(type, both, n, half);
    ag_from_half(type, half, n, back);
    for (long i = 0; i < n; i++) {
        const double x = both[i], d = fabs(x - back[i]);
        square += x * x;
        error += d * d;
        if (d <= largest) continue;
        largest = d;
        worst = i;
    }
    printf("weights in two bytes each: relative error %.2g (root mean square)", square > 0 ? sqrt(error / square) : 0);
    if (worst >= 0)
        printf("; furthest off is %.6g as %.6g, a relative error of %.2g", both[worst], back[worst],
               largest / fabs(both[worst]));
    printf("\n");
    for (long i = 0; i < n; i++) ((ag_u16 *)both)[i] = half[i];
    free(half);
    free(back);
    return 0;
}

/* Reads the blocks AG_G, then AG_STAT, from the file into `both`. */
static int read_file(const struct ag_program *program, const char *path, float *both, struct ag_error *err)
{
    real *block[AG_BLOCKS] = {NULL};
    block[AG_G] = both;
    block[AG_STAT] = both + program->block[AG_G].size;
    return ag_generator_load(program, path, 0, block, err);
}

static double *new_block(struct mem *mem, long n)
{
    return mem_alloc(mem, ((size_t)n + 1) * sizeof(double));
}

/* Computes the block AG_FIXED from the weights, with the program's function for that. */
static void prepare(const struct ag_program *program, const float *both, struct mem *mem, float *fixed)
{
    const long g = program->block[AG_G].size, statistics = program->block[AG_STAT].size;
    double *block[AG_BLOCKS] = {NULL};
    block[AG_G] = new_block(mem, g);
    block[AG_STAT] = new_block(mem, statistics);
    block[AG_FIXED] = new_block(mem, program->fixed_size);
    block[AG_ARENA] = new_block(mem, program->arena_size);
    block[AG_SCRATCH] = new_block(mem, program->scratch_size * ag_threads());
    for (long i = 0; i < g; i++) block[AG_G][i] = both[i];
    for (long i = 0; i < statistics; i++) block[AG_STAT][i] = both[g + i];
    if (program->prepare) program->prepare((real *const *)block);
    for (long i = 0; i < program->fixed_size; i++) fixed[i] = (float)block[AG_FIXED][i];
}

/* x - x is 0 for finite x, else NaN. */
static int all_finite(const float *values, long n)
{
    long wrong = 0;
    for (long i = 0; i < n; i++) wrong += values[i] - values[i] != 0;
    return !wrong;
}

int run_carry(const struct model *m, const struct emission *e, const char *path, struct mem *mem,
              struct carried *carried, struct ag_error *err)
{
    struct loaded *loaded = NULL;
    const struct table *g = &m->block[AG_G], *statistics = &m->block[AG_STAT];
    const struct ag_program tables = {.genotype = e->genotype,
                                      .block[AG_G] = {g->tensor, g->count, g->size},
                                      .block[AG_STAT] = {statistics->tensor, statistics->count, statistics->size}};
    long n = g->size + statistics->size;
    float *both = mem_alloc(mem, ((size_t)n + 1) * sizeof *both), *values = both;
    int status = read_file(&tables, path, both, err);
    carried->ready = e->target->ready;
    if (!status && carried->ready) {
        struct emission all = *e;
        all.carried.ready = 1;
        status = run_load_model(m, &all, &loaded, err);
    }
    if (!status && carried->ready) {
        n = loaded->program->fixed_size;
        values = mem_alloc(mem, ((size_t)n + 1) * sizeof *values);
        prepare(loaded->program, both, mem, values);
        if (!all_finite(values, n))
            status = ag_fail(err, 2,
                             "%s: what the generator makes of these weights is infinite or NaN, as of a variance "
                             "below 0 or of numbers near the largest there are",
                             path);
    }
    run_unload(loaded);
    if (status) return status;
    if (carried->type != AG_F32 && halve(carried->type, values, n, path, err)) return 2;
    carried->bytes = (size_t)n * (carried->type == AG_F32 ? 4 : 2);
    carried->values = values;
    return 0;
}

int run_ptx(const char *source, char **ptx, struct ag_error *err)
{
    return ag_nvrtc_ptx(source, 80, ptx, err);
}
