/* The conventional family: generators of residual cells whose edges are mixtures of operations (Eq. 8). */
#ifndef RESIDUAL_H
#define RESIDUAL_H

#include "spec.h"

struct build;
struct pass;

/* The edges of the whole generator in their canonical order: for each cell its own edges, then its skips
 * "cellC.skipS" (from node skip_from of cell S + 1). */
struct gen_edge {
    char name[SPEC_NAME];
    int cell;      /* 1.. */
    int from_cell; /* the cell whose node `from` it reads; 0 with from == 0: the cell's input */
    int from, to;
    int up;    /* pool */
    int times; /* of a x2 up-sampling: 1, or the number of cells a skip spans */
};
int residual_edges(const struct spec *spec, struct gen_edge edge[SPEC_GENES]); /* returns their number */

/* z [N,1,1,latent] -> [N,S,S,channels] */
int residual_generator(struct build *b, const struct pass *pass, int z);

#endif
