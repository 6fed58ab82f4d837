/*
 * The plan of a phase. It says which values exist in memory, which kernels compute them in what order, and where each
 * value lies. Sizes and offsets are counted in reals. n, or a field called node, is the number of a node of the graph.
 *
 * A phase is a list of steps. A step is either a small kernel (which works on weights, or adds up partial sums) or a
 * group. The kernels of a group run one after the other on a few pictures at a time, so that what one kernel passes to
 * the next stays in cache. A group ends where a kernel needs the whole batch: batch statistics, weight gradients.
 *
 * The batch is cut into a fixed number of parts. One thread sums a part, picture by picture; then the partial sums are
 * added in the order of the parts. So results do not depend on the number of threads.
 */
#ifndef PLAN_H
#define PLAN_H

#include "graph.h"
#include "variant.h"

static inline int int_max(int a, int b)
{
    return a > b ? a : b;
}

/* Where the value of a node exists. */
enum storage {
    VALUE_INLINE,    /* in no memory: each kernel that reads it computes it again */
    VALUE_PER_GROUP, /* in the scratch of each group that has a kernel which must read it from memory */
    VALUE_STORED,    /* computed once, into the arena, or into scratch if a single group reads it */
    VALUE_FUSED, /* computed once, inside a kernel, and read by nothing but the rest of that kernel; only after fuse */
    VALUE_ALIAS, /* in a part of another node's memory */
    VALUE_LEAF   /* a parameter, an input or a constant */
};

/* How the stage fuse changes where a node's value is computed and stored. */
enum fusion {
    FUSION_NONE,
    FUSION_EPILOGUE, /* the epilogue of a kernel of group fused_in computes and stores it */
    FUSION_INSIDE    /* only the kernel that computes it reads it, so it is not stored */
};

enum kernel_kind {
    KERNEL_POINTWISE, /* loops over one index space and computes expressions, whose values it stores or sums */
    KERNEL_NODE       /* comes from the template of its first root's operator */
};

enum { PLAN_PARTS = 16 }; /* the most parts of a batch, and the most shares of a kernel: so many threads have work */

enum { KERNEL_ROOTS = 12, KERNEL_READS = 160 }; /* the most roots of a kernel, and the most nodes that it reads */

/* A kernel and the nodes it computes, its roots. */
struct kernel {
    enum kernel_kind kind;
    int shares;  /* policy->shares: how many shares threads take of it; 1: one thread does it all */
    int chained; /* policy->shares: share i begins as soon as share i of the kernel before has ended */
    int root[KERNEL_ROOTS], roots; /* KERNEL_NODE: the node itself, then the values that its epilogue computes */
    int fused_depthwise; /* KERNEL_NODE: the depthwise convolution that is its input, if the kernel computes that too;
                            else 0 */
    int prologue; /* KERNEL_NODE: the pointwise node that is its input, if the kernel computes that too; else 0 */
    int copy[KERNEL_ROOTS]; /* 1: root k exists in the arena already, and is copied into scratch to get a halo there */
    int read[KERNEL_READS], reads; /* the nodes in memory that it reads */
};

/* A tensor in the scratch of a group. */
struct scratch_tensor {
    int node;
    int copy;          /* 1: it is a copy, with a halo, of a tensor that lies in the arena */
    int halo;          /* pixels of zeros on each side of each picture */
    int pixel_stride;  /* reals from a pixel to the next: the channels, or a line of cache more (locals.c) */
    int first, last;   /* indices of the group's first and last kernel that write or read it */
    int rows;          /* policy->shares: > 0 if only a chain reads and writes it: the rows that a share of it has, in
                          the scratch of the thread that computes the share; 0: all threads see the whole tensor */
    int pictures;      /* how many pictures it has room for beside each other; more than 1 only before plan->coarse */
    long size, offset; /* size: of one picture with its halo, or of `rows` rows. offset: in the group's scratch for one
                          picture; in scratch for several, group.images times this */
};

struct group {
    struct kernel *kernel;
    int kernels, capacity;
    int section, level, resolution; /* section and level of all its nodes (struct node_plan); height in pixels of the
                                       largest picture that its first node reads or writes */
    struct scratch_tensor *local;
    int locals, local_capacity;
    int images;   /* how many pictures it takes at a time */
    long scratch; /* that one picture takes */
};

/* One of three things; the fields of the other two are unused. The stage order lists the kernels, and fuse and scratch
 * change the lists. */
struct step {
    int group;            /* >= 0: a group's kernels run; -1: no group */
    struct kernel kernel; /* with group and combine -1: this small kernel runs */
    int combine;          /* >= 0: the partial sums of this node are added up; -1: nothing is */
};

/* What is planned for a node. Each stage writes its own fields and reads those of the stages before it. */
struct node_plan {
    /* select */
    const struct variant *variant; /* for the node's operator; NULL: the target has no kernel for that operator */
    /* materialize */
    enum storage storage; /* before fusion; plan_storage returns it with fusion included */
    int base;             /* VALUE_ALIAS: the node in whose memory it lies */
    long delta;           /* VALUE_ALIAS: how far behind the start of base */
    /* order */
    int section, level; /* the section of the graph that computes it: sections run one after the other. level: how many
                           times the section has waited for the whole batch before that */
    int group;          /* the group that computes it, or its partial sums, before fusion; -1: a small kernel does */
    /* fuse */
    enum fusion fusion;
    int fused_in; /* FUSION_EPILOGUE: the group that computes it then */
    /* scratch */
    int scratch; /* 1: VALUE_STORED, and in the scratch of its group */
    /* memory */
    int block;                 /* the enum ag_block that it lies in: the arena, or the block of its target */
    long offset;               /* in that block */
    long partial;              /* offset in the arena of the partial sums of all parts */
    long partial_size;         /* of one part, a multiple of 16 */
    int parts;                 /* in how many parts it is summed */
    int first_step, last_step; /* the steps that first and last write or read it; first_step -1: none does */
};

/*
 * How a target runs phases. A target has one policy for programs that train and one for programs that draw pictures
 * with constant weights.
 *
 * When a CPU trains, each thread takes some pictures of the batch, and each group takes a few of these at a time. When
 * a CPU draws, all threads share each kernel of a single picture; all kernels are one group, and several pictures may
 * begin together. On a GPU each kernel works on the whole batch at once.
 */
struct policy {
    int shares;    /* 1: threads share the kernels of a picture; 0: they share the pictures of the batch */
    int at_once;   /* 1: each kernel works on the whole batch before the next begins; 0: groups take a few pictures */
    int epilogues; /* 1: kernels also compute pointwise values that follow from their results (fuse.c) */
    int device;    /* 1: kernels are launched on a GPU */
    int blocks;    /* > 0: how many blocks of threads fill the GPU, which sums are cut for; 0: sums follow the parts
                      of the batch */
    const struct variant *const *variants; /* the target's kernels, ends with NULL */
};

struct plan {
    const struct graph *graph; /* lowered */
    struct mem *mem;
    const struct policy *policy;
    const char *forced;     /* the name of a variant, which is taken wherever it can be; "": none */
    char *live;             /* live[n]: 1 if a target of the graph needs node n */
    struct node_plan *node; /* node[n]: the plan of node n */
    int batch, parts;       /* pictures of the batch; parts that it is cut into, at most PLAN_PARTS */
    /* policy->shares: how many pictures may be drawn at once (else 1). The first `coarse` kernels take all of them
     * together and read their weights a single time; the kernels after them take one picture after the other. */
    int pictures, coarse;
    struct group *group;
    int groups, group_capacity;
    struct step *step;
    int steps, step_capacity;
    int *copy, copies;             /* indices of graph targets whose value is copied to its block at the end */
    long arena_size, scratch_size; /* scratch_size: of one thread */
    long shared, shared_size;      /* policy->shares: offset and size of the part of the arena that groups use as their
                                      scratch, which all threads see */
};

/* Returns the plan of a lowered graph; the caller frees it with plan_free. batch: pictures of a batch. pictures: the
 * most that a CPU may draw at once (struct plan). forced: the name of a variant or "" (variant_choose). */
struct plan *plan_new(const struct graph *lowered, int batch, const struct policy *policy, int pictures,
                      const char *forced);
void plan_free(struct plan *p);
/* Returns twice the multiply-adds that all kernels execute for the batch, recomputation included. */
double plan_flop(const struct plan *p);
/* Returns how many values more than one group computes into its own scratch; *size: their reals together. */
int plan_recomputed(const struct plan *p, long *size);
/* Returns the node in whose memory n lies, n itself unless it is an alias; *delta: how many reals behind its start. */
int plan_base(const struct plan *p, int n, long *delta);
/* Returns where the value of node n exists, with fusion included. */
enum storage plan_storage(const struct plan *p, int n);
/* Returns the group that computes node n, with fusion included; -1: a small kernel does. */
int plan_group(const struct plan *p, int n);
/* Returns the tensor that holds n (copy 1: the copy of n) in the scratch of this group. NULL: there is none. */
struct scratch_tensor *plan_scratch_tensor(const struct plan *p, int group, int n, int copy);
/* For a pointwise value n that is computed from a single tensor of n's own shape, and otherwise from constants and
 * vectors over channels: returns the node of that tensor. Returns -1 for all other values. */
int plan_elementwise(const struct plan *p, int n);
/* Returns the node that node n's kernel reads as its input k. This is the input itself; but where the kernel up-samples
 * its input while it reads, it is the small tensor before up-sampling. */
int plan_source(const struct plan *p, int n, int k);
/* Returns the scratch tensor in which node n's kernel finds its input k. NULL: the input is not in scratch. */
struct scratch_tensor *plan_input_scratch(const struct plan *p, int group, int n, int k);
/* Returns the reals from a pixel of node n to the next, in scratch tensor l; l NULL: in any other memory. */
int plan_pixel_stride(const struct plan *p, const struct scratch_tensor *l, int n);
/* Returns for how many pictures that are drawn at once there is room where node n is stored outside scratch. */
int plan_room(const struct plan *p, int n);
/* Returns 1 if node n is a sum over the batch, which is taken in parts. */
int plan_is_partial(const struct plan *p, int n);

/* Returns the index space in which root n of a pointwise kernel is computed: the shape of n, or of n's input if n is a
 * sum. */
struct shape plan_domain(const struct plan *p, int n);
/* Returns how many pixels of zeros node n's kernel wants on each side of its input k. */
int plan_halo(const struct plan *p, int n, int k);
/* Returns what node n's kernel can do beside its operator, an or of CAN_… (variant.h); 0 without a kernel. */
unsigned plan_can(const struct plan *p, int n);
/* Returns how threads share node n's kernel. */
enum split plan_split_of(const struct plan *p, int n);
/* For n an OP_SUM: returns how many values are added for each value of the result. */
long plan_summands(const struct plan *p, int n);
/* For n an OP_SUM: returns how many threads of a GPU add up one value of the result together, a power of two. */
int plan_sum_threads(const struct plan *p, int n);
/* Returns in how many parts a GPU takes a sum, if each part takes this many blocks of threads: as many parts as fill
 * the GPU, at least 1 and at most `most`. */
int plan_parts(const struct plan *p, long blocks, long most);

/* Returns the kernels of a step: those of its group, or its small kernel. *count is 0 if the step adds up parts. */
struct kernel *plan_kernels(const struct plan *p, int step, int *count);

/* The stages, each in the file of its name. plan_stages lists them in the order in which they run. */
void plan_select(struct plan *p);      /* chooses the variant of each kernel */
void plan_materialize(struct plan *p); /* decides which values exist in memory */
void plan_order(struct plan *p);       /* makes groups, their kernels, and steps */
void plan_fuse(struct plan *p); /* moves values into the kernels beside them: epilogues, fused depthwise, prologues */
void plan_scratch(struct plan *p); /* decides what lies in the scratch of groups */
void plan_split(struct plan *p);   /* decides how threads share the kernels of a picture */
void plan_locals(struct plan *p);  /* lists the tensors in the scratch of each group */
void plan_memory(struct plan *p);  /* gives every tensor its place */

struct plan_stage {
    const char *name;
    void (*run)(struct plan *p);
    int (*when)(const struct plan *p); /* NULL: it runs always */
};
extern const struct plan_stage plan_stages[]; /* ends with a row without name */

/* Returns the name of pass number i, counted from 0 through the passes on graphs and then the stages of the plan. NULL:
 * there is none with this number. */
const char *pass_name(int i);

/* print.c: prints the plan as it is after a stage, for --dump. */
void plan_print(const struct plan *p, const char *stage);

/* select.c: ends aggen with a message if node n needs a kernel of its own and no variant of the target computes it. */
void variant_require(const struct plan *p, int n);

/* select.c: returns 1 if node n has the variant that the user asked for by its name (p->forced); if some node has. */
int plan_is_forced(const struct plan *p, int n);
int plan_has_forced(const struct plan *p);

/* split.c: returns how threads share dense convolution n: by rows of its result, or by weights where these are larger
 * than its pictures. */
enum split split_dense(const struct plan *p, int n);

/* materialize.c: if node n is an up-sampled picture that its readers compute while they read, returns the node before
 * up-sampling; else -1. */
int plan_read_up(const struct plan *p, int n);

/* materialize.c: adds to the `count` nodes of set[KERNEL_READS] those nodes in memory that the expression of a root
 * reads, each once (for a copied root: the root itself). Returns the new count. A count above KERNEL_READS means that
 * they do not fit one kernel; the surplus is not in set. */
int plan_root_reads(const struct plan *p, int root, int copy, int *set, int count);
/* materialize.c: likewise adds the up-sampled nodes that the expression of a root computes while it reads
 * (plan_read_up). */
int plan_root_ups(const struct plan *p, int root, int *set, int count);

#endif
