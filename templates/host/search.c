/*
 * The search program. Tokens: AG_ITERATIONS, AG_WEIGHT_STEPS, AG_BAR_STEPS, AG_ARCH_STEPS, AG_BATCH, AG_CRITIC_STEPS,
 * AG_SPLIT, AG_WEIGHTS_{LR,BETA1,BETA2}, AG_ARCH_{LR,BETA1,BETA2,DECAY}, AG_BAR_UPDATES (0 weights, 1 alpha, 2 both),
 * AG_ARCH_BOTH (0 or 1), AG_GUMBEL_TAU (0: off), AG_WARMUP, AG_BAR_DECAY_AFTER, AG_BAR_DECAY, AG_DATA_FORMAT and
 * AG_DATA_PATH (string literals), AG_CENTER_CROP.
 */
#ifndef AG_ITERATIONS
#define AG_ITERATIONS      6
#define AG_WEIGHT_STEPS    5
#define AG_BAR_STEPS       3
#define AG_ARCH_STEPS      4
#define AG_BATCH           8
#define AG_CRITIC_STEPS    2
#define AG_SPLIT           0.5
#define AG_WEIGHTS_LR      0.0002
#define AG_WEIGHTS_BETA1   0
#define AG_WEIGHTS_BETA2   0.999
#define AG_ARCH_LR         0.0003
#define AG_ARCH_BETA1      0.5
#define AG_ARCH_BETA2      0.999
#define AG_ARCH_DECAY      0.001
#define AG_BAR_UPDATES     0
#define AG_ARCH_BOTH       0
#define AG_GUMBEL_TAU      0
#define AG_WARMUP          0
#define AG_BAR_DECAY_AFTER 0
#define AG_BAR_DECAY       1
#define AG_DATA_FORMAT     "shapes"
#define AG_DATA_PATH       ""
#define AG_CENTER_CROP     0
#endif
/* AG_TEMPLATE */
/*
 * The search: Algorithm 1 of alphaGAN. Each iteration k takes
 *
 *     T steps of D, on the training half; after every CRITIC_STEPS of them one of G
 *     R steps of D-bar, a copy of D with fresh moments, against the fixed G     } Algorithm 2: the test weights,
 *     R steps of G-bar, a copy of G and its alpha, against the fixed D          } on the validation half
 *     S steps of alpha on the duality gap V = Adv(G, D-bar) - Adv(G-bar, D)       on the validation half
 *
 * In warm-up iterations there is only the first line. The loop is a state machine: k and the position in this list say
 * what comes next, and struct search is all that it depends on. So a run can stop after any step, and goes on from its
 * checkpoint as if it had not; pictures, latents and noise follow from the seed and how many were used before.
 */
#include "search.h"

enum {
    K = AG_ITERATIONS,
    T = AG_WEIGHT_STEPS,
    R = AG_BAR_STEPS,
    S = AG_ARCH_STEPS,
    BATCH = AG_BATCH,
    CRITIC_STEPS = AG_CRITIC_STEPS,
    /* What steps of G-bar change: 0 its weights, 1 its alpha, 2 both. */
    BAR_UPDATES = AG_BAR_UPDATES,
    /* 1: alpha's gradient is the sum over a training and a validation batch. */
    ARCH_BOTH = AG_ARCH_BOTH,
    /* After that many iterations (0: never) the test weights learn BAR_DECAY times as fast. */
    BAR_DECAY_AFTER = AG_BAR_DECAY_AFTER,
    CENTER_CROP = AG_CENTER_CROP,
    /* Pictures in a sample grid: a batch, but not too few to see something, and not more than one looks at. */
    SAMPLES = BATCH >= 64 ? 64 : (BATCH >= 16 ? BATCH : 16)
};
static const double BAR_DECAY = AG_BAR_DECAY;
/* The share of the pictures in the training half. */
static const double SPLIT = AG_SPLIT;
/* The share of the iterations that only train G and D. */
static const double WARMUP = AG_WARMUP;
/* The temperature of the Gumbel noise on alpha; 0: there is none. */
static const double GUMBEL_TAU = AG_GUMBEL_TAU;
static const struct ag_adam_rates weight_rates = {AG_WEIGHTS_LR, AG_WEIGHTS_BETA1, AG_WEIGHTS_BETA2, 0};
static const struct ag_adam_rates arch_rates = {AG_ARCH_LR, AG_ARCH_BETA1, AG_ARCH_BETA2, AG_ARCH_DECAY};

enum { TRAINING, VALIDATION }; /* halves of the data */

struct search {
    /* what a checkpoint holds */
    ag_u64 seed;
    long iterations, warmup;                        /* of this run: in all; in warm-up */
    long k, position;                               /* iterations done; steps done in this one */
    long latents, noises, gumbels;                  /* how many were drawn */
    long batches[2];                                /* of each half */
    struct ag_tally d_loss, g_loss, minmax, maxmin; /* their sums over this iteration */
    struct ag_set set;                              /* the pictures */
    real *block[AG_BLOCKS];
    struct ag_adam d, g, alpha, bar_d, bar_g, bar_alpha;

    const struct ag_phase *d_phase, *g_phase, *bar_phase, *arch_phase, *forward;
    struct ag_tally bar_loss; /* of the test weights: only checked */
    real *arch_gradient;      /* sum over the batches of an alpha step */
    real *pictures;           /* [SAMPLES, size, size, channels] */
    struct ag_data *data;
    struct ag_run run;
    struct ag_progress progress;
    double started;         /* when this iteration began, or was resumed */
    long alike;             /* the pictures of the last grid */
    int told;               /* that the search is lifeless */
    struct ag_text changes; /* since the checkpoint that it went on from */
    struct ag_error *err;
};

/* ---------------------------------------------------------------- inputs and outputs of phases */

static int draw_pictures(struct search *s, const struct ag_phase *phase, int half)
{
    real *x = ag_tensor_find(&phase->in, "in.x", s->block[AG_IN]);
    return ag_data_batch(s->data, half, BATCH, s->batches[half]++, x, s->err);
}

static void draw_latents(struct search *s, const struct ag_phase *phase, const char *name)
{
    real *z = ag_tensor_find(&phase->in, name, s->block[AG_IN]);
    ag_normals(s->seed, AG_RNG_Z, (ag_u32)s->latents++, 0, (long)BATCH * search_program.latent, z);
}

static void draw_noise(struct search *s, const struct ag_phase *phase)
{
    s->noises += ag_draw_noise(phase, s->seed, s->noises, s->block[AG_IN]);
}

static void draw_gumbel(struct search *s, const struct ag_phase *phase)
{
    if (GUMBEL_TAU > 0) ag_gumbel(&search_program, phase, s->seed, s->gumbels++, GUMBEL_TAU, s->block[AG_IN]);
}

/* A scalar that a phase computes. */
static int read_output(struct search *s, const struct ag_phase *phase, const char *name, struct ag_tally *tally)
{
    return ag_output(phase, name, s->block, "iteration", s->k + 1, tally, s->err);
}

/* ---------------------------------------------------------------- steps */

/* A step of the discriminator among the blocks: D, or D-bar in D's place. */
static int discriminator_step(struct search *s, real *const block[AG_BLOCKS], int half, struct ag_adam *adam,
                              double rate, struct ag_tally *loss)
{
    int status = draw_pictures(s, s->d_phase, half);
    if (status) return status;
    draw_latents(s, s->d_phase, "in.z");
    draw_noise(s, s->d_phase);
    draw_gumbel(s, s->d_phase);
    ag_run(s->d_phase, block);
    ag_adam_step(adam, rate, block[AG_D], block[AG_GRAD]);
    return read_output(s, s->d_phase, "out.loss", loss);
}

static int generator_step(struct search *s)
{
    draw_latents(s, s->g_phase, "in.z");
    draw_noise(s, s->g_phase);
    draw_gumbel(s, s->g_phase);
    ag_run(s->g_phase, s->block);
    ag_adam_step(&s->g, 1, s->block[AG_G], s->block[AG_GRAD]);
    return read_output(s, s->g_phase, "out.loss", &s->g_loss);
}

/* One of the T: D, then G when it is its turn. */
static int weight_step(struct search *s)
{
    int status = discriminator_step(s, s->block, TRAINING, &s->d, 1, &s->d_loss);
    if (!status && (s->k * T + s->position + 1) % CRITIC_STEPS == 0) status = generator_step(s);
    return status;
}

/* Algorithm 2 begins: D-bar and G-bar are copies of D and G, with fresh moments. */
static void restart_test_weights(struct search *s)
{
    ag_copy_to_bar(&search_program, s->block);
    ag_adam_restart(&s->bar_d);
    ag_adam_restart(&s->bar_g);
    ag_adam_restart(&s->bar_alpha);
}

static double bar_rate(const struct search *s)
{
    return BAR_DECAY_AFTER > 0 && s->k >= BAR_DECAY_AFTER ? BAR_DECAY : 1;
}

static int bar_discriminator_step(struct search *s)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = s->block[i];
    block[AG_D] = s->block[AG_BAR_D];
    block[AG_SN] = s->block[AG_BAR_SN];
    return discriminator_step(s, block, VALIDATION, &s->bar_d, bar_rate(s), &s->bar_loss);
}

static int bar_generator_step(struct search *s)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = s->block[i];
    block[AG_G] = s->block[AG_BAR_G];
    block[AG_ALPHA] = s->block[AG_BAR_ALPHA];
    block[AG_STAT] = s->block[AG_BAR_STAT];
    draw_latents(s, s->bar_phase, "in.z");
    draw_noise(s, s->bar_phase);
    ag_gumbel(&search_program, s->bar_phase, 0, 0, 0, block[AG_IN]); /* G-bar's alpha is as it is */
    ag_run(s->bar_phase, block);
    if (BAR_UPDATES != 1) ag_adam_step(&s->bar_g, bar_rate(s), block[AG_G], block[AG_GRAD]);
    if (BAR_UPDATES != 0) ag_adam_step(&s->bar_alpha, bar_rate(s), block[AG_ALPHA], block[AG_GRAD_ALPHA]);
    return read_output(s, s->bar_phase, "out.loss", &s->bar_loss);
}

/* Descends the duality gap (Eq. 3) in alpha. */
static int arch_step(struct search *s)
{
    const struct ag_phase *arch = s->arch_phase;
    const long size = search_program.block[AG_ALPHA].size;
    real *gradient = s->block[AG_GRAD_ALPHA];
    for (int half = ARCH_BOTH ? TRAINING : VALIDATION; half <= VALIDATION; half++) {
        int status = draw_pictures(s, arch, half);
        if (status) return status;
        draw_latents(s, arch, "in.z");
        draw_latents(s, arch, "in.z2");
        draw_noise(s, arch);
        draw_gumbel(s, arch);
        ag_run(arch, s->block);
        if ((status = read_output(s, arch, "out.minmax", &s->minmax))) return status;
        if ((status = read_output(s, arch, "out.maxmin", &s->maxmin))) return status;
        if (ARCH_BOTH && half == TRAINING) ag_mirror_copy(s->arch_gradient, gradient, size);
    }
    if (ARCH_BOTH) ag_add(gradient, s->arch_gradient, size);
    ag_adam_step(&s->alpha, 1, s->block[AG_ALPHA], gradient);
    return 0;
}

/* ---------------------------------------------------------------- the order of steps */

static int in_warmup(const struct search *s)
{
    return s->k < s->warmup;
}

/* Steps of all iterations before k. */
static long steps_until(const struct search *s, long k)
{
    return k * T + (k > s->warmup ? k - s->warmup : 0) * (2 * R + S);
}

static int has_test_weights(const struct search *s)
{
    return s->position > T;
}

static int step(struct search *s)
{
    if (s->position == T) restart_test_weights(s);
    if (s->position < T) return weight_step(s);
    if (s->position < T + R) return bar_discriminator_step(s);
    if (s->position < T + 2 * R) return bar_generator_step(s);
    return arch_step(s);
}

/* ---------------------------------------------------------------- checkpoints */

static void list_values(struct search *s, struct ag_checkpoint *c)
{
    ag_checkpoint_begin(c, &search_program);
    ag_checkpoint_word(c, "seed", &s->seed);
    ag_checkpoint_count(c, "iterations", &s->iterations);
    ag_checkpoint_count(c, "warmup", &s->warmup);
    ag_checkpoint_count(c, "iteration", &s->k);
    ag_checkpoint_count(c, "position", &s->position);
    ag_checkpoint_count(c, "latents", &s->latents);
    ag_checkpoint_count(c, "noises", &s->noises);
    ag_checkpoint_count(c, "gumbels", &s->gumbels);
    ag_checkpoint_count(c, "batches.training", &s->batches[TRAINING]);
    ag_checkpoint_count(c, "batches.validation", &s->batches[VALIDATION]);
    ag_checkpoint_sum(c, "sum.d_loss", &s->d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &s->d_loss);
    ag_checkpoint_sum(c, "sum.g_loss", &s->g_loss.sum);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &s->g_loss);
    ag_checkpoint_sum(c, "sum.minmax", &s->minmax.sum);
    ag_checkpoint_sum(c, "sum.maxmin", &s->maxmin.sum);
    ag_checkpoint_count(c, "alike", &s->alike);
    ag_checkpoint_optional(c);
    ag_set_list(c, &s->set);
}

static void list_tensors(struct search *s, struct ag_checkpoint *c)
{
    const struct ag_table *table = search_program.block;
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "", &table[i], s->block[i]);
    ag_checkpoint_adam(c, "adam.d", "", &table[AG_D], &s->d);
    ag_checkpoint_adam(c, "adam.g", "", &table[AG_G], &s->g);
    ag_checkpoint_adam(c, "adam.alpha", "", &table[AG_ALPHA], &s->alpha);
    if (!has_test_weights(s)) return;
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "bar.", &table[i], s->block[AG_BAR_G + i]);
    ag_checkpoint_adam(c, "adam.bar.d", "bar.", &table[AG_D], &s->bar_d);
    ag_checkpoint_adam(c, "adam.bar.g", "bar.", &table[AG_G], &s->bar_g);
    ag_checkpoint_adam(c, "adam.bar.alpha", "bar.", &table[AG_ALPHA], &s->bar_alpha);
}

static int save(struct search *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    list_tensors(s, &checkpoint);
    int status = ag_run_sync_log(&s->run, s->err);
    return status ? status : ag_checkpoint_save(&checkpoint, s->run.checkpoint, s->err);
}

/* Is everything finite that a checkpoint would hold? The sums are complete then. */
static int check(struct search *s)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    list_tensors(s, &checkpoint);
    return ag_checkpoint_check(&checkpoint, s->err);
}

/* other_length: 1 if the spec says another number of iterations than the checkpoint's. */
static int load(struct search *s, int *other_length)
{
    struct ag_checkpoint checkpoint;
    list_values(s, &checkpoint);
    int status = ag_checkpoint_open(&checkpoint, s->run.checkpoint, s->err);
    if (!status) {
        list_tensors(s, &checkpoint);
        status = ag_checkpoint_read(&checkpoint, s->err);
    }
    if (!status && (s->k > s->iterations || s->iterations > AG_MAX_ITERATIONS || s->warmup > AG_MAX_ITERATIONS))
        status =
            ag_fail(s->err, 2, "%s: damaged: it is after iteration %ld of %ld", s->run.checkpoint, s->k, s->iterations);
    if (!status && s->position >= steps_until(s, s->k + 1) - steps_until(s, s->k))
        status = ag_fail(s->err, 2, "%s: damaged: an iteration has no step %ld", s->run.checkpoint, s->position);
    *other_length = checkpoint.other_length;
    s->changes = checkpoint.changes;
    checkpoint.changes = (struct ag_text){0, 0, 0, 0};
    ag_checkpoint_close(&checkpoint);
    return status;
}

/* Bytes that the run may write on the disk: the checkpoint with test weights, a new one beside the old, and samples, of
 * which a value takes a byte or less. */
static double bytes_to_write(struct search *s)
{
    struct ag_checkpoint all;
    const long position = s->position, pixels = (long)search_program.image_size * search_program.image_size;
    s->position = T + 1;
    list_values(s, &all);
    list_tensors(s, &all);
    s->position = position;
    return (s->run.resumed ? 1 : 2) * ag_checkpoint_bytes(&all) +
           (double)(s->iterations - s->k) * SAMPLES * (double)pixels * search_program.image_channels;
}

/* ---------------------------------------------------------------- between iterations */

static void add_mean(struct ag_text *line, const char *key, double sum, long count)
{
    ag_text_add(line, ", \"%s\": ", key);
    ag_text_number(line, sum / (double)count); /* null where there was nothing to sum */
}

/* Why it learns nothing any more, or "". */
static const char *lifeless(const struct search *s)
{
    return ag_lifeless(&s->d_loss, &s->g_loss, s->alike);
}

static int write_log(struct search *s, long gaps)
{
    struct ag_text line = {0, 0, 0, 0};
    const real *alpha = s->block[AG_ALPHA];
    ag_text_add(&line, "{\"iteration\": %ld", s->k);
    add_mean(&line, "d_loss", s->d_loss.sum, T);
    add_mean(&line, "g_loss", s->g_loss.sum, s->k * T / CRITIC_STEPS - (s->k - 1) * T / CRITIC_STEPS);
    add_mean(&line, "minmax", s->minmax.sum, gaps);
    add_mean(&line, "maxmin", s->maxmin.sum, gaps);
    add_mean(&line, "gap", s->minmax.sum - s->maxmin.sum, gaps);
    ag_text_add(&line, ", \"entropy\": ");
    ag_text_number(&line, ag_alpha_entropy(&search_program, alpha));
    ag_text_add(&line, ", \"alpha\": ");
    ag_alpha_text(&line, &search_program, alpha);
    ag_text_add(&line, ", \"seconds\": %.3f", ag_seconds() - s->started);
    ag_log_lifeless(&line, lifeless(s));
    ag_text_add(&line, "}");
    return ag_run_log(&s->run, &line, s->err);
}

static int write_genotype(struct search *s, long gaps)
{
    struct ag_text found = {0, 0, 0, 0}, text = {0, 0, 0, 0};
    ag_text_add(&found, "{\"seed\": %llu, \"iteration\": %ld", s->seed, s->k);
    add_mean(&found, "minmax", s->minmax.sum, gaps);
    add_mean(&found, "maxmin", s->maxmin.sum, gaps);
    add_mean(&found, "gap", s->minmax.sum - s->maxmin.sum, gaps);
    ag_text_add(&found, ", \"entropy\": ");
    ag_text_number(&found, ag_alpha_entropy(&search_program, s->block[AG_ALPHA]));
    ag_text_add(&found, "}");
    ag_genotype_text(&text, &search_program, s->block[AG_ALPHA], found.failed ? "{}" : found.text);
    text.failed |= found.failed;
    int status = ag_run_write(&s->run, &text, s->err, "genotypes/%04ld.json", s->k);
    if (!status) status = ag_run_write(&s->run, &text, s->err, "genotype.json");
    ag_text_free(&found);
    ag_text_free(&text);
    return status;
}

/* The same latents each time, so that one sees the pictures change. */
static int write_samples(struct search *s)
{
    const struct ag_program *p = &search_program;
    int status = ag_sample_pictures(p, s->forward, s->block, s->seed, SAMPLES, s->pictures, s->err);
    if (status) return status;
    s->alike = ag_alike(s->pictures, SAMPLES, (long)p->image_size * p->image_size * p->image_channels);
    return ag_run_grid(&s->run, s->pictures, SAMPLES, s->err, "samples/%04ld.png", s->k);
}

/* Writes what an iteration leaves behind, the checkpoint last: a run that is killed before does the iteration again. */
static int end_iteration(struct search *s)
{
    const long gaps = in_warmup(s) ? 0 : S * (1 + ARCH_BOTH);
    s->k++;
    s->position = 0;
    int status = check(s);
    if (!status) status = write_samples(s);
    if (!status) status = write_log(s, gaps);
    if (!status) status = write_genotype(s, gaps);
    ag_warn_lifeless(&s->progress, lifeless(s), &s->told);
    s->d_loss.sum = s->g_loss.sum = s->minmax.sum = s->maxmin.sum = 0;
    s->started = ag_seconds();
    return status ? status : save(s);
}

/* ---------------------------------------------------------------- the run */

static int stop(struct search *s)
{
    int status = save(s);
    if (status) return status;
    ag_fail(s->err, 0, "stopped at iteration %ld of %ld, step %ld", s->k + 1, s->iterations, s->position);
    return ag_run_stopped(&s->run, s->err);
}

/* The gap is shown while both of its sides are there, of the same step: not before the first alpha step, nor when only
 * one has arrived from a device. */
static void show_progress(struct search *s)
{
    const long done = steps_until(s, s->k) + s->position, iteration = s->k + (s->k < s->iterations);
    const char *why = lifeless(s), *joint = *why ? "  " : "";
    if (s->minmax.count > 0 && s->minmax.count == s->maxmin.count)
        ag_progress_step(&s->progress, done, "iteration %ld  D %.3f  G %.3f  gap %.3f%s%s", iteration, s->d_loss.last,
                         s->g_loss.last, s->minmax.last - s->maxmin.last, joint, why);
    else
        ag_progress_step(&s->progress, done, "iteration %ld  D %.3f  G %.3f%s%s", iteration, s->d_loss.last,
                         s->g_loss.last, joint, why);
}

static int train(struct search *s)
{
    int status = 0;
    ag_progress_start(&s->progress, "search", steps_until(s, s->iterations), steps_until(s, s->k) + s->position);
    s->started = ag_seconds();
    while (!status && s->k < s->iterations) {
        status = step(s);
        s->position++;
        if (!status && steps_until(s, s->k) + s->position == steps_until(s, s->k + 1)) status = end_iteration(s);
        show_progress(s);
        if (!status && s->k < s->iterations && ag_signals_caught()) status = stop(s);
    }
    ag_progress_end(&s->progress);
    return status;
}

static int set_up(struct search *s)
{
    const struct ag_program *p = &search_program;
    s->d_phase = ag_phase_find(p, "d");
    s->g_phase = ag_phase_find(p, "g");
    s->bar_phase = ag_phase_find(p, BAR_UPDATES ? "bar" : "g");
    s->arch_phase = ag_phase_find(p, "arch");
    s->forward = ag_phase_find(p, "forward");
    if (ag_blocks_new(p, s->block, s->err)) return 1;
    if (!(s->arch_gradient = ag_mirror_new(p->block[AG_ALPHA].size, s->err))) return 1;
    s->pictures = ag_reals((long)SAMPLES * p->image_size * p->image_size * p->image_channels, s->err);
    if (!s->pictures) return 1;
    if (ag_adam_new(&s->d, weight_rates, p->block[AG_D].size, s->err)) return 1;
    if (ag_adam_new(&s->g, weight_rates, p->block[AG_G].size, s->err)) return 1;
    if (ag_adam_new(&s->alpha, arch_rates, p->block[AG_ALPHA].size, s->err)) return 1;
    if (ag_adam_new(&s->bar_d, weight_rates, p->block[AG_D].size, s->err)) return 1;
    if (ag_adam_new(&s->bar_g, weight_rates, p->block[AG_G].size, s->err)) return 1;
    return ag_adam_new(&s->bar_alpha, arch_rates, p->block[AG_ALPHA].size, s->err);
}

static int open_data(struct search *s, const char *path)
{
    const struct ag_data_options options = {.format = AG_DATA_FORMAT,
                                            .path = path,
                                            .size = search_program.image_size,
                                            .channels = search_program.image_channels,
                                            .center_crop = CENTER_CROP,
                                            .split = SPLIT,
                                            .seed = s->seed};
    int status = ag_data_open(&s->data, &options, s->err);
    if (status) return status;
    /* better a line now than after the first T steps */
    for (int half = TRAINING; half <= VALIDATION; half++)
        if (ag_data_count(s->data, half) < BATCH)
            return ag_data_batch(s->data, half, BATCH, 0, s->block[AG_IN], s->err);
    ag_progress_note(&s->progress, "%s", ag_data_summary(s->data));
    ag_set_compare(&s->set, s->data, &s->progress, &s->changes);
    return ag_show_reals(&s->run, s->data, SAMPLES, s->pictures, s->err);
}

/* Takes up the run where its checkpoint left it, or begins one. */
static int begin(struct search *s, const struct ag_options *options)
{
    int other_length = 0;
    s->seed = options->seed;
    s->iterations = options->iterations;
    ag_set_forget(&s->set);
    if (!s->run.resumed) {
        if (options->resume)
            ag_progress_note(&s->progress, "%s holds no checkpoint yet; beginning anew", s->run.folder);
        s->warmup = (long)(WARMUP * (double)s->iterations + 0.5);
        for (int i = AG_G; i <= AG_STAT; i++) ag_init_block(&search_program, (enum ag_block)i, s->seed, s->block);
        return 0;
    }
    int status = load(s, &other_length);
    if (!status) status = ag_run_check_seed(&s->run, options, s->seed, s->err);
    if (status) return status;
    if (options->has_iterations || other_length) s->iterations = options->iterations;
    ag_progress_note(&s->progress, "going on after iteration %ld, step %ld", s->k, s->position);
    return 0;
}

static void tell_next(struct search *s)
{
    struct ag_text text = {0, 0, 0, 0};
    const char *folder = s->run.folder;
    char genotype[AG_PATH + 16] = "";
    ag_join(genotype, folder, "genotype.json", s->err);
    ag_text_add(&text, "%s%s ", ag_aggen ? ag_aggen : ag_is_file("aggen") ? "./aggen" : "aggen", ag_aggen ? " run" : "");
    ag_text_shell(&text, genotype);
    if (search_program.device) ag_text_add(&text, " --target cuda");
    if (!ag_aggen) {
        ag_text_add(&text, "\n    ");
        ag_text_make(&text, "out", "retrain");
        ag_text_add(&text, " && ./out/retrain");
    }
    ag_run_add_data(&s->run, &text);
    ag_progress_note(&s->progress,
                     "\nThe architecture is in %s; %s/samples shows how the search went.\nNext, retrain it:\n\n    "
                     "%s\n",
                     genotype, folder, text.failed ? "" : text.text);
    ag_text_free(&text);
}

static int search(struct search *s, const struct ag_options *options)
{
    int status = ag_run_open(&s->run, &search_program, options, s->err);
    if (!status) status = set_up(s);
    if (!status) status = begin(s, options);
    if (status) return status;
    if (s->k >= s->iterations) {
        ag_progress_note(&s->progress, "%s is finished: %ld iterations; --iterations asks for more", s->run.folder,
                         s->k);
        return 0;
    }
    status = open_data(s, options->data);
    if (!status) status = ag_run_open_log(&s->run, s->k, s->err);
    if (!status) status = ag_run_log_changes(&s->run, &s->progress, s->k, &s->changes, s->err);
    if (status) return status;
    ag_run_warn_of_room(&s->run, &s->progress, bytes_to_write(s));
    ag_signals_catch();
    status = train(s);
    ag_run_tell_checkpoint(&s->run, status, s->err);
    if (!status) tell_next(s);
    return status;
}

static void tear_down(struct search *s)
{
    ag_data_close(s->data);
    ag_blocks_free(&search_program, s->block);
    ag_mirror_free(s->arch_gradient);
    ag_free(s->pictures);
    ag_adam_free(&s->d);
    ag_adam_free(&s->g);
    ag_adam_free(&s->alpha);
    ag_adam_free(&s->bar_d);
    ag_adam_free(&s->bar_g);
    ag_adam_free(&s->bar_alpha);
    ag_text_free(&s->changes);
    ag_run_close(&s->run);
}

int main(int argc, char **argv)
{
    static struct search s;
    struct ag_error err;
    struct ag_options options = {.data = AG_DATA_PATH, .run = "out/run", .iterations = K};
    int status = ag_options_read(&options, &search_program, argc, argv, &err);
    if (!status && options.replay) return ag_exit(&search_program, ag_replay(&search_program, &options, &err), &err);
    if (!status && options.bench) return ag_exit(&search_program, ag_bench(&search_program, &options, &err), &err);
    if (!status) {
        s.err = &err;
        status = search(&s, &options);
        tear_down(&s);
    }
    return ag_exit(&search_program, status, &err);
}
