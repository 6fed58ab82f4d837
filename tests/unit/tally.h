/* Checks that are counted, for tests of gen/. */
#ifndef TALLY_H
#define TALLY_H

#include <stdarg.h>
#include <stdio.h>

static int passed, failed;

static inline int check(int ok, const char *format, ...)
{
    if (ok) {
        passed++;
        return 1;
    }
    failed++;
    va_list args;
    va_start(args, format);
    printf("FAILED: ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    return 0;
}

/* The last call of a test program: prints the counts, and returns the exit status. */
static inline int finish(void)
{
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
