/* The CUDA target: kernels, and phases that launch them. */
#ifndef EMIT_CUDA_H
#define EMIT_CUDA_H

#include "code.h"

enum { DEVICE_BLOCKS = 264 }; /* of threads, that fill a large GPU: two for each of its processors */

/* Kernels over some items, one a thread unless they are more than eight blocks for each processor of a large GPU. */
struct launch cuda_launch(long items, int pointers, double bytes);

/* sepconv.c: launches a 1x1 convolution that makes the depthwise one before it on the way. */
void cuda_sepconv(const struct call_site *s, const struct kernel *k);
/* border.c: launches what adds the border that node n needs: its own kernel, or what follows its convolution. */
void cuda_border(const struct call_site *s, int n);
/* reduce.c: the sum of node n's parts. */
void cuda_combine(const struct call_site *s, int n);
/* pointwise.c: launches what computes the roots of a pointwise kernel. */
void cuda_pointwise(const struct call_site *s, const struct kernel *k);
/* What a node's kernel computes from its sums: sets its constants; appends the arguments for the first result and for what
 * AG_EXTRA_PARAMS declares. */
struct epilogue_arguments {
    struct text first, extra;
    int pointers; /* of extra */
    double bytes; /* that the results, and what is read for them, take */
};
void cuda_epilogue(const struct call_site *s, const struct kernel *k, struct substitutions *sub,
                   struct epilogue_arguments *e);
/* What it makes of its input first: sets the tokens of that; appends the arguments for AG_PROLOGUE_PARAMS, each after a
 * comma, to `arguments` and returns their number. */
int cuda_prologue(const struct call_site *s, const struct kernel *k, struct substitutions *sub, struct text *arguments);

/* phase.c: a launch with these arguments, C expressions separated by commas. */
void cuda_call(const struct call_site *s, int instance, struct launch launch, const char *arguments);
/* Where a site finds input k of node n, and where n's value or its partial sums go. */
const char *cuda_input(const struct call_site *s, int n, int k);
const char *cuda_output(const struct call_site *s, int n);
/* Bytes of node n's value and of its inputs. */
double cuda_bytes(const struct call_site *s, int n);


#endif
