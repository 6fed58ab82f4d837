/* The program `retrain`: trains the architecture of a genotype from scratch. The family has its host program. */
#include "family.h"
#include "phases.h"

static void phases(struct model *m, int pictures)
{
    const struct spec *spec = m->spec;
    phase_forward(m, "forward", spec->retrain.batch_g, (struct network_pass){.norm = NORM_BATCH});
    phase_d(m, spec->retrain.batch_d);
    phase_g(m, "g", spec->retrain.batch_g, 1, 0);
    if (spec->retrain.r1_interval) phase_r1(m, spec->retrain.batch_d);
    phase_sample(m, pictures, spec->family->styles);
}

static struct training training(const struct spec *spec)
{
    return (struct training){spec->retrain.loss, {.norm = NORM_TRACK, .mixing = spec->retrain.mixing > 0}};
}

static const char *host(const struct spec *spec)
{
    return spec->family->retraining;
}

static void constants(const struct spec *spec, struct constants *c)
{
    constant_whole(c, "AG_BATCH_G", spec->retrain.batch_g);
    constant_whole(c, "AG_BATCH_D", spec->retrain.batch_d);
    constant_whole(c, "AG_LINEAR_DECAY", spec->retrain.linear_decay);
    constant_whole(c, "AG_CHECKPOINT_EVERY", spec->retrain.checkpoint_every);
    constant_whole(c, "AG_SAMPLE_EVERY", spec->retrain.sample_every);
    constant_whole(c, "AG_KEEP_EVERY", spec->retrain.keep_every);
    spec->family->constants(spec, c);
}

const struct program_kind program_retrain = {
    .name = "retrain",
    .of_genotype = 1,
    .phases = phases,
    .training = training,
    .batches = "retrain.batch_g, retrain.batch_d",
    .host = host,
    .constants = constants,
};
