/*
 * The plan of a phase: which values exist in memory, which kernels compute them in what order, and where they lie.
 *
 * A phase is a list of steps. A step is a small kernel (in weight space, or combining partial sums) or a group: kernels
 * that run one after the other on a few pictures at a time, so that what passes between them stays in cache. A group
 * ends where something needs the whole batch: batch statistics, weight gradients.
 *
 * The batch is cut into a fixed number of parts, each summed by one thread in order; the partial sums of the parts are
 * then added in order. So results do not depend on the number of threads.
 */
#ifndef PLAN_H
#define PLAN_H

#include "graph.h"
#include "variant.h"

/* How a node's value exists. */
enum storage {
    VALUE_INLINE,    /* computed inside the kernels that read it */
    VALUE_PER_GROUP, /* computed into scratch by each group that has a kernel that must find it in memory */
    VALUE_STORED,    /* computed once, into the arena or into the scratch of the one group that reads it */
    VALUE_FUSED,     /* computed once, and read within its own kernel alone: fuse's answer, never materialize's */
    VALUE_ALIAS,     /* part of another node's memory */
    VALUE_LEAF       /* a parameter, an input or a constant */
};

/* What fusion makes of a node's value. */
enum fusion {
    FUSION_NONE,
    FUSION_EPILOGUE, /* a kernel of group fused_in stores it, beside its own node */
    FUSION_INSIDE    /* only the kernel that computes it reads it, so that it is not stored */
};

enum kernel_kind {
    KERNEL_POINTWISE, /* expressions over one index space, stored or summed: roots */
    KERNEL_NODE       /* the node's own template */
};

enum { PLAN_PARTS = 16 }; /* of a batch, or shares of a kernel: what at most that many threads share */

enum { KERNEL_ROOTS = 12, KERNEL_READS = 160 };

struct kernel {
    enum kernel_kind kind;
    int shares;                    /* policy->shares: that threads take of it; 1: one thread does it all */
    int chained;                   /* policy->shares: a share begins when the same one of the kernel before has ended */
    int root[KERNEL_ROOTS], roots; /* KERNEL_NODE: the node, then what its epilogue computes from it */
    int front;              /* KERNEL_NODE: a depthwise convolution that it makes on the way to its own; 0: none */
    int prologue;           /* KERNEL_NODE: a pointwise value that it makes of what it reads; 0: none */
    int copy[KERNEL_ROOTS]; /* root k is copied from memory into scratch to get its halo */
    int read[KERNEL_READS], reads; /* nodes in memory that it reads */
};

struct local {
    int node;
    int copy;         /* of what lies in the arena: for the kernels that want its halo */
    int halo;         /* zero pixels around each picture */
    int pixel_stride; /* reals from a pixel to the next: its channels, or a line of cache more (locals.c) */
    int first, last;  /* kernels of the group that write and last read it */
    int rows;     /* policy->shares: a share's, if only its own chain reads it: then each thread's scratch has those */
    int pictures; /* that it has room for, in a plan of more than one */
    long size, offset; /* of a picture with its halo; in a thread's scratch, times group.images */
};

struct group {
    struct kernel *kernel;
    int kernels, capacity;
    int section, level, resolution;
    struct local *local;
    int locals, local_capacity;
    int images; /* pictures at a time */
    long scratch;
};

/* Order lists the kernels of each step; fuse and scratch rewrite the lists. */
struct step {
    int group;            /* >= 0: this group */
    struct kernel kernel; /* else: this small kernel */
    int combine;          /* >= 0: this node's partial sums are added up */
};

/* Each stage writes fields of its own, and reads those of the stages before it. */
struct node_plan {
    /* select */
    const struct variant *variant; /* of the kernel's operator; NULL: it is no kernel's */
    /* materialize */
    enum storage storage; /* before fusion; after it, ask plan_storage */
    int base; /* VALUE_ALIAS: the node whose memory it lies in, `delta` reals further on */
    long delta;
    /* order */
    int section, level; /* level: how many times before the whole batch had to be waited for */
    int group;          /* that computes it, or its partial sums; -1: a small kernel does. plan_group knows of fusion */
    /* fuse */
    enum fusion fusion;
    int fused_in; /* FUSION_EPILOGUE: the group */
    /* scratch */
    int scratch; /* stored in its group's scratch */
    /* memory */
    int block;         /* enum ag_block it lies in: its target's, or the arena */
    long offset;       /* in that block */
    long partial;      /* arena offset of its partial sums */
    long partial_size; /* of one part */
    int parts;         /* that its sum is added up in */
    int first_step, last_step;
};

/*
 * How a target runs the phases of a program that trains, or of one that draws.
 *
 * Threads of a CPU share the pictures of a training batch, and a group of kernels works on a few of them at a time,
 * with zeros around them. Of a picture that is drawn alone, threads share each kernel; all kernels are one group, and
 * several pictures may begin together. On a device every kernel works on the whole batch at once.
 */
struct policy {
    int shares;    /* threads share the kernels of a picture, not the pictures of the batch */
    int at_once;   /* a kernel works on all pictures before the next one begins, and no group takes a few at a time */
    int epilogues; /* kernels compute what follows from their results (fuse.c) */
    int device;    /* kernels are launched on a device */
    int blocks;    /* of threads, that fill that: sums are taken in so many parts. 0: in the parts of the batch */
    const struct variant *const *variants;
};

struct plan {
    const struct graph *graph;
    struct mem *mem;
    const struct policy *policy;
    const char *forced; /* the variant that is taken where it can be; "": none is */
    char *live;
    struct node_plan *node;
    int batch, parts;
    int pictures, coarse; /* policy->shares: the first so many kernels take up to so many pictures at once, who then
                             share what they read of weights; the others take one after the other */
    struct group *group;
    int groups, group_capacity;
    struct step *step;
    int steps, step_capacity;
    int *copy, copies;             /* targets whose node lies elsewhere: copied at the end */
    long arena_size, scratch_size; /* in reals; scratch of one thread */
    long shared, shared_size;      /* policy->shares: the stretch of the arena that is groups' scratch */
};

/* pictures: how many at a time there may be, with policy->shares, where kernels on small ones read large weights.
 * forced: the name of a variant, see variant_choose. */
struct plan *plan_new(const struct graph *lowered, int batch, const struct policy *policy, int pictures,
                      const char *forced);
void plan_free(struct plan *p);
/* Twice the multiply-adds that the plan's kernels do, recomputation included. */
double plan_flop(const struct plan *p);
/* Values that more than one group computes for itself rather than keep them in the arena: how many, and their reals. */
int plan_recomputed(const struct plan *p, long *size);
/* The node in whose memory n lies, and how far into it. */
int plan_base(const struct plan *p, int n, long *delta);
/* How node n's value exists, and the group that computes it (-1: a small kernel does), fusion included. */
enum storage plan_storage(const struct plan *p, int n);
int plan_group(const struct plan *p, int n);
/* The scratch tensor that holds n (or a copy of it) in this group, or NULL. */
struct local *plan_local(const struct plan *p, int group, int n, int copy);
/* The one tensor of its own shape that the expression of pointwise value n reads, if all else are values for each
 * channel; else -1. */
int plan_elementwise(const struct plan *p, int n);
/* What node n's kernel reads as its input k: that, or what it is up-sampled from where the kernel does that itself. */
int plan_source(const struct plan *p, int n, int k);
/* The scratch tensor that node n's kernel finds its input k in, or NULL. */
struct local *plan_input_local(const struct plan *p, int group, int n, int k);
/* Reals from a pixel of node n to the next, where it lies in this scratch tensor or, without one, elsewhere. */
int plan_pixel_stride(const struct plan *p, const struct local *l, int n);
/* How many pictures there is room for where node n is stored, if that isn't a group's scratch. */
int plan_room(const struct plan *p, int n);
/* Is it summed over the batch, in parts? */
int plan_is_partial(const struct plan *p, int n);

/* The index space of a pointwise kernel's root: its own, or that of what it sums. */
struct shape plan_domain(const struct plan *p, int n);
/* Zero pixels that node n's kernel wants around its input k. */
int plan_halo(const struct plan *p, int n, int k);
/* What node n's kernel can do beside its operator (variant.h), and how threads share it. */
unsigned plan_can(const struct plan *p, int n);
enum split plan_split_of(const struct plan *p, int n);
/* Of a sum over dimensions (OP_SUM): how many numbers are added for each of the result's, and by how many threads of a
 * device together. */
long plan_summands(const struct plan *p, int n);
int plan_sum_threads(const struct plan *p, int n);
/* In how many parts a device takes a sum, each by so many blocks of threads: as many as fill it, but `most` at the
 * most, with which each still has work. */
int plan_parts(const struct plan *p, long blocks, long most);

/* The kernels of a step, *count of them: its group's, or the small one; none of a step that adds up parts. */
struct kernel *plan_kernels(const struct plan *p, int step, int *count);

/* The stages, in the order of the list in stages.c, each in a file of its name. */
void plan_select(struct plan *p);      /* the variant of each kernel */
void plan_materialize(struct plan *p); /* which values exist in memory */
void plan_order(struct plan *p);       /* groups, their kernels, steps */
void plan_fuse(struct plan *p);        /* epilogues, prologues, depthwise convolutions on the way */
void plan_scratch(struct plan *p);     /* what passes through the scratch of groups */
void plan_split(struct plan *p);       /* how threads share the kernels of a picture */
void plan_locals(struct plan *p);      /* the tensors in the scratch of groups */
void plan_memory(struct plan *p);      /* where everything lies */

struct plan_stage {
    const char *name;
    void (*run)(struct plan *p);
    int (*when)(const struct plan *p); /* NULL: always */
};
extern const struct plan_stage plan_stages[]; /* ends with a row without name */

/* The name of a pass, or of a stage of the plan behind them, by its number; NULL: there is no such number. */
const char *pass_name(int i);

/* print.c: the plan as it is after a stage, for --dump. */
void plan_print(const struct plan *p, const char *stage);

/* select.c: ends aggen with a message if node n needs a kernel of its own and no variant of the target computes it. */
void variant_require(const struct plan *p, int n);

/* split.c: how threads share a dense convolution n: by rows of its result, or, where its weights are larger than its
 * pictures, by what has weights of its own. */
enum split split_dense(const struct plan *p, int n);

/* materialize.c: what node n up-samples, if kernels read that and do it on the way; else -1. */
int plan_read_up(const struct plan *p, int n);

/* materialize.c: appends to set[KERNEL_READS] the nodes in memory that the expression of a root reads (of a copied
 * root: itself), once each. Returns the new count, which may exceed KERNEL_READS: then it does not fit one kernel. */
int plan_root_reads(const struct plan *p, int root, int copy, int *set, int count);
/* materialize.c: likewise the nodes that the expression of a root up-samples on the way (plan_read_up). */
int plan_root_ups(const struct plan *p, int root, int *set, int count);

#endif
