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
#else
#define VECTOR(t, n) typedef real t __attribute__((vector_size((n) * sizeof(real)), may_alias))
#define ALIGNED      __attribute__((aligned(64)))
#define INLINE       static inline __attribute__((always_inline, unused))
#endif

/* EACH (i, n): for (i = 0; i < n; i++), unrolled, so that arrays of vectors indexed by i live in registers. BY_TWO
 * before a loop: two rounds in one, for counting takes time from the multipliers. LANEWISE before a short loop whose
 * rounds are alike: they become lanes, where gcc would rather write them all out one by one. */
#if defined(__clang__)
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)
#define BY_TWO     _Pragma("clang loop unroll_count(2)")
#define LANEWISE
#elif defined(__GNUC__) && !defined(__TINYC__)
#define EACH(i, n) _Pragma("GCC unroll 64") for (int i = 0; i < (n); i++)
#define BY_TWO     _Pragma("GCC unroll 2")
#define LANEWISE   _Pragma("GCC unroll 1")
#else
#define EACH(i, n) for (int i = 0; i < (n); i++)
#define BY_TWO
#define LANEWISE
#endif

/* PIN(v) keeps a loaded vector in a register where the compiler would rather read memory again at each use. */
#if defined(AG_NO_VECTORS)
#define PIN(v) (void)0
#elif defined(__AVX512F__)
#define PIN(v) __asm__("" : "+v"(v))
#elif defined(__x86_64__)
#define PIN(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define PIN(v) __asm__("" : "+w"(v))
#else
#define PIN(v) (void)0
#endif

/* PREFETCH(p): the line of p is wanted soon; p may lie beyond the end of what it points to. */
#ifdef AG_NO_VECTORS
#define PREFETCH(p) (void)0
#else
#define PREFETCH(p) __builtin_prefetch(p)
#endif

#if defined(__AVX512F__) || defined(__aarch64__)
#define REGISTERS 32
#else
#define REGISTERS 16
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
    return (vf){0} + s;
}
#ifdef AG_NO_VECTORS
INLINE vf relu(vf v)
{
    return v > 0 ? v : 0;
}
#else
typedef __typeof__((vf){0} > (vf){0}) vf_mask;
INLINE vf relu(vf v)
{
    return (vf)((vf_mask)v & (v > 0));
}
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

#define MIN(a, b)  ((a) < (b) ? (a) : (b))
#define CEIL(a, b) (((a) + (b)-1) / (b))

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
 * Packed weights are the same for every width, so that they can be kept for machines yet unknown. PACKED_BLOCK(n): the
 * channels that lie together, a line of cache of floats where there are as many; a register tile takes several such
 * blocks side by side, or a part of one. PACKED_ABREAST: ABREAST of vectors of 16; narrower ones take the first of
 * these pixels, and their taps. Blocks are padded with zeros. PACKED_SIZE is reals of a packed weight (as in gen/ops.c).
 */
#define PACKED_BLOCK(n)      ((n) <= 4 ? 4 : (n) <= 8 ? 8 : 16)
#define PACKED_ABREAST(n, k) ABREAST_IN(16, n, k)
#define PACKED_ROUND(n)      (CEIL(n, PACKED_BLOCK(n)) * PACKED_BLOCK(n))
#define PACKED_SIZE(co, ci, k)                                                                                         \
    ((long)PACKED_ROUND((co)*PACKED_ABREAST(co, k)) * (ci) * (k) * ((k) + PACKED_ABREAST(co, k) - 1))

/*
 * Register tiles. TILE(v): pixels (or input channels) beside v vectors, such that half the registers hold sums, the
 * fewest that keep the multipliers busy where they take 4 cycles and share the work evenly. WIDER(t, k): up to half as
 * many more (three quarters, of 32 registers) fit as well. TILE_OF(n, t): how many of n to take at a time; the last
 * ones overlap those before. A tile of w takes some 19 w + 9 t: where the multipliers don't share evenly (Intel's), t
 * of 4 or 8 reach 86 % of the peak, half as many again 96 to 99 %.
 */
#define TILE(v)       (REGISTERS / 2 / (v))
#define WIDER(t, k)   ((t) + (t)*MIN(k, REGISTERS > 16 ? 6 : 4) / 8)
#define COST(n, t, k) (CEIL(n, WIDER(t, k)) * (19 * WIDER(t, k) + 9 * (t)) * 64 + 63 - WIDER(t, k))
#define TILE_OF(n, t)                                                                                                  \
    ((n) <= WIDER(t, 6) ? (n)                                                                                          \
                        : 63 - MIN(MIN(MIN(COST(n, t, 0), COST(n, t, 1)), MIN(COST(n, t, 2), COST(n, t, 3))),          \
                                   MIN(MIN(COST(n, t, 4), COST(n, t, 5)), COST(n, t, 6))) %                            \
                                   64)
