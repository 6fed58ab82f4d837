/*
 * The machine's peak rate of multiply-adds. It runs as many independent chains of multiply-adds in registers as hide
 * their latency. Compile it with the flags of the kernels that are compared with it.
 */
#include "ag.h"
#include <stdlib.h>

#if defined(__TINYC__) || defined(AG_NO_VECTORS)
#define CHAINS 8
typedef real vf;
#define PIN(v) (void)0
#else
#if defined(__AVX512F__)
#define BYTES  64
#define CHAINS 24
#elif defined(__AVX__)
#define BYTES  32
#define CHAINS 12
#else
#define BYTES  16
#define CHAINS 12
#endif
typedef real vf __attribute__((vector_size(BYTES)));
/* Keeps v in a register at this point. */
#if defined(__AVX512F__)
#define PIN(v) __asm__("" : "+v"(v))
#elif defined(__x86_64__)
#define PIN(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define PIN(v) __asm__("" : "+w"(v))
#else
#define PIN(v) (void)0
#endif
#endif

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && !defined(__TINYC__)
#define UNROLL _Pragma("GCC unroll 24")
#else
#define UNROLL
#endif

enum { RUNS = 5, LANES = sizeof(vf) / sizeof(real) };
static const double RUN_SECONDS = 2e-3;

struct spin {
    long rounds;
    real result[256]; /* of each task; without it compilers would drop the computation */
};

/* Computes x = 0.5 x + 1 again and again; x stays near 2. */
static void spin(void *context, int task, int thread)
{
    struct spin *spin = context;
    vf half, one, sum, x[CHAINS];
    for (int l = 0; l < LANES; l++) ((real *)&half)[l] = (real)0.5, ((real *)&one)[l] = 1;
    UNROLL for (int c = 0; c < CHAINS; c++) x[c] = one; /* must be unrolled, or the array would live in memory */
    (void)thread;
    for (long round = 0; round < spin->rounds; round++) {
        UNROLL for (int c = 0; c < CHAINS; c++)
        {
            x[c] = x[c] * half + one;
            PIN(x[c]);
        }
    }
    sum = x[0];
    UNROLL for (int c = 1; c < CHAINS; c++) sum += x[c];
    spin->result[task] = *(real *)&sum;
}

/* Seconds for spinning on that many threads at once. */
static double time_threads(struct spin *context, int threads)
{
    double started = ag_seconds();
    ag_parallel(threads, spin, context);
    return ag_seconds() - started;
}

/* Finds the number of rounds that take about RUN_SECONDS on one thread. It takes the quickest of a few runs, since
 * other programs may slow one down. */
static void find_rounds(struct spin *context)
{
    for (context->rounds = 1000;; context->rounds *= 2) {
        double best = time_threads(context, 1);
        for (int i = 0; i < 3; i++) {
            double seconds = time_threads(context, 1);
            if (seconds < best) best = seconds;
        }
        if (best > RUN_SECONDS / 2) return;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Takes the median of the runs. The best run may have had a clock that no longer work gets. */
double ag_peak(void)
{
    static struct spin context;
    double rate[RUNS];
    if (!context.rounds) find_rounds(&context);
    for (int i = 0; i < RUNS; i++)
        rate[i] = 2e-9 * CHAINS * LANES * (double)context.rounds * ag_threads() / time_threads(&context, ag_threads());
    qsort(rate, RUNS, sizeof *rate, by_value);
    return rate[RUNS / 2];
}
