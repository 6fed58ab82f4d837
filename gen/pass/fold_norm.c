#include "fold_norm.h"
#include "ops.h"

/* A value as a convolution whose channels are scaled and shifted: nodes of the new graph; -1 where there is none. */
struct folded {
    int conv; /* of the old graph; -1: it is no such value */
    int scale, shift;
};

struct folder {
    const struct graph *from;
    struct graph *to;
    int *map, *uses;
    char *fixed; /* depends on weights alone */
    struct folded *of;
};

/* A fixed value for each channel of picture n. */
static int is_vector(const struct folder *f, int v, int n)
{
    struct shape s = f->from->node[v].shape;
    return f->fixed[v] && shape_size(s) == s.d[3] && s.d[3] == f->from->node[n].shape.d[3];
}

/* What node i is, if it is a convolution or scales or shifts one that nothing else uses. */
static struct folded read_folded(struct folder *f, int i)
{
    const struct node *n = &f->from->node[i];
    struct folded none = {-1, -1, -1};
    if ((n->op == OP_CONV || n->op == OP_CONV_DX) && f->fixed[n->in[1]]) return (struct folded){i, -1, -1};
    for (int k = 0; k < 2 && (n->op == OP_MUL || n->op == OP_ADD || n->op == OP_SUB); k++) {
        struct folded of = f->of[n->in[k]];
        const int v = n->in[1 - k], vector = f->map[v];
        if (of.conv < 0 || f->uses[n->in[k]] != 1 || !is_vector(f, v, i) || (n->op == OP_SUB && k == 1)) continue;
        if (n->op == OP_MUL)
            return (struct folded){of.conv, of.scale < 0 ? vector : g_mul(f->to, of.scale, vector),
                                   of.shift < 0 ? -1 : g_mul(f->to, of.shift, vector)};
        of.shift = g_plus(f->to, of.shift, n->op == OP_ADD ? vector : g_scale(f->to, vector, -1));
        return of;
    }
    return none;
}

/* The convolution with its weight scaled, and its shift. */
static int make(struct folder *f, struct folded of)
{
    const struct node conv = f->from->node[of.conv];
    int x = f->map[conv.in[0]], w = f->map[conv.in[1]], y;
    const int channels = conv.shape.d[3], transposed = conv.op == OP_CONV_DX;
    if (of.scale >= 0)
        w = g_mul(f->to, w,
                  g_reshape(f->to, of.scale, transposed ? shape4(1, channels, 1, 1) : shape4(channels, 1, 1, 1)));
    graph_at(f->to, f->from, of.conv);
    y = transposed ? g_conv_dx(f->to, x, w, (int)conv.attr[1], (int)conv.attr[2], conv.shape.d[1], conv.shape.d[2])
                   : g_conv(f->to, x, w, (int)conv.attr[1], (int)conv.attr[2]);
    return of.shift < 0 ? y : g_add(f->to, y, of.shift);
}

struct graph *fold(const struct graph *g)
{
    struct folder f = {.from = g, .to = graph_new()};
    size_t n = (size_t)g->count + 1;
    char *live = mem_alloc(f.to->mem, n);
    f.map = mem_alloc(f.to->mem, n * sizeof *f.map);
    f.uses = mem_alloc(f.to->mem, n * sizeof *f.uses);
    f.fixed = mem_alloc(f.to->mem, n);
    f.of = mem_alloc(f.to->mem, n * sizeof *f.of);
    graph_live(g, live);
    graph_uses(g, live, f.uses);
    graph_fixed(g, f.fixed);
    for (int i = 0; i < g->count; i++) {
        f.of[i].conv = -1;
        if (!live[i]) continue;
        graph_at(f.to, g, i);
        f.of[i] = read_folded(&f, i);
        f.map[i] = f.of[i].scale < 0 ? graph_copy_node(f.to, g, i, f.map) : make(&f, f.of[i]);
    }
    for (int i = 0; i < g->targets; i++)
        graph_target(f.to, f.map[g->target[i].node], g->target[i].block, g->target[i].offset, g->target[i].name);
    return f.to;
}
