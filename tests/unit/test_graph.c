/*
 * Tests of the graph: its simplifications against a plain evaluation of the operators that they replace, and some known
 * gradients. tests/gradient/ tests gradients in general.
 */
#include "verify.h"
#include "fold_norm.h"
#include "ops.h"
#include "../../templates/cpu/packing.h"
#include "tally.h"
#include "../../runtime/ag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME(a, b) same_node(a, b, #a, __LINE__)

static void same_node(int a, int b, const char *what, int line)
{
    check(a == b, "line %d: %s is node %d, not %d", line, what, a, b);
}

/* ---------------------------------------------------------------- plain evaluation */

static double value(const struct graph *g, int n, const int *at);

static double leaf_value(const struct node *n, const int *at)
{
    double x = (double)n->attr[0] * 7 + (double)n->attr[1] * 3 + n->op;
    for (int d = 0; d < 4; d++) x = x * 1.7 + at[d] + 0.3;
    return sin(x * 12.9898);
}

/* Returns the element of node n at this place. Dimensions of size 1 are broadcast. */
static double broadcast(const struct graph *g, int n, const int *at)
{
    int index[4];
    for (int d = 0; d < 4; d++) index[d] = g->node[n].shape.d[d] == 1 ? 0 : at[d];
    return value(g, n, index);
}

static double sum_value(const struct graph *g, int x, struct shape to, const int *at)
{
    struct shape s = g->node[x].shape;
    double sum = 0;
    int i[4];
    for (i[0] = 0; i[0] < s.d[0]; i[0]++)
        for (i[1] = 0; i[1] < s.d[1]; i[1]++)
            for (i[2] = 0; i[2] < s.d[2]; i[2]++)
                for (i[3] = 0; i[3] < s.d[3]; i[3]++) {
                    int inside = 1;
                    for (int d = 0; d < 4; d++) inside &= to.d[d] == 1 || i[d] == at[d];
                    if (inside) sum += value(g, x, i);
                }
    return sum;
}

/* Returns an element of y[n,i,j,o] = sum over a, b, c of x[n, S i + a - P, S j + b - P, c] w[o,c,a,b], written as a sum
 * over the pixels of x; transposed: of the adjoint, which maps y to x. */
static double conv_value(const struct graph *g, const struct node_args *n, const int *at, int transposed)
{
    struct shape from = g->node[n->in[0]].shape, w = g->node[n->in[1]].shape;
    double sum = 0;
    int step = (int)n->attr[1], pad = (int)n->attr[2];
    for (int i = 0; i < from.d[1]; i++)
        for (int j = 0; j < from.d[2]; j++) {
            int large[2] = {transposed ? at[1] : i, transposed ? at[2] : j};
            int small[2] = {transposed ? i : at[1], transposed ? j : at[2]};
            int a = large[0] - step * small[0] + pad, b = large[1] - step * small[1] + pad;
            if (a < 0 || b < 0 || a >= w.d[2] || b >= w.d[3]) continue;
            for (int c = 0; c < from.d[3]; c++)
                sum += value(g, n->in[0], (int[]){at[0], i, j, c}) *
                       value(g, n->in[1], (int[]){transposed ? c : at[3], transposed ? at[3] : c, a, b});
        }
    return sum;
}

static double window_value(const struct graph *g, int x, const int *at, int shift)
{
    int a = at[2] + shift, b = at[3] + shift, k = g->node[x].shape.d[2];
    return a < 0 || b < 0 || a >= k || b >= k ? 0 : value(g, x, (int[]){at[0], at[1], a, b});
}

static double reshape_value(const struct graph *g, int x, struct shape s, const int *at)
{
    long flat = 0;
    int index[4];
    for (int d = 0; d < 4; d++) flat = flat * s.d[d] + at[d];
    for (int d = 3; d >= 0; flat /= g->node[x].shape.d[d--]) index[d] = (int)(flat % g->node[x].shape.d[d]);
    return value(g, x, index);
}

/* Returns one element of the operator's result, by its definition. */
static double plain(const struct graph *g, const struct node_args *n, struct shape s, const int *at)
{
    int x = n->in[0], i[4] = {at[0], at[1], at[2], at[3]}, last = n->ins ? g->node[x].shape.d[2] - 1 : 0;
    int margin = n->ins ? (g->node[x].shape.d[2] - s.d[2]) / 2 : 0;
    switch (n->op) {
    case OP_CONST:
        return n->value;
    case OP_ADD:
        return broadcast(g, x, at) + broadcast(g, n->in[1], at);
    case OP_SUB:
        return broadcast(g, x, at) - broadcast(g, n->in[1], at);
    case OP_MUL:
        return broadcast(g, x, at) * broadcast(g, n->in[1], at);
    case OP_TANH:
        return tanh(value(g, x, at));
    case OP_EXPAND:
        return broadcast(g, x, at);
    case OP_SUM:
        return sum_value(g, x, s, at);
    case OP_SLICE:
        i[n->attr[0]] += (int)n->attr[1];
        return value(g, x, i);
    case OP_PLACE:
        i[n->attr[0]] -= (int)n->attr[1];
        return i[n->attr[0]] >= 0 && i[n->attr[0]] < g->node[x].shape.d[n->attr[0]] ? value(g, x, i) : 0;
    case OP_PAD:
    case OP_CROP:
        return window_value(g, x, at, margin);
    case OP_FLIP:
        return value(g, x, (int[]){at[0], at[1], last - at[2], last - at[3]});
    case OP_FLIPT:
        return value(g, x, (int[]){at[1], at[0], last - at[2], last - at[3]});
    case OP_PERMUTE:
        for (int d = 0; d < 4; d++) i[n->attr[d]] = at[d];
        return value(g, x, i);
    case OP_RESHAPE:
        return reshape_value(g, x, s, at);
    case OP_CONV:
        return conv_value(g, n, at, 0);
    case OP_CONV_DX:
        return conv_value(g, n, at, 1);
    default:
        abort();
    }
}

static double value(const struct graph *g, int n, const int *at)
{
    const struct node *p = &g->node[n];
    if (p->op == OP_PARAM || p->op == OP_INPUT) return leaf_value(p, at);
    struct node_args a = {.op = p->op, .ins = p->ins, .value = p->value};
    memcpy(a.in, p->in, sizeof a.in);
    memcpy(a.attr, p->attr, sizeof a.attr);
    return plain(g, &a, p->shape, at);
}

/* Makes a node, and checks that it has the shape and elements of the operator, whatever it was simplified to. */
static int checked_node(struct graph *g, struct node_args a)
{
    struct shape s = op_table[a.op].shape(g, &a);
    int batched = a.batched, n = graph_node(g, a), i[4];
    for (int k = 0; k < a.ins && a.op != OP_SUM; k++) batched |= g->node[a.in[k]].batched;
    if (!check(shape_same(g->node[n].shape, s), "%s: another shape", op_table[a.op].name)) return n;
    check(g->node[n].batched == batched, "%s: batched is %d, not %d", op_table[a.op].name, g->node[n].batched, batched);
    for (i[0] = 0; i[0] < s.d[0]; i[0]++)
        for (i[1] = 0; i[1] < s.d[1]; i[1]++)
            for (i[2] = 0; i[2] < s.d[2]; i[2]++)
                for (i[3] = 0; i[3] < s.d[3]; i[3]++) {
                    double got = value(g, n, i), want = plain(g, &a, s, i);
                    if (fabs(got - want) <= 1e-9 * (1 + fabs(want))) continue;
                    check(0, "%s at %d,%d,%d,%d: %g, not %g", op_table[a.op].name, i[0], i[1], i[2], i[3], got, want);
                    return n;
                }
    passed++;
    return n;
}

/* ---------------------------------------------------------------- random expressions */

static unsigned long long state;

static int draw(int n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int)((state >> 33) % (unsigned)n);
}

enum { POOL = 24 };

/* Makes a leaf that broadcasts to the shape: some of its dimensions are 1. */
static int random_leaf(struct graph *g, struct shape s, int batched)
{
    for (int d = 0; d < 4; d++)
        if (draw(3) == 0 && !(d == 0 && batched)) s.d[d] = 1;
    switch (draw(4)) {
    case 0:
        return g_const(g, draw(4) - 1, s);
    case 1:
        return g_const(g, draw(4) - 1, shape4(1, 1, 1, 1));
    default:
        return batched ? g_input(g, draw(3), s, 1) : g_param(g, 0, draw(3), s);
    }
}

static int random_pointwise(struct graph *g, const int *pool, int count, struct shape full)
{
    enum op op[] = {OP_ADD, OP_SUB, OP_MUL, OP_MUL};
    int x = pool[draw(count)], y = pool[draw(count)];
    struct node_args a = {.op = op[draw(4)], .in = {x, y}, .ins = 2};
    struct node_args expand = {.op = OP_EXPAND, .in = {x}, .ins = 1, .shape = full, .batched = g->node[x].batched};
    return checked_node(g, draw(4) ? a : expand);
}

static int random_sum(struct graph *g, int x)
{
    struct node n = g->node[x];
    struct node_args a = {.op = OP_SUM, .in = {x}, .ins = 1, .shape = n.shape, .batched = n.batched && draw(2)};
    for (int d = a.batched; d < 4; d++)
        if (draw(2)) a.shape.d[d] = 1;
    if (n.batched && !a.batched) a.shape.d[0] = 1;
    return checked_node(g, a);
}

static int random_range(struct graph *g, int x, int dim)
{
    int size = g->node[x].shape.d[dim], first = draw(size), count = 1 + draw(size - first);
    return checked_node(g, (struct node_args){.op = OP_SLICE, .in = {x}, .ins = 1, .attr = {dim, first, count}});
}

static int random_place(struct graph *g, int x, int dim)
{
    int size = g->node[x].shape.d[dim], first = draw(3), after = draw(3);
    struct node_args a = {.op = OP_PLACE, .in = {x}, .ins = 1, .attr = {dim, first, first + size + after}};
    return checked_node(g, a);
}

/* Makes a slice of one index of a slice of x, so that sizes stay small. Half of the time the first slice is placed in
 * zeros and sliced again before that. */
static int random_slice(struct graph *g, int x)
{
    int dim = draw(4);
    x = random_range(g, x, dim);
    x = draw(2) ? random_range(g, random_place(g, x, dim), dim) : x;
    return g_slice(g, x, dim, draw(g->node[x].shape.d[dim]));
}

/* Makes random sums, products and broadcasts of tensors over one index space, and slices if nothing is batched. */
static void random_expressions(int batched)
{
    struct graph *g = graph_new();
    struct shape full = shape4(1 + draw(3), 1 + draw(3), 1 + draw(3), 1 + draw(3));
    int pool[POOL], count = 0;
    for (; count < 5; count++) pool[count] = random_leaf(g, full, batched && count % 2);
    while (count < POOL) {
        int n = random_pointwise(g, pool, count, full);
        switch (draw(3)) {
        case 0:
            n = random_sum(g, n);
            break;
        case 1:
            n = g->node[n].batched ? n : random_slice(g, n);
            break;
        default:
            break;
        }
        pool[count++] = n;
    }
    graph_free(g);
}

/* Makes random chains of rearrangements of a window, in which neighbours cancel. */
static void random_rearrangements(void)
{
    struct graph *g = graph_new();
    int x = g_param(g, 0, 0, shape4(2, 3, 3, 3));
    for (int i = 0; i < 12; i++) {
        struct shape s = g->node[x].shape;
        struct node_args a = {.op = OP_FLIP, .in = {x}, .ins = 1};
        switch (draw(6)) {
        case 0:
            a.op = OP_FLIPT;
            break;
        case 1:
            a.op = OP_FLIP;
            break;
        case 2:
            a.op = s.d[2] == 5 ? OP_CROP : OP_PAD, a.attr[0] = s.d[2] == 5 ? 3 : 5;
            break;
        case 3:
            a.op = OP_PAD, a.attr[0] = s.d[2];
            break;
        case 4:
            a.op = OP_PERMUTE, a.attr[0] = 1, a.attr[2] = 2 + draw(2), a.attr[3] = 5 - a.attr[2];
            break;
        default:
            a.op = OP_RESHAPE, a.shape = draw(2) ? s : shape4(s.d[1], s.d[0], s.d[2], s.d[3]);
            break;
        }
        x = checked_node(g, a);
    }
    graph_free(g);
}

/* ---------------------------------------------------------------- what simplifies to what */

static void test_constants(void)
{
    struct graph *g = graph_new();
    struct shape s = shape4(2, 3, 3, 4), one = shape4(1, 1, 1, 1);
    int x = g_input(g, 0, s, 1), v = g_param(g, 0, 0, shape4(1, 1, 1, 4)), y = g_input(g, 100, s, 1);
    SAME(g_input(g, 0, s, 1), x);
    check(g_input(g, 0, s, 0) != x, "an input is taken for one that isn't batched");
    SAME(g_add(g, x, v), g_add(g, x, v));
    SAME(g_mul(g, x, v), g_mul(g, v, x));
    SAME(g_scale(g, x, 1), x);
    SAME(g_shift(g, x, 0), x);
    SAME(g_sub(g, x, g_const(g, 0, s)), x);
    SAME(g_add(g, g_const(g, 0, one), x), x);
    SAME(g_scale(g, g_scale(g, x, 2), 3), g_scale(g, x, 6));
    SAME(g_mul(g, x, g_expand(g, v, s, 1)), g_mul(g, x, v));
    SAME(g_expand(g, x, s, 1), x);
    SAME(g_expand(g, g_expand(g, v, shape4(1, 3, 3, 4), 0), s, 1), g_expand(g, v, s, 1));
    SAME(g_add(g, g_const(g, 2, one), g_const(g, 3, one)), g_const(g, 5, one));
    check(g->node[g_scale(g, x, 0)].op == OP_CONST, "0 x isn't a constant");
    check(g_mul(g, v, g_const(g, 1, s)) != v, "a broadcasting factor of 1 vanished");
    check(g->node[g_sub(g, x, y)].op == OP_SUB && g_sub(g, x, y) != g_sub(g, y, x), "x - y is y - x");
    graph_free(g);
}

static void test_sums(void)
{
    struct graph *g = graph_new();
    struct shape s = shape4(2, 3, 3, 4), vector = shape4(1, 1, 1, 4), one = shape4(1, 1, 1, 1);
    int x = g_input(g, 0, s, 1), v = g_param(g, 0, 0, vector), p = g_input(g, 100, shape4(2, 1, 1, 4), 1);
    SAME(g_sum(g, x, s, 1), x);
    SAME(g_sum(g, g_sum(g, x, vector, 0), one, 0), g_sum(g, x, one, 0));
    SAME(g_sum(g, g_const(g, 2, s), vector, 0), g_const(g, 36, vector));
    SAME(g_sum(g, g_expand(g, v, s, 1), vector, 0), g_scale(g, v, 18));
    SAME(g_sum(g, g_mul(g, x, v), vector, 0), g_mul(g, g_sum(g, x, vector, 0), v));
    SAME(g_sum(g, g_mul(g, x, p), shape4(2, 1, 1, 4), 1), g_mul(g, g_sum(g, x, shape4(2, 1, 1, 4), 1), p));
    check(g->node[g_sum(g, g_mul(g, x, p), vector, 0)].op == OP_SUM, "a factor of each picture left the sum over them");
    int single = g_input(g, 200, shape4(1, 3, 3, 4), 1), q = g_input(g, 300, shape4(1, 1, 1, 4), 1);
    check(g_sum(g, q, vector, 0) != q, "the sum over a batch of one is batched");
    check(g->node[g_sum(g, g_mul(g, single, q), vector, 0)].batched == 0, "a sum over a batch of one is batched");
    graph_free(g);
}

static void test_rearrangements(void)
{
    struct graph *g = graph_new();
    int w = g_param(g, 0, 0, shape4(2, 3, 3, 3)), w1 = g_param(g, 0, 99, shape4(2, 3, 1, 1)), u = g_slice(g, w, 0, 1);
    SAME(g_slice(g, g_place(g, u, 0, 2, 4), 0, 2), u);
    check(g->node[g_slice(g, g_place(g, u, 0, 2, 4), 0, 1)].op == OP_CONST, "a slice beside what was placed isn't 0");
    SAME(g_slice(g, u, 0, 0), u);
    SAME(g_slice(g, g_add(g, w, g_place(g, u, 0, 1, 2)), 0, 0), g_slice(g, w, 0, 0));
    SAME(g_pad(g, w, 3), w);
    SAME(g_crop(g, w, 3), w);
    SAME(g_unary(g, OP_FLIP, g_unary(g, OP_FLIP, w)), w);
    SAME(g_unary(g, OP_FLIPT, g_unary(g, OP_FLIPT, w)), w);
    SAME(g_unary(g, OP_FLIP, w1), w1);
    SAME(g_permute(g, w, 0, 1, 2, 3), w);
    SAME(g_reshape(g, w, g->node[w].shape), w);
    SAME(g_reshape(g, g_reshape(g, w, shape4(6, 9, 1, 1)), shape4(3, 2, 3, 3)), g_reshape(g, w, shape4(3, 2, 3, 3)));
    graph_free(g);
}

/* The adjoint of a convolution of stride 1 is another convolution. Both are compared with the definition. */
static void test_convolutions(void)
{
    struct graph *g = graph_new();
    int w = g_param(g, 0, 0, shape4(4, 3, 3, 3)), gy = g_input(g, 0, shape4(2, 4, 3, 4), 1);
    int w2 = g_param(g, 0, 200, shape4(4, 3, 2, 2));
    struct node_args dx = {.op = OP_CONV_DX, .in = {gy, w}, .ins = 2, .shape = shape4(2, 4, 3, 3), .attr = {3, 1, 1}};
    int conv = g_conv_dx(g, gy, w, 1, 1, 4, 3), plain_dx = checked_node(g, dx), i[4];
    check(g->node[conv].op == OP_CONV, "the adjoint of a stride-1 convolution isn't a convolution");
    int same = 1;
    for (i[0] = 0; i[0] < 2; i[0]++)
        for (i[1] = 0; i[1] < 4; i[1]++)
            for (i[2] = 0; i[2] < 3; i[2]++)
                for (i[3] = 0; i[3] < 3; i[3]++) same &= fabs(value(g, conv, i) - value(g, plain_dx, i)) < 1e-12;
    check(same, "the adjoint of a convolution differs from its definition");
    int up = g_conv_dx(g, gy, w2, 2, 0, 8, 6);
    check(shape_same(g->node[up].shape, shape4(2, 8, 6, 3)), "a transposed convolution has another shape");
    check(shape_same(g->node[g_conv(g, up, w2, 2, 0)].shape, g->node[gy].shape), "and doesn't come back");
    graph_target(g, up, 0, 0, "up");
    graph_target(g, g_scale(g, up, 2), 0, 0, "twice");
    check(graph_flop(g) == 2.0 * 2 * 4 * 3 * 4 * 3 * 4, "%g operations of a transposed convolution", graph_flop(g));
    graph_free(g);
}

static void test_gradients(void)
{
    struct graph *g = graph_new();
    struct shape s = shape4(2, 3, 3, 4), one = shape4(1, 1, 1, 1);
    int x = g_input(g, 0, s, 1), y = g_input(g, 100, s, 1), v = g_param(g, 0, 0, shape4(1, 1, 1, 4)), out[3];
    int z = g_mul(g, g_unary(g, OP_DETACH, y), x);
    int loss = g_sum(g, g_add(g, z, g_unary(g, OP_STEP, y)), one, 0);
    grad(g, loss, (int[]){x, y, v}, 3, out);
    SAME(out[0], g_unary(g, OP_DETACH, y));
    SAME(out[1], g_const(g, 0, s));
    SAME(out[2], g_const(g, 0, shape4(1, 1, 1, 4)));
    grad(g, loss, &loss, 1, out);
    SAME(out[0], g_const(g, 1, one));
    loss = g_sum(g, g_mul(g, x, v), one, 0);
    grad(g, loss, (int[]){x, v}, 2, out);
    check(shape_same(g->node[out[0]].shape, s), "the gradient of a broadcast product has another shape");
    SAME(out[1], g_sum(g, x, shape4(1, 1, 1, 4), 0));
    graph_free(g);
}

/* Makes tanh((conv - m) r s + t). Folding moves r and s into the weight and makes a bias of the rest. */
static int normalised(struct graph *g, int conv)
{
    const struct shape channels = shape4(1, 1, 1, g->node[conv].shape.d[3]);
    int v[4];
    for (int i = 0; i < 4; i++) v[i] = g_param(g, 1, 100 * i, channels);
    int y = g_mul(g, g_mul(g, g_sub(g, conv, v[0]), g_unary(g, OP_TANH, v[1])), v[2]);
    return g_unary(g, OP_TANH, g_add(g, y, v[3]));
}

static void test_fold(int transposed, int used_twice)
{
    struct graph *g = graph_new();
    int x = g_input(g, 0, shape4(2, 3, 3, 4), 1);
    int w = g_param(g, 0, 0, transposed ? shape4(4, 5, 2, 2) : shape4(5, 4, 3, 3));
    int y = transposed ? g_conv_dx(g, x, w, 2, 0, 6, 6) : g_conv(g, x, w, 1, 1);
    graph_target(g, normalised(g, y), 0, 0, "normalised");
    if (used_twice) graph_target(g, g_unary(g, OP_TANH, y), 0, 1000, "as it is");
    struct graph *folded = fold_norm(g);
    int products = 0, before = g->target[0].node, after = folded->target[0].node, wrong = 0, at[4];
    for (int i = 0; i < folded->count; i++) products += folded->node[i].op == OP_MUL && folded->node[i].batched;
    check((products > 0) == used_twice, "%d products of pictures are left", products);
    struct shape s = g->node[before].shape;
    for (at[0] = 0; at[0] < s.d[0]; at[0]++)
        for (at[1] = 0; at[1] < s.d[1]; at[1]++)
            for (at[2] = 0; at[2] < s.d[2]; at[2]++)
                for (at[3] = 0; at[3] < s.d[3]; at[3]++)
                    wrong += fabs(value(g, before, at) - value(folded, after, at)) > 1e-9;
    check(shape_same(s, folded->node[after].shape) && !wrong, "%d values differ when folded", wrong);
    graph_free(folded);
    graph_free(g);
}

/* ---------------------------------------------------------------- the verifier */

static struct graph *verified(void)
{
    struct graph *g = graph_new();
    graph_path(g, "b8.up");
    int x = g_input(g, 0, shape4(2, 4, 4, 3), 1), w = g_param(g, 0, 0, shape4(5, 3, 3, 3));
    int y = g_conv(g, x, w, 1, 1), s = g_range(g, y, 3, 1, 2);
    graph_target(g, g_add(g, s, g_permute(g, s, 0, 2, 1, 3)), 0, 0, "y");
    return g;
}

/* Checks that the verifier refuses graph g, with a line that says `what` and names the path of the node. */
static void refused(struct graph *g, const char *what)
{
    struct ag_error err = {""};
    int status = graph_verify(g, &err);
    check(status == 1 && strstr(err.text, what) && strstr(err.text, "b8.up"), "refused (%s): %s", what, err.text);
    graph_free(g);
}

static int find(const struct graph *g, enum op op)
{
    for (int i = 0; i < g->count; i++)
        if (g->node[i].op == op) return i;
    return -1;
}

static void test_verify(void)
{
    struct ag_error err = {""};
    struct graph *g = verified();
    check(!graph_verify(g, &err), "a good graph: %s", err.text);
    g->node[find(g, OP_CONV)].shape.d[1] = 5;
    refused(g, "has a shape that its inputs don't give");
    g = verified();
    g->node[find(g, OP_CONV)].in[1] = g->count - 1;
    refused(g, "an input that does not stand before it");
    g = verified();
    g->node[find(g, OP_SLICE)].first = 4;
    refused(g, "goes beyond its dimension");
    g = verified();
    g->node[find(g, OP_PERMUTE)].axis[1] = 1;
    refused(g, "no permutation");
    g = verified();
    g->node[find(g, OP_PARAM)].batched = 1;
    refused(g, "has another number of pictures");
    g = verified();
    g->node[find(g, OP_CONV)].batched = 0;
    refused(g, "is batched where its inputs are not, or the reverse");
    g = verified();
    g->node[find(g, OP_INPUT)].shape.d[3] = 0;
    refused(g, "an empty dimension");
    g = verified();
    g->node[find(g, OP_ADD)].op = OP_COUNT;
    refused(g, "of no known operator");
    g = graph_new();
    graph_path(g, "b8.up");
    graph_target(g, g_unary(g, OP_SUMPOOL, g_param(g, 0, 0, shape4(1, 4, 4, 3))), 0, 0, "y");
    refused(g, "none of its inputs is batched");
    g = verified();
    g->target[0].node = g->count;
    check(graph_verify(g, &err) == 1 && strstr(err.text, "target y is no node"), "a target: %s", err.text);
    graph_free(g);
}

/* ---------------------------------------------------------------- packed weights */

static void test_packed(void)
{
    for (int out = 1; out <= 40; out++)
        for (int in = 1; in <= 32; in++)
            for (int k = 1; k <= 5; k += 2) {
                struct graph *g = graph_new();
                int w = g_param(g, 0, 0, shape4(out, in, k, k));
                struct node_args a = {.op = OP_PACK, .in = {w}, .ins = 1, .pack = PACK_CONV, .packing = PACKING_TILES};
                const long tiles = shape_size(graph_get(g, graph_node(g, a)).shape);
                a.packing = PACKING_OUTPUTS;
                const long outputs = shape_size(graph_get(g, graph_node(g, a)).shape);
                check(tiles == PACKED_SIZE(out, in, k), "%d of %d, %d: %ld for tiles", out, in, k, tiles);
                check(outputs >= (long)out * in * k * k, "%d of %d, %d: %ld for outputs", out, in, k, outputs);
                graph_free(g);
            }
}

int main(void)
{
    test_packed();
    test_verify();
    test_constants();
    test_sums();
    test_rearrangements();
    test_convolutions();
    test_gradients();
    for (int i = 0; i < 4; i++) test_fold(i % 2, i / 2);
    for (state = 1; state < 200; state++) {
        unsigned long long seed = state;
        random_expressions((int)(seed % 2));
        random_rearrangements();
        state = seed;
    }
    return finish();
}
