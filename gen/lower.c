/* From operators to kernels: a convolution takes its bias with it and reads a weight packed for its tile. */
#include "ops.h"

#include <string.h>

static int pack(struct graph *to, int w, enum pack kind)
{
    return graph_node(to, (struct node_args){.op = OP_PACK, .in = {w}, .ins = 1, .attr = {kind}});
}

/* A flipped weight is packed straight from the one it was flipped from. */
static int packed_weight(struct graph *to, enum op op, int w)
{
    const struct node *n = &to->node[w];
    if (op == OP_CONV) return n->op == OP_FLIPT ? pack(to, n->in[0], PACK_CONV_FLIPT) : pack(to, w, PACK_CONV);
    if (op == OP_DW) return n->op == OP_FLIP ? pack(to, n->in[0], PACK_DW_FLIP) : pack(to, w, PACK_DW);
    return pack(to, w, PACK_DECONV);
}

/* The convolution that node i adds a bias to, or -1. */
static int biased(const struct graph *g, int i, const int *uses)
{
    const struct node *n = &g->node[i];
    if (n->op != OP_ADD) return -1;
    const struct node *conv = &g->node[n->in[0]], *bias = &g->node[n->in[1]];
    if (conv->op != OP_CONV && conv->op != OP_CONV_DX) return -1;
    if (uses[n->in[0]] != 1 || bias->batched || shape_size(bias->shape) != conv->shape.d[3]) return -1;
    return n->in[0];
}

static enum op kernel_of(enum op op)
{
    return op == OP_CONV ? OP_KERNEL_CONV : op == OP_DW ? OP_KERNEL_DW : OP_KERNEL_DECONV;
}

static int lower_conv(struct graph *to, const struct graph *g, int conv, int bias, const int *map)
{
    const struct node *n = &g->node[conv];
    struct node_args a = {.op = kernel_of(n->op), .in = {map[n->in[0]]}, .ins = bias < 0 ? 2 : 3, .shape = n->shape};
    to->section = n->section;
    to->path = mem_printf(to->mem, "%s", n->path);
    memcpy(a.attr, n->attr, sizeof a.attr);
    a.in[1] = packed_weight(to, n->op, map[n->in[1]]);
    if (bias >= 0) a.in[2] = map[bias];
    return graph_node(to, a);
}

struct graph *lower(const struct graph *g)
{
    struct graph *to = graph_new();
    char *live = mem_alloc(to->mem, (size_t)g->count);
    int *map = mem_alloc(to->mem, sizeof *map * (size_t)g->count),
        *uses = mem_alloc(to->mem, sizeof *uses * (size_t)g->count);
    graph_live(g, live);
    for (int i = 0; i < g->count; i++)
        for (int k = 0; live[i] && k < g->node[i].ins; k++) uses[g->node[i].in[k]]++;
    for (int i = 0; i < g->targets; i++) uses[g->target[i].node] += 2;
    for (int i = 0; i < g->count; i++) {
        if (!live[i]) continue;
        enum op op = g->node[i].op;
        int conv = biased(g, i, uses);
        if (conv >= 0)
            map[i] = lower_conv(to, g, conv, g->node[i].in[1], map);
        else if (op == OP_CONV || op == OP_CONV_DX || op == OP_DW)
            map[i] = lower_conv(to, g, i, -1, map);
        else
            map[i] = graph_copy_node(to, g, i, map);
    }
    for (int i = 0; i < g->targets; i++)
        graph_target(to, map[g->target[i].node], g->target[i].block, g->target[i].offset, g->target[i].name);
    return to;
}
