/*
 * The pass that replaces convolutions to few channels, such as the one to a picture's colours. Register tiles of so few
 * channels would be mostly empty. A 1x1 convolution with a column for each tap and output channel fills tiles;
 * OP_COL2IM then adds up what the taps make of neighbouring pixels:
 *
 *     conv(x, W)[i, j, o] = sum over a, b of (x . W[o, :, a, b])[i + a - K / 2, j + b - K / 2]
 */
#ifndef TO_COL2IM_H
#define TO_COL2IM_H

#include "graph.h"

/* Returns a new graph, made of g before it is lowered, of a program that does not train. Results are the same to
 * rounding. */
struct graph *to_col2im(const struct graph *g);

#endif
