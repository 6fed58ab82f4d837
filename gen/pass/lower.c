/*
 * From operators to kernels. A convolution takes its bias or border with it and reads a weight packed for its tile; a
 * linear layer of few pictures reads it as it lies. A weight gradient for each picture is unpacked from its kernel's
 * order.
 */
#include "ops.h"
#include "plan.h"

#include <string.h>

static int pack(struct graph *to, int w, enum pack kind)
{
    return graph_node(to, (struct node_args){.op = OP_PACK, .in = {w}, .ins = 1, .attr = {kind}});
}

/* A flipped weight is packed straight from the one it was flipped from. */
static int packed_weight(struct graph *to, enum op op, int w)
{
    const struct node n = graph_get(to, w);
    if (op == OP_CONV) return n.op == OP_FLIPT ? pack(to, n.in[0], PACK_CONV_FLIPT) : pack(to, w, PACK_CONV);
    if (op == OP_DW) return n.op == OP_FLIP ? pack(to, n.in[0], PACK_DW_FLIP) : pack(to, w, PACK_DW);
    return pack(to, w, PACK_DECONV);
}

/* What a convolution's kernel does in one go with it. */
struct whole {
    int conv;  /* -1: nothing */
    int third; /* bias or edge taps; -1: none */
    enum conv_form form;
};

/* Is node n the border (or its adjoint) that goes with a convolution of x with a weight for each picture? */
static int is_border_of(const struct node *n, const struct node *conv)
{
    return (n->op == OP_BORDER || n->op == OP_BORDER_DX) && n->in[0] == conv->in[0];
}

/* The convolution that node i adds a bias or a border to. */
static struct whole read_whole(const struct graph *g, int i, const int *uses)
{
    struct whole whole = {-1, -1, FORM_SHARED};
    const struct node *n = &g->node[i];
    if (n->op == OP_CONV || n->op == OP_CONV_DX || n->op == OP_DW) whole.conv = i;
    for (int k = 0; n->op == OP_ADD && whole.conv < 0 && k < 2; k++) {
        const struct node *conv = &g->node[n->in[k]], *other = &g->node[n->in[1 - k]];
        if ((conv->op != OP_CONV && conv->op != OP_CONV_DX) || uses[n->in[k]] != 1) continue;
        if (g->node[conv->in[1]].batched && is_border_of(other, conv) && uses[n->in[1 - k]] == 1)
            whole = (struct whole){n->in[k], other->in[1], other->op == OP_BORDER ? FORM_BORDER : FORM_BORDER_DX};
        else if (!other->batched && shape_size(other->shape) == conv->shape.d[3])
            whole = (struct whole){n->in[k], n->in[1 - k], FORM_SHARED};
    }
    if (whole.conv >= 0 && whole.form == FORM_SHARED && g->node[g->node[whole.conv].in[1]].batched)
        whole.form = FORM_EACH;
    return whole;
}

static enum op kernel_of(enum op op)
{
    return op == OP_CONV ? OP_KERNEL_CONV : op == OP_DW ? OP_KERNEL_DW : OP_KERNEL_DECONV;
}

static int lower_conv(struct graph *to, const struct graph *g, struct whole whole, const int *map)
{
    const struct node *n = &g->node[whole.conv];
    struct node_args a = {.op = kernel_of(n->op), .in = {map[n->in[0]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, whole.conv);
    memcpy(a.attr, n->attr, sizeof a.attr);
    a.attr[3] = whole.form;
    a.in[1] = packed_weight(to, n->op, map[n->in[1]]);
    if (whole.third >= 0) a.in[a.ins++] = map[whole.third];
    return graph_node(to, a);
}

/* A vector for each picture, and so few that a part of the batch is one: packing a weight for that doesn't pay. */
static int is_few_pixels(const struct graph *g, int x)
{
    struct shape s = g->node[x].shape;
    return g->node[x].batched && s.d[0] <= PLAN_PARTS && s.d[1] * s.d[2] == 1;
}

static int is_linear(const struct graph *g, const struct node *conv)
{
    return conv->op == OP_CONV && conv->attr[0] == 1 && is_few_pixels(g, conv->in[0]) && !g->node[conv->in[1]].batched;
}

static int is_linear_wgrad(const struct graph *g, const struct node *n)
{
    return n->op == OP_CONV_DW && n->attr[0] == 1 && is_few_pixels(g, n->in[0]) && !n->batched;
}

static int lower_linear(struct graph *to, const struct graph *g, struct whole whole, const int *map)
{
    const struct node *n = &g->node[whole.conv];
    struct node_args a = {.op = OP_KERNEL_LINEAR, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, whole.conv);
    const struct node w = graph_get(to, a.in[1]);
    a.attr[0] = w.op == OP_FLIPT;
    a.attr[3] = FORM_SHARED;
    if (a.attr[0]) a.in[1] = w.in[0];
    if (whole.third >= 0) a.in[a.ins++] = map[whole.third];
    return graph_node(to, a);
}

/* With its operands from the whole batch, so that the sum needs no parts. */
static int lower_linear_wgrad(struct graph *to, const struct graph *g, int i, const int *map)
{
    const struct node *n = &g->node[i];
    struct node_args a = {.op = OP_LINEAR_WGRAD, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2, .shape = n->shape};
    graph_at(to, g, i);
    a.attr[0] = 1;
    return graph_node(to, a);
}

/* A weight gradient for each picture comes in its kernel's order, output channels rounded up to 16. */
static int lower_wgrad(struct graph *to, const struct graph *g, int i, const int *map)
{
    const struct node *n = &g->node[i];
    struct shape s = n->shape;
    graph_at(to, g, i);
    struct node_args kernel = {.op = OP_KERNEL_WGRAD, .in = {map[n->in[0]], map[n->in[1]]}, .ins = 2},
                     unpack = {.op = OP_UNPACK, .ins = 1, .attr = {n->attr[0], s.d[1], s.d[2]}};
    memcpy(kernel.attr, n->attr, sizeof kernel.attr);
    kernel.shape = shape4(s.d[0], 1, 1, (s.d[1] + 15) / 16 * 16 * s.d[2] * s.d[3]);
    unpack.in[0] = graph_node(to, kernel);
    return graph_node(to, unpack);
}

struct graph *lower(const struct graph *g)
{
    struct graph *to = graph_new();
    char *live = mem_alloc(to->mem, (size_t)g->count);
    int *map = mem_alloc(to->mem, sizeof *map * (size_t)g->count),
        *uses = mem_alloc(to->mem, sizeof *uses * (size_t)g->count);
    graph_live(g, live);
    graph_uses(g, live, uses);
    for (int i = 0; i < g->count; i++) {
        if (!live[i]) continue;
        struct whole whole = read_whole(g, i, uses);
        if (whole.conv >= 0 && is_linear(g, &g->node[whole.conv]))
            map[i] = lower_linear(to, g, whole, map);
        else if (is_linear_wgrad(g, &g->node[i]))
            map[i] = lower_linear_wgrad(to, g, i, map);
        else if (whole.conv >= 0)
            map[i] = lower_conv(to, g, whole, map);
        else if (g->node[i].op == OP_CONV_DW && g->node[i].batched)
            map[i] = lower_wgrad(to, g, i, map);
        else
            map[i] = graph_copy_node(to, g, i, map);
    }
    for (int i = 0; i < g->targets; i++)
        graph_target(to, map[g->target[i].node], g->target[i].block, g->target[i].offset, g->target[i].name);
    return to;
}
