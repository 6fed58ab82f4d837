/* What a space or genotype amounts to: sizes, parameters, operations, memory; as text or JSON on standard output. */
#ifndef INFO_H
#define INFO_H

#include "model.h"

/* `m`: the search program of a space, or the retraining program of a genotype. */
void info_print(const struct model *m, int json);

#endif
