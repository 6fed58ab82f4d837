/* Draw workers: threads that draw different pictures, independently of one another. */
#include "ag.h"
#include <stdlib.h>
#include <string.h>

/* Highest memory of all workers together. Pictures that need more are drawn one by one, each by all threads. */
#define MAX_BYTES (512L << 20)

static const int written[] = {AG_IN, AG_OUT, AG_ARENA}; /* the blocks that a phase writes, except AG_SCRATCH */
enum { WRITTEN = sizeof written / sizeof *written };

static int count_workers(const struct ag_program *program, const struct ag_phase *phase, long pictures)
{
    const long bytes = (program->in_size + program->out_size + program->arena_size) * (long)sizeof(real);
    if (ag_device || phase->batch > 1 || bytes > MAX_BYTES / ag_threads()) return 1;
    return pictures < ag_threads() ? 1 : ag_threads();
}

/* Closes all workers except the first, whose kernels all threads then share. */
static void close_others(struct ag_draw_workers *workers)
{
    for (int i = 1; i < workers->count; i++)
        for (int k = 0; k < WRITTEN; k++) {
            ag_free(workers->block[i][written[k]]);
            workers->block[i][written[k]] = NULL;
        }
    workers->count = 1;
}

int ag_draw_workers_open(struct ag_draw_workers *workers, const struct ag_program *program,
                         const struct ag_phase *phase, real *const block[AG_BLOCKS], long pictures,
                         struct ag_error *err)
{
    const long size[WRITTEN] = {program->in_size, program->out_size, program->arena_size};
    const int count = count_workers(program, phase, pictures);
    workers->per_worker = phase->max_pictures && !ag_device ? phase->max_pictures : 1;
    workers->block = calloc((size_t)count, sizeof *workers->block);
    workers->count = workers->block ? count : 0;
    if (!workers->block) return ag_fail(err, 1, "out of memory for %d threads", count);
    memcpy(workers->block[0], block, sizeof *workers->block);
    for (int i = 1; i < count; i++) {
        memcpy(workers->block[i], block, sizeof *workers->block);
        for (int k = 0; k < WRITTEN; k++) workers->block[i][written[k]] = NULL;
        int allocated = 1;
        for (int k = 0; k < WRITTEN && allocated; k++)
            allocated = (workers->block[i][written[k]] = ag_reals(size[k], err)) != NULL;
        if (!allocated) return close_others(workers), 0;
    }
    return 0;
}

void ag_draw_workers_close(struct ag_draw_workers *workers)
{
    for (int i = 1; i < workers->count; i++)
        for (int k = 0; k < WRITTEN; k++) ag_free(workers->block[i][written[k]]);
    free(workers->block);
    memset(workers, 0, sizeof *workers);
}

int ag_draw_workers_round(const struct ag_draw_workers *workers, long pictures)
{
    const long capacity = (long)workers->count * workers->per_worker;
    return (int)(pictures < workers->count ? 1 : pictures < capacity ? pictures : capacity);
}

int ag_draw_workers_first(const struct ag_draw_workers *workers, int pictures, int worker)
{
    const int share = pictures < workers->count ? 1 : workers->count;
    return pictures * worker / share;
}

struct draw_round {
    const struct ag_draw_workers *workers;
    const struct ag_phase *phase;
    int pictures;
};

static void draw_share(void *context, int task, int thread)
{
    const struct draw_round *round = context;
    const struct ag_draw_workers *workers = round->workers;
    const int first = ag_draw_workers_first(workers, round->pictures, task);
    const int n = ag_draw_workers_first(workers, round->pictures, task + 1) - first;
    (void)thread;
    if (workers->per_worker > 1)
        round->phase->run_pictures(workers->block[task], n);
    else
        ag_run(round->phase, workers->block[task]);
}

void ag_draw_round(const struct ag_draw_workers *workers, const struct ag_phase *phase, int pictures)
{
    struct draw_round round = {workers, phase, pictures};
    if (pictures < workers->count || workers->count == 1)
        draw_share(&round, 0, 0); /* outside a parallel loop, where all threads share each kernel */
    else
        ag_parallel(workers->count, draw_share, &round);
}
