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
 * In warm-up iterations there is only the first line. ag_train calls the functions of the table `method` below. The
 * iteration and the position in this list say what comes next, and struct search is all that it depends on. So a run
 * can stop after any step, and goes on from its checkpoint as if it had not; pictures, latents and noise follow from
 * the seed and how many were used before.
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
    /* Pictures in a sample grid: a batch, but not too few to see something, and not more than one looks at. */
    SAMPLES = BATCH >= 64 ? 64 : (BATCH >= 16 ? BATCH : 16)
};
static const double BAR_DECAY = AG_BAR_DECAY;
/* The share of the iterations that only train G and D. */
static const double WARMUP = AG_WARMUP;
/* The temperature of the Gumbel noise on alpha; 0: there is none. */
static const double GUMBEL_TAU = AG_GUMBEL_TAU;
static const struct ag_adam_rates weight_rates = {AG_WEIGHTS_LR, AG_WEIGHTS_BETA1, AG_WEIGHTS_BETA2, 0};
static const struct ag_adam_rates arch_rates = {AG_ARCH_LR, AG_ARCH_BETA1, AG_ARCH_BETA2, AG_ARCH_DECAY};

enum { TRAINING, VALIDATION }; /* halves of the data */

struct search {
    struct ag_training t;
    /* what a checkpoint holds besides that */
    long warmup;                    /* iterations that only train G and D */
    long noises, gumbels;           /* how many were drawn */
    struct ag_tally minmax, maxmin; /* their sums over this iteration */
    struct ag_adam alpha, bar_d, bar_g, bar_alpha;

    const struct ag_phase *bar_phase, *arch_phase;
    struct ag_tally bar_loss; /* of the test weights: only checked */
    real *arch_gradient;      /* sum over the batches of an alpha step */
};

/* ---------------------------------------------------------------- steps */

static void draw_noise(struct search *s, const struct ag_phase *phase)
{
    s->noises += ag_draw_noise(phase, s->t.seed, s->noises, s->t.block[AG_IN]);
}

static void draw_gumbel(struct search *s, const struct ag_phase *phase)
{
    if (GUMBEL_TAU > 0) ag_gumbel(&search_program, phase, s->t.seed, s->gumbels++, GUMBEL_TAU, s->t.block[AG_IN]);
}

/* A step of the discriminator among the blocks: D, or D-bar in D's place. */
static int discriminator_step(struct search *s, real *const block[AG_BLOCKS], int half, struct ag_adam *adam,
                              double rate, struct ag_tally *loss)
{
    const struct ag_phase *d = s->t.d_phase;
    int status = ag_training_pictures(&s->t, d, half);
    if (status) return status;
    ag_training_latents(&s->t, d, "in.z");
    draw_noise(s, d);
    draw_gumbel(s, d);
    ag_run(d, block);
    ag_adam_step(adam, rate, block[AG_D], block[AG_GRAD]);
    return ag_training_output(&s->t, d, "out.loss", loss);
}

static int generator_step(struct search *s)
{
    const struct ag_phase *g = s->t.g_phase;
    ag_training_latents(&s->t, g, "in.z");
    draw_noise(s, g);
    draw_gumbel(s, g);
    ag_run(g, s->t.block);
    ag_adam_step(&s->t.g, 1, s->t.block[AG_G], s->t.block[AG_GRAD]);
    return ag_training_output(&s->t, g, "out.loss", &s->t.g_loss);
}

/* One of the T: D, then G when it is its turn. */
static int weight_step(struct search *s)
{
    int status = discriminator_step(s, s->t.block, TRAINING, &s->t.d, 1, &s->t.d_loss);
    if (!status && (s->t.iteration * T + s->t.position + 1) % CRITIC_STEPS == 0) status = generator_step(s);
    return status;
}

/* Algorithm 2 begins: D-bar and G-bar are copies of D and G, with fresh moments. */
static void restart_test_weights(struct search *s)
{
    ag_copy_to_bar(&search_program, s->t.block);
    ag_adam_restart(&s->bar_d);
    ag_adam_restart(&s->bar_g);
    ag_adam_restart(&s->bar_alpha);
}

static double bar_rate(const struct search *s)
{
    return BAR_DECAY_AFTER > 0 && s->t.iteration >= BAR_DECAY_AFTER ? BAR_DECAY : 1;
}

static int bar_discriminator_step(struct search *s)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = s->t.block[i];
    block[AG_D] = s->t.block[AG_BAR_D];
    block[AG_SN] = s->t.block[AG_BAR_SN];
    return discriminator_step(s, block, VALIDATION, &s->bar_d, bar_rate(s), &s->bar_loss);
}

static int bar_generator_step(struct search *s)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = s->t.block[i];
    block[AG_G] = s->t.block[AG_BAR_G];
    block[AG_ALPHA] = s->t.block[AG_BAR_ALPHA];
    block[AG_STAT] = s->t.block[AG_BAR_STAT];
    ag_training_latents(&s->t, s->bar_phase, "in.z");
    draw_noise(s, s->bar_phase);
    ag_gumbel(&search_program, s->bar_phase, 0, 0, 0, block[AG_IN]); /* G-bar's alpha is as it is */
    ag_run(s->bar_phase, block);
    if (BAR_UPDATES != 1) ag_adam_step(&s->bar_g, bar_rate(s), block[AG_G], block[AG_GRAD]);
    if (BAR_UPDATES != 0) ag_adam_step(&s->bar_alpha, bar_rate(s), block[AG_ALPHA], block[AG_GRAD_ALPHA]);
    return ag_training_output(&s->t, s->bar_phase, "out.loss", &s->bar_loss);
}

/* Descends the duality gap (Eq. 3) in alpha. */
static int arch_step(struct search *s)
{
    const struct ag_phase *arch = s->arch_phase;
    const long size = search_program.block[AG_ALPHA].size;
    real *gradient = s->t.block[AG_GRAD_ALPHA];
    for (int half = ARCH_BOTH ? TRAINING : VALIDATION; half <= VALIDATION; half++) {
        int status = ag_training_pictures(&s->t, arch, half);
        if (status) return status;
        ag_training_latents(&s->t, arch, "in.z");
        ag_training_latents(&s->t, arch, "in.z2");
        draw_noise(s, arch);
        draw_gumbel(s, arch);
        ag_run(arch, s->t.block);
        if ((status = ag_training_output(&s->t, arch, "out.minmax", &s->minmax))) return status;
        if ((status = ag_training_output(&s->t, arch, "out.maxmin", &s->maxmin))) return status;
        if (ARCH_BOTH && half == TRAINING) ag_mirror_copy(s->arch_gradient, gradient, size);
    }
    if (ARCH_BOTH) ag_add(gradient, s->arch_gradient, size);
    ag_adam_step(&s->alpha, 1, s->t.block[AG_ALPHA], gradient);
    return 0;
}

/* ---------------------------------------------------------------- the order of steps */

/* Steps of all iterations before iteration k, which is counted from 0. */
static long steps_until(const struct search *s, long k)
{
    return k * T + (k > s->warmup ? k - s->warmup : 0) * (2 * R + S);
}

static long steps(const void *state)
{
    const struct search *s = state;
    return steps_until(s, s->t.iteration + 1) - steps_until(s, s->t.iteration);
}

static int step(void *state)
{
    struct search *s = state;
    const long position = s->t.position;
    if (position == T) restart_test_weights(s);
    if (position < T) return weight_step(s);
    if (position < T + R) return bar_discriminator_step(s);
    if (position < T + 2 * R) return bar_generator_step(s);
    return arch_step(s);
}

/* ---------------------------------------------------------------- what a checkpoint holds */

static int set_up(void *state)
{
    struct search *s = state;
    const struct ag_table *table = search_program.block;
    s->bar_phase = ag_phase_find(&search_program, BAR_UPDATES ? "bar" : "g");
    s->arch_phase = ag_phase_find(&search_program, "arch");
    if (!(s->arch_gradient = ag_mirror_new(table[AG_ALPHA].size, s->t.err))) return 1;
    if (ag_adam_new(&s->alpha, arch_rates, table[AG_ALPHA].size, s->t.err)) return 1;
    if (ag_adam_new(&s->bar_d, weight_rates, table[AG_D].size, s->t.err)) return 1;
    if (ag_adam_new(&s->bar_g, weight_rates, table[AG_G].size, s->t.err)) return 1;
    return ag_adam_new(&s->bar_alpha, arch_rates, table[AG_ALPHA].size, s->t.err);
}

static void tear_down(void *state)
{
    struct search *s = state;
    ag_mirror_free(s->arch_gradient);
    ag_adam_free(&s->alpha);
    ag_adam_free(&s->bar_d);
    ag_adam_free(&s->bar_g);
    ag_adam_free(&s->bar_alpha);
}

static void begin(void *state)
{
    struct search *s = state;
    s->warmup = (long)(WARMUP * (double)s->t.iterations + 0.5);
}

static void list_values(void *state, struct ag_checkpoint *c)
{
    struct search *s = state;
    ag_checkpoint_count(c, "iterations", &s->t.iterations);
    ag_checkpoint_count(c, "warmup", &s->warmup);
    ag_checkpoint_count(c, "iteration", &s->t.iteration);
    ag_checkpoint_count(c, "position", &s->t.position);
    ag_checkpoint_count(c, "latents", &s->t.latents);
    ag_checkpoint_count(c, "noises", &s->noises);
    ag_checkpoint_count(c, "gumbels", &s->gumbels);
    ag_checkpoint_count(c, "batches.training", &s->t.batches[TRAINING]);
    ag_checkpoint_count(c, "batches.validation", &s->t.batches[VALIDATION]);
    ag_checkpoint_sum(c, "sum.d_loss", &s->t.d_loss.sum);
    ag_checkpoint_standstill(c, "first.d_loss", "same.d_loss", &s->t.d_loss);
    ag_checkpoint_sum(c, "sum.g_loss", &s->t.g_loss.sum);
    ag_checkpoint_standstill(c, "first.g_loss", "same.g_loss", &s->t.g_loss);
    ag_checkpoint_sum(c, "sum.minmax", &s->minmax.sum);
    ag_checkpoint_sum(c, "sum.maxmin", &s->maxmin.sum);
}

static void list_tensors(void *state, struct ag_checkpoint *c, int all)
{
    struct search *s = state;
    const struct ag_table *table = search_program.block;
    ag_checkpoint_adam(c, "adam.alpha", "", &table[AG_ALPHA], &s->alpha);
    if (s->t.position <= T && !all) return; /* there are no test weights yet */
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "bar.", &table[i], s->t.block[AG_BAR_G + i]);
    ag_checkpoint_adam(c, "adam.bar.d", "bar.", &table[AG_D], &s->bar_d);
    ag_checkpoint_adam(c, "adam.bar.g", "bar.", &table[AG_G], &s->bar_g);
    ag_checkpoint_adam(c, "adam.bar.alpha", "bar.", &table[AG_ALPHA], &s->bar_alpha);
}

static int is_possible(const void *state)
{
    const struct search *s = state;
    return s->warmup <= AG_MAX_ITERATIONS;
}

/* ---------------------------------------------------------------- what an iteration leaves behind */

/* Adds the means over the iteration that has ended. They are null after a warm-up iteration. */
static void add_gap(const struct search *s, struct ag_text *text)
{
    const long gaps = s->t.iteration - 1 < s->warmup ? 0 : S * (1 + ARCH_BOTH);
    ag_log_mean(text, "minmax", s->minmax.sum, gaps);
    ag_log_mean(text, "maxmin", s->maxmin.sum, gaps);
    ag_log_mean(text, "gap", s->minmax.sum - s->maxmin.sum, gaps);
    ag_text_add(text, ", \"entropy\": ");
    ag_text_number(text, ag_alpha_entropy(&search_program, s->t.block[AG_ALPHA]));
}

static void add_to_log(void *state, struct ag_text *line)
{
    const struct search *s = state;
    const long k = s->t.iteration;
    ag_log_mean(line, "d_loss", s->t.d_loss.sum, T);
    ag_log_mean(line, "g_loss", s->t.g_loss.sum, k * T / CRITIC_STEPS - (k - 1) * T / CRITIC_STEPS);
    add_gap(s, line);
    ag_text_add(line, ", \"alpha\": ");
    ag_alpha_text(line, &search_program, s->t.block[AG_ALPHA]);
}

static int write_genotype(struct search *s)
{
    struct ag_text found = {0, 0, 0, 0}, text = {0, 0, 0, 0};
    ag_text_add(&found, "{\"seed\": %llu, \"iteration\": %ld", s->t.seed, s->t.iteration);
    add_gap(s, &found);
    ag_text_add(&found, "}");
    ag_genotype_text(&text, &search_program, s->t.block[AG_ALPHA], found.failed ? "{}" : found.text);
    text.failed |= found.failed;
    int status = ag_run_write(&s->t.run, &text, s->t.err, "genotypes/%04ld.json", s->t.iteration);
    if (!status) status = ag_run_write(&s->t.run, &text, s->t.err, "genotype.json");
    ag_text_free(&found);
    ag_text_free(&text);
    return status;
}

static int end_iteration(void *state)
{
    struct search *s = state;
    int status = write_genotype(s);
    s->minmax.sum = s->maxmin.sum = 0;
    return status;
}

/* ---------------------------------------------------------------- messages */

static long count(const void *state, long iteration, long position)
{
    const struct search *s = state;
    return steps_until(s, iteration) + position;
}

/* The gap is shown while both of its sides are there, of the same step: not before the first alpha step, nor when only
 * one has arrived from a device. */
static void show(void *state, long count, const char *why)
{
    struct search *s = state;
    struct ag_training *t = &s->t;
    const long iteration = t->iteration + (t->iteration < t->iterations);
    if (s->minmax.count > 0 && s->minmax.count == s->maxmin.count)
        ag_progress_step(&t->progress, count, "iteration %ld  D %.3f  G %.3f  gap %.3f%s", iteration, t->d_loss.last,
                         t->g_loss.last, s->minmax.last - s->maxmin.last, why);
    else
        ag_progress_step(&t->progress, count, "iteration %ld  D %.3f  G %.3f%s", iteration, t->d_loss.last,
                         t->g_loss.last, why);
}

static void going_on(void *state)
{
    struct ag_training *t = state;
    ag_progress_note(&t->progress, "going on after iteration %ld, step %ld", t->iteration, t->position);
}

static void stopped(void *state)
{
    struct ag_training *t = state;
    ag_fail(t->err, 0, "stopped at iteration %ld of %ld, step %ld", t->iteration + 1, t->iterations, t->position);
}

static const struct ag_method method = {
    .program = &search_program,
    .unit = "iteration",
    .units = "iterations",
    .counted = "search",
    .run = "out/run",
    .iterations = K,
    .data = {.format = AG_DATA_FORMAT, .path = AG_DATA_PATH, .split = AG_SPLIT, .center_crop = AG_CENTER_CROP},
    .d_rates = &weight_rates,
    .g_rates = &weight_rates,
    .samples = SAMPLES,
    .sample_phase = "forward",
    .sample_digits = 4,
    .log_every = 1,
    .sample_every = 1,
    .checkpoint_every = 1,
    .set_up = set_up,
    .tear_down = tear_down,
    .begin = begin,
    .values = list_values,
    .tensors = list_tensors,
    .is_possible = is_possible,
    .steps = steps,
    .step = step,
    .log = add_to_log,
    .end = end_iteration,
    .count = count,
    .show = show,
    .going_on = going_on,
    .stopped = stopped,
    .next = ag_next_retrain,
};

int main(int argc, char **argv)
{
    static struct search s;
    return ag_train(&method, &s, argc, argv);
}
