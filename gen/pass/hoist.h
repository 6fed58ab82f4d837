/*
 * What depends on the weights alone (packed weights, the sums of squares that demodulation takes) is the same for every
 * batch. A program whose weights stay as they are computes it once, in a function of its own, into the block AG_FIXED.
 * If `all` parameters that phases read go there too, phases need no other block of the program's weights.
 */
#ifndef HOIST_H
#define HOIST_H

#include "graph.h"
#include "../../runtime/ag.h"

struct hoisted {
    struct graph *prepare; /* its targets: the values in the block */
    long size;             /* of the block, in reals */
    int all;
};

/* The lowered graph g without what goes to h->prepare, which the phases of a program share. */
struct graph *hoist(const struct graph *g, struct hoisted *h);

#endif
