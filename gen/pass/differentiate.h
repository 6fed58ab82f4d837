/* The pass that adds the gradients of a phase's loss to its graph. Gradients of D's and G's loss are those of Eq. 7,
 * gradients in alpha those of Eq. 6; see doc/method.md. */
#ifndef DIFFERENTIATE_H
#define DIFFERENTIATE_H

#include "model.h"

/* Replaces the target TARGET_LOSS of g by a target for each parameter in the blocks phase->weights and phase->alpha:
 * the gradient of the loss in it, in AG_GRAD or AG_GRAD_ALPHA. The gradient is zero in a parameter that the loss does
 * not depend on: R1 does not depend on D's last bias, for instance. Without TARGET_LOSS nothing is done. */
void differentiate(const struct model *m, const struct phase_graph *phase, struct graph *g);

#endif
