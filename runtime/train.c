/* The driver of programs that train: reads the command line, opens or resumes a run, takes the method's steps, and
 * writes what each iteration leaves behind. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

#define UNKNOWN (~(ag_u64)0) /* of the pictures of a checkpoint that does not identify them */

/* Steps of the present iteration. */
static long steps(const struct ag_training *t)
{
    return t->method->steps ? t->method->steps(t) : 1;
}

static const char *lifeless(const struct ag_training *t)
{
    return ag_lifeless(&t->d_loss, &t->g_loss, t->alike);
}

/* Reals of a picture. */
static long picture_size(const struct ag_training *t)
{
    const struct ag_program *p = t->method->program;
    return (long)p->image_size * p->image_size * p->image_channels;
}

/* ---------------------------------------------------------------- memory */

static int set_up(struct ag_training *t)
{
    const struct ag_method *method = t->method;
    const struct ag_program *p = method->program;
    t->d_phase = ag_phase_find(p, "d");
    t->g_phase = ag_phase_find(p, "g");
    t->sample_phase = ag_phase_find(p, method->sample_phase);
    if (ag_blocks_new(p, t->block, t->err)) return 1;
    if (method->averages && !(t->average = ag_mirror_new(p->block[AG_G].size, t->err))) return 1;
    if (!(t->pictures = ag_reals(method->samples * picture_size(t), t->err))) return 1;
    if (ag_adam_new(&t->d, *method->d_rates, p->block[AG_D].size, t->err)) return 1;
    if (ag_adam_new(&t->g, *method->g_rates, p->block[AG_G].size, t->err)) return 1;
    return method->set_up ? method->set_up(t) : 0;
}

static void tear_down(struct ag_training *t)
{
    if (t->method->tear_down) t->method->tear_down(t);
    ag_data_close(t->data);
    ag_blocks_free(t->method->program, t->block);
    ag_mirror_free(t->average);
    ag_free(t->pictures);
    ag_adam_free(&t->d);
    ag_adam_free(&t->g);
    ag_text_free(&t->changes);
    ag_run_close(&t->run);
}

/* ---------------------------------------------------------------- checkpoints */

static void list_values(struct ag_training *t, struct ag_checkpoint *c)
{
    ag_checkpoint_begin(c, t->method->program);
    ag_checkpoint_word(c, "seed", &t->seed);
    t->method->values(t, c);
    if (t->average) {
        ag_checkpoint_count(c, "decay.from", &t->from);
        ag_checkpoint_optional(c);
        ag_checkpoint_sum(c, "decay.rate", &t->rate);
        ag_checkpoint_optional(c);
    }
    ag_checkpoint_count(c, "alike", &t->alike);
    ag_checkpoint_optional(c);
    ag_checkpoint_word(c, "data.pictures", &t->set.pictures);
    ag_checkpoint_optional(c);
    ag_checkpoint_word(c, "data.names", &t->set.names);
    ag_checkpoint_optional(c);
}

/* all: 1: those too that a checkpoint holds only after some steps of an iteration. */
static void list_tensors(struct ag_training *t, struct ag_checkpoint *c, int all)
{
    const struct ag_table *table = t->method->program->block;
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "", &table[i], t->block[i]);
    if (t->average) ag_checkpoint_block(c, "ema.", &table[AG_G], t->average);
    ag_checkpoint_adam(c, "adam.d", "", &table[AG_D], &t->d);
    ag_checkpoint_adam(c, "adam.g", "", &table[AG_G], &t->g);
    if (t->method->tensors) t->method->tensors(t, c, all);
}

/* Is everything finite that a checkpoint would hold? All losses have arrived then. */
static int check(struct ag_training *t)
{
    struct ag_checkpoint c;
    list_values(t, &c);
    list_tensors(t, &c, 0);
    return ag_checkpoint_check(&c, t->err);
}

/* Writes the generator, then the checkpoint. A run that is killed between the two repeats its last steps, and writes
 * the generator again. */
static int save(struct ag_training *t)
{
    struct ag_checkpoint c;
    list_values(t, &c);
    list_tensors(t, &c, 0);
    int status = t->average ? ag_checkpoint_check(&c, t->err) : 0;
    if (!status) status = ag_run_sync_log(&t->run, t->err);
    if (!status && t->average)
        status = ag_run_generator(&t->run, t->average, t->block[AG_STAT], t->err, "ema.safetensors");
    return status ? status : ag_checkpoint_save(&c, t->run.checkpoint, t->err);
}

static int load(struct ag_training *t, struct ag_checkpoint *c)
{
    list_values(t, c);
    int status = ag_checkpoint_open(c, t->run.checkpoint, t->err);
    if (!status) {
        list_tensors(t, c, 0);
        status = ag_checkpoint_read(c, t->err);
    }
    if (status) return status;
    const int possible = !t->method->is_possible || t->method->is_possible(t);
    if (!possible || t->iteration > t->iterations || t->iterations > AG_MAX_ITERATIONS || t->from > t->iteration)
        return ag_fail(t->err, 2, "%s: damaged: it is after %s %ld of %ld", t->run.checkpoint, t->method->unit,
                       t->iteration, t->iterations);
    if (t->position >= steps(t))
        return ag_fail(t->err, 2, "%s: damaged: an iteration has no step %ld", t->run.checkpoint, t->position);
    return 0;
}

/* ---------------------------------------------------------------- beginning, or going on */

/* Changes the length of a run. A linearly falling learning rate continues from its present value. */
static int change_length(struct ag_training *t, long iterations)
{
    if (t->method->linear_decay && iterations > t->iteration && iterations != t->iterations) {
        if (t->iteration >= t->iterations)
            return ag_fail(
                t->err, 2,
                "%s: the learning rate has fallen to 0 after step %ld (retrain.lr_decay is linear), and more "
                "steps would change nothing; begin a run of %ld in another folder with --run",
                t->run.folder, t->iterations, iterations);
        t->rate = ag_training_rate(t);
        t->from = t->iteration;
    }
    t->iterations = iterations;
    return 0;
}

static int resume(struct ag_training *t, const struct ag_options *options)
{
    struct ag_checkpoint c;
    int status = load(t, &c);
    t->changes = c.changes;
    memset(&c.changes, 0, sizeof c.changes);
    if (!status) status = ag_run_check_seed(&t->run, options, t->seed, t->err);
    if (!status && (options->has_iterations || c.other_length)) status = change_length(t, options->iterations);
    ag_checkpoint_close(&c);
    if (!status) t->method->going_on(t);
    return status;
}

/* Takes up the run where its checkpoint left it, or begins one. */
static int begin(struct ag_training *t, const struct ag_options *options)
{
    const struct ag_program *p = t->method->program;
    t->seed = options->seed;
    t->iterations = options->iterations;
    t->rate = 1;
    t->set.pictures = t->set.names = UNKNOWN;
    if (t->run.resumed) return resume(t, options);
    if (options->resume) ag_progress_note(&t->progress, "%s holds no checkpoint yet; beginning anew", t->run.folder);
    for (int i = AG_G; i <= AG_STAT; i++) ag_init_block(p, (enum ag_block)i, t->seed, t->block);
    if (t->average) ag_mirror_copy(t->average, t->block[AG_G], p->block[AG_G].size);
    if (t->method->begin) t->method->begin(t);
    return 0;
}

/* ---------------------------------------------------------------- pictures */

/* Compares the set of a checkpoint with the pictures that were opened, and takes these for the set. Warns if they are
 * others. */
static void compare_set(struct ag_training *t)
{
    const struct ag_set before = t->set;
    struct ag_set *set = &t->set;
    ag_data_identity(t->data, &set->pictures, &set->names);
    if (before.pictures == UNKNOWN || (before.pictures == set->pictures && before.names == set->names)) return;
    ag_progress_note(&t->progress,
                     "warning: these are not the pictures that this run has learned from: %llu then, %llu now%s; going "
                     "on with these",
                     before.pictures, set->pictures, before.pictures == set->pictures ? ", of other names" : "");
    ag_text_add(&t->changes, "%s\"data.pictures\": [%llu, %llu], \"data.names\": [\"%016llx\", \"%016llx\"]",
                t->changes.used ? ", " : "", before.pictures, set->pictures, before.names, set->names);
}

/* Writes samples/reals.png: the first pictures as the networks see them. */
static int show_reals(struct ag_training *t)
{
    const long count = ag_data_count(t->data, 0);
    const int n = t->method->samples > count ? (int)count : t->method->samples;
    int status = ag_data_preview(t->data, n, t->pictures, t->err);
    return status ? status : ag_run_grid(&t->run, t->pictures, n, t->err, "samples/reals.png");
}

static int open_data(struct ag_training *t, const char *path)
{
    struct ag_data_options options = t->method->data;
    const int batch = t->d_phase->batch;
    options.path = path;
    options.size = t->method->program->image_size;
    options.channels = t->method->program->image_channels;
    options.seed = t->seed;
    int status = ag_data_open(&t->data, &options, t->err);
    if (status) return status;
    /* better a line now than after the first steps */
    for (int half = 0; options.split < 1 && half < 2; half++)
        if (ag_data_count(t->data, half) < batch)
            return ag_data_batch(t->data, half, batch, 0, t->block[AG_IN], t->err);
    ag_progress_note(&t->progress, "%s", ag_data_summary(t->data));
    compare_set(t);
    return show_reals(t);
}

/* ---------------------------------------------------------------- room on the disk */

/* Warns if the disk has less room than the run may need. A new file lies beside the old one until it is complete; a
 * value of a picture takes a byte or less. One grid shows real pictures. */
static void warn_of_room(struct ag_training *t)
{
    const struct ag_method *method = t->method;
    const struct ag_table *table = method->program->block;
    const double generator = t->average ? (double)(table[AG_G].size + table[AG_STAT].size) * sizeof(real) : 0;
    const double grid = (double)method->samples * (double)picture_size(t);
    const long left = t->iterations - t->iteration;
    struct ag_checkpoint all;
    ag_checkpoint_begin(&all, method->program);
    list_tensors(t, &all, 1);
    ag_run_warn_of_room(&t->run, &t->progress,
                        (t->run.resumed ? 1 : 2) * (ag_checkpoint_bytes(&all) + generator) +
                            (double)(left / method->sample_every + 1) * grid +
                            (method->keep_every ? (double)(left / method->keep_every) * generator : 0));
}

/* ---------------------------------------------------------------- the log */

/* Opens the log. Prints and logs what has changed since the checkpoint. */
static int open_log(struct ag_training *t)
{
    struct ag_text line = {0, 0, 0, 0};
    int status = ag_run_open_log(&t->run, t->iteration, t->err);
    if (status) return status;
    if (t->changes.failed) return ag_fail(t->err, 1, "%s/log.jsonl: out of memory", t->run.folder);
    if (!t->changes.used) return 0;
    ag_progress_note(&t->progress, "changed since the checkpoint, from and to: %s", t->changes.text);
    ag_text_add(&line, "{\"resumed\": %ld, \"changed\": {%s}}", t->iteration, t->changes.text);
    return ag_run_log(&t->run, &line, t->err);
}

/* ---------------------------------------------------------------- what an iteration leaves behind */

/* Draws the same latents each time, so that one sees the pictures change. */
static int write_samples(struct ag_training *t)
{
    const struct ag_method *method = t->method;
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = t->block[i];
    if (t->average) block[AG_G] = t->average;
    int status = ag_output_wait(t->err); /* pictures of a diverged network are not worth drawing */
    if (!status)
        status =
            ag_sample_pictures(method->program, t->sample_phase, block, t->seed, method->samples, t->pictures, t->err);
    if (status) return status;
    t->alike = ag_alike(t->pictures, method->samples, picture_size(t));
    return ag_run_grid(&t->run, t->pictures, method->samples, t->err, "samples/%0*ld.png", method->sample_digits,
                       t->iteration);
}

static int write_log(struct ag_training *t)
{
    struct ag_text line = {0, 0, 0, 0};
    int status = ag_output_wait(t->err);
    if (status) return status;
    ag_text_add(&line, "{\"%s\": %ld", t->method->unit, t->iteration);
    t->method->log(t, &line);
    ag_text_add(&line, ", \"seconds\": %.3f", ag_seconds() - t->started);
    if (*lifeless(t)) ag_text_add(&line, ", \"warning\": \"%s\"", lifeless(t));
    ag_text_add(&line, "}");
    return ag_run_log(&t->run, &line, t->err);
}

/* Writes the averaged generator to a numbered file, if it is its turn. */
static int keep_generator(struct ag_training *t)
{
    const struct ag_table *table = t->method->program->block;
    struct ag_checkpoint generator; /* lists what is written, to fetch it from a device and check it */
    if (!t->method->keep_every || t->iteration % t->method->keep_every) return 0;
    ag_checkpoint_begin(&generator, t->method->program);
    ag_checkpoint_block(&generator, "ema.", &table[AG_G], t->average);
    ag_checkpoint_block(&generator, "", &table[AG_STAT], t->block[AG_STAT]);
    int status = ag_checkpoint_check(&generator, t->err);
    if (status) return status;
    return ag_run_generator(&t->run, t->average, t->block[AG_STAT], t->err, "ema-%07ld.safetensors", t->iteration);
}

/* Warns once of a run that learns nothing any more. */
static void warn_lifeless(struct ag_training *t)
{
    if (!*lifeless(t) || t->told) return;
    t->told = 1;
    ag_progress_note(
        &t->progress,
        "warning: %s: this run learns nothing any more; a smaller learning rate may help, from the beginning "
        "(retrain.keep_every keeps generators of earlier steps)",
        lifeless(t));
}

/* Writes the checkpoint last: a run that is killed before does these steps again. The sums go on after a last line of
 * the log that comes early: weights and checkpoint of a run that is asked for more iterations then end as those of one
 * that was asked for all at once, though that line and its samples stay. */
static int end_iteration(struct ag_training *t)
{
    const struct ag_method *method = t->method;
    t->iteration++;
    t->position = 0;
    const int last = t->iteration == t->iterations, full = t->iteration % method->log_every == 0;
    const int saves = last || t->iteration % method->checkpoint_every == 0;
    int status = saves ? check(t) : 0;
    if (!status && (last || t->iteration % method->sample_every == 0)) status = write_samples(t);
    if (!status && (last || full)) status = write_log(t);
    if (!status && method->end) status = method->end(t);
    warn_lifeless(t);
    if (full) {
        t->d_loss.sum = t->g_loss.sum = 0;
        t->started = ag_seconds();
    }
    if (!status) status = keep_generator(t);
    return status || !saves ? status : save(t);
}

/* ---------------------------------------------------------------- the run */

static int stop(struct ag_training *t)
{
    int status = save(t);
    if (status) return status;
    t->method->stopped(t);
    return ag_run_stopped(&t->run, t->err);
}

static int train(struct ag_training *t)
{
    const struct ag_method *method = t->method;
    char why[64];
    int status = 0;
    ag_progress_start(&t->progress, method->counted, method->count(t, t->iterations, 0),
                      method->count(t, t->iteration, t->position));
    t->started = ag_seconds();
    while (!status && t->iteration < t->iterations) {
        status = method->step(t);
        t->position++;
        if (!status && t->position == steps(t)) status = end_iteration(t);
        snprintf(why, sizeof why, "%s%s", *lifeless(t) ? "  " : "", lifeless(t));
        method->show(t, method->count(t, t->iteration, t->position), why);
        if (!status && t->iteration < t->iterations && ag_signals_caught()) status = stop(t);
    }
    ag_progress_end(&t->progress);
    return status;
}

static int run(struct ag_training *t, const struct ag_options *options)
{
    int status = ag_run_open(&t->run, t->method->program, options, t->err);
    if (!status) status = set_up(t);
    if (!status) status = begin(t, options);
    if (status) return status;
    if (t->iteration >= t->iterations) {
        ag_progress_note(&t->progress, "%s is finished: %ld %s; --iterations asks for more", t->run.folder,
                         t->iteration, t->method->units);
        return 0;
    }
    status = open_data(t, options->data);
    if (!status) status = open_log(t);
    if (status) return status;
    warn_of_room(t);
    ag_signals_catch();
    status = train(t);
    ag_run_tell_checkpoint(&t->run, status, t->err);
    if (!status) t->method->next(t);
    return status;
}

int ag_train(const struct ag_method *method, void *state, int argc, char **argv)
{
    struct ag_training *t = state;
    struct ag_error err;
    const struct ag_program *p = method->program;
    struct ag_options options = {.data = method->data.path, .run = method->run, .iterations = method->iterations};
    int status = ag_options_read(&options, p, argc, argv, &err);
    if (!status && options.replay) return ag_exit(p, ag_replay(p, &options, &err), &err);
    if (!status && options.bench) return ag_exit(p, ag_bench(p, &options, &err), &err);
    if (!status) {
        t->method = method;
        t->err = &err;
        status = run(t, &options);
        tear_down(t);
    }
    return ag_exit(p, status, &err);
}
