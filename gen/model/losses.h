/* What discriminators and generators are trained to make small. */
#ifndef LOSSES_H
#define LOSSES_H

#include "build.h"

/* D's loss on scores [N,1,1,1] of real and generated pictures: hinge, -log sigmoid, or Wasserstein. */
int discriminator_loss(struct build *b, enum loss kind, int real, int fake);
/* G's loss on the scores of its pictures. */
int generator_loss(struct build *b, enum loss kind, int fake);

#endif
