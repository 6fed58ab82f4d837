/* What methods of training call: inputs and outputs of phases, the learning rate. How a run is recognised that learns
 * nothing any more. */
#include "ag.h"

/* ---------------------------------------------------------------- for methods */

int ag_training_output(struct ag_training *t, const struct ag_phase *phase, const char *name, struct ag_tally *tally)
{
    return ag_output(phase, name, t->block, t->method->unit, t->iteration + 1, tally, t->err);
}

void ag_training_latents(struct ag_training *t, const struct ag_phase *phase, const char *name)
{
    real *z = ag_tensor_find(&phase->in, name, t->block[AG_IN]);
    ag_normals(t->seed, AG_RNG_Z, (ag_u32)t->latents++, 0, (long)phase->batch * t->method->program->latent, z);
}

int ag_training_pictures(struct ag_training *t, const struct ag_phase *phase, int half)
{
    real *x = ag_tensor_find(&phase->in, "in.x", t->block[AG_IN]);
    return ag_data_batch(t->data, half, phase->batch, t->batches[half]++, x, t->err);
}

double ag_training_rate(const struct ag_training *t)
{
    if (!t->method->linear_decay) return 1;
    return t->rate * (1 - (double)(t->iteration - t->from) / (double)(t->iterations - t->from));
}

void ag_log_mean(struct ag_text *line, const char *key, double sum, long count)
{
    ag_text_add(line, ", \"%s\": ", key);
    ag_text_number(line, sum / (double)count);
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

int ag_alike(const real *pictures, int n, long size)
{
    const real near = (real)1e-4; /* values lie in [-1, 1] */
    for (long i = size; i < n * size; i++) {
        const real difference = pictures[i] - pictures[i % size];
        if (difference > near || difference < -near) return 0;
    }
    return n > 1;
}
