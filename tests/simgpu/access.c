/*
 * Loads and stores of a warp, with their checks: one test of bounds and alignment for all lanes, then tags. Lanes side
 * by side and lanes at one place go fast.
 */
#include "access.h"
#include "check.h"
#include "decode.h"
#include "memory.h"
#include "settings.h"
#include "tags.h"

#include <string.h>

region *region_of_lane(warp *w, const insn *i, int lane, int space, uint64_t at, size_t bytes)
{
    worker *k = w->worker;
    const uint64_t params = (uint64_t)(uintptr_t)k->launch->params;
    static region of_params;
    const uint64_t local = w->local + (uint64_t)lane * k->launch->program->local_size;
    region *r = NULL;
    if (space == SPACE_LOCAL || (space == SPACE_GENERIC && at - k->locals.base < k->locals.size))
        r = at - local < k->launch->program->local_size && at + bytes <= local + k->launch->program->local_size
                ? &k->locals
                : NULL;
    else if (space == SPACE_SHARED || (space == SPACE_GENERIC && at - k->shared.base < k->shared.size))
        r = &k->shared;
    else if ((space == SPACE_PARAM || space == SPACE_GENERIC) && at - params < k->launch->program->params_size)
        return &of_params;
    else
        r = memory_find(at);
    if (!r || at < r->base || at - r->base > r->size || bytes > r->size - (at - r->base))
        fault(w, i, lane, at, "%zu bytes outside of %s memory", bytes,
              space == SPACE_SHARED  ? "the block's shared"
              : space == SPACE_LOCAL ? "the thread's local"
                                     : "allocated");
    return r;
}

/* The memory of each lane by itself. */
static region *regions_of_lanes(warp *w, const insn *i, int space, const uint64_t at[LANES], size_t bytes,
                                region **recent)
{
    const worker *k = w->worker;
    region *all = NULL;
    int several = 0;
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        region *own = region_of_lane(w, i, l, space, at[l], bytes);
        several |= all && all != own;
        all = own;
    }
    if (several) return NULL;
    if (all != &k->shared && all != &k->locals && all->size) *recent = all;
    return all;
}

region *check_bounds(warp *w, const insn *i, int space, const uint64_t at[LANES], size_t bytes, region **recent)
{
    uint64_t low = at[0], high = at[0], any = 0;
    for (int l = 0; l < LANES; l++) {
        low = at[l] < low ? at[l] : low;
        high = at[l] > high ? at[l] : high;
        any |= at[l];
    }
    if (any & (bytes - 1))
        for (int l = 0; l < LANES; l++)
            if ((w->bits >> l & 1) && (at[l] & (bytes - 1)))
                fault(w, i, l, at[l], "misaligned: an access of %zu bytes has to be at a multiple of them", bytes);
    region *r = space == SPACE_SHARED ? &w->worker->shared : *recent;
    if (r && space != SPACE_LOCAL && low >= r->base && high - r->base < r->size && bytes <= r->size - (high - r->base))
        return r;
    return regions_of_lanes(w, i, space, at, bytes, recent);
}

static void check_lanes(warp *w, const insn *i, int space, const uint64_t at[LANES], size_t bytes, int write)
{
    const int size = i->size;
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        region *r = region_of_lane(w, i, l, space, at[l], bytes);
        for (size_t b = 0; b < bytes; b += size < 4 ? (size_t)size : 4) {
            const size_t offset = at[l] - r->base + b, n = size < 4 ? (size_t)size : 4;
            uint64_t value = 0;
            if (write) {
                const uint8_t *from = w->file + i->d[b / (size_t)size];
                if (size == 1)
                    value = ((const uint16_t *)from)[l];
                else
                    memcpy(&value, from + l * size + b % (size_t)size, n);
                check_write(w, i, l, r, offset / 4, &value, n, (int)(offset & 3));
                memcpy(host_of(at[l] + b), &value, n); /* for lanes that write the same place */
            } else {
                check_read(w, i, l, r, offset / 4);
            }
        }
    }
}

static inline int is_row(const warp *w, const uint64_t at[LANES], uint64_t step)
{
    uint64_t wrong = 0;
    EACH_LANE
    {
        wrong |= at[l] ^ (at[0] + (uint64_t)l * step);
    }
    return !wrong && w->bits == ~0u;
}

static inline int is_one(const uint64_t at[LANES])
{
    uint64_t wrong = 0;
    EACH_LANE
    {
        wrong |= at[l] ^ at[0];
    }
    return !wrong;
}

/* Whether the quick tests clear an access of doubt. */
static inline int is_clear(warp *w, region *r, const uint64_t at[LANES], size_t bytes, int row, int write)
{
    const tag_view v = tags_of(w, &w->worker->clock[r == &w->worker->shared], r->read != NULL);
    if (row) return write ? row_write(&v, r, at[0]) : row_read(&v, r, at[0]);
    if (!write && w->bits == ~0u && is_one(at) && bytes >= 4) return one_read(&v, r, at[0], (int)bytes / 4);
    switch (bytes) {
    case 16:
        return write ? lanes_write(w, &v, r, at, 4) : lanes_read(w, &v, r, at, 4);
    case 8:
        return write ? lanes_write(w, &v, r, at, 2) : lanes_read(w, &v, r, at, 2);
    case 4:
        return write ? lanes_write(w, &v, r, at, 1) : lanes_read(w, &v, r, at, 1);
    default:
        return 0;
    }
}

/* Everything that is checked of an access, before it is carried out. */
static inline void check_access(warp *w, const insn *i, int space, const uint64_t at[LANES], int row, int write)
{
    const size_t bytes = (size_t)i->size * i->count;
    if (w->worker->launch->check == CHECK_NONE) return;
    region *r = check_bounds(w, i, space, at, bytes, recent_of(w, i));
    if (r && !r->written) return;
    const int special = i->flags & (FLAG_NARROW | FLAG_VOLATILE | FLAG_ATOMIC);
    if (!r || special || !is_clear(w, r, at, bytes, row, write)) check_lanes(w, i, space, at, bytes, write);
}

#define GATHER(T, from)                                                                                                \
    do {                                                                                                               \
        T *d[4];                                                                                                       \
        for (int k = 0; k < count; k++) d[k] = FILE_AT(T, i->d[k]);                                                    \
        for (int l = 0; l < LANES; l++)                                                                                \
            if (w->bits >> l & 1)                                                                                      \
                for (int k = 0; k < count; k++) d[k][l] = (T)((const from *)host_of(at[l]))[k];                        \
    } while (0)

/* Four lanes' vectors of four words, transposed. */
INLINE void load_square(uint32_t *const d[4], int l, const uint64_t at[LANES])
{
    u32x4 row[4];
    for (int k = 0; k < 4; k++) memcpy(&row[k], host_of(at[l + k]), 16);
    const u32x4 a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5),
                b = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
    const u32x4 c = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7),
                e = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    const u32x4 columns[4] = {__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
                              __builtin_shufflevector(c, e, 0, 1, 4, 5), __builtin_shufflevector(c, e, 2, 3, 6, 7)};
    for (int k = 0; k < 4; k++) memcpy(d[k] + l, &columns[k], 16);
}

INLINE void load32(warp *w, const insn *i, const uint64_t at[LANES], const int count)
{
    uint32_t *d[4];
    for (int k = 0; k < count; k++) d[k] = FILE_AT(uint32_t, i->d[k]);
    if (w->bits != ~0u) {
        GATHER(uint32_t, uint32_t);
    } else if (count == 4) {
        for (int l = 0; l < LANES; l += 4) load_square(d, l, at);
    } else {
        for (int l = 0; l < LANES; l++)
            for (int k = 0; k < count; k++) d[k][l] = ((const uint32_t *)(const void *)host_of(at[l]))[k];
    }
}

const insn *op_load(warp *w, const insn *i)
{
    uint64_t at[LANES] __attribute__((aligned(64)));
    const int count = i->count, size = i->size;
    find_addresses(w, i->a, i->address_bits, i->space, i->imm, at);
    const int row = count == 1 && size == 4 && is_row(w, at, 4);
    check_access(w, i, i->space, at, row, 0);
    if (i->space <= SPACE_CONST) w->bytes_read += (uint64_t)(size * count * __builtin_popcount(w->bits));
    if (row) {
        memcpy(w->file + i->d[0], host_of(at[0]), 4 * LANES);
    } else if (size == 4) {
        if (w->bits == ~0u && is_one(at)) {
            for (int k = 0; k < count; k++) {
                const uint32_t value = ((const uint32_t *)host_of(at[0]))[k];
                uint32_t *d = FILE_AT(uint32_t, i->d[k]);
                EACH_LANE
                {
                    d[l] = value;
                }
            }
        } else if (count == 4) {
            load32(w, i, at, 4);
        } else if (count == 2) {
            load32(w, i, at, 2);
        } else {
            load32(w, i, at, 1);
        }
    } else if (size == 8) {
        GATHER(uint64_t, uint64_t);
    } else if (size == 2) {
        GATHER(uint16_t, uint16_t);
    } else if (i->flags & FLAG_SIGNED) {
        GATHER(uint16_t, int8_t);
    } else {
        GATHER(uint16_t, uint8_t);
    }
    return i + 1;
}

#define SCATTER(T, to)                                                                                                 \
    do {                                                                                                               \
        const T *d[4];                                                                                                 \
        for (int k = 0; k < count; k++) d[k] = FILE_AT(T, i->d[k]);                                                    \
        const int backward = w->worker->launch->order == ORDER_BACKWARD;                                               \
        for (int n = 0; n < LANES; n++) {                                                                              \
            const int l = backward ? LANES - 1 - n : n;                                                                \
            if (w->bits >> l & 1)                                                                                      \
                for (int k = 0; k < count; k++) ((to *)host_of(at[l]))[k] = (to)d[k][l];                               \
        }                                                                                                              \
    } while (0)

const insn *op_store(warp *w, const insn *i)
{
    uint64_t at[LANES] __attribute__((aligned(64)));
    const int count = i->count, size = i->size;
    find_addresses(w, i->a, i->address_bits, i->space, i->imm, at);
    const int row = count == 1 && size == 4 && is_row(w, at, 4);
    check_access(w, i, i->space, at, row, 1);
    if (i->space <= SPACE_CONST) w->bytes_written += (uint64_t)(size * count * __builtin_popcount(w->bits));
    if (row)
        memcpy(host_of(at[0]), w->file + i->d[0], 4 * LANES);
    else if (size == 4)
        SCATTER(uint32_t, uint32_t);
    else if (size == 8)
        SCATTER(uint64_t, uint64_t);
    else if (size == 2)
        SCATTER(uint16_t, uint16_t);
    else
        SCATTER(uint16_t, uint8_t);
    return i + 1;
}

/* A parameter of the kernel: the same for all. */
const insn *op_param(warp *w, const insn *i)
{
    const uint8_t *from = w->worker->launch->params + i->imm;
    for (int k = 0; k < i->count; k++, from += i->size) {
        uint64_t value = 0;
        memcpy(&value, from, i->size);
        if (i->size == 1 && (i->flags & FLAG_SIGNED)) value = (uint64_t)(int64_t)(int8_t)value;
        if (i->size == 8) {
            uint64_t *d = FILE_AT(uint64_t, i->d[k]);
            EACH_LANE
            {
                d[l] = w->bits >> l & 1 ? value : d[l];
            }
        } else if (i->size == 4) {
            uint32_t *d = FILE_AT(uint32_t, i->d[k]);
            EACH_LANE
            {
                d[l] = w->bits >> l & 1 ? (uint32_t)value : d[l];
            }
        } else {
            uint16_t *d = FILE_AT(uint16_t, i->d[k]);
            EACH_LANE
            {
                d[l] = w->bits >> l & 1 ? (uint16_t)value : d[l];
            }
        }
    }
    return i + 1;
}

const insn *op_local_address(warp *w, const insn *i)
{
    uint64_t *d = FILE_AT(uint64_t, i->d[0]);
    const uint64_t step = w->worker->launch->program->local_size;
    for (int l = 0; l < LANES; l++)
        if (w->bits >> l & 1) d[l] = w->local + (uint64_t)l * step + (uint64_t)i->imm + DEVICE_BIAS;
    return i + 1;
}

/* Between an address in shared memory and a generic one. */
const insn *op_shared_base(warp *w, const insn *i)
{
    uint64_t *d = FILE_AT(uint64_t, i->d[0]);
    const uint64_t *a = FILE_AT(uint64_t, i->a), base = (w->worker->shared.base + DEVICE_BIAS) * (uint64_t)i->imm;
    EACH_LANE
    {
        d[l] = w->lanes[l] ? a[l] + base : d[l];
    }
    return i + 1;
}

const insn *op_is_space(warp *w, const insn *i)
{
    uint32_t *d = FILE_AT(uint32_t, i->d[0]);
    const uint64_t *a = FILE_AT(uint64_t, i->a);
    const worker *k = w->worker;
    for (int l = 0; l < LANES; l++) {
        const uint64_t at = a[l] - DEVICE_BIAS;
        const int shared = at - k->shared.base < k->shared.size, local = at - k->locals.base < k->locals.size;
        const int yes = i->op == SPACE_SHARED ? shared : i->op == SPACE_LOCAL ? local : !shared && !local;
        if (w->bits >> l & 1) d[l] = yes ? ~0u : 0;
    }
    return i + 1;
}
