/*
 * The pass that takes out of a phase what depends on the weights alone: packed weights, say, or the sums of squares of
 * demodulation. These values are the same for every batch. A program whose weights stay as they are computes them once,
 * in a function of its own, into the block AG_FIXED.
 */
#ifndef HOIST_H
#define HOIST_H

#include "graph.h"
#include "../../runtime/ag.h"

/* What all phases of a program compute once. */
struct hoisted {
    struct graph *prepare; /* the function that computes them: its targets are the values in AG_FIXED */
    long size;             /* of AG_FIXED, in reals */
    int all;               /* 1: parameters that phases read go to AG_FIXED too, and phases read no other weights */
};

/* Returns the lowered graph g without those values, which it reads from AG_FIXED. Adds them to h. */
struct graph *hoist(const struct graph *g, struct hoisted *h);

#endif
