/* Launches of a device's kernels under construction. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "code.h"

struct device_call {
    const struct site *s;
    struct mem *mem;
    int n;
    const struct node *y, *x, *z; /* the node, its inputs */
    struct substitutions sub;
    struct text arguments;
    int pointers;
    double flop;
};

struct device_call launch_begin(const struct site *s, int n);
/* Sets a token. */
void launch_constant(struct device_call *c, const char *token, long value);
/* How many pictures the kernel works on, each with values of its own. */
int launch_images(const struct device_call *c, const struct node *node);
void launch_argument(struct device_call *c, const char *address);
/* The node's first `count` inputs as arguments. */
void launch_inputs(struct device_call *c, int count);
/* "WHAT_NxHxWxC" */
const char *launch_named(struct device_call *c, const char *what, struct shape d);
/* The kernel's function, and the call. */
void launch_finish(struct device_call *c, const char *template, const char *name, struct launch launch);
/* The same with all inputs and the result as arguments, for a kernel over some items. */
void launch_run(struct device_call *c, const char *template, const char *name, long items);

/* The arguments after the inputs: the results, and what an epilogue reads. Returns the bytes of all that. */
double launch_results(struct device_call *c, const struct kernel *k);
void launch_no_epilogue(struct device_call *c, const char *result);
/* Input 0 of node d's kernel, which may be made of another tensor (prologue), and the arguments that that reads. */
void launch_made_input(struct device_call *c, const struct kernel *k, int d);
void launch_made_arguments(struct device_call *c, const struct kernel *k);

/* Room behind the phase's scratch for partial results that the next launch adds up. */
const char *launch_workspace(const struct site *s, long reals);
/* Adds up the parts in which kernel k's sums are in the workspace, with its bias and epilogue. */
void launch_split_sum(const struct site *s, const struct kernel *k, int split, int bias);

/* A kernel's tile, bm x bn of the result bk deep, tm x tn of it a thread's. */
struct tile {
    int bm, bn, bk, tm, tn;
};
static inline long ceil_div(long a, long b)
{
    return (a + b - 1) / b;
}
long tile_blocks(struct tile t, long rows, long columns);
int tile_threads(struct tile t);
void tile_tokens(struct device_call *c, struct tile t);

#endif
