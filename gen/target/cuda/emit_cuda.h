/* What the files of the CUDA target share. Together they write the kernels of a program, and phases that launch them.
 */
#ifndef EMIT_CUDA_H
#define EMIT_CUDA_H

#include "code.h"

enum { DEVICE_BLOCKS = 264 }; /* so many blocks of threads fill a large GPU: two for each of its 132 multiprocessors */

/* Returns the launch of a kernel over `items` items. A thread takes one item. If that were more than eight blocks for
 * each multiprocessor of a large GPU, a thread takes several. bytes: struct launch. */
struct launch cuda_launch(long items, int pointers, double bytes);

/* sepconv.c: launches a 1x1 convolution whose kernel also computes the depthwise convolution before it. */
void cuda_sepconv(const struct call_site *s, const struct kernel *k);
/* border.c: launches the kernel that computes the border of an up-sampled convolution. n is the border's own node, or
 * the convolution to whose result the border is added. */
void cuda_border(const struct call_site *s, int n);
/* reduce.c: launches the kernel that adds up the partial sums of node n. */
void cuda_combine(const struct call_site *s, int n);
/* pointwise.c: launches a pointwise kernel, which computes its roots. */
void cuda_pointwise(const struct call_site *s, const struct kernel *k);
/* The arguments of a kernel's epilogue: the address of its first result, and the arguments that AG_EXTRA_PARAMS
 * declares. */
struct epilogue_arguments {
    struct text first, extra;
    int pointers; /* how many arguments are in extra */
    double bytes; /* of all results, and of the tensors that the epilogue reads */
};
/* Sets the constants of the epilogue of kernel k, and fills *e. */
void cuda_epilogue(const struct call_site *s, const struct kernel *k, struct substitutions *sub,
                   struct epilogue_arguments *e);
/* Sets the constants of kernel k's prologue, which computes the kernel's input from another tensor. Appends the
 * arguments that AG_PROLOGUE_PARAMS declares to `arguments`, each after a comma, and returns their number. */
int cuda_prologue(const struct call_site *s, const struct kernel *k, struct substitutions *sub, struct text *arguments);

/* phase.c: appends a launch. arguments: C expressions, separated by commas. */
void cuda_call(const struct call_site *s, int instance, struct launch launch, const char *arguments);
/* Returns the address of input k of node n as a C expression; that of n's value or of its partial sums. */
const char *cuda_input(const struct call_site *s, int n, int k);
const char *cuda_output(const struct call_site *s, int n);
/* Returns the bytes of node n's value and of its inputs together. */
double cuda_bytes(const struct call_site *s, int n);

#endif
