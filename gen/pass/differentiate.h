/* The gradients of a phase's loss. */
#ifndef DIFFERENTIATE_H
#define DIFFERENTIATE_H

#include "model.h"

/* The gradient of the phase's loss in every parameter that the phase updates, as targets: zero in those that the loss
 * doesn't depend on, as R1 on D's last bias. The target TARGET_LOSS goes. */
void differentiate(const struct model *m, const struct phase_graph *phase, struct graph *g);

#endif
