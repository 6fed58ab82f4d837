/*
 * From operators to kernels. A convolution takes its bias or border with it and reads a weight packed for its kernel; a
 * linear layer of few pictures reads its weight as it lies. A weight gradient for each picture is unpacked from its
 * kernel's order.
 */
#ifndef LOWER_H
#define LOWER_H

#include "problem.h"

/* What a target says of its kernels. */
struct lowering {
    int few; /* pictures, up to which linear layers read their weights as they lie */
    int (*packing)(const void *context, const struct problem *conv); /* the order of a convolution's packed weight */
    const void *context;
};

/* The graph as kernels see it; nothing dead is left. */
struct graph *lower(const struct graph *g, const struct lowering *how);

#endif
