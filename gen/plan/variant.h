/*
 * Variants: the ways to compute a kernel's operator on a target, one row each. All that the planner and the emitters
 * want to know of a kernel stands in its row, so that nothing else asks which operator it is.
 *
 * A target's rows are a list. Of the rows for an operator that do not refuse a problem, the cheapest is taken, and the
 * first of equally cheap ones (select.c).
 */
#ifndef VARIANT_H
#define VARIANT_H

#include "problem.h"

struct kernel;
struct plan;
struct site;

/* What a kernel can do beside its own operator. */
enum {
    CAN_EPILOGUE = 1, /* computes pointwise values of its result before it stores that */
    CAN_PROLOGUE = 2, /* makes its first input of another tensor, value by value, as it reads it */
    CAN_READ_UP = 4,  /* reads a small picture as if that were up-sampled to its nearest neighbours */
    CAN_REPEAT = 8,   /* may be computed by each group that reads it, where it is cheap enough (materialize.c) */
    IS_DENSE = 16,    /* multiplies all channels by all: pictures that go through it together share its weights */
    READS_ROWS = 32   /* what a share of its rows reads follows on what the share before it read (prefetch.c) */
};

/* How threads share a kernel's work on one picture. */
enum split {
    SPLIT_NOT,     /* one thread does it all */
    SPLIT_ROWS,    /* each takes the rows of the result that it takes of pointwise kernels too */
    SPLIT_TILES,   /* each takes rows, in a way of the kernel's own */
    SPLIT_WEIGHTS, /* each takes what has weights of its own: output channels, phases of a transposed convolution */
    SPLIT_OTHER    /* each takes a part of the result, in a way of the kernel's own */
};

/* How far apart pixels may lie that a kernel reads and writes. */
enum pitch {
    PITCH_DENSE, /* by their channels */
    PITCH_ANY,   /* further too */
    PITCH_WIDE   /* further is better: windows of pixels that are a power of two apart crowd few sets of a cache */
};

/* What computing a problem takes. */
struct work {
    double macs;  /* multiply-adds */
    double bytes; /* of its operands */
    long scratch; /* reals, beside what the plan counts */
};

struct variant {
    const char *name;
    enum op op;
    unsigned can;
    enum packing packing; /* of the weight that it reads */
    /* Why it can't compute this; NULL: it can. Without such a function it can compute all. */
    const char *(*refuses)(const struct problem *p);
    /* NULL: the operator's multiply-adds. What it takes must not depend on the machine, as programs move. */
    struct work (*work)(const struct problem *p);
    int (*halo)(const struct node *n);                /* zero pixels that it wants around its first input; NULL: none */
    enum split (*split)(const struct plan *p, int n); /* NULL: SPLIT_NOT */
    enum pitch (*pitch)(const struct node *n);        /* NULL: PITCH_DENSE */
    /* Does it pay to make depthwise convolution d on the way to its reader n? NULL: it can't. */
    int (*front)(const struct plan *p, int n, int d);
    /* Sums over the batch: reals of a part's sum (NULL: as many as the result has), and in how many parts (NULL: in the
     * plan's). */
    long (*partial)(const struct node *n);
    int (*parts)(const struct plan *p, int n);
    /* Appends to the code of a phase the call of kernel k, whose node's variant this is. */
    void (*emit)(const struct site *s, const struct kernel *k);
};

/* Why a rival was not taken. */
struct rival {
    const struct variant *variant;
    const char *why; /* NULL: it is dearer by `times` */
    double times;
};
enum { RIVALS = 16 };
struct choice_reasons {
    struct rival rival[RIVALS];
    int rivals;
};

/* Why a kernel refuses convolutions that are not plain, or that have no border of their own (struct variant: refuses).
 */
const char *refuses_bordered(const struct problem *p);
const char *refuses_plain(const struct problem *p);
/* What a convolution's direct form takes. */
struct work work_of_conv(const struct problem *p);
/* Reals of a convolution's weight gradient in its kernel's order: output channels are rounded up to 16. */
long wgrad_partial(const struct node *n);

/* The row for a problem, NULL if there is none for its operator. `forced`: the name of the variant that is taken where
 * it does not refuse, "" for none. reasons may be NULL. */
const struct variant *variant_choose(const struct variant *const *rows, const struct problem *p, const char *forced,
                                     struct choice_reasons *reasons);

/* The order of the packed weight that a convolution's variant reads: struct lowering. */
struct chooser {
    const struct variant *const *rows;
    const char *forced;
};
int chooser_packing(const void *chooser, const struct problem *conv);

#endif
