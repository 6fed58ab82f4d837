/*
 * Convolutions to few channels, as to a picture's: a tile of so few channels leaves registers empty. They become a
 * product with a column for each tap and channel, which fills tiles, and sums of what those make of neighbours:
 *
 *     conv(x, W)[i, j, o] = sum over a, b of (x . W[o, :, a, b])[i + a - K / 2, j + b - K / 2]
 */
#ifndef TO_COL2IM_H
#define TO_COL2IM_H

#include "graph.h"

/* Graph g, not yet lowered, of a program that doesn't train, with that done. The same results to rounding. */
struct graph *columns(const struct graph *g);

#endif
