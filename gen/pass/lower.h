/*
 * The pass that replaces operators by the kernels of a target. A convolution's kernel also adds a bias or a border, and
 * reads a packed weight. A linear layer of few pictures reads its weight as it is. A weight gradient for each picture
 * is computed in the order of its kernel, then unpacked.
 */
#ifndef LOWER_H
#define LOWER_H

#include "problem.h"

/* What the pass must know of a target's kernels. */
struct lowering {
    int few; /* up to so many pictures, linear layers read weights that are not packed */
    int (*packing)(const void *context, const struct problem *conv); /* the order of a convolution's packed weight */
    const void *context;
};

/* Returns a new graph of kernels, pointwise operators, reductions and small operators. */
struct graph *lower(const struct graph *g, const struct lowering *how);

#endif
