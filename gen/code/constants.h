/*
 * Tokens that the templates of all targets share. Each function adds the tokens and their values to a list of
 * substitutions.
 */
#ifndef CONSTANTS_H
#define CONSTANTS_H

#include "graph.h"
#include "template.h"

/* Sets a constant of a template to a whole number. */
void set_constant(struct mem *mem, struct substitutions *sub, const char *name, long value);
/* Sets AG_IN_H, AG_IN_W and AG_IN_C to the height, width and channels of a kernel's input, AG_OUT_H, AG_OUT_W and
 * AG_OUT_C to those of its output. AG_H, AG_W and AG_C are the input's; kernels use them whose output has the same. */
void size_constants(struct mem *mem, struct substitutions *sub, struct shape in, struct shape out);
/* Sets the constants of template strided, which copies from x to y in four nested loops, for node n (slice, place, pad,
 * crop, flip, flipt, permute; if n is batched, for one picture of it). AG_LENGTH0 … AG_LENGTH3 are the loops' lengths,
 * AG_IN_STRIDE0 … and AG_OUT_STRIDE0 … the strides of x and y in reals, AG_IN_START and AG_OUT_START where each starts,
 * AG_CLEAR how many reals of y are cleared first. *name: the kernel's name. */
void strided_constants(struct mem *mem, struct substitutions *sub, const struct graph *g, int n, const char **name);

#endif
