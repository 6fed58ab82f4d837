/* How a pass makes a new graph from another: node by node, from inputs to results. */
#ifndef REWRITE_H
#define REWRITE_H

#include "graph.h"

/* A new graph under construction. live, uses and fixed are about the nodes of `from`. */
struct rewrite {
    const struct graph *from;
    struct graph *to;
    int *map;    /* map[i]: the node of `to` that stands for node i of `from`; set for live nodes that were visited */
    int *uses;   /* see graph_uses */
    char *live;  /* see graph_live */
    char *fixed; /* see graph_fixed */
    void *own;   /* data of the pass */
};

/* Returns a new graph with what g's targets need. `node` is called for each live node i of g, in order. It may make
 * nodes of r->to, and returns the one that stands for i. If it returns -1, node i is copied. `own` becomes r->own.
 * Targets keep their order, names and blocks. */
struct graph *graph_rewrite(const struct graph *g, int (*node)(struct rewrite *r, int i), void *own);

#endif
