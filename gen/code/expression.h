/*
 * Writes the expression of a pointwise node as C statements. Each value that it is made of becomes a local variable
 * t0, t1, … and is computed once.
 */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "plan.h"
#include "text.h"

struct expression {
    const struct graph *graph;
    const char *indent; /* at the beginning of each statement */
    /* find returns the number of the operand in memory that holds the node; -1: the node must be computed. read appends
     * the C expression that loads operand number `read`. */
    int (*find)(const void *context, int node);
    void (*read)(const void *context, int read, struct text *t);
    const void *context;
    struct text body; /* the statements so far */
    int *temp, temps; /* temp[node]: the number of the local variable that holds it, plus 1; 0: none does */
};

/* Appends statements to body until a local variable holds the node's value. A constant needs none. */
void expression_evaluate(struct expression *e, int node);
/* Appends to t the name of the variable that holds the node's value, or the constant. */
void expression_value(const struct expression *e, struct text *t, int node);

#endif
