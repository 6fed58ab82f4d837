/* What kernels can count. */
#ifndef INDEX_RANGE_H
#define INDEX_RANGE_H

#include "code.h"

/* Kernels number the values of a tensor with 32 bits: on a device those of all pictures, on the CPU those of one and of
 * the zeros around it. Is that enough for all tensors of a phase? If not, c->err says for which, and c->refused is
 * set. */
int bounds_hold(struct code *c, const char *phase, const struct plan *p);

#endif
