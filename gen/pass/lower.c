#include "lower.h"
#include "ops.h"
#include "rewrite.h"

#include <string.h>

static int pack(struct graph *to, int w, enum pack kind, int packing)
{
    return graph_node(to, (struct node_args){.op = OP_PACK, .in = {w}, .ins = 1, .pack = kind, .packing = packing});
}

/* A flipped weight is flipped while it is packed, from the weight before the flip. */
static int packed_weight(struct graph *to, enum op op, int w, int packing)
{
    const struct node n = graph_get(to, w);
    if (op == OP_CONV)
        return n.op == OP_FLIPT ? pack(to, n.in[0], PACK_CONV_FLIPT, packing) : pack(to, w, PACK_CONV, packing);
    if (op == OP_DEPTHWISE)
        return n.op == OP_FLIP ? pack(to, n.in[0], PACK_DEPTHWISE_FLIP, packing) : pack(to, w, PACK_DEPTHWISE, packing);
    return pack(to, w, PACK_DECONV, packing);
}

/* The nodes that become one kernel: a convolution, and the addition of a bias or a border to its result. */
struct whole {
    int conv;  /* -1: there is none */
    int third; /* bias or edge taps; -1: none */
    enum conv_form form;
};

/* 1 if n is what the border adds to this convolution, or the adjoint of that. (The convolution has a weight for each
 * picture.) */
static int is_border_of(const struct node *n, const struct node *conv)
{
    return (n->op == OP_BORDER || n->op == OP_BORDER_DX) && n->in[0] == conv->in[0];
}

/* Node i with what its kernel covers: it is a convolution, or adds a bias or a border to one. */
static struct whole read_whole(const struct graph *g, int i, const int *uses)
{
    struct whole whole = {-1, -1, FORM_SHARED};
    const struct node *n = &g->node[i];
    if (n->op == OP_CONV || n->op == OP_CONV_DX || n->op == OP_DEPTHWISE) whole.conv = i;
    for (int k = 0; n->op == OP_ADD && whole.conv < 0 && k < 2; k++) {
        const struct node *conv = &g->node[n->in[k]], *other = &g->node[n->in[1 - k]];
        if ((conv->op != OP_CONV && conv->op != OP_CONV_DX) || uses[n->in[k]] != 1) continue;
        if (g->node[conv->in[1]].batched && is_border_of(other, conv) && uses[n->in[1 - k]] == 1)
            whole = (struct whole){n->in[k], other->in[1], other->op == OP_BORDER ? FORM_BORDER : FORM_BORDER_DX};
        else if (!other->batched && shape_size(other->shape) == conv->shape.d[3])
            whole = (struct whole){n->in[k], n->in[1 - k], FORM_SHARED};
    }
    if (whole.conv >= 0 && whole.form == FORM_SHARED && g->node[g->node[whole.conv].in[1]].batched)
        whole.form = FORM_PER_PICTURE;
    return whole;
}

static enum op kernel_of(enum op op)
{
    return op == OP_CONV ? OP_KERNEL_CONV : op == OP_DEPTHWISE ? OP_KERNEL_DEPTHWISE : OP_KERNEL_DECONV;
}

static int lower_conv(struct rewrite *r, struct whole whole)
{
    const struct lowering *how = r->own;
    struct graph *to = r->to;
    const struct graph *g = r->from;
    const struct node *n = &g->node[whole.conv];
    const int *map = r->map;
    struct problem problem = problem_of(g, whole.conv);
    problem.op = kernel_of(n->op);
    problem.form = whole.form;
    struct node_args a = {.op = kernel_of(n->op), .in = {map[n->in[0]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, whole.conv);
    memcpy(a.attr, n->attr, sizeof a.attr);
    a.form = whole.form;
    a.in[1] = packed_weight(to, n->op, map[n->in[1]], how->packing(how->context, &problem));
    if (whole.third >= 0) a.in[a.ins++] = map[whole.third];
    return graph_node(to, a);
}

/* 1 if node x is one vector a picture, and the batch has so few pictures that each of its parts is a single one.
 * Packing a weight does not pay then. */
static int is_few_pixels(const struct rewrite *r, int x)
{
    const struct lowering *how = r->own;
    const struct node *n = &r->from->node[x];
    return n->batched && n->shape.d[0] <= how->few && n->shape.d[1] * n->shape.d[2] == 1;
}

static int is_linear_layer(const struct rewrite *r, const struct node *conv)
{
    return conv->op == OP_CONV && conv->k == 1 && is_few_pixels(r, conv->in[0]) && !r->from->node[conv->in[1]].batched;
}

static int is_linear_wgrad(const struct rewrite *r, const struct node *n)
{
    return n->op == OP_CONV_DW && n->k == 1 && is_few_pixels(r, n->in[0]) && !n->batched;
}

static int lower_linear(struct graph *to, const struct graph *g, struct whole whole, const int *map)
{
    const struct node *n = &g->node[whole.conv];
    struct node_args a = {.op = OP_KERNEL_LINEAR, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, whole.conv);
    const struct node w = graph_get(to, a.in[1]);
    a.transposed = w.op == OP_FLIPT;
    a.form = FORM_SHARED;
    if (a.transposed) a.in[1] = w.in[0];
    if (whole.third >= 0) a.in[a.ins++] = map[whole.third];
    return graph_node(to, a);
}

/* The weight gradient of a linear layer. Its kernel reads x and gy of the whole batch, so that no partial sums are
 * needed. */
static int lower_linear_wgrad(struct graph *to, const struct graph *g, int i, const int *map)
{
    const struct node *n = &g->node[i];
    struct node_args a = {.op = OP_LINEAR_WGRAD, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, i);
    a.k = 1;
    return graph_node(to, a);
}

/* A weight gradient for each picture comes in its kernel's order, output channels rounded up to 16. */
static int lower_wgrad(struct graph *to, const struct graph *g, int i, const int *map)
{
    const struct node *n = &g->node[i];
    struct shape s = n->shape;
    graph_at(to, g, i);
    struct node_args kernel = {.op = OP_KERNEL_WGRAD, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2},
                     unpack = {
                         .op = OP_UNPACK, .ins = 1, .unpacked_k = n->k, .weight_out = s.d[1], .weight_in = s.d[2]};
    memcpy(kernel.attr, n->attr, sizeof kernel.attr);
    kernel.shape = shape4(s.d[0], 1, 1, (s.d[1] + 15) / 16 * 16 * s.d[2] * s.d[3]);
    unpack.in[0] = graph_node(to, kernel);
    return graph_node(to, unpack);
}

static int lower_node(struct rewrite *r, int i)
{
    const struct node *n = &r->from->node[i];
    const struct whole whole = read_whole(r->from, i, r->uses);
    if (is_linear_wgrad(r, n)) return lower_linear_wgrad(r->to, r->from, i, r->map);
    if (n->op == OP_CONV_DW && n->batched) return lower_wgrad(r->to, r->from, i, r->map);
    if (whole.conv < 0) return -1;
    if (is_linear_layer(r, &r->from->node[whole.conv])) return lower_linear(r->to, r->from, whole, r->map);
    return lower_conv(r, whole);
}

struct graph *lower(const struct graph *g, const struct lowering *how)
{
    struct lowering own = *how;
    return graph_rewrite(g, lower_node, &own);
}
