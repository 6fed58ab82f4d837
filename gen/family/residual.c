/*
 * The conventional family: generators of residual cells whose edges are mixtures of candidate operations (Eq. 8), and
 * the SN-GAN discriminator.
 */
#include "model.h"
#include "ops.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* First values (training.md): PyTorch's defaults in search; Xavier-uniform convolutions in retraining. */
static struct init init_conv(const struct build *b, int out, int in, int k)
{
    double area = (double)k * k;
    return init_uniform(b->model->program == PROGRAM_SEARCH ? 1 / sqrt(in * area) : sqrt(6 / ((in + out) * area)));
}

static int weight(struct build *b, const struct pass *pass, int out, int in, int k, struct init init, const char *name)
{
    struct param p = {AG_G, shape4(out, in, k, k), 4, {out, in, k, k}, init};
    return build_param(b, pass, p, "%s", name);
}

static int bias(struct build *b, const struct pass *pass, int channels, double fan_in, const char *name)
{
    struct param p = {AG_G, shape4(1, 1, 1, channels), 1, {channels}, init_uniform(1 / sqrt(fan_in))};
    return build_param(b, pass, p, "%s", name);
}

static const char *sub(struct build *b, const char *prefix, const char *name)
{
    return mem_printf(b->model->mem, "%s.%s", prefix, name);
}

static int conv_candidate(struct build *b, const struct pass *pass, int x, int k, const char *name)
{
    int c = b->model->g_channels, w = weight(b, pass, c, c, k, init_conv(b, c, c, k), sub(b, name, "weight"));
    int y = g_conv(b->g, g_unary(b->g, OP_RELU, x), w, 1, k / 2);
    return g_add(b->g, y, bias(b, pass, c, (double)c * k * k, sub(b, name, "bias")));
}

/* Twice {ReLU, depthwise, pointwise, batch norm}. */
static int sep_conv_candidate(struct build *b, const struct pass *pass, int x, int k, const char *name)
{
    int c = b->model->g_channels, affine = b->model->geno->genes > 0;
    for (int i = 1; i <= 2; i++) {
        const char *dw = mem_printf(b->model->mem, "%s.dw%d.weight", name, i);
        const char *pw = mem_printf(b->model->mem, "%s.pw%d.weight", name, i);
        int w = weight(b, pass, c, 1, k, init_conv(b, c, 1, k), dw);
        x = g_dw(b->g, g_unary(b->g, OP_RELU, x), w);
        x = g_conv(b->g, x, weight(b, pass, c, c, 1, init_conv(b, c, c, 1), pw), 1, 0);
        x = build_batch_norm(b, pass, x, affine, mem_printf(b->model->mem, "%s.bn%d", name, i));
    }
    return x;
}

/* x doubled `times` times; the transposed convolution applies the same weights each time. */
static int up_candidate(struct build *b, const struct pass *pass, int x, enum candidate op, int times, const char *name)
{
    int c = b->model->g_channels;
    if (op == OP_NEAREST_CONV || op == OP_BILINEAR_CONV)
        x = g_conv(b->g, x, weight(b, pass, c, c, 1, init_conv(b, c, c, 1), sub(b, name, "weight")), 1, 0);
    for (int i = 0; i < times; i++) {
        if (op == OP_NEAREST || op == OP_NEAREST_CONV) {
            x = g_unary(b->g, OP_UP_NEAREST, x);
        } else if (op == OP_BILINEAR || op == OP_BILINEAR_CONV) {
            x = g_unary(b->g, OP_UP_BILINEAR, x);
        } else { /* stored [in, out, 2, 2]: the weight of the convolution it is the adjoint of */
            int w = weight(b, pass, c, c, 2, init_uniform(1 / sqrt(4.0 * c)), sub(b, name, "weight"));
            struct shape s = graph_get(b->g, x).shape;
            x = g_conv_dx(b->g, x, w, 2, 0, 2 * s.d[1], 2 * s.d[2]);
            x = g_add(b->g, x, bias(b, pass, c, 4.0 * c, sub(b, name, "bias")));
        }
    }
    return x;
}

static int candidate(struct build *b, const struct pass *pass, int x, const struct gen_edge *e, enum candidate op)
{
    const char *name = mem_printf(b->model->mem, "g.%s.%s", e->name, candidate_name(op));
    graph_path(b->g, "%s.%s", e->name, candidate_name(op));
    switch (op) {
    case OP_CONV_1X1:
        return conv_candidate(b, pass, x, 1, name);
    case OP_CONV_3X3:
        return conv_candidate(b, pass, x, 3, name);
    case OP_CONV_5X5:
        return conv_candidate(b, pass, x, 5, name);
    case OP_SEP_CONV_3X3:
        return sep_conv_candidate(b, pass, x, 3, name);
    case OP_SEP_CONV_5X5:
        return sep_conv_candidate(b, pass, x, 5, name);
    case OP_SEP_CONV_7X7:
        return sep_conv_candidate(b, pass, x, 7, name);
    default:
        return up_candidate(b, pass, x, op, e->times, name);
    }
}

/* Eq. 8: the mixture of an edge's candidates, or the one its genotype names. */
static int edge(struct build *b, const struct pass *pass, int x, const struct gen_edge *e)
{
    const struct genotype *geno = b->model->geno;
    for (int i = 0; i < geno->genes; i++)
        if (strcmp(geno->gene[i].edge, e->name) == 0) return candidate(b, pass, x, e, geno->gene[i].op);
    const struct pool *pool = e->up ? &b->model->spec->up : &b->model->spec->normal;
    graph_path(b->g, "%s", e->name);
    int weights = build_mixture(b, pass, e->name, pool->count), sum = -1;
    for (int i = 0; i < pool->count; i++) {
        int y = candidate(b, pass, x, e, pool->op[i]);
        graph_path(b->g, "%s", e->name);
        y = g_mul(b->g, y, g_slice(b->g, weights, 3, i));
        sum = sum < 0 ? y : g_add(b->g, sum, y);
    }
    return sum;
}

/* z [N,1,1,latent] -> [N,base,base,C]. The weight's rows are ordered (channel, row, column) in files, as PyTorch views
 * them; activations are NHWC. */
static int first_layer(struct build *b, const struct pass *pass, int z)
{
    int c = b->model->g_channels, base = b->model->spec->base, latent = b->model->spec->latent, area = base * base;
    struct init init = init_uniform(1 / sqrt(latent));
    struct param pw = {AG_G, shape4(c, area, latent, 1), 2, {c * area, latent}, init};
    struct param pb = {AG_G, shape4(c, area, 1, 1), 1, {c * area}, init};
    graph_path(b->g, "fc");
    int w = g_permute(b->g, build_param(b, pass, pw, "g.fc.weight"), 1, 0, 2, 3);
    int bb = g_permute(b->g, build_param(b, pass, pb, "g.fc.bias"), 1, 0, 2, 3);
    int x = g_conv(b->g, z, g_reshape(b->g, w, shape4(c * area, latent, 1, 1)), 1, 0);
    x = g_add(b->g, x, g_reshape(b->g, bb, shape4(1, 1, 1, c * area)));
    return g_reshape(b->g, x, shape4(b->batch, base, base, c));
}

static int last_layer(struct build *b, const struct pass *pass, int x)
{
    int c = b->model->g_channels, channels = b->model->spec->image_channels;
    graph_path(b->g, "rgb");
    x = g_unary(b->g, OP_RELU, build_batch_norm(b, pass, x, 1, "g.rgb.bn"));
    x = g_conv(b->g, x, weight(b, pass, channels, c, 3, init_conv(b, channels, c, 3), "g.rgb.conv.weight"), 1, 1);
    return g_unary(b->g, OP_TANH, g_add(b->g, x, bias(b, pass, channels, 9.0 * c, "g.rgb.conv.bias")));
}

/* Nodes of the cells, computed when first asked for: node[cell][n], where node 0 of a cell is its input. */
struct cells {
    struct build *b;
    const struct pass *pass;
    struct gen_edge edge[SPEC_GENES];
    int edges;
    int node[SPEC_CELLS + 1][SPEC_NODES];
};

static int cell_node(struct cells *c, int cell, int n)
{
    if (c->node[cell][n] >= 0) return c->node[cell][n];
    int sum = -1;
    for (int i = 0; i < c->edges; i++) {
        const struct gen_edge *e = &c->edge[i];
        if (e->cell != cell || e->to != n) continue;
        int from = cell_node(c, e->from_cell, e->from);
        int y = edge(c->b, c->pass, from, e);
        graph_path(c->b->g, "cell%d.node%d", cell, n);
        sum = sum < 0 ? y : g_add(c->b->g, sum, y);
    }
    return c->node[cell][n] = sum;
}

static int generator(struct build *b, const struct pass *pass, int z)
{
    const struct spec *spec = b->model->spec;
    struct cells c = {.b = b, .pass = pass};
    c.edges = spec_edges(spec, c.edge);
    for (int i = 0; i <= SPEC_CELLS; i++)
        for (int k = 0; k < SPEC_NODES; k++) c.node[i][k] = -1;
    for (int i = 0; i < c.edges; i++)
        if (c.edge[i].from_cell == 0) c.edge[i].from_cell = c.edge[i].cell;
    int x = first_layer(b, pass, z);
    for (int cell = 1; cell <= spec->cells; cell++) {
        c.node[cell][0] = x;
        x = cell_node(&c, cell, spec->cell.output);
    }
    return last_layer(b, pass, x);
}

/* ---------------------------------------------------------------- discriminator */

struct disc {
    struct build *b;
    const struct pass *pass;
    struct discriminator_state *state;
    int layer;
};

/* W / sigma(W) after one power iteration: v = W^T u and u = W v, normalised; constants to the gradient. */
static int spectral_norm(struct disc *d, int w, int out, int in, int k, const char *name)
{
    struct graph *g = d->b->g;
    struct shape us = shape4(out, 1, 1, 1), vs = shape4(1, in, k, k), one = shape4(1, 1, 1, 1);
    int *u = &d->state->u[d->layer], *v = &d->state->v[d->layer];
    d->layer++;
    struct init unit = {AG_INIT_UNIT_NORMAL, 0, 0};
    if (!*u) {
        *u = build_param(d->b, d->pass, (struct param){AG_SN, us, 1, {out}, unit}, "%s.u", name);
        *v = build_param(d->b, d->pass, (struct param){AG_SN, vs, 1, {in * k * k}, unit}, "%s.v", name);
    }
    int still = g_unary(g, OP_DETACH, w);
    int wu = g_sum(g, g_mul(g, still, *u), vs, 0);
    *v = g_mul(g, wu, g_unary(g, OP_RSQRT, g_shift(g, g_sum(g, g_mul(g, wu, wu), one, 0), 1e-24)));
    int wv = g_sum(g, g_mul(g, still, *v), us, 0);
    *u = g_mul(g, wv, g_unary(g, OP_RSQRT, g_shift(g, g_sum(g, g_mul(g, wv, wv), one, 0), 1e-24)));
    int sigma = g_sum(g, g_mul(g, g_sum(g, g_mul(g, w, *v), us, 0), *u), one, 0);
    int inverse = g_unary(g, OP_RSQRT, g_mul(g, sigma, sigma)); /* sigma = u.Wv = |Wv| > 0 */
    return g_mul(g, w, inverse);
}

static int disc_weight(struct disc *d, int out, int in, int k, const char *name)
{
    struct init init = k ? init_conv(d->b, out, in, k) : init_uniform(1 / sqrt(in));
    struct param p = {AG_D, shape4(out, in, k ? k : 1, k ? k : 1), k ? 4 : 2, {out, in, k, k}, init};
    int w = build_param(d->b, d->pass, p, "%s.weight", name);
    return spectral_norm(d, w, out, in, k ? k : 1, name);
}

static int disc_conv(struct disc *d, int x, int out, int k, const char *name)
{
    graph_path(d->b->g, "%s", name);
    int in = graph_get(d->b->g, x).shape.d[3];
    struct param p = {AG_D, shape4(1, 1, 1, out), 1, {out}, init_uniform(1 / sqrt((double)in * k * k))};
    int y = g_conv(d->b->g, x, disc_weight(d, out, in, k, name), 1, k / 2);
    return g_add(d->b->g, y, build_param(d->b, d->pass, p, "%s.bias", name));
}

static int average_pool(struct graph *g, int x)
{
    return g_scale(g, g_unary(g, OP_SUMPOOL, x), 0.25);
}

/* Blocks 1 and 2 halve the picture. The shortcuts are 1x1 convolutions, which commute with pooling: they run on the
 * pooled tensor, a quarter of the work. */
static int disc_block(struct disc *d, int x, int block)
{
    struct graph *g = d->b->g;
    struct mem *mem = d->b->model->mem;
    int c = d->b->model->d_channels, halve = block <= 2;
    int r = block == 1 ? x : g_unary(g, OP_RELU, x);
    r = g_unary(g, OP_RELU, disc_conv(d, r, c, 3, mem_printf(mem, "d.block%d.c1", block)));
    r = disc_conv(d, r, c, 3, mem_printf(mem, "d.block%d.c2", block));
    if (!halve) return g_add(g, r, x);
    r = average_pool(g, r);
    return g_add(g, r, disc_conv(d, average_pool(g, x), c, 1, mem_printf(mem, "d.block%d.sc", block)));
}

static int discriminator(struct build *b, const struct pass *pass, int x, struct discriminator_state *state)
{
    struct disc d = {b, pass, state, 0};
    for (int block = 1; block <= 4; block++) x = disc_block(&d, x, block);
    graph_path(b->g, "d.fc");
    int h = g_sum(b->g, g_unary(b->g, OP_RELU, x), shape4(b->batch, 1, 1, b->model->d_channels), 1);
    return g_conv(b->g, h, disc_weight(&d, 1, b->model->d_channels, 0, "d.fc"), 1, 0);
}

/* The vectors u and v go back to their block. */
static void discriminator_done(struct build *b, const struct pass *pass, const struct discriminator_state *state)
{
    const struct table *t = &b->model->block[AG_SN];
    for (int i = 0; i < t->count; i++) {
        int node = i % 2 ? state->v[i / 2] : state->u[i / 2];
        graph_target(b->g, node, pass->bar ? AG_BAR_SN : AG_SN, t->tensor[i].offset, t->tensor[i].name);
    }
}

const struct network_family network_residual = {"residual", generator, discriminator, discriminator_done};
