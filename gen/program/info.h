/* What a space or genotype amounts to: sizes, parameters, operations, memory; as text or JSON on standard output. */
#ifndef INFO_H
#define INFO_H

#include "model.h"

/* `m`: the search program of a space, or the retraining program of a genotype. */
void info_print(const struct model *m, int json);

/* roofline.c: the kernels of every phase, with their launches and the least time they take on a GPU that is called
 * `gpu`, one of info_gpu. Returns 0, or 2 with a line in err. */
const char *info_gpu(int i); /* the name of GPU number i; NULL: there are no more */
int info_print_cuda(const struct model *m, const char *gpu, int json, struct ag_error *err);

#endif
