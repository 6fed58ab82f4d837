/*
 * sepconv MODULE < CASES: runs kernels of templates/cuda/sepconv.cu and compares what they store with sums in double
 * precision, to 1e-5 of a tensor's largest. A case is a line: the kernel's name; its N, H, W, CI, CO, K, BIAS, KEEP; 1
 * if the epilogue has two results, relu(r) and r e + n + i - j + o; 1 if the prologue makes r p[o] + 1 of positive r and
 * 0.5 of others; BM, BN, BK, TM, TN. A line for each case that fails.
 */
#include "../simgpu/tests/cuda_call.h"

#include <math.h>

struct sizes {
    int n, h, w, ci, co, k, bias, keep, two, made, bm, bn, bk, tm, tn;
};

static float *reals(size_t size)
{
    float *p = malloc((size ? size : 1) * sizeof *p);
    if (!p) exit(2);
    return p;
}

/* Numbers from -1 to 1, other ones at each call. */
static float *numbers(size_t size)
{
    static unsigned state = 1;
    float *p = reals(size);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        p[i] = (float)(state >> 8) / (1 << 23) - 1;
    }
    return p;
}

static double depthwise(const struct sizes *s, const float *x, const float *p, const float *d, int m, int c)
{
    const int n = m / (s->h * s->w), i = m / s->w % s->h, j = m % s->w;
    double sum = 0;
    for (int a = 0; a < s->k; a++)
        for (int b = 0; b < s->k; b++) {
            const int row = i + a - s->k / 2, column = j + b - s->k / 2;
            if (row < 0 || row >= s->h || column < 0 || column >= s->w) continue;
            double r = x[((n * s->h + row) * s->w + column) * s->ci + c];
            if (s->made) r = r > 0 ? r * p[c] + 1 : 0.5;
            sum += r * d[(a * s->k + b) * s->ci + c];
        }
    return sum;
}

static int is_near(const char *name, const char *what, CUdeviceptr device, const double *want, size_t size)
{
    float *got = reals(size);
    double largest = 0;
    CALL(on_to_host, "cuMemcpyDtoH_v2", got, device, size * sizeof *got);
    for (size_t i = 0; i < size; i++) largest = fmax(largest, fabs(want[i]));
    for (size_t i = 0; i < size; i++) {
        if (fabs(got[i] - want[i]) <= 1e-5 * largest) continue;
        printf("%s: %s[%zu] is %g, not %g\n", name, what, i, got[i], want[i]);
        free(got);
        return 0;
    }
    free(got);
    return 1;
}

static CUdeviceptr given(const float *from, size_t size)
{
    return device_copy(from, size * sizeof *from);
}

static int check(CUmodule module, const char *name, const struct sizes *s)
{
    const int pixels = s->n * s->h * s->w, cop = (s->co + 3) / 4 * 4;
    const size_t inputs = (size_t)pixels * (size_t)s->ci, outputs = (size_t)pixels * (size_t)s->co;
    const size_t taps = (size_t)(s->k * s->k * s->ci), weights = (size_t)(s->ci * cop);
    float *const x = numbers(inputs), *const d = numbers(taps), *const w = numbers(weights),
                 *const bias = numbers((size_t)s->co), *const e = numbers(outputs),
                 *const p = numbers((size_t)s->ci);
    for (int c = 0; c < s->ci; c++)
        for (int o = s->co; o < cop; o++) w[c * cop + o] = 0;

    double *const t = malloc(inputs * sizeof *t), *const y = malloc(outputs * sizeof *y),
                  *const z = malloc(outputs * sizeof *z);
    if (!t || !y || !z) exit(2);
    for (int m = 0; m < pixels; m++) {
        for (int c = 0; c < s->ci; c++) t[m * s->ci + c] = depthwise(s, x, p, d, m, c);
        for (int o = 0; o < s->co; o++) {
            const int at = m * s->co + o, n = m / (s->h * s->w), i = m / s->w % s->h, j = m % s->w;
            double r = s->bias ? bias[o] : 0;
            for (int c = 0; c < s->ci; c++) r += t[m * s->ci + c] * w[c * cop + o];
            y[at] = s->two ? fmax(r, 0) : r;
            z[at] = r * e[at] + n + i - j + o;
        }
    }

    CUdeviceptr dx = given(x, inputs), dd = given(d, taps), dw = given(w, weights), de = given(e, outputs);
    CUdeviceptr dbias = s->bias ? given(bias, (size_t)s->co) : 0, dt = s->keep ? device_alloc(4 * inputs) : 0;
    CUdeviceptr dy = device_alloc(4 * outputs), dz = device_alloc(4 * outputs);
    CUdeviceptr dp = given(p, (size_t)s->ci);
    void *with_two[] = {&dx, &dd, &dw, &dbias, &dt, &dy, &dz, &de, &dp}, *with_one[] = {&dx,    &dd, &dw, &dbias,
                                                                                       &dt, &dy, &dp};
    void **params = s->two ? with_two : with_one;
    const unsigned across = (unsigned)((pixels + s->bm - 1) / s->bm), down = (unsigned)((s->co + s->bn - 1) / s->bn);
    CALL(on_launch, "cuLaunchKernel", get_function(module, name), across, down, 1,
         (unsigned)(s->bm / s->tm * (s->bn / s->tn)), 1, 1, 0, NULL, params, NULL);
    const int good = is_near(name, "y", dy, y, outputs) && (!s->two || is_near(name, "z", dz, z, outputs)) &&
                     (!s->keep || is_near(name, "t", dt, t, inputs));
    float *const host[] = {x, d, w, bias, e, p};
    for (size_t i = 0; i < sizeof host / sizeof *host; i++) free(host[i]);
    free(t), free(y), free(z);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    driver_begin();
    CUmodule module;
    CALL(on_module, "cuModuleLoadData", &module, read_file(argv[1]));
    char name[64];
    struct sizes s;
    int bad = 0, all = 0;
    while (scanf("%63s %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d", name, &s.n, &s.h, &s.w, &s.ci, &s.co, &s.k, &s.bias,
                 &s.keep, &s.two, &s.made, &s.bm, &s.bn, &s.bk, &s.tm, &s.tn) == 16) {
        bad += !check(module, name, &s);
        all++;
    }
    printf("%d of %d kernels are wrong\n", bad, all);
    return bad || !all;
}
