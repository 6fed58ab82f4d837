/*
 * A program as aggen would emit it, small enough to be written by hand: G is a mixture of three linear maps of z, D one
 * linear score of all pixels with something like spectral norm. With it the host programs are tested without the
 * generator. TOY_RETRAIN or TOY_GENERATE: the derived program; else the search, with TOY_GUMBEL also with noise on
 * alpha. The environment's TOY_DELAY: microseconds that a phase takes longer, to leave time for a kill; TOY_DEAD:
 * losses are the same whatever the networks see ("losses"), or pictures ("pictures"), or losses are no numbers ("nan").
 */
#define _DEFAULT_SOURCE
#include "ag.h"
#include "ag_math.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(TOY_RETRAIN) || defined(TOY_GENERATE)
enum { OPS = 1, BATCH_G = 8, BATCH_D = 4 };
#define STATISTICS 1
#else
enum { OPS = 3, BATCH_G = 8, BATCH_D = 8 };
#define STATISTICS 0
#endif
enum { SIDE = 8, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS, LATENT = 4, SAMPLE = 16 };
enum { MAP = PIXELS * LATENT, BIAS = OPS * MAP, D_BIAS = PIXELS, V = 16 };
/* inputs and outputs, the same in all phases */
enum {
    IN_X = SAMPLE * LATENT,
    IN_Z2 = IN_X + SAMPLE * PIXELS,
    IN_NOISE = IN_Z2 + SAMPLE * LATENT,
    IN_SIZE = IN_NOISE + 32
};
enum {
    REAL = SAMPLE * PIXELS,
    FAKE = REAL + 16,
    LOSS = FAKE + 16,
    MINMAX = LOSS + 16,
    MAXMIN = MINMAX + 16,
    OUT_SIZE = MAXMIN + 16
};

/* ---------------------------------------------------------------- networks */

static void delay(void)
{
    const char *text = getenv("TOY_DELAY");
    if (text) usleep((useconds_t)atoi(text));
}

static int is_dead(const char *what)
{
    const char *text = getenv("TOY_DEAD");
    return text && !strcmp(text, what);
}

static void mixture(real *const block[], int noisy, real p[OPS])
{
    real sum = 0;
    for (int i = 0; i < OPS; i++) {
        real a = OPS > 1 ? block[AG_ALPHA][i] : 0;
#ifdef TOY_GUMBEL
        if (noisy) a = (a + block[AG_IN][IN_NOISE + i]) * (1 + block[AG_IN][IN_NOISE + 16]);
#endif
        (void)noisy;
        sum += p[i] = ag_exp(a);
    }
    for (int i = 0; i < OPS; i++) p[i] /= sum;
}

struct generator_pass {
    const real *g, *z, *p, *mean;
    real *fake;
};

static void generate_one(void *context, int n, int thread)
{
    const struct generator_pass *pass = context;
    const real *g = pass->g, *z = pass->z + n * LATENT;
    (void)thread;
    for (int k = 0; k < PIXELS; k++) {
        real y = g[BIAS + k] - (pass->mean ? pass->mean[k] / 10 : 0);
        for (int i = 0; i < OPS; i++)
            for (int l = 0; l < LATENT; l++) y += pass->p[i] * g[i * MAP + k * LATENT + l] * z[l];
        pass->fake[n * PIXELS + k] = y;
    }
}

static void generator(const real *g, const real *z, const real *p, const real *mean, int batch, real *fake)
{
    struct generator_pass pass = {g, z, p, mean, fake};
    delay();
    ag_parallel(batch, generate_one, &pass);
}

/* Scores [batch]; updates v and returns the factor of the scores. */
static real discriminator(const real *d, real *sn, const real *x, int batch, real *score)
{
    real *v = sn + V, length = 0, sigma = 0;
    for (int k = 0; k < PIXELS; k++) v[k] = v[k] / 2 + d[k], length += v[k] * v[k];
    length = ag_sqrt(length);
    for (int k = 0; k < PIXELS; k++) v[k] /= length, sigma += v[k] * d[k];
    sn[0] = sigma;
    for (int n = 0; n < batch; n++) {
        score[n] = d[D_BIAS];
        for (int k = 0; k < PIXELS; k++) score[n] += d[k] * x[n * PIXELS + k] / sigma;
    }
    return 1 / sigma;
}

static real relu(real x)
{
    return x > 0 ? x : 0;
}

static real hinge(const real *score_real, const real *score_fake, int batch)
{
    real loss = 0;
    for (int n = 0; n < batch; n++) loss += (relu(1 - score_real[n]) + relu(1 + score_fake[n])) / batch;
    return loss;
}

/* Gradients of the loss in G's weights and in alpha, either NULL, from that in each score and the factor of the scores.
 */
static void generator_gradient(real *const block[], const real *d, const real *p, const real *score, real factor,
                               int batch, real *weights, real *alpha)
{
    const real *g = block[AG_G], *z = block[AG_IN];
    real dp[OPS] = {0}, mean = 0;
    if (weights) memset(weights, 0, (BIAS + PIXELS) * sizeof *weights);
    for (int n = 0; n < batch; n++)
        for (int k = 0; k < PIXELS; k++) {
            real dy = score[n] * d[k] * factor;
            if (weights) weights[BIAS + k] += dy;
            for (int i = 0; i < OPS; i++)
                for (int l = 0; l < LATENT; l++) {
                    dp[i] += dy * g[i * MAP + k * LATENT + l] * z[n * LATENT + l];
                    if (weights) weights[i * MAP + k * LATENT + l] += dy * p[i] * z[n * LATENT + l];
                }
        }
    for (int i = 0; i < OPS; i++) mean += p[i] * dp[i];
    for (int i = 0; alpha && i < OPS; i++) alpha[i] = p[i] * (dp[i] - mean);
}

/* ---------------------------------------------------------------- phases */

/* Running statistics follow in the phases that train. */
static void track(real *const block[], int batch)
{
    if (!STATISTICS) return;
    for (int k = 0; k < PIXELS; k++) {
        real mean = 0;
        for (int n = 0; n < batch; n++) mean += block[AG_OUT][n * PIXELS + k] / batch;
        block[AG_STAT][k] = (real)0.9 * block[AG_STAT][k] + (real)0.1 * mean;
    }
}

static void forward_run(real *const block[AG_BLOCKS])
{
    real p[OPS];
    mixture(block, 0, p);
    generator(block[AG_G], block[AG_IN], p, 0, BATCH_G, block[AG_OUT]);
}

static void d_run(real *const block[AG_BLOCKS])
{
    real p[OPS], *out = block[AG_OUT], *gradient = block[AG_GRAD];
    const real *d = block[AG_D], *x = block[AG_IN] + IN_X;
    mixture(block, 1, p);
    generator(block[AG_G], block[AG_IN], p, 0, BATCH_D, out);
    track(block, BATCH_D);
    real r = discriminator(d, block[AG_SN], x, BATCH_D, out + REAL);
    real f = discriminator(d, block[AG_SN], out, BATCH_D, out + FAKE);
    if (is_dead("nan")) out[REAL] = -(real)1e38 * (real)1e38; /* and the loss infinite */
    out[LOSS] = is_dead("losses") ? 2 : hinge(out + REAL, out + FAKE, BATCH_D);
    memset(gradient, 0, (D_BIAS + 1) * sizeof *gradient);
    for (int n = 0; n < BATCH_D; n++) {
        real dr = out[REAL + n] < 1 ? -(real)1 / BATCH_D : 0, df = out[FAKE + n] > -1 ? (real)1 / BATCH_D : 0;
        gradient[D_BIAS] += dr + df;
        for (int k = 0; k < PIXELS; k++) gradient[k] += dr * r * x[n * PIXELS + k] + df * f * out[n * PIXELS + k];
    }
}

static void g_step(real *const block[AG_BLOCKS], real *weights, real *alpha)
{
    real p[OPS], *out = block[AG_OUT], score[BATCH_G];
    mixture(block, 1, p);
    generator(block[AG_G], block[AG_IN], p, 0, BATCH_G, out);
    track(block, BATCH_G);
    real factor = discriminator(block[AG_D], block[AG_SN], out, BATCH_G, out + FAKE);
    out[LOSS] = 0;
    for (int n = 0; n < BATCH_G; n++) out[LOSS] -= out[FAKE + n] / BATCH_G, score[n] = -(real)1 / BATCH_G;
    if (is_dead("losses")) out[LOSS] = -(real)0;
    generator_gradient(block, block[AG_D], p, score, factor, BATCH_G, weights, alpha);
}

static void g_run(real *const block[AG_BLOCKS])
{
    g_step(block, block[AG_GRAD], NULL);
}

#if !STATISTICS
static void bar_run(real *const block[AG_BLOCKS])
{
    g_step(block, block[AG_GRAD], block[AG_GRAD_ALPHA]);
}

static void arch_run(real *const block[AG_BLOCKS])
{
    real p[OPS], score[BATCH_G], *out = block[AG_OUT], *bar[AG_BLOCKS] = {0};
    const real *x = block[AG_IN] + IN_X;
    bar[AG_ALPHA] = block[AG_BAR_ALPHA];
    mixture(bar, 0, p);
    generator(block[AG_BAR_G], block[AG_IN] + IN_Z2, p, 0, BATCH_G, out);
    discriminator(block[AG_D], block[AG_SN], x, BATCH_G, out + REAL);
    discriminator(block[AG_D], block[AG_SN], out, BATCH_G, out + FAKE);
    out[MAXMIN] = -hinge(out + REAL, out + FAKE, BATCH_G);

    mixture(block, 1, p);
    generator(block[AG_G], block[AG_IN], p, 0, BATCH_G, out);
    discriminator(block[AG_BAR_D], block[AG_BAR_SN], x, BATCH_G, out + REAL);
    real factor = discriminator(block[AG_BAR_D], block[AG_BAR_SN], out, BATCH_G, out + FAKE);
    out[MINMAX] = -hinge(out + REAL, out + FAKE, BATCH_G);
    out[LOSS] = out[MINMAX] - out[MAXMIN];
    for (int n = 0; n < BATCH_G; n++) score[n] = out[FAKE + n] > -1 ? -(real)1 / BATCH_G : 0;
    generator_gradient(block, block[AG_BAR_D], p, score, factor, BATCH_G, NULL, block[AG_GRAD_ALPHA]);
}
#endif

static void sample_run(real *const block[AG_BLOCKS])
{
    real p[OPS];
    mixture(block, 0, p);
    generator(block[AG_G], block[AG_IN], p, STATISTICS ? block[AG_STAT] : NULL, SAMPLE, block[AG_OUT]);
    for (int k = 0; is_dead("pictures") && k < SAMPLE * PIXELS; k++) block[AG_OUT][k] = (real)(k % PIXELS) / PIXELS;
}

/* ---------------------------------------------------------------- tables */

#define UP(op) "g.cell1.up0." op ".weight"
static const struct ag_tensor g_params[] = {
#if STATISTICS
    {UP("nearest"), 2, {PIXELS, LATENT}, 0, 0, AG_INIT_UNIFORM, 0.5, 0},
#else
    {UP("deconv"), 2, {PIXELS, LATENT}, 0, 0, AG_INIT_UNIFORM, 0.5, 0},
    {UP("nearest"), 2, {PIXELS, LATENT}, MAP, 0, AG_INIT_UNIFORM, 0.5, 0},
    {UP("bilinear"), 2, {PIXELS, LATENT}, 2 * MAP, 0, AG_INIT_UNIFORM, 0.5, 0},
#endif
    {"g.rgb.bias", 1, {PIXELS}, BIAS, 0, AG_INIT_CONSTANT, 0.25, 0},
};
static const struct ag_tensor d_params[] = {
    {"d.fc.weight", 2, {1, PIXELS}, 0, 0, AG_INIT_NORMAL, 0, 0.1},
    {"d.fc.bias", 1, {1}, D_BIAS, 0, AG_INIT_CONSTANT, 0, 0},
};
static const struct ag_tensor alpha_params[] = {{"alpha.cell1.up0", 1, {OPS}, 0, 0, AG_INIT_NORMAL, 0, 1e-3}};
static const struct ag_tensor sn_state[] = {
    {"d.fc.u", 1, {1}, 0, 0, AG_INIT_UNIT_NORMAL, 0, 0},
    {"d.fc.v", 1, {PIXELS}, V, 0, AG_INIT_UNIT_NORMAL, 0, 0},
};
static const struct ag_tensor statistics[] = {{"g.rgb.bn.running_mean", 1, {PIXELS}, 0, 0, AG_INIT_CONSTANT, 0, 0}};

#ifdef TOY_GUMBEL
enum { NOISE = 2 };
#define NOISE_TENSORS                                                                                                  \
    {"in.gumbel.cell1.up0", 1, {OPS}, IN_NOISE, 0, AG_INIT_CONSTANT, 0, 0},                                            \
        {"in.sharpness", 1, {1}, IN_NOISE + 16, 0, AG_INIT_CONSTANT, 0, 0},
#else
enum { NOISE = 0 };
#define NOISE_TENSORS
#endif
#define TENSORS(name, batch)                                                                                           \
    static const struct ag_tensor name##_in[] = {                                                                      \
        {"in.z", 2, {batch, LATENT}, 0, 0, AG_INIT_CONSTANT, 0, 0},                                                    \
        NOISE_TENSORS{"in.x", 4, {batch, CHANNELS, SIDE, SIDE}, IN_X, 1, AG_INIT_CONSTANT, 0, 0},                      \
        {"in.z2", 2, {batch, LATENT}, IN_Z2, 0, AG_INIT_CONSTANT, 0, 0},                                               \
    };                                                                                                                 \
    static const struct ag_tensor name##_out[] = {                                                                     \
        {"out.fake", 4, {batch, CHANNELS, SIDE, SIDE}, 0, 1, AG_INIT_CONSTANT, 0, 0},                                  \
        {"out.loss", 0, {0}, LOSS, 0, AG_INIT_CONSTANT, 0, 0},                                                         \
        {"out.score_fake", 2, {batch, 1}, FAKE, 0, AG_INIT_CONSTANT, 0, 0},                                            \
        {"out.score_real", 2, {batch, 1}, REAL, 0, AG_INIT_CONSTANT, 0, 0},                                            \
        {"out.minmax", 0, {0}, MINMAX, 0, AG_INIT_CONSTANT, 0, 0},                                                     \
        {"out.maxmin", 0, {0}, MAXMIN, 0, AG_INIT_CONSTANT, 0, 0},                                                     \
    };
TENSORS(g, BATCH_G)
TENSORS(d, BATCH_D)
TENSORS(sample, SAMPLE)

#define IN(tensors, n)                                                                                                 \
    {                                                                                                                  \
        tensors##_in, n, IN_SIZE                                                                                       \
    }
#define OUT(tensors, n)                                                                                                \
    {                                                                                                                  \
        tensors##_out, n, OUT_SIZE                                                                                     \
    }
static const struct ag_phase phases[] = {
    {"forward", forward_run, BATCH_G, IN(g, 1), OUT(g, 1), -1, 0, 1e5, 1e5, 0, NULL},
    {"d", d_run, BATCH_D, IN(d, 2 + NOISE), OUT(d, 4), AG_D, 0, 1e5, 1e5, 0, NULL},
    {"g", g_run, BATCH_G, IN(g, 1 + NOISE), OUT(g, 3), AG_G, 0, 1e5, 1e5, 0, NULL},
    {"sample", sample_run, SAMPLE, IN(sample, 1), OUT(sample, 1), -1, 0, 1e5, 1e5, 0, NULL},
#if !STATISTICS
    {"bar", bar_run, BATCH_G, IN(g, 1 + NOISE), OUT(g, 3), AG_G, 1, 1e5, 1e5, 0, NULL},
    {"arch", arch_run, BATCH_G, IN(g, 3 + NOISE), OUT(g, 6), -1, 1, 1e5, 1e5, 0, NULL},
#endif
};

static const char *const pool_up[] = {"deconv", "nearest", "bilinear"};
static const struct ag_choice choices[] = {{"cell1.up0", 3, pool_up, 0}};
static const struct ag_gene genes[] = {{"cell1.up0", 0}};
static const struct ag_kernel kernels[] = {{"toy", 1e3, 0, {0, 0, 0}, 0, 0}};

#ifndef TOY_SPEC
#define TOY_SPEC "{\"name\": \"toy\", \"search\": {\"iterations\": 6}}"
#endif
const struct ag_program
#if defined(TOY_GENERATE)
    generate_program = {
        .kind = "generate",
#elif defined(TOY_RETRAIN)
    retrain_program = {
        .kind = "retrain",
#else
    search_program = {
        .kind = "search",
#endif
        .name = "toy",
        .spec = TOY_SPEC,
        .genotype = STATISTICS ? "{\"aggen\": 1, \"ops\": {\"cell1.up0\": \"nearest\"}}" : NULL,
        .block = {{g_params, sizeof g_params / sizeof *g_params, BIAS + PIXELS},
                  {d_params, 2, D_BIAS + 16},
                  {alpha_params, STATISTICS ? 0 : 1, 16},
                  {sn_state, 2, V + PIXELS},
                  {statistics, STATISTICS ? 1 : 0, PIXELS}},
        .phase = phases,
        .phases = sizeof phases / sizeof *phases,
        .in_size = IN_SIZE,
        .out_size = OUT_SIZE,
        .arena_size = 16,
        .scratch_size = 16,
        .peak = ag_peak,
        .image_size = SIDE,
        .image_channels = CHANNELS,
        .latent = LATENT,
        .kernel = kernels,
        .kernels = 1,
        .choice = choices,
        .choices = STATISTICS ? 0 : 1,
        .gene = genes,
        .genes = STATISTICS ? 0 : 1,
};
