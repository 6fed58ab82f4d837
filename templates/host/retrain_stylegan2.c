/*
 * The retraining program of a StyleGAN2 architecture. Tokens: AG_STEPS, AG_BATCH_G, AG_BATCH_D, AG_ACCUMULATE,
 * AG_R1_INTERVAL, AG_MIXING, AG_{G,D}_{LR,BETA1,BETA2}, AG_EMA, AG_LINEAR_DECAY (0 or 1), AG_CHECKPOINT_EVERY,
 * AG_SAMPLE_EVERY, AG_KEEP_EVERY (0: off), AG_SAMPLES, AG_DATA_FORMAT, AG_DATA_PATH and AG_RUN_DEFAULT (string
 * literals), AG_CENTER_CROP.
 */
#ifndef AG_STEPS
#define AG_STEPS            40
#define AG_BATCH_G          8
#define AG_BATCH_D          4
#define AG_ACCUMULATE       2
#define AG_R1_INTERVAL      16
#define AG_MIXING           0.9
#define AG_G_LR             0.002
#define AG_G_BETA1          0
#define AG_G_BETA2          0.99
#define AG_D_LR             0.001882
#define AG_D_BETA1          0
#define AG_D_BETA2          0.9906
#define AG_EMA              0.999
#define AG_LINEAR_DECAY     0
#define AG_CHECKPOINT_EVERY 10
#define AG_SAMPLE_EVERY     20
#define AG_KEEP_EVERY       0
#define AG_SAMPLES          64
#define AG_DATA_FORMAT      "shapes"
#define AG_DATA_PATH        ""
#define AG_CENTER_CROP      0
#define AG_RUN_DEFAULT      "out/run/retrain"
#endif
/* AG_TEMPLATE */
/*
 * The retraining of a derived architecture as StyleGAN2's config-f is trained, without its path-length term and without
 * mirrored pictures. A step takes
 *
 *     an Adam step of G on ACCUMULATE passes of BATCH_G pictures, the gradient being the passes' mean
 *     one of D on as many passes of BATCH_D real and as many generated pictures
 *     at every R1_INTERVAL-th step, the first included, one of D on the R1 penalty at the same real pictures
 *
 * after which the average of G's weights follows; that average is what the generator ships with. ag_train calls the
 * functions of the table `method` below; what is called an iteration there is a step here. A run can stop after any
 * step, and goes on from its checkpoint as if it had not; pictures, latents, noise and mixing follow from the seed and
 * how many were used before.
 */
#include "retrain.h"

enum {
    STEPS = AG_STEPS,
    /* Pictures of a pass, and passes of a step. */
    BATCH_G = AG_BATCH_G,
    BATCH_D = AG_BATCH_D,
    ACCUMULATE = AG_ACCUMULATE,
    /* What the run's length is counted in. */
    STEP_PICTURES = BATCH_G * ACCUMULATE,
    /* Steps from one with R1 to the next; 0: there are none. */
    R1_INTERVAL = AG_R1_INTERVAL,
    /* 1: the learning rate falls linearly, to 0 after the last step. */
    LINEAR_DECAY = AG_LINEAR_DECAY,
    CHECKPOINT_EVERY = AG_CHECKPOINT_EVERY,
    SAMPLE_EVERY = AG_SAMPLE_EVERY,
    /* Steps from one generator that is kept to the next; 0: none is. */
    KEEP_EVERY = AG_KEEP_EVERY,
    /* Pictures in a sample grid. */
    SAMPLES = AG_SAMPLES,
    /* Steps from one line of the log to the next. */
    LOG_EVERY = 16
};
/* The probability that a picture's later layers take a second latent. */
static const double MIXING = AG_MIXING;
/* What the average of the weights keeps of itself in a step. */
static const double EMA = AG_EMA;
static const struct ag_adam_rates g_rates = {AG_G_LR, AG_G_BETA1, AG_G_BETA2, 0};
/* Corrected for the steps on R1 between the others, c = R1_INTERVAL / (R1_INTERVAL + 1): lr c, beta1^c, beta2^c. */
static const struct ag_adam_rates d_rates = {AG_D_LR, AG_D_BETA1, AG_D_BETA2, 0};

struct retrain {
    struct ag_training t;
    /* what a checkpoint holds besides that */
    long noises, mixings; /* how many were drawn */
    struct ag_tally r1;   /* its sum, as those of the losses, over the passes since a line of the log */

    const struct ag_phase *r1_phase;
    real *gradient; /* sum over the passes of a step */
    real *reals;    /* [ACCUMULATE, BATCH_D, size, size, channels]: the real pictures of a step with R1 */
};

/* ---------------------------------------------------------------- passes */

/* Latents, noise and mixing of a pass of G. */
static void draw_styles(struct retrain *s, const struct ag_phase *phase)
{
    real *in = s->t.block[AG_IN];
    ag_training_latents(&s->t, phase, "in.z");
    s->noises += ag_draw_noise(phase, s->t.seed, s->noises, in);
    s->mixings += ag_draw_mixing(phase, s->t.seed, s->mixings, MIXING, in);
}

/* Runs a pass of a step; the last leaves the mean gradient of all in AG_GRAD. */
static int run_pass(struct retrain *s, const struct ag_phase *phase, int pass, struct ag_tally *loss)
{
    const long size = retrain_program.block[phase->updates_weights].size;
    real *gradient = s->t.block[AG_GRAD];
    ag_run(phase, s->t.block);
    if (pass > 0) ag_add(gradient, s->gradient, size);
    if (pass + 1 < ACCUMULATE)
        ag_mirror_copy(s->gradient, gradient, size);
    else if (ACCUMULATE > 1)
        ag_scale(gradient, 1.0 / ACCUMULATE, size);
    return ag_training_output(&s->t, phase, "out.loss", loss);
}

static long batch_reals(void)
{
    const long side = retrain_program.image_size;
    return BATCH_D * side * side * retrain_program.image_channels;
}

/* ---------------------------------------------------------------- steps */

static int generator_step(struct retrain *s)
{
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        draw_styles(s, s->t.g_phase);
        int status = run_pass(s, s->t.g_phase, pass, &s->t.g_loss);
        if (status) return status;
    }
    ag_adam_step(&s->t.g, ag_training_rate(&s->t), s->t.block[AG_G], s->t.block[AG_GRAD]);
    return 0;
}

static int has_r1(const struct retrain *s)
{
    return R1_INTERVAL > 0 && s->t.iteration % R1_INTERVAL == 0;
}

static int discriminator_step(struct retrain *s)
{
    real *x = ag_tensor_find(&s->t.d_phase->in, "in.x", s->t.block[AG_IN]);
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        int status = ag_training_pictures(&s->t, s->t.d_phase, 0);
        if (status) return status;
        if (has_r1(s)) ag_copy(s->reals + pass * batch_reals(), x, batch_reals());
        draw_styles(s, s->t.d_phase);
        if ((status = run_pass(s, s->t.d_phase, pass, &s->t.d_loss))) return status;
    }
    ag_adam_step(&s->t.d, ag_training_rate(&s->t), s->t.block[AG_D], s->t.block[AG_GRAD]);
    return 0;
}

/* The penalty counts R1_INTERVAL times, for the steps that go without it. */
static int r1_step(struct retrain *s)
{
    real *x = ag_tensor_find(&s->r1_phase->in, "in.x", s->t.block[AG_IN]);
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        ag_copy(x, s->reals + pass * batch_reals(), batch_reals());
        int status = run_pass(s, s->r1_phase, pass, &s->r1);
        if (status) return status;
    }
    ag_scale(s->t.block[AG_GRAD], R1_INTERVAL, retrain_program.block[AG_D].size);
    ag_adam_step(&s->t.d, ag_training_rate(&s->t), s->t.block[AG_D], s->t.block[AG_GRAD]);
    return 0;
}

static int step(void *state)
{
    struct retrain *s = state;
    int status = generator_step(s);
    if (!status) status = discriminator_step(s);
    if (!status && has_r1(s)) status = r1_step(s);
    ag_average(s->t.average, s->t.block[AG_G], retrain_program.block[AG_G].size, EMA);
    return status;
}

/* ---------------------------------------------------------------- what a checkpoint holds */

static int set_up(void *state)
{
    struct retrain *s = state;
    const long g = retrain_program.block[AG_G].size, d = retrain_program.block[AG_D].size;
    s->r1_phase = ag_phase_find(&retrain_program, "r1");
    if (!(s->gradient = ag_mirror_new(ACCUMULATE == 1 ? 0 : g > d ? g : d, s->t.err))) return 1;
    s->reals = ag_reals(R1_INTERVAL > 0 ? ACCUMULATE * batch_reals() : 0, s->t.err);
    return !s->reals;
}

static void tear_down(void *state)
{
    struct retrain *s = state;
    ag_mirror_free(s->gradient);
    ag_free(s->reals);
}

static void list_values(void *state, struct ag_checkpoint *c)
{
    struct retrain *s = state;
    ag_checkpoint_count(c, "steps", &s->t.iterations);
    ag_checkpoint_count(c, "step", &s->t.iteration);
    ag_checkpoint_count(c, "latents", &s->t.latents);
    ag_checkpoint_count(c, "noises", &s->noises);
    ag_checkpoint_count(c, "mixings", &s->mixings);
    ag_checkpoint_count(c, "batches", &s->t.batches[0]);
    ag_checkpoint_sum(c, "sum.d_loss", &s->t.d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &s->t.d_loss);
    ag_checkpoint_sum(c, "sum.g_loss", &s->t.g_loss.sum);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &s->t.g_loss);
    ag_checkpoint_sum(c, "sum.r1", &s->r1.sum);
}

/* ---------------------------------------------------------------- files and messages */

static double kimg(long step)
{
    return (double)step * STEP_PICTURES / 1000;
}

/* Those among the first `steps` steps that have R1. */
static long r1_steps(long steps)
{
    return R1_INTERVAL > 0 ? (steps + R1_INTERVAL - 1) / R1_INTERVAL : 0;
}

/* Means over the steps since the last multiple of LOG_EVERY. */
static void add_to_log(void *state, struct ag_text *line)
{
    const struct retrain *s = state;
    const long step = s->t.iteration, before = (step - 1) / LOG_EVERY * LOG_EVERY;
    ag_text_add(line, ", \"kimg\": ");
    ag_text_number(line, kimg(step));
    ag_log_mean(line, "d_loss", s->t.d_loss.sum, (step - before) * ACCUMULATE);
    ag_log_mean(line, "g_loss", s->t.g_loss.sum, (step - before) * ACCUMULATE);
    ag_log_mean(line, "r1", s->r1.sum, (r1_steps(step) - r1_steps(before)) * ACCUMULATE);
}

static int end_step(void *state)
{
    struct retrain *s = state;
    if (s->t.iteration % LOG_EVERY == 0) s->r1.sum = 0;
    return 0;
}

static long count(const void *state, long step, long position)
{
    (void)state, (void)position;
    return step * STEP_PICTURES;
}

static void show(void *state, long count, const char *why)
{
    struct ag_training *t = state;
    ag_progress_step(&t->progress, count, "kimg %.1f  D %.3f  G %.3f%s", kimg(t->iteration), t->d_loss.last,
                     t->g_loss.last, why);
}

static void going_on(void *state)
{
    struct ag_training *t = state;
    ag_progress_note(&t->progress, "going on after step %ld, kimg %.1f", t->iteration, kimg(t->iteration));
}

static void stopped(void *state)
{
    struct ag_training *t = state;
    ag_fail(t->err, 0, "stopped after step %ld of %ld", t->iteration, t->iterations);
}

static const struct ag_method method = {
    .program = &retrain_program,
    .unit = "step",
    .units = "steps",
    .counted = "pictures",
    .run = AG_RUN_DEFAULT,
    .iterations = STEPS,
    .data = {.format = AG_DATA_FORMAT, .path = AG_DATA_PATH, .center_crop = AG_CENTER_CROP, .split = 1},
    .d_rates = &d_rates,
    .g_rates = &g_rates,
    .averages = 1,
    .linear_decay = LINEAR_DECAY,
    .samples = SAMPLES,
    .sample_phase = "sample",
    .sample_digits = 6,
    .log_every = LOG_EVERY,
    .sample_every = SAMPLE_EVERY,
    .checkpoint_every = CHECKPOINT_EVERY,
    .keep_every = KEEP_EVERY,
    .set_up = set_up,
    .tear_down = tear_down,
    .values = list_values,
    .step = step,
    .log = add_to_log,
    .end = end_step,
    .count = count,
    .show = show,
    .going_on = going_on,
    .stopped = stopped,
    .next = ag_next_generate,
};

int main(int argc, char **argv)
{
    static struct retrain s;
    return ag_train(&method, &s, argc, argv);
}
