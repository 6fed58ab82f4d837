/* The launch of a kernel on a GPU, while it is being put together: launch_begin, then constants and arguments in the
 * order of the kernel's parameters, then launch_finish. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "code.h"

struct launch_builder {
    const struct call_site *s;
    struct mem *mem;
    int n;
    const struct node *y, *x, *z; /* the node n and its first two inputs; NULL if it has fewer */
    struct substitutions sub;
    struct text arguments;
    int pointers;
    double flop;
};

/* Begins the launch of node n's kernel. */
struct launch_builder launch_begin(const struct call_site *s, int n);
/* Sets a constant of the template. */
void launch_constant(struct launch_builder *c, const char *name, long value);
/* Returns the number of pictures for which `node` has values of its own: the batch, or 1 if it is not batched. */
int launch_images(const struct launch_builder *c, const struct node *node);
/* Appends an argument, a C expression. */
void launch_argument(struct launch_builder *c, const char *address);
/* Appends the first `count` inputs of the node as arguments. */
void launch_inputs(struct launch_builder *c, int count);
/* Returns the function's name, "OPERATOR_NxHxWxC". */
const char *launch_name(struct launch_builder *c, const char *operator, struct shape d);
/* Makes the kernel's function of its template, and appends the launch to the phase. */
void launch_finish(struct launch_builder *c, const char *template, const char *name, struct launch launch);
/* Likewise, for a kernel over `items` items (cuda_launch) whose arguments are all inputs and the result. */
void launch_over_items(struct launch_builder *c, const char *template, const char *name, long items);

/* Appends the arguments after the inputs: the results, and the tensors that the epilogue reads. Returns the bytes of
 * all of them. */
double launch_results(struct launch_builder *c, const struct kernel *k);
/* Appends a result instead, for a kernel without epilogue. */
void launch_no_epilogue(struct launch_builder *c, const char *result);
/* Appends input 0 of node d's kernel. If kernel k has a prologue, this is the tensor from which the prologue computes
 * the input; the second function appends the further arguments that the prologue reads. */
void launch_prologue_input(struct launch_builder *c, const struct kernel *k, int d);
void launch_prologue_arguments(struct launch_builder *c, const struct kernel *k);

/* Returns the address of `reals` reals behind the phase's scratch, for partial results that the next launch adds up. */
const char *launch_workspace(const struct call_site *s, long reals);
/* Launches the kernel that adds up the `split` parts of kernel k's result in the workspace. It also adds the bias (bias
 * 1) and computes the epilogue. */
void launch_split_sum(const struct call_site *s, const struct kernel *k, int split, int bias);

/* The tiles of a matrix product. A block of threads computes bm x bn values of the result, and reads bk terms of the
 * sum at a time. A thread computes tm x tn of these values. */
struct gemm_tile {
    int bm, bn, bk, tm, tn;
};
static inline long ceil_div(long a, long b)
{
    return (a + b - 1) / b;
}
/* Returns the blocks that a result of rows x columns takes, and the threads of a block. */
long gemm_blocks(struct gemm_tile t, long rows, long columns);
int gemm_threads(struct gemm_tile t);
/* Sets the constants of the tile. */
void gemm_constants(struct launch_builder *c, struct gemm_tile t);

#endif
