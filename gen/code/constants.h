/*
 * Tokens that the templates of all targets share. Each function adds the tokens and their values to a list of
 * substitutions.
 */
#ifndef CONSTANTS_H
#define CONSTANTS_H

#include "graph.h"
#include "template.h"

/* Sets a token to a whole number. */
void number_token(struct mem *mem, struct substitutions *sub, const char *token, long value);
/* Sets AG_H and AG_W to the height and width of a shape. */
void size_tokens(struct mem *mem, struct substitutions *sub, struct shape s);
/* Sets the tokens of template strided, which copies from x to y in four nested loops, for node n (slice, place, pad,
 * crop, flip, flipt, permute; if n is batched, for one picture of it). AG_D0 … AG_D3 are the loops' lengths, AG_X0 …
 * and AG_Y0 … the strides of x and y in reals, AG_X and AG_Y where each starts, AG_CLEAR how many reals of y are
 * cleared first. *name: the kernel's name. */
void strided_tokens(struct mem *mem, struct substitutions *sub, const struct graph *g, int n, const char **name);

#endif
