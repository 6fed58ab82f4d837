/* The keys of every family, with their ranges and the paper's defaults. */
#include "keys.h"

#include <limits.h>

#define AT(field) offsetof(struct spec, field)
#define MILLION   1e6

_Static_assert(sizeof(enum loss) == sizeof(int) && sizeof(enum bar_updates) == sizeof(int), "KEY_CHOICE stores an int");

static const char *const formats[] = {"cifar10", "stl10", "images", "zip", "shapes", NULL};
static const char *const crops[] = {"none", "center", NULL};
static const char *const losses[] = {"hinge", "logistic", "wgan", NULL};
static const char *const bar_updates[] = {"weights", "alpha", "both", NULL};
static const char *const arch_data[] = {"validation", "both", NULL};
static const char *const decays[] = {"none", "linear", NULL};
static const char *const paradigms[] = {"micro", "macro", NULL};
static const char *const residual[] = {"residual", "residual"};
static const char *const sngan[] = {"sngan", "residual"};
static const char *const stylegan2[] = {"stylegan2", "stylegan2"};

/* clang-format off */
#define NAME(path, field) {path, KEY_NAME, AT(field), 0, 0, 0, 0, NULL, NULL, NULL}
#define PATH(path, field, fallback) {path, KEY_PATH, AT(field), 0, 0, 0, 0, NULL, NULL, fallback}
#define INT(path, field, lo, hi, fallback) {path, KEY_INT, AT(field), lo, hi, 1, 0, NULL, NULL, fallback}
#define STEPS(path, field, lo, hi, step, flags, fallback) {path, KEY_INT, AT(field), lo, hi, step, flags, NULL, NULL, fallback}
#define NUMBER(path, field, lo, hi, flags, fallback) {path, KEY_NUMBER, AT(field), lo, hi, 0, flags, NULL, NULL, fallback}
#define WORD(path, field, words) {path, KEY_WORD, AT(field), 0, 0, 0, 0, words, NULL, NULL}
#define FAMILY(path, words) {path, KEY_FAMILY, 0, 0, 0, 0, 0, words, NULL, NULL}
#define CHOICE(path, field, words, fallback) {path, KEY_CHOICE, AT(field), 0, 0, 0, 0, words, NULL, fallback}
#define BOOL(path, field, fallback) {path, KEY_BOOL, AT(field), 0, 0, 0, 0, NULL, NULL, fallback}
#define POOL(path, field, first, last, fallback) {path, KEY_POOL, AT(field), first, last, 0, 0, NULL, NULL, fallback}
#define TUPLE(path, items, flags, fallback) {path, KEY_TUPLE, 0, 0, 0, 0, flags, NULL, items, fallback}
#define FOREIGN(path, instead) {path, KEY_FOREIGN, 0, 0, 0, 0, 0, NULL, NULL, instead}

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

/* What families have in common: the set of pictures; the search, with its K, R and batch; what a retraining has. */
#define DATA_KEYS \
    STEPS("image.channels", image_channels, 1, 3, 2, 0, "3"), \
    WORD("data.format", data_format, formats), \
    PATH("data.path", data_path, "\"\""), \
    CHOICE("data.crop", data_center_crop, crops, "\"none\"")
#define SEARCH_KEYS(K, R, B) \
    INT("search.iterations", search.iterations, 1, MILLION, K), \
    INT("search.weight_steps", search.weight_steps, 1, MILLION, "20"), \
    INT("search.bar_steps", search.bar_steps, 0, MILLION, R), \
    INT("search.arch_steps", search.arch_steps, 0, MILLION, "20"), \
    INT("search.batch", search.batch, 1, 4096, B), \
    NUMBER("search.split", search.split, 0, 1, KEY_ABOVE | KEY_BELOW, "0.5"), \
    CHOICE("search.loss", search.loss, losses, "\"hinge\""), \
    INT("search.critic_steps", search.critic_steps, 1, 1000, "1"), \
    NUMBER("search.weights.lr", search.weights.lr, 0, 1, 0, "2e-4"), \
    TUPLE("search.weights.betas", search_betas, 0, "[0, 0.999]"), \
    NUMBER("search.arch.lr", search.arch.lr, 0, 1, 0, "3e-4"), \
    TUPLE("search.arch.betas", arch_betas, 0, "[0.5, 0.999]"), \
    NUMBER("search.arch.weight_decay", search.arch.weight_decay, 0, 1, 0, "1e-3"), \
    CHOICE("search.bar_updates", search.bar_updates, bar_updates, "\"weights\""), \
    CHOICE("search.arch_data", search.arch_both, arch_data, "\"validation\""), \
    NUMBER("search.gumbel_tau", search.gumbel_tau, 1e-6, 1e6, KEY_NULL, "null"), \
    NUMBER("search.warmup", search.warmup, 0, 1, 0, "0"), \
    TUPLE("search.bar_lr_decay", bar_decay, KEY_NULL, "null")
#define RETRAIN_KEYS(LOSS, RATE, MOMENTS) \
    CHOICE("retrain.loss", retrain.loss, losses, LOSS), \
    NUMBER("retrain.weights.lr", retrain.weights.lr, 0, 1, 0, RATE), \
    TUPLE("retrain.weights.betas", retrain_betas, 0, MOMENTS), \
    CHOICE("retrain.lr_decay", retrain.linear_decay, decays, "\"none\"")
#define EVERY_KEYS \
    INT("retrain.checkpoint_every", retrain.checkpoint_every, 1, 100 * MILLION, "500"), \
    INT("retrain.sample_every", retrain.sample_every, 1, 100 * MILLION, "500"), \
    STEPS("retrain.keep_every", retrain.keep_every, 0, 100 * MILLION, 1, KEY_OFF, "0")

#define OF_STYLEGAN2 "belongs to the family stylegan2; "
static const struct key residual_keys[] = {
    NAME("name", name),
    STEPS("image.size", image_size, 8, SPEC_LARGEST, 4, 0, NULL), /* the discriminator halves it twice */
    DATA_KEYS,
    FAMILY("generator.family", residual),
    INT("generator.latent", latent, 1, 4096, "128"),
    INT("generator.channels", channels, 1, 4096, "256"),
    INT("generator.base", base, 1, 512, "4"),
    STEPS("generator.cells", cells, 1, SPEC_CELLS, 1, KEY_NULL, "null"), /* what base and size ask for */
    POOL("generator.normal", normal, OP_CONV_1X1, OP_SEP_CONV_7X7,
         "[\"conv_1x1\", \"conv_3x3\", \"conv_5x5\", \"sep_conv_3x3\", \"sep_conv_5x5\", \"sep_conv_7x7\"]"),
    POOL("generator.up", up, OP_NEAREST, OP_BILINEAR_CONV, "[\"deconv\", \"nearest\", \"bilinear\"]"),
    {"generator.cell.edges", KEY_EDGES, AT(cell), 0, 0, 0, 0, NULL, NULL,
     "[[\"up0\", \"in\", 1, \"up\"], [\"up1\", \"in\", 3, \"up\"], [\"normal0\", 1, 2, \"normal\"],"
     " [\"normal1\", 2, 4, \"normal\"], [\"normal2\", 3, 4, \"normal\"]]"},
    INT("generator.cell.output", cell.output, 1, SPEC_NODES - 1, "4"),
    TUPLE("generator.cell.skip", skip_nodes, KEY_NULL, "[1, 4]"),
    FOREIGN("generator.style", OF_STYLEGAN2 "a residual generator has no mapping network"),
    FOREIGN("generator.mapping_layers", OF_STYLEGAN2 "a residual generator has no mapping network"),
    FOREIGN("generator.channel_base", OF_STYLEGAN2 "a residual generator has generator.channels"),
    FOREIGN("generator.channel_max", OF_STYLEGAN2 "a residual generator has generator.channels"),
    FOREIGN("generator.channel_divisor", OF_STYLEGAN2 "a residual generator has generator.channels"),
    FOREIGN("generator.paradigm", OF_STYLEGAN2 "each edge of a residual generator has an alpha of its own"),
    FOREIGN("generator.dynamic_latents", OF_STYLEGAN2 "a residual generator has one latent, at its input"),
    FAMILY("discriminator.family", sngan),
    INT("discriminator.channels", d_channels, 1, 4096, "128"),
    FOREIGN("discriminator.channel_base", OF_STYLEGAN2 "an sngan discriminator has discriminator.channels"),
    FOREIGN("discriminator.channel_max", OF_STYLEGAN2 "an sngan discriminator has discriminator.channels"),
    FOREIGN("discriminator.channel_divisor", OF_STYLEGAN2 "an sngan discriminator has discriminator.channels"),
    SEARCH_KEYS("100", "20", "64"),
    INT("retrain.iterations", retrain.iterations, 1, 100 * MILLION, "50000"),
    INT("retrain.batch_g", retrain.batch_g, 1, 4096, "128"),
    INT("retrain.batch_d", retrain.batch_d, 1, 4096, "64"),
    INT("retrain.critic_steps", retrain.critic_steps, 1, 1000, "5"),
    NUMBER("retrain.ema", retrain.ema, 0, 1, KEY_BELOW, "0.999"),
    RETRAIN_KEYS("\"hinge\"", "2e-4", "[0, 0.9]"),
    TUPLE("retrain.channels", retrain_channels, KEY_NULL, "null"),
    EVERY_KEYS,
    FOREIGN("retrain.channel_divisor", OF_STYLEGAN2 "a residual network is scaled by retrain.channels ([G, D])"),
    FOREIGN("retrain.kimg", OF_STYLEGAN2 "a residual retraining has retrain.iterations, its generator steps"),
    FOREIGN("retrain.ema_kimg", OF_STYLEGAN2 "a residual retraining has retrain.ema, the decay of a step"),
    FOREIGN("retrain.accumulate", OF_STYLEGAN2 "a residual retraining takes batch_g and batch_d pictures at once"),
    FOREIGN("retrain.r1_gamma", OF_STYLEGAN2 "a residual retraining has no R1 penalty"),
    FOREIGN("retrain.r1_interval", OF_STYLEGAN2 "a residual retraining has no R1 penalty"),
    FOREIGN("retrain.mixing", OF_STYLEGAN2 "a residual generator has no styles to mix"),
    FOREIGN("retrain.w_decay", OF_STYLEGAN2 "a residual generator has no mapping network"),
    {0}};

#define OF_RESIDUAL "belongs to the family residual; "
static const struct key stylegan2_keys[] = {
    NAME("name", name),
    STEPS("image.size", image_size, 16, SPEC_LARGEST, 1, KEY_POWER, NULL),
    DATA_KEYS,
    FAMILY("generator.family", stylegan2),
    INT("generator.latent", latent, 1, 4096, "512"),
    INT("generator.style", style, 1, 4096, "512"),
    INT("generator.mapping_layers", mapping_layers, 1, SPEC_LATENTS, "8"),
    INT("generator.channel_base", channel_base, 1, MILLION, "32768"),
    INT("generator.channel_max", channel_max, 1, 4096, "512"),
    INT("generator.channel_divisor", channel_divisor, 1, 4096, "8"),
    POOL("generator.normal", normal, OP_CONV_1X1, OP_CONV_5X5, "[\"conv_1x1\", \"conv_3x3\", \"conv_5x5\"]"),
    POOL("generator.up", up, OP_DECONV, OP_BILINEAR_CONV, "[\"deconv\", \"nearest_conv\", \"bilinear_conv\"]"),
    CHOICE("generator.paradigm", macro, paradigms, "\"micro\""),
    BOOL("generator.dynamic_latents", dynamic_latents, "false"),
    FOREIGN("generator.channels", OF_RESIDUAL "a stylegan2 generator has channel_base, channel_max, channel_divisor"),
    FOREIGN("generator.base", OF_RESIDUAL "a stylegan2 generator begins at 4 pixels"),
    FOREIGN("generator.cells", OF_RESIDUAL "the layers of a stylegan2 generator follow from image.size"),
    FOREIGN("generator.cell", OF_RESIDUAL "the layers of a stylegan2 generator follow from image.size"),
    FAMILY("discriminator.family", stylegan2),
    INT("discriminator.channel_base", d_channel_base, 1, MILLION, "32768"),
    INT("discriminator.channel_max", d_channel_max, 1, 4096, "512"),
    INT("discriminator.channel_divisor", d_channel_divisor, 1, 4096, "8"),
    FOREIGN("discriminator.channels",
            OF_RESIDUAL "a stylegan2 discriminator has channel_base, channel_max, channel_divisor"),
    SEARCH_KEYS("500", "5", "2"),
    INT("retrain.kimg", retrain.kimg, 1, MILLION, "15000"),
    STEPS("retrain.batch_g", retrain.batch_g, 1, 4096, 1, KEY_NULL, "null"), /* the paper's for this image.size … */
    STEPS("retrain.batch_d", retrain.batch_d, 1, 4096, 1, KEY_NULL, "null"), /* … and this … */
    STEPS("retrain.accumulate", retrain.accumulate, 1, 4096, 1, KEY_NULL, "null"), /* … and this */
    NUMBER("retrain.r1_gamma", retrain.r1_gamma, 0, MILLION, 0, "10"),
    INT("retrain.r1_interval", retrain.r1_interval, 0, MILLION, "16"),
    NUMBER("retrain.mixing", retrain.mixing, 0, 1, 0, "0.9"),
    NUMBER("retrain.ema_kimg", retrain.ema_kimg, 0, MILLION, KEY_ABOVE, "10"),
    NUMBER("retrain.w_decay", retrain.w_decay, 0, 1, KEY_BELOW, "0.995"),
    INT("retrain.channel_divisor", retrain.channel_divisor, 1, 4096, "1"),
    RETRAIN_KEYS("\"logistic\"", "0.002", "[0, 0.99]"),
    EVERY_KEYS,
    FOREIGN("retrain.iterations", OF_RESIDUAL "a stylegan2 retraining has retrain.kimg, its thousands of pictures"),
    FOREIGN("retrain.critic_steps", OF_RESIDUAL "a stylegan2 retraining takes one D step a G step"),
    FOREIGN("retrain.ema", OF_RESIDUAL "a stylegan2 retraining has retrain.ema_kimg, a half-life in thousand pictures"),
    FOREIGN("retrain.channels", OF_RESIDUAL "a stylegan2 network is scaled by retrain.channel_divisor"),
    {0}};
/* clang-format on */

_Static_assert(sizeof residual_keys / sizeof *residual_keys <= SPEC_KEYS &&
                   sizeof stylegan2_keys / sizeof *stylegan2_keys <= SPEC_KEYS,
               "SPEC_KEYS is too small");

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

static int check_batch(const char *path, int batch, const struct json *document, struct message *err)
{
    if (batch <= 4 || batch % 4 == 0) return 0;
    return json_error(err, written(document, path, path), JSON_AT_VALUE, NULL,
                      "must be at most 4 or a multiple of 4, not %d: the discriminator's minibatch standard deviation "
                      "takes groups of 4",
                      batch);
}

static int stylegan2_check(struct spec *spec, const struct json *document, struct message *err)
{
    int large = spec->image_size == 1024;
    if (!spec->retrain.batch_g) spec->retrain.batch_g = large ? 4 : 8;
    if (!spec->retrain.batch_d) spec->retrain.batch_d = large ? 4 : 8;
    if (!spec->retrain.accumulate) spec->retrain.accumulate = large ? 8 : 4;
    spec->retrain.critic_steps = 1;
    if (check_batch("search.batch", spec->search.batch, document, err)) return 2;
    if (check_batch("retrain.batch_g", spec->retrain.batch_g, document, err)) return 2;
    return check_batch("retrain.batch_d", spec->retrain.batch_d, document, err);
}

const struct family_keys spec_families[] = {
    {"residual", residual_keys, residual_check}, {"stylegan2", stylegan2_keys, stylegan2_check}, {0}};
