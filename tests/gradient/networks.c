/*
 * Gradient tests of networks of many operators: gradients of gradients, mixtures that are merged, and random graphs.
 */
#include "cases.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- layers */

static int channels(const struct test *t, int x)
{
    return t->g->node[x].shape.d[3];
}

static struct shape vector(int c)
{
    return shape4(1, 1, 1, c);
}

static int conv(struct test *t, int x, int out, int k)
{
    int y = g_conv(t->g, x, test_weight(t, out, channels(t, x), k), 1, k / 2);
    return g_add(t->g, y, test_leaf(t, vector(out), 0.3));
}

static int deconv(struct test *t, int x, int out)
{
    struct shape s = t->g->node[x].shape;
    int w = test_weight(t, s.d[3], out, 2);
    int y = g_conv_dx(t->g, x, w, 2, 0, 2 * s.d[1], 2 * s.d[2]);
    return g_add(t->g, y, test_leaf(t, vector(out), 0.3));
}

static int depthwise(struct test *t, int x, int k)
{
    return g_depthwise(t->g, x, test_weight(t, channels(t, x), 1, k));
}

static int batch_norm(struct test *t, int x)
{
    struct graph *g = t->g;
    int moments = g_unary(g, OP_MOMENTS, x), c = channels(t, x);
    int mean = g_slice(g, moments, 2, 0), r = g_slice(g, moments, 2, 1);
    int y = g_mul(g, g_sub(g, x, mean), r);
    y = g_mul(g, y, test_leaf_positive(t, vector(c)));
    return g_add(g, y, test_leaf(t, vector(c), 0.3));
}

/* [N,H,W,C] -> [N,1,1,1]: the sum over pixels, then a linear layer. */
static int linear_score(struct test *t, int x)
{
    int pooled = g_sum(t->g, x, test_shape(t, (struct shape){{BATCH, 1, 1, channels(t, x)}}), 1);
    return conv(t, pooled, 1, 1);
}

/* ---------------------------------------------------------------- gradients of gradients */

/* R1: the sum over pictures and pixels of (d score / d x)^2. */
static int gradient_penalty(struct test *t, int score, int x)
{
    struct graph *g = t->g;
    int gx, total = g_sum(g, score, vector(1), 0);
    grad(g, total, &x, 1, &gx);
    return g_sum(g, g_mul(g, gx, gx), vector(1), 0);
}

static int penalty_conv(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1);
    int h = g_unary(t->g, OP_RELU, conv(t, x, 5, 3));
    h = g_unary(t->g, OP_SOFTPLUS, conv(t, g_unary(t->g, OP_SUMPOOL, h), 8, 3));
    return gradient_penalty(t, linear_score(t, h), x);
}

static int penalty_norm(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1);
    int h = g_unary(t->g, OP_TANH, batch_norm(t, conv(t, depthwise(t, x, 3), 5, 1)));
    h = g_unary(t->g, OP_SIGMOID, batch_norm(t, depthwise(t, h, 5)));
    return gradient_penalty(t, linear_score(t, h), x);
}

static int penalty_up(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1);
    int h = g_unary(t->g, OP_TANH, deconv(t, x, 5));
    h = g_add(t->g, h, conv(t, g_unary(t->g, OP_UP_BILINEAR, x), 5, 1));
    h = g_unary(t->g, OP_SOFTPLUS, g_conv(t->g, h, test_weight(t, 3, 5, 2), 2, 0));
    h = g_unary(t->g, OP_TANH, g_unary(t->g, OP_UP_NEAREST, h));
    return gradient_penalty(t, linear_score(t, h), x);
}

/* The square of the gradient in a weight. Its gradient differentiates the results of conv_dw and dwconv_dw. */
static int penalty_weights(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), c = r->a.d[3], out[4];
    int w[4];
    w[0] = test_weight(t, 5, c, 3);
    w[1] = test_weight(t, 5, 1, 3);
    w[2] = test_weight(t, 5, 3, 2);
    w[3] = test_leaf(t, vector(3), 1);
    int h = g_unary(g, OP_TANH, g_conv(g, x, w[0], 1, 1));
    h = g_unary(g, OP_SIGMOID, g_depthwise(g, h, w[1]));
    h = g_unary(g, OP_SOFTPLUS, g_conv_dx(g, h, w[2], 2, 0, 2 * r->a.d[1], 2 * r->a.d[2]));
    int mix = g_mul(g, h, g_slice(g, g_unary(g, OP_SOFTMAX, w[3]), 3, 1));
    grad(g, g_sum(g, mix, vector(1), 0), w, 4, out);
    int sum = -1;
    for (int i = 0; i < 4; i++) {
        int square = g_sum(g, g_mul(g, out[i], out[i]), vector(1), 0);
        sum = sum < 0 ? square : g_add(g, sum, square);
    }
    return sum;
}

/* ---------------------------------------------------------------- mixtures */

static int weighted(struct test *t, int sum, int y, int weights, int i)
{
    y = g_mul(t->g, y, g_slice(t->g, weights, 3, i));
    return sum < 0 ? y : g_add(t->g, sum, y);
}

/* A mixture of candidates of the family residual: three convolutions of one ReLU, and a separable one. */
static int mixture_normal(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), c = r->a.d[3], weights = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(4), 1)),
        sum = -1;
    for (int i = 0; i < 3; i++) sum = weighted(t, sum, conv(t, g_unary(g, OP_RELU, x), c, 2 * i + 1), weights, i);
    int separable = batch_norm(t, conv(t, depthwise(t, g_unary(g, OP_RELU, x), 3), c, 1));
    return g_unary(g, OP_TANH, weighted(t, sum, separable, weights, 3));
}

static int mixture_up(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), c = r->a.d[3], weights = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1));
    int sum = weighted(t, -1, deconv(t, x, c), weights, 0);
    sum = weighted(t, sum, g_unary(g, OP_UP_NEAREST, x), weights, 1);
    return g_unary(g, OP_TANH, weighted(t, sum, g_unary(g, OP_UP_BILINEAR, x), weights, 2));
}

/* Two edges that end in one node; the second starts from a tensor that depends on the first. */
static int mixture_edges(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), c = r->a.d[3], first = -1, second = -1;
    int a = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1)), b = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1));
    for (int i = 0; i < 3; i++) first = weighted(t, first, conv(t, x, c, 2 * i + 1), a, i);
    for (int i = 0; i < 3; i++) second = weighted(t, second, conv(t, g_unary(g, OP_RELU, first), c, 5 - 2 * i), b, i);
    int skip = g_conv(g, x, test_weight(t, c, c, 3), 1, 1); /* without a weight or a bias */
    return g_unary(g, OP_TANH, g_add(g, g_add(g, first, second), skip));
}

static int mixture_penalty(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), weights = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1)), sum = -1;
    for (int i = 0; i < 3; i++) sum = weighted(t, sum, conv(t, x, 5, 2 * i + 1), weights, i);
    return gradient_penalty(t, linear_score(t, g_unary(g, OP_SOFTPLUS, sum)), x);
}

/* ---------------------------------------------------------------- StyleGAN2 */

/* 1 / |s W_o|: s [N,1,1,I], w [O,I,K,K] -> [N,1,1,O] */
static int demodulation(struct test *t, int w, int s)
{
    struct graph *g = t->g;
    struct shape ws = g->node[w].shape;
    int taps = g_sum(g, g_mul(g, w, w), shape4(ws.d[0], ws.d[1], 1, 1), 0);
    int power = g_mul(g, g_reshape(g, g_mul(g, s, s), shape4(t->batch, 1, ws.d[1], 1)),
                      g_reshape(g, taps, shape4(1, ws.d[0], ws.d[1], 1)));
    int sum = g_reshape(g, g_sum(g, power, shape4(t->batch, ws.d[0], 1, 1), 1), shape4(t->batch, 1, 1, ws.d[0]));
    return g_unary(g, OP_RSQRT, g_shift(g, sum, 1e-8));
}

static int modulated(struct test *t, int *x)
{
    int style = test_leaf_positive(t, (struct shape){{BATCH, 1, 1, channels(t, *x)}});
    *x = g_mul(t->g, *x, style);
    return style;
}

/* A mixture of modulated and demodulated 1x1, 3x3 and 5x5 convolutions of one tensor, and the operators behind it. */
static int mixture_modulated(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = g_unary(g, OP_LRELU, test_leaf(t, r->a, 1)), out = r->attr[0], sum = -1, style = modulated(t, &x);
    int weights = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1));
    for (int i = 0; i < 3; i++) {
        int w = test_weight(t, out, r->a.d[3], 2 * i + 1), y = g_conv(g, x, w, 1, i);
        sum = weighted(t, sum, g_mul(g, y, demodulation(t, w, style)), weights, i);
    }
    return g_unary(g, OP_TANH, g_add(g, sum, test_leaf(t, vector(out), 0.3)));
}

static int up_convolution(struct test *t, int x, int w, enum taps kind)
{
    struct graph *g = t->g;
    int h = g->node[x].shape.d[1], width = g->node[x].shape.d[2];
    if (kind == TAPS_NEAREST) return g_conv(g, g_unary(g, OP_UP_NEAREST, x), w, 1, 1);
    if (kind == TAPS_BILINEAR) return g_conv(g, g_up_bilinear(g, x, BEYOND_CLAMP), w, 1, 1);
    int y = g_conv_dx(g, x, g_permute(g, w, 1, 0, 2, 3), 2, 0, 2 * h + 1, 2 * width + 1);
    return g_scale(g, g_fir(g, y, 1), 4);
}

/* A mixture of the three operations that double a picture, or of two. attr: output channels; the operation that is left
 * out, or 3. */
static int mixture_modulated_up(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), out = r->attr[0], sum = -1, style = modulated(t, &x);
    int weights = g_unary(g, OP_SOFTMAX, test_leaf(t, vector(3), 1));
    for (int kind = 0; kind < 3; kind++) {
        if (kind == r->attr[1]) continue;
        int w = test_weight(t, out, r->a.d[3], 3), y = up_convolution(t, x, w, (enum taps)kind);
        sum = weighted(t, sum, g_mul(g, y, demodulation(t, w, style)), weights, kind);
    }
    int noise = g_mul(g, test_leaf_constant(t, (struct shape){{BATCH, 2 * r->a.d[1], 2 * r->a.d[2], 1}}),
                      test_leaf(t, vector(1), 1));
    return g_unary(g, OP_TANH, g_add(g, sum, noise));
}

/* The standard deviation of each value over all pictures, averaged to one number. */
static int deviation(struct test *t, int x)
{
    struct graph *g = t->g;
    struct shape s = g->node[x].shape, one = shape4(1, s.d[1], s.d[2], s.d[3]);
    int y = g_unary(g, OP_UNBATCH, x);
    y = g_sub(g, y, g_scale(g, g_sum(g, y, one, 0), 1.0 / t->batch));
    int variance = g_shift(g, g_scale(g, g_sum(g, g_mul(g, y, y), one, 0), 1.0 / t->batch), 0.1);
    int mean = g_scale(g, g_sum(g, g_mul(g, variance, g_unary(g, OP_RSQRT, variance)), vector(1), 0), 0.1);
    return g_unary(g, OP_REBATCH, g_expand(g, mean, shape4(t->batch, 1, 1, 1), 0));
}

/* R1 through the parts of a StyleGAN2 discriminator. */
static int penalty_style(struct test *t, const struct row *r)
{
    struct graph *g = t->g;
    int x = test_leaf(t, r->a, 1), c = r->a.d[3];
    int h = g_unary(g, OP_TANH, conv(t, x, 5, 3));
    struct node_args halve = {.op = OP_UP_BILINEAR_T, .in = {x}, .ins = 1, .attr = {BEYOND_ZERO}};
    int skip = g_conv(g, g_scale(g, graph_node(g, halve), 0.25), test_weight(t, 8, c, 1), 1, 0);
    h = g_conv(g, g_fir(g, h, 2), test_weight(t, 8, 5, 3), 2, 0);
    h = g_add(g, g_unary(g, OP_SOFTPLUS, h), skip);
    int score = linear_score(t, h);
    return gradient_penalty(t, g_mul(g, score, deviation(t, g_unary(g, OP_TANH, h))), x);
}

/* ---------------------------------------------------------------- random graphs */

enum { TENSORS = 40, STEPS = 14 };

/* The tensors of a random graph so far. used[i]: an operator reads tensor i. */
struct pool {
    struct test *t;
    unsigned long long state;
    int tensor[TENSORS], used[TENSORS], count;
    int start; /* height and width of the input */
};

static int draw(struct pool *p, int n)
{
    p->state = p->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((p->state >> 33) % (unsigned)n);
}

static int any(struct pool *p)
{
    int i = draw(p, p->count);
    p->used[i] = 1;
    return p->tensor[i];
}

/* Draws another tensor of x's shape; returns x if there is none. */
static int like(struct pool *p, int x)
{
    int i = draw(p, p->count);
    for (int k = 0; k < p->count; k++, i = (i + 1) % p->count) {
        if (p->tensor[i] == x || !shape_same(p->t->g->node[p->tensor[i]].shape, p->t->g->node[x].shape)) continue;
        p->used[i] = 1;
        return p->tensor[i];
    }
    return x;
}

static int side(const struct pool *p, int x)
{
    return p->t->g->node[x].shape.d[1];
}

static int some_channels(struct pool *p)
{
    static const int c[] = {1, 3, 5, 8};
    return c[draw(p, 4)];
}

static int pointwise(struct pool *p, int x)
{
    static const enum op op[] = {OP_RELU, OP_TANH, OP_SOFTPLUS, OP_SIGMOID};
    return g_unary(p->t->g, op[draw(p, 4)], x);
}

/* x times a weight for each channel, which is computed from each picture or from the whole batch. */
static int gated(struct pool *p, int x)
{
    struct graph *g = p->t->g;
    int c = channels(p->t, x), batched = draw(p, 2);
    struct shape s = batched ? test_shape(p->t, (struct shape){{BATCH, 1, 1, c}}) : vector(c);
    int mean = g_scale(g, g_sum(g, x, s, batched), 1.0 / (side(p, x) * side(p, x)));
    return g_mul(g, g_unary(g, OP_SIGMOID, batched && draw(p, 2) ? conv(p->t, mean, c, 1) : mean), x);
}

static int mixture(struct pool *p, int x)
{
    int weights = g_unary(p->t->g, OP_SOFTMAX, test_leaf(p->t, vector(3), 1)), c = some_channels(p), sum = -1;
    for (int i = 0; i < 3; i++) sum = weighted(p->t, sum, conv(p->t, x, c, 1 + 2 * draw(p, 3)), weights, i);
    return sum;
}

static int resampled(struct pool *p, int x)
{
    struct graph *g = p->t->g;
    int kind = draw(p, 3);
    if (side(p, x) >= p->start && kind)
        return g_scale(g, g_unary(g, kind == 1 ? OP_SUMPOOL : OP_UP_BILINEAR_T, x), 0.25);
    if (side(p, x) >= p->start) return g_conv(g, x, test_weight(p->t, some_channels(p), channels(p->t, x), 2), 2, 0);
    if (kind) return g_unary(g, kind == 1 ? OP_UP_NEAREST : OP_UP_BILINEAR, x);
    return deconv(p->t, x, some_channels(p));
}

/* Makes a random operator. Each random number is drawn by a statement of its own, because compilers may evaluate the
 * arguments of a call in any order. */
static int random_step(struct pool *p)
{
    struct graph *g = p->t->g;
    int room = p->t->leaves < LEAVES - 40, kind = draw(p, room ? 12 : 4);
    int x = any(p), c = some_channels(p), k = 1 + 2 * draw(p, 3);
    int y = kind < 3 ? like(p, x) : -1, z = pointwise(p, x);
    switch (kind) {
    case 0:
        return g_add(g, x, y);
    case 1:
        return g_mul(g, z, y);
    case 2:
        return g_sub(g, z, g_scale(g, y, 0.5));
    case 3:
        return z;
    case 4:
        return conv(p->t, x, c, k);
    case 5:
        return conv(p->t, z, c, 3);
    case 6:
        return depthwise(p->t, z, k + 2);
    case 7:
        return batch_norm(p->t, x);
    case 8:
        return gated(p, x);
    case 9:
        return mixture(p, z);
    default:
        return resampled(p, x);
    }
}

/* Makes one score from all tensors that no operator reads. */
static int random_score(struct pool *p)
{
    int sum = -1;
    for (int i = 0; i < p->count; i++) {
        if (p->used[i]) continue;
        int score =
            g_scale(p->t->g, linear_score(p->t, p->tensor[i]), 1.0 / (side(p, p->tensor[i]) * side(p, p->tensor[i])));
        sum = sum < 0 ? score : g_add(p->t->g, sum, score);
    }
    return sum;
}

static int random_graph(struct test *t, struct pool *p, const struct row *r)
{
    int x = test_leaf(t, r->a, 1);
    *p = (struct pool){.t = t, .state = (unsigned long long)r->attr[0] * 7919u + 1, .start = r->a.d[1]};
    p->tensor[p->count++] = x;
    for (int i = 0; i < STEPS && t->leaves < LEAVES - 40; i++) {
        t->g->section += draw(p, 8) == 0;
        int step = random_step(p);
        p->tensor[p->count++] = step;
    }
    return random_score(p);
}

static int random_first(struct test *t, const struct row *r)
{
    struct pool p;
    return g_unary(t->g, OP_TANH, random_graph(t, &p, r));
}

static int random_second(struct test *t, const struct row *r)
{
    struct pool p;
    int score = random_graph(t, &p, r);
    t->g->section = 0;
    return gradient_penalty(t, g_unary(t->g, OP_TANH, score), p.tensor[0]);
}

/* ---------------------------------------------------------------- the table */

#define B(h, w, c)                                                                                                     \
    {                                                                                                                  \
        {                                                                                                              \
            BATCH, h, w, c                                                                                             \
        }                                                                                                              \
    }
#define NO                                                                                                             \
    {                                                                                                                  \
        {                                                                                                              \
            0, 0, 0, 0                                                                                                 \
        }                                                                                                              \
    }
#define ROW(name, build, a)                                                                                            \
    {                                                                                                                  \
        OP_COUNT, name, build, a, NO, {0}, 0, 0                                                                        \
    }
#define MERGE(name, build, a)                                                                                          \
    {                                                                                                                  \
        OP_COUNT, name, build, a, NO, {0}, 0, 1                                                                        \
    }
#define STYLE(name, build, a, ...)                                                                                     \
    {                                                                                                                  \
        OP_COUNT, name, build, a, NO, __VA_ARGS__, 0, 1                                                                \
    }
#define FIRST(seed, batch)                                                                                             \
    {                                                                                                                  \
        OP_COUNT, "random graph", random_first, B(4, 4, 5), NO, {seed}, batch, 1                                       \
    }
#define SECOND(seed, batch)                                                                                            \
    {                                                                                                                  \
        OP_COUNT, "penalty of a random graph", random_second, B(4, 4, 3), NO, {seed}, batch, 0                         \
    }

const struct row network_rows[] = {
    ROW("penalty of convolutions", penalty_conv, B(6, 6, 3)),
    ROW("penalty of depthwise convolutions and batch norms", penalty_norm, B(6, 4, 3)),
    ROW("penalty of resampling", penalty_up, B(3, 4, 5)),
    ROW("penalty on gradients in weights", penalty_weights, B(4, 3, 3)),
    MERGE("mixture of convolutions", mixture_normal, B(6, 6, 5)),
    MERGE("mixture of up-samplings", mixture_up, B(3, 5, 8)),
    MERGE("mixtures of two edges", mixture_edges, B(4, 4, 3)),
    MERGE("penalty of a mixture", mixture_penalty, B(5, 6, 3)),
    STYLE("modulated mixture", mixture_modulated, B(4, 4, 5), {3}),
    STYLE("modulated mixture", mixture_modulated, B(6, 5, 8), {24}),
    STYLE("modulated up mixture", mixture_modulated_up, B(2, 2, 3), {5, 3}),
    STYLE("modulated up mixture", mixture_modulated_up, B(4, 4, 8), {8, 3}),
    STYLE("modulated up mixture", mixture_modulated_up, B(3, 5, 5), {3, 3}),
    STYLE("modulated up mixture", mixture_modulated_up, B(4, 4, 3), {5, TAPS_BILINEAR}),
    STYLE("modulated up mixture", mixture_modulated_up, B(4, 3, 3), {5, TAPS_DECONV}),
    ROW("penalty of filters and of the deviation", penalty_style, B(6, 4, 3)),
    FIRST(1, 1),
    FIRST(2, 3),
    FIRST(3, 5),
    FIRST(4, 20),
    FIRST(5, 1),
    FIRST(6, 3),
    FIRST(7, 5),
    FIRST(8, 20),
    SECOND(1, 1),
    SECOND(2, 3),
    SECOND(3, 5),
    SECOND(4, 20),
};
const int network_count = sizeof network_rows / sizeof network_rows[0];
