/*
 * Runs the emitted gradient tests. Compares each gradient with central differences of the loss, and a merged test with
 * the unmerged one before it. Checks that phases read nothing that they have not written, and give the same bits for
 * every number of threads.
 */
#include "driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Emitted code calls these functions after each kernel. They do nothing here. */
void ag_mark_begin(int thread)
{
    (void)thread;
}

void ag_mark(int thread, int kernel, int images)
{
    (void)thread, (void)kernel, (void)images;
}

enum { ELEMENTS = 60, THREADS = 3, SHOWN = 3 };

static real *block[AG_BLOCKS], *other[AG_BLOCKS]; /* other: copies of AG_OUT and AG_GRAD after an earlier run */
static long passed, failed;

/* ---------------------------------------------------------------- values */

static double uniform(unsigned long long key)
{
    key = (key + 1) * 0x9e3779b97f4a7c15u;
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return (double)((key ^ key >> 31) >> 11) * 0x1p-53;
}

static void fill(const struct gradient_test *t)
{
    for (int i = 0; i < t->leaves; i++) {
        const struct test_leaf *l = &t->leaf[i];
        for (long e = 0; e < l->size; e++) {
            double u = 2 * uniform((unsigned long long)i << 32 | (unsigned long long)e) - (l->positive ? 0 : 1);
            double size = l->low + (l->high - l->low) * (l->positive ? u / 2 : fabs(u));
            block[l->block][l->offset + e] = u < 0 ? -size : size;
        }
    }
}

static void poison(real *x, long n)
{
    for (long i = 0; i < n; i++) x[i] = NAN;
}

static void poison_all(const struct gradient_test *t)
{
    poison(block[AG_OUT], t->out);
    poison(block[AG_GRAD], t->params);
    poison(block[AG_ARENA], t->arena);
    poison(block[AG_SCRATCH], t->scratch * THREADS);
}

/* ---------------------------------------------------------------- checks */

/* Counts the check of a tensor; bad: how many of its elements are wrong. */
static void count(int bad)
{
    if (bad)
        failed++;
    else
        passed++;
}

/* Prints a wrong element, but not more than SHOWN of a tensor. Returns bad + 1. */
static int wrong(int bad, const struct gradient_test *t, const char *tensor, long element, double got, double want)
{
    if (bad < SHOWN)
        printf("%s: %s, element %ld: %.12g, not %.12g\n", t->name, tensor, element, got, want);
    else if (bad == SHOWN)
        printf("%s: %s: more of them\n", t->name, tensor);
    return bad + 1;
}

static int close_to(double got, double want, double size, double tolerance)
{
    return fabs(got - want) <= tolerance * (fabs(want) + size); /* false for NaN */
}

static double rms(const real *x, long n)
{
    double sum = 0;
    for (long i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum / (double)n);
}

static double loss_at(const struct gradient_test *t, real *x, real value)
{
    real old = *x;
    *x = value;
    t->loss(block);
    *x = old;
    return (double)block[AG_OUT][0];
}

static double difference(const struct gradient_test *t, real *x, double step)
{
    real up = *x + (real)step, down = *x - (real)step;
    return (loss_at(t, x, up) - loss_at(t, x, down)) / (double)(up - down);
}

/* Checks up to ELEMENTS elements of a leaf's gradient. If a step crosses the kink of a ReLU the difference is wrong;
 * then shorter steps are tried. */
static void check_leaf(const struct gradient_test *t, int i)
{
    const struct test_leaf *l = &t->leaf[i];
    const real *gradient = other[l->gradient_block] + l->gradient_offset;
    /* noise: the rounding error of a difference of two losses */
    double size = rms(gradient, l->size), noise = 4e-15 * (1 + fabs((double)other[AG_OUT][0]));
    char name[32];
    int bad = 0;
    snprintf(name, sizeof name, "gradient of tensor %d", i);
    for (long k = 0; k < (l->size < ELEMENTS ? l->size : ELEMENTS); k++) {
        long e = l->size <= ELEMENTS ? k : (long)(uniform((unsigned long long)k << 20 | (unsigned)i) * (double)l->size);
        double want = 0, step = 1e-5;
        int ok = 0;
        for (int tries = 0; tries < 3 && !ok; tries++, step /= 8) {
            want = difference(t, block[l->block] + l->offset + e, step);
            ok = close_to((double)gradient[e], want, size, 1e-6) || fabs((double)gradient[e] - want) < noise / step;
        }
        if (!ok) bad = wrong(bad, t, name, e, (double)gradient[e], want);
    }
    count(bad);
}

/* Compares a block after this run with the copy of an earlier run. */
static void check_same(const struct gradient_test *t, int which, long n, const char *what, double tolerance)
{
    const real *x = block[which], *y = other[which];
    char name[64];
    int bad = 0;
    double size = 0;
    snprintf(name, sizeof name, "%s %s", which == AG_OUT ? "outputs" : "gradients", what);
    for (long i = 0; i < n; i++) size = isfinite((double)y[i]) && fabs((double)y[i]) > size ? fabs((double)y[i]) : size;
    for (long i = 0; i < n; i++) {
        if (isnan((double)x[i]) && isnan((double)y[i])) continue; /* a gap between tensors */
        if (!close_to((double)x[i], (double)y[i], size, tolerance))
            bad = wrong(bad, t, name, i, (double)x[i], (double)y[i]);
    }
    count(bad);
}

static void keep_results(const struct gradient_test *t)
{
    ag_copy(other[AG_OUT], block[AG_OUT], t->out);
    ag_copy(other[AG_GRAD], block[AG_GRAD], t->params);
}

static void run_test(const struct gradient_test *t)
{
    fill(t);
    poison_all(t);
    ag_set_threads(THREADS);
    t->gradient(block);
    if (t->merged) {
        check_same(t, AG_OUT, t->out, "of the merged graph", 1e-10);
        check_same(t, AG_GRAD, t->params, "of the merged graph", 1e-10);
    }
    keep_results(t);
    poison_all(t);
    ag_set_threads(1);
    t->gradient(block);
    check_same(t, AG_OUT, t->out, "with one thread", 0);
    check_same(t, AG_GRAD, t->params, "with one thread", 0);
    poison_all(t);
    t->loss(block);
    check_same(t, AG_OUT, 1, "of the loss alone", 1e-12);
    for (int i = 0; i < t->leaves; i++)
        if (t->leaf[i].gradient_block >= 0) check_leaf(t, i);
}

/* ---------------------------------------------------------------- memory */

static long larger(long a, long b)
{
    return a > b ? a : b;
}

static real *reals(long n)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, sizeof(real) * (size_t)(n + 16))) exit(1);
    return p;
}

static void allocate(void)
{
    long size[AG_BLOCKS] = {0};
    for (int i = 0; i < gradient_count; i++) {
        const struct gradient_test *t = &gradient_tests[i];
        size[AG_G] = larger(size[AG_G], t->params);
        size[AG_IN] = larger(size[AG_IN], t->in);
        size[AG_OUT] = larger(size[AG_OUT], t->out);
        size[AG_ARENA] = larger(size[AG_ARENA], t->arena);
        size[AG_SCRATCH] = larger(size[AG_SCRATCH], t->scratch * THREADS);
    }
    size[AG_GRAD] = size[AG_G];
    for (int i = 0; i < AG_BLOCKS; i++) {
        block[i] = reals(size[i]);
        other[i] = reals(i == AG_OUT || i == AG_GRAD ? size[i] : 0);
    }
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : "";
    allocate();
    for (int i = 0; i < gradient_count; i++)
        if (strstr(gradient_tests[i].name, only)) run_test(&gradient_tests[i]);
    for (int i = 0; i < AG_BLOCKS; i++) {
        free(block[i]);
        free(other[i]);
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
