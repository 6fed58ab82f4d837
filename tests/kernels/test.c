/* Compares every instance of the kernel templates with plain loops in double precision. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fetched(const void *p);
#define PREFETCH(p) fetched(p)
#include "kernels.h"

/* Some instances prefetch in their register tiles. test_next says what: a weight, by five shares in two threads, and
 * rows. has_w and has_rows: which lines of cache have been prefetched. */
enum { LINE = 64 / sizeof(real), PART = 3 * LINE, NEXT = 5 * PART, ROWS = 2 * LINE, ROOM = 1 << 16 };
static real next_w[ROOM] ALIGNED, next_rows[ROOM] ALIGNED;
static const struct prefetch test_next = {next_w, NEXT, 2, next_rows, ROWS};
static char has_w[ROOM / LINE], has_rows[ROOM / LINE];
static long others;
#include "instances.h"

static void fetched(const void *p)
{
    const real *const at = p;
    if (at >= next_w && at < next_w + ROOM)
        has_w[(at - next_w) / LINE] = 1;
    else if (at >= next_rows && at < next_rows + ROOM)
        has_rows[(at - next_rows) / LINE] = 1;
    else
        others++;
}

static const double epsilon = sizeof(real) == 4 ? FLT_EPSILON : DBL_EPSILON;
static const real untouched = 1234;

/* Pictures in memory: [n][h + 2 halo][w + 2 halo][step], of which the first c of `step` are channels. */
struct block {
    int n, h, w, c, step, halo;
    real *data;
};
static unsigned seed = 1;
static real noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (real)(seed >> 8) / (1 << 23) - 1;
}
static real *noises(long n)
{
    real *p = malloc(n * sizeof *p);
    for (long l = 0; l < n; l++) p[l] = noise();
    return p;
}
static real *at(const struct block *b, int n, int i, int j, int c)
{
    const long row = (long)n * (b->h + 2 * b->halo) + i + b->halo;
    return b->data + (row * (b->w + 2 * b->halo) + j + b->halo) * b->step + c;
}
static int inside(const struct block *b, int i, int j)
{
    return i >= 0 && i < b->h && j >= 0 && j < b->w;
}
static struct block block_apart(int n, int h, int w, int c, int step, int halo, real around, real between)
{
    struct block b = {n, h, w, c, step, halo, NULL};
    b.data = noises((long)n * (h + 2 * halo) * (w + 2 * halo) * step);
    for (int m = 0; m < n; m++)
        for (int i = -halo; i < h + halo; i++)
            for (int j = -halo; j < w + halo; j++)
                for (int l = 0; l < step; l++)
                    if (l >= c || !inside(&b, i, j)) *at(&b, m, i, j, l) = l >= c ? between : around;
    return b;
}
static struct block block(int n, int h, int w, int c, int halo, real around)
{
    return block_apart(n, h, w, c, c, halo, around, 0);
}
static struct block same(const struct block *b)
{
    struct block to = block(b->n, b->h, b->w, b->c, b->halo, 0);
    for (long l = 0; l < (long)b->n * (b->h + 2 * b->halo) * (b->w + 2 * b->halo) * b->c; l++) to.data[l] = b->data[l];
    return to;
}

/* A sum of products, and the sum of their absolute values, from which the bound for its rounding error follows. */
struct sum {
    double value, magnitude;
};
static void add(struct sum *s, double term)
{
    s->value += term;
    s->magnitude += fabs(term);
}
static int differs(double got, struct sum want)
{
    return !(fabs(got - want.value) <= 8 * epsilon * (want.magnitude + 1e-3));
}

/* Returns y[n,i,j,o] of a convolution; w: [O,I,K,K] as in PyTorch. */
static struct sum conv_at(const struct instance *k, const struct block *x, const real *w, int n, int i, int j, int o)
{
    struct sum s = {0, 0};
    const int K = k->K, taps = K * K;
    for (int a = 0; a < K; a++)
        for (int b = 0; b < K; b++) {
            const int xi = k->S * i + a - k->PAD, xj = k->S * j + b - k->PAD;
            if (!inside(x, xi, xj)) continue;
            for (int c = 0; c < k->CI; c++)
                add(&s, (double)*at(x, n, xi, xj, c) * (k->PACK_TRANSPOSED
                                                            ? w[(c * k->CO + o) * taps + taps - 1 - a * K - b]
                                                            : w[(o * k->CI + c) * taps + a * K + b]));
        }
    return s;
}
static struct sum deconv_at(const struct instance *k, const struct block *x, const real *w, int n, int i, int j, int o)
{
    struct sum s = {0, 0};
    const int K = k->K;
    for (int a = i % 2; a < K; a += 2)
        for (int b = j % 2; b < K; b += 2) {
            const int xi = (i - a) / 2, xj = (j - b) / 2;
            if (i < a || j < b || !inside(x, xi, xj)) continue;
            for (int c = 0; c < k->CI; c++)
                add(&s, (double)*at(x, n, xi, xj, c) * w[((c * k->CO + o) * K + a) * K + b]);
        }
    return s;
}
static struct sum dwconv_at(const struct instance *k, const struct block *x, const real *w, int n, int i, int j, int c)
{
    struct sum s = {0, 0};
    const int K = k->K;
    for (int a = 0; a < K; a++)
        for (int b = 0; b < K; b++) {
            const int xi = i + a - K / 2, xj = j + b - K / 2, tap = a * K + b;
            if (inside(x, xi, xj))
                add(&s, (double)*at(x, n, xi, xj, c) * w[c * K * K + (k->PACK_FLIP ? K * K - 1 - tap : tap)]);
        }
    return s;
}

static int test_forward(const struct instance *k, int images)
{
    const int K = k->K, S = k->conv ? k->S : 1, more = k->conv ? K - S - 2 * k->PAD : 0;
    const int up = k->deconv ? 2 : 1, over = k->deconv ? K - 2 : 0;
    const int CI = k->dwconv ? k->C : k->CI, CO = k->dwconv ? k->C : k->CO;
    struct block x = block_apart(images, S * k->H + more, S * k->W + more, CI, k->XSTEP, k->XH, 0, (real)NAN);
    struct block y = block_apart(images, up * k->H + over, up * k->W + over, CO, k->YSTEP, k->YH, untouched, untouched);
    const long size = (long)CO * (k->dwconv ? 1 : CI) * K * K, stride = k->dwconv ? size : RESERVED(CO, CI, K);
    const int weights = k->EACH ? images : 1;
    real *w = noises(weights * size), *bias = noises(CO), *packed = noises(weights * stride);
    int wrong = !k->dwconv && PACKED_SIZE(CO, CI, K) > stride;

    for (int n = 0; n < weights; n++) k->pack(w + n * size, packed + n * stride);
    if (k->conv) k->conv(x.data, packed, bias, y.data, images, 1);
    if (k->deconv) k->deconv(x.data, packed, bias, y.data, images, 1);
    if (k->dwconv) k->dwconv(x.data, packed, y.data, images);
    for (int n = 0; n < images; n++)
        for (int i = -y.halo; i < y.h + y.halo; i++)
            for (int j = -y.halo; j < y.w + y.halo; j++)
                for (int o = 0; o < y.step; o++) {
                    const real got = *at(&y, n, i, j, o), *wn = w + (k->EACH ? n * size : 0);
                    struct sum s;
                    if (o >= CO || !inside(&y, i, j)) {
                        wrong += got != untouched;
                        continue;
                    }
                    s = k->conv     ? conv_at(k, &x, wn, n, i, j, o)
                        : k->deconv ? deconv_at(k, &x, wn, n, i, j, o)
                                    : dwconv_at(k, &x, wn, n, i, j, o);
                    if (k->BIAS) add(&s, bias[o]);
                    if (k->relu && s.value < 0) s.value = 0;
                    if (k->epilogue) s.value *= TEST_FACTOR(1), s.magnitude *= TEST_FACTOR(1);
                    wrong += differs(got, s);
                }
    free(x.data), free(y.data), free(w), free(bias), free(packed);
    return wrong;
}

static int test_gradient(const struct instance *k, int images)
{
    const int depthwise = k->dwconv_wgrad != NULL, S = depthwise ? 1 : k->S, K = k->K, PAD = depthwise ? K / 2 : k->PAD;
    const int CI = depthwise ? k->C : k->CI, CO = depthwise ? k->C : k->CO, COP = depthwise ? 1 : CEIL(CO, 16) * 16;
    const int more = K - S - 2 * PAD, each = k->EACH, parts = each ? images : 1;
    struct block x = block(images, S * k->H + more, S * k->W + more, CI, k->XH, 0),
                 gy = block(images, k->H, k->W, CO, k->GH, 0);
    const long size = (long)K * K * CI * COP, stride = each ? RESERVED(CO, CI, K) : size;
    real *dw = noises(parts * stride), *before = malloc(size * sizeof *before);
    int wrong = 0;

    for (long l = 0; l < size; l++) before[l] = each ? 0 : dw[l];
    if (depthwise)
        k->dwconv_wgrad(x.data, gy.data, dw, images);
    else
        k->conv_wgrad(x.data, gy.data, dw, images);
    for (long part = 0; part < parts * size; part++) {
        const int l = part % size, first = part / size, end = each ? first + 1 : images;
        const int a = l / COP / CI / K, b = l / COP / CI % K, c = l / COP % CI, o = depthwise ? c : l % COP;
        struct sum s = {before[l], fabs(before[l])};
        if (o >= CO) continue;
        for (int n = first; n < end; n++)
            for (int i = 0; i < k->H; i++)
                for (int j = 0; j < k->W; j++) {
                    const int xi = S * i + a - PAD, xj = S * j + b - PAD;
                    if (inside(&x, xi, xj)) add(&s, (double)*at(&x, n, xi, xj, c) * *at(&gy, n, i, j, o));
                }
        wrong += differs(dw[first * stride + l], s);
    }
    free(x.data), free(gy.data), free(dw), free(before);
    return wrong;
}

/* y[n,o] = bias[o] + sum over i of x[n,i] w[o,i] (transposed: w[i,o]) */
static int test_linear(const struct instance *k, int images)
{
    const int CI = k->CI, CO = k->CO;
    real *x = noises((long)images * CI), *w = noises((long)CI * CO), *bias = noises(CO), *y = noises((long)images * CO);
    int wrong = 0;
    k->linear(x, w, k->BIAS ? bias : NULL, y, images);
    for (int n = 0; n < images; n++)
        for (int o = 0; o < CO; o++) {
            struct sum s = {k->BIAS ? bias[o] : 0, k->BIAS ? fabs(bias[o]) : 0};
            for (int i = 0; i < CI; i++)
                add(&s, (double)x[(long)n * CI + i] * w[k->TRANSPOSED ? (long)i * CO + o : (long)o * CI + i]);
            wrong += differs(y[(long)n * CO + o], s);
        }
    free(x), free(w), free(bias), free(y);
    return wrong;
}

static int test_linear_gradient(const struct instance *k)
{
    const int N = k->BATCH, CI = k->CI, CO = k->CO;
    real *x = noises((long)N * CI), *gy = noises((long)N * CO), *dw = noises((long)CI * CO);
    int wrong = 0;
    k->linear_wgrad(x, gy, dw);
    for (int o = 0; o < CO; o++)
        for (int i = 0; i < CI; i++) {
            struct sum s = {0, 0};
            for (int n = 0; n < N; n++) add(&s, (double)gy[(long)n * CO + o] * x[(long)n * CI + i]);
            wrong += differs(dw[(long)o * CI + i], s);
        }
    free(x), free(gy), free(dw);
    return wrong;
}

static int test_unpack(const struct instance *k)
{
    const int CI = k->CI, CO = k->CO, COP = CEIL(CO, 16) * 16, taps = k->K * k->K;
    real *packed = noises((long)taps * CI * COP), *dw = noises((long)CO * CI * taps);
    int wrong = 0;
    k->wgrad_unpack(packed, dw);
    for (int o = 0; o < CO; o++)
        for (int c = 0; c < CI; c++)
            for (int tap = 0; tap < taps; tap++)
                wrong += dw[(o * CI + c) * taps + tap] != packed[(tap * CI + c) * COP + o];
    free(packed), free(dw);
    return wrong;
}

/* y[n,i,j,o] = sum over a, b of x[n, i + a - K / 2, j + b - K / 2, (a K + b) CO + o] */
static int test_col2im(const struct instance *k, int images)
{
    const int K = k->K, CO = k->CO;
    struct block x = block(images, k->H, k->W, k->CI, k->XH, 0), y = block(images, k->H, k->W, CO, k->YH, untouched);
    int wrong = 0;
    k->col2im(x.data, y.data, images, 1);
    for (int n = 0; n < images; n++)
        for (int i = -y.halo; i < y.h + y.halo; i++)
            for (int j = -y.halo; j < y.w + y.halo; j++)
                for (int o = 0; o < CO; o++) {
                    struct sum s = {0, 0};
                    for (int tap = 0; tap < K * K && inside(&y, i, j); tap++)
                        add(&s, *at(&x, n, i + tap / K - K / 2, j + tap % K - K / 2, tap * CO + o));
                    if (k->epilogue) s.value *= TEST_FACTOR(1), s.magnitude *= TEST_FACTOR(1);
                    wrong += inside(&y, i, j) ? differs(*at(&y, n, i, j, o), s) : *at(&y, n, i, j, o) != untouched;
                }
    free(x.data), free(y.data);
    return wrong;
}

/* Tests what begin_prefetch hands out. If each thread needs all weights of the next convolution, its shares prefetch
 * them all; a share prefetches no more than its rounds allow. Rows are those behind the rows of the share. */
static int test_fetch(int items, int threads, int steps)
{
    enum { ROUNDS = 1200, EACH_ITEM = 10, EACH_ROWS = 100 };
    const long weights = items * EACH_ITEM, bytes = sizeof(real);
    const struct prefetch next = {next_w, weights, threads, next_rows, EACH_ROWS};
    int wrong = 0;
    for (int thread = 0; thread < threads; thread++) {
        char has[16 * EACH_ITEM] = {0};
        for (int item = items * thread / threads; item < items * (thread + 1) / threads; item++) {
            struct prefetch_range range[2];
            const int turns = begin_prefetch(range, &next, item, item + 1, items, steps, ROUNDS, next_w + 1);
            const long later = turns ? ROUNDS * (steps / 2) / steps : 0, n = range[0].step * (ROUNDS - later) / bytes;
            const real *const from = (const real *)range[0].at;
            for (long l = 0; l < n; l++)
                if (from + l - next_w < weights) has[from + l - next_w] = 1;
            wrong += from < next_w || from >= next_w + weights || turns != (steps > 1);
            wrong += turns && (const real *)range[1].at != next_rows + (item + 1) % items * EACH_ROWS;
            wrong += turns && range[1].step * later < EACH_ROWS * bytes;
        }
        for (int l = 0; l < weights && items % threads == 0; l++) wrong += !has[l];
    }
    return wrong;
}

/* Tests begin_prefetch with rows alone, and with nothing to prefetch. */
static int test_fetch_less(void)
{
    const struct prefetch rows = {NULL, 0, 1, next_rows, 100};
    struct prefetch_range range[2];
    int wrong = begin_prefetch(range, &rows, 4, 5, 5, 8, 100, next_w) != 0;
    wrong += (const real *)range[0].at != next_rows || range[0].step * 100 < 100 * (long)sizeof(real);
    wrong += begin_prefetch(range, NULL, 0, 0, 5, 0, 0, next_w) != 0;
    return wrong + ((const real *)range[0].at != next_w || range[0].step);
}

/* Returns 1 if an instance has prefetched wrong lines. For large pictures, of which every share has a part, it must
 * have prefetched everything and only a few lines beyond. Rows are prefetched only if shares are rows. */
static int test_fetched(const struct instance *k)
{
    const int large = k->H * k->W >= 100;
    int w = 0, rows = 0, beyond = 0;
    for (int l = 0; l < ROOM / LINE; l++) {
        w += l < NEXT / LINE && has_w[l];
        rows += l < 5 * ROWS / LINE && has_rows[l];
        beyond += (l >= NEXT / LINE && has_w[l]) + (l >= 5 * ROWS / LINE && has_rows[l]);
    }
    if (others || !w || (large && w < NEXT / LINE)) return 1;
    return large && k->by_rows && ((rows && rows < 5 * ROWS / LINE) || beyond > 20);
}

#include "resample.h"

/* Returns how many values of an instance are wrong. */
static int test(const struct instance *k, int images)
{
    if (k->pack) return test_forward(k, images);
    if (k->wgrad_unpack) return test_unpack(k);
    if (k->linear) return test_linear(k, images);
    if (k->linear_wgrad) return test_linear_gradient(k);
    if (k->conv_wgrad || k->dwconv_wgrad) return test_gradient(k, images);
    if (k->col2im) return test_col2im(k, images);
    if (k->border) return test_border(k, images) + test_border_gradients(k, images);
    return k->taps || k->edge_taps ? test_taps(k) : test_window(k, images);
}

int main(void)
{
    const int count = sizeof instances / sizeof *instances;
    int failed = 0;
    for (int l = 0; l < count; l++)
        for (int images = 1; images <= (instances[l].H == 1 ? 19 : 5); images += images == 5   ? 14
                                                                                 : images == 3 ? 2
                                                                                               : 1) {
            const struct instance *k = &instances[l];
            memset(has_w, 0, sizeof has_w), memset(has_rows, 0, sizeof has_rows), others = 0;
            const int wrong = test(k, images) + (k->fetches ? test_fetched(k) : 0);
            if (wrong) printf("FAILED %s (%d images): %d values\n", k->name, images, wrong);
            failed += wrong != 0;
        }
    for (int items = 1; items <= 16; items++)
        for (int threads = 1; threads <= 20; threads++)
            for (int steps = 1; steps <= 5; steps++) {
                const int wrong = test_fetch(items, threads, steps);
                if (wrong) printf("FAILED: fetching in %d items by %d threads, %d steps\n", items, threads, steps);
                failed += wrong != 0;
            }
    if (test_fetch_less()) printf("FAILED: fetching rows alone, or nothing\n"), failed++;
    printf("%d instances, %d failed (%s, %d lanes)\n", count, failed, sizeof(real) == 4 ? "float" : "double", (int)VL);
    return failed != 0;
}
