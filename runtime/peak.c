/*
 * Measures the peak rate of multiply-adds. A thread computes CHAINS independent chains of multiply-adds in registers,
 * enough to hide the latency of each. Compile this file with the same flags as the kernels that are compared with it.
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
/* Makes the compiler keep v in a register. */
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

struct peak_run {
    long rounds;
    real result[256]; /* of each task; compilers would remove a computation without a result */
};

/* Repeats x = 0.5 x + 1, which converges to 2. */
static void spin(void *context, int task, int thread)
{
    struct peak_run *run = context;
    vf half, one, sum, x[CHAINS];
    for (int l = 0; l < LANES; l++) ((real *)&half)[l] = (real)0.5, ((real *)&one)[l] = 1;
    UNROLL for (int c = 0; c < CHAINS; c++) x[c] = one; /* without unrolling the array would be in memory */
    (void)thread;
    for (long round = 0; round < run->rounds; round++) {
        UNROLL for (int c = 0; c < CHAINS; c++)
        {
            x[c] = x[c] * half + one;
            PIN(x[c]);
        }
    }
    sum = x[0];
    UNROLL for (int c = 1; c < CHAINS; c++) sum += x[c];
    run->result[task] = *(real *)&sum;
}

/* Seconds that `spin` takes on so many threads at the same time. */
static double time_threads(struct peak_run *context, int threads)
{
    double started = ag_seconds();
    ag_parallel(threads, spin, context);
    return ag_seconds() - started;
}

/* Finds the number of rounds that take about RUN_SECONDS on one thread. The fastest of a few runs counts, since other
 * programs may slow a run down. */
static void find_rounds(struct peak_run *context)
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

/* The result is the median of the runs. The fastest run may have had a clock frequency that lasts for a moment only. */
double ag_peak(void)
{
    static struct peak_run context;
    double rate[RUNS];
    if (!context.rounds) find_rounds(&context);
    for (int i = 0; i < RUNS; i++)
        rate[i] = 2e-9 * CHAINS * LANES * (double)context.rounds * ag_threads() / time_threads(&context, ag_threads());
    qsort(rate, RUNS, sizeof *rate, by_value);
    return rate[RUNS / 2];
}
