/*
 * Memory of the generator. A run of aggen is short and takes little memory, so a failed allocation ends the program
 * with one line. What a stage allocates lies in a pool and is freed with it.
 */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

/* Returns p, which malloc or its like has given. If p is NULL, ends the program. */
void *mem_checked(void *p);

struct mem; /* a pool of memory */
struct mem *mem_new(void);
void mem_free(struct mem *pool);
void *mem_alloc(struct mem *pool, size_t size); /* filled with zeros */
/* Return formatted text in the pool. */
char *mem_printf(struct mem *pool, const char *format, ...);
char *mem_vprintf(struct mem *pool, const char *format, va_list args);

/* Makes room for one more element in an array of `count` elements of `size` bytes, which malloc gave. Returns the
 * array, which may have moved. Built with MEM_MOVES, for tests, it moves for each of the first thousand elements: that
 * shows pointers into an array that are used after it has grown. */
void *mem_grow(void *array, int count, int *capacity, size_t size);

#endif
