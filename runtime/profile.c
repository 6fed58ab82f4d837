/* Measures how long each kernel of a program takes. Each thread adds up its own times, so no lock is needed. */
#define _XOPEN_SOURCE 700
#include "ag.h"
#include <stdlib.h>
#include <string.h>

int ag_profiling;

static struct {
    int threads, kernels;
    double *last;                   /* [threads * SPREAD]: time of each thread's last mark */
    struct ag_kernel_time *account; /* [threads, kernels] */
} profile;

enum { SPREAD = 8 }; /* stride in doubles between the times of two threads, so that they share no cache line */

int ag_profile_begin(int kernels, struct ag_error *err)
{
    ag_profile_end();
    profile.threads = ag_threads();
    profile.kernels = kernels;
    profile.last = calloc((size_t)profile.threads * SPREAD, sizeof *profile.last);
    profile.account = calloc((size_t)profile.threads * (size_t)kernels + 1, sizeof *profile.account);
    if (!profile.last || !profile.account) {
        ag_profile_end();
        return ag_fail(err, 1, "out of memory for a profile of %d kernels", kernels);
    }
    ag_profiling = 1;
    return 0;
}

void ag_profile_end(void)
{
    ag_profiling = 0;
    free(profile.last);
    free(profile.account);
    memset(&profile, 0, sizeof profile);
}

void ag_mark_begin(int thread)
{
    if (ag_profiling && thread < profile.threads) profile.last[thread * SPREAD] = ag_seconds();
}

void ag_mark(int thread, int kernel, int images)
{
    if (!ag_profiling || thread >= profile.threads || kernel >= profile.kernels) return;
    struct ag_kernel_time *account = &profile.account[(long)thread * profile.kernels + kernel];
    double now = ag_seconds(), *last = &profile.last[thread * SPREAD];
    account->seconds += now - *last;
    account->calls += images > 0;
    account->units += images;
    *last = now;
}

void ag_profile_add(int kernel, double seconds)
{
    if (!ag_profiling || kernel >= profile.kernels) return;
    profile.account[kernel].seconds += seconds;
    profile.account[kernel].calls++;
    profile.account[kernel].units++;
}

struct ag_kernel_time ag_profile_read(int kernel)
{
    struct ag_kernel_time sum = {0, 0, 0};
    for (int thread = 0; thread < profile.threads; thread++) {
        const struct ag_kernel_time *account = &profile.account[(long)thread * profile.kernels + kernel];
        sum.seconds += account->seconds;
        sum.calls += account->calls;
        sum.units += account->units;
    }
    return sum;
}
