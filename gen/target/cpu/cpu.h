/* The CPU as a target. */
#ifndef CPU_H
#define CPU_H

#include "plan.h"

struct code;

extern const struct policy cpu_training, cpu_drawing;
/* The functions of one phase, appended to c->phases. */
void cpu_phase(struct code *c, const char *phase, const struct plan *p);

#endif
