/*
 * The operators: one row each, with all that the stages of the generator know of them.
 */
#ifndef OPS_H
#define OPS_H

#include "graph.h"

enum op_class {
    CLASS_LEAF,
    CLASS_POINTWISE, /* one value of the result from one value of each input */
    CLASS_REDUCE,    /* sums over pixels, over the batch or over everything */
    CLASS_WINDOW,    /* each picture's result from the same picture's input: needs its inputs in memory */
    CLASS_WGRAD,     /* sums over the batch of products of windows: a gradient in weight space */
    CLASS_SMALL      /* in weight space */
};

struct op_info {
    const char *name;
    enum op_class class;
    /* Result's shape from the node's inputs and attributes. */
    struct shape (*shape)(const struct graph *g, const struct node_args *a);
    /* Given the gradient gy of node n, adds the gradients of its inputs with grad_add; NULL: none flows. */
    void (*grad)(struct graph *g, int n, int gy, int *sum);
    /* Pointwise: the C expression of one value, $0 and $1 standing for the inputs. */
    const char *expression;
    /* Multiply-adds of the direct form that `flop` counts; NULL: none. */
    double (*macs)(const struct graph *g, const struct node *n);
};

extern const struct op_info op_table[OP_COUNT];

/* sum[n] += g, where sum[n] is -1 at first or the node that holds the gradient so far; nothing where sum[n] is
 * GRAD_UNWANTED. g is first summed down to n's shape where n was broadcast. */
enum { GRAD_UNWANTED = -2 };
void grad_add(struct graph *g, int n, int gradient, int *sum);

/*
 * Gradients of the scalar node `loss` in the nodes wrt[0..count-1]: out[i] is a node of the same graph, or a constant
 * zero where no gradient flows. New nodes are made of the same operators, so that the result can be differentiated
 * again.
 */
void grad(struct graph *g, int loss, const int *wrt, int count, int *out);

/* merge.c: a graph in which each weighted sum of convolutions of one tensor is a single convolution (design: linear
 * mixtures merge). Results and gradients are the same to rounding. */
struct graph *merge_mixtures(const struct graph *g);

/* simplify.c: the node that `a` is equal to, or -1; may put the inputs of `a` in a simpler or canonical form. */
int simplify_node(struct graph *g, struct node_args *a);

/* Twice the multiply-adds of all live convolutions and linear layers. */
double graph_flop(const struct graph *g);

#endif
