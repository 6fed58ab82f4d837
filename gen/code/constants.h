/* Tokens that the templates of all targets share. */
#ifndef CONSTANTS_H
#define CONSTANTS_H

#include "graph.h"
#include "template.h"

void number_token(struct mem *mem, struct substitutions *sub, const char *token, long value);
/* AG_H, AG_W */
void size_tokens(struct mem *mem, struct substitutions *sub, struct shape s);
/* AG_D0 …, AG_X, AG_X0 …, AG_Y, AG_Y0 …, AG_CLEAR of node n, a rearrangement (of one picture if it is batched); *name:
 * what to call its kernel. */
void strided_tokens(struct mem *mem, struct substitutions *sub, const struct graph *g, int n, const char **name);

#endif
