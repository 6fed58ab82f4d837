/* Does a graph keep the rules of its operators? This is checked after every pass. */
#ifndef VERIFY_H
#define VERIFY_H

#include "graph.h"

struct ag_error;

/* Checks that inputs stand before their node, that shape and `batched` are what the operator makes of the inputs, that
 * all batched nodes have the same number of pictures, that attributes are in range, and that targets are nodes.
 * Returns 0, or 1 with a line in err that names the node and its path. */
int graph_verify(const struct graph *g, struct ag_error *err);

#endif
