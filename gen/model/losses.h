/* The losses that D and G minimise. D's hinge loss is Eq. 5 as it is printed; the paper's Adv is minus D's loss. */
#ifndef LOSSES_H
#define LOSSES_H

#include "build.h"

/*
 * Returns D's loss [1,1,1,1], given its scores r of real and f of generated pictures, [N,1,1,1] each:
 *
 *     hinge      mean max(0, 1 - r) + mean max(0, 1 + f)
 *     logistic   mean log(1 + exp(-r)) + mean log(1 + exp(f))
 *     wgan       mean -r + mean f
 */
int discriminator_loss(struct build *b, enum loss kind, int real, int fake);
/* Returns G's loss [1,1,1,1], given the scores f of its pictures: mean -f, or, if logistic, mean log(1 + exp(-f)). */
int generator_loss(struct build *b, enum loss kind, int fake);

#endif
