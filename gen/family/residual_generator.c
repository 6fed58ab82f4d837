/* The generator of the conventional family: a linear layer, residual cells, a last convolution. */
#include "residual.h"
#include "build.h"
#include "ops.h"

#include <math.h>

static int channels(const struct build *b)
{
    int retrained = b->spec->retrain.g_channels;
    return !b->search && retrained ? retrained : b->spec->channels;
}

static int weight(struct build *b, const struct network_pass *pass, int out, int in, int k, struct init init,
                  const char *name)
{
    struct param p = {AG_G, shape4(out, in, k, k), 4, {out, in, k, k}, init};
    return build_param(b, pass, p, "%s", name);
}

static int bias(struct build *b, const struct network_pass *pass, int channels, double fan_in, const char *name)
{
    struct param p = {AG_G, shape4(1, 1, 1, channels), 1, {channels}, init_uniform(1 / sqrt(fan_in))};
    return build_param(b, pass, p, "%s", name);
}

static const char *sub(struct build *b, const char *prefix, const char *name)
{
    return mem_printf(b->mem, "%s.%s", prefix, name);
}

static int conv_candidate(struct build *b, const struct network_pass *pass, int x, int k, const char *name)
{
    int c = channels(b), w = weight(b, pass, c, c, k, build_conv_init(b, c, c, k), sub(b, name, "weight"));
    int y = g_conv(b->g, g_unary(b->g, OP_RELU, x), w, 1, k / 2);
    return g_add(b->g, y, bias(b, pass, c, (double)c * k * k, sub(b, name, "bias")));
}

/* Twice {ReLU, depthwise convolution, 1x1 convolution, batch norm}. */
static int sep_conv_candidate(struct build *b, const struct network_pass *pass, int x, int k, const char *name)
{
    int c = channels(b), affine = b->geno->genes > 0;
    for (int i = 1; i <= 2; i++) {
        const char *dw = mem_printf(b->mem, "%s.dw%d.weight", name, i);
        const char *pw = mem_printf(b->mem, "%s.pw%d.weight", name, i);
        int w = weight(b, pass, c, 1, k, build_conv_init(b, c, 1, k), dw);
        x = g_depthwise(b->g, g_unary(b->g, OP_RELU, x), w);
        x = g_conv(b->g, x, weight(b, pass, c, c, 1, build_conv_init(b, c, c, 1), pw), 1, 0);
        x = build_batch_norm(b, pass, x, affine, mem_printf(b->mem, "%s.bn%d", name, i));
    }
    return x;
}

/* Doubles x `times` times. All the transposed convolutions have the same weight, and a learnable interpolation (table
 * 7) has its 1x1 convolution once, before. */
static int up_candidate(struct build *b, const struct network_pass *pass, int x, enum candidate op, int times,
                        const char *name)
{
    int c = channels(b);
    if (op == CANDIDATE_NEAREST_CONV || op == CANDIDATE_BILINEAR_CONV)
        x = g_conv(b->g, x, weight(b, pass, c, c, 1, build_conv_init(b, c, c, 1), sub(b, name, "weight")), 1, 0);
    for (int i = 0; i < times; i++) {
        if (op == CANDIDATE_NEAREST || op == CANDIDATE_NEAREST_CONV) {
            x = g_unary(b->g, OP_UP_NEAREST, x);
        } else if (op == CANDIDATE_BILINEAR || op == CANDIDATE_BILINEAR_CONV) {
            x = g_unary(b->g, OP_UP_BILINEAR, x);
        } else { /* the adjoint of a convolution: its weight is stored [in, out, 2, 2] */
            int w = weight(b, pass, c, c, 2, init_uniform(1 / sqrt(4.0 * c)), sub(b, name, "weight"));
            struct shape s = graph_get(b->g, x).shape;
            x = g_conv_dx(b->g, x, w, 2, 0, 2 * s.d[1], 2 * s.d[2]);
            x = g_add(b->g, x, bias(b, pass, c, 4.0 * c, sub(b, name, "bias")));
        }
    }
    return x;
}

/* An edge, and the node x that it starts from. */
struct edge_site {
    struct build *b;
    const struct network_pass *pass;
    int x;
    const struct gen_edge *edge;
};

static int candidate(void *site, enum candidate op)
{
    const struct edge_site *s = site;
    struct build *b = s->b;
    const struct gen_edge *e = s->edge;
    const char *name = mem_printf(b->mem, "g.%s.%s", e->name, candidate_name(op));
    graph_path(b->g, "%s.%s", e->name, candidate_name(op));
    switch (op) {
    case CANDIDATE_CONV_1X1:
        return conv_candidate(b, s->pass, s->x, 1, name);
    case CANDIDATE_CONV_3X3:
        return conv_candidate(b, s->pass, s->x, 3, name);
    case CANDIDATE_CONV_5X5:
        return conv_candidate(b, s->pass, s->x, 5, name);
    case CANDIDATE_SEP_CONV_3X3:
        return sep_conv_candidate(b, s->pass, s->x, 3, name);
    case CANDIDATE_SEP_CONV_5X5:
        return sep_conv_candidate(b, s->pass, s->x, 5, name);
    case CANDIDATE_SEP_CONV_7X7:
        return sep_conv_candidate(b, s->pass, s->x, 7, name);
    default:
        return up_candidate(b, s->pass, s->x, op, e->times, name);
    }
}

static int edge(struct build *b, const struct network_pass *pass, int x, const struct gen_edge *e)
{
    struct edge_site site = {b, pass, x, e};
    struct mixture m = {.place = e->name, .choice = e->name, .up = e->up, .candidate = candidate, .site = &site};
    return build_mixture(b, pass, &m);
}

/* z [N,1,1,latent] -> [N,base,base,C]. In files the weight's rows are ordered (channel, row, column), as in PyTorch, so
 * they are permuted here. */
static int first_layer(struct build *b, const struct network_pass *pass, int z)
{
    int c = channels(b), base = b->spec->base, latent = b->spec->latent, area = base * base;
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

static int last_layer(struct build *b, const struct network_pass *pass, int x)
{
    int c = channels(b), out = b->spec->image_channels;
    graph_path(b->g, "rgb");
    x = g_unary(b->g, OP_RELU, build_batch_norm(b, pass, x, 1, "g.rgb.bn"));
    x = g_conv(b->g, x, weight(b, pass, out, c, 3, build_conv_init(b, out, c, 3), "g.rgb.conv.weight"), 1, 1);
    return g_unary(b->g, OP_TANH, g_add(b->g, x, bias(b, pass, out, 9.0 * c, "g.rgb.conv.bias")));
}

/* The nodes of the cells, which are computed when they are first asked for. node[cell][0] is the cell's input. */
struct cells {
    struct build *b;
    const struct network_pass *pass;
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

int residual_generator(struct build *b, const struct network_pass *pass, int z)
{
    const struct spec *spec = b->spec;
    struct cells c = {.b = b, .pass = pass};
    c.edges = residual_edges(spec, c.edge);
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
