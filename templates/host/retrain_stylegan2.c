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
 * after which the average of G's weights follows; that average is what the generator ships with. A run can stop after
 * any step, and goes on from its checkpoint as if it had not; pictures, latents, noise and mixing follow from the seed
 * and how many were used before.
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
    CENTER_CROP = AG_CENTER_CROP,
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
    struct ag_retraining r;
    /* what a checkpoint holds beside that */
    long latents, noises, mixings, batches; /* how many were drawn */
    struct ag_tally r1; /* its sum, as those of r's losses, over the passes since a line of the log */

    const struct ag_phase *d_phase, *g_phase, *r1_phase;
    real *gradient; /* sum over the passes of a step */
    real *reals;    /* [ACCUMULATE, BATCH_D, size, size, channels]: the real pictures of a step with R1 */
    double started; /* when the line of the log that comes next began, or the run was resumed */
};

/* ---------------------------------------------------------------- passes */

/* Latents, noise and mixing of a pass of G. */
static void draw_styles(struct retrain *s, const struct ag_phase *phase)
{
    real *in = s->r.block[AG_IN], *z = ag_tensor_find(&phase->in, "in.z", in);
    ag_normals(s->r.seed, AG_RNG_Z, (ag_u32)s->latents++, 0, (long)phase->batch * retrain_program.latent, z);
    s->noises += ag_draw_noise(phase, s->r.seed, s->noises, in);
    s->mixings += ag_draw_mixing(phase, s->r.seed, s->mixings, MIXING, in);
}

/* Runs a pass of a step; the last leaves the mean gradient of all in AG_GRAD. */
static int run_pass(struct retrain *s, const struct ag_phase *phase, int pass, struct ag_tally *loss)
{
    const long size = retrain_program.block[phase->updates_weights].size;
    real *gradient = s->r.block[AG_GRAD];
    ag_run(phase, s->r.block);
    if (pass > 0) ag_add(gradient, s->gradient, size);
    if (pass + 1 < ACCUMULATE)
        ag_mirror_copy(s->gradient, gradient, size);
    else if (ACCUMULATE > 1)
        ag_scale(gradient, 1.0 / ACCUMULATE, size);
    return ag_output(phase, "out.loss", s->r.block, "step", s->r.step + 1, loss, s->r.err);
}

static long batch_reals(void)
{
    const long side = retrain_program.image_size;
    return BATCH_D * side * side * retrain_program.image_channels;
}

/* ---------------------------------------------------------------- steps */

/* What the learning rate is multiplied by. */
static double rate(const struct retrain *s)
{
    return LINEAR_DECAY ? ag_retraining_rate(&s->r) : 1;
}

static int generator_step(struct retrain *s)
{
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        draw_styles(s, s->g_phase);
        int status = run_pass(s, s->g_phase, pass, &s->r.g_loss);
        if (status) return status;
    }
    ag_adam_step(&s->r.g, rate(s), s->r.block[AG_G], s->r.block[AG_GRAD]);
    return 0;
}

static int has_r1(const struct retrain *s)
{
    return R1_INTERVAL > 0 && s->r.step % R1_INTERVAL == 0;
}

static int discriminator_step(struct retrain *s)
{
    real *x = ag_tensor_find(&s->d_phase->in, "in.x", s->r.block[AG_IN]);
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        int status = ag_data_batch(s->r.data, 0, BATCH_D, s->batches++, x, s->r.err);
        if (status) return status;
        if (has_r1(s)) ag_copy(s->reals + pass * batch_reals(), x, batch_reals());
        draw_styles(s, s->d_phase);
        if ((status = run_pass(s, s->d_phase, pass, &s->r.d_loss))) return status;
    }
    ag_adam_step(&s->r.d, rate(s), s->r.block[AG_D], s->r.block[AG_GRAD]);
    return 0;
}

/* The penalty counts R1_INTERVAL times, for the steps that go without it. */
static int r1_step(struct retrain *s)
{
    real *x = ag_tensor_find(&s->r1_phase->in, "in.x", s->r.block[AG_IN]);
    for (int pass = 0; pass < ACCUMULATE; pass++) {
        ag_copy(x, s->reals + pass * batch_reals(), batch_reals());
        int status = run_pass(s, s->r1_phase, pass, &s->r1);
        if (status) return status;
    }
    ag_scale(s->r.block[AG_GRAD], R1_INTERVAL, retrain_program.block[AG_D].size);
    ag_adam_step(&s->r.d, rate(s), s->r.block[AG_D], s->r.block[AG_GRAD]);
    return 0;
}

static int train_step(struct retrain *s)
{
    int status = generator_step(s);
    if (!status) status = discriminator_step(s);
    if (!status && has_r1(s)) status = r1_step(s);
    ag_average(s->r.ema, s->r.block[AG_G], retrain_program.block[AG_G].size, EMA);
    return status;
}

/* ---------------------------------------------------------------- checkpoints */

static void list_values(struct retrain *s, struct ag_checkpoint *c)
{
    ag_checkpoint_begin(c, &retrain_program);
    ag_checkpoint_word(c, "seed", &s->r.seed);
    ag_checkpoint_count(c, "steps", &s->r.steps);
    ag_checkpoint_count(c, "step", &s->r.step);
    ag_checkpoint_count(c, "latents", &s->latents);
    ag_checkpoint_count(c, "noises", &s->noises);
    ag_checkpoint_count(c, "mixings", &s->mixings);
    ag_checkpoint_count(c, "batches", &s->batches);
    ag_checkpoint_sum(c, "sum.d_loss", &s->r.d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &s->r.d_loss);
    ag_checkpoint_sum(c, "sum.g_loss", &s->r.g_loss.sum);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &s->r.g_loss);
    ag_checkpoint_sum(c, "sum.r1", &s->r1.sum);
    ag_retraining_list(&s->r, c);
}

static int save(struct retrain *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    return ag_retraining_save(&s->r, &checkpoint);
}

/* ---------------------------------------------------------------- between steps */

static double kimg(long step)
{
    return (double)step * STEP_PICTURES / 1000;
}

/* Those among the first `steps` steps that have R1. */
static long r1_steps(long steps)
{
    return R1_INTERVAL > 0 ? (steps + R1_INTERVAL - 1) / R1_INTERVAL : 0;
}

static void add_mean(struct ag_text *line, const char *key, double sum, long steps)
{
    ag_text_add(line, ", \"%s\": ", key);
    ag_text_number(line, sum / (double)(steps * ACCUMULATE)); /* null where there was nothing to sum */
}

/* Means over the steps since the last multiple of LOG_EVERY. */
static int write_log(struct retrain *s)
{
    struct ag_text line = {0, 0, 0, 0};
    const long before = (s->r.step - 1) / LOG_EVERY * LOG_EVERY;
    int status = ag_output_wait(s->r.err);
    if (status) return status;
    ag_text_add(&line, "{\"step\": %ld, \"kimg\": ", s->r.step);
    ag_text_number(&line, kimg(s->r.step));
    add_mean(&line, "d_loss", s->r.d_loss.sum, s->r.step - before);
    add_mean(&line, "g_loss", s->r.g_loss.sum, s->r.step - before);
    add_mean(&line, "r1", s->r1.sum, r1_steps(s->r.step) - r1_steps(before));
    ag_text_add(&line, ", \"seconds\": %.3f", ag_seconds() - s->started);
    ag_log_lifeless(&line, ag_retraining_lifeless(&s->r));
    ag_text_add(&line, "}");
    return ag_run_log(&s->r.run, &line, s->r.err);
}

/* The sums go on after a last line that comes early: weights and checkpoint of a run that is asked for more steps then
 * end as those of one that was asked for all at once, though that line and its samples stay. */
static int end_step(struct retrain *s)
{
    s->r.step++;
    const int last = s->r.step == s->r.steps, full = s->r.step % LOG_EVERY == 0;
    int status = last || s->r.step % SAMPLE_EVERY == 0 ? ag_retraining_samples(&s->r) : 0;
    if (!status && (last || full)) status = write_log(s);
    ag_warn_lifeless(&s->r.progress, ag_retraining_lifeless(&s->r), &s->r.told);
    if (full) {
        s->r.d_loss.sum = s->r.g_loss.sum = s->r1.sum = 0;
        s->started = ag_seconds();
    }
    /* before the checkpoint, from which this is not done again */
    if (!status) status = ag_retraining_keep(&s->r, KEEP_EVERY);
    if (!status && (last || s->r.step % CHECKPOINT_EVERY == 0)) status = save(s);
    return status;
}

/* ---------------------------------------------------------------- the run */

static int stop(struct retrain *s)
{
    int status = save(s);
    if (status) return status;
    ag_fail(s->r.err, 0, "stopped after step %ld of %ld", s->r.step, s->r.steps);
    return ag_run_stopped(&s->r.run, s->r.err);
}

static int train(struct retrain *s)
{
    int status = 0;
    ag_progress_start(&s->r.progress, "pictures", s->r.steps * STEP_PICTURES, s->r.step * STEP_PICTURES);
    s->started = ag_seconds();
    while (!status && s->r.step < s->r.steps) {
        status = train_step(s);
        if (!status) status = end_step(s);
        const char *why = ag_retraining_lifeless(&s->r);
        ag_progress_step(&s->r.progress, s->r.step * STEP_PICTURES, "kimg %.1f  D %.3f  G %.3f%s%s", kimg(s->r.step),
                         s->r.d_loss.last, s->r.g_loss.last, *why ? "  " : "", why);
        if (!status && s->r.step < s->r.steps && ag_signals_caught()) status = stop(s);
    }
    ag_progress_end(&s->r.progress);
    return status;
}

static int set_up(struct retrain *s)
{
    const struct ag_program *p = &retrain_program;
    const long g = p->block[AG_G].size, d = p->block[AG_D].size;
    s->d_phase = ag_phase_find(p, "d");
    s->g_phase = ag_phase_find(p, "g");
    s->r1_phase = ag_phase_find(p, "r1");
    if (ag_retraining_new(&s->r, d_rates, g_rates, SAMPLES)) return 1;
    if (!(s->gradient = ag_mirror_new(ACCUMULATE == 1 ? 0 : g > d ? g : d, s->r.err))) return 1;
    s->reals = ag_reals(R1_INTERVAL > 0 ? ACCUMULATE * batch_reals() : 0, s->r.err);
    return !s->reals;
}

static int begin(struct retrain *s, const struct ag_options *options)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    int status = ag_retraining_begin(&s->r, &checkpoint, options, LINEAR_DECAY);
    if (!status && s->r.run.resumed)
        ag_progress_note(&s->r.progress, "going on after step %ld, kimg %.1f", s->r.step, kimg(s->r.step));
    return status;
}

static int retrain(struct retrain *s, const struct ag_options *options)
{
    int status = ag_run_open(&s->r.run, &retrain_program, options, s->r.err);
    if (!status) status = set_up(s);
    if (!status) status = begin(s, options);
    if (status) return status;
    if (s->r.step >= s->r.steps) {
        ag_progress_note(&s->r.progress, "%s is finished: %ld steps; --iterations asks for more", s->r.run.folder,
                         s->r.step);
        return 0;
    }
    status = ag_retraining_data(&s->r, AG_DATA_FORMAT, options->data, CENTER_CROP);
    if (!status) status = ag_retraining_open_log(&s->r, SAMPLE_EVERY, KEEP_EVERY);
    if (status) return status;
    ag_signals_catch();
    status = train(s);
    ag_run_tell_checkpoint(&s->r.run, status, s->r.err);
    if (!status) ag_retraining_tell(&s->r, options->program);
    return status;
}

static void tear_down(struct retrain *s)
{
    ag_mirror_free(s->gradient);
    ag_free(s->reals);
    ag_retraining_free(&s->r);
}

int main(int argc, char **argv)
{
    static struct retrain s;
    struct ag_error err;
    struct ag_options options = {.data = AG_DATA_PATH, .run = AG_RUN_DEFAULT, .iterations = STEPS};
    int status = ag_options_read(&options, &retrain_program, argc, argv, &err);
    if (!status && options.replay) return ag_exit(&retrain_program, ag_replay(&retrain_program, &options, &err), &err);
    if (!status && options.bench) return ag_exit(&retrain_program, ag_bench(&retrain_program, &options, &err), &err);
    if (!status) {
        s.r.program = &retrain_program;
        s.r.err = &err;
        status = retrain(&s, &options);
        tear_down(&s);
    }
    return ag_exit(&retrain_program, status, &err);
}
