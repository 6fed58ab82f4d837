/* compare GOT.safetensors WANTED.safetensors [TOLERANCE]: compares the results of a phase with the right ones. Values
 * may differ by TOLERANCE (1e-3) times the largest value of their tensor; README.md has the rule in full. */
#include "../../runtime/ag.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double tolerance = 1e-3;

static double largest(const struct ag_st_tensor *t)
{
    double most = 0;
    for (long i = 0; i < t->count; i++) most = fmax(most, fabs(((const float *)t->data)[i]));
    return most;
}

static int is_gradient(const struct ag_st_tensor *t)
{
    return strncmp(t->name, "grad.", 5) == 0;
}

/* Returns the largest difference as a share of the allowed one; infinity if a value is NaN. */
static double compare(const struct ag_st_tensor *got, const struct ag_st_tensor *want, double largest_gradient)
{
    const double size = largest(want);
    const double allowed = is_gradient(want) ? 5e-3 * fmax(size, 1e-4 * largest_gradient) : tolerance * size;
    double worst = 0;
    for (long i = 0; i < want->count; i++) {
        double d = fabs(((const float *)got->data)[i] - ((const float *)want->data)[i]);
        worst = d <= worst ? worst : d == d ? d : INFINITY;
    }
    return worst / fmax(allowed, 1e-30);
}

static int same_shape(const struct ag_st_tensor *a, const struct ag_st_tensor *b)
{
    return a->dtype == AG_F32 && b->dtype == AG_F32 && a->rank == b->rank &&
           memcmp(a->shape, b->shape, sizeof a->shape[0] * (size_t)a->rank) == 0;
}

int main(int argc, char **argv)
{
    struct ag_st got, want;
    struct ag_error err;
    double largest_gradient = 0, worst = 0;
    int bad = 0;
    if (argc < 3 || argc > 4) return 2;
    if (argc == 4) tolerance = atof(argv[3]);
    if (ag_st_open(&got, argv[1], &err) || ag_st_open(&want, argv[2], &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 0; i < want.tensors; i++)
        if (is_gradient(&want.tensor[i])) largest_gradient = fmax(largest_gradient, largest(&want.tensor[i]));
    for (int i = 0; i < want.tensors; i++) {
        const struct ag_st_tensor *w = &want.tensor[i], *g = ag_st_find(&got, w->name);
        double d = g && same_shape(g, w) ? compare(g, w, largest_gradient) : INFINITY;
        worst = fmax(worst, d);
        if (d <= 1) continue;
        bad++;
        printf("  %s: %s (%g of what is allowed)\n", w->name, !g ? "missing" : "differs", d);
    }
    for (int i = 0; i < got.tensors; i++)
        if (!ag_st_find(&want, got.tensor[i].name)) bad++, printf("  %s: not wanted\n", got.tensor[i].name);
    printf("  largest difference: %.2g of what is allowed, %d tensors\n", worst, want.tensors);
    ag_st_close(&got);
    ag_st_close(&want);
    return bad != 0 || worst > 1;
}
