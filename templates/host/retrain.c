/*
 * The retraining program. Tokens: AG_ITERATIONS, AG_BATCH_G, AG_BATCH_D, AG_CRITIC_STEPS, AG_WEIGHTS_{LR,BETA1,BETA2},
 * AG_EMA, AG_LINEAR_DECAY (0 or 1), AG_CHECKPOINT_EVERY, AG_SAMPLE_EVERY, AG_DATA_FORMAT, AG_DATA_PATH and
 * AG_RUN_DEFAULT (string literals), AG_CENTER_CROP.
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
    CENTER_CROP = AG_CENTER_CROP,
    /* Pictures in a sample grid. */
    SAMPLES = 64
};
/* What the average of the weights keeps of itself in an iteration. */
static const double EMA = AG_EMA;
static const struct ag_adam_rates rates = {AG_WEIGHTS_LR, AG_WEIGHTS_BETA1, AG_WEIGHTS_BETA2, 0};

struct retrain {
    /* what a checkpoint holds */
    ag_u64 seed;
    long iterations;       /* of this run, in all */
    long iteration;        /* iterations done */
    long position;         /* steps done in this one */
    long latents, batches; /* how many were drawn */
    double d_loss;         /* sum over this iteration */
    real *block[AG_BLOCKS];
    real *ema; /* the average of AG_G */
    struct ag_adam d, g;

    const struct ag_phase *d_phase, *g_phase, *sample;
    real *pictures; /* [SAMPLES, size, size, channels] */
    struct ag_data *data;
    struct ag_run run;
    struct ag_progress progress;
    double g_loss;  /* the last */
    double started; /* when this iteration began, or was resumed */
    struct ag_error *err;
};

/* ---------------------------------------------------------------- steps */

static void draw_latents(struct retrain *s, const struct ag_phase *phase, int batch)
{
    real *z = ag_tensor_find(&phase->in, "in.z", s->block[AG_IN]);
    ag_normals(s->seed, AG_RNG_Z, (ag_u32)s->latents++, 0, (long)batch * retrain_program.latent, z);
}

static int read_loss(struct retrain *s, const struct ag_phase *phase, double *loss)
{
    return ag_output(phase, "out.loss", s->block, "iteration", s->iteration + 1, loss, s->err);
}

/* What the learning rate is multiplied by. */
static double rate(const struct retrain *s)
{
    return LINEAR_DECAY ? 1 - (double)s->iteration / (double)s->iterations : 1;
}

static int discriminator_step(struct retrain *s)
{
    double loss;
    real *x = ag_tensor_find(&s->d_phase->in, "in.x", s->block[AG_IN]);
    int status = ag_data_batch(s->data, 0, BATCH_D, s->batches++, x, s->err);
    if (status) return status;
    draw_latents(s, s->d_phase, BATCH_D);
    s->d_phase->run(s->block);
    ag_adam_step(&s->d, rate(s), s->block[AG_D], s->block[AG_GRAD]);
    status = read_loss(s, s->d_phase, &loss);
    s->d_loss += loss;
    return status;
}

static int generator_step(struct retrain *s)
{
    draw_latents(s, s->g_phase, BATCH_G);
    s->g_phase->run(s->block);
    ag_adam_step(&s->g, rate(s), s->block[AG_G], s->block[AG_GRAD]);
    ag_average(s->ema, s->block[AG_G], retrain_program.block[AG_G].size, EMA);
    return read_loss(s, s->g_phase, &s->g_loss);
}

/* ---------------------------------------------------------------- checkpoints */

static void list_values(struct retrain *s, struct ag_checkpoint *c)
{
    ag_checkpoint_begin(c, &retrain_program);
    ag_checkpoint_word(c, "seed", &s->seed);
    ag_checkpoint_count(c, "iterations", &s->iterations);
    ag_checkpoint_count(c, "iteration", &s->iteration);
    ag_checkpoint_count(c, "position", &s->position);
    ag_checkpoint_count(c, "latents", &s->latents);
    ag_checkpoint_count(c, "batches", &s->batches);
    ag_checkpoint_sum(c, "sum.d_loss", &s->d_loss);
}

static void list_tensors(struct retrain *s, struct ag_checkpoint *c)
{
    const struct ag_table *table = retrain_program.block;
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "", &table[i], s->block[i]);
    ag_checkpoint_block(c, "ema.", &table[AG_G], s->ema);
    ag_checkpoint_adam(c, "adam.d", "", &table[AG_D], &s->d);
    ag_checkpoint_adam(c, "adam.g", "", &table[AG_G], &s->g);
}

/* The generator has the average's weights and the live network's running statistics. The checkpoint comes last: a run
 * that is killed before does its last steps, and writes the generator, again. */
static int save(struct retrain *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    list_tensors(s, &checkpoint);
    int status = ag_checkpoint_check(&checkpoint, s->err);
    if (!status) status = ag_run_sync_log(&s->run, s->err);
    if (!status) status = ag_run_generator(&s->run, s->ema, s->block[AG_STAT], s->err);
    return status ? status : ag_checkpoint_save(&checkpoint, s->run.checkpoint, s->err);
}

static int load(struct retrain *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    int status = ag_checkpoint_open(&checkpoint, s->run.checkpoint, s->err);
    if (!status) {
        list_tensors(s, &checkpoint);
        status = ag_checkpoint_read(&checkpoint, s->err);
    }
    if (!status && s->position > CRITIC_STEPS)
        status = ag_fail(s->err, 2, "%s: damaged: an iteration has no step %ld", s->run.checkpoint, s->position);
    ag_checkpoint_close(&checkpoint);
    return status;
}

/* ---------------------------------------------------------------- between iterations */

static int write_log(struct retrain *s)
{
    struct ag_text line = {0, 0, 0, 0};
    ag_text_add(&line, "{\"iteration\": %ld, \"d_loss\": ", s->iteration);
    ag_text_number(&line, s->d_loss / CRITIC_STEPS);
    ag_text_add(&line, ", \"g_loss\": ");
    ag_text_number(&line, s->g_loss);
    ag_text_add(&line, ", \"seconds\": %.3f}", ag_seconds() - s->started);
    return ag_run_log(&s->run, &line, s->err);
}

/* Pictures of the averaged generator, from the same latents each time. */
static int write_samples(struct retrain *s)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = s->block[i];
    block[AG_G] = s->ema;
    ag_sample_pictures(&retrain_program, s->sample, block, s->seed, SAMPLES, s->pictures);
    return ag_run_grid(&s->run, s->pictures, SAMPLES, s->err, "samples/%06ld.png", s->iteration);
}

static int end_iteration(struct retrain *s)
{
    s->iteration++;
    s->position = 0;
    const int last = s->iteration == s->iterations;
    int status = write_log(s);
    s->d_loss = 0;
    s->started = ag_seconds();
    if (!status && (last || s->iteration % SAMPLE_EVERY == 0)) status = write_samples(s);
    if (!status && (last || s->iteration % CHECKPOINT_EVERY == 0)) status = save(s);
    return status;
}

/* ---------------------------------------------------------------- the run */

static int stop(struct retrain *s)
{
    int status = save(s);
    if (status) return status;
    return ag_fail(s->err, 128 + ag_signals_caught(), "stopped at iteration %ld of %ld; go on with --resume",
                   s->iteration + 1, s->iterations);
}

static int train(struct retrain *s)
{
    int status = 0;
    ag_progress_start(&s->progress, "retrain", s->iterations, s->iteration);
    s->started = ag_seconds();
    while (!status && s->iteration < s->iterations) {
        status = s->position < CRITIC_STEPS ? discriminator_step(s) : generator_step(s);
        s->position++;
        ag_progress_step(&s->progress, s->iteration + (s->position > CRITIC_STEPS), "D %.3f  G %.3f",
                         s->d_loss / (double)(s->position < CRITIC_STEPS ? s->position : CRITIC_STEPS), s->g_loss);
        if (!status && s->position > CRITIC_STEPS) status = end_iteration(s);
        if (!status && s->iteration < s->iterations && ag_signals_caught()) status = stop(s);
    }
    ag_progress_end(&s->progress);
    return status;
}

static int set_up(struct retrain *s)
{
    const struct ag_program *p = &retrain_program;
    const long g = p->block[AG_G].size, d = p->block[AG_D].size;
    s->d_phase = ag_phase_find(p, "d");
    s->g_phase = ag_phase_find(p, "g");
    s->sample = ag_phase_find(p, "sample");
    if (ag_blocks_new(p, s->block, s->err)) return 1;
    if (!(s->ema = ag_reals(g, s->err))) return 1;
    s->pictures = ag_reals((long)SAMPLES * p->image_size * p->image_size * p->image_channels, s->err);
    if (!s->pictures || ag_adam_new(&s->d, rates, d, s->err)) return 1;
    return ag_adam_new(&s->g, rates, g, s->err);
}

/* All pictures are for training. */
static int open_data(struct retrain *s, const char *path)
{
    const struct ag_data_options options = {.format = AG_DATA_FORMAT,
                                            .path = path,
                                            .size = retrain_program.image_size,
                                            .channels = retrain_program.image_channels,
                                            .center_crop = CENTER_CROP,
                                            .split = 1,
                                            .seed = s->seed};
    int status = ag_data_open(&s->data, &options, s->err);
    if (!status) ag_progress_note(&s->progress, "%s", ag_data_summary(s->data));
    return status;
}

/* Takes up the run where its checkpoint left it, or begins one. */
static int begin(struct retrain *s, const struct ag_options *options)
{
    const struct ag_program *p = &retrain_program;
    s->seed = options->seed;
    s->iterations = options->iterations;
    if (!s->run.resumed) {
        if (options->resume)
            ag_progress_note(&s->progress, "%s holds no checkpoint yet; beginning anew", s->run.folder);
        for (int i = AG_G; i <= AG_STAT; i++) ag_init_block(p, (enum ag_block)i, s->seed, s->block);
        ag_copy(s->ema, s->block[AG_G], p->block[AG_G].size);
        return 0;
    }
    int status = load(s);
    if (!status) status = ag_run_check_seed(&s->run, options, s->seed, s->err);
    if (status) return status;
    if (options->has_iterations) s->iterations = options->iterations;
    ag_progress_note(&s->progress, "going on after iteration %ld", s->iteration);
    return 0;
}

/* The generator looks in the default run folder unless it is told. */
static void tell_next(struct retrain *s)
{
    const char *folder = s->run.folder;
    ag_progress_note(&s->progress,
                     "\nThe generator's weights are in %s/ema.safetensors, its pictures in %s/samples.\n"
                     "Next, draw some:\n\n    make out/generate && ./out/generate -n 64 --weights %s/ema.safetensors\n",
                     folder, folder, folder);
}

static int retrain(struct retrain *s, const struct ag_options *options)
{
    int status = ag_run_open(&s->run, &retrain_program, options, s->err);
    if (!status) status = set_up(s);
    if (!status) status = begin(s, options);
    if (status) return status;
    if (s->iteration >= s->iterations) {
        ag_progress_note(&s->progress, "%s is finished: %ld iterations; --iterations asks for more", s->run.folder,
                         s->iteration);
        return 0;
    }
    status = open_data(s, options->data);
    if (!status) status = ag_run_open_log(&s->run, s->iteration, s->err);
    if (status) return status;
    ag_signals_catch();
    status = train(s);
    if (!status) tell_next(s);
    return status;
}

static void tear_down(struct retrain *s)
{
    ag_data_close(s->data);
    ag_blocks_free(s->block);
    ag_free(s->ema);
    ag_free(s->pictures);
    ag_adam_free(&s->d);
    ag_adam_free(&s->g);
    ag_run_close(&s->run);
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
        s.err = &err;
        status = retrain(&s, &options);
        tear_down(&s);
    }
    return ag_exit(&retrain_program, status, &err);
}
