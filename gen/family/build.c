#include "build.h"
#include "ops.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

const struct init init_zero = {AG_INIT_CONSTANT, 0, 0}, init_one = {AG_INIT_CONSTANT, 1, 0};

struct init init_uniform(double bound)
{
    return (struct init){AG_INIT_UNIFORM, bound, 0};
}

struct init init_normal(double mean, double deviation)
{
    return (struct init){AG_INIT_NORMAL, mean, deviation};
}

struct init build_conv_init(const struct build *b, int out, int in, int k)
{
    double area = (double)k * k;
    return init_uniform(b->search ? 1 / sqrt(in * area) : sqrt(6 / ((in + out) * area)));
}

/* ---------------------------------------------------------------- tables */

static struct ag_tensor *table_find(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->tensor[i].name, name) == 0) return &t->tensor[i];
    return NULL;
}

static struct ag_tensor *table_add(struct table *t, struct ag_tensor tensor, long size)
{
    t->tensor = mem_grow(t->tensor, t->count, &t->capacity, sizeof *t->tensor);
    tensor.offset = t->size;
    t->size += (size + 15) / 16 * 16; /* tensors start at multiples of a line of cache */
    t->tensor[t->count] = tensor;
    return &t->tensor[t->count++];
}

int build_param(struct build *b, const struct network_pass *pass, struct param p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *name = mem_vprintf(b->mem, format, args);
    va_end(args);
    struct table *t = &b->block[p.block];
    struct ag_tensor *tensor = table_find(t, name);
    if (!tensor) {
        struct ag_tensor new = {.rank = p.rank, .init = p.init.kind, .a = p.init.a, .b = p.init.b};
        new.name = name;
        memcpy(new.shape, p.shape, sizeof new.shape);
        tensor = table_add(t, new, shape_size(p.view));
    }
    return g_param(b->g, (int)p.block + (pass->bar ? AG_BAR_G : 0), tensor->offset, p.view);
}

/* The table's entry for an input or output. A batch of pictures is [N,H,W,C] in memory and [N,C,H,W] in files. */
static struct ag_tensor io_tensor(struct build *b, const char *name, int rank, struct shape s)
{
    struct ag_tensor t = {.name = mem_printf(b->mem, "%s", name), .rank = rank, .nhwc = rank == 4};
    int nchw[4] = {s.d[0], s.d[3], s.d[1], s.d[2]}, matrix[4] = {s.d[0], s.d[3]}, vector[4] = {s.d[3]};
    memcpy(t.shape, rank == 4 ? nchw : rank == 2 ? matrix : vector, sizeof t.shape);
    return t;
}

int build_input(struct build *b, const char *name, int rank, struct shape shape, int batched)
{
    struct table *t = b->in;
    struct ag_tensor *tensor = table_find(t, name);
    if (!tensor) tensor = table_add(t, io_tensor(b, name, rank, shape), shape_size(shape));
    return g_input(b->g, tensor->offset, shape, batched);
}

void build_output(struct build *b, int node, const char *name, int rank)
{
    struct shape s = graph_get(b->g, node).shape;
    struct ag_tensor *t = table_add(b->out, io_tensor(b, name, rank, s), shape_size(s));
    graph_target(b->g, node, AG_OUT, t->offset, name);
}

int build_batch_norm(struct build *b, const struct network_pass *pass, int x, int affine, const char *name)
{
    struct graph *g = b->g;
    struct shape s = graph_get(g, x).shape;
    int c = s.d[3], bar = pass->bar ? AG_BAR_G : 0;
    struct param p = {AG_STAT, shape4(1, 1, 1, c), 1, {c}, init_zero};
    int mean = -1, r;
    int track = !b->search && pass->norm != NORM_BATCH;
    int old_mean = track ? build_param(b, pass, p, "%s.running_mean", name) : -1;
    p.init = init_one;
    int old_var = track ? build_param(b, pass, p, "%s.running_var", name) : -1;
    if (pass->norm == NORM_RUNNING) {
        mean = old_mean;
        r = g_unary(g, OP_RSQRT, g_shift(g, old_var, 1e-5));
    } else {
        int moments = g_unary(g, OP_MOMENTS, x);
        mean = g_slice(g, moments, 2, 0);
        r = g_slice(g, moments, 2, 1);
    }
    if (pass->norm == NORM_TRACK && track) { /* momentum 0.1, unbiased variance */
        double m = (double)s.d[0] * s.d[1] * s.d[2];
        int square = g_mul(g, r, r);
        int var = g_shift(g, g_unary(g, OP_RSQRT, g_mul(g, square, square)), -1e-5);
        int new_mean = g_scale(g, old_mean, 0.9), new_var = g_scale(g, old_var, 0.9);
        new_mean = g_add(g, new_mean, g_scale(g, mean, 0.1));
        new_var = g_add(g, new_var, g_scale(g, var, 0.1 * m / (m > 1 ? m - 1 : 1)));
        graph_target(g, new_mean, AG_STAT + bar, graph_get(g, old_mean).attr[1], name);
        graph_target(g, new_var, AG_STAT + bar, graph_get(g, old_var).attr[1], name);
    }
    int y = g_mul(g, g_sub(g, x, mean), r);
    if (!affine) return y;
    struct init scale = b->search ? init_one : (struct init){AG_INIT_NORMAL, 1, 0.02};
    struct param pw = {AG_G, shape4(1, 1, 1, c), 1, {c}, scale}, pb = pw;
    pb.init = init_zero;
    y = g_mul(g, y, build_param(b, pass, pw, "%s.weight", name));
    return g_add(g, y, build_param(b, pass, pb, "%s.bias", name));
}

int build_mixture_weights(struct build *b, const struct network_pass *pass, const char *name, int n)
{
    struct param p = {AG_ALPHA, shape4(1, 1, 1, n), 1, {n}, init_normal(0, 1e-3)};
    int logits = build_param(b, pass, p, "alpha.%s", name);
    if (pass->gumbel) {
        int noise = build_input(b, mem_printf(b->mem, "in.gumbel.%s", name), 1, shape4(1, 1, 1, n), 0);
        int sharpness = build_input(b, "in.sharpness", 1, shape4(1, 1, 1, 1), 0);
        logits = g_add(b->g, logits, noise);
        logits = g_mul(b->g, logits, g_shift(b->g, sharpness, 1));
    }
    return g_unary(b->g, OP_SOFTMAX, logits);
}

static int weighted_sum(struct build *b, const struct network_pass *pass, const struct mixture *m)
{
    const struct pool *pool = m->up ? &b->spec->up : &b->spec->normal;
    graph_path(b->g, "%s", m->place);
    int weights = build_mixture_weights(b, pass, m->choice, pool->count), sum = -1;
    for (int i = 0; i < pool->count; i++) {
        int y = m->candidate(m->site, pool->op[i]);
        graph_path(b->g, "%s", m->place);
        y = g_mul(b->g, y, g_slice(b->g, weights, 3, i));
        sum = sum < 0 ? y : g_add(b->g, sum, y);
    }
    return sum;
}

int build_mixture(struct build *b, const struct network_pass *pass, const struct mixture *m)
{
    for (int i = 0; i < b->geno->genes; i++)
        if (!strcmp(b->geno->gene[i].place, m->place)) return m->candidate(m->site, b->geno->gene[i].op);
    return weighted_sum(b, pass, m);
}
