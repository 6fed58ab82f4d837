/* Preloaded: of the allocations of AG_FAIL_SIZE to AG_FAIL_MOST bytes the AG_FAIL-th fails; AG_FAIL=0 counts them, and
 * says so on descriptor 9 at the end. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

static long number, fail = -1, least, most;

static int fails(size_t n)
{
    if (fail < 0) {
        const char *at = getenv("AG_FAIL"), *from = getenv("AG_FAIL_SIZE"), *to = getenv("AG_FAIL_MOST");
        fail = at ? atol(at) : 0;
        least = from ? atol(from) : 0;
        most = to ? atol(to) : 0;
    }
    if ((long)n < least || (long)n > most || ++number != fail) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return fails(n) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    return fails(count * n) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    return fails(n) ? NULL : __libc_realloc(p, n);
}

__attribute__((destructor)) static void tell(void)
{
    if (!fail) dprintf(9, "%ld\n", number);
}
