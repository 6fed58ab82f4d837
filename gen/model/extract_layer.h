/* Cuts a single layer out of a generator: what `--kernel LAYER` makes a library of. */
#ifndef EXTRACT_LAYER_H
#define EXTRACT_LAYER_H

#include "model.h"

/* Reduces m's first phase to one layer: the nodes whose path is `layer`, or begins with it and a dot. What they read of
 * other layers becomes inputs of the phase (x, noise, style and factor, by their shapes). Their result `y` becomes its
 * output. Status 2 with a line in err that names the layers there are. */
int extract_layer(struct model *m, const char *layer, struct ag_error *err);

/* Says, for people, what input i of the layer is: "as b8.up gives it". */
const char *layer_input_origin(const struct model *m, int i);

#endif
