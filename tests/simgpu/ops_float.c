/*
 * Floating point. Minimum and maximum ignore NaN; a result that is NaN is the device's (0x7fffffff) only where PTX says
 * so, elsewhere the host's. Other roundings than to nearest are made by the caller (decode.c), who sets the host's.
 * Approximate functions are libm's: more exact than on a device.
 */
#include "half.h"
#include "ops.h"

#include <math.h>

typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define NAN32 (__builtin_nanf(""))
#define ARITHMETIC(T, F, N, S, M)                                                                                      \
    OP2(add_##T, F, F, F, X + Y)                                                                                       \
    OP2(sub_##T, F, F, F, X - Y)                                                                                       \
    OP2(mul_##T, F, F, F, X *Y)                                                                                        \
    OP2(div_##T, F, F, F, X / Y)                                                                                       \
    OP3(fma_##T, F, F, F, F, fma##M(X, Y, Z))                                                                          \
    OP1(sqrt_##T, F, F, sqrt##M(X))                                                                                    \
    OP1(rcp_##T, F, F, 1 / X)                                                                                          \
    OP1(rsqrt_##T, F, F, (F)(1 / sqrt((double)X)))                                                                     \
    OP1(neg_##T, u##N, u##N, X ^ (u##N)S)                                                                              \
    OP1(abs_##T, u##N, u##N, X &(u##N) ~(u##N)S)                                                                       \
    OP2(copysign_##T, u##N, u##N, u##N, (X & (u##N)S) | (Y & (u##N) ~(u##N)S))                                         \
    OP2(min_##T, F, F, F, min##M(X, Y))                                                                                \
    OP2(max_##T, F, F, F, max##M(X, Y))                                                                                \
    OP2(minnan_##T, F, F, F, X != X || Y != Y ? (F)NAN32 : min##M(X, Y))                                               \
    OP2(maxnan_##T, F, F, F, X != X || Y != Y ? (F)NAN32 : max##M(X, Y))                                               \
    COMPARE(T, F, eq, X == Y)                                                                                          \
    COMPARE(T, F, ne, X<Y || X> Y)                                                                                     \
    COMPARE(T, F, lt, X < Y)                                                                                           \
    COMPARE(T, F, le, X <= Y)                                                                                          \
    COMPARE(T, F, gt, X > Y)                                                                                           \
    COMPARE(T, F, ge, X >= Y)                                                                                          \
    COMPARE(T, F, equ, !(X < Y || X > Y))                                                                              \
    COMPARE(T, F, neu, X != Y)                                                                                         \
    COMPARE(T, F, ltu, !(X >= Y))                                                                                      \
    COMPARE(T, F, leu, !(X > Y))                                                                                       \
    COMPARE(T, F, gtu, !(X <= Y))                                                                                      \
    COMPARE(T, F, geu, !(X < Y))                                                                                       \
    COMPARE(T, F, num, X == X && Y == Y)                                                                               \
    COMPARE(T, F, nan, X != X || Y != Y)
#define COMPARE(T, F, how, value) OP2(setp_##how##_##T, u32, F, F, (value) ? ~0u : 0u)

/* -0 is less than +0; of NaN and a number the number. */
static inline float minf(float x, float y)
{
    return x != x ? y : x < y || y != y ? x : x == y && signbit(x) ? x : y;
}
static inline float maxf(float x, float y)
{
    return x != x ? y : x > y || y != y ? x : x == y && !signbit(x) ? x : y;
}
static inline double min(double x, double y)
{
    return x != x ? y : x < y || y != y ? x : x == y && signbit(x) ? x : y;
}
static inline double max(double x, double y)
{
    return x != x ? y : x > y || y != y ? x : x == y && !signbit(x) ? x : y;
}
ARITHMETIC(f32, float, 32, 0x80000000u, f)
ARITHMETIC(f64, double, 64, 0x8000000000000000u, )

OP1(ex2_f32, float, float, exp2f(X))
OP1(lg2_f32, float, float, log2f(X))
OP1(sin_f32, float, float, sinf(X))
OP1(cos_f32, float, float, cosf(X))
OP1(tanh_f32, float, float, tanhf(X))
OP1(flush, u32, u32, X & 0x7f800000 ? X : X & 0x80000000)
OP1(saturate_f32, float, float, X > 0 ? (X < 1 ? X : 1) : 0)
OP1(saturate_f64, double, double, X > 0 ? (X < 1 ? X : 1) : 0)
#define CLASS(T, F, how, value) OP1(testp_##how##_##T, u32, F, (value) ? ~0u : 0u)
CLASS(f32, float, finite, isfinite(X))
CLASS(f32, float, infinite, isinf(X))
CLASS(f32, float, number, X == X)
CLASS(f32, float, notanumber, X != X)
CLASS(f32, float, normal, isnormal(X))
CLASS(f32, float, subnormal, fpclassify(X) == FP_SUBNORMAL)
CLASS(f64, double, finite, isfinite(X))
CLASS(f64, double, infinite, isinf(X))
CLASS(f64, double, number, X == X)
CLASS(f64, double, notanumber, X != X)
CLASS(f64, double, normal, isnormal(X))
CLASS(f64, double, subnormal, fpclassify(X) == FP_SUBNORMAL)

/* Two floats in 64 bits. */
static inline u64 two_floats(float low, float high)
{
    return (u64)float_bits(high) << 32 | float_bits(low);
}
#define LOW(x)  bits_float((u32)(x))
#define HIGH(x) bits_float((u32)((x) >> 32))
OP2(add_f32x2, u64, u64, u64, two_floats(LOW(X) + LOW(Y), HIGH(X) + HIGH(Y)))
OP2(sub_f32x2, u64, u64, u64, two_floats(LOW(X) - LOW(Y), HIGH(X) - HIGH(Y)))
OP2(mul_f32x2, u64, u64, u64, two_floats(LOW(X) * LOW(Y), HIGH(X) * HIGH(Y)))
OP3(fma_f32x2, u64, u64, u64, u64, two_floats(fmaf(LOW(X), LOW(Y), LOW(Z)), fmaf(HIGH(X), HIGH(Y), HIGH(Z))))

/* Sixteen bits, through float (whose 24 bits make a second rounding harmless) or, for fma, double rounded to odd. */
#define HALVES(T, from, to)                                                                                            \
    OP2(add_##T, u16, u16, u16, to(from(X) + from(Y), 0))                                                              \
    OP2(sub_##T, u16, u16, u16, to(from(X) - from(Y), 0))                                                              \
    OP2(mul_##T, u16, u16, u16, to(from(X) * from(Y), 0))                                                              \
    OP3(fma_##T, u16, u16, u16, u16, to(fma_odd(from(X), from(Y), from(Z)), 0))                                        \
    OP1(neg_##T, u16, u16, X ^ 0x8000)                                                                                 \
    OP1(abs_##T, u16, u16, X & 0x7fff)                                                                                 \
    OP2(min_##T, u16, u16, u16, to(minf(from(X), from(Y)), 0))                                                         \
    OP2(max_##T, u16, u16, u16, to(maxf(from(X), from(Y)), 0))                                                         \
    OP1(ex2_##T, u16, u16, to(exp2f(from(X)), 0))                                                                      \
    OP1(tanh_##T, u16, u16, to(tanhf(from(X)), 0))                                                                     \
    OP2(setp_eq_##T, u32, u16, u16, from(X) == from(Y) ? ~0u : 0u)                                                     \
    OP2(setp_ne_##T, u32, u16, u16, from(X) < from(Y) || from(X) > from(Y) ? ~0u : 0u)                                 \
    OP2(setp_lt_##T, u32, u16, u16, from(X) < from(Y) ? ~0u : 0u)                                                      \
    OP2(setp_le_##T, u32, u16, u16, from(X) <= from(Y) ? ~0u : 0u)                                                     \
    OP2(setp_gt_##T, u32, u16, u16, from(X) > from(Y) ? ~0u : 0u)                                                      \
    OP2(setp_ge_##T, u32, u16, u16, from(X) >= from(Y) ? ~0u : 0u)                                                     \
    OP2(setp_neu_##T, u32, u16, u16, from(X) != from(Y) ? ~0u : 0u)                                                    \
    OP2(setp_nan_##T, u32, u16, u16, from(X) != from(X) || from(Y) != from(Y) ? ~0u : 0u)                              \
    PAIRS(add, T, to(from(x) + from(y), 0))                                                                            \
    PAIRS(sub, T, to(from(x) - from(y), 0))                                                                            \
    PAIRS(mul, T, to(from(x) * from(y), 0))                                                                            \
    PAIRS(min, T, to(minf(from(x), from(y)), 0))                                                                       \
    PAIRS(max, T, to(maxf(from(x), from(y)), 0))                                                                       \
    static inline u16 fma_one_##T(u16 x, u16 y, u16 z)                                                                 \
    {                                                                                                                  \
        return to(fma_odd(from(x), from(y), from(z)), 0);                                                              \
    }                                                                                                                  \
    OP3(fma_##T##x2, u32, u32, u32, u32,                                                                               \
        fma_one_##T((u16)X, (u16)Y, (u16)Z) | (u32)fma_one_##T((u16)(X >> 16), (u16)(Y >> 16), (u16)(Z >> 16)) << 16)  \
    OP1(neg_##T##x2, u32, u32, X ^ 0x80008000u)                                                                        \
    OP1(abs_##T##x2, u32, u32, X & 0x7fff7fffu)
#define PAIRS(op, T, value)                                                                                            \
    static inline u16 op##_one_##T(u16 x, u16 y)                                                                       \
    {                                                                                                                  \
        return value;                                                                                                  \
    }                                                                                                                  \
    OP2(op##_##T##x2, u32, u32, u32,                                                                                   \
        op##_one_##T((u16)X, (u16)Y) | (u32)op##_one_##T((u16)(X >> 16), (u16)(Y >> 16)) << 16)
HALVES(f16, half_float, double_half)
HALVES(bf16, bf16_float, double_bf16)

const op_row ops_float[] = {
#define SETP(T, F, how)  ROW2("setp." #how "." #T, setp_##how##_##T, u32, F, F)
#define TESTP(T, F, how) ROW1("testp." #how "." #T, testp_##how##_##T, u32, F)
#define ROWS(T, F, U)                                                                                                  \
    ROW2("add." #T, add_##T, F, F, F), ROW2("sub." #T, sub_##T, F, F, F), ROW2("mul." #T, mul_##T, F, F, F),           \
        ROW2("div." #T, div_##T, F, F, F), ROW3("fma." #T, fma_##T, F, F, F, F), ROW3("mad." #T, fma_##T, F, F, F, F), \
        ROW1("sqrt." #T, sqrt_##T, F, F), ROW1("rcp." #T, rcp_##T, F, F), ROW1("rsqrt." #T, rsqrt_##T, F, F),          \
        ROW1("neg." #T, neg_##T, F, F), ROW1("abs." #T, abs_##T, F, F), ROW2("copysign." #T, copysign_##T, F, F, F),   \
        ROW2("min." #T, min_##T, F, F, F), ROW2("max." #T, max_##T, F, F, F),                                          \
        ROW2("min.NaN." #T, minnan_##T, F, F, F), ROW2("max.NaN." #T, maxnan_##T, F, F, F), SETP(T, F, eq),            \
        SETP(T, F, ne), SETP(T, F, lt), SETP(T, F, le), SETP(T, F, gt), SETP(T, F, ge), SETP(T, F, equ),               \
        SETP(T, F, neu), SETP(T, F, ltu), SETP(T, F, leu), SETP(T, F, gtu), SETP(T, F, geu), SETP(T, F, num),          \
        SETP(T, F, nan), ROW1("saturate." #T, saturate_##T, F, F), TESTP(T, F, finite), TESTP(T, F, infinite),         \
        TESTP(T, F, number), TESTP(T, F, notanumber), TESTP(T, F, normal), TESTP(T, F, subnormal)
    ROWS(f32, float, u32),
    ROWS(f64, double, u64),
    ROW1("ex2.f32", ex2_f32, float, float),
    ROW1("lg2.f32", lg2_f32, float, float),
    ROW1("sin.f32", sin_f32, float, float),
    ROW1("cos.f32", cos_f32, float, float),
    ROW1("tanh.f32", tanh_f32, float, float),
    ROW1("flush.f32", flush, u32, u32),
    ROW2("add.f32x2", add_f32x2, u64, u64, u64),
    ROW2("sub.f32x2", sub_f32x2, u64, u64, u64),
    ROW2("mul.f32x2", mul_f32x2, u64, u64, u64),
    ROW3("fma.f32x2", fma_f32x2, u64, u64, u64, u64),
#define HALF_ROWS(T)                                                                                                   \
    ROW2("add." #T, add_##T, u16, u16, u16), ROW2("sub." #T, sub_##T, u16, u16, u16),                                  \
        ROW2("mul." #T, mul_##T, u16, u16, u16), ROW3("fma." #T, fma_##T, u16, u16, u16, u16),                         \
        ROW1("neg." #T, neg_##T, u16, u16), ROW1("abs." #T, abs_##T, u16, u16),                                        \
        ROW2("min." #T, min_##T, u16, u16, u16), ROW2("max." #T, max_##T, u16, u16, u16),                              \
        ROW1("ex2." #T, ex2_##T, u16, u16), ROW1("tanh." #T, tanh_##T, u16, u16), SETP(T, u16, eq), SETP(T, u16, ne),  \
        SETP(T, u16, lt), SETP(T, u16, le), SETP(T, u16, gt), SETP(T, u16, ge), SETP(T, u16, neu), SETP(T, u16, nan),  \
        ROW2("add." #T "x2", add_##T##x2, u32, u32, u32), ROW2("sub." #T "x2", sub_##T##x2, u32, u32, u32),            \
        ROW2("mul." #T "x2", mul_##T##x2, u32, u32, u32), ROW2("min." #T "x2", min_##T##x2, u32, u32, u32),            \
        ROW2("max." #T "x2", max_##T##x2, u32, u32, u32), ROW3("fma." #T "x2", fma_##T##x2, u32, u32, u32, u32),       \
        ROW1("neg." #T "x2", neg_##T##x2, u32, u32), ROW1("abs." #T "x2", abs_##T##x2, u32, u32)
    HALF_ROWS(f16),
    HALF_ROWS(bf16),
    {0},
};
