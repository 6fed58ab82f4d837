/*
 * cp.async. A copy is carried out at the wait, the latest moment a device may choose, and its target is pending until
 * then: a missing wait shows.
 */
#include "access.h"
#include "check.h"
#include "decode.h"
#include "tags.h"

#include <stdlib.h>
#include <string.h>

static inline int holds(const region *r, uint64_t at, size_t bytes)
{
    return r && at - r->base < r->size && bytes <= r->size - (at - r->base);
}

const insn *op_async_copy(warp *w, const insn *i)
{
    if (w->n_copies == w->room_copies) {
        w->room_copies = 2 * w->room_copies + 16;
        w->copies = realloc(w->copies, sizeof *w->copies * (size_t)w->room_copies);
        if (!w->copies) abort();
    }
    uint64_t to[LANES] __attribute__((aligned(64))), from[LANES] __attribute__((aligned(64)));
    const int check = w->worker->launch->check;
    find_addresses(w, i->a, i->address_bits, SPACE_SHARED, i->imm, to);
    find_addresses(w, i->b, 64, SPACE_GLOBAL, (int32_t)i->d[0], from);
    async_copy *copy = &w->copies[w->n_copies++];
    copy->lanes = w->bits;
    copy->size = i->size;
    copy->at = i;
    insn source = *i; /* for reports */
    source.space = SPACE_GLOBAL;
    memcpy(copy->from, from, sizeof from);
    memcpy(copy->group, w->committed, sizeof copy->group);
    for (int l = 0; l < LANES; l++) {
        const uint32_t size = i->flags & FLAG_GUARD ? FILE_AT(uint32_t, i->c)[l] : i->size;
        copy->from_size[l] = (uint8_t)(size < i->size ? size : i->size);
        copy->to[l] = (uint32_t)(to[l] - w->worker->shared.base);
        if (!(w->bits >> l & 1)) continue;
        w->bytes_read += copy->from_size[l];
        if (check && (from[l] & (i->size - 1u)) && copy->from_size[l])
            fault(w, &source, l, from[l], "misaligned: a copy of %d bytes has to be from a multiple of them", i->size);
    }
    copy->source = NULL;
    if (!check) return i + 1;
    region *r = check_bounds(w, i, SPACE_SHARED, to, i->size, recent_of(w, i));
    const tag_clock *clock = &w->worker->clock[1];
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        if (copy->from_size[l] && !holds(copy->source, from[l], copy->from_size[l]))
            copy->source = region_of_lane(w, &source, l, SPACE_GLOBAL, from[l], copy->from_size[l]);
        for (size_t k = copy->to[l] / 4; k < (copy->to[l] + i->size + 3u) / 4; k++) {
            const uint32_t tag = r->written[k], old = r->read ? r->read[k] : 0;
            if (tag >= clock->from || old >= clock->from) check_write(w, i, l, r, k, NULL, 4, 0);
            r->written[k] = TAG_PENDING;
        }
    }
    return i + 1;
}

const insn *op_async_commit(warp *w, const insn *i)
{
    for (int l = 0; l < LANES; l++) w->committed[l] += w->bits >> l & 1;
    return i + 1;
}

static void check_copy(warp *w, const async_copy *copy, int l)
{
    const size_t size = copy->from_size[l];
    region *r = copy->source, *shared = &w->worker->shared;
    if (size && !holds(r, copy->from[l], size)) r = region_of_lane(w, copy->at, l, SPACE_GLOBAL, copy->from[l], size);
    if (size && r->written) {
        const tag_view v = tags_of(w, &w->worker->clock[0], r->read != NULL);
        const uint32_t own = v.own + v.step * (uint32_t)l;
        const size_t from = (copy->from[l] - r->base) / 4;
        for (size_t k = from; k < from + (size + 3) / 4; k++) {
            uint32_t doubt = doubt_read(&v, r->written[k], own);
            if (v.step) r->read[k] = merged(&v, r->read[k], own, &doubt);
            if (doubt) check_read(w, copy->at, l, r, k);
        }
    }
    const uint32_t own = w->worker->clock[1].phase | (shared->read ? (uint32_t)(w->index * LANES + l) : 0);
    for (size_t k = copy->to[l] / 4; k < (copy->to[l] + copy->size + 3u) / 4; k++) shared->written[k] = own;
}

static void finish_copy(warp *w, async_copy *copy, int l)
{
    uint8_t *to = host_of(w->worker->shared.base + copy->to[l]);
    if (w->worker->launch->check) check_copy(w, copy, l);
    if (copy->from_size[l] == 16) {
        memcpy(to, host_of(copy->from[l]), 16);
    } else if (copy->from_size[l] == 4 && copy->size == 4) {
        memcpy(to, host_of(copy->from[l]), 4);
    } else {
        memcpy(to, host_of(copy->from[l]), copy->from_size[l]);
        memset(to + copy->from_size[l], 0, (size_t)(copy->size - copy->from_size[l]));
    }
    copy->lanes &= ~(1u << l);
}

const insn *op_async_wait(warp *w, const insn *i)
{
    const int all = i->imm < 0, most = (int)i->imm;
    int kept = 0;
    for (int n = 0; n < w->n_copies; n++) {
        async_copy *copy = &w->copies[n];
        uint32_t ready = 0;
        EACH_LANE
        {
            const int32_t later = (int32_t)(w->committed[l] - copy->group[l]); /* groups since, its own included */
            ready |= -(uint32_t)(all | (later > most)) & 1u << l;
        }
        for (ready &= w->bits & copy->lanes; ready; ready &= ready - 1) finish_copy(w, copy, __builtin_ctz(ready));
        if (copy->lanes) w->copies[kept++] = *copy;
    }
    w->n_copies = kept;
    return i + 1;
}
