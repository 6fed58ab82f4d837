#include "memory.h"
#include "check.h"
#include "sectors.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static region **regions; /* by address */
static int n_regions, room_regions;
static size_t used;
static uint64_t serial;

enum { GUARD_BYTES = 4096 };
#define POISON_MOST ((size_t)1 << 30) /* larger allocations have tags alone to tell what is fresh */

size_t memory_used(void)
{
    return used;
}

size_t memory_total(void)
{
    return (size_t)settings()->memory;
}

static void *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t mapped(size_t size)
{
    return (size + 4095) / 4096 * 4096 + GUARD_BYTES;
}

/* Of a number for each sector. */
static size_t of_sectors(size_t size)
{
    return mapped(size) / SECTOR * sizeof(uint32_t);
}

static int below(uint64_t host)
{
    int low = 0, high = n_regions;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (regions[middle]->base <= host)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

region *memory_find(uint64_t host)
{
    const int k = below(host);
    return k >= 0 && host - regions[k]->base < regions[k]->size ? regions[k] : NULL;
}

region *memory_nearest(uint64_t host)
{
    const int k = below(host);
    if (k < 0) return n_regions ? regions[0] : NULL;
    if (host - regions[k]->base < regions[k]->size) return regions[k];
    if (k + 1 < n_regions && regions[k + 1]->base - host < host - (regions[k]->base + regions[k]->size - 1))
        return regions[k + 1];
    return regions[k];
}

uint64_t memory_alloc(size_t size, const char *what, int written)
{
    if (!size || size > memory_total() || used > memory_total() - size) return 0;
    region *r = calloc(1, sizeof *r);
    uint8_t *bytes = map(mapped(size));
    if (!r || !bytes) {
        free(r);
        return 0;
    }
    mprotect(bytes + mapped(size) - GUARD_BYTES, GUARD_BYTES, PROT_NONE);
    *r = (region){.base = (uint64_t)(uintptr_t)bytes, .size = size, .what = what, .serial = ++serial};
    if (settings()->check) r->written = map(mapped(size));
    if (settings()->check == CHECK_ALL) r->read = map(mapped(size));
    if (settings()->bytes) {
        r->sector_read = map(of_sectors(size));
        r->sector_written = map(of_sectors(size));
        if (!r->sector_read || !r->sector_written) abort();
    }
    if (!written && size <= POISON_MOST) memset(bytes, 0xff, size);
    if (n_regions == room_regions) {
        room_regions = 2 * room_regions + 64;
        regions = realloc(regions, sizeof *regions * (size_t)room_regions);
        if (!regions) abort();
    }
    const int k = below(r->base) + 1;
    memmove(regions + k + 1, regions + k, sizeof *regions * (size_t)(n_regions - k));
    regions[k] = r;
    n_regions++;
    used += size;
    if (written) memory_mark(r->base + DEVICE_BIAS, size);
    return r->base + DEVICE_BIAS;
}

int memory_free(uint64_t device)
{
    region *r = memory_find(device - DEVICE_BIAS);
    if (!r || r->base != device - DEVICE_BIAS) return 0;
    const int k = below(r->base);
    memmove(regions + k, regions + k + 1, sizeof *regions * (size_t)(n_regions - k - 1));
    n_regions--;
    used -= r->size;
    munmap((void *)(uintptr_t)r->base, mapped(r->size));
    if (r->written) munmap(r->written, mapped(r->size));
    if (r->read) munmap(r->read, mapped(r->size));
    if (r->sector_read) munmap(r->sector_read, of_sectors(r->size));
    if (r->sector_written) munmap(r->sector_written, of_sectors(r->size));
    free(r);
    return 1;
}

void *memory_host(uint64_t device, size_t size)
{
    const uint64_t host = device - DEVICE_BIAS;
    const region *r = memory_find(host);
    return r && size <= r->size - (host - r->base) ? (void *)(uintptr_t)host : NULL;
}

void memory_mark(uint64_t device, size_t size)
{
    const uint64_t host = device - DEVICE_BIAS;
    region *r = memory_find(host);
    if (!r || !r->written || !size) return;
    const size_t from = (host - r->base) / 4, to = (host - r->base + size + 3) / 4;
    for (size_t k = from; k < to; k++) r->written[k] = TAG_WRITTEN;
}

int memory_is_written(uint64_t device, size_t size, size_t *at)
{
    const uint64_t host = device - DEVICE_BIAS;
    region *r = memory_find(host);
    if (!r || !r->written || !size) return 1;
    const size_t from = (host - r->base) / 4, to = (host - r->base + size + 3) / 4;
    for (size_t k = from; k < to; k++)
        if (!r->written[k]) {
            *at = k > from ? k * 4 - (host - r->base) : 0;
            return 0;
        }
    return 1;
}

void memory_forget_tags(void)
{
    for (int n = 0; n < n_regions; n++) {
        region *r = regions[n];
        const size_t words = (r->size + 3) / 4;
        for (size_t k = 0; r->written && k < words; k++)
            if (r->written[k]) r->written[k] = TAG_WRITTEN;
        if (r->read) madvise(r->read, mapped(r->size), MADV_DONTNEED);
    }
}
