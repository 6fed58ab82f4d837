/* The keys of every family, with their ranges and the paper's defaults. */
#include "spec_keys.h"

#include <limits.h>

#define AT(field) offsetof(struct spec, field)
#define MILLION   1e6

_Static_assert(sizeof(enum loss) == sizeof(int) && sizeof(enum bar_updates) == sizeof(int), "KEY_CHOICE stores an int");

static const char *const formats[] = {"cifar10", "stl10", "images", "shapes", NULL};
static const char *const crops[] = {"none", "center", NULL};
static const char *const losses[] = {"hinge", "logistic", "wgan", NULL};
static const char *const bar_updates[] = {"weights", "alpha", "both", NULL};
static const char *const arch_data[] = {"validation", "both", NULL};
static const char *const decays[] = {"none", "linear", NULL};
static const char *const residual[] = {"residual", NULL};
static const char *const sngan[] = {"sngan", NULL};

/* clang-format off */
#define INT(path, field, lo, hi, fallback) {path, KEY_INT, AT(field), lo, hi, 1, 0, NULL, NULL, fallback}
#define NUMBER(path, field, lo, hi, flags, fallback) {path, KEY_NUMBER, AT(field), lo, hi, 0, flags, NULL, NULL, fallback}
#define WORD(path, field, words) {path, KEY_WORD, AT(field), 0, 0, 0, 0, words, NULL, NULL}
#define FAMILY(path, words) {path, KEY_FAMILY, 0, 0, 0, 0, 0, words, NULL, NULL}
#define CHOICE(path, field, words, fallback) {path, KEY_CHOICE, AT(field), 0, 0, 0, 0, words, NULL, fallback}
#define POOL(path, field, first, last, fallback) {path, KEY_POOL, AT(field), first, last, 0, 0, NULL, NULL, fallback}
#define TUPLE(path, items, flags, fallback) {path, KEY_TUPLE, 0, 0, 0, 0, flags, NULL, items, fallback}

#define BETAS(name, adam) \
    static const struct key name[] = { \
        NUMBER("beta1", adam.beta1, 0, 1, KEY_BELOW, NULL), \
        NUMBER("beta2", adam.beta2, 0, 1, KEY_BELOW, NULL), \
        {0}}
BETAS(search_betas, search.weights);
BETAS(arch_betas, search.arch);
BETAS(retrain_betas, retrain.weights);

static const struct key skip_nodes[] = {
    INT("from", cell.skip_from, 1, SPEC_NODES - 1, NULL),
    INT("to", cell.skip_to, 1, SPEC_NODES - 1, NULL),
    {0}};
static const struct key bar_decay[] = {
    INT("iteration", search.bar_decay_after, 1, MILLION, NULL),
    NUMBER("factor", search.bar_decay, 0, 1, KEY_ABOVE, NULL),
    {0}};
static const struct key retrain_channels[] = {
    INT("G", retrain.g_channels, 1, 4096, NULL),
    INT("D", retrain.d_channels, 1, 4096, NULL),
    {0}};

static const struct key residual_keys[] = {
    {"name", KEY_NAME, AT(name), 0, 0, 0, 0, NULL, NULL, NULL},
    {"image.size", KEY_INT, AT(image_size), 8, 1024, 4, 0, NULL, NULL, NULL}, /* the discriminator halves it twice */
    {"image.channels", KEY_INT, AT(image_channels), 1, 3, 2, 0, NULL, NULL, "3"},
    WORD("data.format", data_format, formats),
    {"data.path", KEY_PATH, AT(data_path), 0, 0, 0, 0, NULL, NULL, "\"\""},
    CHOICE("data.crop", data_center_crop, crops, "\"none\""),
    FAMILY("generator.family", residual),
    INT("generator.latent", latent, 1, 4096, "128"),
    INT("generator.channels", channels, 1, 4096, "256"),
    INT("generator.base", base, 1, 512, "4"),
    {"generator.cells", KEY_INT, AT(cells), 1, SPEC_CELLS, 1, KEY_NULL, NULL, NULL, "null"}, /* what base and size ask for */
    POOL("generator.normal", normal, OP_CONV_1X1, OP_SEP_CONV_7X7,
         "[\"conv_1x1\", \"conv_3x3\", \"conv_5x5\", \"sep_conv_3x3\", \"sep_conv_5x5\", \"sep_conv_7x7\"]"),
    POOL("generator.up", up, OP_DECONV, OP_BILINEAR_CONV, "[\"deconv\", \"nearest\", \"bilinear\"]"),
    {"generator.cell.edges", KEY_EDGES, AT(cell), 0, 0, 0, 0, NULL, NULL,
     "[[\"up0\", \"in\", 1, \"up\"], [\"up1\", \"in\", 3, \"up\"], [\"normal0\", 1, 2, \"normal\"],"
     " [\"normal1\", 2, 4, \"normal\"], [\"normal2\", 3, 4, \"normal\"]]"},
    INT("generator.cell.output", cell.output, 1, SPEC_NODES - 1, "4"),
    TUPLE("generator.cell.skip", skip_nodes, KEY_NULL, "[1, 4]"),
    FAMILY("discriminator.family", sngan),
    INT("discriminator.channels", d_channels, 1, 4096, "128"),
    INT("search.iterations", search.iterations, 1, MILLION, "100"),
    INT("search.weight_steps", search.weight_steps, 1, MILLION, "20"),
    INT("search.bar_steps", search.bar_steps, 0, MILLION, "20"),
    INT("search.arch_steps", search.arch_steps, 0, MILLION, "20"),
    INT("search.batch", search.batch, 1, 4096, "64"),
    NUMBER("search.split", search.split, 0, 1, KEY_ABOVE | KEY_BELOW, "0.5"),
    CHOICE("search.loss", search.loss, losses, "\"hinge\""),
    INT("search.critic_steps", search.critic_steps, 1, 1000, "1"),
    NUMBER("search.weights.lr", search.weights.lr, 0, 1, 0, "2e-4"),
    TUPLE("search.weights.betas", search_betas, 0, "[0, 0.999]"),
    NUMBER("search.arch.lr", search.arch.lr, 0, 1, 0, "3e-4"),
    TUPLE("search.arch.betas", arch_betas, 0, "[0.5, 0.999]"),
    NUMBER("search.arch.weight_decay", search.arch.weight_decay, 0, 1, 0, "1e-3"),
    CHOICE("search.bar_updates", search.bar_updates, bar_updates, "\"weights\""),
    CHOICE("search.arch_data", search.arch_both, arch_data, "\"validation\""),
    NUMBER("search.gumbel_tau", search.gumbel_tau, 1e-6, 1e6, KEY_NULL, "null"),
    NUMBER("search.warmup", search.warmup, 0, 1, 0, "0"),
    TUPLE("search.bar_lr_decay", bar_decay, KEY_NULL, "null"),
    INT("retrain.iterations", retrain.iterations, 1, 100 * MILLION, "50000"),
    INT("retrain.batch_g", retrain.batch_g, 1, 4096, "128"),
    INT("retrain.batch_d", retrain.batch_d, 1, 4096, "64"),
    INT("retrain.critic_steps", retrain.critic_steps, 1, 1000, "5"),
    NUMBER("retrain.ema", retrain.ema, 0, 1, KEY_BELOW, "0.999"),
    CHOICE("retrain.loss", retrain.loss, losses, "\"hinge\""),
    NUMBER("retrain.weights.lr", retrain.weights.lr, 0, 1, 0, "2e-4"),
    TUPLE("retrain.weights.betas", retrain_betas, 0, "[0, 0.9]"),
    CHOICE("retrain.lr_decay", retrain.linear_decay, decays, "\"none\""),
    TUPLE("retrain.channels", retrain_channels, KEY_NULL, "null"),
    INT("retrain.checkpoint_every", retrain.checkpoint_every, 1, 100 * MILLION, "500"),
    INT("retrain.sample_every", retrain.sample_every, 1, 100 * MILLION, "500"),
    {"retrain.channel_divisor", KEY_FOREIGN, 0, 0, 0, 0, 0, NULL, NULL,
     "belongs to another family; a residual network is scaled by retrain.channels ([G, D])"},
    {0}};
/* clang-format on */

_Static_assert(sizeof residual_keys / sizeof *residual_keys <= SPEC_KEYS, "SPEC_KEYS is too small");

/* The doublings from `base` to `size`, or 0 if there is no such number in 1..SPEC_CELLS. */
static int doublings(int base, int size)
{
    for (int n = 1; n <= SPEC_CELLS; n++)
        if ((long long)base << n == size) return n;
    return 0;
}

/* The place to complain about when two keys don't fit together: the one that --set gave, or the first that is there. */
static const struct json *written(const struct json *document, const char *path, const char *other)
{
    const struct json *value = json_find(document, path), *second = json_find(document, other);
    if (!value || (second && second->source->set)) value = second;
    return value ? value : document;
}

static int residual_check(struct spec *spec, const struct json *document, struct message *err)
{
    int size = spec->image_size, fit = doublings(spec->base, size);
    if (!fit) {
        const struct json *at = written(document, "generator.base", "image.size");
        return json_error(err, at, JSON_AT_VALUE, NULL,
                          "no 1 to %d cells double generator.base %d to image.size %d; base %d would fit", SPEC_CELLS,
                          spec->base, size, size % 8 ? size / 4 : size / 8);
    }
    if (!spec->cells) spec->cells = fit;
    if (spec->cells != fit) {
        const struct json *at = written(document, "generator.cells", "image.size");
        return json_error(
            err, at, JSON_AT_VALUE, NULL,
            "generator.cells %d doubles generator.base %d to %d, but image.size %d takes %d (cells may be null)",
            spec->cells, spec->base, spec->base << spec->cells, size, fit);
    }
    int channels = spec->retrain.g_channels > spec->channels ? spec->retrain.g_channels : spec->channels;
    if ((long long)(channels + 31) * spec->base * spec->base * spec->latent > INT_MAX) {
        const struct json *at = written(document, "generator.base", "generator.channels");
        return json_error(err, at, JSON_AT_VALUE, NULL,
                          "%d channels, base %d and latent %d give the first layer more than 2^31 weights", channels,
                          spec->base, spec->latent);
    }
    return cell_check(&spec->cell, document, err);
}

const struct family_keys spec_families[] = {{"residual", residual_keys, residual_check}, {0}};
