#include "phases.h"
#include "family.h"
#include "losses.h"
#include "ops.h"

static struct training training(const struct model *m)
{
    return m->program->training(m->spec);
}

static int latent(struct build *b, const char *name)
{
    return build_input(b, name, 2, shape4(b->batch, 1, 1, b->spec->latent), 1);
}

static int pictures(struct build *b)
{
    const struct spec *s = b->spec;
    return build_input(b, "in.x", 4, shape4(b->batch, s->image_size, s->image_size, s->image_channels), 1);
}

static struct build phase_begin(struct model *m, const char *name, int batch)
{
    struct phase_graph *p = &m->phase[m->phases++];
    *p = (struct phase_graph){.name = name, .graph = graph_new(), .batch = batch, .updates_weights = -1};
    return (struct build){.mem = m->mem,
                          .spec = m->spec,
                          .geno = m->geno,
                          .search = !m->program->of_genotype,
                          .block = m->block,
                          .in = &p->in,
                          .out = &p->out,
                          .g = p->graph,
                          .batch = batch};
}

/* Ends the phase: notes its loss (-1: it has none), and the parameter blocks in which its gradient is wanted (-1:
 * none). */
static void phase_end(struct model *m, const struct build *b, int loss, int weights, int alpha)
{
    struct phase_graph *p = &m->phase[m->phases - 1];
    if (loss >= 0) graph_target(b->g, loss, TARGET_LOSS, 0, "loss");
    p->weights = weights;
    p->alpha = alpha;
    p->updates_weights = weights < 0 ? -1 : weights % AG_BAR_G;
    p->updates_alpha = alpha >= 0;
}

static int generator(struct build *b, const struct network_pass *pass, int z)
{
    return b->spec->family->generator(b, pass, z);
}

static int scores(struct build *b, const struct network_pass *pass, int x, struct discriminator_state *state)
{
    return b->spec->family->discriminator->scores(b, pass, x, state);
}

static void scores_done(struct build *b, const struct network_pass *pass, const struct discriminator_state *state)
{
    const struct discriminator *d = b->spec->family->discriminator;
    if (d->done) d->done(b, pass, state);
}

void phase_forward(struct model *m, const char *name, int batch, struct network_pass pass)
{
    struct build b = phase_begin(m, name, batch);
    build_output(&b, generator(&b, &pass, latent(&b, "in.z")), "out.fake", 4);
    phase_end(m, &b, -1, -1, -1);
}

void phase_sample(struct model *m, int pictures, int mixing)
{
    const int styles = m->spec->family->styles;
    phase_forward(m, "sample", pictures,
                  (struct network_pass){.norm = NORM_RUNNING, .mixing = mixing, .truncate = styles});
}

void phase_d(struct model *m, int batch)
{
    struct build b = phase_begin(m, "d", batch);
    struct network_pass pass = training(m).pass;
    struct discriminator_state state = {{0}, {0}};
    int fake = generator(&b, &pass, latent(&b, "in.z"));
    b.g->section = 1;
    int real_score = scores(&b, &pass, pictures(&b), &state);
    b.g->section = 2;
    int fake_score = scores(&b, &pass, fake, &state);
    scores_done(&b, &pass, &state);
    int loss = discriminator_loss(&b, training(m).loss, real_score, fake_score);
    build_output(&b, fake, "out.fake", 4);
    build_output(&b, real_score, "out.score_real", 2);
    build_output(&b, fake_score, "out.score_fake", 2);
    build_output(&b, loss, "out.loss", 1);
    phase_end(m, &b, loss, AG_D, -1);
}

void phase_g(struct model *m, const char *name, int batch, int weights, int alpha)
{
    struct build b = phase_begin(m, name, batch);
    struct network_pass pass = training(m).pass;
    struct discriminator_state state = {{0}, {0}};
    int fake = generator(&b, &pass, latent(&b, "in.z"));
    int score = scores(&b, &pass, fake, &state);
    scores_done(&b, &pass, &state);
    int loss = generator_loss(&b, training(m).loss, score);
    build_output(&b, fake, "out.fake", 4);
    build_output(&b, score, "out.score_fake", 2);
    build_output(&b, loss, "out.loss", 1);
    phase_end(m, &b, loss, weights ? AG_G : -1, alpha ? AG_ALPHA : -1);
}

void phase_arch(struct model *m, int batch)
{
    struct build b = phase_begin(m, "arch", batch);
    struct network_pass plain = {.norm = NORM_BATCH}, own = training(m).pass;
    struct network_pass bar = {.bar = 1, .norm = NORM_BATCH, .second = 1};
    struct discriminator_state bar_state = {{0}, {0}}, state = {{0}, {0}};
    int x = pictures(&b);
    int real = scores(&b, &bar, x, &bar_state);
    b.g->section = 1;
    int fake = generator(&b, &own, latent(&b, "in.z"));
    int score = scores(&b, &bar, fake, &bar_state);
    scores_done(&b, &bar, &bar_state);
    int minmax = g_scale(b.g, discriminator_loss(&b, training(m).loss, real, score), -1);
    b.g->section = 2;
    int bar_real = scores(&b, &plain, x, &state);
    int bar_fake = generator(&b, &bar, latent(&b, "in.z2"));
    int bar_score = scores(&b, &plain, bar_fake, &state);
    scores_done(&b, &plain, &state);
    int maxmin = g_scale(b.g, discriminator_loss(&b, training(m).loss, bar_real, bar_score), -1);
    int loss = g_sub(b.g, minmax, maxmin);
    build_output(&b, minmax, "out.minmax", 1);
    build_output(&b, maxmin, "out.maxmin", 1);
    build_output(&b, loss, "out.loss", 1);
    phase_end(m, &b, loss, -1, AG_ALPHA);
}

void phase_r1(struct model *m, int batch)
{
    struct build b = phase_begin(m, "r1", batch);
    struct network_pass pass = {.norm = NORM_BATCH};
    struct discriminator_state state = {{0}, {0}};
    int x = pictures(&b), slope;
    int score = scores(&b, &pass, x, &state);
    grad(b.g, g_sum(b.g, score, shape4(1, 1, 1, 1), 0), &x, 1, &slope);
    int norm = g_sum(b.g, g_mul(b.g, slope, slope), shape4(1, 1, 1, 1), 0);
    int loss = g_scale(b.g, norm, m->spec->retrain.r1_gamma / 2 / batch);
    build_output(&b, loss, "out.loss", 1);
    phase_end(m, &b, loss, AG_D, -1);
}
