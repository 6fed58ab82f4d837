/*
 * Gradient tests: small graphs, one a row of a table. cases.c differentiates each and emits it with aggen's own stages;
 * driver.c, compiled with what was emitted, compares the gradients with finite differences.
 *
 * A new operator needs a row in operators.c.
 */
#ifndef CASES_H
#define CASES_H

#include "ops.h"

enum { BATCH = 0 }; /* as the first dimension of a shape: the batch of the test, and the tensor is batched */
enum { LEAVES = 80 };

/* A tensor that a test's graph starts from. Its values have absolute values in [low, high]. */
struct leaf {
    enum op op; /* OP_INPUT (batched) or OP_PARAM */
    long offset, size;
    double low, high;
    int positive; /* of one sign; else of both */
    int constant; /* not differentiated */
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
    enum op op; /* whose gradient it tests; OP_COUNT: a network's */
    const char *name;
    int (*build)(struct test *t, const struct row *r); /* the node whose weighted sum is differentiated */
    struct shape a, b;                                 /* of its inputs, or of its input and result */
    int attr[4];
    int batch; /* 0: one test for each of several batches */
    int merge; /* also built with its mixtures merged, which must not change anything */
};
extern const struct row operator_rows[], network_rows[];
extern const int operator_count, network_count;

/* A new leaf with values of both signs, of at most that size; kept away from 0 and so from the kinks there. */
int test_leaf(struct test *t, struct shape s, double scale);
int test_leaf_positive(struct test *t, struct shape s);
int test_leaf_constant(struct test *t, struct shape s);
/* [out, in, k, k], or depthwise [out, 1, k, k]: scaled to keep variances. */
int test_weight(struct test *t, int out, int in, int k);
/* A shape of rows as a shape of the graph. */
struct shape test_shape(const struct test *t, struct shape s);

#endif
