/*
 * Merging of linear mixtures.
 *
 * Candidates that are linear in the same tensor are one operator:
 *
 *     sum_k a_k (conv_k(x, W_k) + b_k) = conv(x, sum_k a_k pad(W_k)) + sum_k a_k b_k
 *
 * with every window padded to the largest. What was a mixture of activations becomes a mixture of weights, and the
 * gradient stage finds dW_k = a_k crop(dW) and dL/da_k = <crop(dW), W_k> + <db, b_k> by itself, since it sees only
 * pads, products and sums. A weighted transposed convolution takes its weight a_k the same way.
 */
#include "ops.h"

#include <stdlib.h>
#include <string.h>

/* a * (op(x, w) + b); a and b are -1 where absent. Anything else is a term with conv == -1. */
struct term {
    int whole; /* the node it was read from */
    int conv, a, b;
    int merged;
};

struct terms {
    struct term *term;
    int count, capacity;
};

struct merger {
    const struct graph *from;
    struct graph *to;
    int *map;
    int *uses;
    struct terms terms;
};

static int scalar(const struct graph *g, int n)
{
    return shape_size(g->node[n].shape) == 1 && !g->node[n].batched;
}

static int mergeable(const struct node *n)
{
    return n->op == OP_CONV_DX || (n->op == OP_CONV && n->attr[1] == 1 && n->attr[2] * 2 == n->attr[0] - 1);
}

static struct term read_term(const struct graph *g, int n)
{
    struct term t = {.whole = n, .conv = -1, .a = -1, .b = -1};
    const struct node *p = &g->node[n];
    for (int k = 0; p->op == OP_MUL && k < 2; k++) {
        if (!scalar(g, p->in[k])) continue;
        t.a = p->in[k];
        p = &g->node[n = p->in[1 - k]];
        break;
    }
    for (int k = 0; p->op == OP_ADD && k < 2; k++) {
        const struct node *bias = &g->node[p->in[k]];
        if (bias->batched || shape_size(bias->shape) != bias->shape.d[3]) continue;
        t.b = p->in[k];
        p = &g->node[n = p->in[1 - k]];
        break;
    }
    if (mergeable(p)) t.conv = n;
    return t;
}

/* The terms of the sum at n: additions that nothing else uses are opened, except a convolution with its bias. */
static void collect(struct merger *m, int n, int root)
{
    const struct node *p = &m->from->node[n];
    struct term t = read_term(m->from, n);
    if (p->op == OP_ADD && t.conv < 0 && (root || m->uses[n] == 1)) {
        collect(m, p->in[0], 0);
        collect(m, p->in[1], 0);
        return;
    }
    m->terms.term = mem_grow(m->terms.term, m->terms.count, &m->terms.capacity, sizeof *m->terms.term);
    m->terms.term[m->terms.count++] = t;
}

static int together(const struct graph *g, const struct term *s, const struct term *t)
{
    const struct node *a = &g->node[s->conv], *b = &g->node[t->conv];
    if (a->op != b->op || a->in[0] != b->in[0] || !shape_same(a->shape, b->shape)) return 0;
    return a->op == OP_CONV || memcmp(a->attr, b->attr, sizeof a->attr) == 0;
}

static int scaled(struct merger *m, int node, int a)
{
    return a < 0 ? node : g_mul(m->to, node, m->map[a]);
}

static int plus(struct graph *g, int sum, int summand)
{
    return sum < 0 ? summand : g_add(g, sum, summand);
}

/* The terms that go with term `first`, as one convolution with its bias. */
static int merge_group(struct merger *m, int first)
{
    const struct graph *g = m->from;
    struct term *t = m->terms.term;
    struct node conv = g->node[t[first].conv];
    int k = 0, w = -1, b = -1;
    for (int i = first; i < m->terms.count; i++) {
        t[i].merged |= i == first || (t[i].conv >= 0 && !t[i].merged && together(g, &t[first], &t[i])) ? 1 + first : 0;
        if (t[i].merged == 1 + first && g->node[t[i].conv].attr[0] > k) k = (int)g->node[t[i].conv].attr[0];
    }
    m->to->path = mem_printf(m->to->mem, "%s", conv.path);
    for (int i = first; i < m->terms.count; i++) {
        if (t[i].merged != 1 + first) continue;
        w = plus(m->to, w, g_pad(m->to, scaled(m, m->map[g->node[t[i].conv].in[1]], t[i].a), k));
        if (t[i].b >= 0) b = plus(m->to, b, scaled(m, m->map[t[i].b], t[i].a));
    }
    int x = m->map[conv.in[0]];
    int y = conv.op == OP_CONV
                ? g_conv(m->to, x, w, 1, k / 2)
                : g_conv_dx(m->to, x, w, (int)conv.attr[1], (int)conv.attr[2], conv.shape.d[1], conv.shape.d[2]);
    return b < 0 ? y : g_add(m->to, y, b);
}

static int merge_sum(struct merger *m, int root)
{
    m->terms.count = 0;
    collect(m, root, 1);
    if (m->terms.count == 1 && m->terms.term[0].conv < 0) return -1; /* nothing to merge */
    int sum = -1;
    for (int i = 0; i < m->terms.count; i++) {
        struct term *t = &m->terms.term[i];
        if (t->merged) continue;
        sum = plus(m->to, sum, t->conv >= 0 ? merge_group(m, i) : m->map[t->whole]);
    }
    return sum;
}

static void count_uses(const struct graph *g, const char *live, int *uses)
{
    for (int i = 0; i < g->count; i++)
        for (int k = 0; live[i] && k < g->node[i].ins; k++) uses[g->node[i].in[k]]++;
    for (int i = 0; i < g->targets; i++) uses[g->target[i].node] += 2;
}

struct graph *merge_mixtures(const struct graph *g)
{
    struct merger m = {.from = g, .to = graph_new()};
    m.map = mem_alloc(m.to->mem, sizeof *m.map * (size_t)g->count);
    m.uses = mem_alloc(m.to->mem, sizeof *m.uses * (size_t)g->count);
    char *live = mem_alloc(m.to->mem, (size_t)g->count);
    graph_live(g, live);
    count_uses(g, live, m.uses);
    for (int i = 0; i < g->count; i++) {
        if (!live[i]) continue;
        const struct node *n = &g->node[i];
        int sum = (n->op == OP_ADD || n->op == OP_MUL) && n->batched;
        if (sum) m.to->section = n->section;
        m.map[i] = sum ? merge_sum(&m, i) : graph_copy_node(m.to, g, i, m.map);
        if (sum && m.map[i] < 0) m.map[i] = graph_copy_node(m.to, g, i, m.map);
    }
    for (int i = 0; i < g->targets; i++)
        graph_target(m.to, m.map[g->target[i].node], g->target[i].block, g->target[i].offset, g->target[i].name);
    free(m.terms.term);
    return m.to;
}
