/*
 * Counting takes place in handlers of its own, which a kernel gets when it is decoded: without SIMGPU_BYTES there is
 * nothing of it. Every sector of an allocation has two numbers, of the launches that read and wrote it last (memory.c).
 */
#include "sectors.h"
#include "access.h"
#include "decode.h"
#include "memory.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ = 1, WRITE = 2 };

/* Whether a sector is new to a launch; blocks run at the same time, and one of them is told so. */
static int is_new(uint32_t *last, uint32_t number)
{
    return __atomic_load_n(last, __ATOMIC_RELAXED) != number &&
           __atomic_exchange_n(last, number, __ATOMIC_RELAXED) != number;
}

/* An access of aligned 32 bytes at the most lies in one sector. What is in no allocation is shared or local memory, or
 * a fault that the plain handler will report. */
static void count(warp *w, const uint64_t at[LANES], uint32_t lanes, int how)
{
    const uint32_t number = w->worker->launch->number;
    uint64_t seen[LANES];
    int n = 0;
    region *r = NULL;
    for (; lanes; lanes &= lanes - 1) {
        const uint64_t address = at[__builtin_ctz(lanes)], sector = address / SECTOR;
        int k = n;
        while (k && seen[k - 1] != sector) k--; /* from the last: neighbours come one after the other */
        if (k) continue;
        if (!r || address - r->base >= r->size) r = memory_find(address);
        if (!r) continue;
        seen[n++] = sector;
        const uint64_t place = (address - r->base) / SECTOR;
        if (how & READ) w->sectors.read += (uint64_t)is_new(&r->sector_read[place], number);
        if (how & WRITE) w->sectors.written += (uint64_t)is_new(&r->sector_written[place], number);
    }
    w->sectors.requested += (uint64_t)n;
}

static void count_access(warp *w, const insn *i, int how)
{
    uint64_t at[LANES] __attribute__((aligned(64)));
    if (i->space != SPACE_GLOBAL && i->space != SPACE_GENERIC) return;
    find_addresses(w, i->a, i->address_bits, i->space, i->imm, at);
    count(w, at, w->bits, how);
}

static const insn *load_counted(warp *w, const insn *i)
{
    count_access(w, i, READ);
    return op_load(w, i);
}

static const insn *store_counted(warp *w, const insn *i)
{
    count_access(w, i, WRITE);
    return op_store(w, i);
}

static const insn *atomic_counted(warp *w, const insn *i)
{
    count_access(w, i, READ | WRITE);
    return op_atomic(w, i);
}

static const insn *async_copy_counted(warp *w, const insn *i)
{
    uint64_t from[LANES] __attribute__((aligned(64)));
    uint32_t lanes = w->bits;
    find_addresses(w, i->b, 64, SPACE_GLOBAL, (int32_t)i->d[0], from);
    for (int l = 0; l < LANES && i->flags & FLAG_GUARD; l++)
        if (!FILE_AT(uint32_t, i->c)[l]) lanes &= ~(1u << l); /* it copies nothing and writes zeros */
    count(w, from, lanes, READ);
    return op_async_copy(w, i);
}

handler sectors_handler(handler plain)
{
    static const handler counted[][2] = {{op_load, load_counted},
                                         {op_store, store_counted},
                                         {op_atomic, atomic_counted},
                                         {op_async_copy, async_copy_counted}};
    for (size_t k = 0; k < sizeof counted / sizeof *counted && settings()->bytes; k++)
        if (counted[k][0] == plain) return counted[k][1];
    return plain;
}

/* --- the table --- */

typedef struct {
    char name[256];
    uint64_t launches;
    traffic sectors;
} line;

static line *lines;
static int n_lines, room_lines;

static void add(const char *name, uint64_t launches, traffic sectors)
{
    int k = 0;
    if (!settings()->bytes || !launches) return;
    while (k < n_lines && strcmp(lines[k].name, name) != 0) k++;
    if (k == room_lines) {
        room_lines = 2 * room_lines + 64;
        lines = realloc(lines, sizeof *lines * (size_t)room_lines);
        if (!lines) abort();
    }
    if (k == n_lines) {
        memset(&lines[n_lines++], 0, sizeof *lines);
        snprintf(lines[k].name, sizeof lines[k].name, "%s", name);
    }
    lines[k].launches += launches;
    lines[k].sectors.read += sectors.read;
    lines[k].sectors.written += sectors.written;
    lines[k].sectors.requested += sectors.requested;
}

void sectors_add_kernel(const program *p)
{
    add(p->name, p->launches, p->sectors);
}

void sectors_add_work(const char *name, uint64_t from, uint64_t to, uint64_t size)
{
    const uint64_t read = from ? (from + size - 1) / SECTOR - from / SECTOR + 1 : 0;
    add(name, 1, (traffic){read, (to + size - 1) / SECTOR - to / SECTOR + 1, 0});
}

static uint64_t moved(const line *l)
{
    return l->sectors.read + l->sectors.written;
}

static int more_first(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (moved(x) != moved(y)) return moved(x) < moved(y) ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void print_line(FILE *file, const line *l)
{
    fprintf(file, "%s launches %llu moved %llu read %llu written %llu requested %llu\n", l->name,
            (unsigned long long)l->launches, (unsigned long long)moved(l) * SECTOR,
            (unsigned long long)l->sectors.read * SECTOR, (unsigned long long)l->sectors.written * SECTOR,
            (unsigned long long)l->sectors.requested * SECTOR);
}

void sectors_write(void)
{
    const char *path = settings()->bytes;
    FILE *file = path ? fopen(path, "w") : NULL;
    line sum = {.name = "total"};
    if (!file) return;
    if (n_lines) qsort(lines, (size_t)n_lines, sizeof *lines, more_first);
    for (int k = 0; k < n_lines; k++) {
        print_line(file, &lines[k]);
        sum.launches += lines[k].launches;
        sum.sectors.read += lines[k].sectors.read;
        sum.sectors.written += lines[k].sectors.written;
        sum.sectors.requested += lines[k].sectors.requested;
    }
    print_line(file, &sum);
    fclose(file);
}
