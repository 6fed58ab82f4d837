/* The search space of the conventional family: its keys, the edges of its generator, its retraining. */
#include "residual.h"
#include "key_rows.h"
#include "sngan.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct key skip_nodes[] = {
    INT("from", cell.skip_from, 1, SPEC_NODES - 1, NULL),
    INT("to", cell.skip_to, 1, SPEC_NODES - 1, NULL),
    {0}};
static const struct key retrain_channels[] = {
    INT("G", retrain.g_channels, 1, 4096, NULL),
    INT("D", retrain.d_channels, 1, 4096, NULL),
    {0}};
static const struct key keys[] = {
    NAME("name", name),
    STEPS("image.size", image_size, 8, SPEC_LARGEST, 4, 0, NULL), /* the discriminator halves it twice */
    DATA_KEYS,
    GENERATOR_FAMILY,
    INT("generator.latent", latent, 1, 4096, "128"),
    INT("generator.channels", channels, 1, 4096, "256"),
    INT("generator.base", base, 1, 512, "4"),
    STEPS("generator.cells", cells, 1, SPEC_CELLS, 1, KEY_NULL, "null"), /* null: as base and size ask */
    POOL("generator.normal", normal, CANDIDATE_CONV_1X1, CANDIDATE_SEP_CONV_7X7,
         "[\"conv_1x1\", \"conv_3x3\", \"conv_5x5\", \"sep_conv_3x3\", \"sep_conv_5x5\", \"sep_conv_7x7\"]"),
    POOL("generator.up", up, CANDIDATE_NEAREST, CANDIDATE_BILINEAR_CONV, "[\"deconv\", \"nearest\", \"bilinear\"]"),
    EDGES("generator.cell.edges", cell,
     "[[\"up0\", \"in\", 1, \"up\"], [\"up1\", \"in\", 3, \"up\"], [\"normal0\", 1, 2, \"normal\"],"
     " [\"normal1\", 2, 4, \"normal\"], [\"normal2\", 3, 4, \"normal\"]]"),
    INT("generator.cell.output", cell.output, 1, SPEC_NODES - 1, "4"),
    TUPLE("generator.cell.skip", skip_nodes, KEY_NULL, "[1, 4]"),
    DISCRIMINATOR_FAMILY,
    INT("discriminator.channels", d_channels, 1, 4096, "128"),
    SEARCH_KEYS("100", "20", "64"),
    INT("retrain.iterations", retrain.iterations, 1, 100 * MILLION, "50000"),
    INT("retrain.batch_g", retrain.batch_g, 1, 4096, "128"),
    INT("retrain.batch_d", retrain.batch_d, 1, 4096, "64"),
    INT("retrain.critic_steps", retrain.critic_steps, 1, 1000, "5"),
    NUMBER("retrain.ema", retrain.ema, 0, 1, KEY_BELOW, "0.999"),
    RETRAIN_KEYS("\"hinge\"", "2e-4", "[0, 0.9]"),
    TUPLE("retrain.channels", retrain_channels, KEY_NULL, "null"),
    EVERY_KEYS,
    KERNELS_KEY,
    {0}};
/* clang-format on */

static const struct key_hint hints[] = {
    {"a residual generator has no mapping network", {"generator.style", "generator.mapping_layers", "retrain.w_decay"}},
    {"a residual generator has generator.channels",
     {"generator.channel_base", "generator.channel_max", "generator.channel_divisor"}},
    {"each edge of a residual generator has an alpha of its own", {"generator.paradigm"}},
    {"a residual generator has one latent, at its input", {"generator.dynamic_latents"}},
    {"an sngan discriminator has discriminator.channels",
     {"discriminator.channel_base", "discriminator.channel_max", "discriminator.channel_divisor"}},
    {"a residual network is scaled by retrain.channels ([G, D])", {"retrain.channel_divisor"}},
    {"a residual retraining has retrain.iterations, its generator steps", {"retrain.kimg"}},
    {"a residual retraining has retrain.ema, the decay of a step", {"retrain.ema_kimg"}},
    {"a residual retraining takes batch_g and batch_d pictures at once", {"retrain.accumulate"}},
    {"a residual retraining has no R1 penalty", {"retrain.r1_gamma", "retrain.r1_interval"}},
    {"a residual generator has no styles to mix", {"retrain.mixing"}},
    {"a residual genotype has ops alone", {"latents", "micro"}},
    {0}};

/* ---------------------------------------------------------------- what no single key can say */

/* Returns how many doublings lead from `base` to `size`, or 0 if that is not a number from 1 to SPEC_CELLS. */
static int doublings(int base, int size)
{
    for (int n = 1; n <= SPEC_CELLS; n++)
        if ((long long)base << n == size) return n;
    return 0;
}

static int check(struct spec *spec, const struct json *document, struct ag_error *err)
{
    int size = spec->image_size, fit = doublings(spec->base, size);
    if (!fit) {
        const struct json *at = key_place(document, "generator.base", "image.size");
        return json_error(err, at, JSON_AT_VALUE, NULL,
                          "no 1 to %d cells double generator.base %d to image.size %d; base %d would fit", SPEC_CELLS,
                          spec->base, size, size % 8 ? size / 4 : size / 8);
    }
    if (!spec->cells) spec->cells = fit;
    if (spec->cells != fit) {
        const struct json *at = key_place(document, "generator.cells", "image.size");
        return json_error(
            err, at, JSON_AT_VALUE, NULL,
            "generator.cells %d doubles generator.base %d to %d, but image.size %d takes %d (cells may be null)",
            spec->cells, spec->base, spec->base << spec->cells, size, fit);
    }
    int channels = spec->retrain.g_channels > spec->channels ? spec->retrain.g_channels : spec->channels;
    if ((long long)(channels + 31) * spec->base * spec->base * spec->latent > INT_MAX) {
        const struct json *at = key_place(document, "generator.base", "generator.channels");
        return json_error(err, at, JSON_AT_VALUE, NULL,
                          "%d channels, base %d and latent %d give the first layer more than 2^31 weights", channels,
                          spec->base, spec->latent);
    }
    return cell_check(&spec->cell, document, err);
}

/* ---------------------------------------------------------------- what a search decides */

int residual_edges(const struct spec *spec, struct gen_edge edge[SPEC_GENES])
{
    const struct cell *cell = &spec->cell;
    int count = 0;
    memset(edge, 0, SPEC_GENES * sizeof *edge);
    for (int c = 1; c <= spec->cells; c++) {
        for (int e = 0; e < cell->edges; e++) {
            const struct cell_edge *own = &cell->edge[e];
            struct gen_edge *to = &edge[count++];
            *to = (struct gen_edge){.cell = c,
                                    .from_cell = own->from ? c : 0,
                                    .from = own->from,
                                    .to = own->to,
                                    .up = own->up,
                                    .times = own->up};
            snprintf(to->name, sizeof to->name, "cell%d.%.40s", c, own->name);
        }
        for (int s = 0; cell->skip_from && s < c - 1; s++) {
            struct gen_edge *to = &edge[count++];
            *to = (struct gen_edge){.cell = c,
                                    .from_cell = s + 1,
                                    .from = cell->skip_from,
                                    .to = cell->skip_to,
                                    .up = 1,
                                    .times = c - 1 - s};
            snprintf(to->name, sizeof to->name, "cell%d.skip%d", c, s);
        }
    }
    return count;
}

static int places(const struct spec *spec, struct place place[SPEC_GENES])
{
    struct gen_edge edge[SPEC_GENES];
    int count = residual_edges(spec, edge);
    for (int i = 0; i < count; i++) {
        memcpy(place[i].name, edge[i].name, SPEC_NAME);
        place[i].up = edge[i].up;
    }
    return count;
}

/* ---------------------------------------------------------------- retraining */

static void constants(const struct spec *spec, struct constants *c)
{
    constant_whole(c, "AG_ITERATIONS", spec->retrain.iterations);
    constant_whole(c, "AG_CRITIC_STEPS", spec->retrain.critic_steps);
    constant_adam(c, "AG_WEIGHTS", spec->retrain.weights);
    constant_number(c, "AG_EMA", spec->retrain.ema);
}

/* Three cells are enough to have skips over one doubling and over two. */
static void shrink(struct spec *spec)
{
    enum { CELLS = 3, BASE = 2, G_CHANNELS = 5, D_CHANNELS = 8 };
    if (spec->cells > CELLS) spec->cells = CELLS;
    spec->base = BASE;
    spec->image_size = BASE << spec->cells;
    spec->channels = spec->retrain.g_channels = G_CHANNELS;
    spec->d_channels = spec->retrain.d_channels = D_CHANNELS;
}

const struct family family_residual = {
    .name = "residual",
    .keys = keys,
    .hints = hints,
    .check = check,
    .place = "edge",
    .places = places,
    .generator = residual_generator,
    .discriminator = &sngan,
    .bounded = 1,
    .retraining = "retrain",
    .constants = constants,
    .shrink = shrink,
};
