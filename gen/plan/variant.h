/*
 * Variants: the ways to compute an operator on a target. Each is a row, and a target lists its rows. A row says all
 * that the planner and the emitters must know of the kernel, so that no other code asks which operator it computes.
 *
 * For each problem (an operator with its shapes) the cheapest row that does not refuse it is chosen; if several are
 * equally cheap, the first of them (select.c).
 */
#ifndef VARIANT_H
#define VARIANT_H

#include "problem.h"

struct kernel;
struct plan;
struct call_site;

/* What a kernel can do beside its own operator, and what else is true of it. */
enum {
    CAN_EPILOGUE = 1, /* it computes pointwise values from its result before it stores the result */
    CAN_PROLOGUE = 2, /* it computes its first input from another tensor, value by value, while it reads */
    CAN_READ_UP = 4,  /* it reads a small picture as if the picture were up-sampled by nearest neighbours */
    CAN_REPEAT = 8,   /* each group that reads its result may compute it again, if it is cheap enough (materialize.c) */
    IS_DENSE = 16,    /* each output channel depends on all input channels, so it reads many weights */
    READS_ROWS = 32   /* a share of result rows reads the input rows right behind those of the share before it, so they
                         can be prefetched (prefetch.c) */
};

/* How threads share a kernel's work on one picture. */
enum split {
    SPLIT_NOT,     /* one thread does it all */
    SPLIT_ROWS,    /* a share is a stretch of the result's rows, the same as in pointwise kernels */
    SPLIT_TILES,   /* a share is some of the result's rows, which the kernel chooses */
    SPLIT_WEIGHTS, /* a share is a part of the weights: output channels, or output phases of a transposed convolution */
    SPLIT_OTHER    /* a share is a part of the result, which the kernel chooses */
};

/* Which distances from a pixel to the next a kernel accepts in the tensors that it reads and writes. */
enum pitch {
    PITCH_DENSE, /* only the number of channels */
    PITCH_ANY,   /* larger ones too */
    PITCH_WIDE   /* larger ones, and it is faster with one that is no power of two: its windows then spread over more
                    sets of the cache */
};

/* The cost of a problem. */
struct work {
    double macs;  /* multiply-adds */
    double bytes; /* of its inputs and its result */
    long scratch; /* reals of memory that the kernel needs beside the tensors of the plan */
};

struct variant {
    const char *name;
    enum op op;
    unsigned can;
    enum packing packing; /* the order of the packed weight that it reads */
    /* Returns why it can't compute this problem; NULL: it can. Without this function it can compute every problem. */
    const char *(*refuses)(const struct problem *p);
    /* Returns the cost of the problem. Without this function the cost is 0. The cost must not depend on the machine
     * that aggen runs on, because programs are moved to others. */
    struct work (*work)(const struct problem *p);
    int (*halo)(const struct node *n); /* returns the pixels of zeros that it wants around its first input; NULL: 0 */
    enum split (*split)(const struct plan *p, int n); /* NULL: SPLIT_NOT */
    enum pitch (*pitch)(const struct node *n);        /* NULL: PITCH_DENSE */
    /* Returns 1 if it is faster to compute depthwise convolution d inside the kernel of n, which reads d. NULL: the
     * kernel can't do that. */
    int (*fuses_depthwise)(const struct plan *p, int n, int d);
    /* For sums over the batch. partial returns the reals of one part's sum (NULL: as many as the result has). parts
     * returns the number of parts (NULL: plan->parts). */
    long (*partial)(const struct node *n);
    int (*parts)(const struct plan *p, int n);
    /* Appends the call of kernel k to the code of the phase. k's node has this variant. */
    void (*emit)(const struct call_site *s, const struct kernel *k);
};

/* Why another variant was not chosen. */
struct rival {
    const struct variant *variant;
    const char *why; /* it refuses the problem for this reason; NULL: it can compute it */
    double cost;     /* its cost in multiply-adds, if it can compute the problem */
};
enum { RIVALS = 16 };
struct choice_reasons {
    struct rival rival[RIVALS];
    int rivals;
    double cost; /* of the chosen one */
};

/* For `refuses` of struct variant. refuses_bordered refuses convolutions whose border has its own taps (FORM_BORDER,
 * FORM_BORDER_DX), refuses_plain those whose border has none. Each returns the reason, or NULL. */
const char *refuses_bordered(const struct problem *p);
const char *refuses_plain(const struct problem *p);
/* Returns the cost of a convolution computed directly from its definition. */
struct work work_of_conv(const struct problem *p);
/* Returns the reals of a convolution's weight gradient [O, I, K, K] in the order of its kernel, in which O is rounded
 * up to a multiple of 16. */
long wgrad_partial(const struct node *n);

/* Returns the row chosen for a problem; NULL: no row can compute it. forced: the name of a variant that is chosen
 * whenever it does not refuse, or "". *reasons gets the rivals and why they were not chosen; it may be NULL. */
const struct variant *variant_choose(const struct variant *const *rows, const struct problem *p, const char *forced,
                                     struct choice_reasons *reasons);

/* chooser_packing returns the enum packing that the variant chosen for a convolution reads. Its context is a struct
 * chooser; it is the function `packing` of struct lowering (lower.h). */
struct chooser {
    const struct variant *const *rows;
    const char *forced;
};
int chooser_packing(const void *chooser, const struct problem *conv);

#endif
