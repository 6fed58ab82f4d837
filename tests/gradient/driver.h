/* The table of tests, which cases.c emits beside the kernels and phases of the tests. */
#ifndef DRIVER_H
#define DRIVER_H

#include "../../runtime/ag.h"

struct test_leaf {
    int block; /* AG_IN or AG_G */
    long offset, size;
    double low, high; /* as in struct leaf of cases.h */
    int positive;
    int gradient_block; /* the block that gets its gradient; -1: it has none */
    long gradient_offset;
};

struct gradient_test {
    const char *name;
    void (*loss)(real *const block[AG_BLOCKS]);     /* a phase that computes the loss into block[AG_OUT][0] */
    void (*gradient)(real *const block[AG_BLOCKS]); /* a phase that computes the loss and the gradients of all leaves */
    long in, params, out, arena, scratch;           /* sizes of blocks in reals; scratch: of one thread */
    const struct test_leaf *leaf;
    int leaves;
    int merged; /* 1: it is the test before it with merged mixtures */
};
extern const struct gradient_test gradient_tests[];
extern const int gradient_count;

#endif
