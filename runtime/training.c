/* What searches and retraining share: messages about their pictures, about changes since a checkpoint, and about a run
 * that learns nothing any more. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- pictures */

#define UNKNOWN (~(ag_u64)0) /* of a checkpoint without these numbers */

void ag_set_list(struct ag_checkpoint *c, struct ag_set *set)
{
    ag_checkpoint_word(c, "data.pictures", &set->pictures);
    ag_checkpoint_optional(c);
    ag_checkpoint_word(c, "data.names", &set->names);
    ag_checkpoint_optional(c);
}

void ag_set_forget(struct ag_set *set)
{
    set->pictures = set->names = UNKNOWN;
}

void ag_set_compare(struct ag_set *set, const struct ag_data *data, struct ag_progress *progress,
                    struct ag_text *changes)
{
    const struct ag_set before = *set;
    ag_data_identity(data, &set->pictures, &set->names);
    if (before.pictures == UNKNOWN || (before.pictures == set->pictures && before.names == set->names)) return;
    ag_progress_note(progress,
                     "warning: these are not the pictures that this run has learned from: %llu then, %llu now%s; going "
                     "on with these",
                     before.pictures, set->pictures, before.pictures == set->pictures ? ", of other names" : "");
    ag_text_add(changes, "%s\"data.pictures\": [%llu, %llu], \"data.names\": [\"%016llx\", \"%016llx\"]",
                changes->used ? ", " : "", before.pictures, set->pictures, before.names, set->names);
}

int ag_show_reals(struct ag_run *run, struct ag_data *data, int n, real *pictures, struct ag_error *err)
{
    const long count = ag_data_count(data, 0);
    if (n > count) n = (int)count;
    int status = ag_data_preview(data, n, pictures, err);
    return status ? status : ag_run_grid(run, pictures, n, err, "samples/reals.png");
}

/* ---------------------------------------------------------------- changes */

int ag_run_log_changes(struct ag_run *run, struct ag_progress *progress, long done, struct ag_text *changes,
                       struct ag_error *err)
{
    struct ag_text line = {0, 0, 0, 0};
    if (changes->failed) return ag_fail(err, 1, "%s/log.jsonl: out of memory", run->folder);
    if (!changes->used) return 0;
    ag_progress_note(progress, "changed since the checkpoint, from and to: %s", changes->text);
    ag_text_add(&line, "{\"resumed\": %ld, \"changed\": {%s}}", done, changes->text);
    return ag_run_log(run, &line, err);
}

/* ---------------------------------------------------------------- runs that learn nothing */

/* The losses stand still when so many are equal up to rounding. Losses of networks that learn differ, if only because
 * each step has other pictures and latents. */
enum { STANDSTILL = 16 };

const char *ag_lifeless(const struct ag_tally *d, const struct ag_tally *g, long alike)
{
    if (d->same >= STANDSTILL && g->same >= STANDSTILL) return "the losses stand still";
    return alike ? "all pictures are alike" : "";
}

void ag_warn_lifeless(struct ag_progress *progress, const char *why, int *told)
{
    if (!*why || *told) return;
    *told = 1;
    ag_progress_note(
        progress,
        "warning: %s: this run learns nothing any more; a smaller learning rate may help, from the beginning "
        "(retrain.keep_every keeps generators of earlier steps)",
        why);
}

void ag_log_lifeless(struct ag_text *line, const char *why)
{
    if (*why) ag_text_add(line, ", \"warning\": \"%s\"", why);
}

int ag_alike(const real *pictures, int n, long size)
{
    const real near = (real)1e-4; /* values lie in [-1, 1] */
    for (long i = size; i < n * size; i++) {
        const real difference = pictures[i] - pictures[i % size];
        if (difference > near || difference < -near) return 0;
    }
    return n > 1;
}
