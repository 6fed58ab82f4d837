#include "mem.h"

#include <stdio.h>
#include <stdlib.h>

struct piece {
    struct piece *next;
    max_align_t data[];
};
struct mem {
    struct piece *first;
};

void *mem_checked(void *p)
{
    if (!p) {
        fprintf(stderr, "aggen: out of memory\n");
        exit(1);
    }
    return p;
}

struct mem *mem_new(void)
{
    return mem_checked(calloc(1, sizeof(struct mem)));
}

void mem_free(struct mem *pool)
{
    for (struct piece *p = pool->first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    free(pool);
}

void *mem_alloc(struct mem *pool, size_t size)
{
    struct piece *p = mem_checked(calloc(1, sizeof *p + size));
    p->next = pool->first;
    pool->first = p;
    return p->data;
}

char *mem_vprintf(struct mem *pool, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0) mem_checked(NULL); /* longer than an int counts */
    char *s = mem_alloc(pool, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, format, args);
    return s;
}

char *mem_printf(struct mem *pool, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = mem_vprintf(pool, format, args);
    va_end(args);
    return s;
}

void *mem_grow(void *array, int count, int *capacity, size_t size)
{
#ifdef MEM_MOVES
    const int room = count < 1024 ? count + 1 : count * 2;
#else
    const int room = count ? count * 2 : 64;
#endif
    if (count < *capacity) return array;
    *capacity = room;
    return mem_checked(realloc(array, (size_t)*capacity * size));
}
