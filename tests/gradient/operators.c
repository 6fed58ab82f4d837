/* Gradient tests of every differentiable operator, in every form that networks use. */
#include "cases.h"

/* ---------------------------------------------------------------- builders: one for each kind of argument list */

static int unary(struct test *t, const struct row *r)
{
    return g_unary(t->g, r->op, test_leaf(t, r->a, 1));
}

static int unary_positive(struct test *t, const struct row *r)
{
    return g_unary(t->g, r->op, test_leaf_positive(t, r->a));
}

static int binary(struct test *t, const struct row *r)
{
    int a = test_leaf(t, r->a, 1), b = test_leaf(t, r->b, 1);
    return graph_node(t->g, (struct node_args){.op = r->op, .in = {a, b}, .ins = 2});
}

/* Both operands depend on one tensor, whose gradient has two terms. */
static int binary_same(struct test *t, const struct row *r)
{
    int a = test_leaf(t, r->a, 1), b = g_unary(t->g, OP_TANH, a);
    int twice = graph_node(t->g, (struct node_args){.op = r->op, .in = {b, a}, .ins = 2});
    return g_mul(t->g, twice, twice);
}

/* The tanh is there so that the expansion is not simplified away. */
static int expand(struct test *t, const struct row *r)
{
    return g_unary(t->g, OP_TANH, g_expand(t->g, test_leaf(t, r->a, 1), test_shape(t, r->b), r->b.d[0] == BATCH));
}

/* A sum of squares, so that the gradient is not constant. */
static int sum(struct test *t, const struct row *r)
{
    int a = test_leaf(t, r->a, 1);
    return g_sum(t->g, g_mul(t->g, a, a), test_shape(t, r->b), r->b.d[0] == BATCH);
}

static int slice(struct test *t, const struct row *r)
{
    return g_range(t->g, test_leaf(t, r->a, 1), r->attr[0], r->attr[1], r->attr[2] ? r->attr[2] : 1);
}

static int place(struct test *t, const struct row *r)
{
    return g_place(t->g, test_leaf(t, r->a, 1), r->attr[0], r->attr[1], r->attr[2]);
}

static int pad(struct test *t, const struct row *r)
{
    return g_pad(t->g, test_leaf(t, r->a, 1), r->attr[0]);
}

static int crop(struct test *t, const struct row *r)
{
    return g_crop(t->g, test_leaf(t, r->a, 1), r->attr[0]);
}

static int permute(struct test *t, const struct row *r)
{
    return g_permute(t->g, test_leaf(t, r->a, 1), r->attr[0], r->attr[1], r->attr[2], r->attr[3]);
}

static int reshape(struct test *t, const struct row *r)
{
    return g_reshape(t->g, g_unary(t->g, OP_TANH, test_leaf(t, r->a, 1)), test_shape(t, r->b));
}

/* attr: output channels, K, stride, padding; b: 1 for a bias. */
static int conv(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1), w = test_weight(t, r->attr[0], r->a.d[3], r->attr[1]);
    int y = g_conv(t->g, x, w, r->attr[2], r->attr[3]);
    return r->b.d[3] ? g_add(t->g, y, test_leaf(t, shape4(1, 1, 1, r->attr[0]), 1)) : y;
}

/* a: gy, whose channels are the output channels of the weight; attr: input channels, K, stride, padding; b: 1 for a
 * bias. */
static int conv_dx(struct test *t, const struct row *r)
{
    int gy = test_leaf(t, r->a, 1), w = test_weight(t, r->a.d[3], r->attr[0], r->attr[1]), s = r->attr[2];
    int k = r->attr[1] - 2 * r->attr[3];
    int y = g_conv_dx(t->g, gy, w, s, r->attr[3], s * (r->a.d[1] - 1) + k, s * (r->a.d[2] - 1) + k);
    return r->b.d[3] ? g_add(t->g, y, test_leaf(t, shape4(1, 1, 1, r->attr[0]), 1)) : y;
}

/* a: x; b: gy; attr: K, stride, padding, 1 for a gradient of each picture. */
static int conv_dw(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1), gy = test_leaf(t, r->b, 1);
    return g_conv_dw(t->g, x, gy, r->attr[0], r->attr[1], r->attr[2], r->attr[3]);
}

/* Convolution with a weight for each picture; attr: output channels, K; b: 1 for a bias. */
static int conv_each(struct test *t, const struct row *r)
{
    int k = r->attr[1], x = test_leaf(t, r->a, 1);
    int w = test_leaf(t, (struct shape){{BATCH, r->attr[0], r->a.d[3], k * k}}, 1.0 / k);
    int y = g_conv(t->g, x, w, 1, k / 2);
    return r->b.d[3] ? g_add(t->g, y, test_leaf(t, shape4(1, 1, 1, r->attr[0]), 1)) : y;
}

/* An operator of one tensor and one attribute. */
static int unary_of(struct test *t, const struct row *r)
{
    struct node_args a = {.op = r->op, .in = {test_leaf(t, r->a, 1)}, .ins = 1, .attr = {r->attr[0]}};
    return graph_node(t->g, a);
}

/* The tanh is there so that the input of the operator is no leaf. */
static int unbatch(struct test *t, const struct row *r)
{
    int y = g_unary(t->g, OP_UNBATCH, g_unary(t->g, OP_TANH, test_leaf(t, r->a, 1)));
    return g_mul(t->g, y, g_sum(t->g, y, shape4(1, r->a.d[1], r->a.d[2], r->a.d[3]), 0));
}

static int rebatch(struct test *t, const struct row *r)
{
    int x = g_unary(t->g, OP_TANH, test_leaf(t, test_shape(t, r->a), 1));
    return g_mul(t->g, g_unary(t->g, OP_REBATCH, x), test_leaf(t, r->a, 1));
}

static int depthwise(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1);
    return g_depthwise(t->g, x, test_weight(t, r->a.d[3], 1, r->attr[0]));
}

static int depthwise_dw(struct test *t, const struct row *r)
{
    int x = test_leaf(t, r->a, 1), gy = test_leaf(t, r->a, 1);
    return g_depthwise_dw(t->g, x, gy, r->attr[0]);
}

/* ---------------------------------------------------------------- the table */

#define B(h, w, c)                                                                                                     \
    {                                                                                                                  \
        {                                                                                                              \
            BATCH, h, w, c                                                                                             \
        }                                                                                                              \
    }
#define T(o, i, h, w)                                                                                                  \
    {                                                                                                                  \
        {                                                                                                              \
            o, i, h, w                                                                                                 \
        }                                                                                                              \
    }
#define V(c)                                                                                                           \
    {                                                                                                                  \
        {                                                                                                              \
            1, 1, 1, c                                                                                                 \
        }                                                                                                              \
    }
#define ROW(op, ...)                                                                                                   \
    {                                                                                                                  \
        OP_##op, "", __VA_ARGS__, 0, 0                                                                                 \
    }
#define NO                                                                                                             \
    {                                                                                                                  \
        {                                                                                                              \
            0, 0, 0, 0                                                                                                 \
        }                                                                                                              \
    }
#define BIAS                                                                                                           \
    {                                                                                                                  \
        {                                                                                                              \
            0, 0, 0, 1                                                                                                 \
        }                                                                                                              \
    }
/* a pointwise operator on pictures, on one vector for each picture, and on weights */
#define UNARY(op, build)                                                                                               \
    ROW(op, build, B(4, 3, 5), NO, {0}), ROW(op, build, B(1, 1, 8), NO, {0}), ROW(op, build, T(3, 2, 3, 3), NO, {0})
/* every way in which networks broadcast */
#define BINARY(op)                                                                                                     \
    ROW(op, binary, B(4, 3, 5), B(4, 3, 5), {0}), ROW(op, binary, B(4, 3, 5), V(5), {0}),                              \
        ROW(op, binary, V(5), B(4, 3, 5), {0}), ROW(op, binary, B(4, 3, 5), V(1), {0}),                                \
        ROW(op, binary, V(1), B(4, 3, 5), {0}), ROW(op, binary, B(4, 3, 5), B(1, 1, 5), {0}),                          \
        ROW(op, binary, B(1, 1, 5), B(4, 3, 5), {0}), ROW(op, binary, B(4, 3, 5), B(1, 1, 1), {0}),                    \
        ROW(op, binary, B(4, 3, 5), B(4, 3, 1), {0}), ROW(op, binary, B(4, 3, 1), V(5), {0}),                          \
        ROW(op, binary, B(4, 3, 5), T(1, 4, 3, 5), {0}), ROW(op, binary, T(1, 4, 3, 5), B(1, 1, 5), {0}),              \
        ROW(op, binary, B(1, 1, 5), T(1, 4, 3, 1), {0}), ROW(op, binary, B(1, 1, 8), V(8), {0}),                       \
        ROW(op, binary, B(1, 1, 8), B(1, 1, 1), {0}), ROW(op, binary, B(4, 3, 1), B(1, 1, 1), {0}),                    \
        ROW(op, binary, T(3, 2, 3, 3), T(3, 2, 3, 3), {0}), ROW(op, binary, T(3, 2, 3, 3), V(1), {0}),                 \
        ROW(op, binary, T(3, 2, 3, 3), T(3, 1, 1, 1), {0}), ROW(op, binary, T(1, 2, 3, 3), T(3, 2, 3, 3), {0}),        \
        ROW(op, binary, T(3, 1, 1, 1), T(1, 2, 3, 3), {0}), ROW(op, binary, T(3, 2, 3, 3), T(1, 2, 1, 1), {0}),        \
        ROW(op, binary, V(8), V(8), {0}), ROW(op, binary, V(8), V(1), {0}), ROW(op, binary_same, B(4, 3, 5), NO, {0}), \
        ROW(op, binary_same, T(3, 2, 3, 3), NO, {0})
#define RESAMPLE(op)                                                                                                   \
    ROW(op, unary, B(2, 2, 1), NO, {0}), ROW(op, unary, B(4, 2, 3), NO, {0}), ROW(op, unary, B(6, 6, 8), NO, {0}),     \
        ROW(op, unary, B(4, 8, 24), NO, {0})

const struct row operator_rows[] = {
    BINARY(ADD),
    BINARY(SUB),
    BINARY(MUL),
    UNARY(RELU, unary),
    UNARY(LRELU, unary),
    UNARY(TANH, unary),
    UNARY(SOFTPLUS, unary),
    UNARY(SIGMOID, unary),
    UNARY(RSQRT, unary_positive),
    ROW(EXPAND, expand, V(5), B(4, 3, 5), {0}),
    ROW(EXPAND, expand, V(1), B(4, 3, 5), {0}),
    ROW(EXPAND, expand, B(1, 1, 5), B(4, 3, 5), {0}),
    ROW(EXPAND, expand, B(1, 1, 1), B(1, 1, 8), {0}),
    ROW(EXPAND, expand, B(4, 3, 1), B(4, 3, 5), {0}),
    ROW(EXPAND, expand, T(1, 4, 3, 5), B(4, 3, 5), {0}),
    ROW(EXPAND, expand, V(1), T(3, 2, 3, 3), {0}),
    ROW(EXPAND, expand, T(3, 1, 1, 1), T(3, 2, 3, 3), {0}),
    ROW(EXPAND, expand, T(1, 2, 3, 3), T(3, 2, 3, 3), {0}),
    /* sums of pictures over every set of dimensions */
    ROW(SUM, sum, B(4, 3, 5), V(1), {0}),
    ROW(SUM, sum, B(4, 3, 5), V(5), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 1, 3, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 1, 3, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 4, 1, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 4, 1, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 4, 3, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), T(1, 4, 3, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(1, 1, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(1, 1, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(1, 3, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(1, 3, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(4, 1, 1), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(4, 1, 5), {0}),
    ROW(SUM, sum, B(4, 3, 5), B(4, 3, 1), {0}),
    ROW(SUM, sum, B(1, 1, 8), B(1, 1, 1), {0}),
    ROW(SUM, sum, B(1, 1, 8), V(8), {0}),
    ROW(SUM, sum, B(12, 12, 3), V(1), {0}), /* long enough to fill vectors */
    ROW(SUM, sum, B(12, 12, 3), B(1, 1, 1), {0}),
    ROW(SUM, sum, B(12, 12, 24), B(1, 1, 24), {0}),
    ROW(SUM, sum, B(1, 1, 1040), V(1040), {0}), /* more channels than a kernel has accumulators */
    ROW(SUM, sum, B(2, 2, 1040), V(1040), {0}),
    ROW(SUM, sum, B(2, 2, 1040), B(1, 1, 1040), {0}),
    ROW(SUM, sum, B(2, 2, 1040), B(1, 1, 1), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), V(1), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), T(3, 1, 1, 1), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), T(1, 2, 3, 3), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), T(1, 2, 1, 1), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), T(3, 2, 1, 1), {0}),
    ROW(SUM, sum, T(3, 2, 3, 3), T(3, 1, 3, 3), {0}),
    ROW(SUM, sum, T(24, 24, 3, 3), V(1), {0}),
    ROW(SUM, sum, V(24), V(1), {0}),
    ROW(MOMENTS, unary, B(1, 1, 3), NO, {0}),
    ROW(MOMENTS, unary, B(2, 2, 1), NO, {0}),
    ROW(MOMENTS, unary, B(4, 3, 5), NO, {0}),
    ROW(MOMENTS, unary, B(6, 6, 24), NO, {0}),
    ROW(SOFTMAX, unary, V(1), NO, {0}),
    ROW(SOFTMAX, unary, V(3), NO, {0}),
    ROW(SOFTMAX, unary, V(6), NO, {0}),
    ROW(SLICE, slice, T(3, 2, 3, 5), NO, {0, 2}),
    ROW(SLICE, slice, T(3, 2, 3, 5), NO, {1, 0}),
    ROW(SLICE, slice, T(3, 2, 3, 5), NO, {2, 1}),
    ROW(SLICE, slice, T(3, 2, 3, 5), NO, {3, 4}),
    ROW(SLICE, slice, V(8), NO, {3, 7}),
    ROW(SLICE, slice, T(1, 1, 2, 8), NO, {2, 1}),
    ROW(SLICE, slice, T(3, 2, 3, 5), NO, {0, 1, 2}),
    ROW(SLICE, slice, T(3, 6, 3, 3), NO, {1, 1, 4}),
    ROW(SLICE, slice, T(3, 6, 3, 3), NO, {1, 5, 1}),
    ROW(SLICE, slice, V(8), NO, {3, 2, 5}),
    ROW(PLACE, place, T(2, 2, 3, 5), NO, {0, 1, 4}),
    ROW(PLACE, place, T(3, 2, 3, 5), NO, {1, 3, 5}),
    ROW(PLACE, place, T(1, 2, 3, 5), NO, {0, 2, 3}),
    ROW(PLACE, place, T(3, 1, 3, 5), NO, {1, 0, 2}),
    ROW(PLACE, place, T(3, 2, 1, 5), NO, {2, 1, 3}),
    ROW(PLACE, place, T(3, 2, 3, 1), NO, {3, 4, 5}),
    ROW(PLACE, place, V(1), NO, {3, 7, 8}),
    ROW(PAD, pad, T(3, 2, 1, 1), NO, {5}),
    ROW(PAD, pad, T(3, 2, 3, 3), NO, {5}),
    ROW(PAD, pad, T(3, 1, 3, 3), NO, {7}),
    ROW(CROP, crop, T(3, 2, 5, 5), NO, {1}),
    ROW(CROP, crop, T(3, 2, 5, 5), NO, {3}),
    ROW(CROP, crop, T(3, 1, 7, 7), NO, {3}),
    ROW(FLIP, unary, T(3, 1, 3, 3), NO, {0}),
    ROW(FLIP, unary, T(3, 2, 5, 5), NO, {0}),
    ROW(FLIPT, unary, T(3, 5, 1, 1), NO, {0}),
    ROW(FLIPT, unary, T(3, 5, 3, 3), NO, {0}),
    ROW(PERMUTE, permute, T(3, 2, 4, 5), NO, {1, 0, 2, 3}),
    ROW(PERMUTE, permute, T(3, 2, 4, 5), NO, {3, 2, 1, 0}),
    ROW(PERMUTE, permute, T(3, 2, 4, 5), NO, {2, 0, 3, 1}),
    ROW(RESHAPE, reshape, T(3, 2, 3, 3), T(6, 9, 1, 1), {0}),
    ROW(RESHAPE, reshape, V(24), T(4, 6, 1, 1), {0}),
    ROW(RESHAPE, reshape, B(1, 1, 48), B(4, 4, 3), {0}),
    ROW(RESHAPE, reshape, B(4, 4, 3), B(1, 1, 48), {0}),
    ROW(CONV, conv, B(1, 1, 5), NO, {8, 1, 1, 0}), /* linear layers */
    ROW(CONV, conv, B(1, 1, 24), BIAS, {1, 1, 1, 0}),
    ROW(CONV, conv, B(1, 1, 24), BIAS, {48, 1, 1, 0}),
    ROW(CONV, conv, B(4, 4, 3), NO, {8, 1, 1, 0}),
    ROW(CONV, conv, B(5, 3, 24), BIAS, {5, 1, 1, 0}),
    ROW(CONV, conv, B(2, 2, 1), NO, {1, 3, 1, 1}),
    ROW(CONV, conv, B(4, 4, 3), BIAS, {8, 3, 1, 1}),
    ROW(CONV, conv, B(8, 8, 8), NO, {24, 3, 1, 1}),
    ROW(CONV, conv, B(12, 12, 5), BIAS, {3, 3, 1, 1}),
    ROW(CONV, conv, B(3, 5, 24), NO, {5, 3, 1, 1}),
    ROW(CONV, conv, B(2, 2, 3), NO, {5, 5, 1, 2}),
    ROW(CONV, conv, B(8, 8, 5), BIAS, {8, 5, 1, 2}),
    ROW(CONV, conv, B(6, 6, 8), NO, {24, 5, 1, 2}),
    ROW(CONV, conv, B(2, 2, 3), NO, {5, 2, 2, 0}),
    ROW(CONV, conv, B(8, 8, 8), NO, {24, 2, 2, 0}),
    ROW(CONV, conv, B(12, 4, 24), BIAS, {1, 2, 2, 0}),
    ROW(CONV, conv, B(3, 3, 3), NO, {5, 3, 2, 0}), /* pictures of odd height and width */
    ROW(CONV, conv, B(9, 7, 8), BIAS, {24, 3, 2, 0}),
    ROW(CONV, conv_each, B(4, 4, 3), NO, {8, 1}), /* a weight for each picture */
    ROW(CONV, conv_each, B(5, 3, 24), BIAS, {5, 1}),
    ROW(CONV, conv_each, B(2, 2, 3), NO, {5, 3}),
    ROW(CONV, conv_each, B(8, 8, 8), NO, {24, 3}),
    ROW(CONV, conv_each, B(4, 6, 5), NO, {3, 5}),
    ROW(CONV_DX, conv_dx, B(1, 1, 5), NO, {3, 3, 2, 0}),
    ROW(CONV_DX, conv_dx, B(4, 4, 24), NO, {8, 3, 2, 0}),
    ROW(CONV_DX, conv_dx, B(5, 3, 8), BIAS, {24, 3, 2, 0}),
    ROW(CONV_DX, conv_dx, B(2, 7, 3), NO, {40, 3, 2, 0}),
    ROW(CONV_DX, conv_dx, B(1, 1, 5), NO, {3, 2, 2, 0}),
    ROW(CONV_DX, conv_dx, B(4, 4, 24), NO, {8, 2, 2, 0}),
    ROW(CONV_DX, conv_dx, B(5, 3, 8), BIAS, {24, 2, 2, 0}),
    ROW(CONV_DX, conv_dx, B(6, 6, 1), BIAS, {1, 2, 2, 0}),
    ROW(CONV_DW, conv_dw, B(1, 1, 5), B(1, 1, 8), {1, 1, 0}),
    ROW(CONV_DW, conv_dw, B(4, 4, 3), B(4, 4, 8), {1, 1, 0}),
    ROW(CONV_DW, conv_dw, B(4, 4, 1), B(4, 4, 5), {3, 1, 1}),
    ROW(CONV_DW, conv_dw, B(8, 8, 24), B(8, 8, 8), {3, 1, 1}),
    ROW(CONV_DW, conv_dw, B(12, 12, 3), B(12, 12, 3), {3, 1, 1}),
    ROW(CONV_DW, conv_dw, B(4, 4, 5), B(4, 4, 24), {5, 1, 2}),
    ROW(CONV_DW, conv_dw, B(8, 4, 3), B(4, 2, 5), {2, 2, 0}),
    ROW(CONV_DW, conv_dw, B(8, 8, 24), B(4, 4, 8), {2, 2, 0}),
    ROW(CONV_DW, conv_dw, B(5, 5, 3), B(2, 2, 8), {3, 2, 0}),
    ROW(CONV_DW, conv_dw, B(9, 7, 24), B(4, 3, 5), {3, 2, 0}),
    ROW(CONV_DW, conv_dw, B(4, 4, 3), B(4, 4, 8), {1, 1, 0, 1}),
    ROW(CONV_DW, conv_dw, B(8, 8, 24), B(8, 8, 8), {3, 1, 1, 1}),
    ROW(CONV_DW, conv_dw, B(4, 6, 5), B(4, 6, 24), {5, 1, 2, 1}),
    ROW(DEPTHWISE, depthwise, B(2, 2, 1), NO, {3}),
    ROW(DEPTHWISE, depthwise, B(4, 5, 5), NO, {3}),
    ROW(DEPTHWISE, depthwise, B(12, 12, 8), NO, {3}),
    ROW(DEPTHWISE, depthwise, B(4, 4, 24), NO, {5}),
    ROW(DEPTHWISE, depthwise, B(2, 3, 3), NO, {5}),
    ROW(DEPTHWISE, depthwise, B(8, 8, 8), NO, {7}),
    ROW(DEPTHWISE, depthwise, B(2, 2, 5), NO, {7}),
    ROW(DEPTHWISE_DW, depthwise_dw, B(2, 2, 1), NO, {3}),
    ROW(DEPTHWISE_DW, depthwise_dw, B(4, 5, 5), NO, {3}),
    ROW(DEPTHWISE_DW, depthwise_dw, B(12, 12, 8), NO, {3}),
    ROW(DEPTHWISE_DW, depthwise_dw, B(4, 4, 24), NO, {5}),
    ROW(DEPTHWISE_DW, depthwise_dw, B(2, 3, 3), NO, {7}),
    ROW(UNBATCH, unbatch, B(4, 3, 5), NO, {0}),
    ROW(UNBATCH, unbatch, B(1, 1, 8), NO, {0}),
    ROW(REBATCH, rebatch, B(4, 3, 5), NO, {0}),
    ROW(REBATCH, rebatch, B(1, 1, 8), NO, {0}),
    ROW(FLIPT, unary, B(3, 5, 9), NO, {0}), /* a weight for each picture */
    ROW(UP_BILINEAR, unary_of, B(4, 2, 3), NO, {BEYOND_ZERO}),
    ROW(UP_BILINEAR, unary_of, B(5, 6, 24), NO, {BEYOND_ZERO}),
    ROW(UP_BILINEAR_T, unary_of, B(4, 2, 3), NO, {BEYOND_ZERO}),
    ROW(UP_BILINEAR_T, unary_of, B(6, 8, 24), NO, {BEYOND_ZERO}),
    ROW(FIR, unary_of, B(4, 5, 3), NO, {2}),
    ROW(FIR, unary_of, B(8, 8, 24), NO, {2}),
    ROW(FIR, unary_of, B(5, 4, 3), NO, {1}),
    ROW(FIR, unary_of, B(9, 9, 8), NO, {1}),
    ROW(SHUFFLE, unary, B(2, 3, 4), NO, {0}),
    ROW(SHUFFLE, unary, B(4, 4, 24), NO, {0}),
    ROW(UNSHUFFLE, unary, B(4, 6, 3), NO, {0}),
    ROW(UNSHUFFLE, unary, B(8, 8, 8), NO, {0}),
    ROW(TAPS, unary_of, B(3, 5, 9), NO, {TAPS_DECONV}),
    ROW(TAPS, unary_of, B(3, 5, 9), NO, {TAPS_NEAREST}),
    ROW(TAPS, unary_of, B(3, 5, 9), NO, {TAPS_BILINEAR}),
    ROW(TAPS_T, unary_of, B(12, 5, 9), NO, {TAPS_DECONV}),
    ROW(TAPS_T, unary_of, B(12, 5, 9), NO, {TAPS_NEAREST}),
    ROW(TAPS_T, unary_of, B(12, 5, 9), NO, {TAPS_BILINEAR}),
    ROW(EDGE_TAPS, unary, B(3, 5, 9), NO, {0}),
    ROW(EDGE_TAPS_T, unary, B(16, 5, 12), NO, {0}),
    ROW(BORDER, binary, B(2, 2, 3), B(16, 3, 8), {0}),
    ROW(BORDER, binary, B(4, 6, 5), B(16, 5, 24), {0}),
    ROW(BORDER_DX, binary, B(4, 4, 8), B(16, 3, 8), {0}),
    ROW(BORDER_DX, binary, B(3, 5, 24), B(16, 5, 24), {0}),
    ROW(BORDER_DW, binary, B(4, 4, 3), B(4, 4, 8), {0}),
    ROW(BORDER_DW, binary, B(5, 3, 5), B(5, 3, 24), {0}),
    RESAMPLE(UP_NEAREST),
    RESAMPLE(SUMPOOL),
    RESAMPLE(UP_BILINEAR),
    RESAMPLE(UP_BILINEAR_T),
};
const int operator_count = sizeof operator_rows / sizeof operator_rows[0];
