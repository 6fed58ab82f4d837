/*
 * Checkpoints: safetensors files with everything that a run needs to continue as if it had never stopped. Tensors hold
 * weights and moments. The metadata holds the seed, the spec, counters, and sums as hexadecimal floats. Nothing in the
 * file depends on time, threads, paths or restarts, so equal runs write equal bytes.
 */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "1"
/* The largest value of a counter: a hundred million iterations of ten thousand steps. */
#define MAX_COUNT 1000000000000

void ag_checkpoint_begin(struct ag_checkpoint *checkpoint, const struct ag_program *program)
{
    memset(checkpoint, 0, sizeof *checkpoint);
    checkpoint->program = program;
}

static void add_value(struct ag_checkpoint *checkpoint, const char *name, long *count, ag_u64 *word, double *sum)
{
    if (checkpoint->values == AG_CHECKPOINT_PARTS) abort(); /* never reached: no program adds so many */
    int i = checkpoint->values++;
    checkpoint->value[i].optional = 0;
    checkpoint->value[i].name = name;
    checkpoint->value[i].count = count;
    checkpoint->value[i].word = word;
    checkpoint->value[i].sum = sum;
}

void ag_checkpoint_count(struct ag_checkpoint *checkpoint, const char *name, long *count)
{
    add_value(checkpoint, name, count, NULL, NULL);
}

void ag_checkpoint_word(struct ag_checkpoint *checkpoint, const char *name, ag_u64 *word)
{
    add_value(checkpoint, name, NULL, word, NULL);
}

void ag_checkpoint_sum(struct ag_checkpoint *checkpoint, const char *name, double *sum)
{
    add_value(checkpoint, name, NULL, NULL, sum);
}

void ag_checkpoint_optional(struct ag_checkpoint *checkpoint)
{
    checkpoint->value[checkpoint->values - 1].optional = 1;
}

void ag_checkpoint_block(struct ag_checkpoint *checkpoint, const char *prefix, const struct ag_table *table, real *data)
{
    if (checkpoint->parts == AG_CHECKPOINT_PARTS) abort();
    int i = checkpoint->parts++;
    checkpoint->part[i].prefix = prefix;
    checkpoint->part[i].table = table;
    checkpoint->part[i].data = data;
}

void ag_checkpoint_standstill(struct ag_checkpoint *checkpoint, const char *first, const char *same,
                              struct ag_tally *tally)
{
    ag_checkpoint_sum(checkpoint, first, &tally->first);
    ag_checkpoint_optional(checkpoint);
    ag_checkpoint_count(checkpoint, same, &tally->same);
    ag_checkpoint_optional(checkpoint);
}

void ag_checkpoint_adam(struct ag_checkpoint *checkpoint, const char *name, const char *prefix,
                        const struct ag_table *table, struct ag_adam *adam)
{
    int bar = prefix[0] != 0;
    ag_checkpoint_count(checkpoint, name, &adam->steps);
    ag_checkpoint_block(checkpoint, bar ? "adam.m.bar." : "adam.m.", table, adam->m);
    ag_checkpoint_block(checkpoint, bar ? "adam.v.bar." : "adam.v.", table, adam->v);
}

/* ---------------------------------------------------------------- writing */

int ag_checkpoint_check(const struct ag_checkpoint *checkpoint, struct ag_error *err)
{
    int status = ag_output_wait(err);
    if (status) return status;
    for (int i = 0; i < checkpoint->parts; i++) {
        const struct ag_table *table = checkpoint->part[i].table;
        real *data = checkpoint->part[i].data;
        if (ag_download(data, table->size, err)) return 1;
        for (int t = 0; t < table->count; t++) {
            const struct ag_tensor *tensor = &table->tensor[t];
            const long size = ag_tensor_size(tensor);
            real sum = 0; /* NaN as soon as one value is infinite or NaN */
            for (long k = 0; k < size; k++) sum += 0 * data[tensor->offset + k];
            if (!ag_is_finite((double)sum))
                return ag_fail(err, 1,
                               "the training diverged: %s%s has values that are infinite or NaN (a smaller learning "
                               "rate may help)",
                               checkpoint->part[i].prefix, tensor->name);
        }
    }
    return 0;
}

static void add_metadata(const struct ag_checkpoint *checkpoint, struct ag_st_writer *writer)
{
    char text[64];
    ag_st_add_meta(writer, "aggen", FORMAT);
    ag_st_add_meta(writer, "kind", checkpoint->program->kind);
    ag_st_add_meta(writer, "spec", checkpoint->program->spec);
    if (checkpoint->program->genotype) ag_st_add_meta(writer, "genotype", checkpoint->program->genotype);
    for (int i = 0; i < checkpoint->values; i++) {
        if (checkpoint->value[i].count)
            snprintf(text, sizeof text, "%ld", *checkpoint->value[i].count);
        else if (checkpoint->value[i].word)
            snprintf(text, sizeof text, "%llu", *checkpoint->value[i].word);
        else
            snprintf(text, sizeof text, "%a", *checkpoint->value[i].sum);
        ag_st_add_meta(writer, checkpoint->value[i].name, text);
    }
}

int ag_checkpoint_save(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err)
{
    struct ag_st_writer writer;
    int status = ag_checkpoint_check(checkpoint, err);
    if (status) return status;
    ag_st_begin(&writer);
    if (sizeof(real) == sizeof(double)) writer.real_dtype = AG_F64;
    add_metadata(checkpoint, &writer);
    for (int i = 0; i < checkpoint->parts; i++)
        ag_block_add(&writer, checkpoint->part[i].prefix, checkpoint->part[i].table, checkpoint->part[i].data);
    return ag_st_write(&writer, path, err);
}

double ag_checkpoint_bytes(const struct ag_checkpoint *checkpoint)
{
    double bytes = 0;
    for (int i = 0; i < checkpoint->parts; i++) bytes += (double)checkpoint->part[i].table->size * sizeof(real);
    return bytes;
}

/* ---------------------------------------------------------------- reading */

/* Writes the error that the run has another spec. key: the key that differs. Returns 2. */
static int other_spec(const struct ag_checkpoint *checkpoint, const char *key, struct ag_error *err)
{
    return ag_fail(
        err, 2,
        "%s: it is of another spec: %s differs; resume it with the program that began it, or give another "
        "folder with --run (learning rates, iterations, checkpoint_every, sample_every, keep_every and where "
        "the pictures are may differ)",
        checkpoint->st.path, key);
}

static int check_program(struct ag_checkpoint *checkpoint, struct ag_error *err)
{
    char key[AG_SPEC_KEY];
    const struct ag_st *st = &checkpoint->st;
    const char *format = ag_st_meta(st, "aggen"), *kind = ag_st_meta(st, "kind"), *spec = ag_st_meta(st, "spec");
    if (!format || !kind || !spec) return ag_fail(err, 2, "%s: this is no checkpoint of aggen's", st->path);
    if (strcmp(format, FORMAT))
        return ag_fail(err, 2, "%s: a checkpoint of format %s; this program reads format %s", st->path, format, FORMAT);
    if (strcmp(kind, checkpoint->program->kind))
        return ag_fail(err, 2, "%s: a checkpoint of %s, not of %s; give another folder with --run", st->path, kind,
                       checkpoint->program->kind);
    if (ag_spec_changes(checkpoint->program, spec, checkpoint->program->spec, &checkpoint->changes,
                        &checkpoint->other_length, key))
        return other_spec(checkpoint, key, err);
    if (checkpoint->changes.failed) return ag_fail(err, 1, "%s: out of memory", st->path);
    if (!ag_same_genotype(ag_st_meta(st, "genotype"), checkpoint->program->genotype))
        return ag_fail(err, 2,
                       "%s: it is of another genotype; resume it with the program that began it, or give "
                       "another folder with --run",
                       st->path);
    return 0;
}

/* Reads a whole number as ag_checkpoint_save writes it: without sign, space or leading zero. Returns 1, or 0 if the
 * text is anything else. */
static int read_whole(const char *text, ag_u64 max, ag_u64 *value)
{
    return (*text != '0' || !text[1]) && ag_digits(text, (long)strlen(text), max, value);
}

static int read_value(struct ag_checkpoint *checkpoint, int i, struct ag_error *err)
{
    const char *name = checkpoint->value[i].name, *text = ag_st_meta(&checkpoint->st, name);
    int right;
    char *end;
    ag_u64 n = 0;
    if (!text && checkpoint->value[i].optional) return 0;
    if (!text) return ag_fail(err, 2, "%s: damaged: it has no \"%s\"", checkpoint->st.path, name);
    if (checkpoint->value[i].sum) {
        *checkpoint->value[i].sum = strtod(text, &end);
        right = (*text == '-' || (*text >= '0' && *text <= '9')) && !*end && /* strtod alone would skip spaces */
                ag_is_finite(*checkpoint->value[i].sum);
    } else if (checkpoint->value[i].word) {
        right = read_whole(text, ~(ag_u64)0, checkpoint->value[i].word);
    } else {
        right = read_whole(text, MAX_COUNT, &n);
        *checkpoint->value[i].count = (long)n;
    }
    if (right) return 0;
    return ag_fail(err, 2, "%s: damaged: \"%s\" is \"%.40s\"", checkpoint->st.path, name, text);
}

int ag_checkpoint_open(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err)
{
    int status = ag_st_open(&checkpoint->st, path, err);
    if (!status) status = check_program(checkpoint, err);
    for (int i = 0; !status && i < checkpoint->values; i++) status = read_value(checkpoint, i, err);
    return status;
}

int ag_checkpoint_read(struct ag_checkpoint *checkpoint, struct ag_error *err)
{
    int tensors = 0, status = 0;
    for (int i = 0; !status && i < checkpoint->values; i++) status = read_value(checkpoint, i, err);
    for (int i = 0; !status && i < checkpoint->parts; i++) {
        status = ag_block_load(&checkpoint->st, checkpoint->part[i].prefix, checkpoint->part[i].table,
                               checkpoint->part[i].data, AG_LOAD_REQUIRED | AG_LOAD_FINITE, err);
        ag_upload(checkpoint->part[i].data, checkpoint->part[i].table->size);
        tensors += checkpoint->part[i].table->count;
    }
    if (!status && tensors != checkpoint->st.tensors)
        status = ag_fail(err, 2, "%s: damaged: it has %d tensors, and %d belong there", checkpoint->st.path,
                         checkpoint->st.tensors, tensors);
    return status;
}

void ag_checkpoint_close(struct ag_checkpoint *checkpoint)
{
    ag_st_close(&checkpoint->st);
    ag_text_free(&checkpoint->changes);
}
