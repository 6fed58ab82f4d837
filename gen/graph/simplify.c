/*
 * Local simplifications, applied as nodes are made: constants are folded, neutral elements and pairs of inverses
 * vanish, and factors that a sum does not touch move out of it. Results stay the same to rounding.
 */
#include "ops.h"

static int is_const(const struct graph *g, int n)
{
    return g->node[n].op == OP_CONST;
}

static int is_value(const struct graph *g, int n, double value)
{
    return is_const(g, n) && g->node[n].value == value;
}

static int covers(const struct graph *g, int n, struct shape s, int batched)
{
    return shape_same(g->node[n].shape, s) && g->node[n].batched >= batched;
}

static int constant_node(struct graph *g, double value, struct shape s, int batched)
{
    return graph_node(g, (struct node_args){.op = OP_CONST, .shape = s, .value = value, .batched = batched});
}

static double constant(enum op op, double a, double b)
{
    return op == OP_ADD ? a + b : op == OP_SUB ? a - b : a * b;
}

/* An input that is only broadcast is replaced by what it was broadcast from, if the other one has the full shape
 * already. */
static void drop_expands(const struct graph *g, struct node_args *a, struct shape s, int batched)
{
    for (int k = 0; k < 2; k++) {
        const struct node *n = &g->node[a->in[k]];
        if (n->op == OP_EXPAND && covers(g, a->in[1 - k], s, batched)) a->in[k] = n->in[0];
    }
}

static int simplify_binary(struct graph *g, struct node_args *a)
{
    struct shape s = op_table[a->op].shape(g, a);
    int batched = graph_get(g, a->in[0]).batched | graph_get(g, a->in[1]).batched;
    drop_expands(g, a, s, batched);
    int x = a->in[0], y = a->in[1];
    if (is_const(g, x) && is_const(g, y))
        return constant_node(g, constant(a->op, graph_get(g, x).value, graph_get(g, y).value), s, batched);
    if (a->op == OP_MUL) {
        if (is_value(g, x, 0) || is_value(g, y, 0)) return constant_node(g, 0, s, batched);
        if (is_value(g, x, 1) && covers(g, y, s, batched)) return y;
        if (is_const(g, x) || x > y) a->in[0] = y, a->in[1] = x; /* constants last; a * b and b * a are one node */
        x = a->in[0], y = a->in[1];
        if (is_const(g, x)) a->in[0] = y, a->in[1] = x, x = a->in[0], y = a->in[1];
        struct node n = graph_get(g, x);
        if (is_const(g, y) && n.op == OP_MUL && is_const(g, n.in[1]) && shape_size(graph_get(g, y).shape) == 1)
            return g_mul(g, n.in[0], g_scale(g, n.in[1], graph_get(g, y).value));
    } else if (a->op == OP_ADD && is_value(g, x, 0) && covers(g, y, s, batched)) {
        return y;
    }
    double neutral = a->op == OP_MUL ? 1 : 0;
    return is_value(g, y, neutral) && covers(g, x, s, batched) ? x : -1;
}

/* 1 if n has a single value along all dimensions that a sum from shape `full` to shape `s` adds up. */
static int unsummed(const struct graph *g, int n, struct shape full, struct shape s, int over_batch)
{
    for (int i = 0; i < 4; i++)
        if (full.d[i] != s.d[i] && g->node[n].shape.d[i] != 1) return 0;
    return !(over_batch && g->node[n].batched);
}

static int simplify_sum(struct graph *g, struct node_args *a)
{
    int x = a->in[0];
    struct node n = graph_get(g, x);
    int over_batch = n.batched && !a->batched;
    if (shape_same(n.shape, a->shape) && !over_batch) return x;
    double times = (double)shape_size(n.shape) / (double)shape_size(a->shape);
    if (is_const(g, x)) return constant_node(g, n.value * times, a->shape, a->batched);
    if (n.op == OP_SUM) return g_sum(g, n.in[0], a->shape, a->batched);
    if (n.op == OP_EXPAND && unsummed(g, n.in[0], n.shape, a->shape, over_batch))
        return g_expand(g, g_scale(g, n.in[0], times), a->shape, a->batched);
    if (n.op != OP_MUL) return -1;
    for (int k = 0; k < 2; k++) {
        int inner = n.in[k], factor = n.in[1 - k];
        if (unsummed(g, factor, n.shape, a->shape, over_batch) && shape_same(graph_get(g, inner).shape, n.shape))
            return g_mul(g, g_sum(g, inner, a->shape, a->batched), factor);
    }
    return -1;
}

static int simplify_slice(struct graph *g, struct node_args *a)
{
    struct node n = graph_get(g, a->in[0]);
    int dim = (int)a->dim, first = (int)a->first, count = (int)a->count;
    if (n.shape.d[dim] == count) return a->in[0];
    if (is_const(g, a->in[0])) return g_const(g, n.value, op_table[OP_SLICE].shape(g, a));
    if (n.op == OP_PLACE && n.dim == dim) {
        int placed = (int)n.first, size = graph_get(g, n.in[0]).shape.d[dim];
        if (placed == first && size == count) return n.in[0];
        if (first >= placed + size || placed >= first + count) return g_const(g, 0, op_table[OP_SLICE].shape(g, a));
    }
    if (n.op == OP_ADD && shape_same(graph_get(g, n.in[0]).shape, n.shape) &&
        shape_same(graph_get(g, n.in[1]).shape, n.shape)) {
        int left = g_range(g, n.in[0], dim, first, count);
        return g_add(g, left, g_range(g, n.in[1], dim, first, count));
    }
    return -1;
}

static int simplify_permute(struct graph *g, struct node_args *a)
{
    struct node n = graph_get(g, a->in[0]);
    if (n.op == OP_PERMUTE) {
        long p[4];
        for (int i = 0; i < 4; i++) p[i] = n.axis[a->axis[i]];
        return g_permute(g, n.in[0], (int)p[0], (int)p[1], (int)p[2], (int)p[3]);
    }
    for (int i = 0; i < 4; i++)
        if (a->axis[i] != i) return -1;
    return a->in[0];
}

int simplify_node(struct graph *g, struct node_args *a)
{
    const struct node none = {.ins = 0}, x = a->ins ? graph_get(g, a->in[0]) : none;
    switch (a->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return simplify_binary(g, a);
    case OP_EXPAND:
        if (shape_same(x.shape, a->shape) && x.batched >= a->batched) return a->in[0];
        if (x.op == OP_CONST) return constant_node(g, x.value, a->shape, a->batched | x.batched);
        return x.op == OP_EXPAND ? g_expand(g, x.in[0], a->shape, a->batched) : -1;
    case OP_SUM:
        return simplify_sum(g, a);
    case OP_SLICE:
        return simplify_slice(g, a);
    case OP_PAD:
    case OP_CROP:
        return x.shape.d[2] == a->k ? a->in[0] : -1;
    case OP_FLIP:
    case OP_FLIPT:
        if (x.op == a->op) return x.in[0];
        return a->op == OP_FLIP && x.shape.d[2] == 1 ? a->in[0] : -1;
    case OP_UNBATCH:
        return x.op == OP_REBATCH ? x.in[0] : -1;
    case OP_REBATCH:
        return x.op == OP_UNBATCH ? x.in[0] : -1;
    case OP_PERMUTE:
        return simplify_permute(g, a);
    case OP_RESHAPE:
        if (shape_same(x.shape, a->shape)) return a->in[0];
        return x.op == OP_RESHAPE ? g_reshape(g, x.in[0], a->shape) : -1;
    default:
        return -1;
    }
}
