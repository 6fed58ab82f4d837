/*
 * The retraining program. Tokens: AG_ITERATIONS, AG_BATCH_G, AG_BATCH_D, AG_CRITIC_STEPS, AG_WEIGHTS_{LR,BETA1,BETA2},
 * AG_EMA, AG_LINEAR_DECAY (0 or 1), AG_CHECKPOINT_EVERY, AG_SAMPLE_EVERY, AG_KEEP_EVERY (0: off), AG_DATA_FORMAT,
 * AG_DATA_PATH and AG_RUN_DEFAULT (string literals), AG_CENTER_CROP.
 */
#ifndef AG_ITERATIONS
#define AG_ITERATIONS       40
#define AG_BATCH_G          8
#define AG_BATCH_D          4
#define AG_CRITIC_STEPS     3
#define AG_WEIGHTS_LR       0.0002
#define AG_WEIGHTS_BETA1    0
#define AG_WEIGHTS_BETA2    0.9
#define AG_EMA              0.999
#define AG_LINEAR_DECAY     0
#define AG_CHECKPOINT_EVERY 10
#define AG_SAMPLE_EVERY     20
#define AG_KEEP_EVERY       0
#define AG_DATA_FORMAT      "shapes"
#define AG_DATA_PATH        ""
#define AG_CENTER_CROP      0
#define AG_RUN_DEFAULT      "out/run/retrain"
#endif
/* AG_TEMPLATE */
/*
 * The retraining of a derived architecture. Each iteration takes CRITIC_STEPS steps of D, then one of G, after which
 * the average of G's weights follows; that average is what the generator ships with. ag_train calls the functions of
 * the table `method` below. The iteration and the position in it say what comes next, and struct ag_training is all
 * that it depends on. So a run can stop after any step, and goes on from its checkpoint as if it had not.
 */
#include "retrain.h"

enum {
    ITERATIONS = AG_ITERATIONS,
    /* Pictures of a step of G and of one of D, as the phases have them. */
    BATCH_G = AG_BATCH_G,
    BATCH_D = AG_BATCH_D,
    CRITIC_STEPS = AG_CRITIC_STEPS,
    /* 1: the learning rate falls linearly, to 0 after the last iteration. */
    LINEAR_DECAY = AG_LINEAR_DECAY,
    CHECKPOINT_EVERY = AG_CHECKPOINT_EVERY,
    SAMPLE_EVERY = AG_SAMPLE_EVERY,
    /* Iterations from one generator that is kept to the next; 0: none is. */
    KEEP_EVERY = AG_KEEP_EVERY,
    /* Pictures in a sample grid. */
    SAMPLES = 64
};
/* What the average of the weights keeps of itself in an iteration. */
static const double EMA = AG_EMA;
static const struct ag_adam_rates rates = {AG_WEIGHTS_LR, AG_WEIGHTS_BETA1, AG_WEIGHTS_BETA2, 0};

/* ---------------------------------------------------------------- steps */

static int discriminator_step(struct ag_training *t)
{
    int status = ag_training_pictures(t, t->d_phase, 0);
    if (status) return status;
    ag_training_latents(t, t->d_phase, "in.z");
    ag_run(t->d_phase, t->block);
    ag_adam_step(&t->d, ag_training_rate(t), t->block[AG_D], t->block[AG_GRAD]);
    return ag_training_output(t, t->d_phase, "out.loss", &t->d_loss);
}

static int generator_step(struct ag_training *t)
{
    ag_training_latents(t, t->g_phase, "in.z");
    ag_run(t->g_phase, t->block);
    ag_adam_step(&t->g, ag_training_rate(t), t->block[AG_G], t->block[AG_GRAD]);
    ag_average(t->average, t->block[AG_G], retrain_program.block[AG_G].size, EMA);
    return ag_training_output(t, t->g_phase, "out.loss", &t->g_loss);
}

static long steps(const void *state)
{
    (void)state;
    return CRITIC_STEPS + 1;
}

static int step(void *state)
{
    struct ag_training *t = state;
    return t->position < CRITIC_STEPS ? discriminator_step(t) : generator_step(t);
}

/* ---------------------------------------------------------------- files and messages */

static void list_values(void *state, struct ag_checkpoint *c)
{
    struct ag_training *t = state;
    ag_checkpoint_count(c, "iterations", &t->iterations);
    ag_checkpoint_count(c, "iteration", &t->iteration);
    ag_checkpoint_count(c, "position", &t->position);
    ag_checkpoint_count(c, "latents", &t->latents);
    ag_checkpoint_count(c, "batches", &t->batches[0]);
    ag_checkpoint_sum(c, "sum.d_loss", &t->d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &t->d_loss);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &t->g_loss);
}

static void add_to_log(void *state, struct ag_text *line)
{
    const struct ag_training *t = state;
    ag_log_mean(line, "d_loss", t->d_loss.sum, CRITIC_STEPS);
    ag_log_mean(line, "g_loss", t->g_loss.last, 1);
}

static long count(const void *state, long iteration, long position)
{
    (void)state;
    return iteration + (position > CRITIC_STEPS);
}

static void show(void *state, long count, const char *why)
{
    struct ag_training *t = state;
    ag_progress_step(&t->progress, count, "D %.3f  G %.3f%s", t->d_loss.last, t->g_loss.last, why);
}

static void going_on(void *state)
{
    struct ag_training *t = state;
    ag_progress_note(&t->progress, "going on after iteration %ld", t->iteration);
}

static void stopped(void *state)
{
    struct ag_training *t = state;
    ag_fail(t->err, 0, "stopped at iteration %ld of %ld", t->iteration + 1, t->iterations);
}

static const struct ag_method method = {
    .program = &retrain_program,
    .unit = "iteration",
    .units = "iterations",
    .counted = "retrain",
    .run = AG_RUN_DEFAULT,
    .iterations = ITERATIONS,
    .data = {.format = AG_DATA_FORMAT, .path = AG_DATA_PATH, .center_crop = AG_CENTER_CROP, .split = 1},
    .d_rates = &rates,
    .g_rates = &rates,
    .averages = 1,
    .linear_decay = LINEAR_DECAY,
    .samples = SAMPLES,
    .sample_phase = "sample",
    .sample_digits = 6,
    .log_every = 1,
    .sample_every = SAMPLE_EVERY,
    .checkpoint_every = CHECKPOINT_EVERY,
    .keep_every = KEEP_EVERY,
    .values = list_values,
    .steps = steps,
    .step = step,
    .log = add_to_log,
    .count = count,
    .show = show,
    .going_on = going_on,
    .stopped = stopped,
    .next = ag_next_generate,
};

int main(int argc, char **argv)
{
    static struct ag_training t;
    return ag_train(&method, &t, argc, argv);
}
