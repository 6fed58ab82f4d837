/* Small moves of memory that generated phases are made of. */
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

void ag_clear_halo(real *x, int images, int h, int w, int channels, int halo)
{
    const long row = (long)(w + 2 * halo) * channels, side = (long)halo * channels;
    for (int n = 0; n < images; n++) {
        ag_clear(x, halo * row + side);
        for (int i = 0; i < h - 1; i++) ag_clear(x + (halo + i + 1) * row - side, 2 * side);
        ag_clear(x + (halo + h) * row - side, halo * row + side);
        x += (h + 2 * halo) * row;
    }
}
