/*
 * `aggen info`: prints the size of a search space or genotype on standard output, as text or JSON. This is its number
 * of architectures and parameters, and the operations and memory of its phases.
 */
#ifndef INFO_H
#define INFO_H

#include "model.h"

/* m: the search program of a space, or the retraining program of a genotype. json: 1: prints JSON. */
void info_print(const struct model *m, int json);

/* roofline.c. Returns the name of the GPU with number i, from 0; NULL: there are no more. */
const char *info_gpu(int i);
/* roofline.c: prints the kernels of every phase with their launches, and the least time that each can take on a GPU.
 * gpu: a name of info_gpu. Returns 0; 2 with a line in err, for example if there is no such GPU. */
int info_print_cuda(const struct model *m, const char *gpu, int json, struct ag_error *err);

#endif
