/* Adam, and the running average of weights. Both go through a whole block, in pieces of PIECE reals, which are the
 * tasks of a parallel loop. */
#include "ag.h"
#include "ag_math.h"
#include <string.h>

enum { PIECE = 1 << 14 };
static const double EPSILON = 1e-8;

/* beta^n by repeated squaring. Unlike pow, it gives the same bits with every C library. */
static double power(double beta, long n)
{
    double result = 1;
    for (; n > 0; n >>= 1, beta *= beta)
        if (n & 1) result *= beta;
    return result;
}

int ag_adam_new(struct ag_adam *adam, struct ag_adam_rates rates, long size, struct ag_error *err)
{
    memset(adam, 0, sizeof *adam);
    adam->rates = rates;
    adam->size = size;
    adam->m = ag_mirror_new(size, err);
    adam->v = adam->m ? ag_mirror_new(size, err) : NULL;
    return adam->v ? 0 : 1;
}

void ag_adam_restart(struct ag_adam *adam)
{
    adam->steps = 0;
    ag_mirror_clear(adam->m, adam->size);
    ag_mirror_clear(adam->v, adam->size);
}

void ag_adam_free(struct ag_adam *adam)
{
    ag_mirror_free(adam->m);
    ag_mirror_free(adam->v);
    memset(adam, 0, sizeof *adam);
}

static void adam_piece(void *context, int task, int thread)
{
    const struct ag_adam_update p = *(const struct ag_adam_update *)context;
    const long first = (long)task * PIECE, n = p.size - first < PIECE ? p.size - first : PIECE;
    real *restrict weight = p.weight + first, *restrict gradient = p.gradient + first;
    real *restrict m = p.m + first, *restrict v = p.v + first;
    const real epsilon = (real)EPSILON;
    (void)thread;
    for (long i = 0; i < n; i++) {
        real g = gradient[i] + p.decay * weight[i];
        m[i] = p.beta1 * m[i] + p.one_minus_beta1 * g;
        v[i] = p.beta2 * v[i] + p.one_minus_beta2 * g * g;
        weight[i] -= p.step_size * m[i] / (ag_sqrt(v[i]) * p.bias_correction + epsilon);
        gradient[i] = 0;
    }
}

void ag_adam_step(struct ag_adam *adam, double factor, real *weight, real *gradient)
{
    const struct ag_adam_rates *rates = &adam->rates;
    adam->steps++;
    struct ag_adam_update pass = {weight,
                                  gradient,
                                  adam->m,
                                  adam->v,
                                  (real)rates->beta1,
                                  (real)rates->beta2,
                                  (real)(1 - rates->beta1),
                                  (real)(1 - rates->beta2),
                                  (real)rates->decay,
                                  (real)(rates->lr * factor / (1 - power(rates->beta1, adam->steps))),
                                  1 / ag_sqrt((real)(1 - power(rates->beta2, adam->steps))),
                                  adam->size};
    if (ag_device)
        ag_device->adam(&pass);
    else
        ag_parallel((int)((adam->size + PIECE - 1) / PIECE), adam_piece, &pass);
}

struct average_pass {
    real *average;
    const real *value;
    real decay, rest;
    long size;
};

static void average_piece(void *context, int task, int thread)
{
    const struct average_pass p = *(const struct average_pass *)context;
    const long first = (long)task * PIECE, end = p.size - first < PIECE ? p.size : first + PIECE;
    (void)thread;
    for (long i = first; i < end; i++) p.average[i] = p.decay * p.average[i] + p.rest * p.value[i];
}

void ag_average(real *average, const real *value, long n, double decay)
{
    struct average_pass pass = {average, value, (real)decay, (real)(1 - decay), n};
    if (ag_device)
        ag_device->average(average, value, pass.decay, pass.rest, n);
    else
        ag_parallel((int)((n + PIECE - 1) / PIECE), average_piece, &pass);
}
