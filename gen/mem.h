/*
 * The generator's one allocator. A generator run is short and its memory small, so running out ends the program with
 * one line, and whole stages' memory is released together with the pool it came from.
 */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

/* What malloc and its like have given; NULL ends the program. */
void *mem_checked(void *p);

struct mem; /* a pool */
struct mem *mem_new(void);
void mem_free(struct mem *pool);
void *mem_alloc(struct mem *pool, size_t size); /* zeroed */
char *mem_printf(struct mem *pool, const char *format, ...);
char *mem_vprintf(struct mem *pool, const char *format, va_list args);

/* Makes room for one more element in a malloc'd array of `count` elements of `size` bytes; returns the array. Growing
 * moves it: built with MEM_MOVES, for tests, so do the first thousand elements one by one, which shows every pointer to
 * one that is used after another was added. */
void *mem_grow(void *array, int count, int *capacity, size_t size);

#endif
