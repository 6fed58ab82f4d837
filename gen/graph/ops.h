/*
 * The operators: a table with a row for each. The row holds all that the rest of the generator asks of an operator: its
 * result's shape, its gradient, its C expression, its multiply-adds. This header also declares what is done to whole
 * graphs by these rows: differentiation, simplification, counting.
 */
#ifndef OPS_H
#define OPS_H

#include "graph.h"

/* What a value of the result is computed from. */
enum op_class {
    CLASS_LEAF,
    CLASS_POINTWISE, /* each value of the result from one value of each input */
    CLASS_REDUCE,    /* sums over pixels, over the batch or over everything */
    CLASS_WINDOW,    /* each picture of the result from the same picture of the inputs, which must lie in memory */
    CLASS_WGRAD,     /* a gradient in weight space: sums over the batch of products of windows */
    CLASS_SMALL      /* in weight space */
};

/* A row of the table. */
struct op_info {
    const char *name;
    enum op_class class;
    /* The shape of the result, from inputs and attributes. */
    struct shape (*shape)(const struct graph *g, const struct node_args *a);
    /* Given the gradient gy in the result of node n, adds the gradients in n's inputs to sum[] by grad_add. NULL: none
     * flows. */
    void (*grad)(struct graph *g, int n, int gy, int *sum);
    /* Pointwise operators: the C expression of one value. $0 and $1 stand for the values of the inputs. Else NULL. */
    const char *expression;
    /* Multiply-adds of the operator's direct form, for the whole batch. NULL: not counted. */
    double (*macs)(const struct graph *g, const struct node *n);
};

extern const struct op_info op_table[OP_COUNT];

/* Adds a gradient of node n to sum[n]. sum[n] is the node that holds the sum so far, -1 if there is none yet. If it is
 * GRAD_UNWANTED, nothing happens. If n was broadcast, the gradient is first summed down to n's shape. */
enum { GRAD_UNWANTED = -2 };
void grad_add(struct graph *g, int n, int gradient, int *sum);

/*
 * Reverse-mode differentiation. Sets out[i] to a node of g: the gradient of the scalar node `loss` in node wrt[i], with
 * its shape; a constant zero if the loss does not depend on it. New nodes are made of the same operators, so that the
 * result can be differentiated again. Algorithms 1 and 2 take their gradients in weights and alpha by this.
 */
void grad(struct graph *g, int loss, const int *wrt, int count, int *out);

/* simplify.c: returns the node that `a` is equal to, or -1 if a node must be made. May give `a` simpler inputs, or the
 * same inputs in a fixed order. */
int simplify_node(struct graph *g, struct node_args *a);

/* Twice the multiply-adds of all live convolutions and linear layers. */
double graph_flop(const struct graph *g);

#endif
