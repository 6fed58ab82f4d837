/*
 * Gradient tests. Each row of a table is a small graph. cases.c differentiates the graphs and emits them as C with
 * aggen's own passes and emitters; driver.c is compiled with that C and compares the gradients with finite differences.
 *
 * A new operator needs a row in operators.c.
 */
#ifndef CASES_H
#define CASES_H

#include "ops.h"

enum { BATCH = 0 }; /* first dimension of a shape in a row: stands for the batch of the test; the tensor is batched */
enum { LEAVES = 80 };

/* An input or parameter of a test's graph. Its values have absolute values in [low, high]. offset, size: reals, in
 * AG_IN or AG_G. */
struct leaf {
    enum op op; /* OP_INPUT (batched) or OP_PARAM */
    long offset, size;
    double low, high;
    int positive; /* 1: all values are positive; 0: they have both signs */
    int constant; /* 1: the loss is not differentiated in it */
};

/* A test under construction. */
struct test {
    struct graph *g;
    int batch;
    struct leaf leaf[LEAVES];
    int leaves;
    long in_size, param_size;
};

struct row {
    enum op op; /* the operator whose gradient it tests; OP_COUNT: it tests a network */
    const char *name;
    int (*build)(struct test *t, const struct row *r); /* returns a node; the loss is a weighted sum of its values */
    struct shape a, b;                                 /* shapes for build: of two inputs, or of input and result */
    int attr[4];                                       /* numbers for build */
    int batch;                                         /* pictures; 0: there is a test for each of several batches */
    int merge; /* 1: there is a second test with merged mixtures, which must give the same results */
};
extern const struct row operator_rows[], network_rows[];
extern const int operator_count, network_count;

/* Each makes a leaf and returns its node. test_leaf: values of both signs, of at most size `scale`, and not near 0,
 * where ReLUs have their kink. test_leaf_positive: positive values. test_leaf_constant: not differentiated. */
int test_leaf(struct test *t, struct shape s, double scale);
int test_leaf_positive(struct test *t, struct shape s);
int test_leaf_constant(struct test *t, struct shape s);
/* Makes a weight [out, in, k, k] (depthwise: [out, 1, k, k]) whose convolution about keeps its input's variance. */
int test_weight(struct test *t, int out, int in, int k);
/* Returns a shape of a row with the test's batch in the place of BATCH. */
struct shape test_shape(const struct test *t, struct shape s);

#endif
