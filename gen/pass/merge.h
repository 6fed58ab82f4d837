/*
 * The pass that merges the linear candidates of a mixture (Eq. 8) into one convolution, before differentiation. The
 * convolution's weight is the sum of the candidates' weights, each padded to the largest window and scaled by its share
 * of the softmax of alpha.
 */
#ifndef MERGE_H
#define MERGE_H

#include "graph.h"

/* Returns a new graph in which each weighted sum of convolutions of one tensor is a single convolution. Results and
 * gradients are the same to rounding. */
struct graph *merge_mixtures(const struct graph *g);

#endif
