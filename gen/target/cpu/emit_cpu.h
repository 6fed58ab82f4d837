/* The CPU target: C for the kernels and phases of a program. */
#ifndef EMIT_CPU_H
#define EMIT_CPU_H

#include "code.h"

enum { KERNEL_FILES = 4 };

/* What a call of a node's kernel has beside its inputs. */
struct call {
    int result;        /* the node that the function's y is: its own, or what its epilogue makes of that */
    int relu;          /* 1: that is its own result, or 0 where it would be less, which needs no epilogue */
    const char *ahead; /* what it fetches meanwhile: cpu_ahead */
    struct text more;  /* further arguments, at the end */
};

/* pointwise.c: a kernel of expressions; *arguments gets the call's arguments, but for the number of pictures
 * and what share of them. */
int cpu_pointwise(const struct site *s, const struct kernel *k, struct text *arguments, int *images);
/* The tokens of a node kernel's epilogue and of its shares; with call->relu set, of shares alone. */
void cpu_epilogue(const struct site *s, struct substitutions *sub, struct call *call);
/* Tokens: how many shares the kernel at hand has, and the share's name. */
void cpu_shares(const struct site *s, struct substitutions *sub);
/* prefetch.c: what a share of kernel s->k fetches while it computes, an expression (struct ahead, vector.h);
 * NULL: nothing. */
const char *cpu_ahead(const struct site *s);
/* nodes.c: the function of node n's own kernel. */
int cpu_node(const struct site *s, int n, struct call *call);
/* The function that adds what the border of node n needs: its own kernel, or what follows its convolution. */
int cpu_border(const struct site *s, int n);
/* The function that adds up node n's partial sums. */
int cpu_combine(const struct site *s, int n);
/* The halo of what node n's kernel writes, that of its input k, and reals from a pixel of that to the next. */
long cpu_halo(const struct site *s, int n);
long cpu_halo_in(const struct site *s, int n, int k);
int cpu_step_in(const struct site *s, int n, int k);

/* phase.c: where node n's kernel finds its input k, an expression. */
const char *cpu_input(const struct site *s, int n, int k);
/* The functions of one phase, appended to c->phases. */
void cpu_phase(struct code *c, const char *phase, const struct plan *p);

#endif
