/*
 * The generator's one allocator. A generator run is short and its memory small, so running out ends the program with
 * one line, and whole stages' memory is released together with the pool it came from.
 */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

struct mem; /* a pool */
struct mem *mem_new(void);
void mem_free(struct mem *pool);
void *mem_alloc(struct mem *pool, size_t size); /* zeroed */
char *mem_printf(struct mem *pool, const char *format, ...);
char *mem_vprintf(struct mem *pool, const char *format, va_list args);

/* Makes room for one more element in a malloc'd array of `count` elements of `size` bytes; returns the array. */
void *mem_grow(void *array, int count, int *capacity, size_t size);

#endif
