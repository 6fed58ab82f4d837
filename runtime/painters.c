/* Draw workers: threads that each draw pictures of their own and don't wait for one another. */
#include "ag.h"
#include <stdlib.h>
#include <string.h>

/* Most memory that all workers together may take. Larger pictures are better drawn one by one, by all threads. */
#define MOST_BYTES (512L << 20)

static const int own[] = {AG_IN, AG_OUT, AG_ARENA}; /* what a phase writes, besides AG_SCRATCH */
enum { OWN = sizeof own / sizeof *own };

static int count_painters(const struct ag_program *program, const struct ag_phase *phase, long pictures)
{
    const long bytes = (program->in_size + program->out_size + program->arena_size) * (long)sizeof(real);
    if (ag_device || phase->batch > 1 || bytes > MOST_BYTES / ag_threads()) return 1;
    return pictures < ag_threads() ? 1 : ag_threads();
}

/* Keeps the first worker only; all threads help it. */
static void close_others(struct ag_painters *painters)
{
    for (int i = 1; i < painters->count; i++)
        for (int k = 0; k < OWN; k++) {
            ag_free(painters->block[i][own[k]]);
            painters->block[i][own[k]] = NULL;
        }
    painters->count = 1;
}

int ag_painters_open(struct ag_painters *painters, const struct ag_program *program, const struct ag_phase *phase,
                     real *const block[AG_BLOCKS], long pictures, struct ag_error *err)
{
    const long size[OWN] = {program->in_size, program->out_size, program->arena_size};
    const int count = count_painters(program, phase, pictures);
    painters->each = phase->pictures && !ag_device ? phase->pictures : 1;
    painters->block = calloc((size_t)count, sizeof *painters->block);
    painters->count = painters->block ? count : 0;
    if (!painters->block) return ag_fail(err, 1, "out of memory for %d threads", count);
    memcpy(painters->block[0], block, sizeof *painters->block);
    for (int i = 1; i < count; i++) {
        memcpy(painters->block[i], block, sizeof *painters->block);
        for (int k = 0; k < OWN; k++) painters->block[i][own[k]] = NULL;
        int room = 1;
        for (int k = 0; k < OWN && room; k++) room = (painters->block[i][own[k]] = ag_reals(size[k], err)) != NULL;
        if (!room) return close_others(painters), 0;
    }
    return 0;
}

void ag_painters_close(struct ag_painters *painters)
{
    for (int i = 1; i < painters->count; i++)
        for (int k = 0; k < OWN; k++) ag_free(painters->block[i][own[k]]);
    free(painters->block);
    memset(painters, 0, sizeof *painters);
}

int ag_painters_room(const struct ag_painters *painters, long pictures)
{
    const long room = (long)painters->count * painters->each;
    return (int)(pictures < painters->count ? 1 : pictures < room ? pictures : room);
}

int ag_painters_first(const struct ag_painters *painters, int pictures, int painter)
{
    const int share = pictures < painters->count ? 1 : painters->count;
    return pictures * painter / share;
}

struct draw_round {
    const struct ag_painters *painters;
    const struct ag_phase *phase;
    int pictures;
};

static void draw_share(void *context, int task, int thread)
{
    const struct draw_round *round = context;
    const struct ag_painters *painters = round->painters;
    const int first = ag_painters_first(painters, round->pictures, task);
    const int n = ag_painters_first(painters, round->pictures, task + 1) - first;
    (void)thread;
    if (painters->each > 1)
        round->phase->many(painters->block[task], n);
    else
        ag_run(round->phase, painters->block[task]);
}

void ag_paint(const struct ag_painters *painters, const struct ag_phase *phase, int pictures)
{
    struct draw_round round = {painters, phase, pictures};
    if (pictures < painters->count || painters->count == 1)
        draw_share(&round, 0, 0); /* all threads share each kernel */
    else
        ag_parallel(painters->count, draw_share, &round);
}
