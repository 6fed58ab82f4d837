#include "fold_norm.h"
#include "ops.h"
#include "rewrite.h"

#include <stdlib.h>

/* A value that is scale * conv + shift, with a factor and a summand for each channel. scale, shift: nodes of the new
 * graph; -1: there is none. */
struct folded {
    int conv; /* a node of the old graph; -1: the value has no such form */
    int scale, shift;
};

/* 1 if v is fixed and has one value for each channel of node n. */
static int is_vector(const struct rewrite *r, int v, int n)
{
    struct shape s = r->from->node[v].shape;
    return r->fixed[v] && shape_size(s) == s.d[3] && s.d[3] == r->from->node[n].shape.d[3];
}

/* Returns node i in this form, if it is a convolution with a fixed weight, or scales or shifts one that nothing else
 * uses. */
static struct folded read_folded(struct rewrite *r, int i)
{
    const struct node *n = &r->from->node[i];
    struct folded none = {-1, -1, -1};
    if ((n->op == OP_CONV || n->op == OP_CONV_DX) && r->fixed[n->in[1]]) return (struct folded){i, -1, -1};
    for (int k = 0; k < 2 && (n->op == OP_MUL || n->op == OP_ADD || n->op == OP_SUB); k++) {
        struct folded of = ((struct folded *)r->own)[n->in[k]];
        const int v = n->in[1 - k], vector = r->map[v];
        if (of.conv < 0 || r->uses[n->in[k]] != 1 || !is_vector(r, v, i) || (n->op == OP_SUB && k == 1)) continue;
        if (n->op == OP_MUL)
            return (struct folded){of.conv, of.scale < 0 ? vector : g_mul(r->to, of.scale, vector),
                                   of.shift < 0 ? -1 : g_mul(r->to, of.shift, vector)};
        of.shift = g_plus(r->to, of.shift, n->op == OP_ADD ? vector : g_scale(r->to, vector, -1));
        return of;
    }
    return none;
}

/* The convolution with `scale` in its weight, plus `shift`. */
static int make(struct rewrite *r, struct folded of)
{
    const struct node conv = r->from->node[of.conv];
    int x = r->map[conv.in[0]], w = r->map[conv.in[1]], y;
    const int channels = conv.shape.d[3], transposed = conv.op == OP_CONV_DX;
    w = g_mul(r->to, w, g_reshape(r->to, of.scale, transposed ? shape4(1, channels, 1, 1) : shape4(channels, 1, 1, 1)));
    graph_at(r->to, r->from, of.conv);
    y = transposed ? g_conv_dx(r->to, x, w, (int)conv.stride, (int)conv.pad, conv.shape.d[1], conv.shape.d[2])
                   : g_conv(r->to, x, w, (int)conv.stride, (int)conv.pad);
    return of.shift < 0 ? y : g_add(r->to, y, of.shift);
}

static int fold_node(struct rewrite *r, int i)
{
    struct folded *of = r->own;
    graph_at(r->to, r->from, i);
    of[i] = read_folded(r, i);
    return of[i].scale < 0 ? -1 : make(r, of[i]);
}

struct graph *fold_norm(const struct graph *g)
{
    struct folded *of = mem_checked(calloc((size_t)g->count + 1, sizeof *of));
    struct graph *to = graph_rewrite(g, fold_node, of);
    free(of);
    return to;
}
