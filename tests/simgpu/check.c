#include "check.h"
#include "memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint32_t next_time = 1;
static uint32_t owners[TAG_TIMES + 2]; /* the block of each time */

uint32_t check_time(const launch *l, uint64_t block)
{
    (void)l;
    const uint32_t time = atomic_fetch_add_explicit(&next_time, 1, memory_order_relaxed);
    if (time >= TAG_TIMES) {
        atomic_store(&next_time, TAG_TIMES);
        return 0;
    }
    owners[time] = (uint32_t)block;
    return time << THREAD_BITS;
}

uint32_t check_begin(void)
{
    if (atomic_load(&next_time) > TAG_TIMES / 2) {
        memory_forget_tags();
        atomic_store(&next_time, 1);
    }
    return check_time(NULL, UINT32_MAX) | THREAD_MANY;
}

static tag_clock *clock_of(const warp *w, const region *r)
{
    return &w->worker->clock[r == &w->worker->shared];
}

static uint32_t own_tag(const warp *w, const insn *i, int lane, const tag_clock *clock)
{
    return clock->phase | (i->flags & FLAG_ATOMIC   ? THREAD_ATOMIC
                           : i->flags & FLAG_NARROW ? THREAD_NARROW
                                                    : (uint32_t)(w->index * LANES + lane));
}

static uint32_t time_of(uint32_t tag)
{
    return tag >> THREAD_BITS;
}
static uint32_t thread_of(uint32_t tag)
{
    return tag & ((1u << THREAD_BITS) - 1);
}

/* Whether a tag is of this warp alone. */
static int of_warp(const warp *w, uint32_t tag)
{
    const uint32_t thread = thread_of(tag);
    return thread < THREADS_OF_WARP ? thread / LANES == (uint32_t)w->index
                                    : thread == THREADS_OF_WARP + (uint32_t)w->index;
}

/* Whether nothing orders the access of `tag` before the one of `own`. */
static int is_unordered(const warp *w, uint32_t tag, uint32_t own, const tag_clock *clock)
{
    if (tag < clock->from || tag == own) return 0;
    if (thread_of(tag) == THREAD_ATOMIC && thread_of(own) == THREAD_ATOMIC) return 0;
    if (thread_of(tag) == THREAD_NARROW && thread_of(own) == THREAD_NARROW) return 0;
    if (time_of(tag) == time_of(own))
        return thread_of(tag) != THREAD_NARROW && thread_of(own) != THREAD_NARROW && !(w->synced && of_warp(w, tag));
    if (clock == &w->worker->clock[1]) return 0;
    return tag == clock->many || owners[time_of(tag)] != (uint32_t)w->worker->block;
}

static _Noreturn void race(warp *w, const insn *i, int lane, const region *r, size_t word, uint32_t tag, uint32_t own,
                           const char *how)
{
    const uint32_t thread = thread_of(tag);
    char who[80] = "";
    if (time_of(tag) != time_of(own)) {
        const uint32_t block = owners[time_of(tag)];
        const unsigned *grid = w->worker->launch->grid;
        if (block == UINT32_MAX)
            snprintf(who, sizeof who, "several blocks");
        else
            snprintf(who, sizeof who, "block (%u,%u,%u)", block % grid[0], block / grid[0] % grid[1],
                     block / grid[0] / grid[1]);
    } else if (thread < THREADS_OF_WARP) {
        const unsigned *block = w->worker->launch->block;
        snprintf(who, sizeof who, "thread (%u,%u,%u) of this block", thread % block[0], thread / block[0] % block[1],
                 thread / block[0] / block[1]);
    } else {
        snprintf(who, sizeof who, "%s of this block",
                 thread == THREAD_ATOMIC ? "an atomic operation" : "several threads");
    }
    fault(w, i, lane, r->base + word * 4, "race: %s by %s, with no barrier between", how, who);
}

static uint32_t merge_readers(const warp *w, uint32_t tag, uint32_t own, const tag_clock *clock)
{
    if (tag < clock->from || tag == own) return own;
    if (time_of(tag) == time_of(own)) {
        if (thread_of(tag) == THREAD_MANY) return tag;
        return clock->phase | (of_warp(w, tag) ? THREADS_OF_WARP + (uint32_t)w->index : THREAD_MANY);
    }
    if (tag == clock->many) return tag;
    return owners[time_of(tag)] == (uint32_t)w->worker->block ? own : clock->many;
}

void check_read(warp *w, const insn *i, int lane, region *r, size_t word)
{
    if (!r->written) return;
    const tag_clock *clock = clock_of(w, r);
    const uint32_t tag = r->written[word], own = own_tag(w, i, lane, clock);
    if (tag == TAG_PENDING)
        fault(w, i, lane, r->base + word * 4, "reads the target of a cp.async that has not been waited for");
    if (tag < clock->fresh) fault(w, i, lane, r->base + word * 4, "reads memory that was never written");
    if (!r->read) return;
    if (is_unordered(w, tag, own, clock) && !(i->flags & FLAG_VOLATILE))
        race(w, i, lane, r, word, tag, own, "reads what was written");
    /* an atomic operation reads what it writes: its tag of a write says it all */
    if (!(i->flags & FLAG_ATOMIC)) r->read[word] = merge_readers(w, r->read[word], own, clock);
}

void check_write(warp *w, const insn *i, int lane, region *r, size_t word, const void *value, size_t size, int shift)
{
    if (!r->written) return;
    const tag_clock *clock = clock_of(w, r);
    const uint32_t tag = r->written[word];
    if (tag == TAG_PENDING)
        fault(w, i, lane, r->base + word * 4, "writes the target of a cp.async that has not been waited for");
    if (!r->read) {
        r->written[word] = clock->phase;
        return;
    }
    const uint32_t own = own_tag(w, i, lane, clock);
    const int changes = !value || memcmp((const uint8_t *)(uintptr_t)(r->base + word * 4) + shift, value, size) != 0;
    if (changes && !(i->flags & FLAG_VOLATILE)) {
        if (is_unordered(w, tag, own, clock)) race(w, i, lane, r, word, tag, own, "writes what was written");
        const uint32_t reader = r->read[word];
        if (is_unordered(w, reader, own, clock)) race(w, i, lane, r, word, reader, own, "writes what was read");
    }
    r->written[word] = own;
}
