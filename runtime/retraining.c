/* What the retraining programs of all families share: networks, files, beginning and end. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

int ag_retraining_new(struct ag_retraining *r, struct ag_adam_rates d, struct ag_adam_rates g, int samples)
{
    const struct ag_program *p = r->program;
    r->samples = samples;
    r->sample = ag_phase_find(p, "sample");
    if (ag_blocks_new(p, r->block, r->err)) return 1;
    if (!(r->ema = ag_mirror_new(p->block[AG_G].size, r->err))) return 1;
    r->pictures = ag_reals((long)samples * p->image_size * p->image_size * p->image_channels, r->err);
    if (!r->pictures || ag_adam_new(&r->d, d, p->block[AG_D].size, r->err)) return 1;
    return ag_adam_new(&r->g, g, p->block[AG_G].size, r->err);
}

void ag_retraining_free(struct ag_retraining *r)
{
    ag_data_close(r->data);
    ag_blocks_free(r->program, r->block);
    ag_mirror_free(r->ema);
    ag_free(r->pictures);
    ag_adam_free(&r->d);
    ag_adam_free(&r->g);
    ag_text_free(&r->changes);
    ag_run_close(&r->run);
}

void ag_retraining_list(struct ag_retraining *r, struct ag_checkpoint *c)
{
    ag_checkpoint_count(c, "decay.from", &r->from);
    ag_checkpoint_optional(c);
    ag_checkpoint_sum(c, "decay.rate", &r->rate);
    ag_checkpoint_optional(c);
    ag_checkpoint_count(c, "alike", &r->alike);
    ag_checkpoint_optional(c);
    ag_set_list(c, &r->set);
}

static void list_tensors(struct ag_retraining *r, struct ag_checkpoint *c)
{
    const struct ag_table *table = r->program->block;
    for (int i = AG_G; i <= AG_STAT; i++) ag_checkpoint_block(c, "", &table[i], r->block[i]);
    ag_checkpoint_block(c, "ema.", &table[AG_G], r->ema);
    ag_checkpoint_adam(c, "adam.d", "", &table[AG_D], &r->d);
    ag_checkpoint_adam(c, "adam.g", "", &table[AG_G], &r->g);
}

int ag_retraining_save(struct ag_retraining *r, struct ag_checkpoint *c)
{
    list_tensors(r, c);
    int status = ag_checkpoint_check(c, r->err);
    if (!status) status = ag_run_sync_log(&r->run, r->err);
    if (!status) status = ag_run_generator(&r->run, r->ema, r->block[AG_STAT], r->err, "ema.safetensors");
    return status ? status : ag_checkpoint_save(c, r->run.checkpoint, r->err);
}

static int load_checkpoint(struct ag_retraining *r, struct ag_checkpoint *c)
{
    int status = ag_checkpoint_open(c, r->run.checkpoint, r->err);
    if (!status) {
        list_tensors(r, c);
        status = ag_checkpoint_read(c, r->err);
    }
    if (!status && (r->step > r->steps || r->steps > AG_MAX_ITERATIONS || r->from > r->step))
        status = ag_fail(r->err, 2, "%s: damaged: it is after step %ld of %ld", r->run.checkpoint, r->step, r->steps);
    return status;
}

double ag_retraining_rate(const struct ag_retraining *r)
{
    return r->rate * (1 - (double)(r->step - r->from) / (double)(r->steps - r->from));
}

/* Changes the length of a run. A linearly falling learning rate continues from its present value. */
static int change_length(struct ag_retraining *r, long steps, int linear_decay)
{
    if (linear_decay && steps > r->step && steps != r->steps) {
        if (r->step >= r->steps)
            return ag_fail(
                r->err, 2,
                "%s: the learning rate has fallen to 0 after step %ld (retrain.lr_decay is linear), and more "
                "steps would change nothing; begin a run of %ld in another folder with --run",
                r->run.folder, r->steps, steps);
        r->rate = ag_retraining_rate(r);
        r->from = r->step;
    }
    r->steps = steps;
    return 0;
}

int ag_retraining_begin(struct ag_retraining *r, struct ag_checkpoint *c, const struct ag_options *options,
                        int linear_decay)
{
    r->seed = options->seed;
    r->steps = options->iterations;
    r->rate = 1;
    ag_set_forget(&r->set);
    if (!r->run.resumed) {
        if (options->resume)
            ag_progress_note(&r->progress, "%s holds no checkpoint yet; beginning anew", r->run.folder);
        for (int i = AG_G; i <= AG_STAT; i++) ag_init_block(r->program, (enum ag_block)i, r->seed, r->block);
        ag_mirror_copy(r->ema, r->block[AG_G], r->program->block[AG_G].size);
        return 0;
    }
    int status = load_checkpoint(r, c);
    r->changes = c->changes;
    memset(&c->changes, 0, sizeof c->changes);
    if (!status) status = ag_run_check_seed(&r->run, options, r->seed, r->err);
    if (!status && (options->has_iterations || c->other_length))
        status = change_length(r, options->iterations, linear_decay);
    ag_checkpoint_close(c);
    return status;
}

static long grid_reals(const struct ag_retraining *r)
{
    const struct ag_program *p = r->program;
    return (long)r->samples * p->image_size * p->image_size * p->image_channels;
}

int ag_retraining_open_log(struct ag_retraining *r, long sample_every, long keep_every)
{
    struct ag_checkpoint all;
    const double generator = (double)(r->program->block[AG_G].size + r->program->block[AG_STAT].size) * sizeof(real);
    const long left = r->steps - r->step;
    int status = ag_run_open_log(&r->run, r->step, r->err);
    if (!status) status = ag_run_log_changes(&r->run, &r->progress, r->step, &r->changes, r->err);
    if (status) return status;
    ag_checkpoint_begin(&all, r->program);
    list_tensors(r, &all);
    /* a new file lies beside the old one until it is complete; a picture takes at most a byte a value */
    ag_run_warn_of_room(&r->run, &r->progress,
                        (r->run.resumed ? 1 : 2) * (ag_checkpoint_bytes(&all) + generator) +
                            (double)(left / sample_every + 1) * (double)grid_reals(r) +
                            (keep_every ? (double)(left / keep_every) * generator : 0));
    return 0;
}

const char *ag_retraining_lifeless(const struct ag_retraining *r)
{
    return ag_lifeless(&r->d_loss, &r->g_loss, r->alike);
}

int ag_retraining_data(struct ag_retraining *r, const char *format, const char *path, int center_crop)
{
    const struct ag_data_options options = {.format = format,
                                            .path = path,
                                            .size = r->program->image_size,
                                            .channels = r->program->image_channels,
                                            .center_crop = center_crop,
                                            .split = 1,
                                            .seed = r->seed};
    int status = ag_data_open(&r->data, &options, r->err);
    if (status) return status;
    ag_progress_note(&r->progress, "%s", ag_data_summary(r->data));
    ag_set_compare(&r->set, r->data, &r->progress, &r->changes);
    return ag_show_reals(&r->run, r->data, r->samples, r->pictures, r->err);
}

int ag_retraining_samples(struct ag_retraining *r)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = r->block[i];
    block[AG_G] = r->ema;
    int status = ag_output_wait(r->err); /* pictures of a diverged network are not worth drawing */
    if (!status) status = ag_sample_pictures(r->program, r->sample, block, r->seed, r->samples, r->pictures, r->err);
    if (status) return status;
    r->alike = ag_alike(r->pictures, r->samples, grid_reals(r) / r->samples);
    return ag_run_grid(&r->run, r->pictures, r->samples, r->err, "samples/%06ld.png", r->step);
}

int ag_retraining_keep(struct ag_retraining *r, long every)
{
    struct ag_checkpoint generator; /* lists what is written, to fetch it from a device and check it */
    if (!every || r->step % every) return 0;
    ag_checkpoint_begin(&generator, r->program);
    ag_checkpoint_block(&generator, "ema.", &r->program->block[AG_G], r->ema);
    ag_checkpoint_block(&generator, "", &r->program->block[AG_STAT], r->block[AG_STAT]);
    int status = ag_checkpoint_check(&generator, r->err);
    return status ? status
                  : ag_run_generator(&r->run, r->ema, r->block[AG_STAT], r->err, "ema-%07ld.safetensors", r->step);
}

void ag_retraining_tell(struct ag_retraining *r, const char *program)
{
    struct ag_text text = {0, 0, 0, 0};
    const char *folder = r->run.folder, *slash = strrchr(program, '/');
    const int usual = !slash || !strcmp(program, "./out/retrain") || !strcmp(program, "out/retrain");
    char place[AG_PATH + 16] = "out", weights[AG_PATH + 32];
    if (!usual) snprintf(place, AG_PATH, "%.*s", (int)(slash - program), program);
    snprintf(weights, sizeof weights, "%s/ema.safetensors", folder);
    if (ag_command) {
        ag_text_add(&text, "%s generate", ag_command);
    } else {
        ag_text_make(&text, place, "generate");
        ag_text_add(&text, " && %s", usual ? "./" : "");
        strcat(place, "/generate");
        ag_text_shell(&text, place);
    }
    ag_text_add(&text, " -n 64 --weights ");
    ag_text_shell(&text, weights);
    ag_progress_note(&r->progress,
                     "\nThe generator's weights are in %s, its pictures in %s/samples.\nNext, draw some:\n\n    %s\n",
                     weights, folder, text.failed ? "" : text.text);
    ag_text_free(&text);
}
