/* The instruction set of this machine, by the width of its vectors. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ag_vector_bytes(void)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__TINYC__)
    const char *limit = getenv("AG_WIDTH");
    const int sse2 = limit && !strcmp(limit, "sse2"), avx2 = limit && !strcmp(limit, "avx2");
    const int bytes = sse2 ? 16 : avx2 ? 32 : 64;
    if (limit && *limit && !sse2 && !avx2 && strcmp(limit, "avx512"))
        fprintf(stderr, "AG_WIDTH=%s is none of avx512, avx2 and sse2, and counts for nothing\n", limit);
    __builtin_cpu_init();
    if (bytes >= 64 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return 64;
    if (bytes >= 32 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 32;
#endif
    return 16;
}

void ag_exit_unsupported(void)
{
    fprintf(stderr,
            "this program was built for wider vectors than this machine has; make it with WIDTHS='avx2 sse2'\n");
    exit(1);
}
