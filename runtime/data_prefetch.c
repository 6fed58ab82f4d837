/*
 * Prefetch of batches. Each half has a window of RING batches, which follow the last batch that was taken. Threads fill
 * the window, and the training thread copies from it. What a batch contains is decided by ag_make_batch alone, so
 * prefetching changes only when a batch is made.
 */
#define _POSIX_C_SOURCE 200809L
#include "data.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define RING 4

enum slot_state { EMPTY, BUSY, READY };

struct slot {
    enum slot_state state;
    int stale; /* 1 in a BUSY slot: the batch isn't needed any more */
    int batch;
    long index;
    real *pixels; /* [batch, size, size, channels] */
    size_t reals; /* allocated size of pixels */
    int status;
    struct ag_error err;
};

/* The window covers the batches wanted..wanted+RING-1. Batch i is in slot i % RING. The batches before `next` are made
 * or being made. */
struct window {
    int batch; /* 0: this half was never asked for */
    long wanted, next;
    struct slot ring[RING];
};

struct ag_prefetch {
    struct ag_data *data;
    long picture_reals;
    pthread_mutex_t lock; /* guards the fields below, except pixels. Those of a BUSY slot belong to the thread that
                             fills it, those of a READY slot to the training thread */
    pthread_cond_t work, done;
    struct window window[2];
    int stop, threads;
    pthread_t *thread;
};

static struct slot *slot_of(struct window *window, long index)
{
    return &window->ring[index % RING];
}

static int has_work(struct window *window)
{
    return window->batch && window->next < window->wanted + RING && slot_of(window, window->next)->state == EMPTY;
}

/* The half that has work and the fewest prefetched batches. -1 if neither half has work. */
static int most_urgent(struct ag_prefetch *prefetch)
{
    int best = -1;
    long least = RING;
    for (int half = 0; half < 2; half++) {
        struct window *window = &prefetch->window[half];
        if (!has_work(window) || window->next - window->wanted >= least) continue;
        least = window->next - window->wanted;
        best = half;
    }
    return best;
}

static int stopping(void *context)
{
    struct ag_prefetch *prefetch = context;
    pthread_mutex_lock(&prefetch->lock);
    int stop = prefetch->stop;
    pthread_mutex_unlock(&prefetch->lock);
    return stop;
}

static int fit_pixels(struct slot *slot, size_t reals)
{
    if (slot->reals >= reals) return 0;
    free(slot->pixels);
    slot->pixels = malloc(reals * sizeof(real));
    slot->reals = slot->pixels ? reals : 0;
    return slot->pixels ? 0 : ag_fail(&slot->err, 1, "data: no memory for a batch of %d", slot->batch);
}

/* Fills the next slot of a half. The lock is held at the call and at the return, but not in between. */
static void fill_slot(struct ag_prefetch *prefetch, struct ag_batch_maker *maker, int half)
{
    struct window *window = &prefetch->window[half];
    long index = window->next++;
    struct slot *slot = slot_of(window, index);
    slot->state = BUSY;
    slot->stale = 0;
    slot->batch = window->batch;
    slot->index = index;
    pthread_mutex_unlock(&prefetch->lock);
    int status = fit_pixels(slot, (size_t)slot->batch * (size_t)prefetch->picture_reals);
    if (!status) status = ag_make_batch(maker, half, slot->batch, index, slot->pixels, &slot->err, stopping, prefetch);
    pthread_mutex_lock(&prefetch->lock);
    slot->status = status;
    slot->state = slot->stale ? EMPTY : READY;
    pthread_cond_broadcast(&prefetch->done);
    if (slot->stale) pthread_cond_broadcast(&prefetch->work);
}

static void *work(void *context)
{
    struct ag_prefetch *prefetch = context;
    struct ag_batch_maker maker;
    if (ag_batch_maker_init(&maker, prefetch->data)) return NULL; /* then ag_prefetch_batch makes batches itself */
    pthread_mutex_lock(&prefetch->lock);
    while (!prefetch->stop) {
        int half = most_urgent(prefetch);
        if (half < 0)
            pthread_cond_wait(&prefetch->work, &prefetch->lock);
        else
            fill_slot(prefetch, &maker, half);
    }
    pthread_mutex_unlock(&prefetch->lock);
    ag_batch_maker_free(&maker);
    return NULL;
}

static void discard(struct slot *slot)
{
    if (slot->state == READY) slot->state = EMPTY;
    slot->stale = 1;
}

/* Moves the window to the batches after `index`. Discards the batches before `index` or, if batch `index` isn't made or
 * being made, all batches. */
static void move_window(struct window *window, int batch, long index)
{
    int begun = window->batch == batch && index >= window->wanted && index < window->next;
    for (int i = 0; i < RING; i++)
        if (!begun || window->ring[i].index < index) discard(&window->ring[i]);
    if (!begun) window->next = index + 1;
    window->batch = batch;
    window->wanted = index + 1;
}

int ag_prefetch_batch(struct ag_prefetch *prefetch, struct ag_batch_maker *maker, int half, int batch, long index,
                      real *out, struct ag_error *err)
{
    struct window *window = &prefetch->window[half];
    pthread_mutex_lock(&prefetch->lock);
    int begun = window->batch == batch && index >= window->wanted && index < window->next;
    struct slot *slot = slot_of(window, index);
    while (begun && slot->state == BUSY) pthread_cond_wait(&prefetch->done, &prefetch->lock);
    move_window(window, batch, index);
    pthread_cond_broadcast(&prefetch->work);
    pthread_mutex_unlock(&prefetch->lock);
    if (!begun) return ag_make_batch(maker, half, batch, index, out, err, NULL, NULL);

    /* The slot is READY. No thread writes to it until it is EMPTY. */
    int status = slot->status;
    if (status)
        *err = slot->err;
    else
        memcpy(out, slot->pixels, (size_t)batch * (size_t)prefetch->picture_reals * sizeof(real));
    pthread_mutex_lock(&prefetch->lock);
    slot->state = EMPTY;
    pthread_cond_broadcast(&prefetch->work);
    pthread_mutex_unlock(&prefetch->lock);
    return status;
}

/* All signals are blocked in these threads, so that the training thread receives them. */
static void start_threads(struct ag_prefetch *prefetch, int threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (prefetch->threads < threads && !pthread_create(&prefetch->thread[prefetch->threads], NULL, work, prefetch))
        prefetch->threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct ag_prefetch *ag_prefetch_start(struct ag_data *data, int threads, long picture_reals)
{
    struct ag_prefetch *prefetch = calloc(1, sizeof *prefetch);
    if (!prefetch) return NULL;
    prefetch->data = data;
    prefetch->picture_reals = picture_reals;
    prefetch->thread = calloc((size_t)threads, sizeof *prefetch->thread);
    pthread_mutex_init(&prefetch->lock, NULL);
    pthread_cond_init(&prefetch->work, NULL);
    pthread_cond_init(&prefetch->done, NULL);
    if (prefetch->thread) start_threads(prefetch, threads);
    if (prefetch->threads) return prefetch;
    ag_prefetch_stop(prefetch);
    return NULL;
}

void ag_prefetch_stop(struct ag_prefetch *prefetch)
{
    if (!prefetch) return;
    pthread_mutex_lock(&prefetch->lock);
    prefetch->stop = 1;
    pthread_cond_broadcast(&prefetch->work);
    pthread_mutex_unlock(&prefetch->lock);
    for (int i = 0; i < prefetch->threads; i++) pthread_join(prefetch->thread[i], NULL);
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < RING; i++) free(prefetch->window[half].ring[i].pixels);
    pthread_mutex_destroy(&prefetch->lock);
    pthread_cond_destroy(&prefetch->work);
    pthread_cond_destroy(&prefetch->done);
    free(prefetch->thread);
    free(prefetch);
}
