/* --replay: runs one phase on inputs from a file, and writes its outputs and gradients into another. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 5 }; /* missing tensors that the message names */

/* 1 unless the phase only draws pictures. */
static int needs_discriminator(const struct ag_phase *phase)
{
    for (int i = 0; i < phase->out.count; i++)
        if (strcmp(phase->out.tensor[i].name, "out.fake")) return 1;
    return 0;
}

static const struct ag_phase *find_phase(const struct ag_program *program, const char *name, struct ag_error *err)
{
    const struct ag_phase *phase = ag_phase_find(program, name);
    char known[256] = "";
    size_t used = 0;
    for (int i = 0; i < program->phases && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", program->phase[i].name);
    if (!phase) ag_fail(err, 2, "--phase: this program has no phase \"%s\"; it has %s", name, known);
    return phase;
}

/* ---------------------------------------------------------------- what the file must hold */

static int is_required_input(const char *name)
{
    return !strcmp(name, "in.z") || !strcmp(name, "in.x") || !strcmp(name, "in.z2");
}

struct missing {
    char names[256];
    int count;
};

static void note_missing(const struct ag_st *st, const char *name, struct missing *missing)
{
    if (ag_st_find(st, name)) return;
    size_t used = strlen(missing->names);
    if (missing->count++ < NAMED)
        snprintf(missing->names + used, sizeof missing->names - used, "%s%s", used ? ", " : "", name);
}

static int check_names(const struct ag_program *program, const struct ag_phase *phase, const struct ag_st *st,
                       struct ag_error *err)
{
    static const enum ag_block needed[] = {AG_G, AG_ALPHA, AG_D, AG_SN};
    struct missing missing = {"", 0};
    for (int i = 0; i < (needs_discriminator(phase) ? 4 : 2); i++) {
        const struct ag_table *table = &program->block[needed[i]];
        for (int t = 0; t < table->count; t++) note_missing(st, table->tensor[t].name, &missing);
    }
    for (int t = 0; t < phase->in.count; t++)
        if (is_required_input(phase->in.tensor[t].name)) note_missing(st, phase->in.tensor[t].name, &missing);
    if (!missing.count) return 0;
    char more[32] = "";
    if (missing.count > NAMED) snprintf(more, sizeof more, " and %d more", missing.count - NAMED);
    return ag_fail(err, 2, "%s: phase %s needs %s%s, which the file doesn't hold", st->path, phase->name, missing.names,
                   more);
}

/* Checks the batch size. A wrong one is the likeliest mistake, so it has a message of its own. */
static int check_batch(const struct ag_phase *phase, const struct ag_st *st, struct ag_error *err)
{
    for (int i = 0; i < phase->in.count; i++) {
        const struct ag_st_tensor *found = ag_st_find(st, phase->in.tensor[i].name);
        if (!found || !is_required_input(found->name) || !found->rank || found->shape[0] == phase->batch) continue;
        return ag_fail(err, 2, "%s: %s holds %ld samples, but phase %s of this program works on %d", st->path,
                       found->name, found->shape[0], phase->name, phase->batch);
    }
    return 0;
}

/* ---------------------------------------------------------------- the replay */

/* Loads the inputs. Noise that the file lacks is drawn. Noise in the file serves every pass of G. There is no style
 * mixing and no truncation. */
static int load_inputs(const struct ag_phase *phase, const struct ag_st *st, real *in, struct ag_error *err)
{
    char given[256];
    ag_draw_noise(phase, 0, 0, in);
    if (ag_download(in, phase->in.size, err)) return 1;
    ag_fill_inputs(phase, "in.mix", 0, in);
    ag_fill_inputs(phase, "in.psi", 1, in);
    int status = ag_block_load(st, "", &phase->in, in, AG_LOAD_OPTIONAL, err);
    for (int i = 0; !status && i < phase->in.count; i++) {
        const struct ag_tensor *tensor = &phase->in.tensor[i];
        if (strncmp(tensor->name, "in.noise2.", 10) || ag_st_find(st, tensor->name)) continue;
        snprintf(given, sizeof given, "in.noise.%s", tensor->name + 10);
        const real *noise = ag_tensor_find(&phase->in, given, in);
        long n = (long)tensor->shape[0] * tensor->shape[2] * tensor->shape[3];
        if (noise && ag_st_find(st, given)) ag_copy(in + tensor->offset, noise, n);
    }
    return status;
}

static int load_blocks(const struct ag_program *program, const struct ag_phase *phase, const struct ag_st *st,
                       real *const block[AG_BLOCKS], struct ag_error *err)
{
    int status = check_names(program, phase, st, err);
    if (!status) status = check_batch(phase, st, err);
    ag_init_block(program, AG_STAT, 0, block);
    for (int i = AG_G; !status && i < AG_BAR_G; i++)
        status = ag_block_load(st, "", &program->block[i], block[i], AG_LOAD_OPTIONAL, err);
    ag_upload_blocks(program, block);
    ag_copy_to_bar(program, block);
    for (int i = AG_G; !status && ag_phase_find(program, "arch") && i < AG_BAR_G; i++) {
        real *bar = block[AG_BAR_G + i];
        status = ag_download(bar, program->block[i].size, err);
        if (!status) status = ag_block_load(st, "bar.", &program->block[i], bar, AG_LOAD_OPTIONAL, err);
        ag_upload(bar, program->block[i].size);
    }
    return status ? status : load_inputs(phase, st, block[AG_IN], err);
}

static int dump(const struct ag_program *program, const struct ag_phase *phase, real *const block[AG_BLOCKS],
                const char *path, struct ag_error *err)
{
    struct ag_st_writer writer;
    const long weights = phase->updates_weights >= 0 ? program->block[phase->updates_weights].size : 0;
    int status = ag_download(block[AG_OUT], phase->out.size, err);
    if (!status) status = ag_download(block[AG_GRAD], weights, err);
    if (!status && phase->updates_alpha) status = ag_download(block[AG_GRAD_ALPHA], program->block[AG_ALPHA].size, err);
    if (status) return status;
    ag_st_begin(&writer);
    if (sizeof(real) == sizeof(double)) writer.real_dtype = AG_F64;
    ag_block_add(&writer, "", &phase->out, block[AG_OUT]);
    if (phase->updates_weights >= 0)
        ag_block_add(&writer, "grad.", &program->block[phase->updates_weights], block[AG_GRAD]);
    if (phase->updates_alpha) ag_block_add(&writer, "grad.", &program->block[AG_ALPHA], block[AG_GRAD_ALPHA]);
    return ag_st_write(&writer, path, err);
}

int ag_replay(const struct ag_program *program, const struct ag_options *options, struct ag_error *err)
{
    real *block[AG_BLOCKS];
    struct ag_st st;
    const struct ag_phase *phase = find_phase(program, options->phase, err);
    if (!phase) return 2;
    int status = ag_st_open(&st, options->replay, err);
    if (!status) status = ag_blocks_new(program, block, err);
    if (status) {
        ag_st_close(&st);
        return status;
    }
    status = load_blocks(program, phase, &st, block, err);
    if (!status) {
        ag_run(phase, block);
        status = dump(program, phase, block, options->dump, err);
    }
    ag_st_close(&st);
    ag_blocks_free(program, block);
    return status;
}
