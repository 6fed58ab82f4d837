/*
 * exp, log, tanh, sigmoid, softplus, square root, and sine and cosine of an angle in turns, for `real`. The functions
 * have no branches, so that compilers vectorise loops that call them. They do not call the C library, so that kernels
 * need none. Include this header after ag.h, or after another typedef of real to float or double.
 *
 * Functions with the suffix 32 are for float, with the suffix 64 for double; those without a suffix are for real. The
 * error is at most about 2 units in the last place for float, and 1e-15 relative for double. Results for infinities and
 * NaN, overflow and subnormal results are those of C's functions. This needs a compiler that keeps to IEEE 754: do not
 * use -ffast-math. -fno-math-errno and -fno-trapping-math are recommended, since some compilers vectorise ag_select32
 * only with them.
 */
#ifndef AG_MATH_H
#define AG_MATH_H

union ag_bits32 {
    float value;
    unsigned int bits;
};
union ag_bits64 {
    double value;
    unsigned long long bits;
};
static inline float ag_from_bits32(unsigned int bits)
{
    union ag_bits32 u;
    u.bits = bits;
    return u.value;
}
static inline unsigned int ag_to_bits32(float value)
{
    union ag_bits32 u;
    u.value = value;
    return u.bits;
}
static inline double ag_from_bits64(unsigned long long bits)
{
    union ag_bits64 u;
    u.bits = bits;
    return u.value;
}
static inline unsigned long long ag_to_bits64(double value)
{
    union ag_bits64 u;
    u.value = value;
    return u.bits;
}

/* ---------------------------------------------------------------- float */

static inline float ag_abs32(float x)
{
    return ag_from_bits32(ag_to_bits32(x) & 0x7fffffffu);
}

/* x with the sign of s, for x >= 0 */
static inline float ag_sign32(float x, float s)
{
    return ag_from_bits32(ag_to_bits32(x) | (ag_to_bits32(s) & 0x80000000u));
}

/* condition ? yes : no, for a condition that is 0 or 1. Both values are computed. For ?: compilers may generate a
 * branch around the computation of one value, and then don't vectorise. */
static inline float ag_select32(unsigned int condition, float yes, float no)
{
    unsigned int mask = 0u - condition;
    return ag_from_bits32((ag_to_bits32(yes) & mask) | (ag_to_bits32(no) & ~mask));
}

/* e^x = 2^n e^r with |r| <= log(2)/2. 2^n is computed as two factors, since 2^n may overflow when the result does not.
 * x is clamped to bounds beyond which the result is infinite or 0. The last line returns NaN for NaN. */
static inline float ag_exp32(float x)
{
    float t = ag_select32(x > -110.0f, x, -110.0f);
    t = ag_select32(t < 90.0f, t, 90.0f);
    int n = (int)(t * 1.44269504f + ag_sign32(0.5f, t)), half = n >> 1;
    float r = t - (float)n * 0.693359375f;
    r = r - (float)n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    float y =
        p * ag_from_bits32((unsigned int)(half + 127) << 23) * ag_from_bits32((unsigned int)(n - half + 127) << 23);
    return ag_select32(x == x, y, x);
}

/* log(x) = n log(2) + log(1 + f), with 1 + f in [sqrt(1/2), sqrt(2)) */
static inline float ag_log32(float x)
{
    unsigned int tiny = x < 1.17549435e-38f;
    unsigned int bits = ag_to_bits32(x * ag_select32(tiny, 8388608.0f, 1)) + (0x3f800000u - 0x3f3504f3u);
    float n = (float)((int)(bits >> 23) - 127 - (int)tiny * 23);
    float f = ag_from_bits32((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f, z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    float y = p * f * z + n * -2.12194440e-4f - 0.5f * z;
    y = f + y + n * 0.693359375f;
    y = ag_select32(x < ag_from_bits32(0x7f800000u), y, x); /* infinity, NaN */
    y = ag_select32(x == 0, ag_from_bits32(0xff800000u), y);
    return ag_select32(x < 0, ag_from_bits32(0x7fc00000u), y);
}

static inline float ag_tanh32(float x)
{
    float a = ag_abs32(x), z = a * a;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float small = p * z * a + a;
    float large = 1.0f - 2.0f / (ag_exp32(2.0f * a) + 1.0f);
    return ag_sign32(ag_select32(a < 0.625f, small, large), x);
}

/* 1 / (1 + e^-x), computed from e^-|x|, which can't overflow */
static inline float ag_sigmoid32(float x)
{
    float e = ag_exp32(-ag_abs32(x)), y = 1.0f / (1.0f + e);
    return ag_select32(x < 0, e, 1) * y;
}

/* log(1 + e^x) = max(x, 0) + log(1 + e) with e = e^-|x|, and log(1 + e) = 2 artanh(s / 2) with s / 2 = e / (2 + e) <=
 * 1/3 */
static inline float ag_softplus32(float x)
{
    float e = ag_exp32(-ag_abs32(x)), s = (e + e) / (2.0f + e), z = s * s * 0.25f;
    float p = 0.11764706f;
    p = p * z + 0.13333334f;
    p = p * z + 0.15384616f;
    p = p * z + 0.18181819f;
    p = p * z + 0.22222222f;
    p = p * z + 0.2857143f;
    p = p * z + 0.4f;
    p = p * z + 0.6666667f;
    return ag_select32(x > 0, x, 0) + (p * z * (0.5f * s) + s);
}

/* The sine and cosine of an angle of `turn` turns, 0 <= turn < 1. The angle is reduced, exactly, to between -1/8 and
 * 1/8 of a turn. */
static inline void ag_sincos_turn32(float turn, float *sine, float *cosine)
{
    int quarter = (int)(turn * 4.0f + 0.5f);
    float x = (turn - (float)quarter * 0.25f) * 6.28318531f, z = x * x;
    float s = -1.9515295891e-4f;
    s = s * z + 8.3321608736e-3f;
    s = s * z - 1.6666654611e-1f;
    s = s * z * x + x;
    float c = 2.443315711809948e-5f;
    c = c * z - 1.388731625493765e-3f;
    c = c * z + 4.166664568298827e-2f;
    c = c * z * z - 0.5f * z + 1.0f;
    float a = ag_select32(quarter & 1, c, s), b = ag_select32(quarter & 1, s, c);
    *sine = ag_select32(quarter >> 1 & 1, -a, a);
    *cosine = ag_select32((quarter + 1) >> 1 & 1, -b, b);
}

/* ---------------------------------------------------------------- double, by the same methods */

static inline double ag_abs64(double x)
{
    return ag_from_bits64(ag_to_bits64(x) & 0x7fffffffffffffffull);
}

static inline double ag_sign64(double x, double s)
{
    return ag_from_bits64(ag_to_bits64(x) | (ag_to_bits64(s) & 0x8000000000000000ull));
}

static inline double ag_select64(unsigned long long condition, double yes, double no)
{
    unsigned long long mask = 0ull - condition;
    return ag_from_bits64((ag_to_bits64(yes) & mask) | (ag_to_bits64(no) & ~mask));
}

static inline double ag_exp64(double x)
{
    double t = ag_select64(x > -760.0, x, -760.0);
    t = ag_select64(t < 720.0, t, 720.0);
    int n = (int)(t * 1.4426950408889634 + ag_sign64(0.5, t)), half = n >> 1;
    double r = t - n * 0.693145751953125;
    r = r - n * 1.42860682030941723212e-6;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1.0;
    double y = p * ag_from_bits64((unsigned long long)(half + 1023) << 52) *
               ag_from_bits64((unsigned long long)(n - half + 1023) << 52);
    return ag_select64(x == x, y, x);
}

/* (2 artanh(s) - 2 s) / s^3 as a function of z = s^2 <= 1/9 */
static inline double ag_artanh64(double z)
{
    double p = 2.0 / 35.0;
    p = p * z + 2.0 / 33.0;
    p = p * z + 2.0 / 31.0;
    p = p * z + 2.0 / 29.0;
    p = p * z + 2.0 / 27.0;
    p = p * z + 2.0 / 25.0;
    p = p * z + 2.0 / 23.0;
    p = p * z + 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    return p * z + 2.0 / 3.0;
}

static inline double ag_log64(double x)
{
    const unsigned long long root = 0x3fe6a09e667f3bcdull; /* sqrt(1/2) */
    unsigned int tiny = x < 2.2250738585072014e-308;
    unsigned long long bits =
        ag_to_bits64(x * ag_select64(tiny, 18014398509481984.0, 1)) + (0x3ff0000000000000ull - root);
    double n = (double)((int)(bits >> 52) - 1023 - (int)tiny * 54);
    double f = ag_from_bits64((bits & 0xfffffffffffffull) + root) - 1.0, s = f / (2.0 + f), z = s * s;
    /* log(1 + f) = 2 artanh(s), and its first term 2 s is computed as f - s f. Since s f is small, little is lost by
     * rounding. */
    double y = f - (s * (f - ag_artanh64(z) * z) - n * 1.42860682030941723212e-6) + n * 0.693145751953125;
    y = ag_select64(x < ag_from_bits64(0x7ff0000000000000ull), y, x);
    y = ag_select64(x == 0, ag_from_bits64(0xfff0000000000000ull), y);
    return ag_select64(x < 0, ag_from_bits64(0x7ff8000000000000ull), y);
}

static inline double ag_tanh64(double x)
{
    double a = ag_abs64(x), z = a * a;
    double p = -9.64399179425052238628e-1;
    p = p * z - 9.92877231001918586564e1;
    p = p * z - 1.61468768441708447952e3;
    double q = z + 1.12811678491632931402e2;
    q = q * z + 2.23548839060100448583e3;
    q = q * z + 4.84406305325125486048e3;
    double small = a * z * (p / q) + a;
    double large = 1.0 - 2.0 / (ag_exp64(2.0 * a) + 1.0);
    return ag_sign64(ag_select64(a < 0.625, small, large), x);
}

static inline double ag_sigmoid64(double x)
{
    double e = ag_exp64(-ag_abs64(x)), y = 1.0 / (1.0 + e);
    return ag_select64(x < 0, e, 1) * y;
}

static inline double ag_softplus64(double x)
{
    double e = ag_exp64(-ag_abs64(x)), s = (e + e) / (2.0 + e), z = s * s * 0.25;
    return ag_select64(x > 0, x, 0) + (ag_artanh64(z) * z * (0.5 * s) + s);
}

static inline void ag_sincos_turn64(double turn, double *sine, double *cosine)
{
    int quarter = (int)(turn * 4.0 + 0.5);
    double x = (turn - quarter * 0.25) * 6.283185307179586477, z = x * x;
    double s = 1.0 / 355687428096000.0;
    s = s * -z + 1.0 / 1307674368000.0;
    s = s * -z + 1.0 / 6227020800.0;
    s = s * -z + 1.0 / 39916800.0;
    s = s * -z + 1.0 / 362880.0;
    s = s * -z + 1.0 / 5040.0;
    s = s * -z + 1.0 / 120.0;
    s = s * -z + 1.0 / 6.0;
    s = s * -z * x + x;
    double c = 1.0 / 20922789888000.0;
    c = c * -z + 1.0 / 87178291200.0;
    c = c * -z + 1.0 / 479001600.0;
    c = c * -z + 1.0 / 3628800.0;
    c = c * -z + 1.0 / 40320.0;
    c = c * -z + 1.0 / 720.0;
    c = c * -z + 1.0 / 24.0;
    c = c * z * z - 0.5 * z + 1.0;
    double a = ag_select64(quarter & 1, c, s), b = ag_select64(quarter & 1, s, c);
    *sine = ag_select64(quarter >> 1 & 1, -a, a);
    *cosine = ag_select64((quarter + 1) >> 1 & 1, -b, b);
}

/* ---------------------------------------------------------------- real */

/* The conditions on sizeof are constant, so compilers keep one of the two calls. */
#define AG_IS_DOUBLE (sizeof(real) == sizeof(double))

static inline real ag_exp(real x)
{
    return AG_IS_DOUBLE ? (real)ag_exp64(x) : (real)ag_exp32((float)x);
}

static inline real ag_log(real x)
{
    return AG_IS_DOUBLE ? (real)ag_log64(x) : (real)ag_log32((float)x);
}

static inline real ag_tanh(real x)
{
    return AG_IS_DOUBLE ? (real)ag_tanh64(x) : (real)ag_tanh32((float)x);
}

static inline real ag_sigmoid(real x)
{
    return AG_IS_DOUBLE ? (real)ag_sigmoid64(x) : (real)ag_sigmoid32((float)x);
}

static inline real ag_softplus(real x)
{
    return AG_IS_DOUBLE ? (real)ag_softplus64(x) : (real)ag_softplus32((float)x);
}

static inline void ag_sincos_turn(real turn, real *sine, real *cosine)
{
    if (AG_IS_DOUBLE) {
        double s, c;
        ag_sincos_turn64(turn, &s, &c);
        *sine = (real)s, *cosine = (real)c;
    } else {
        float s, c;
        ag_sincos_turn32((float)turn, &s, &c);
        *sine = (real)s, *cosine = (real)c;
    }
}

#ifdef __TINYC__
double sqrt(double x);
static inline real ag_sqrt(real x)
{
    return (real)sqrt(x); /* for a float, rounding to double and then to float gives the nearest float */
}
#else
static inline real ag_sqrt(real x)
{
    return AG_IS_DOUBLE ? (real)__builtin_sqrt(x) : (real)__builtin_sqrtf((float)x);
}
#endif

#endif
