/*
 * The pass that merges linear mixtures (Eq. 8).
 *
 * Candidates of a mixture that are linear in the same tensor are one operator:
 *
 *     sum_k a_k (conv_k(x, W_k) + b_k) = conv(x, sum_k a_k pad(W_k)) + sum_k a_k b_k
 *
 * Every window is padded to the largest one. A mixture of activations becomes a mixture of weights. Differentiation
 * needs no rule for this: it sees pads, products and sums, and finds dW_k = a_k crop(dW) and dL/da_k = <crop(dW), W_k>
 * + <db, b_k>. The weight of a transposed convolution takes its a_k in the same way.
 *
 * Factors may differ from picture to picture, as modulation s [N,I] and demodulation d_k [N,O] do. The sum is then a
 * convolution with a weight for each picture:
 *
 *     sum_k a_k d_k conv_k(s x, W_k) = conv(x, w_n),   w_n[o,i,.] = s[n,i] sum_k a_k d_k[n,o] pad(W_k)[o,i,.]
 *
 * Candidates that double the picture are merged on the small picture. A 3x3 convolution after an up-sampling by two is
 * four 3x3 convolutions of x, one for each parity of the output's row and column (OP_TAPS). So is the transposed
 * convolution with its blur. Their mixture is one convolution to 4 O channels, which are shuffled. With zeros around x
 * this is exact for nearest and transposed. Bilinear up-sampling repeats the edge of the picture, where the convolution
 * after it pads with zeros. The difference is linear in the border pixels of x, and OP_BORDER adds it.
 */
#include "merge.h"
#include "ops.h"
#include "rewrite.h"

#include <stdlib.h>
#include <string.h>

enum { FACTORS = 6 };

/* What a term convolves. Terms of one group have the same kind, x and shape. */
enum term_kind { TERM_OTHER, TERM_CONV, TERM_CONV_DX, TERM_UP };

/* A term of a sum: factor[0] factor[1] … (conv(x, w) + b). Terms of another form are of kind TERM_OTHER. */
struct term {
    enum term_kind kind;
    int whole; /* the node that is the term */
    int conv;  /* the node that is its convolution */
    int x;     /* the node that is convolved; TERM_UP: before it is up-sampled */
    enum taps taps;
    int factor[FACTORS], factors, batched; /* batched: 1 if some factor is */
    /* the bias; -1: there is none */
    int b;
    int group; /* 1 + the number of the first term of its group; 0: it has none yet */
};

struct terms {
    struct term *term;
    int count, capacity;
};

struct merger {
    const struct graph *from;
    struct graph *to;
    const int *map, *uses;
    struct terms *terms;
};

/* 1 if n is one number for the whole tensor or for each picture, or one for each channel of each picture. */
static int is_factor(const struct graph *g, int n, int channels)
{
    struct shape s = g->node[n].shape;
    int batched = g->node[n].batched;
    return (batched || s.d[0] == 1) && s.d[1] == 1 && s.d[2] == 1 && (s.d[3] == 1 || (batched && s.d[3] == channels));
}

/* Takes the factors off the product n. Returns the node that is left. */
static int read_factors(const struct graph *g, int n, struct term *t)
{
    for (int found = 1; found && t->factors < FACTORS;) {
        const struct node *p = &g->node[n];
        found = 0;
        for (int k = 1; k >= 0 && p->op == OP_MUL && !found; k--) {
            if (!is_factor(g, p->in[k], p->shape.d[3]) || !shape_same(g->node[p->in[1 - k]].shape, p->shape)) continue;
            t->batched |= g->node[p->in[k]].batched;
            t->factor[t->factors++] = p->in[k];
            n = p->in[1 - k];
            found = 1;
        }
    }
    return n;
}

static int read_bias(const struct graph *g, int n, struct term *t)
{
    const struct node *p = &g->node[n];
    for (int k = 0; p->op == OP_ADD && k < 2; k++) {
        const struct node *bias = &g->node[p->in[k]];
        if (bias->batched || shape_size(bias->shape) != bias->shape.d[3]) continue;
        t->b = p->in[k];
        return p->in[1 - k];
    }
    return n;
}

static int is_same_conv(const struct node *n)
{
    return n->op == OP_CONV && n->stride == 1 && n->pad * 2 == n->k - 1;
}

/* Reads n if it is a 3x3 convolution after an up-sampling, or a transposed one with its blur. Returns 1 if it is. */
static int read_up(const struct graph *g, int n, struct term *t)
{
    const struct node *p = &g->node[n], *x = &g->node[p->in[0]];
    if (p->op == OP_FIR && p->fir_pad == 1 && x->op == OP_CONV_DX && x->k == 3) {
        t->conv = p->in[0];
        t->x = x->in[0];
        t->taps = TAPS_DECONV;
        return 1;
    }
    int bilinear = x->op == OP_UP_BILINEAR && x->beyond == BEYOND_CLAMP;
    if (!is_same_conv(p) || p->k != 3 || (x->op != OP_UP_NEAREST && !bilinear)) return 0;
    t->conv = n;
    t->x = x->in[0];
    t->taps = bilinear ? TAPS_BILINEAR : TAPS_NEAREST;
    return 1;
}

static struct term read_term(const struct graph *g, int n)
{
    struct term t = {.whole = n, .b = -1};
    n = read_bias(g, read_factors(g, n, &t), &t);
    const struct node *p = &g->node[n];
    if (!p->ins || g->node[n].op == OP_MUL) return t;
    t.conv = n;
    t.x = p->in[0];
    if (t.batched && t.b < 0 && read_up(g, n, &t))
        t.kind = TERM_UP;
    else if (is_same_conv(p) && !g->node[p->in[1]].batched && !(t.batched && t.b >= 0))
        t.kind = TERM_CONV;
    else if (p->op == OP_CONV_DX && !t.batched)
        t.kind = TERM_CONV_DX;
    return t;
}

/* Adds the terms of the sum at n to m->terms. An addition inside it is opened if nothing else uses it, and if it is not
 * a convolution's bias. */
static void collect(struct merger *m, int n, int root)
{
    const struct node *p = &m->from->node[n];
    struct term t = read_term(m->from, n);
    if (p->op == OP_ADD && t.kind == TERM_OTHER && (root || m->uses[n] == 1)) {
        collect(m, p->in[0], 0);
        collect(m, p->in[1], 0);
        return;
    }
    m->terms->term = mem_grow(m->terms->term, m->terms->count, &m->terms->capacity, sizeof *m->terms->term);
    m->terms->term[m->terms->count++] = t;
}

static int together(const struct graph *g, const struct term *s, const struct term *t)
{
    const struct node *a = &g->node[s->conv], *b = &g->node[t->conv];
    if (s->kind != t->kind || s->x != t->x || s->batched != t->batched || t->group) return 0;
    if (!shape_same(g->node[s->whole].shape, g->node[t->whole].shape)) return 0;
    return s->kind != TERM_CONV_DX || memcmp(a->attr, b->attr, sizeof a->attr) == 0;
}

/* Returns node times the term's factors; node -1: the product of the factors. */
static int scaled(struct merger *m, int node, const struct term *t)
{
    for (int i = 0; i < t->factors; i++)
        node = node < 0 ? m->map[t->factor[i]] : g_mul(m->to, node, m->map[t->factor[i]]);
    return node;
}

/* Returns the terms of group `first` as one convolution, plus a bias if some term has one. */
static int merge_shared(struct merger *m, int first, int k)
{
    const struct graph *g = m->from;
    struct term *t = m->terms->term;
    struct node conv = g->node[t[first].conv];
    int w = -1, b = -1;
    for (int i = first; i < m->terms->count; i++) {
        if (t[i].group != 1 + first) continue;
        w = g_plus(m->to, w, g_pad(m->to, scaled(m, m->map[g->node[t[i].conv].in[1]], &t[i]), k));
        if (t[i].b >= 0) b = g_plus(m->to, b, scaled(m, m->map[t[i].b], &t[i]));
    }
    int x = m->map[conv.in[0]];
    int y = conv.op == OP_CONV
                ? g_conv(m->to, x, w, 1, k / 2)
                : g_conv_dx(m->to, x, w, (int)conv.stride, (int)conv.pad, conv.shape.d[1], conv.shape.d[2]);
    return b < 0 ? y : g_add(m->to, y, b);
}

/* ---------------------------------------------------------------- a weight for each picture */

/* Reshapes a factor [N,1,1,C] or [1,1,1,1] so that its last dimension is dimension `dim`. */
static int along(struct graph *g, int factor, int dim)
{
    struct shape s = graph_get(g, factor).shape, to = shape4(s.d[0], 1, 1, 1);
    to.d[dim] = s.d[3];
    return g_reshape(g, factor, to);
}

/* If *x is a product s x' with s [N,1,1,I], sets *x to x' and returns s; else returns -1. An *x that is not batched is
 * broadcast to the batch. */
static int take_modulation(struct graph *g, int *x, int batch)
{
    struct node n = graph_get(g, *x);
    int style = -1;
    for (int k = 0; n.op == OP_MUL && style < 0 && k < 2; k++) {
        if (!graph_get(g, n.in[k]).batched || !is_factor(g, n.in[k], n.shape.d[3])) continue;
        style = n.in[k];
        *x = n.in[1 - k];
    }
    struct shape s = graph_get(g, *x).shape;
    if (!graph_get(g, *x).batched) *x = g_expand(g, *x, shape4(batch, s.d[1], s.d[2], s.d[3]), 1);
    return style;
}

/* Returns the term's share of the weight, [N,O,I,k*k]: its own weight in a k x k window, times its factors and the
 * style. */
static int own_weight(struct merger *m, const struct term *t, int k, int style)
{
    struct graph *to = m->to;
    int w = m->map[m->from->node[t->conv].in[1]];
    if (t->kind == TERM_UP && t->taps == TAPS_DECONV) w = g_permute(to, w, 1, 0, 2, 3);
    w = g_pad(to, w, k);
    struct shape s = graph_get(to, w).shape;
    w = g_reshape(to, w, shape4(1, s.d[0], s.d[1], k * k));
    w = g_mul(to, w, along(to, scaled(m, -1, t), 1));
    return style < 0 ? w : g_mul(to, w, along(to, style, 2));
}

static int merge_each(struct merger *m, int first, int k)
{
    struct graph *to = m->to;
    struct term *t = m->terms->term;
    int x = m->map[t[first].x], w = -1, edges = -1;
    int style = take_modulation(to, &x, m->from->node[t[first].whole].shape.d[0]);
    int up = t[first].kind == TERM_UP;
    for (int i = first; i < m->terms->count; i++) {
        if (t[i].group != 1 + first) continue;
        int own = own_weight(m, &t[i], k, up ? style : -1);
        if (up && t[i].taps == TAPS_DECONV) own = g_scale(to, own, 0.25); /* the term's factor 4 is in OP_TAPS */
        if (up && t[i].taps == TAPS_BILINEAR) edges = g_plus(to, edges, g_unary(to, OP_EDGE_TAPS, own));
        w = g_plus(to, w, up ? g_taps(to, own, t[i].taps) : own);
    }
    /* The style is the same for all terms. With up-sampling each term has it already, since OP_TAPS makes the weight
     * larger. */
    if (!up && style >= 0) w = g_mul(to, w, along(to, style, 2));
    int y = g_conv(to, x, w, 1, k / 2);
    if (!up) return y;
    return g_unary(to, OP_SHUFFLE, edges < 0 ? y : g_add(to, y, g_border(to, x, edges)));
}

/* Returns the term `first` and all that go with it as one node. */
static int merge_group(struct merger *m, int first)
{
    struct term *t = m->terms->term;
    int k = 0, count = 0;
    for (int i = first; i < m->terms->count; i++) {
        if (i != first && !together(m->from, &t[first], &t[i])) continue;
        int own = (int)m->from->node[t[i].conv].k;
        t[i].group = 1 + first;
        k = own > k ? own : k;
        count++;
    }
    m->to->path = mem_printf(m->to->mem, "%s", m->from->node[t[first].whole].path);
    if (!t[first].batched) return merge_shared(m, first, k);
    return count > 1 ? merge_each(m, first, k) : graph_copy_node(m->to, m->from, t[first].whole, m->map);
}

static int merge_sum(struct merger *m, int root)
{
    m->terms->count = 0;
    collect(m, root, 1);
    if (m->terms->count == 1 && m->terms->term[0].kind == TERM_OTHER) return -1;
    int sum = -1;
    for (int i = 0; i < m->terms->count; i++) {
        struct term *t = &m->terms->term[i];
        if (t->group) continue;
        sum = g_plus(m->to, sum, t->kind == TERM_OTHER ? m->map[t->whole] : merge_group(m, i));
    }
    return sum;
}

static int merge_node(struct rewrite *r, int i)
{
    const struct node *n = &r->from->node[i];
    struct merger m = {r->from, r->to, r->map, r->uses, r->own};
    if ((n->op != OP_ADD && n->op != OP_MUL) || !n->batched) return -1;
    r->to->section = n->section;
    return merge_sum(&m, i);
}

struct graph *merge_mixtures(const struct graph *g)
{
    struct terms terms = {NULL, 0, 0};
    struct graph *to = graph_rewrite(g, merge_node, &terms);
    free(terms.term);
    return to;
}
