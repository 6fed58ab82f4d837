/* What the files of the CPU target share. Together they write the kernels and phases of a program as C. */
#ifndef EMIT_CPU_H
#define EMIT_CPU_H

#include "code.h"

enum { KERNEL_FILES = 4 };

/* A call of a node's kernel. The caller sets what it needs; cpu_call writes the arguments in this order. */
struct kernel_call {
    int result;  /* the node whose value the function stores in its argument y: the kernel's own node, or the value that
                    its epilogue computes */
    int ins;     /* how many inputs of the node are arguments */
    int no_bias; /* 1: a null pointer is passed for a bias that the node does not have */
    int first;   /* 1: one more argument: the number of pictures of this part of the batch that were computed before */
    int relu;    /* 1: the kernel itself replaces negative results by 0, so that a ReLU needs no epilogue */
    const char *prefetch; /* what cpu_prefetch returned */
    struct text more;     /* further arguments, which come last */
};

/* pointwise.c: makes the function of a pointwise kernel and returns its instance. *arguments gets the arguments of its
 * call, without the number of pictures and without the share. *images gets the number of pictures that its outermost
 * loop goes over. */
int cpu_pointwise(const struct call_site *s, const struct kernel *k, struct text *arguments, int *images);
/* Sets the constants of the epilogue of a node's kernel and those of its shares. With call->relu there is no epilogue,
 * and only those of the shares are set. */
void cpu_epilogue(const struct call_site *s, struct substitutions *sub, struct kernel_call *call);
/* prefetch.c: returns what a share of kernel s->k prefetches while it computes, as a C expression of type struct
 * prefetch (templates/cpu/vector.h). NULL: it prefetches nothing. */
const char *cpu_prefetch(const struct call_site *s);
/* conv.c: sets AG_PACKED_ABREAST and AG_PACKED_BLOCK (templates/cpu/packing.h) for a convolution to `out` channels with
 * windows of k x k pixels. For a transposed convolution k is 1, because its packed weight never has pixels abreast. */
void packing_constants(struct mem *mem, struct substitutions *sub, int out, int k);
/* reduce.c: makes the function that adds up the partial sums of node n, and returns its instance. */
int cpu_combine(const struct call_site *s, int n);
/* border.c: calls the kernel that computes the border of an up-sampled convolution. n is the border's own node, or the
 * convolution to whose result the border is added. */
void cpu_border(const struct call_site *s, int n);

/* ---------------------------------------------------------------- call.c */

/* Returns the pixels of zeros around the result of node n's kernel. */
long cpu_halo(const struct call_site *s, int n);
/* Returns the pixels of zeros around input k of node n's kernel. */
long cpu_halo_in(const struct call_site *s, int n, int k);
/* Returns the reals from one pixel of that input to the next; of the result. */
int cpu_pixel_stride_in(const struct call_site *s, int n, int k);
int cpu_pixel_stride_out(const struct call_site *s, int n);
/* Returns twice the multiply-adds of node n for one picture. */
double cpu_flop(const struct call_site *s, int n);
/* Returns the address of input k of node n's kernel as a C expression; that of its result or of its partial sums. */
const char *cpu_input(const struct call_site *s, int n, int k);
const char *cpu_output(const struct call_site *s, int n);
/* Appends the call of node n's kernel. */
void cpu_call(const struct call_site *s, int n, int instance, struct kernel_call *call);
/* Appends the call of a kernel that works on weights. In a group it is called for the weights of each picture. */
void cpu_call_for_weights(const struct call_site *s, int n, int instance);
/* Appends the code that adds the time since the last mark to this kernel in the profile. */
void cpu_mark(const struct call_site *s, int instance);

/* ---------------------------------------------------------------- functions for fields of struct variant */

/* Each returns the pixels of zeros that a window needs around the picture: its padding; half of its width. */
int cpu_halo_of_padding(const struct node *n);
int cpu_halo_of_window(const struct node *n);
enum split cpu_split_rows(const struct plan *p, int n);
enum split cpu_split_other(const struct plan *p, int n);

#endif
