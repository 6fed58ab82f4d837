/* What cases.c emits beside kernels and phases: the table of tests. */
#ifndef DRIVER_H
#define DRIVER_H

#include "../../runtime/ag.h"

struct test_leaf {
    int block; /* AG_IN or AG_G */
    long offset, size;
    double low, high;
    int positive;
    int gradient_block; /* where the gradient phase leaves its gradient; -1: nowhere */
    long gradient_offset;
};

struct gradient_test {
    const char *name;
    void (*loss)(real *const block[AG_BLOCKS]);     /* b[AG_OUT][0] = loss */
    void (*gradient)(real *const block[AG_BLOCKS]); /* the same, and the gradients of the leaves */
    long in, params, out, arena, scratch;           /* sizes, in reals; scratch: of a thread */
    const struct test_leaf *leaf;
    int leaves;
    int merged; /* the same as the test before it, its mixtures merged */
};
extern const struct gradient_test gradient_tests[];
extern const int gradient_count;

#endif
