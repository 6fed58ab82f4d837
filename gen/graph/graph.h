/*
 * The graph of a phase. A phase is one function of a program: it draws a batch of pictures, or it computes the loss and
 * the gradients of a training step. Its graph says what is computed, not how: each node is one operator on the results
 * of earlier nodes. Files below gen/graph/ make graphs, simplify, differentiate and check them.
 *
 * Every tensor has four dimensions. Activations are [N, H, W, C]: pictures, rows, columns, channels. Weights are [O, I,
 * K, K] as in PyTorch: output channels, input channels, window. Vectors over channels are [1, 1, 1, C]. Pointwise
 * operators broadcast dimensions of size 1. A node is batched if its first dimension is the batch.
 *
 * Nodes are hash-consed: whoever asks twice for the same operator on the same inputs gets the same node. Common
 * subexpressions are therefore computed once. The constructors below also simplify what they make (simplify.c).
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "mem.h"

/* The operators, in the order of their rows in ops.c. An operator's adjoint is the transpose of the linear map that it
 * is. */
enum op {
    /* leaves */
    OP_PARAM, /* a tensor of a block of parameters */
    OP_INPUT, /* an input of the phase */
    OP_CONST, /* the same value at every place */
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
    OP_DETACH, /* x; no gradient flows through it */
    /* reductions */
    OP_SUM,     /* over the dimensions that have size 1 in the result */
    OP_MOMENTS, /* batch statistics: x [N,H,W,C] -> [1,1,2,C], mean and 1/sqrt(variance + 1e-5) */
    /* small operators, in weight space */
    OP_SOFTMAX, /* over the last dimension */
    OP_SLICE,   /* consecutive indices of one dimension */
    OP_PLACE,   /* adjoint of slice: zeros at the other indices */
    OP_PAD,     /* [O,I,k,k] -> [O,I,K,K]: zeros around the window */
    OP_CROP,    /* adjoint of pad: the middle of the window */
    OP_FLIP,    /* [O,I,k,k]: both axes of the window reversed */
    OP_FLIPT,   /* [O,I,k,k] -> [I,O,k,k], both axes of the window reversed */
    OP_PERMUTE, /* dimensions in another order */
    OP_RESHAPE,
    OP_UNBATCH, /* the same values, but dimension 0 is no longer the batch */
    OP_REBATCH, /* the reverse: dimension 0 becomes the batch */
    /* Convolutions. A batched weight is [N,O,I,K*K]: one for each picture. */
    OP_CONV,    /* x, w [O,I,K,K] -> y */
    OP_CONV_DX, /* gy, w -> gradient in x, for stride 2. With stride 1 that is a convolution with the flipped weight. */
    OP_CONV_DW, /* x, gy -> gradient in w */
    OP_DEPTHWISE,    /* depthwise: x, w [C,1,K,K] -> y of x's shape */
    OP_DEPTHWISE_DW, /* x, gy -> gradient in w */
    /* resampling by two */
    OP_UP_NEAREST,
    OP_SUMPOOL, /* adjoint of nearest: sums of 2x2 pixels */
    OP_UP_BILINEAR,
    OP_UP_BILINEAR_T, /* its adjoint */
    OP_FIR,       /* StyleGAN2's blur [1,3,3,1] x [1,3,3,1] / 64, padding 1 or 2. Its adjoint has the other padding. */
    OP_SHUFFLE,   /* [N,H,W,4C] -> [N,2H,2W,C]: channel (2a + b) C + c goes to channel c of pixel 2i + a, 2j + b */
    OP_UNSHUFFLE, /* its adjoint and inverse */
    /* An up-sampling and the 3x3 convolution after it, as one convolution of the small picture (pass/merge.c). Weights
     * are batched. Q = 4 O: the O channels of the four output pixels that belong to one small pixel. */
    OP_TAPS,        /* w [N,O,I,9] -> [N,4O,I,9]: a 3x3 window for each of the four output pixels */
    OP_TAPS_T,      /* its adjoint */
    OP_EDGE_TAPS,   /* w [N,O,I,9] -> [N,16,I,4O]: weights of what bilinear up-sampling adds at the border */
    OP_EDGE_TAPS_T, /* its adjoint */
    OP_BORDER,      /* x [N,H,W,I], edge taps [N,16,I,Q] -> [N,H,W,Q], zero but at the border */
    OP_BORDER_DX,   /* gy, edge taps -> gradient in x */
    OP_BORDER_DW,   /* x, gy -> gradient in the edge taps */
    /* made by pass/to_col2im.c, after differentiation */
    OP_COL2IM, /* [N,H,W,>= K*K*C] -> [N,H,W,C]: y[i,j,c] = sum over a, b of x[i + a - K/2, j + b - K/2, (aK + b) C + c]
                */
    /* made by pass/lower.c, after differentiation */
    OP_PACK,             /* a weight in the order that its kernel reads */
    OP_KERNEL_CONV,      /* x, packed weight -> y; perhaps a bias, or edge taps, as third input */
    OP_KERNEL_DECONV,    /* x, packed weight -> y; perhaps a bias */
    OP_KERNEL_DEPTHWISE, /* x, packed weight -> y */
    OP_KERNEL_LINEAR,    /* x [N,1,1,I], weight that is not packed -> y; perhaps a bias */
    OP_LINEAR_WGRAD,     /* x, gy -> [O,I,1,1], summed over the whole batch at once */
    OP_KERNEL_WGRAD,     /* x, gy -> a weight gradient for each picture, in the order of its kernel */
    OP_UNPACK,           /* from that order to [N,O,I,K*K] */
    OP_COUNT
};

enum beyond { BEYOND_CLAMP, BEYOND_ZERO }; /* what up-sampling takes for the pixels outside a picture */
/* What OP_TAPS merges: a transposed 3x3 convolution with the blur after it, or an up-sampling with the 3x3 convolution
 * after it. */
enum taps { TAPS_DECONV, TAPS_NEAREST, TAPS_BILINEAR };
/* A convolution's weight: one for the whole batch; one for each picture; that with what OP_BORDER adds, or
 * OP_BORDER_DX. */
enum conv_form { FORM_SHARED, FORM_PER_PICTURE, FORM_BORDER, FORM_BORDER_DX };

/* The order of a packed weight. Each kernel reads one of them. */
enum packing {
    PACKING_TILES,   /* for the register tiles of templates/cpu/ */
    PACKING_OUTPUTS, /* [O][K][K][I] */
    PACKING_COLUMNS  /* a matrix of K*K*I rows, on a device: templates/cuda/pack_conv.cu */
};

/* What is packed: the weight of a convolution, of a transposed one, of a depthwise one. FLIP and FLIPT: flipped while
 * it is packed. */
enum pack { PACK_CONV, PACK_CONV_FLIPT, PACK_DECONV, PACK_DEPTHWISE, PACK_DEPTHWISE_FLIP };

struct shape {
    int d[4];
};
struct shape shape4(int a, int b, int c, int d);
/* The number of values in a tensor. */
long shape_size(struct shape s);
/* 1 if all dimensions are equal. */
int shape_same(struct shape a, struct shape b);

enum { NODE_INPUTS = 3, NODE_ATTRS = 4 };

/* What an operator has beside its inputs: four numbers at most. Each kind of operator names them in its own way. attr[]
 * is all four, for code that copies or compares nodes. Every view below is as large as attr[], so that an initializer
 * clears the numbers that it does not name. */
/* clang-format off */
#define VIEW1(a)       struct { long a, a##_rest[3]; }
#define VIEW2(a, b)    struct { long a, b, b##_rest[2]; }
#define VIEW3(a, b, c) struct { long a, b, c, c##_rest; }
#define NODE_ATTRIBUTES \
    union { \
        long attr[NODE_ATTRS]; \
        struct { \
            long k, stride, pad; /* windows of k x k pixels */ \
            long form;           /* enum conv_form; conv_dw: FORM_PER_PICTURE for a gradient for each picture */ \
        }; \
        VIEW2(block, offset);      /* param: enum ag_block, and reals from its start */ \
        VIEW1(input_offset);       /* input: reals from the start of the block of inputs */ \
        VIEW3(dim, first, count);  /* slice, place: `count` indices from `first` on; place: the result's size */ \
        long axis[NODE_ATTRS];     /* permute: dimension i of the result is dimension axis[i] of the input */ \
        VIEW1(beyond);             /* bilinear and its adjoint: enum beyond */ \
        VIEW1(fir_pad);            /* fir: rows of zeros around x, 1 or 2 */ \
        VIEW1(taps);               /* taps and their adjoints: enum taps */ \
        VIEW2(pack, packing);      /* pack: enum pack, enum packing */ \
        VIEW1(transposed);         /* linear: 1 if the weight's transpose is meant */ \
        VIEW2(window, channels);   /* col2im: K and C */ \
        VIEW3(unpacked_k, weight_out, weight_in); /* unpack: K, O, I of the weight */ \
    }
/* clang-format on */

struct node {
    enum op op;
    int in[NODE_INPUTS], ins;
    struct shape shape;
    int batched; /* 1: dimension 0 is the batch, and picture i depends on no other picture of the inputs */
    NODE_ATTRIBUTES;
    double value;     /* of OP_CONST */
    const char *path; /* its place in the network, e.g. "cell1.up0.conv_3x3" */
    int section;      /* the phase computes one section after the other, so that their tensors share memory */
};

/* In place of a target's block: this target is the phase's loss. differentiate.c replaces it by gradients. */
enum { TARGET_LOSS = -1 };

/* A result of the phase: the value of `node` is to lie in a block, `offset` reals from its start. */
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
    int *hash, hash_size; /* open addressing; entries are nodes, -1: free */
    struct graph_target *target;
    int targets, target_capacity;
    const char *path; /* path and section of the nodes that are made next */
    int section;
};

/* Returns a copy of node n. Functions that make nodes use this, and no pointers to nodes, since making a node may move
 * all others. */
static inline struct node graph_get(const struct graph *g, int n)
{
    return g->node[n];
}

/* 1 if n is a convolution kernel that computes each pixel from the same pixel of its input alone. */
static inline int node_is_of_pixels(const struct node *n)
{
    return n->op == OP_KERNEL_CONV && n->k == 1 && n->stride == 1 && n->pad == 0;
}

struct graph *graph_new(void);
/* Frees the graph and everything allocated from g->mem. */
void graph_free(struct graph *g);
/* Sets the path of the nodes that are made next. */
void graph_path(struct graph *g, const char *format, ...);
/* Makes `node` a result of the phase. The name is copied. */
void graph_target(struct graph *g, int node, int block, long offset, const char *name);

/* What graph_node makes a node of. */
struct node_args {
    enum op op;
    int in[NODE_INPUTS], ins;
    struct shape shape; /* where inputs don't give it: leaves, expand, sum, reshape, conv_dx, kernels */
    int batched;        /* leaves, expand, sum: 1 if the result is batched */
    NODE_ATTRIBUTES;
    double value;
};
/* Returns the number of the node that `a` describes: one that exists already, one that is simpler and equal, or a new
 * one. Every constructor calls this. Shape and `batched` follow from the operator. */
int graph_node(struct graph *g, struct node_args a);
/* The arguments that describe node n. */
struct node_args node_args_of(const struct node *n);
/* 1 if a node of these arguments is batched. */
int node_batched(const struct graph *g, const struct node_args *a);

/* Constructors. Each returns the number of a node. Arguments that are nodes are numbers of nodes too. */
/* Leaves. offset: in reals, from the start of the block of parameters, or of the block of inputs. */
int g_param(struct graph *g, int block, long offset, struct shape s);
int g_input(struct graph *g, long offset, struct shape s, int batched);
int g_const(struct graph *g, double value, struct shape s);
/* An operator with one input and no attributes. */
int g_unary(struct graph *g, enum op op, int x);
int g_add(struct graph *g, int a, int b);
int g_plus(struct graph *g, int sum, int summand); /* sum + summand; sum -1: summand */
int g_sub(struct graph *g, int a, int b);
int g_mul(struct graph *g, int a, int b);
/* x * factor; x + summand. */
int g_scale(struct graph *g, int x, double factor);
int g_shift(struct graph *g, int x, double summand);
/* x broadcast to shape s; x summed to shape s (batched 0: over the batch too). */
int g_expand(struct graph *g, int x, struct shape s, int batched);
int g_sum(struct graph *g, int x, struct shape s, int batched);
/* Indices first … first + count - 1 of dimension dim; a single index; the adjoint, x from `index` on among `size`
 * indices. */
int g_range(struct graph *g, int x, int dim, int first, int count);
int g_slice(struct graph *g, int x, int dim, int index);
int g_place(struct graph *g, int x, int dim, int index, int size);
/* A weight's window padded or cropped to k x k. */
int g_pad(struct graph *g, int w, int k);
int g_crop(struct graph *g, int w, int k);
/* The dimensions a, b, c, d of x in this order. */
int g_permute(struct graph *g, int x, int a, int b, int c, int d);
int g_reshape(struct graph *g, int x, struct shape s);
/* A convolution of x [N,H,W,I], and its gradients: in x [N,h,width,I], and in the weight, [O,I,k,k] (each 1: a gradient
 * for each picture, [N,O,I,k*k]). */
int g_conv(struct graph *g, int x, int w, int stride, int pad);
int g_conv_dx(struct graph *g, int gy, int w, int stride, int pad, int h, int width);
int g_conv_dw(struct graph *g, int x, int gy, int k, int stride, int pad, int each);
/* The sizes of a weight [O,I,K,K] (each 0), or of a weight for each picture, [N,O,I,K*K] (each 1). */
struct weight {
    int out, in, k, each;
};
struct weight g_weight(const struct graph *g, int w);
/* See OP_UP_BILINEAR, OP_FIR, OP_TAPS and OP_BORDER. */
int g_up_bilinear(struct graph *g, int x, enum beyond beyond);
int g_fir(struct graph *g, int x, int pad);
int g_taps(struct graph *g, int w, enum taps kind);
int g_border(struct graph *g, int x, int edge_taps);
/* A depthwise convolution of x [N,H,W,C], and its gradient in the weight, [C,1,k,k]. */
int g_depthwise(struct graph *g, int x, int w);
int g_depthwise_dw(struct graph *g, int x, int gy, int k);

/* Nodes that are made next in `to` get path and section of `from`'s node i. */
void graph_at(struct graph *to, const struct graph *from, int i);
/* Makes a node of `to` like node i of `from`, with map[x] for each input x. Returns its number. */
int graph_copy_node(struct graph *to, const struct graph *from, int i, const int *map);
/* Sets live[i] to 1 if some target needs node i, else to 0. */
void graph_live(const struct graph *g, char *live);
/* Sets fixed[i] to 1 if node i is not batched and depends on no input of the phase, only on parameters and constants;
 * else to 0. */
void graph_fixed(const struct graph *g, char *fixed);
/* Sets uses[i] to the number of inputs of live nodes that are node i, plus two for each target that is. So 1 means that
 * a single node reads it. */
void graph_uses(const struct graph *g, const char *live, int *uses);
/* Prints a line for each node and each target, for --dump-graph and for debugging. */
void graph_print(const struct graph *g);

#endif
