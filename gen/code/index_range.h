/* Kernels index the values of a tensor with 32 bits. This refuses phases whose tensors are too large for that. */
#ifndef INDEX_RANGE_H
#define INDEX_RANGE_H

#include "code.h"

/* Returns 1 if 32 bits are enough for each tensor of a phase. Counted are the values of all pictures on a GPU, and of
 * one picture with its halo on the CPU. Otherwise returns 0, c->err names a tensor, and c->refused is set. */
int bounds_hold(struct code *c, const char *phase, const struct plan *p);

#endif
