/*
 * bench [NAME [IMAGES]]: times the instances of the kernel templates whose names begin with NAME. Prints the share of
 * the machine's peak of multiply-adds, which is measured before each run, as the best of several runs. A call takes
 * pictures of some 256 KB together; calls go through tensors of some 8 MB. With IMAGES, a call takes this number of
 * pictures, and each call reads another weight. Then the weight is not in the L2 cache, as in a network of many layers.
 */
#define _POSIX_C_SOURCE 200809L
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"
#include "instances.h"

/* Returns the seconds that this thread has run. Unlike wall-clock time, this does not count the time of other
 * programs. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Executes multiply-adds in registers. It is a function of its own because no registers are kept across the calls that
 * read the clock. */
static __attribute__((noinline)) real multiply_add(long steps)
{
    enum { CHAINS = 10 };
    vf acc[CHAINS], factor = splat((real)1e-3), sum = splat(0);
    real lanes[VL];
    EACH (l, CHAINS) acc[l] = splat((real)l);
    PIN(factor);
    while (steps--) {
        EACH (l, CHAINS) acc[l] = acc[l] * factor + factor;
    }
    EACH (l, CHAINS) sum += acc[l];
    PUT(sum, lanes, VL);
    return lanes[0];
}
/* Returns the peak of this thread in GFLOP/s. */
static double peak(void)
{
    static volatile real sink;
    const long steps = 1 << 18;
    const double start = now();
    sink = multiply_add(steps);
    return 2.0 * VL * 10 * steps / (now() - start) / 1e9;
}
static double peak_of(int threads)
{
    double total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
    total += peak();
    return total;
}

struct data {
    real *x, *y, *w[64], *bias; /* x, y: input and output of the forward kernel; w: one for each thread */
    long xsize, ysize, wsize;   /* reals of one picture of x and y, and of one weight */
    int images, block, weights; /* pictures of x; pictures of a call; weights, one after the other in w[0] */
};
static real *zeros(long n)
{
    real *p;
    if (posix_memalign((void **)&p, 64, n * sizeof *p)) exit(1);
    for (long l = 0; l < n; l++) p[l] = (real)(l % 13) / 16;
    return p;
}

/* Runs the kernel over all pictures. Returns the seconds of the thread that took longest. */
static double run(const struct instance *k, const struct data *d, int threads)
{
    double seconds = 0;
#pragma omp parallel num_threads(threads) reduction(max : seconds)
    {
        const double start = now();
#pragma omp for schedule(static) nowait
        for (int n = 0; n < d->images; n += d->block) {
            const real *x = d->x + n * d->xsize;
            real *y = d->y + n * d->ysize, *w = d->w[omp_get_thread_num()];
            const real *packed = d->w[0] + n / d->block % d->weights * d->wsize;
            if (k->conv) k->conv(x, packed, d->bias, y, d->block, 0);
            if (k->deconv) k->deconv(x, packed, d->bias, y, d->block, 0);
            if (k->dwconv) k->dwconv(x, d->w[0], y, d->block);
            if (k->conv_wgrad) k->conv_wgrad(x, y, w, d->block);
            if (k->dwconv_wgrad) k->dwconv_wgrad(x, y, w, d->block);
        }
        seconds = now() - start;
    }
    return seconds;
}

static double share(const struct instance *k, int threads, int images, double *gflops)
{
    const int depthwise = k->dwconv || k->dwconv_wgrad, S = k->S ? k->S : 1, up = k->deconv ? 2 : 1;
    const int K = k->K, more = depthwise || k->deconv ? 0 : K - S - 2 * k->PAD, over = k->deconv ? K - 2 : 0;
    const int CI = depthwise ? k->C : k->CI, CO = depthwise ? k->C : k->CO, YH = k->YH + k->GH;
    const double flop = 2.0 * k->H * k->W * CO * K * K * (depthwise ? 1 : CI);
    struct data d;
    double best = 0, top = 0;
    long most; /* the most calls whose pictures take 64 MB together */
    d.xsize = (long)(S * k->H + more + 2 * k->XH) * (S * k->W + more + 2 * k->XH) * MAX(CI, k->XSTEP);
    d.ysize = (long)(up * k->H + over + 2 * YH) * (up * k->W + over + 2 * YH) * MAX(CO, k->YSTEP);
    d.block = (256 << 10) / (long)sizeof(real) / (d.xsize + d.ysize) + 1;
    if (images) d.block = images;
    d.images =
        ((8 << 20) / (long)sizeof(real) / (d.xsize > d.ysize ? d.xsize : d.ysize) / d.block + 1) / 2 * 2 * d.block;
    if (d.images < 2 * d.block) d.images = 2 * d.block;
    d.wsize = (k->EACH ? d.block : 1) * RESERVED(CO, CI, K);
    d.weights = images ? (32 << 20) / (long)sizeof(real) / d.wsize + 1 : 1;
    most = (64 << 20) / (long)sizeof(real) / ((d.xsize + d.ysize) * d.block) + 1;
    if (images) d.images = MAX(d.images, MIN(d.weights, most) * d.block);
    d.x = zeros(d.images * d.xsize);
    d.y = zeros(d.images * d.ysize);
    d.bias = zeros(CO + 64);
    for (int t = 0; t < threads; t++) d.w[t] = zeros((t ? 1 : d.weights) * d.wsize);
    for (int round = 0; round < 9; round++) {
        const double above = peak_of(threads), seconds = run(k, &d, threads);
        if (above > top) top = above;
        if (flop * d.images / seconds / 1e9 > best) best = flop * d.images / seconds / 1e9;
    }
    free(d.x), free(d.y), free(d.bias);
    for (int t = 0; t < threads; t++) free(d.w[t]);
    *gflops = top;
    return best / top;
}

int main(int argc, char **argv)
{
    const int count = sizeof instances / sizeof *instances;
    const char *filter = argc > 1 ? argv[1] : "";
    const int images = argc > 2 ? atoi(argv[2]) : 0;
    for (int l = 0; l < count; l++) {
        double one, two, peak1, peak2;
        if (strncmp(instances[l].name, filter, strlen(filter))) continue;
        one = share(&instances[l], 1, images, &peak1);
        two = share(&instances[l], 2, images, &peak2);
        printf("%-40s %4.0f %% of %3.0f   2 threads: %4.0f %% of %3.0f GFLOP/s\n", instances[l].name, 100 * one, peak1,
               100 * two, peak2);
        fflush(stdout);
    }
    return 0;
}
