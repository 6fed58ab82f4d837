/*
 * Vectors for the kernels below. vf holds VL reals; its width follows from the compiler's own macros, so that the same
 * text serves every machine. With AG_NO_VECTORS (a compiler without GNU vector extensions) vf is one real.
 */
#ifndef AG_H /* ag.h has these two too */
#ifndef AG_REAL
#define AG_REAL float
#endif
typedef AG_REAL real;
#endif
#if defined(__TINYC__) && !defined(AG_NO_VECTORS)
#define AG_NO_VECTORS
#endif

#if defined(AG_NO_VECTORS)
#define VECTOR_BYTES sizeof(real)
#elif defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
enum { VL = VECTOR_BYTES / sizeof(real) };

/* VECTOR(t, n): t is n reals. */
#ifdef AG_NO_VECTORS
#define VECTOR(t, n) typedef real t
#define ALIGNED
#define INLINE static inline
#define ONCE   static inline
#else
#define VECTOR(t, n) typedef real t __attribute__((vector_size((n) * sizeof(real)), may_alias))
#define ALIGNED      __attribute__((aligned(64)))
#define INLINE       static inline __attribute__((always_inline, unused))
#define ONCE         static __attribute__((noinline, unused)) /* where speed doesn't matter */
#endif

/* EACH (i, n): for (i = 0; i < n; i++), unrolled, so that arrays of vectors indexed by i live in registers. ROLLED
 * before a short loop: not written out, so that its rounds become lanes, or for its length. */
#if defined(__clang__)
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)
#define ROLLED
#elif defined(__GNUC__) && !defined(__TINYC__)
#define EACH(i, n) _Pragma("GCC unroll 64") for (int i = 0; i < (n); i++)
#define ROLLED     _Pragma("GCC unroll 1")
#else
#define EACH(i, n) for (int i = 0; i < (n); i++)
#define ROLLED
#endif

/* PIN(v) keeps a loaded vector in a register where the compiler would rather read memory again at each use. KEEP(v):
 * it still is in its register here, so that nothing that was made of it is there and sums stay where they are; where
 * there are 32 registers, for of 16 that would take one too many. */
#if defined(AG_NO_VECTORS)
#define PIN(v)  (void)0
#define KEEP(v) (void)0
#elif defined(__AVX512F__)
#define PIN(v)  __asm__("" : "+v"(v))
#define KEEP(v) __asm__("" : : "v"(v))
#elif defined(__x86_64__)
#define PIN(v)  __asm__("" : "+x"(v))
#define KEEP(v) (void)0
#elif defined(__aarch64__)
#define PIN(v)  __asm__("" : "+w"(v))
#define KEEP(v) __asm__("" : : "w"(v))
#else
#define PIN(v)  (void)0
#define KEEP(v) (void)0
#endif

/* SPREAD(t, s): a vector of type t whose lanes are s; s - 0, unlike s + 0, is s for every s. */
#if defined(AG_NO_VECTORS)
#define SPREAD(t, s) (s)
#else
#define SPREAD(t, s) ((s) - (t){0})
#endif

#if defined(__AVX512F__) || defined(__aarch64__)
#define REGISTERS 32
#else
#define REGISTERS 16
#endif

/* PREFETCH(p): a core's second level of cache gets the line at p, which will be read soon. */
#if defined(PREFETCH)
/* a test watches */
#elif defined(__GNUC__) && !defined(__TINYC__)
#define PREFETCH(p) __builtin_prefetch(p, 0, 2)
#else
#define PREFETCH(p) (void)(p)
#endif

VECTOR(vf, VL);

/* FETCH, PUT: the first n lanes of v (all, if it has no more) from or to memory. */
#define LANES_IN(v) (int)(sizeof(v) / sizeof(real))
#ifdef AG_NO_VECTORS
#define FETCH(v, p, n) ((n) > 0 ? (v) = *(p) : 0)
#define PUT(v, p, n)   ((n) > 0 ? *(p) = (v) : 0)
#else
#define FETCH(v, p, n) fetch(&(v), p, LANES_IN(v), n)
#define PUT(v, p, n)   put(&(v), p, LANES_IN(v), n)
INLINE void fetch(void *v, const real *p, int lanes, int n)
{
    if (n >= lanes)
        __builtin_memcpy(v, p, (unsigned)lanes * sizeof(real));
    else
        for (int l = 0; l < n; l++) ((real *)v)[l] = p[l];
}
INLINE void put(const void *v, real *p, int lanes, int n)
{
    if (n >= lanes)
        __builtin_memcpy(p, v, (unsigned)lanes * sizeof(real));
    else
        for (int l = 0; l < n; l++) p[l] = ((const real *)v)[l];
}
#endif

INLINE vf load(const real *p)
{
    vf v;
    FETCH(v, p, VL);
    return v;
}
INLINE void store(real *p, vf v)
{
    PUT(v, p, VL);
}
INLINE vf splat(real s)
{
    return SPREAD(vf, s);
}
/* POSITIVE(v): v, or 0 in lanes where it isn't more. */
#ifdef AG_NO_VECTORS
#define POSITIVE(v) ((v) > 0 ? (v) : 0)
#else
#define POSITIVE(v) (__typeof__(v))((__typeof__((v) > 0))(v) & ((v) > 0))
#endif

/* The sum of v's lanes, halves first. */
INLINE real add_lanes(vf v)
{
    real lane[VL];
    store(lane, v);
    EACH (level, 4)
        for (int l = 0; l < VL >> (level + 1); l++) lane[l] += lane[(VL >> (level + 1)) + l];
    return lane[0];
}

/* Copies n channels of each of some pixels, `from_step` reals apart, to places `step` reals apart, zeros after them. */
INLINE void copy_pixels(real *to, int step, const real *from, int from_step, int pixels, int n)
{
    for (int j = 0; j < pixels; j++, to += step, from += from_step)
        for (int l = 0; l < step; l++) to[l] = l < n ? from[l] : 0;
}

/* Where pixel `at` of a picture is: rows of so many, `row` reals apart, in which they are `step` reals apart. */
INLINE long place(unsigned at, unsigned width, long row, long step)
{
    return (long)(at / width) * row + (long)(at % width) * step;
}

#define MIN(a, b)  ((a) < (b) ? (a) : (b))
#define MAX(a, b)  ((a) > (b) ? (a) : (b))
#define CEIL(a, b) (((a) + (b)-1) / (b))

/* Of n places between whose middles there are 2 n, i / 2 is the nearest to place i and this the other one beside it. */
#define BESIDE(i, n) ((i) % 2 ? MIN((i) / 2 + 1, (n)-1) : MAX((i) / 2 - 1, 0))

/*
 * Channels in vectors and blocks. LANES(n): the width of the vectors used for n channels, narrower than VL where few
 * lanes would be used. BLOCK(n): the channels of a register tile, two vectors where their number is even, else one.
 * ABREAST(n, k): where n channels leave most of a vector unused, it takes those of 2 or 4 neighbouring pixels of a row,
 * each of which multiplies the same input with another tap of the k of a row, or with none: k + ABREAST - 1 taps
 * instead of k * ABREAST.
 */
#define MIN_LANES               ((int)sizeof(real) * VL < 16 ? VL : 16 / (int)sizeof(real))
#define HALVES(n, m)            ((n) <= (m) && (m) >= MIN_LANES)
#define LANES(n)                (HALVES(n, VL / 4) ? VL / 4 : HALVES(n, VL / 2) ? VL / 2 : VL)
#define BLOCK(n)                (CEIL(n, LANES(n)) % 2 ? LANES(n) : 2 * LANES(n))
#define ABREAST_IN(lanes, n, k) ((n)*4 <= (lanes) && (k) > 2 ? 4 : (n)*2 <= (lanes) && (k) > 1 ? 2 : 1)
#define ABREAST(n, k)           ABREAST_IN(VL, n, k)

/*
 * Register tiles. TILE(v): pixels (or input channels) beside v vectors, such that half the registers hold sums, the
 * fewest that keep the multipliers busy where they take 4 cycles and share the work evenly. MOST(t): half as many more
 * (three quarters, of 32 registers) fit as well, and take less time for each. TILE_OF(n, t): how many of n the tiles
 * take, if they are as few as can be and as even; the last ones overlap those before, or take one less.
 */
#define TILE(v)       (REGISTERS / 2 / (v))
#define MOST(t)       ((t) + (t) * (REGISTERS > 16 ? 6 : 4) / 8)
#define TILE_OF(n, t) CEIL(n, CEIL(n, MOST(t)))

/*
 * How tiles see the pictures of a convolution. ABREAST_OF: pixels of a row of w that are taken abreast. ROW_RANGES: of
 * rows, where threads share what has weights of its own: blocks of the co channels, or `each` of them. An item is such
 * a part in one stretch; there are at least half as many items as shares, so that some shares may do none of them.
 * FLAT_ROWS, FLAT_PIXELS: where the rows of a stretch can be taken for one, the rows there are then, and their pixels.
 * TILE_WIDTH, TILE_HEIGHT: a tile beside v vectors.
 */
#define ABREAST_OF(w, co, k, s)      ((s) == 1 && (w) % ABREAST(co, k) == 0 ? ABREAST(co, k) : 1)
#define ROW_RANGES(co, each, shares) CEIL((shares) / 2, CEIL(co, BLOCK(co)) * (each))
#define FLAT_ROWS(h, ranges)         ((h) % (ranges) ? (h) : (ranges))
#define FLAT_PIXELS(h, w, ranges)    ((h) / FLAT_ROWS(h, ranges) * (w))
#define TILE_WIDTH(w, v)             TILE_OF(w, TILE(v))
#define TILE_HEIGHT(h, w, v)         (TILE_WIDTH(w, v) > TILE(v) / 2 ? 1 : MIN(h, TILE(v) / TILE_WIDTH(w, v)))

/*
 * While tiles compute they fetch into their core's cache what comes next in the program, so that nothing waits for it
 * then: the weights of the next convolution, and the rows that the next share reads beside those that this one has.
 */
struct prefetch {
    const real *w;
    long weights;     /* reals at w, or 0 */
    int readers;      /* threads that are each going to read all of w; 1, where each reads a part of its own */
    const real *rows; /* what share 0 would read that the share before it had not; those of the others follow */
    long size;        /* reals of rows for each share, or 0 */
};

/* Where tiles are in what they fetch: a line of cache each round, and then so many bytes on; the next run of tiles no
 * further than the end. */
struct prefetch_range {
    const char *at, *end;
    long step;
};

/* For a share that does items from..to of all those there are, in some steps, of so many rounds of tiles together. It
 * fetches that part of the weights; if several threads are to read all of them, several such parts, which with those of
 * the thread's other shares are all, where threads divide items evenly. If there are rows too, steps take both in
 * turns, range[step & 1], and 1 is returned, else 0; where nothing comes next it is `idle`, again and again. */
ONCE int begin_prefetch(struct prefetch_range range[2], const struct prefetch *next, int from, int to, int all,
                        long steps, long rounds, const real *idle)
{
    range[0].at = range[0].end = range[1].at = range[1].end = (const char *)idle;
    range[0].step = range[1].step = 0;
    if (!next) return 0;
    const int parts = MIN(next->readers, all), turns = next->weights && next->size && steps > 1;
    const long bytes = sizeof(real), later = turns ? rounds * (steps / 2) / steps : 0; /* of step 1, 3, … */
    if (next->size) {
        range[turns].at = (const char *)(next->rows + to % all * next->size);
        range[turns].end = range[turns].at + next->size * bytes;
        range[turns].step = CEIL(next->size * bytes, MAX(turns ? later : rounds, 1));
    }
    if (next->weights) {
        const long size = (to - from) * parts * next->weights / all * bytes;
        range[0].at = (const char *)(next->w + from * parts % all * next->weights / all);
        range[0].end = range[0].at + size;
        range[0].step = CEIL(size, MAX(rounds - later, 1));
    }
    return turns;
}

/*
 * What tile.c is called with, to compute the sums of some tiles that lie side by side in a row, of pixels p and
 * channels o:
 *     to[p][o] = from[p][o] + sum over a < rows, b < run of x[a x_row + pixel p + b] w[a w_row + WB b + o],
 * or 0, if that is less and relu is set. WB channels of the packed weight lie together, the next ones w_block reals
 * after them. rows, run and tiles are 1 at least, run even where the number of input channels is.
 */
struct tile {
    const real *x, *w, *from;
    real *to;
    long x_row, w_row, w_block;
    long from_step, to_step, gap; /* reals from a pixel to the next, of `from` perhaps 0; and at the end of a row of */
    int split, width;             /* `to`, split pixels from the start and width from there on, so many more */
    int tiles, rows, run, relu, last; /* last: the last image, from the tile's first on (AG_LINEAR) */
    struct prefetch_range *prefetch;  /* what to fetch meanwhile (AG_PREFETCHES) */
};
