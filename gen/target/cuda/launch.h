/* Launches of a device's kernels under construction. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "code.h"

struct launch_builder {
    const struct call_site *s;
    struct mem *mem;
    int n;
    const struct node *y, *x, *z; /* the node, its inputs */
    struct substitutions sub;
    struct text arguments;
    int pointers;
    double flop;
};

struct launch_builder launch_begin(const struct call_site *s, int n);
/* Sets a token. */
void launch_constant(struct launch_builder *c, const char *name, long value);
/* How many pictures the kernel works on, each with values of its own. */
int launch_images(const struct launch_builder *c, const struct node *node);
void launch_argument(struct launch_builder *c, const char *address);
/* The node's first `count` inputs as arguments. */
void launch_inputs(struct launch_builder *c, int count);
/* "OPERATOR_NxHxWxC" */
const char *launch_name(struct launch_builder *c, const char *operator, struct shape d);
/* The kernel's function, and the call. */
void launch_finish(struct launch_builder *c, const char *template, const char *name, struct launch launch);
/* The same with all inputs and the result as arguments, for a kernel over some items. */
void launch_over_items(struct launch_builder *c, const char *template, const char *name, long items);

/* The arguments after the inputs: the results, and what an epilogue reads. Returns the bytes of all that. */
double launch_results(struct launch_builder *c, const struct kernel *k);
void launch_no_epilogue(struct launch_builder *c, const char *result);
/* Input 0 of node d's kernel, which may be made of another tensor (prologue), and the arguments that that reads. */
void launch_prologue_input(struct launch_builder *c, const struct kernel *k, int d);
void launch_prologue_arguments(struct launch_builder *c, const struct kernel *k);

/* Room behind the phase's scratch for partial results that the next launch adds up. */
const char *launch_workspace(const struct call_site *s, long reals);
/* Adds up the parts in which kernel k's sums are in the workspace, with its bias and epilogue. */
void launch_split_sum(const struct call_site *s, const struct kernel *k, int split, int bias);

/* A kernel's tile, bm x bn of the result bk deep, tm x tn of it a thread's. */
struct gemm_tile {
    int bm, bn, bk, tm, tn;
};
static inline long ceil_div(long a, long b)
{
    return (a + b - 1) / b;
}
long gemm_blocks(struct gemm_tile t, long rows, long columns);
int gemm_threads(struct gemm_tile t);
void gemm_constants(struct launch_builder *c, struct gemm_tile t);

#endif
