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
 * the average of G's weights follows; that average is what the generator ships with. The loop is a state machine:
 * iteration and position say what comes next, and struct retrain is all that it depends on. So a run can stop after any
 * step, and goes on from its checkpoint as if it had not.
 */
#include "retrain.h"

enum {
    ITERATIONS = AG_ITERATIONS,
    BATCH_G = AG_BATCH_G,
    BATCH_D = AG_BATCH_D,
    CRITIC_STEPS = AG_CRITIC_STEPS,
    /* 1: the learning rate falls linearly, to 0 after the last iteration. */
    LINEAR_DECAY = AG_LINEAR_DECAY,
    CHECKPOINT_EVERY = AG_CHECKPOINT_EVERY,
    SAMPLE_EVERY = AG_SAMPLE_EVERY,
    /* Iterations from one generator that is kept to the next; 0: none is. */
    KEEP_EVERY = AG_KEEP_EVERY,
    CENTER_CROP = AG_CENTER_CROP,
    /* Pictures in a sample grid. */
    SAMPLES = 64
};
/* What the average of the weights keeps of itself in an iteration. */
static const double EMA = AG_EMA;
static const struct ag_adam_rates rates = {AG_WEIGHTS_LR, AG_WEIGHTS_BETA1, AG_WEIGHTS_BETA2, 0};

struct retrain {
    struct ag_retraining r; /* r.step: iterations done */
    /* what a checkpoint holds beside that */
    long position;         /* steps done in this iteration, over which r.d_loss is summed */
    long latents, batches; /* how many were drawn */

    const struct ag_phase *d_phase, *g_phase;
    double started; /* when this iteration began, or was resumed */
};

/* ---------------------------------------------------------------- steps */

static void draw_latents(struct retrain *s, const struct ag_phase *phase, int batch)
{
    real *z = ag_tensor_find(&phase->in, "in.z", s->r.block[AG_IN]);
    ag_normals(s->r.seed, AG_RNG_Z, (ag_u32)s->latents++, 0, (long)batch * retrain_program.latent, z);
}

static int read_loss(struct retrain *s, const struct ag_phase *phase, struct ag_tally *loss)
{
    return ag_output(phase, "out.loss", s->r.block, "iteration", s->r.step + 1, loss, s->r.err);
}

/* What the learning rate is multiplied by. */
static double rate(const struct retrain *s)
{
    return LINEAR_DECAY ? ag_retraining_rate(&s->r) : 1;
}

static int discriminator_step(struct retrain *s)
{
    real *x = ag_tensor_find(&s->d_phase->in, "in.x", s->r.block[AG_IN]);
    int status = ag_data_batch(s->r.data, 0, BATCH_D, s->batches++, x, s->r.err);
    if (status) return status;
    draw_latents(s, s->d_phase, BATCH_D);
    ag_run(s->d_phase, s->r.block);
    ag_adam_step(&s->r.d, rate(s), s->r.block[AG_D], s->r.block[AG_GRAD]);
    return read_loss(s, s->d_phase, &s->r.d_loss);
}

static int generator_step(struct retrain *s)
{
    draw_latents(s, s->g_phase, BATCH_G);
    ag_run(s->g_phase, s->r.block);
    ag_adam_step(&s->r.g, rate(s), s->r.block[AG_G], s->r.block[AG_GRAD]);
    ag_average(s->r.ema, s->r.block[AG_G], retrain_program.block[AG_G].size, EMA);
    return read_loss(s, s->g_phase, &s->r.g_loss);
}

/* ---------------------------------------------------------------- checkpoints */

static void list_values(struct retrain *s, struct ag_checkpoint *c)
{
    ag_checkpoint_begin(c, &retrain_program);
    ag_checkpoint_word(c, "seed", &s->r.seed);
    ag_checkpoint_count(c, "iterations", &s->r.steps);
    ag_checkpoint_count(c, "iteration", &s->r.step);
    ag_checkpoint_count(c, "position", &s->position);
    ag_checkpoint_count(c, "latents", &s->latents);
    ag_checkpoint_count(c, "batches", &s->batches);
    ag_checkpoint_sum(c, "sum.d_loss", &s->r.d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &s->r.d_loss);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &s->r.g_loss);
    ag_retraining_list(&s->r, c);
}

static int save(struct retrain *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    return ag_retraining_save(&s->r, &checkpoint);
}

/* ---------------------------------------------------------------- between iterations */

static int write_log(struct retrain *s)
{
    struct ag_text line = {0, 0, 0, 0};
    int status = ag_output_wait(s->r.err);
    if (status) return status;
    ag_text_add(&line, "{\"iteration\": %ld, \"d_loss\": ", s->r.step);
    ag_text_number(&line, s->r.d_loss.sum / CRITIC_STEPS);
    ag_text_add(&line, ", \"g_loss\": ");
    ag_text_number(&line, s->r.g_loss.last);
    ag_text_add(&line, ", \"seconds\": %.3f", ag_seconds() - s->started);
    ag_log_lifeless(&line, ag_retraining_lifeless(&s->r));
    ag_text_add(&line, "}");
    return ag_run_log(&s->r.run, &line, s->r.err);
}

static int end_iteration(struct retrain *s)
{
    s->r.step++;
    s->position = 0;
    const int last = s->r.step == s->r.steps;
    int status = last || s->r.step % SAMPLE_EVERY == 0 ? ag_retraining_samples(&s->r) : 0;
    if (!status) status = write_log(s);
    s->r.d_loss.sum = 0;
    s->started = ag_seconds();
    ag_warn_lifeless(&s->r.progress, ag_retraining_lifeless(&s->r), &s->r.told);
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
    ag_fail(s->r.err, 0, "stopped at iteration %ld of %ld", s->r.step + 1, s->r.steps);
    return ag_run_stopped(&s->r.run, s->r.err);
}

static int train(struct retrain *s)
{
    int status = 0;
    ag_progress_start(&s->r.progress, "retrain", s->r.steps, s->r.step);
    s->started = ag_seconds();
    while (!status && s->r.step < s->r.steps) {
        status = s->position < CRITIC_STEPS ? discriminator_step(s) : generator_step(s);
        s->position++;
        const char *why = ag_retraining_lifeless(&s->r);
        ag_progress_step(&s->r.progress, s->r.step + (s->position > CRITIC_STEPS), "D %.3f  G %.3f%s%s",
                         s->r.d_loss.last, s->r.g_loss.last, *why ? "  " : "", why);
        if (!status && s->position > CRITIC_STEPS) status = end_iteration(s);
        if (!status && s->r.step < s->r.steps && ag_signals_caught()) status = stop(s);
    }
    ag_progress_end(&s->r.progress);
    return status;
}

static int set_up(struct retrain *s)
{
    s->d_phase = ag_phase_find(&retrain_program, "d");
    s->g_phase = ag_phase_find(&retrain_program, "g");
    return ag_retraining_new(&s->r, rates, rates, SAMPLES);
}

static int begin(struct retrain *s, const struct ag_options *options)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    int status = ag_retraining_begin(&s->r, &checkpoint, options, LINEAR_DECAY);
    if (status || !s->r.run.resumed) return status;
    if (s->position > CRITIC_STEPS)
        return ag_fail(s->r.err, 2, "%s: damaged: an iteration has no step %ld", s->r.run.checkpoint, s->position);
    ag_progress_note(&s->r.progress, "going on after iteration %ld", s->r.step);
    return 0;
}

static int retrain(struct retrain *s, const struct ag_options *options)
{
    int status = ag_run_open(&s->r.run, &retrain_program, options, s->r.err);
    if (!status) status = set_up(s);
    if (!status) status = begin(s, options);
    if (status) return status;
    if (s->r.step >= s->r.steps) {
        ag_progress_note(&s->r.progress, "%s is finished: %ld iterations; --iterations asks for more", s->r.run.folder,
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

int main(int argc, char **argv)
{
    static struct retrain s;
    struct ag_error err;
    struct ag_options options = {.data = AG_DATA_PATH, .run = AG_RUN_DEFAULT, .iterations = ITERATIONS};
    int status = ag_options_read(&options, &retrain_program, argc, argv, &err);
    if (!status && options.replay) return ag_exit(&retrain_program, ag_replay(&retrain_program, &options, &err), &err);
    if (!status && options.bench) return ag_exit(&retrain_program, ag_bench(&retrain_program, &options, &err), &err);
    if (!status) {
        s.r.program = &retrain_program;
        s.r.err = &err;
        status = retrain(&s, &options);
        ag_retraining_free(&s.r);
    }
    return ag_exit(&retrain_program, status, &err);
}
