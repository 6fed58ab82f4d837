/* Pointwise expressions as C: a local variable for each value, computed once. */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "plan.h"
#include "text.h"

struct expression {
    const struct graph *graph;
    const char *indent;
    /* The number of the tensor in memory that node is, -1: it is to be computed; and the text of its value. */
    int (*find)(const void *context, int node);
    void (*read)(const void *context, int read, struct text *t);
    const void *context;
    struct text body;
    int *temp, temps; /* temp[node]: number of the local variable that holds it, plus 1 */
};

/* Makes sure that node's value is in a local variable (or a constant). */
void expression_evaluate(struct expression *e, int node);
/* Appends that variable's name, or the constant, to t. */
void expression_value(const struct expression *e, struct text *t, int node);

#endif
