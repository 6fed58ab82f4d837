/* The conventional family: generators of residual cells. Each edge of a cell is a mixture of candidate operations (Eq.
 * 8), and each node adds up the edges that lead to it. */
#ifndef RESIDUAL_H
#define RESIDUAL_H

#include "spec.h"

struct build;
struct network_pass;

/* An edge of the generator. Cells come one after the other; each has its own edges first, then its skips. The skip
 * "cellC.skipS" leads to cell C from node skip_from of cell S + 1. */
struct gen_edge {
    char name[SPEC_NAME];
    int cell;      /* counted from 1 */
    int from_cell; /* it starts at node `from` of this cell; 0: at its own cell's input (from is 0 then) */
    int from, to;
    int up;    /* 1: its pool is `up` */
    int times; /* how often it doubles the picture: normal 0, up 1, a skip once for each cell it spans */
};
int residual_edges(const struct spec *spec, struct gen_edge edge[SPEC_GENES]); /* returns how many */

/* Returns the pictures [N,S,S,channels] of latents z [N,1,1,latent]. */
int residual_generator(struct build *b, const struct network_pass *pass, int z);

#endif
