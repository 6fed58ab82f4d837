/*
 * math PTX: math.cu's functions against the host's library, from tiny to huge arguments. Closes on `N passed, N
 * failed`.
 */
#include "cuda_call.h"
#include "functions.h"

#include <math.h>

enum { N = 1024 };

static double inverse(double x)
{
    return 1 / x;
}
static double third_power(double x)
{
    return pow(fabs(x), 1.0 / 3);
}
static double remainder_of(double x)
{
    return fmod(x, 0.75);
}
static double scaled(double x)
{
    const int whole = x != x ? 0 : x >= 2147483647 ? 2147483647 : x <= -2147483648.0 ? -2147483647 - 1 : (int)x;
    return ldexp(fabs(x), whole % 9) + ilogb(x) + hypot(x, 2) + atan2(x, -3);
}
/* Arguments are chosen so that three times them are far from the middle between two halves. */
static double half_and_back(double x)
{
    if (isinf(x)) return x;
    const double unit = x == 0 ? 1 : ldexp(1, (fabs(x) < 0x1p-14 ? -14 : ilogb(x)) - 10);
    const double h = rint((float)x / unit) * unit, triple = 3 * h;
    const double step = triple == 0 ? 1 : ldexp(1, (fabs(triple) < 0x1p-14 ? -14 : ilogb(triple)) - 10);
    const double result = rint(triple / step) * step;
    return fabs(h) >= 65520 ? copysign(INFINITY, x) : fabs(result) >= 65520 ? copysign(INFINITY, x) : result;
}

static const struct {
    const char *name;
    double (*f)(double);
} functions[] = {
#define NAME(f) {#f, f},
    FUNCTIONS
#undef NAME
};

static int is_near(double got, double want, double x, double tolerance)
{
    if (got == want || (got != got && want != want)) return 1;
    /* near a zero the argument's own rounding decides */
    return fabs(got - want) <= tolerance * (fabs(want) + 1e-3 + (fabs(want) < 10 ? fmin(fabs(x), 10) : 0));
}

int main(int argc, char **argv)
{
    static double x[N], y[N];
    static float xf[N], yf[N];
    if (argc < 2) return 2;
    for (int k = 0; k < N; k++) {
        xf[k] = (float)((k % 2 ? -1 : 1) * exp2(k / 2 * 0.08 - 18) * (1 + k % 7 * 0.011));
        x[k] = xf[k];
    }
    xf[0] = 0, xf[1] = -0.0f, xf[2] = INFINITY, xf[3] = -INFINITY, xf[4] = NAN;
    for (int k = 0; k < 5; k++) x[k] = xf[k];
    driver_begin();
    CUmodule module;
    CALL(on_module, "cuModuleLoadData", &module, read_file(argv[1]));
    CUdeviceptr in[2] = {device_copy(xf, sizeof xf), device_copy(x, sizeof x)};
    CUdeviceptr out = device_alloc(sizeof y);
    int passed = 0, failed = 0;
    for (size_t k = 0; k < sizeof functions / sizeof *functions * 2; k++) {
        char name[64];
        const int doubles = k & 1;
        snprintf(name, sizeof name, "%s_%s", doubles ? "double" : "float", functions[k / 2].name);
        void *params[] = {&in[doubles], &out};
        CALL(on_launch, "cuLaunchKernel", get_function(module, name), N / 128, 1, 1, 128, 1, 1, 0, NULL, params, NULL);
        CALL(on_to_host, "cuMemcpyDtoH_v2", doubles ? (void *)y : yf, out, doubles ? sizeof y : sizeof yf);
        int bad = 0;
        for (int n = 0; n < N; n++) {
            const double got = doubles ? y[n] : (double)yf[n], exact = functions[k / 2].f(x[n]);
            const double want = doubles ? exact : (double)(float)exact;
            if (!is_near(got, want, x[n], doubles ? 1e-13 : 1e-5) && !bad++)
                printf("FAILED: %s(%.17g) is %.17g, not %.17g\n", name, x[n], got, want);
        }
        passed += !bad;
        failed += bad != 0;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
