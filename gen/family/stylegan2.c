/*
 * The StyleGAN2 family: a mapping network all of whose layers' outputs are latents, a generator of modulated
 * convolutions with skip connections, each a mixture of candidates (Eq. 8), and the residual discriminator.
 */
#include "model.h"
#include "ops.h"

#include <math.h>
#include <string.h>

static const double SQRT2 = 1.4142135623730951, MAPPING_RATE = 0.01; /* learning-rate multiplier */

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int channels_at(int resolution, int base, int most, int divisor)
{
    int c = min(base / resolution, most) / divisor;
    return c > 1 ? c : 1;
}

static int parameter(struct build *b, const struct pass *pass, enum ag_block block, int rank, struct shape shape,
                     struct init init, const char *name)
{
    struct param p = {block, shape, rank, {shape.d[0], shape.d[1], shape.d[2], shape.d[3]}, init};
    return build_param(b, pass, p, "%s", name);
}

/* A vector over channels. */
static int vector(struct build *b, const struct pass *pass, enum ag_block block, int size, struct init init,
                  const char *name)
{
    struct param p = {block, shape4(1, 1, 1, size), 1, {size}, init};
    return build_param(b, pass, p, "%s", name);
}

/* Leaky ReLU, which halves a normal variable's power, and the gain that undoes that. */
static int activate(struct graph *g, int x)
{
    return g_scale(g, g_unary(g, OP_LRELU, x), SQRT2);
}

/* x [N,1,1,I] W^T rate / sqrt(I) + rate b, in equalised form: x takes the factor, being the smallest. */
static int linear(struct build *b, const struct pass *pass, enum ag_block block, int x, int out, double rate,
                  double first_bias, const char *name)
{
    struct mem *mem = b->model->mem;
    int in = graph_get(b->g, x).shape.d[3];
    int w = parameter(b, pass, block, 2, shape4(out, in, 1, 1), init_normal(0, 1 / rate),
                      mem_printf(mem, "%s.weight", name));
    struct init init = {AG_INIT_CONSTANT, first_bias, 0};
    int bias = vector(b, pass, block, out, init, mem_printf(mem, "%s.bias", name));
    int y = g_conv(b->g, g_scale(b->g, x, rate / sqrt(in)), w, 1, 0);
    return g_add(b->g, y, g_scale(b->g, bias, rate));
}

/* ---------------------------------------------------------------- latents */

struct generator {
    struct build *b;
    const struct pass *pass;
    int w[SPEC_LATENTS], mixed[SPEC_LATENTS]; /* W_i of z and of in.mix.z, [N,1,1,style] */
    int average;                              /* their running means, [latents,1,1,style] */
};

/* W_1 … W_M: the outputs of all layers of the mapping network. */
static void mapping(struct generator *s, int z, int *w)
{
    struct build *b = s->b;
    struct graph *g = b->g;
    struct shape one = shape4(b->batch, 1, 1, 1);
    graph_path(g, "map.z");
    int power = g_scale(g, g_sum(g, g_mul(g, z, z), one, 1), 1.0 / graph_get(g, z).shape.d[3]);
    int x = g_mul(g, z, g_unary(g, OP_RSQRT, g_shift(g, power, 1e-8)));
    for (int i = 0; i < b->model->spec->mapping_layers; i++) {
        const char *name = mem_printf(b->model->mem, "g.map.fc%d", i + 1);
        graph_path(g, "map.fc%d", i + 1);
        x = activate(g, linear(b, s->pass, AG_G, x, b->model->spec->style, MAPPING_RATE, 0, name));
        w[i] = x;
    }
}

/* The running means follow the batch's. */
static void track_average(struct generator *s)
{
    struct graph *g = s->b->g;
    double keep = s->b->model->spec->retrain.w_decay;
    int style = s->b->model->spec->style;
    struct shape row = shape4(1, 1, 1, style);
    for (int i = 0; i < s->b->model->spec->mapping_layers; i++) {
        int mean = g_scale(g, g_sum(g, s->w[i], row, 0), (1 - keep) / s->b->batch);
        int next = g_add(g, g_scale(g, g_slice(g, s->average, 0, i), keep), mean);
        long offset = graph_get(g, s->average).attr[1] + (long)i * style;
        graph_target(g, next, AG_STAT + (s->pass->bar ? AG_BAR_G : 0), offset, "g.map.w_avg");
    }
}

static void latents(struct generator *s, int z)
{
    const struct spec *spec = s->b->model->spec;
    mapping(s, z, s->w);
    if (s->pass->mixing) {
        int other = build_input(s->b, "in.mix.z", 2, shape4(s->b->batch, 1, 1, spec->latent), 1);
        mapping(s, other, s->mixed);
    }
    if (s->b->model->program == PROGRAM_SEARCH || s->pass->norm == NORM_BATCH) return;
    struct param average = {
        AG_STAT, shape4(spec->mapping_layers, 1, 1, spec->style), 2, {spec->mapping_layers, spec->style}, init_zero};
    s->average = build_param(s->b, s->pass, average, "g.map.w_avg");
    if (s->pass->norm == NORM_TRACK) track_average(s);
}

/* sum_i p[i] w[i], p [1,1,1,n] */
static int weighted(struct graph *g, int p, const int *w, int n)
{
    int sum = -1;
    for (int i = 0; i < n; i++) {
        int term = g_mul(g, w[i], g_slice(g, p, 3, i));
        sum = sum < 0 ? term : g_add(g, sum, term);
    }
    return sum;
}

/* The latent that the genotype gives a layer or the last tRGB, 1.. */
static int genotype_latent(const struct genotype *geno, const char *layer)
{
    for (int i = 0; i < geno->genes; i++)
        if (strcmp(geno->gene[i].edge, layer) == 0) return geno->gene[i].latent;
    return geno->rgb_latent;
}

/* A layer's latent before mixing and truncation, among w, and the running mean that goes with it. */
static int choose_latent(struct generator *s, const int *w, const char *layer, int *average)
{
    struct graph *g = s->b->g;
    const struct model *m = s->b->model;
    int count = m->spec->mapping_layers, rows[SPEC_LATENTS];
    if (s->pass->choose) {
        int choice = build_input(s->b, "in.latent", 1, shape4(1, 1, 1, count), 0);
        for (int i = 0; i < count; i++) rows[i] = g_slice(g, s->average, 0, i);
        *average = weighted(g, choice, rows, count);
        return weighted(g, choice, w, count);
    }
    if (m->geno->genes) {
        int i = genotype_latent(m->geno, layer) - 1;
        if (s->pass->truncate) *average = g_slice(g, s->average, 0, i);
        return w[i];
    }
    if (!m->spec->dynamic_latents) return w[count - 1];
    return weighted(g, build_mixture(s->b, s->pass, mem_printf(m->mem, "%s.w", layer), count), w, count);
}

/* The latent of a layer, [N,1,1,style]: one of W_i, or in search with dynamic latents the softmax mixture of all. */
static int latent_of(struct generator *s, const char *layer)
{
    struct graph *g = s->b->g;
    const struct genotype *geno = s->b->model->geno;
    if (geno->genes)
        graph_path(g, "map.w%d", genotype_latent(geno, layer)); /* layers may share it */
    else
        graph_path(g, "%s.w", layer);
    int average = -1, w = choose_latent(s, s->w, layer, &average);
    if (s->pass->mixing) {
        const char *name = mem_printf(s->b->model->mem, "in.mix.%s", layer);
        int other = build_input(s->b, name, 2, shape4(s->b->batch, 1, 1, 1), 1);
        w = g_add(g, w, g_mul(g, g_sub(g, choose_latent(s, s->mixed, layer, &average), w), other));
    }
    if (!s->pass->truncate) return w;
    int psi = build_input(s->b, "in.psi", 1, shape4(1, 1, 1, 1), 0);
    return g_add(g, average, g_mul(g, g_sub(g, w, average), psi));
}

/* ---------------------------------------------------------------- modulated convolutions */

/* 1 / |s W_o| over inputs and taps: sum_i s_i^2 (sum of W_oi's squared taps). s [N,1,1,I] -> [N,1,1,O] */
static int demodulation(struct graph *g, int w, int s)
{
    struct shape ws = graph_get(g, w).shape, ss = graph_get(g, s).shape;
    int batch = ss.d[0], out = ws.d[0], in = ws.d[1];
    int taps = g_reshape(g, g_sum(g, g_mul(g, w, w), shape4(out, in, 1, 1), 0), shape4(1, out, in, 1));
    int power = g_mul(g, g_reshape(g, g_mul(g, s, s), shape4(batch, 1, in, 1)), taps);
    int sum = g_reshape(g, g_sum(g, power, shape4(batch, out, 1, 1), 1), shape4(batch, 1, 1, out));
    return g_unary(g, OP_RSQRT, g_shift(g, sum, 1e-8));
}

/* A candidate on the modulated x [N,H,W,I], demodulated. */
static int candidate(struct generator *s, int x, int style, int out, enum candidate op, const char *layer)
{
    static const int window[] = {[OP_CONV_1X1] = 1, [OP_CONV_3X3] = 3,     [OP_CONV_5X5] = 5,
                                 [OP_DECONV] = 3,   [OP_NEAREST_CONV] = 3, [OP_BILINEAR_CONV] = 3};
    struct graph *g = s->b->g;
    struct mem *mem = s->b->model->mem;
    int k = window[op], in = graph_get(g, x).shape.d[3], h = graph_get(g, x).shape.d[1];
    const char *name = mem_printf(mem, "g.%s.%s.weight", layer, candidate_name(op));
    graph_path(g, "%s.%s", layer, candidate_name(op));
    int w = parameter(s->b, s->pass, AG_G, 4, shape4(out, in, k, k), init_normal(0, 1), name), y;
    if (op == OP_DECONV) /* transposed, [H,W] -> [2H+1,2W+1], then filtered */
        y = g_scale(g, g_fir(g, g_conv_dx(g, x, g_permute(g, w, 1, 0, 2, 3), 2, 0, 2 * h + 1, 2 * h + 1), 1), 4);
    else if (op == OP_NEAREST_CONV)
        y = g_conv(g, g_unary(g, OP_UP_NEAREST, x), w, 1, 1);
    else if (op == OP_BILINEAR_CONV)
        y = g_conv(g, g_up_bilinear(g, x, BEYOND_CLAMP), w, 1, 1);
    else
        y = g_conv(g, x, w, 1, k / 2);
    return g_mul(g, y, demodulation(g, w, style));
}

/* Eq. 8: the mixture of a layer's candidates, or the one its genotype names. x [N,H,W,I] or [1,H,W,I]. */
static int mixture(struct generator *s, int x, int out, const struct layer *layer)
{
    struct build *b = s->b;
    struct graph *g = b->g;
    const struct spec *spec = b->model->spec;
    const struct genotype *geno = b->model->geno;
    const struct pool *pool = layer->up ? &spec->up : &spec->normal;
    const char *affine = mem_printf(b->model->mem, "g.%s.affine", layer->name);
    int latent = latent_of(s, layer->name);
    graph_path(g, "%s", layer->name);
    int style = linear(b, s->pass, AG_G, latent, graph_get(g, x).shape.d[3], 1, 1, affine);
    x = g_mul(g, x, style);
    for (int i = 0; i < geno->genes; i++)
        if (strcmp(geno->gene[i].edge, layer->name) == 0)
            return candidate(s, x, style, out, geno->gene[i].op, layer->name);
    const char *kind = layer->up ? "up" : "normal";
    int weights = build_mixture(b, s->pass, spec->macro ? layer->name : kind, pool->count), sum = -1;
    for (int i = 0; i < pool->count; i++) {
        int y = candidate(s, x, style, out, pool->op[i], layer->name);
        graph_path(g, "%s", layer->name);
        y = g_mul(g, y, g_slice(g, weights, 3, i));
        sum = sum < 0 ? y : g_add(g, sum, y);
    }
    return sum;
}

/* Mixture, noise, bias, activation. */
static int synthesis_layer(struct generator *s, int x, int out, const struct layer *layer)
{
    struct build *b = s->b;
    struct mem *mem = b->model->mem;
    int y = mixture(s, x, out, layer), r = layer->resolution;
    const char *name = mem_printf(mem, "%s.%s", s->pass->second ? "in.noise2" : "in.noise", layer->name);
    int noise = build_input(b, name, 4, shape4(b->batch, r, r, 1), 1);
    int strength = vector(b, s->pass, AG_G, 1, init_zero, mem_printf(mem, "g.%s.noise_strength", layer->name));
    int bias = vector(b, s->pass, AG_G, out, init_zero, mem_printf(mem, "g.%s.bias", layer->name));
    y = g_add(b->g, y, g_mul(b->g, noise, strength));
    return activate(b->g, g_add(b->g, y, bias));
}

/* x [N,R,R,C] -> [N,R,R,channels]: a modulated 1x1 convolution, not demodulated; with so few outputs the style goes
 * into a weight for each picture. It takes that layer's latent. */
static int to_rgb(struct generator *s, int x, int resolution, const char *layer)
{
    struct build *b = s->b;
    struct graph *g = b->g;
    struct mem *mem = b->model->mem;
    int in = graph_get(g, x).shape.d[3], out = b->model->spec->image_channels;
    int latent = latent_of(s, layer);
    graph_path(g, "b%d.rgb", resolution);
    int style = linear(b, s->pass, AG_G, latent, in, 1, 1, mem_printf(mem, "g.b%d.rgb.affine", resolution));
    style = g_reshape(g, g_scale(g, style, 1 / sqrt(in)), shape4(b->batch, 1, in, 1));
    int w = parameter(b, s->pass, AG_G, 4, shape4(out, in, 1, 1), init_normal(0, 1),
                      mem_printf(mem, "g.b%d.rgb.weight", resolution));
    w = g_mul(g, g_reshape(g, w, shape4(1, out, in, 1)), style);
    int bias = vector(b, s->pass, AG_G, out, init_zero, mem_printf(mem, "g.b%d.rgb.bias", resolution));
    return g_add(g, g_conv(g, x, w, 1, 0), bias);
}

static int generator(struct build *b, const struct pass *pass, int z)
{
    const struct spec *spec = b->model->spec;
    struct generator s = {.b = b, .pass = pass};
    struct layer layer[SPEC_GENES];
    int layers = spec_layers(spec, layer), picture = -1;
    const char *last = mem_printf(b->model->mem, "b%d.rgb", spec->image_size);
    latents(&s, z);
    int first = channels_at(4, spec->channel_base, spec->channel_max, b->model->g_divisor);
    struct param constant = {AG_G, shape4(first, 4, 4, 1), 3, {first, 4, 4}, init_normal(0, 1)};
    graph_path(b->g, "const");
    int x = g_permute(b->g, build_param(b, pass, constant, "g.const"), 3, 1, 2, 0);
    for (int i = 0; i < layers; i++) {
        int r = layer[i].resolution;
        x = synthesis_layer(&s, x, channels_at(r, spec->channel_base, spec->channel_max, b->model->g_divisor),
                            &layer[i]);
        if (layer[i].up) continue;
        int rgb = to_rgb(&s, x, r, i + 1 < layers ? layer[i + 1].name : last);
        picture = picture < 0 ? rgb : g_add(b->g, g_up_bilinear(b->g, picture, BEYOND_ZERO), rgb);
    }
    return picture;
}

/* ---------------------------------------------------------------- discriminator */

/* x * W / sqrt(fan in), padded to the same size or of stride 2. */
static int disc_conv(struct build *b, const struct pass *pass, int x, int out, int k, int stride, const char *name)
{
    int in = graph_get(b->g, x).shape.d[3];
    graph_path(b->g, "%s", name);
    int w = parameter(b, pass, AG_D, 4, shape4(out, in, k, k), init_normal(0, 1),
                      mem_printf(b->model->mem, "%s.weight", name));
    return g_conv(b->g, x, g_scale(b->g, w, 1 / sqrt((double)in * k * k)), stride, stride == 1 ? k / 2 : 0);
}

static int disc_bias(struct build *b, const struct pass *pass, int y, const char *name)
{
    int out = graph_get(b->g, y).shape.d[3];
    return g_add(b->g, y, vector(b, pass, AG_D, out, init_zero, mem_printf(b->model->mem, "%s.bias", name)));
}

/* [N,R,R,C] -> [N,R/2,R/2,C']: filtered before each halving. */
static int disc_block(struct build *b, const struct pass *pass, int x, int resolution, int out)
{
    struct graph *g = b->g;
    struct mem *mem = b->model->mem;
    const char *c0 = mem_printf(mem, "d.b%d.c0", resolution), *c1 = mem_printf(mem, "d.b%d.c1", resolution);
    graph_path(g, "d.b%d.skip", resolution);
    struct node_args halve = {.op = OP_UP_BILINEAR_T, .in = {x}, .ins = 1, .attr = {BEYOND_ZERO}};
    int skip = g_scale(g, graph_node(g, halve), 0.25);
    skip = g_scale(g, disc_conv(b, pass, skip, out, 1, 1, mem_printf(mem, "d.b%d.skip", resolution)), 1 / SQRT2);
    int h = disc_conv(b, pass, x, graph_get(g, x).shape.d[3], 3, 1, c0);
    h = activate(g, disc_bias(b, pass, h, c0));
    h = disc_conv(b, pass, g_fir(g, h, 2), out, 3, 2, c1);
    return g_add(g, skip, g_unary(g, OP_LRELU, disc_bias(b, pass, h, c1)));
}

/* The mean over channels and pixels of the standard deviation over groups of min(4, N) pictures m, m + M, m + 2M, …:
 * x [N,H,W,C] -> [N,1,1,1] */
static int minibatch_deviation(struct build *b, int x)
{
    struct graph *g = b->g;
    struct shape s = graph_get(g, x).shape;
    int group = min(4, b->batch), others = b->batch / group, size = s.d[1] * s.d[2] * s.d[3];
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

/* A convolution of x and, as one more channel, of a number a picture: each with its part of the weight. */
static int deviation_conv(struct build *b, const struct pass *pass, int x, const char *name)
{
    struct graph *g = b->g;
    int c = graph_get(g, x).shape.d[3], deviation = minibatch_deviation(b, x);
    graph_path(g, "%s", name);
    int w = parameter(b, pass, AG_D, 4, shape4(c, c + 1, 3, 3), init_normal(0, 1),
                      mem_printf(b->model->mem, "%s.weight", name));
    w = g_scale(g, w, 1 / sqrt(9.0 * (c + 1)));
    int y = g_conv(g, x, g_range(g, w, 1, 0, c), 1, 1);
    int channel = g_expand(g, deviation, shape4(b->batch, 4, 4, 1), 1);
    return g_add(g, y, g_conv(g, channel, g_range(g, w, 1, c, 1), 1, 1));
}

/* [N,4,4,C] -> [N,1,1,out]; the weight's columns are ordered (channel, row, column) in files, as PyTorch flattens. */
static int flat_linear(struct build *b, const struct pass *pass, int x, int out, const char *name)
{
    struct graph *g = b->g;
    int c = graph_get(g, x).shape.d[3], in = 16 * c;
    struct param p = {AG_D, shape4(out, c, 16, 1), 2, {out, in}, init_normal(0, 1)};
    graph_path(g, "%s", name);
    int w = g_permute(g, build_param(b, pass, p, "%s.weight", name), 0, 2, 1, 3);
    x = g_reshape(g, g_scale(g, x, 1 / sqrt(in)), shape4(b->batch, 1, 1, in));
    return disc_bias(b, pass, g_conv(g, x, g_reshape(g, w, shape4(out, in, 1, 1)), 1, 0), name);
}

static int discriminator(struct build *b, const struct pass *pass, int x, struct discriminator_state *state)
{
    (void)state;
    const struct spec *spec = b->model->spec;
    int size = spec->image_size, divisor = b->model->d_divisor;
    int c = channels_at(size, spec->d_channel_base, spec->d_channel_max, divisor);
    x = activate(b->g, disc_bias(b, pass, disc_conv(b, pass, x, c, 1, 1, "d.rgb"), "d.rgb"));
    for (int r = size; r > 4; r /= 2) {
        c = channels_at(r / 2, spec->d_channel_base, spec->d_channel_max, divisor);
        x = disc_block(b, pass, x, r, c);
    }
    x = activate(b->g, disc_bias(b, pass, deviation_conv(b, pass, x, "d.b4.conv"), "d.b4.conv"));
    x = activate(b->g, flat_linear(b, pass, x, c, "d.b4.fc"));
    graph_path(b->g, "d.b4.out");
    return linear(b, pass, AG_D, x, 1, 1, 0, "d.b4.out");
}

static void discriminator_done(struct build *b, const struct pass *pass, const struct discriminator_state *state)
{
    (void)b, (void)pass, (void)state; /* no state */
}

const struct network_family network_stylegan2 = {"stylegan2", generator, discriminator, discriminator_done};
