/* The residual discriminator of StyleGAN2. */
#include "stylegan2.h"
#include "ops.h"

#include <math.h>

/* Convolution with equalised learning rate. Stride 1 keeps the size, stride 2 has no padding. */
static int disc_conv(struct build *b, const struct network_pass *pass, int x, int out, int k, int stride,
                     const char *name)
{
    int in = graph_get(b->g, x).shape.d[3];
    graph_path(b->g, "%s", name);
    int w = style_parameter(b, pass, AG_D, 4, shape4(out, in, k, k), init_normal(0, 1),
                            mem_printf(b->mem, "%s.weight", name));
    return g_conv(b->g, x, g_scale(b->g, w, 1 / sqrt((double)in * k * k)), stride, stride == 1 ? k / 2 : 0);
}

static int disc_bias(struct build *b, const struct network_pass *pass, int y, const char *name)
{
    int out = graph_get(b->g, y).shape.d[3];
    return g_add(b->g, y, style_vector(b, pass, AG_D, out, init_zero, mem_printf(b->mem, "%s.bias", name)));
}

/* A residual block: x [N,R,R,C] -> [N,R/2,R/2,out]. Both ways filter the picture before they halve it. Their sum is
 * divided by sqrt(2), which in the main way cancels the gain of the activation. */
static int disc_block(struct build *b, const struct network_pass *pass, int x, int resolution, int out)
{
    struct graph *g = b->g;
    struct mem *mem = b->mem;
    const char *c0 = mem_printf(mem, "d.b%d.c0", resolution), *c1 = mem_printf(mem, "d.b%d.c1", resolution);
    graph_path(g, "d.b%d.skip", resolution);
    struct node_args halve = {.op = OP_UP_BILINEAR_T, .in = {x}, .ins = 1, .attr = {BEYOND_ZERO}};
    int skip = g_scale(g, graph_node(g, halve), 0.25);
    skip = g_scale(g, disc_conv(b, pass, skip, out, 1, 1, mem_printf(mem, "d.b%d.skip", resolution)), 1 / sqrt(2));
    int h = disc_conv(b, pass, x, graph_get(g, x).shape.d[3], 3, 1, c0);
    h = style_activate(g, disc_bias(b, pass, h, c0));
    h = disc_conv(b, pass, g_fir(g, h, 2), out, 3, 2, c1);
    return g_add(g, skip, g_unary(g, OP_LRELU, disc_bias(b, pass, h, c1)));
}

/* x [N,H,W,C] -> [N,1,1,1]: for each picture the standard deviation over its group, averaged over pixels and channels.
 * A group is min(4, N) pictures m, m + M, m + 2M, … with M = N / min(4, N). */
static int minibatch_deviation(struct build *b, int x)
{
    struct graph *g = b->g;
    struct shape s = graph_get(g, x).shape;
    int group = b->batch < 4 ? b->batch : 4, others = b->batch / group, size = s.d[1] * s.d[2] * s.d[3];
    struct shape mean = shape4(1, others, size, 1);
    graph_path(g, "d.b4.deviation");
    int y = g_reshape(g, g_unary(g, OP_UNBATCH, x), shape4(group, others, size, 1));
    y = g_sub(g, y, g_scale(g, g_sum(g, y, mean, 0), 1.0 / group));
    int variance = g_shift(g, g_scale(g, g_sum(g, g_mul(g, y, y), mean, 0), 1.0 / group), 1e-8);
    int deviation = g_mul(g, variance, g_unary(g, OP_RSQRT, variance));
    deviation = g_scale(g, g_sum(g, deviation, shape4(1, others, 1, 1), 0), 1.0 / size);
    deviation = g_expand(g, deviation, shape4(group, others, 1, 1), 0);
    return g_unary(g, OP_REBATCH, g_reshape(g, deviation, shape4(b->batch, 1, 1, 1)));
}

/* A convolution of x with the minibatch deviation as one more channel. The two have separate parts of the weight. */
static int deviation_conv(struct build *b, const struct network_pass *pass, int x, const char *name)
{
    struct graph *g = b->g;
    int c = graph_get(g, x).shape.d[3], deviation = minibatch_deviation(b, x);
    graph_path(g, "%s", name);
    int w = style_parameter(b, pass, AG_D, 4, shape4(c, c + 1, 3, 3), init_normal(0, 1),
                            mem_printf(b->mem, "%s.weight", name));
    w = g_scale(g, w, 1 / sqrt(9.0 * (c + 1)));
    int y = g_conv(g, x, g_range(g, w, 1, 0, c), 1, 1);
    int channel = g_expand(g, deviation, shape4(b->batch, 4, 4, 1), 1);
    return g_add(g, y, g_conv(g, channel, g_range(g, w, 1, c, 1), 1, 1));
}

/* x [N,4,4,C] -> [N,1,1,out]. In files the weight's columns are ordered (channel, row, column), as PyTorch flattens a
 * picture, so they are permuted here. */
static int flat_linear(struct build *b, const struct network_pass *pass, int x, int out, const char *name)
{
    struct graph *g = b->g;
    int c = graph_get(g, x).shape.d[3], in = 16 * c;
    struct param p = {AG_D, shape4(out, c, 16, 1), 2, {out, in}, init_normal(0, 1)};
    graph_path(g, "%s", name);
    int w = g_permute(g, build_param(b, pass, p, "%s.weight", name), 0, 2, 1, 3);
    x = g_reshape(g, g_scale(g, x, 1 / sqrt(in)), shape4(b->batch, 1, 1, in));
    return disc_bias(b, pass, g_conv(g, x, g_reshape(g, w, shape4(out, in, 1, 1)), 1, 0), name);
}

static int scores(struct build *b, const struct network_pass *pass, int x, struct discriminator_state *state)
{
    (void)state;
    const struct spec *spec = b->spec;
    int size = spec->image_size, divisor = b->search ? spec->d_channel_divisor : spec->retrain.channel_divisor;
    int c = style_channels(size, spec->d_channel_base, spec->d_channel_max, divisor);
    x = style_activate(b->g, disc_bias(b, pass, disc_conv(b, pass, x, c, 1, 1, "d.rgb"), "d.rgb"));
    for (int r = size; r > 4; r /= 2) {
        c = style_channels(r / 2, spec->d_channel_base, spec->d_channel_max, divisor);
        x = disc_block(b, pass, x, r, c);
    }
    x = style_activate(b->g, disc_bias(b, pass, deviation_conv(b, pass, x, "d.b4.conv"), "d.b4.conv"));
    x = style_activate(b->g, flat_linear(b, pass, x, c, "d.b4.fc"));
    graph_path(b->g, "d.b4.out");
    return style_linear(b, pass, AG_D, x, 1, 1, 0, "d.b4.out");
}

const struct discriminator stylegan2_discriminator = {"stylegan2", scores, NULL};
