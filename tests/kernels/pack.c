/* Packs a weight of noise with every instance, and prints a hash of each packed weight. The hashes must be the same for
 * all vector widths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "instances.h"

/* Returns the FNV-1a hash of n reals. */
static unsigned long long hash(const real *p, long n)
{
    const unsigned char *byte = (const unsigned char *)p;
    unsigned long long h = 14695981039346656037u;
    for (long l = 0; l < n * (long)sizeof *p; l++) h = (h ^ byte[l]) * 1099511628211u;
    return h;
}

int main(void)
{
    unsigned seed = 1;
    for (int l = 0; l < (int)(sizeof instances / sizeof *instances); l++) {
        const struct instance *k = &instances[l];
        const long taps = k->K * k->K, size = k->C ? k->C * taps : (long)k->CO * k->CI * taps;
        const long packed_size = k->C ? size : PACKED_SIZE(k->CO, k->CI, k->K);
        real *w, *packed;
        if (!k->pack) continue;
        w = malloc(size * sizeof *w), packed = malloc(packed_size * sizeof *packed);
        for (long i = 0; i < size; i++) {
            seed = seed * 1664525u + 1013904223u;
            w[i] = (real)(seed >> 8) / (1 << 23) - 1;
        }
        memset(packed, 255, packed_size * sizeof *packed); /* NaN, so that unwritten places change the hash */
        k->pack(w, packed);
        printf("%016llx %s\n", hash(packed, packed_size), k->name);
        free(w), free(packed);
    }
    return 0;
}
