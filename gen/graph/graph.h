/*
 * The graph of a phase: nodes in an order in which every node follows its inputs.
 *
 * Tensors have four dimensions. Activations are [N, H, W, C], weights [O, I, K, K] as in PyTorch, vectors over
 * channels [1, 1, 1, C]. Pointwise operators broadcast dimensions of size 1.
 *
 * Nodes are hash-consed: asking twice for the same operator on the same inputs gives the same node, which is how
 * common subexpressions vanish. The constructors below also apply the local simplifications of simplify.c.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "mem.h"

/* The operators: rows of the table in ops.c, in this order. */
enum op {
    /* leaves */
    OP_PARAM,
    OP_INPUT,
    OP_CONST, /* value, at every place */
    /* pointwise */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_RELU,
    OP_LRELU, /* x, or 0.2 x where x < 0 */
    OP_STEP,  /* 1 where x > 0, else 0 */
    OP_TANH,
    OP_SOFTPLUS,
    OP_SIGMOID,
    OP_RSQRT,
    OP_EXPAND, /* broadcast to a larger shape */
    OP_DETACH, /* x, through which no gradient flows */
    /* reductions */
    OP_SUM,     /* over the dimensions that are 1 in the result */
    OP_MOMENTS, /* batch statistics: x [N,H,W,C] -> [1,1,2,C], mean and 1/sqrt(variance + 1e-5) */
    /* small, in weight space */
    OP_SOFTMAX, /* over the last dimension */
    OP_SLICE,   /* some indices of a dimension */
    OP_PLACE,   /* its adjoint, zeros elsewhere */
    OP_PAD,     /* [O,I,k,k] -> [O,I,K,K], centred */
    OP_CROP,    /* its adjoint */
    OP_FLIP,    /* [O,I,k,k]: both window axes reversed */
    OP_FLIPT,   /* [O,I,k,k] -> [I,O,k,k], reversed */
    OP_PERMUTE, /* dimensions in another order */
    OP_RESHAPE,
    OP_UNBATCH, /* the same values seen as one tensor, whose first dimension is no longer the batch */
    OP_REBATCH, /* the reverse */
    /* convolutions. A batched weight [N,O,I,K*K] is one for each picture. */
    OP_CONV,    /* x, w [O,I,K,K] */
    OP_CONV_DX, /* gy, w: adjoint in x, stride 2 (stride 1 is a convolution with the flipped weight) */
    OP_CONV_DW, /* x, gy: adjoint in w */
    OP_DW,      /* depthwise: x, w [C,1,K,K], stride 1 */
    OP_DW_DW,   /* x, gy: its adjoint in w */
    /* resampling by two */
    OP_UP_NEAREST,
    OP_SUMPOOL, /* adjoint of nearest: sums of 2x2 */
    OP_UP_BILINEAR,
    OP_UP_BILINEAR_T, /* its adjoint */
    OP_FIR,           /* [1,3,3,1] x [1,3,3,1] / 64, padding 1 or 2. Its adjoint is that with 3 - padding. */
    OP_SHUFFLE,       /* [N,H,W,4C] -> [N,2H,2W,C]: channel (2a + b) C + c is channel c of pixel 2i + a, 2j + b */
    OP_UNSHUFFLE,     /* its adjoint and inverse */
    /* up-sampling convolutions on the low-resolution picture (merge.c); for each picture */
    OP_TAPS,        /* w [N,O,I,9] -> [N,4O,I,9]: one 3x3 window for each output phase */
    OP_TAPS_T,      /* its adjoint */
    OP_EDGE_TAPS,   /* w [N,O,I,9] -> [N,16,I,4O]: what the border of a bilinear one needs beside that */
    OP_EDGE_TAPS_T, /* its adjoint */
    OP_BORDER,      /* x [N,H,W,I], edge taps [N,16,I,Q] -> [N,H,W,Q] */
    OP_BORDER_DX,   /* gy, edge taps: its adjoint in x */
    OP_BORDER_DW,   /* x, gy: its adjoint in the edge taps */
    /* made by to_col2im.c, after differentiation */
    OP_COL2IM, /* x [N,H,W,>= K*K*C] -> [N,H,W,C]: sum over taps a, b of channels (aK + b)C + c of pixel (a, b) of the
                  K x K around */
    /* made by lower.c, after differentiation */
    OP_PACK,          /* a weight in the order its kernel reads */
    OP_KERNEL_CONV,   /* x, packed weight (, bias or edge taps) */
    OP_KERNEL_DECONV, /* x, packed weight (, bias) */
    OP_KERNEL_DW,     /* x, packed weight */
    OP_KERNEL_LINEAR, /* x [N,1,1,I], weight as it is (, bias) */
    OP_LINEAR_WGRAD,  /* x, gy of the whole batch -> [O,I,1,1] */
    OP_KERNEL_WGRAD,  /* x, gy: a weight gradient for each picture, in its kernel's order */
    OP_UNPACK,        /* from that order to [N,O,I,K*K] */
    OP_COUNT
};

enum beyond { BEYOND_CLAMP, BEYOND_ZERO }; /* what a picture is taken to be outside: its edge, or zero */
enum taps { TAPS_DECONV, TAPS_NEAREST, TAPS_BILINEAR };
enum conv_form { FORM_SHARED, FORM_EACH, FORM_BORDER, FORM_BORDER_DX }; /* the last three: a weight for each picture */

/* The order of a packed weight: which kernel reads it. */
enum packing {
    PACKING_TILES,   /* for register tiles: templates/cpu/vector.h */
    PACKING_OUTPUTS, /* [O][K][K][I] */
    PACKING_COLUMNS  /* a matrix of K K I rows, on a device: templates/cuda/pack_conv.cu */
};

enum pack { PACK_CONV, PACK_CONV_FLIPT, PACK_DECONV, PACK_DW, PACK_DW_FLIP };

struct shape {
    int d[4];
};
struct shape shape4(int a, int b, int c, int d);
long shape_size(struct shape s);
int shape_same(struct shape a, struct shape b);

enum { NODE_INPUTS = 3, NODE_ATTRS = 4 };

/* What an operator has beside its inputs: up to four numbers, by the names that they have with each kind of operator.
 * attr[] is all of them, for what copies or compares nodes. Each view has the size of all, so that what an initializer
 * does not name is zero. */
/* clang-format off */
#define VIEW1(a)       struct { long a, a##_rest[3]; }
#define VIEW2(a, b)    struct { long a, b, b##_rest[2]; }
#define VIEW3(a, b, c) struct { long a, b, c, c##_rest; }
#define NODE_ATTRIBUTES \
    union { \
        long attr[NODE_ATTRS]; \
        struct { \
            long k, stride, pad; /* windows of k x k pixels */ \
            long form;           /* enum conv_form; conv_dw: FORM_EACH for a weight for each picture */ \
        }; \
        VIEW2(block, offset);      /* param: enum ag_block, reals into it */ \
        VIEW1(input_offset);       /* input: reals into the block of inputs */ \
        VIEW3(dim, first, count);  /* slice: indices first.. of a dimension; place: count is the result's size */ \
        long axis[NODE_ATTRS];     /* permute: the input's dimension that becomes the result's dimension i */ \
        VIEW1(beyond);             /* bilinear and its adjoint: enum beyond */ \
        VIEW1(fir_pad);            /* fir: 1 or 2 */ \
        VIEW1(taps);               /* taps and their adjoints: enum taps */ \
        VIEW2(pack, packing);      /* pack: enum pack, enum packing */ \
        VIEW1(transposed);         /* linear: 1 for the weight's transpose */ \
        VIEW2(window, channels);   /* col2im: k, and the result's channels */ \
        VIEW3(unpacked_k, weight_out, weight_in); /* unpack: K, O, I of the weight */ \
    }
/* clang-format on */

struct node {
    enum op op;
    int in[NODE_INPUTS], ins;
    struct shape shape;
    int batched; /* dimension 0 is the batch: picture i depends on pictures i of the inputs alone */
    NODE_ATTRIBUTES;
    double value;
    const char *path; /* where in the network it stands */
    int section;      /* sections run one after the other, so that their tensors share memory */
};

enum { TARGET_LOSS = -1 }; /* in place of a target's block: the phase's gradients are those of this node */

/* A node whose value the phase leaves in a block. */
struct graph_target {
    int node;
    int block; /* enum ag_block of runtime/ag.h */
    long offset;
    const char *name;
};

struct graph {
    struct mem *mem;
    struct node *node;
    int count, capacity;
    int *hash, hash_size;
    struct graph_target *target;
    int targets, target_capacity;
    const char *path; /* given to new nodes */
    int section;
};

/* Node n as it is now: a copy, since making a node may move all the others. Where nodes are made, this is how the
 * graph's nodes are looked at; pointers to them are for functions that make none. */
static inline struct node graph_get(const struct graph *g, int n)
{
    return g->node[n];
}

/* Is it a convolution of which each pixel depends on the same one of its input alone? */
static inline int node_is_of_pixels(const struct node *n)
{
    return n->op == OP_KERNEL_CONV && n->k == 1 && n->stride == 1 && n->pad == 0;
}

struct graph *graph_new(void);
void graph_free(struct graph *g);
/* Sets the path of the nodes that follow. */
void graph_path(struct graph *g, const char *format, ...);
void graph_target(struct graph *g, int node, int block, long offset, const char *name);

/* The one way to make a node: fills in the shape by the operator's rule and returns its number. */
struct node_args {
    enum op op;
    int in[NODE_INPUTS], ins;
    struct shape shape; /* leaves, expand, sum, reshape, conv_dx: the result's */
    int batched;        /* leaves */
    NODE_ATTRIBUTES;
    double value;
};
int graph_node(struct graph *g, struct node_args a);
/* What node n would be made of again, with its own shape. */
struct node_args node_args_of(const struct node *n);
/* Does a node of these have a value for each picture? */
int node_batched(const struct graph *g, const struct node_args *a);

/* Constructors. */
int g_param(struct graph *g, int block, long offset, struct shape s);
int g_input(struct graph *g, long offset, struct shape s, int batched);
int g_const(struct graph *g, double value, struct shape s);
int g_unary(struct graph *g, enum op op, int x);
int g_add(struct graph *g, int a, int b);
int g_plus(struct graph *g, int sum, int summand); /* sum may be -1: nothing yet */
int g_sub(struct graph *g, int a, int b);
int g_mul(struct graph *g, int a, int b);
int g_scale(struct graph *g, int x, double factor);
int g_shift(struct graph *g, int x, double summand);
int g_expand(struct graph *g, int x, struct shape s, int batched);
int g_sum(struct graph *g, int x, struct shape s, int batched); /* batched 0: over the batch too */
int g_range(struct graph *g, int x, int dim, int first, int count);
int g_slice(struct graph *g, int x, int dim, int index);
int g_place(struct graph *g, int x, int dim, int index, int size);
int g_pad(struct graph *g, int w, int k);
int g_crop(struct graph *g, int w, int k);
int g_permute(struct graph *g, int x, int a, int b, int c, int d);
int g_reshape(struct graph *g, int x, struct shape s);
int g_conv(struct graph *g, int x, int w, int stride, int pad);
int g_conv_dx(struct graph *g, int gy, int w, int stride, int pad, int h, int width);
int g_conv_dw(struct graph *g, int x, int gy, int k, int stride, int pad, int each);
/* What a weight is, for the batch or for each picture. */
struct weight {
    int out, in, k, each;
};
struct weight g_weight(const struct graph *g, int w);
int g_up_bilinear(struct graph *g, int x, enum beyond beyond);
int g_fir(struct graph *g, int x, int pad);
int g_taps(struct graph *g, int w, enum taps kind);
int g_border(struct graph *g, int x, int edge_taps);
int g_dw(struct graph *g, int x, int w);
int g_dw_dw(struct graph *g, int x, int gy, int k);

/* Gives `to` the path and section of `from`'s node i: where the nodes that are made for it stand. */
void graph_at(struct graph *to, const struct graph *from, int i);
/* Copies `from`'s node `i`, its inputs replaced by map[input], into `to`. */
int graph_copy_node(struct graph *to, const struct graph *from, int i, const int *map);
/* live[i] = 1 for the nodes that some target needs. */
void graph_live(const struct graph *g, char *live);
/* fixed[i] = 1 for the nodes that depend on no input and have no value for each picture. */
void graph_fixed(const struct graph *g, char *fixed);
/* uses[i]: how many inputs of live nodes i is, and two more for each target, so that 1 means a single consumer. */
void graph_uses(const struct graph *g, const char *live, int *uses);
/* One line a node, for --dump-graph and for debugging. */
void graph_print(const struct graph *g);

#endif
