/* The generator of StyleGAN2: a mapping network, modulated convolutions, and tRGB layers whose pictures are added
 * up. */
#include "stylegan2.h"
#include "ops.h"

#include <math.h>
#include <string.h>

static const double MAPPING_RATE = 0.01; /* learning-rate multiplier of the mapping network */

/* ---------------------------------------------------------------- latents */

struct generator {
    struct build *b;
    const struct network_pass *pass;
    int w[SPEC_LATENTS], mixed[SPEC_LATENTS]; /* W_i of z and of in.mix.z, each [N,1,1,style] */
    int average;                              /* running means of all W_i, [latents,1,1,style] */
};

/* Sets w[0] to w[M - 1] to W_1 … W_M, the outputs of the mapping network's M layers. */
static void mapping(struct generator *s, int z, int *w)
{
    struct build *b = s->b;
    struct graph *g = b->g;
    struct shape one = shape4(b->batch, 1, 1, 1);
    graph_path(g, "map.z");
    int power = g_scale(g, g_sum(g, g_mul(g, z, z), one, 1), 1.0 / graph_get(g, z).shape.d[3]);
    int x = g_mul(g, z, g_unary(g, OP_RSQRT, g_shift(g, power, 1e-8)));
    for (int i = 0; i < b->spec->mapping_layers; i++) {
        const char *name = mem_printf(b->mem, "g.map.fc%d", i + 1);
        graph_path(g, "map.fc%d", i + 1);
        x = style_activate(g, style_linear(b, s->pass, AG_G, x, b->spec->style, MAPPING_RATE, 0, name));
        w[i] = x;
    }
}

/* Moves the running means towards the means of the batch. */
static void track_average(struct generator *s)
{
    struct graph *g = s->b->g;
    double keep = s->b->spec->retrain.w_decay;
    int style = s->b->spec->style;
    struct shape row = shape4(1, 1, 1, style);
    for (int i = 0; i < s->b->spec->mapping_layers; i++) {
        int mean = g_scale(g, g_sum(g, s->w[i], row, 0), (1 - keep) / s->b->batch);
        int next = g_add(g, g_scale(g, g_slice(g, s->average, 0, i), keep), mean);
        long offset = graph_get(g, s->average).attr[1] + (long)i * style;
        graph_target(g, next, AG_STAT + (s->pass->bar ? AG_BAR_G : 0), offset, "g.map.w_avg");
    }
}

static void latents(struct generator *s, int z)
{
    const struct spec *spec = s->b->spec;
    mapping(s, z, s->w);
    if (s->pass->mixing) {
        int other = build_input(s->b, "in.mix.z", 2, shape4(s->b->batch, 1, 1, spec->latent), 1);
        mapping(s, other, s->mixed);
    }
    if (s->b->search || s->pass->norm == NORM_BATCH) return;
    struct param average = {
        AG_STAT, shape4(spec->mapping_layers, 1, 1, spec->style), 2, {spec->mapping_layers, spec->style}, init_zero};
    s->average = build_param(s->b, s->pass, average, "g.map.w_avg");
    if (s->pass->norm == NORM_TRACK) track_average(s);
}

/* Returns the sum of p[i] w[i] over i < n; p is [1,1,1,n]. */
static int weighted(struct graph *g, int p, const int *w, int n)
{
    int sum = -1;
    for (int i = 0; i < n; i++) {
        int term = g_mul(g, w[i], g_slice(g, p, 3, i));
        sum = sum < 0 ? term : g_add(g, sum, term);
    }
    return sum;
}

/* The number i of the latent W_i that the genotype gives a layer or the last tRGB. */
static int genotype_latent(const struct genotype *geno, const char *layer)
{
    for (int i = 0; i < geno->genes; i++)
        if (strcmp(geno->gene[i].place, layer) == 0) return geno->gene[i].latent;
    return geno->last_latent;
}

/* The latent that a layer chooses among w, before mixing and truncation. Sets *average to its running mean if the pass
 * needs one. */
static int choose_latent(struct generator *s, const int *w, const char *layer, int *average)
{
    struct graph *g = s->b->g;
    const struct build *b = s->b;
    int count = b->spec->mapping_layers, rows[SPEC_LATENTS];
    if (s->pass->choose) {
        int choice = build_input(s->b, "in.latent", 1, shape4(1, 1, 1, count), 0);
        for (int i = 0; i < count; i++) rows[i] = g_slice(g, s->average, 0, i);
        *average = weighted(g, choice, rows, count);
        return weighted(g, choice, w, count);
    }
    if (b->geno->genes) {
        int i = genotype_latent(b->geno, layer) - 1;
        if (s->pass->truncate) *average = g_slice(g, s->average, 0, i);
        return w[i];
    }
    if (!b->spec->dynamic_latents) return w[count - 1];
    return weighted(g, build_mixture_weights(s->b, s->pass, mem_printf(b->mem, "%s.w", layer), count), w, count);
}

/* The latent of a layer, [N,1,1,style]. It is one of the W_i, or in a search with dynamic latents the mixture of all,
 * then mixed with that of in.mix.z and truncated, if the pass says so. */
static int latent_of(struct generator *s, const char *layer)
{
    struct graph *g = s->b->g;
    const struct genotype *geno = s->b->geno;
    if (geno->genes)
        graph_path(g, "map.w%d", genotype_latent(geno, layer)); /* layers with the same latent share its nodes */
    else
        graph_path(g, "%s.w", layer);
    int average = -1, w = choose_latent(s, s->w, layer, &average);
    if (s->pass->mixing) {
        const char *name = mem_printf(s->b->mem, "in.mix.%s", layer);
        int other = build_input(s->b, name, 2, shape4(s->b->batch, 1, 1, 1), 1);
        w = g_add(g, w, g_mul(g, g_sub(g, choose_latent(s, s->mixed, layer, &average), w), other));
    }
    if (!s->pass->truncate) return w;
    int psi = build_input(s->b, "in.psi", 1, shape4(1, 1, 1, 1), 0);
    return g_add(g, average, g_mul(g, g_sub(g, w, average), psi));
}

/* ---------------------------------------------------------------- modulated convolutions */

/* Returns 1 / sqrt(sum over i and taps of (s_i W_oi)^2), [N,1,1,O], for a weight w [O,I,K,K] and a style s
 * [N,1,1,I]. */
static int demodulation(struct graph *g, int w, int s)
{
    struct shape ws = graph_get(g, w).shape, ss = graph_get(g, s).shape;
    int batch = ss.d[0], out = ws.d[0], in = ws.d[1];
    int taps = g_reshape(g, g_sum(g, g_mul(g, w, w), shape4(out, in, 1, 1), 0), shape4(1, out, in, 1));
    int power = g_mul(g, g_reshape(g, g_mul(g, s, s), shape4(batch, 1, in, 1)), taps);
    int sum = g_reshape(g, g_sum(g, power, shape4(batch, out, 1, 1), 1), shape4(batch, 1, 1, out));
    return g_unary(g, OP_RSQRT, g_shift(g, sum, 1e-8));
}

/* A layer and what its candidates need. */
struct layer_site {
    struct generator *s;
    int x, style, out; /* x: modulated, [N,H,W,I]; style: [N,1,1,I]; out: channels */
    const struct layer *layer;
};

/* Returns the result of one candidate, demodulated: [N,R,R,out]. */
static int candidate(void *site, enum candidate op)
{
    static const int window[] = {[CANDIDATE_CONV_1X1] = 1, [CANDIDATE_CONV_3X3] = 3,     [CANDIDATE_CONV_5X5] = 5,
                                 [CANDIDATE_DECONV] = 3,   [CANDIDATE_NEAREST_CONV] = 3, [CANDIDATE_BILINEAR_CONV] = 3};
    const struct layer_site *l = site;
    const struct generator *s = l->s;
    struct graph *g = s->b->g;
    int x = l->x, k = window[op], in = graph_get(g, x).shape.d[3], h = graph_get(g, x).shape.d[1];
    const char *name = mem_printf(s->b->mem, "g.%s.%s.weight", l->layer->name, candidate_name(op));
    graph_path(g, "%s.%s", l->layer->name, candidate_name(op));
    int w = style_parameter(s->b, s->pass, AG_G, 4, shape4(l->out, in, k, k), init_normal(0, 1), name), y;
    if (op == CANDIDATE_DECONV) /* a transposed convolution, [H,W] -> [2H+1,2W+1], then the blur */
        y = g_scale(g, g_fir(g, g_conv_dx(g, x, g_permute(g, w, 1, 0, 2, 3), 2, 0, 2 * h + 1, 2 * h + 1), 1), 4);
    else if (op == CANDIDATE_NEAREST_CONV)
        y = g_conv(g, g_unary(g, OP_UP_NEAREST, x), w, 1, 1);
    else if (op == CANDIDATE_BILINEAR_CONV)
        y = g_conv(g, g_up_bilinear(g, x, BEYOND_CLAMP), w, 1, 1);
    else
        y = g_conv(g, x, w, 1, k / 2);
    return g_mul(g, y, demodulation(g, w, l->style));
}

/* Modulates x, [N,H,W,I] or [1,H,W,I], and returns the mixture of the layer's candidates. */
static int mixture(struct generator *s, int x, int out, const struct layer *layer)
{
    struct build *b = s->b;
    int latent = latent_of(s, layer->name);
    const char *affine = mem_printf(b->mem, "g.%s.affine", layer->name);
    graph_path(b->g, "%s", layer->name);
    int style = style_linear(b, s->pass, AG_G, latent, graph_get(b->g, x).shape.d[3], 1, 1, affine);
    struct layer_site site = {s, g_mul(b->g, x, style), style, out, layer};
    struct mixture m = {.place = layer->name, .up = layer->up, .candidate = candidate, .site = &site};
    m.choice = b->spec->macro ? layer->name : layer->up ? "up" : "normal";
    return build_mixture(b, s->pass, &m);
}

/* A layer: the mixture (Eq. 8), noise, bias, leaky ReLU. Returns [N,R,R,out]. */
static int synthesis_layer(struct generator *s, int x, int out, const struct layer *layer)
{
    struct build *b = s->b;
    struct mem *mem = b->mem;
    int y = mixture(s, x, out, layer), r = layer->resolution;
    const char *name = mem_printf(mem, "%s.%s", s->pass->second ? "in.noise2" : "in.noise", layer->name);
    int noise = build_input(b, name, 4, shape4(b->batch, r, r, 1), 1);
    int strength = style_vector(b, s->pass, AG_G, 1, init_zero, mem_printf(mem, "g.%s.noise_strength", layer->name));
    int bias = style_vector(b, s->pass, AG_G, out, init_zero, mem_printf(mem, "g.%s.bias", layer->name));
    y = g_add(b->g, y, g_mul(b->g, noise, strength));
    return style_activate(b->g, g_add(b->g, y, bias));
}

/* A tRGB: x [N,R,R,C] -> [N,R,R,channels], a modulated 1x1 convolution without demodulation. It takes the latent of
 * `layer`. With so few outputs it is cheap to put the style into a weight for each picture. */
static int to_rgb(struct generator *s, int x, int resolution, const char *layer)
{
    struct build *b = s->b;
    struct graph *g = b->g;
    struct mem *mem = b->mem;
    int in = graph_get(g, x).shape.d[3], out = b->spec->image_channels;
    int latent = latent_of(s, layer);
    graph_path(g, "b%d.rgb", resolution);
    int style = style_linear(b, s->pass, AG_G, latent, in, 1, 1, mem_printf(mem, "g.b%d.rgb.affine", resolution));
    style = g_reshape(g, g_scale(g, style, 1 / sqrt(in)), shape4(b->batch, 1, in, 1));
    int w = style_parameter(b, s->pass, AG_G, 4, shape4(out, in, 1, 1), init_normal(0, 1),
                            mem_printf(mem, "g.b%d.rgb.weight", resolution));
    w = g_mul(g, g_reshape(g, w, shape4(1, out, in, 1)), style);
    int bias = style_vector(b, s->pass, AG_G, out, init_zero, mem_printf(mem, "g.b%d.rgb.bias", resolution));
    return g_add(g, g_conv(g, x, w, 1, 0), bias);
}

int stylegan2_generator(struct build *b, const struct network_pass *pass, int z)
{
    const struct spec *spec = b->spec;
    struct generator s = {.b = b, .pass = pass};
    struct layer layer[SPEC_GENES];
    int layers = stylegan2_layers(spec, layer), picture = -1;
    const int divisor = b->search ? spec->channel_divisor : spec->retrain.channel_divisor;
    char last[SPEC_NAME];
    stylegan2_last_rgb(spec, last);
    latents(&s, z);
    int first = style_channels(4, spec->channel_base, spec->channel_max, divisor);
    struct param constant = {AG_G, shape4(first, 4, 4, 1), 3, {first, 4, 4}, init_normal(0, 1)};
    graph_path(b->g, "const");
    int x = g_permute(b->g, build_param(b, pass, constant, "g.const"), 3, 1, 2, 0);
    for (int i = 0; i < layers; i++) {
        int r = layer[i].resolution;
        x = synthesis_layer(&s, x, style_channels(r, spec->channel_base, spec->channel_max, divisor), &layer[i]);
        if (layer[i].up) continue;
        int rgb = to_rgb(&s, x, r, i + 1 < layers ? layer[i + 1].name : last);
        picture = picture < 0 ? rgb : g_add(b->g, g_up_bilinear(b->g, picture, BEYOND_ZERO), rgb);
    }
    return picture;
}
