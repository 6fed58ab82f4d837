/* The search space of the StyleGAN2 family: its keys, the layers of its generator, its retraining. */
#include "stylegan2.h"
#include "key_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const paradigms[] = {"micro", "macro", NULL};

/* clang-format off */
static const struct key keys[] = {
    NAME("name", name),
    STEPS("image.size", image_size, 16, SPEC_LARGEST, 1, KEY_POWER, NULL),
    DATA_KEYS,
    GENERATOR_FAMILY,
    INT("generator.latent", latent, 1, 4096, "512"),
    INT("generator.style", style, 1, 4096, "512"),
    INT("generator.mapping_layers", mapping_layers, 1, SPEC_LATENTS, "8"),
    INT("generator.channel_base", channel_base, 1, MILLION, "32768"),
    INT("generator.channel_max", channel_max, 1, 4096, "512"),
    INT("generator.channel_divisor", channel_divisor, 1, 4096, "8"),
    POOL("generator.normal", normal, CANDIDATE_CONV_1X1, CANDIDATE_CONV_5X5, "[\"conv_1x1\", \"conv_3x3\", \"conv_5x5\"]"),
    POOL("generator.up", up, CANDIDATE_DECONV, CANDIDATE_BILINEAR_CONV, "[\"deconv\", \"nearest_conv\", \"bilinear_conv\"]"),
    CHOICE("generator.paradigm", macro, paradigms, "\"micro\""),
    BOOL("generator.dynamic_latents", dynamic_latents, "false"),
    DISCRIMINATOR_FAMILY,
    INT("discriminator.channel_base", d_channel_base, 1, MILLION, "32768"),
    INT("discriminator.channel_max", d_channel_max, 1, 4096, "512"),
    INT("discriminator.channel_divisor", d_channel_divisor, 1, 4096, "8"),
    SEARCH_KEYS("500", "5", "2"),
    INT("retrain.kimg", retrain.kimg, 1, MILLION, "15000"),
    STEPS("retrain.batch_g", retrain.batch_g, 1, 4096, 1, KEY_NULL, "null"), /* null: the paper's for this size */
    STEPS("retrain.batch_d", retrain.batch_d, 1, 4096, 1, KEY_NULL, "null"), /* null: likewise */
    STEPS("retrain.accumulate", retrain.accumulate, 1, 4096, 1, KEY_NULL, "null"), /* null: likewise */
    NUMBER("retrain.r1_gamma", retrain.r1_gamma, 0, MILLION, 0, "10"),
    INT("retrain.r1_interval", retrain.r1_interval, 0, MILLION, "16"),
    NUMBER("retrain.mixing", retrain.mixing, 0, 1, 0, "0.9"),
    NUMBER("retrain.ema_kimg", retrain.ema_kimg, 0, MILLION, KEY_ABOVE, "10"),
    NUMBER("retrain.w_decay", retrain.w_decay, 0, 1, KEY_BELOW, "0.995"),
    INT("retrain.channel_divisor", retrain.channel_divisor, 1, 4096, "1"),
    RETRAIN_KEYS("\"logistic\"", "0.002", "[0, 0.99]"),
    EVERY_KEYS,
    KERNELS_KEY,
    {0}};
/* clang-format on */

static const struct key_hint hints[] = {
    {"a stylegan2 generator has channel_base, channel_max, channel_divisor", {"generator.channels"}},
    {"a stylegan2 generator begins at 4 pixels", {"generator.base"}},
    {"the layers of a stylegan2 generator follow from image.size", {"generator.cells", "generator.cell"}},
    {"a stylegan2 discriminator has channel_base, channel_max, channel_divisor", {"discriminator.channels"}},
    {"a stylegan2 retraining has retrain.kimg, its thousands of pictures", {"retrain.iterations"}},
    {"a stylegan2 retraining takes one D step a G step", {"retrain.critic_steps"}},
    {"a stylegan2 retraining has retrain.ema_kimg, a half-life in thousand pictures", {"retrain.ema"}},
    {"a stylegan2 network is scaled by retrain.channel_divisor", {"retrain.channels"}},
    {0}};

static int check_batch(const char *path, int batch, const struct json *document, struct ag_error *err)
{
    if (batch <= 4 || batch % 4 == 0) return 0;
    return json_error(err, key_place(document, path, path), JSON_AT_VALUE, NULL,
                      "must be at most 4 or a multiple of 4, not %d: the discriminator's minibatch standard deviation "
                      "takes groups of 4",
                      batch);
}

static int check(struct spec *spec, const struct json *document, struct ag_error *err)
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

/* ---------------------------------------------------------------- what a search decides */

int stylegan2_layers(const struct spec *spec, struct layer layer[SPEC_GENES])
{
    int count = 0;
    memset(layer, 0, SPEC_GENES * sizeof *layer);
    for (int resolution = 4; resolution <= spec->image_size; resolution *= 2)
        for (int up = resolution > 4; up >= 0; up--) {
            struct layer *to = &layer[count++];
            *to = (struct layer){.up = up, .resolution = resolution};
            snprintf(to->name, sizeof to->name, "b%d.%s", resolution, up ? "up" : "normal");
        }
    return count;
}

void stylegan2_last_rgb(const struct spec *spec, char name[SPEC_NAME])
{
    snprintf(name, SPEC_NAME, "b%d.rgb", spec->image_size);
}

static int places(const struct spec *spec, struct place place[SPEC_GENES])
{
    struct layer layer[SPEC_GENES];
    int count = stylegan2_layers(spec, layer);
    for (int i = 0; i < count; i++) {
        memcpy(place[i].name, layer[i].name, SPEC_NAME);
        place[i].up = layer[i].up;
    }
    return count;
}

static void add_choice(struct choice *choice, const char *name, const char *suffix, int up, int latents)
{
    *choice = (struct choice){.up = up, .latents = latents};
    snprintf(choice->name, sizeof choice->name, "%.48s%s", name, suffix);
}

/* An operation for each layer (macro), or for each kind of layer (micro). With dynamic latents then a latent for each
 * layer and for the last tRGB. */
static int choices(const struct spec *spec, struct choice choice[SPEC_GENES])
{
    struct layer layer[SPEC_GENES];
    int layers = stylegan2_layers(spec, layer), count = 0;
    for (int i = 0; spec->macro && i < layers; i++) add_choice(&choice[count++], layer[i].name, "", layer[i].up, 0);
    for (int up = 0; !spec->macro && up < 2; up++) add_choice(&choice[count++], up ? "up" : "normal", "", up, 0);
    if (!spec->dynamic_latents) return count;
    for (int i = 0; i < layers; i++) add_choice(&choice[count++], layer[i].name, ".w", 0, spec->mapping_layers);
    char rgb[SPEC_NAME];
    stylegan2_last_rgb(spec, rgb);
    add_choice(&choice[count++], rgb, ".w", 0, spec->mapping_layers);
    return count;
}

/* ---------------------------------------------------------------- retraining */

/* AG_STEPS follows from the number of pictures. After R1_INTERVAL steps on its loss D takes one step on R1. Adam's rate
 * and moments for D are corrected so that these R1_INTERVAL + 1 steps count as R1_INTERVAL (lazy regularisation,
 * appendix B of StyleGAN2). */
static void constants(const struct spec *spec, struct constants *c)
{
    const long pictures = (long)spec->retrain.batch_g * spec->retrain.accumulate, interval = spec->retrain.r1_interval;
    const double correction = interval ? (double)interval / (double)(interval + 1) : 1;
    struct adam a = spec->retrain.weights;
    constant_whole(c, "AG_STEPS", (1000L * spec->retrain.kimg + pictures - 1) / pictures);
    constant_whole(c, "AG_ACCUMULATE", spec->retrain.accumulate);
    constant_whole(c, "AG_R1_INTERVAL", interval);
    constant_number(c, "AG_MIXING", spec->retrain.mixing);
    constant_adam(c, "AG_G", a);
    a.lr *= correction;
    a.beta1 = pow(a.beta1, correction);
    a.beta2 = pow(a.beta2, correction);
    constant_adam(c, "AG_D", a);
    constant_number(c, "AG_EMA", pow(0.5, (double)pictures / (1000 * spec->retrain.ema_kimg)));
    constant_whole(c, "AG_SAMPLES", spec->image_size <= 128 ? 64 : 16);
}

/* 6 channels at 4 and 8 pixels, 4 at 16. */
static void shrink(struct spec *spec)
{
    enum { SIZE = 16 };
    spec->style = spec->latent;
    spec->image_size = SIZE;
    spec->channel_base = spec->d_channel_base = 4 * SIZE;
    spec->channel_max = spec->d_channel_max = 6;
    spec->channel_divisor = spec->d_channel_divisor = spec->retrain.channel_divisor = 1;
}

static const char *const layer_parts[] = {"affine", "rgb", NULL};

const struct family family_stylegan2 = {
    .name = "stylegan2",
    .keys = keys,
    .hints = hints,
    .check = check,
    .place = "layer",
    .places = places,
    .choices = choices,
    .last_latent = stylegan2_last_rgb,
    .moves = 1,
    .generator = stylegan2_generator,
    .discriminator = &stylegan2_discriminator,
    .styles = 1,
    .noise = 1,
    .retraining = "retrain_stylegan2",
    .constants = constants,
    .shrink = shrink,
    .layer_parts = layer_parts,
};
