/* Clears and copies memory, for generated phases. */
#include "ag.h"

#include <string.h>

void ag_clear(real *x, long n)
{
    memset(x, 0, sizeof *x * (size_t)n);
}

void ag_copy(real *to, const real *from, long n)
{
    memcpy(to, from, sizeof *to * (size_t)n);
}

void ag_clear_halo(real *x, int images, int h, int w, int channels, int halo, int share, int shares)
{
    const long row = (long)(w + 2 * halo) * channels, side = (long)halo * channels, gaps = h + 1;
    for (int n = 0; n < images; n++, x += (h + 2 * halo) * row)
        for (long i = gaps * share / shares; i < gaps * (share + 1) / shares;
             i++) { /* between rows i - 1 and i of the picture */
            const long from = i > 0 ? (halo + i) * row - side : 0, to = (halo + i) * row + (i < h ? side : halo * row);
            ag_clear(x + from, to - from);
        }
}
