/*
 * Blocks and warps. Host threads take blocks one after another; a block's warps run one after another, each until all
 * its lanes stand at a barrier or have exited.
 */
#include "engine.h"
#include "check.h"
#include "decode.h"
#include "memory.h"
#include "report.h"
#include "settings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORKERS = 256 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    worker *workers[MAX_WORKERS];
    int started, busy;
    uint64_t generation;
    launch *launch;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .begin = PTHREAD_COND_INITIALIZER, .end = PTHREAD_COND_INITIALIZER};

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* A permutation of n: element k, by an order or a seed. */
static uint64_t permuted(const launch *l, uint64_t k, uint64_t n, uint64_t salt)
{
    if (l->order == ORDER_BACKWARD) return n - 1 - k;
    if (l->order == ORDER_FORWARD || n < 3) return k;
    /* multiplication by a number without a common factor, then a rotation */
    uint64_t step = mix(l->seed + salt) % n | 1;
    for (;; step = step % n + 2) {
        uint64_t a = n, b = step;
        while (b) {
            const uint64_t rest = a % b;
            a = b, b = rest;
        }
        if (a == 1) break;
    }
    return (uint64_t)(((unsigned __int128)k * step + mix(l->seed ^ salt) % n) % n);
}

static void *room(void *old, size_t *has, size_t wanted)
{
    if (*has >= wanted && old) return old;
    free(old);
    *has = (wanted + 4095) / 4096 * 4096;
    void *p = aligned_alloc(4096, *has);
    if (!p) abort();
    memset(p, 0, *has);
    return p;
}

static uint32_t thread_index(const launch *l, int thread, int axis)
{
    const uint32_t t = (uint32_t)thread;
    return axis == 0 ? t % l->block[0] : axis == 1 ? t / l->block[0] % l->block[1] : t / l->block[0] / l->block[1];
}

enum {
    TID,
    NTID,
    CTAID,
    NCTAID,
    LANEID,
    WARPID,
    NWARPID,
    NSMID,
    SMID,
    DYNAMIC_SIZE,
    TOTAL_SIZE,
    MASK_EQ,
    MASK_LT,
    MASK_LE,
    MASK_GT,
    MASK_GE,
    PARAMS,
    OTHER
};

static int special_number(const char *name, int *axis)
{
    static const char *const names[] = {
        "%tid.",        "%ntid.",       "%ctaid.",      "%nctaid.",           "%laneid",          "%warpid",
        "%nwarpid",     "%nsmid",       "%smid",        "%dynamic_smem_size", "%total_smem_size", "%lanemask_eq",
        "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge",       "%params"};
    *axis = name[strlen(name) - 1] - 'x';
    for (int k = 0; k < OTHER; k++)
        if (!strncmp(name, names[k], strlen(names[k]))) return k;
    return OTHER;
}

static uint32_t special_value(const worker *k, int special, int axis, int warp_index, int lane)
{
    const launch *l = k->launch;
    const uint32_t own = 1u << lane, below = own - 1;
    switch (special) {
    case TID:
        return thread_index(l, warp_index * LANES + lane, axis);
    case NTID:
        return l->block[axis];
    case CTAID:
        return k->ctaid[axis];
    case NCTAID:
        return l->grid[axis];
    case LANEID:
        return (uint32_t)lane;
    case WARPID:
        return (uint32_t)warp_index;
    case NWARPID:
        return (uint32_t)l->warps;
    case NSMID:
        return 132;
    case SMID:
        return (uint32_t)(k->block % 132);
    case DYNAMIC_SIZE:
        return (uint32_t)l->dynamic;
    case TOTAL_SIZE:
        return (uint32_t)k->shared.size;
    case MASK_EQ:
        return own;
    case MASK_LT:
        return below;
    case MASK_LE:
        return below | own;
    case MASK_GT:
        return ~(below | own);
    case MASK_GE:
        return ~below;
    default:
        return 0;
    }
}

static void fill(uint8_t *at, int bits, uint64_t value)
{
    for (int l = 0; l < LANES; l++)
        if (bits == 64)
            ((uint64_t *)(void *)at)[l] = value;
        else if (bits == 16)
            ((uint16_t *)(void *)at)[l] = (uint16_t)value;
        else
            ((uint32_t *)(void *)at)[l] = (uint32_t)value;
}

static void preset_launch(worker *k, warp *w)
{
    const program *p = k->launch->program;
    for (int n = 0; n < p->n_presets; n++) {
        const preset *s = &p->presets[n];
        uint8_t *at = w->file + s->offset;
        int axis = 0;
        const int special = s->special ? special_number(s->special, &axis) : OTHER;
        if (!s->special)
            fill(at, s->bits, s->value);
        else if (special == PARAMS)
            fill(at, 64, (uint64_t)(uintptr_t)k->launch->params + s->value + DEVICE_BIAS);
        else
            for (int l = 0; l < LANES; l++) ((uint32_t *)(void *)at)[l] = special_value(k, special, axis, w->index, l);
        if ((special == CTAID || special == SMID) && w->index == 0) {
            k->of_block[k->n_of_block].offset = s->offset;
            k->of_block[k->n_of_block].special = special;
            k->of_block[k->n_of_block++].axis = axis;
        }
    }
}

static void preset_block(worker *k, warp *w)
{
    for (int n = 0; n < k->n_of_block; n++)
        fill(w->file + k->of_block[n].offset, 32,
             special_value(k, k->of_block[n].special, k->of_block[n].axis, w->index, 0));
}

/* Shared memory and its tags, which all begin anew where it has to grow. */
static void prepare_shared(worker *k, size_t size)
{
    if (k->shared_room >= size + 64) return;
    free((void *)(uintptr_t)k->shared.base);
    free(k->shared.written);
    free(k->shared_read);
    size_t has[3] = {0};
    k->shared.base = (uint64_t)(uintptr_t)room(NULL, &has[0], size + 64);
    k->shared.written = room(NULL, &has[1], size + 64);
    k->shared_read = room(NULL, &has[2], size + 64);
    k->shared_room = has[0];
    k->next_shared_tag = 1;
}

static void prepare_worker(worker *k, launch *l)
{
    const program *p = l->program;
    const size_t file = (p->file_size + 64 + 4095) / 4096 * 4096 + 320;
    const size_t shared = ((p->shared_size + 15) & ~(size_t)15) + (size_t)l->dynamic;
    k->launch = l;
    k->files = room(k->files, &k->files_room, file * (size_t)l->warps);
    prepare_shared(k, shared);
    k->shared.size = l->dynamic ? shared : p->shared_size;
    k->shared.what = "shared memory";
    k->shared.read = l->check == CHECK_ALL ? k->shared_read : NULL;
    k->locals.base = (uint64_t)(uintptr_t)room((void *)(uintptr_t)k->locals.base, &k->locals_room,
                                               p->local_size * (size_t)l->warps * LANES + 64);
    k->locals.size = p->local_size * (size_t)l->warps * LANES;
    k->locals.what = "local memory";
    memset(k->recent, 0, sizeof k->recent);
    k->n_of_block = 0;
    for (int n = 0; n < l->warps; n++) {
        warp *w = &k->warps[n];
        w->file = k->files + file * (size_t)n;
        w->insns = p->insns;
        w->worker = k;
        w->index = n;
        w->thread_insns = w->bytes_read = w->bytes_written = 0;
        w->sectors = (traffic){0, 0, 0};
        w->local = k->locals.base + p->local_size * LANES * (size_t)n;
        preset_launch(k, w);
    }
}

/* A new time, at the block's start and at each of its barriers. */
static void next_time(worker *k)
{
    const int races = k->launch->check == CHECK_ALL;
    if (k->next_shared_tag >= TAG_TIMES) {
        memset(k->shared.written, 0, k->shared_room);
        memset(k->shared_read, 0, k->shared_room);
        k->next_shared_tag = 1;
    }
    tag_clock *shared = &k->clock[1], *global = &k->clock[0];
    if (races || !shared->phase) shared->phase = k->next_shared_tag++ << THREAD_BITS;
    shared->from = races ? shared->phase : TAG_PENDING;
    shared->many = shared->phase | THREAD_MANY;
    if (!races) {
        *global = (tag_clock){.fresh = 1, .from = TAG_PENDING, .phase = TAG_WRITTEN};
        return;
    }
    const uint32_t time = check_time(k->launch, k->block);
    *global = (tag_clock){
        .fresh = 1, .from = k->launch->tags_from & ~(uint32_t)THREAD_MANY, .phase = time, .many = k->launch->tags_from};
    if (!time) global->from = TAG_PENDING, global->phase = 1u << THREAD_BITS;
    for (int n = 0; n < k->launch->warps; n++) k->warps[n].synced = 0;
}

static void begin_block(worker *k, uint64_t block)
{
    const launch *l = k->launch;
    k->block = block;
    k->ctaid[0] = (uint32_t)(block % l->grid[0]);
    k->ctaid[1] = (uint32_t)(block / l->grid[0] % l->grid[1]);
    k->ctaid[2] = (uint32_t)(block / l->grid[0] / l->grid[1]);
    if (k->shared.size) memset((void *)(uintptr_t)k->shared.base, 0xff, k->shared.size);
    if (k->locals.size) memset((void *)(uintptr_t)k->locals.base, 0xff, k->locals.size);
    k->clock[1].phase = 0;
    next_time(k);
    k->clock[1].fresh = k->clock[1].phase;
    memset(k->barriers, 0, sizeof k->barriers);
    for (int n = 0; n < l->warps; n++) {
        warp *w = &k->warps[n];
        const int threads = l->threads - n * LANES;
        w->all = w->alive = w->waiting = threads >= LANES ? ~0u : (1u << threads) - 1;
        w->at_barrier = w->collecting = w->active = w->guard_end = 0;
        w->next_pc = 0;
        w->steps = 0;
        w->n_copies = 0;
        w->synced = 0;
        memset(w->pc, 0, sizeof w->pc);
        memset(w->committed, 0, sizeof w->committed);
        preset_block(k, w);
    }
}

/* Each lane waits behind the instruction that brought it to the barrier. */
static void reduce_votes(worker *k, int id)
{
    const uint32_t votes = k->barriers[id].votes, expected = k->barriers[id].expected;
    for (int n = 0; n < k->launch->warps; n++) {
        warp *w = &k->warps[n];
        for (int l = 0; l < LANES; l++) {
            if (!(w->at_barrier >> l & 1) || w->barrier[l] != (uint32_t)id) continue;
            const insn *i = &w->insns[w->pc[l] - 1];
            if (i->op == BARRIER_POPC) FILE_AT(uint32_t, i->d[0])[l] = votes;
            if (i->op == BARRIER_AND) FILE_AT(uint32_t, i->d[0])[l] = votes == expected ? ~0u : 0;
            if (i->op == BARRIER_OR) FILE_AT(uint32_t, i->d[0])[l] = votes ? ~0u : 0;
        }
    }
}

/* Lets the lanes of a complete barrier go on; whether there was one. */
static int release(worker *k, int id)
{
    if (!k->barriers[id].expected || k->barriers[id].arrived < k->barriers[id].expected) return 0;
    if (k->barriers[id].reduces) reduce_votes(k, id);
    for (int n = 0; n < k->launch->warps; n++) {
        warp *w = &k->warps[n];
        uint32_t lanes = 0, least = w->next_pc;
        EACH_LANE
        {
            lanes |= -(uint32_t)(w->barrier[l] == (uint32_t)id) & 1u << l;
        }
        lanes &= w->at_barrier;
        EACH_LANE
        {
            const uint32_t pc = w->pc[l] | ((lanes >> l & 1) - 1);
            least = pc < least ? pc : least;
        }
        w->at_barrier &= ~lanes;
        w->waiting |= lanes;
        w->next_pc = least;
    }
    memset(&k->barriers[id], 0, sizeof k->barriers[id]);
    next_time(k);
    return 1;
}

static _Noreturn void report_deadlock(worker *k)
{
    int waiting = 0, exited = 0, line = 0, other = 0;
    warp *first = NULL;
    for (int n = 0; n < k->launch->warps; n++) {
        warp *w = &k->warps[n];
        waiting += __builtin_popcount(w->at_barrier);
        exited += __builtin_popcount(w->all & ~w->alive);
        for (int l = 0; l < LANES; l++) {
            if (!(w->at_barrier >> l & 1)) continue;
            const int at = k->launch->program->sources[w->insns[w->pc[l] - 1].source].line;
            if (!first) first = w, line = at;
            if (at != line && !other) other = at;
        }
    }
    const int lane = __builtin_ctz(first->at_barrier);
    const insn *i = &first->insns[first->pc[lane] - 1];
    if (other)
        fault(first, i, lane, 0,
              "barrier divergence: %d threads wait, some here and some at PTX line %d; %d have exited", waiting, other,
              exited);
    fault(first, i, lane, 0, "barrier divergence: %d threads wait here for ever; %d of %d have exited", waiting, exited,
          k->launch->threads);
}

/* Without checks, as on a device, those that have exited are not waited for. */
static int release_without_exited(worker *k)
{
    int alive = 0, waiting = 0;
    for (int n = 0; n < k->launch->warps; n++) {
        alive += __builtin_popcount(k->warps[n].alive);
        waiting += __builtin_popcount(k->warps[n].at_barrier);
    }
    if (k->launch->check || alive != waiting || !k->barriers[0].arrived) return 0;
    k->barriers[0].arrived = k->barriers[0].expected;
    return release(k, 0);
}

static void run_block(worker *k, uint64_t block)
{
    launch *l = k->launch;
    begin_block(k, block);
    for (uint64_t round = 0;; round++) {
        uint32_t alive = 0;
        for (int n = 0; n < l->warps; n++) {
            warp *w = &k->warps[permuted(l, (uint64_t)n, (uint64_t)l->warps, block * 131 + round)];
            if (w->waiting)
                for (const insn *i = warp_schedule(w); i;) i = i->run[w->partial](w, i);
        }
        for (int n = 0; n < l->warps; n++) alive |= k->warps[n].alive;
        if (!alive) return;
        int released = 0;
        for (int id = 0; id < BARRIERS; id++) released |= release(k, id);
        if (!released && !release_without_exited(k)) report_deadlock(k);
    }
}

static void run_blocks(worker *k, launch *l)
{
    prepare_worker(k, l);
    if (setjmp(k->escape)) {
        __atomic_store_n(&l->failed, 1, __ATOMIC_SEQ_CST);
        return;
    }
    for (;;) {
        const uint64_t n = __atomic_fetch_add(&l->next_block, 1, __ATOMIC_RELAXED);
        if (n >= l->blocks || __atomic_load_n(&l->failed, __ATOMIC_RELAXED)) break;
        run_block(k, permuted(l, n, l->blocks, 7));
    }
    for (int n = 0; n < l->warps; n++) {
        __atomic_fetch_add(&l->program->thread_insns, k->warps[n].thread_insns, __ATOMIC_RELAXED);
        __atomic_fetch_add(&l->program->bytes_read, k->warps[n].bytes_read, __ATOMIC_RELAXED);
        __atomic_fetch_add(&l->program->bytes_written, k->warps[n].bytes_written, __ATOMIC_RELAXED);
        __atomic_fetch_add(&l->program->sectors.read, k->warps[n].sectors.read, __ATOMIC_RELAXED);
        __atomic_fetch_add(&l->program->sectors.written, k->warps[n].sectors.written, __ATOMIC_RELAXED);
        __atomic_fetch_add(&l->program->sectors.requested, k->warps[n].sectors.requested, __ATOMIC_RELAXED);
    }
}

static worker *new_worker(void)
{
    worker *k = aligned_alloc(64, (sizeof *k + 63) / 64 * 64);
    if (!k) abort();
    memset(k, 0, sizeof *k);
    return k;
}

static void *helper(void *argument)
{
    worker *k = argument;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (pool.generation == seen) pthread_cond_wait(&pool.begin, &pool.lock);
        seen = pool.generation;
        launch *l = pool.launch;
        pthread_mutex_unlock(&pool.lock);
        run_blocks(k, l);
        pthread_mutex_lock(&pool.lock);
        if (!--pool.busy) pthread_cond_signal(&pool.end);
    }
    return NULL;
}

static void start_pool(int threads)
{
    while (pool.started < threads && pool.started < MAX_WORKERS) {
        pool.workers[pool.started] = new_worker();
        pthread_t thread;
        if (pool.started && pthread_create(&thread, NULL, helper, pool.workers[pool.started])) return;
        if (pool.started) pthread_detach(thread);
        pool.started++;
    }
}

int engine_run(launch *l)
{
    static uint32_t launches; /* the driver's lock is held */
    const program *p = l->program;
    l->number = ++launches;
    start_pool(settings()->threads > 0 ? settings()->threads : 1);
    l->tags_from = l->check == CHECK_ALL ? check_begin() : 0;
    l->blocks = (uint64_t)l->grid[0] * l->grid[1] * l->grid[2];
    l->program->launches++;
    l->program->blocks += l->blocks;
    l->program->threads += l->blocks * (uint64_t)l->threads;
    const int alone =
        pool.started == 1 || l->blocks == 1 || l->blocks * (uint64_t)l->warps * (uint64_t)p->n_insns < 4000;
    if (!alone) {
        pthread_mutex_lock(&pool.lock);
        pool.launch = l;
        pool.busy = pool.started - 1;
        pool.generation++;
        pthread_cond_broadcast(&pool.begin);
        pthread_mutex_unlock(&pool.lock);
    }
    run_blocks(pool.workers[0], l);
    if (!alone) {
        pthread_mutex_lock(&pool.lock);
        while (pool.busy) pthread_cond_wait(&pool.end, &pool.lock);
        pthread_mutex_unlock(&pool.lock);
    }
    return l->failed;
}
