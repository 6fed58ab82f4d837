/* A layer of a network for itself. */
#ifndef EXTRACT_LAYER_H
#define EXTRACT_LAYER_H

#include "model.h"

/* Leaves of m's first phase (of a library) what computes the result of one layer, the nodes whose path is
 * `layer` or begins with it and a dot. What they take from elsewhere becomes inputs of the phase, its result `y` the
 * output. Status 2 with a line in err that names the layers there are. */
int cut_layer(struct model *m, const char *layer, struct ag_error *err);

/* What its input number i is, for people: e.g. "as b8.up gives it". */
const char *cut_origin(const struct model *m, int i);

#endif
