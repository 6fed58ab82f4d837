/* What the retraining programs of all families have in common: their networks, their files, how they begin and end. */
#include "ag.h"
#include <string.h>

int ag_retraining_new(struct ag_retraining *r, struct ag_adam_rates d, struct ag_adam_rates g, int samples)
{
    const struct ag_program *p = r->program;
    r->samples = samples;
    r->sample = ag_phase_find(p, "sample");
    if (ag_blocks_new(p, r->block, r->err)) return 1;
    if (!(r->ema = ag_twin(p->block[AG_G].size, r->err))) return 1;
    r->pictures = ag_reals((long)samples * p->image_size * p->image_size * p->image_channels, r->err);
    if (!r->pictures || ag_adam_new(&r->d, d, p->block[AG_D].size, r->err)) return 1;
    return ag_adam_new(&r->g, g, p->block[AG_G].size, r->err);
}

void ag_retraining_free(struct ag_retraining *r)
{
    ag_data_close(r->data);
    ag_blocks_free(r->program, r->block);
    ag_untwin(r->ema);
    ag_free(r->pictures);
    ag_adam_free(&r->d);
    ag_adam_free(&r->g);
    ag_run_close(&r->run);
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

static int load(struct ag_retraining *r, struct ag_checkpoint *c)
{
    int status = ag_checkpoint_open(c, r->run.checkpoint, r->err);
    if (!status) {
        list_tensors(r, c);
        status = ag_checkpoint_read(c, r->err);
    }
    ag_checkpoint_close(c);
    return status;
}

int ag_retraining_begin(struct ag_retraining *r, struct ag_checkpoint *c, const struct ag_options *options)
{
    r->seed = options->seed;
    r->steps = options->iterations;
    if (!r->run.resumed) {
        if (options->resume)
            ag_progress_note(&r->progress, "%s holds no checkpoint yet; beginning anew", r->run.folder);
        for (int i = AG_G; i <= AG_STAT; i++) ag_init_block(r->program, (enum ag_block)i, r->seed, r->block);
        ag_twin_copy(r->ema, r->block[AG_G], r->program->block[AG_G].size);
        return 0;
    }
    int status = load(r, c);
    if (!status) status = ag_run_check_seed(&r->run, options, r->seed, r->err);
    if (!status && options->has_iterations) r->steps = options->iterations;
    return status;
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
    if (!status) ag_progress_note(&r->progress, "%s", ag_data_summary(r->data));
    return status;
}

int ag_retraining_samples(struct ag_retraining *r)
{
    real *block[AG_BLOCKS];
    for (int i = 0; i < AG_BLOCKS; i++) block[i] = r->block[i];
    block[AG_G] = r->ema;
    int status = ag_settle(r->err); /* what diverged is not worth a look */
    if (!status) status = ag_sample_pictures(r->program, r->sample, block, r->seed, r->samples, r->pictures, r->err);
    return status ? status : ag_run_grid(&r->run, r->pictures, r->samples, r->err, "samples/%06ld.png", r->step);
}

int ag_retraining_keep(struct ag_retraining *r)
{
    int status = ag_settle(r->err);
    return status ? status
                  : ag_run_generator(&r->run, r->ema, r->block[AG_STAT], r->err, "ema-%07ld.safetensors", r->step);
}

void ag_retraining_tell(struct ag_retraining *r, const char *program)
{
    const char *folder = r->run.folder, *slash = strrchr(program, '/');
    const int length = slash ? (int)(slash - program) : 0, /* of its folder's name */
        usual = !slash || !strcmp(program, "./out/retrain") || !strcmp(program, "out/retrain");
    ag_progress_note(&r->progress,
                     "\nThe generator's weights are in %s/ema.safetensors, its pictures in %s/samples.\n"
                     "Next, draw some:\n",
                     folder, folder);
    if (ag_command)
        ag_progress_note(&r->progress, "    %s generate -n 64 --weights %s/ema.safetensors\n", ag_command, folder);
    else if (usual)
        ag_progress_note(&r->progress, "    make out/generate && ./out/generate -n 64 --weights %s/ema.safetensors\n",
                         folder);
    else
        ag_progress_note(&r->progress,
                         "    make -C %.*s -f generate.mk && %.*s/generate -n 64 --weights %s/ema.safetensors\n",
                         length, program, length, program, folder);
}
