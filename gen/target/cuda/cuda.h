/* GPUs by CUDA as a target. */
#ifndef CUDA_H
#define CUDA_H

#include "plan.h"

struct code;

extern const struct policy cuda_policy;
/* The function of one phase, appended to c->phases. */
void cuda_phase(struct code *c, const char *phase, const struct plan *p);

#endif
