/* AG_TEMPLATE */
#ifndef AG_GUARD
#define AG_GUARD

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * AG_WHAT, weights and all. AG_NAME.c needs AG_FILES; its functions allocate nothing, print
 * nothing, open nothing, and keep nothing but what lies in the memory they are given. Calls with memory of their own
 * may run at the same time, on as many threads as one likes; two with the same memory may not.
 *
 *     cc -O3 -march=native -fno-math-errno -fno-trapping-math -c AG_COMPILED     (and -lm where it is linked)
 *
 * Its vectors are as wide as -march allows; any other flags do too, and are slower.
 */
AG_SIZES
/* What the functions return. */
enum {
    AG_UPPER_DONE,
    AG_UPPER_NO_MEMORY, /* there is none, or too little */
    AG_UPPER_NOT_READY, /* AG_NAME_init has not been called, or the memory has been moved since, or it is another library's */
    AG_UPPER_WRONG      /* another argument that cannot be */
};

/* Bytes of memory that a generator works in. */
size_t AG_NAME_memory(void);

/* Makes memory ready, for this library alone, which has that many bytes or more, wherever it lies. */
int AG_NAME_init(void *memory, size_t bytes);

AG_CALL
/* What it is, as JSON: its name, sizes, architecture, where that was found, and a hash of its weights. */
const char *AG_NAME_info(void);

#ifdef __cplusplus
}
#endif

#endif
