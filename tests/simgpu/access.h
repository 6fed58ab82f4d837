/*
 * What loads, stores, atomic operations and asynchronous copies share: addresses of lanes, and where they lead.
 */
#ifndef SIMGPU_ACCESS_H
#define SIMGPU_ACCESS_H

#include "engine.h"

static inline uint8_t *host_of(uint64_t at)
{
    return (uint8_t *)(uintptr_t)at;
}

/* The lanes' host addresses; lanes that are off get the first one's. */
static inline void find_addresses(const warp *w, uint32_t offset, int bits, int space, int64_t imm, uint64_t at[LANES])
{
    const uint64_t start = space == SPACE_SHARED ? w->worker->shared.base : -DEVICE_BIAS, base = (uint64_t)imm + start;
    if (bits == 64) {
        const uint64_t *a = FILE_AT(uint64_t, offset);
        EACH_LANE
        {
            at[l] = a[l] + base;
        }
    } else {
        const uint32_t *a = FILE_AT(uint32_t, offset), add = (uint32_t)imm;
        EACH_LANE
        {
            at[l] = (uint32_t)(a[l] + add) + start; /* a sum of 32 bits too: [%r + 16] with -16 in r is 0 */
        }
    }
    if (w->bits != ~0u) {
        const uint64_t first = at[__builtin_ctz(w->bits)];
        EACH_LANE
        {
            at[l] = w->lanes[l] ? at[l] : first;
        }
    }
}

/* The memory that holds `bytes` at the address of one lane, or a fault. */
region *region_of_lane(warp *w, const insn *i, int lane, int space, uint64_t at, size_t bytes);

/* Bounds and alignment of all lanes; their memory, NULL if they are in several. *recent: the last answer here. */
region *check_bounds(warp *w, const insn *i, int space, const uint64_t at[LANES], size_t bytes, region **recent);

/* Where an instruction keeps its last answer. */
static inline region **recent_of(warp *w, const insn *i)
{
    return &w->worker->recent[(i - w->insns) & 63];
}

#endif
