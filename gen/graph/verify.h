/* Is a graph as the rules of its operators have it? */
#ifndef VERIFY_H
#define VERIFY_H

#include "graph.h"

struct ag_error;

/* Checks every node: its inputs stand before it, its shape and whether it is batched are what its operator makes of
 * them, all batched nodes have the same number of pictures, attributes are in range; and that targets are nodes.
 * Returns 0, or 1 with a line in err that names the node and its path. */
int graph_verify(const struct graph *g, struct ag_error *err);

#endif
