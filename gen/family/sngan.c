/* The SN-GAN discriminator. The vectors of spectral norm have a block of their own, AG_SN. */
#include "sngan.h"
#include "build.h"
#include "ops.h"

#include <math.h>

static int channels(const struct build *b)
{
    int retrained = b->spec->retrain.d_channels;
    return !b->search && retrained ? retrained : b->spec->d_channels;
}

struct disc {
    struct build *b;
    const struct network_pass *pass;
    struct discriminator_state *state;
    int layer;
};

/* Returns W / sigma(W), after one step of power iteration: v = W^T u, then u = W v, each scaled to length 1. No
 * gradient flows through u and v. */
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
    int inverse = g_unary(g, OP_RSQRT, g_mul(g, sigma, sigma)); /* sigma = u.Wv = |Wv| */
    return g_mul(g, w, inverse);
}

static int disc_weight(struct disc *d, int out, int in, int k, const char *name)
{
    struct init init = k ? build_conv_init(d->b, out, in, k) : init_uniform(1 / sqrt(in));
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

/* Residual block 1 to 4, of which 1 and 2 halve the picture. Their shortcuts, 1x1 convolutions, commute with pooling.
 * They come after it, where they take a quarter of the work. */
static int disc_block(struct disc *d, int x, int block)
{
    struct graph *g = d->b->g;
    struct mem *mem = d->b->mem;
    int c = channels(d->b), halve = block <= 2;
    int r = block == 1 ? x : g_unary(g, OP_RELU, x);
    r = g_unary(g, OP_RELU, disc_conv(d, r, c, 3, mem_printf(mem, "d.block%d.c1", block)));
    r = disc_conv(d, r, c, 3, mem_printf(mem, "d.block%d.c2", block));
    if (!halve) return g_add(g, r, x);
    r = average_pool(g, r);
    return g_add(g, r, disc_conv(d, average_pool(g, x), c, 1, mem_printf(mem, "d.block%d.sc", block)));
}

static int scores(struct build *b, const struct network_pass *pass, int x, struct discriminator_state *state)
{
    struct disc d = {b, pass, state, 0};
    for (int block = 1; block <= 4; block++) x = disc_block(&d, x, block);
    graph_path(b->g, "d.fc");
    int h = g_sum(b->g, g_unary(b->g, OP_RELU, x), shape4(b->batch, 1, 1, channels(b)), 1);
    return g_conv(b->g, h, disc_weight(&d, 1, channels(b), 0, "d.fc"), 1, 0);
}

/* Writes u and v back to their block. */
static void done(struct build *b, const struct network_pass *pass, const struct discriminator_state *state)
{
    const struct table *t = &b->block[AG_SN];
    for (int i = 0; i < t->count; i++) {
        int node = i % 2 ? state->v[i / 2] : state->u[i / 2];
        graph_target(b->g, node, pass->bar ? AG_BAR_SN : AG_SN, t->tensor[i].offset, t->tensor[i].name);
    }
}

const struct discriminator sngan = {"sngan", scores, done};
