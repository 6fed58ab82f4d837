/* The gradients of a phase's loss. */
#ifndef GRADIENTS_H
#define GRADIENTS_H

#include "model.h"

/* The loss's gradient in every parameter of `block` as targets in grad_block: zero in those that it doesn't depend on,
 * as R1 on D's last bias. */
void add_gradients(const struct model *m, struct graph *g, int loss, int block, int grad_block);

#endif
