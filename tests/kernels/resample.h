/* Part of test.c: tests of the templates that change a picture's size, and of those that make weights for convolutions
 * which do so. */

/* part_of returns the weight of pixel `from`, in a row of n pixels, in pixel `to` of the up-sampled or filtered row. */
enum way { NEAREST, BILINEAR, STUFFED, BLUR };
static double part_of(enum way way, int to, int from, int n, int pad)
{
    static const double f[4] = {1 / 8., 3 / 8., 3 / 8., 1 / 8.};
    if (way == NEAREST) return from == to / 2;
    if (way == BILINEAR) { /* linear interpolation between the centres of pixels; beyond the ends the last pixel */
        const double source = (to + 0.5) / 2 - 0.5, low = floor(source);
        const int left = low < 0 ? 0 : (int)low, right = low + 1 > n - 1 ? n - 1 : (int)low + 1;
        return (from == left) * (low + 1 - source) + (from == right) * (source - low);
    }
    if (way == STUFFED) { /* a zero behind each pixel and two zeros before the row, then the filter 2 f */
        const int tap = 2 * from - to + 2;
        return tap >= 0 && tap < 4 ? 2 * f[tap] : 0;
    }
    return from - to + pad >= 0 && from - to + pad < 4 ? f[from - to + pad] : 0;
}

static struct sum window_at(const struct instance *k, const struct block *x, int n, int i, int j, int c)
{
    const enum way way = k->nearest || k->sumpool ? NEAREST : k->fir ? BLUR : k->CLAMP ? BILINEAR : STUFFED;
    struct sum s = {0, 0};
    if (k->shuffle) return add(&s, *at(x, n, i / 2, j / 2, (i % 2 * 2 + j % 2) * k->C + c)), s;
    if (k->unshuffle) {
        const int phase = c / k->C;
        return add(&s, *at(x, n, 2 * i + phase / 2, 2 * j + phase % 2, c % k->C)), s;
    }
    for (int p = 0; p < x->h; p++) {
        const int adjoint = k->bilinear_t || k->sumpool;
        const double row = adjoint ? part_of(way, p, i, k->H, 0) : part_of(way, i, p, k->H, k->PAD);
        for (int q = 0; q < x->w && row != 0; q++)
            add(&s,
                row * (adjoint ? part_of(way, q, j, k->W, 0) : part_of(way, j, q, k->W, k->PAD)) * *at(x, n, p, q, c));
    }
    return s;
}

static int test_window(const struct instance *k, int images)
{
    const int down = k->bilinear_t || k->sumpool || k->unshuffle, grow = k->fir ? 2 * k->PAD - 3 : 0;
    const int large = k->fir ? 1 : 2, in = down ? large : 1, out = down ? 1 : large;
    struct block x = block(images, in * k->H, in * k->W, k->shuffle ? 4 * k->C : k->C, k->XH, 0);
    struct block y =
        block(images, out * k->H + grow, out * k->W + grow, k->unshuffle ? 4 * k->C : k->C, k->YH, untouched);
    int wrong = 0;
    void (*const kernels[])(const real *, real *, int) = {k->bilinear, k->bilinear_t, k->nearest,  k->sumpool,
                                                          k->fir,      k->shuffle,    k->unshuffle};

    for (int l = 0; l < 7; l++)
        if (kernels[l]) kernels[l](x.data, y.data, images);
    for (int n = 0; n < images; n++)
        for (int i = -y.halo; i < y.h + y.halo; i++)
            for (int j = -y.halo; j < y.w + y.halo; j++)
                for (int c = 0; c < y.c; c++)
                    wrong += inside(&y, i, j) ? differs(*at(&y, n, i, j, c), window_at(k, &x, n, i, j, c))
                                              : *at(&y, n, i, j, c) != untouched;
    free(x.data), free(y.data);
    return wrong;
}

/* Returns the matrix [outs][ins] of a linear map from [O][I][ins] to [O][I][outs] that is the same for all o and i. It
 * is found by mapping one tap at a time. where: the index of an output in the result of the map. */
static double *matrix_of(void (*map)(const real *, real *), int O, int I, int ins, int outs,
                         long (*where)(int O, int I, int o, int i, int out))
{
    double *m = malloc(sizeof *m * ins * outs);
    real *z = malloc(sizeof *z * O * I * ins), *w = malloc(sizeof *w * O * I * outs);
    for (int s = 0; s < ins; s++) {
        for (long l = 0; l < (long)O * I * ins; l++) z[l] = l % ins == s;
        map(z, w);
        for (int t = 0; t < outs; t++) m[t * ins + s] = w[where(O, I, O / 2, I / 2, t)];
    }
    free(z), free(w);
    return m;
}
static long in_phases(int O, int I, int o, int i, int out)
{
    return ((long)(out / 9 * O + o) * I + i) * 9 + out % 9;
}
static long in_edges(int O, int I, int o, int i, int out)
{
    return ((long)(out / 4 * I + i) * 4 + out % 4) * O + o;
}
/* Compares the map with its matrix, and its adjoint with the transposed matrix. */
static int test_map(const struct instance *k, void (*map)(const real *, real *), void (*adjoint)(const real *, real *),
                    int outs, long (*where)(int O, int I, int o, int i, int out))
{
    const int O = k->O, I = k->I;
    double *m = matrix_of(map, O, I, 9, outs, where);
    real *z = noises((long)O * I * 9), *w = noises((long)O * I * outs);
    real *gz = noises((long)O * I * 9), *gw = noises((long)O * I * outs);
    int wrong = 0;
    map(z, w);
    adjoint(gw, gz);
    for (int o = 0; o < O; o++)
        for (int i = 0; i < I; i++) {
            for (int t = 0; t < outs; t++) {
                struct sum s = {0, 0};
                for (int tap = 0; tap < 9; tap++) add(&s, m[t * 9 + tap] * z[(o * I + i) * 9 + tap]);
                wrong += differs(w[where(O, I, o, i, t)], s);
            }
            for (int tap = 0; tap < 9; tap++) {
                struct sum s = {0, 0};
                for (int t = 0; t < outs; t++) add(&s, m[t * 9 + tap] * gw[where(O, I, o, i, t)]);
                wrong += differs(gz[(o * I + i) * 9 + tap], s);
            }
        }
    free(m), free(z), free(w), free(gz), free(gw);
    return wrong;
}

/* Returns the up-sampled x at p, q by its definition; conv_of_upsampled returns the convolution of that. endless: x
 * continues with zeros, and the up-sampled picture continues too; otherwise the up-sampled picture is zero outside. */
static double upsampled(const struct instance *k, const struct block *x, int endless, int p, int q, int c)
{
    double sum = 0;
    const enum way way = k->taps && k->KIND == 1 ? NEAREST : endless ? STUFFED : BILINEAR;
    if (!endless && (p < 0 || p >= 2 * x->h || q < 0 || q >= 2 * x->w)) return 0;
    for (int i = 0; i < x->h; i++)
        for (int j = 0; j < x->w; j++)
            sum += part_of(way, p, i, x->h, 0) * part_of(way, q, j, x->w, 0) * *at(x, 0, i, j, c);
    return sum;
}
static double conv_of_upsampled(const struct instance *k, const struct block *x, const real *z, int endless, int p,
                                int q, int o)
{
    double sum = 0;
    for (int c = 0; c < k->I; c++)
        for (int s = 0; s < 9; s++)
            sum += z[(o * k->I + c) * 9 + s] * upsampled(k, x, endless, p + s / 3 - 1, q + s % 3 - 1, c);
    return sum;
}
/* Returns StyleGAN2's up-sampling convolution at p, q: the transposed convolution y[2i + a] += x[i] w[a], of 2H + 1
 * pixels, then the filter [1, 3, 3, 1] / 4 with one pixel of padding. */
static double blur_of_deconv(const struct instance *k, const struct block *x, const real *z, int p, int q, int o)
{
    static const double f[4] = {1 / 4., 3 / 4., 3 / 4., 1 / 4.};
    double sum = 0;
    for (int l = 0; l < 16; l++) {
        const int pp = p + l / 4 - 1, qq = q + l % 4 - 1;
        if (pp < 0 || pp > 2 * x->h || qq < 0 || qq > 2 * x->w) continue;
        for (int i = 0; i < x->h; i++)
            for (int j = 0; j < x->w; j++)
                for (int c = 0; c < k->I; c++) {
                    const int a = pp - 2 * i, b = qq - 2 * j;
                    if (a < 0 || a > 2 || b < 0 || b > 2) continue;
                    sum += f[l / 4] * f[l % 4] * *at(x, 0, i, j, c) * z[(o * k->I + c) * 9 + a * 3 + b];
                }
    }
    return sum;
}
/* Returns the same at p, q from the small picture, with the weights w that taps.c makes. */
static struct sum phases_at(const struct instance *k, const struct block *x, const real *w, int p, int q, int o)
{
    struct sum s = {0, 0};
    for (int c = 0; c < k->I; c++)
        for (int t = 0; t < 9; t++) {
            const int i = p / 2 + t / 3 - 1, j = q / 2 + t % 3 - 1;
            if (inside(x, i, j))
                add(&s, (double)*at(x, 0, i, j, c) * w[in_phases(k->O, k->I, o, c, (p % 2 * 2 + q % 2) * 9 + t)]);
        }
    return s;
}
/* Returns 1 if an edge tap (one of 16, in the order of edge_taps.c) adds to pixel i, j of a picture. *xi, *xj: the
 * pixel that it reads. */
static int border_tap(const struct block *x, int tap, int i, int j, int *xi, int *xj)
{
    const int edge = tap / 3, corner = tap - 12, i1 = x->h - 1, j1 = x->w - 1;
    *xi = i, *xj = j;
    if (corner >= 0) return i == corner / 2 * i1 && j == corner % 2 * j1;
    *(edge < 2 ? xj : xi) += tap % 3 - 1;
    return (edge < 2 ? i == edge * i1 : j == (edge - 2) * j1) && inside(x, *xi, *xj);
}
/* Returns what border.c adds to y[n,i,j,q]; y has Q channels. */
static struct sum border_at(const struct block *x, const real *v, int Q, int n, int i, int j, int q)
{
    struct sum s = {0, 0};
    for (int tap = 0, xi, xj; tap < 16; tap++)
        for (int c = 0; c < x->c && border_tap(x, tap, i, j, &xi, &xj); c++)
            add(&s, (double)*at(x, n, xi, xj, c) * v[((n * 16L + tap) * x->c + c) * Q + q]);
    return s;
}

/* Tests the weights of taps.c and edge_taps.c. Convolutions of the small picture with the former must give the
 * convolution of the up-sampled picture; what the latter add must be the difference that the border makes to that. */
static int test_taps(const struct instance *k)
{
    const int O = k->O, I = k->I, outs = k->taps ? 36 : 64;
    struct block x = block(1, 4, 5, I, 0, 0);
    real *z = noises((long)O * I * 9), *w = noises((long)O * I * outs);
    int wrong = k->taps ? test_map(k, k->taps, k->taps_t, 36, in_phases)
                        : test_map(k, k->edge_taps, k->edge_taps_t, 64, in_edges);

    (k->taps ? k->taps : k->edge_taps)(z, w);
    for (int p = 0; p < 2 * x.h; p++)
        for (int q = 0; q < 2 * x.w; q++)
            for (int o = 0; o < O; o += 1 + O / 3) {
                struct sum s = k->taps ? phases_at(k, &x, w, p, q, o)
                                       : border_at(&x, w, 4 * O, 0, p / 2, q / 2, (p % 2 * 2 + q % 2) * O + o);
                const double got = s.value;
                s.magnitude += I;
                if (k->edge_taps) {
                    s.value = conv_of_upsampled(k, &x, z, 0, p, q, o) - conv_of_upsampled(k, &x, z, 1, p, q, o);
                } else if (k->KIND == 0) {
                    s.value = blur_of_deconv(k, &x, z, p, q, o);
                } else {
                    s.value = conv_of_upsampled(k, &x, z, k->KIND == 2, p, q, o);
                }
                wrong += differs(got, s);
            }
    free(x.data), free(z), free(w);
    return wrong;
}

static int test_border(const struct instance *k, int images)
{
    const long size = 16L * k->CI * k->Q;
    struct block x = block(images, k->H, k->W, k->CI, k->XH, 0), y = block(images, k->H, k->W, k->Q, k->YH, untouched);
    struct block before = same(&y);
    real *v = noises(images * size);
    int wrong = 0;

    k->border(x.data, v, y.data, images);
    for (int n = 0; n < images; n++)
        for (int i = -y.halo; i < y.h + y.halo; i++)
            for (int j = -y.halo; j < y.w + y.halo; j++)
                for (int q = 0; q < y.c; q++) {
                    struct sum s = {0, 0};
                    if (inside(&y, i, j)) s = border_at(&x, v, k->Q, n, i, j, q);
                    add(&s, *at(&before, n, i, j, q));
                    wrong += inside(&y, i, j) ? differs(*at(&y, n, i, j, q), s) : *at(&y, n, i, j, q) != untouched;
                }
    free(x.data), free(y.data), free(before.data), free(v);
    return wrong;
}
/* Adds the gradients of one picture's border to dx [H][W][CI] and dv [16][CI][Q]. */
static void border_gradients(const struct block *x, const struct block *gy, const real *v, int n, struct sum *dx,
                             struct sum *dv)
{
    for (int l = 0; l < 16 * x->h * x->w; l++) {
        const int tap = l % 16, j = l / 16 % x->w, i = l / 16 / x->w;
        int xi, xj;
        if (!border_tap(x, tap, i, j, &xi, &xj)) continue;
        for (int c = 0; c < x->c; c++)
            for (int q = 0; q < gy->c; q++) {
                const long at_v = ((long)tap * x->c + c) * gy->c + q;
                const double g = *at(gy, n, i, j, q);
                add(&dx[(xi * x->w + xj) * x->c + c], g * v[n * 16L * x->c * gy->c + at_v]);
                add(&dv[at_v], g * *at(x, n, xi, xj, c));
            }
    }
}
static int test_border_gradients(const struct instance *k, int images)
{
    const int H = k->H, W = k->W, CI = k->CI, XH = k->XH;
    const long size = 16L * CI * k->Q;
    struct block x = block(images, H, W, CI, XH, 0), gx = block(images, H, W, CI, XH, untouched), before = same(&gx);
    struct block gy = block(images, H, W, k->Q, k->YH, 0);
    real *v = noises(images * size), *gv = noises(images * size);
    int wrong = 0;

    k->border_dx(gy.data, v, gx.data, images);
    k->border_dw(x.data, gy.data, gv, images);
    for (int n = 0; n < images; n++) {
        struct sum *dx = calloc((size_t)H * W * CI, sizeof *dx), *dv = calloc(size, sizeof *dv);
        border_gradients(&x, &gy, v, n, dx, dv);
        for (long l = 0; l < size; l++) wrong += differs(gv[n * size + l], dv[l]);
        for (int i = -XH; i < H + XH; i++)
            for (int j = -XH; j < W + XH; j++)
                for (int c = 0; c < CI; c++) {
                    struct sum s = {0, 0};
                    if (inside(&gx, i, j)) s = dx[(i * W + j) * CI + c];
                    add(&s, *at(&before, n, i, j, c));
                    wrong += inside(&gx, i, j) ? differs(*at(&gx, n, i, j, c), s) : *at(&gx, n, i, j, c) != untouched;
                }
        free(dx), free(dv);
    }
    free(x.data), free(gx.data), free(before.data), free(gy.data), free(v), free(gv);
    return wrong;
}
