/*
 * The pass that folds normalisation into convolutions, for programs whose weights stay as they are. Running statistics
 * stay as they are too. What scales and shifts the channels of a convolution's result can scale and shift its weight
 * and bias:
 *
 *     s (conv(x, W) + b) + t = conv(x, s W) + (s b + t)
 */
#ifndef FOLD_NORM_H
#define FOLD_NORM_H

#include "graph.h"

/* Returns a new graph, made of g before it is lowered. Its results are the same to rounding. */
struct graph *fold_norm(const struct graph *g);

#endif
