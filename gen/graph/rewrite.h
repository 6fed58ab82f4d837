/* The one way in which passes make a graph from another. */
#ifndef REWRITE_H
#define REWRITE_H

#include "graph.h"

/* A graph under construction, node by node in the order of the graph it is made from. */
struct rewrite {
    const struct graph *from;
    struct graph *to;
    int *map;    /* map[i]: the node of `to` that stands for node i of `from`; set for live nodes before i */
    int *uses;   /* of nodes of `from`: graph_uses */
    char *live;  /* graph_live */
    char *fixed; /* graph_fixed */
    void *own;   /* the pass's */
};

/* Makes a graph of what g's targets need. For each such node i, `node` makes nodes of r->to and returns the one that
 * stands for i, or returns -1: then node i is copied, its inputs replaced by what stands for them. `own` becomes
 * r->own. Targets keep their places and names. */
struct graph *graph_rewrite(const struct graph *g, int (*node)(struct rewrite *r, int i), void *own);

#endif
