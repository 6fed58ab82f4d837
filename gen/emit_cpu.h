/* The CPU target: C for the kernels and phases of a program. */
#ifndef EMIT_CPU_H
#define EMIT_CPU_H

#include "code.h"

enum { KERNEL_FILES = 4 };

/* emit_cpu_pointwise.c: a kernel of expressions; *arguments gets the call's arguments, but for the number of pictures.
 */
int cpu_pointwise(struct code *c, const struct plan *p, int group, const struct kernel *k, struct text *arguments,
                  int *images);
/* emit_cpu_nodes.c: the function of node n's own kernel. */
int cpu_node(const struct site *s, int n);
/* The function that adds what the border of node n needs: its own kernel, or what follows its convolution. */
int cpu_border(const struct site *s, int n);
/* The function that adds up node n's partial sums. */
int cpu_combine(const struct site *s, int n);
/* The halo of what node n's kernel writes. */
long cpu_halo(const struct site *s, int n);

/* emit_cpu.c: the functions of one phase, appended to c->phases. */
void cpu_phase(struct code *c, const char *phase, const struct plan *p);

#endif
