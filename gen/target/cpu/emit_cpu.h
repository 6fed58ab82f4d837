/* The CPU target: C for the kernels and phases of a program. */
#ifndef EMIT_CPU_H
#define EMIT_CPU_H

#include "code.h"

enum { KERNEL_FILES = 4 };

/* A call of a node's kernel. */
struct kernel_call {
    int result;        /* the node that the function's y is: its own, or what its epilogue makes of that */
    int ins;           /* inputs of the node that are arguments */
    int no_bias;       /* 1: one more argument, a bias that is not there */
    int first;         /* 1: one more argument, how many pictures of the part came before */
    int relu;          /* 1: the result is the node's own, or 0 where it would be less, which needs no epilogue */
    const char *prefetch; /* what it prefetches meanwhile: cpu_prefetch */
    struct text more;  /* further arguments, at the end */
};

/* pointwise.c: a kernel of expressions; *arguments gets the call's arguments, but for the number of pictures
 * and what share of them. */
int cpu_pointwise(const struct call_site *s, const struct kernel *k, struct text *arguments, int *images);
/* The tokens of a node kernel's epilogue and of its shares; with call->relu set, of shares alone. */
void cpu_epilogue(const struct call_site *s, struct substitutions *sub, struct kernel_call *call);
/* prefetch.c: what a share of kernel s->k prefetches while it computes, an expression (struct prefetch, vector.h);
 * NULL: nothing. */
const char *cpu_prefetch(const struct call_site *s);
/* conv.c: sets AG_PACKED_ABREAST and AG_PACKED_BLOCK (templates/cpu/packing.h) for a convolution to `out` channels with
 * windows k wide. A transposed convolution has k = 1 there, for its pixels are never abreast. */
void packing_constants(struct mem *mem, struct substitutions *sub, int out, int k);
/* reduce.c: the function that adds up node n's partial sums. */
int cpu_combine(const struct call_site *s, int n);
/* border.c: calls what adds the border that node n needs: its own kernel, or what follows its convolution. */
void cpu_border(const struct call_site *s, int n);

/* ---------------------------------------------------------------- call.c */

/* The halo of what node n's kernel writes. */
long cpu_halo(const struct call_site *s, int n);
/* The halo of input k of node n's kernel. */
long cpu_halo_in(const struct call_site *s, int n, int k);
/* Reals from a pixel of that input to the next, and from a pixel of the result to the next. */
int cpu_pixel_stride_in(const struct call_site *s, int n, int k);
int cpu_pixel_stride_out(const struct call_site *s, int n);
/* Twice the multiply-adds of node n for one picture. */
double cpu_flop(const struct call_site *s, int n);
/* Where node n's kernel finds its input k, and where its result or its partial sums go: expressions. */
const char *cpu_input(const struct call_site *s, int n, int k);
const char *cpu_output(const struct call_site *s, int n);
/* Calls the kernel of node n. */
void cpu_call(const struct call_site *s, int n, int instance, struct kernel_call *call);
/* Calls a kernel in weight space, in a group for the weights of each picture. */
void cpu_call_for_weights(const struct call_site *s, int n, int instance);
/* Notes for profiles that a kernel has run. */
void cpu_mark(const struct call_site *s, int instance);

/* ---------------------------------------------------------------- what rows of several files have */

/* A window's halo: its padding, or half of it. */
int cpu_halo_of_padding(const struct node *n);
int cpu_halo_of_window(const struct node *n);
enum split cpu_split_rows(const struct plan *p, int n);
enum split cpu_split_other(const struct plan *p, int n);

/* ---------------------------------------------------------------- phase.c */


#endif
