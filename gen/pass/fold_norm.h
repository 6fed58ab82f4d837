/*
 * Normalisation folded into convolutions. Where weights stay as they are, so do running statistics, and what scales and
 * shifts the channels of a convolution's result scales and shifts its weight and bias:
 *
 *     s (conv(x, W) + b) + t = conv(x, s W) + (s b + t)
 */
#ifndef FOLD_NORM_H
#define FOLD_NORM_H

#include "graph.h"

/* Graph g, of a program that doesn't train, with that done. The same results to rounding. */
struct graph *fold(const struct graph *g);

#endif
