/*
 * Instructions by themselves, on awkward operands, against what the PTX manual says, worked out here. Every case is a
 * kernel of one instruction (or a few): from a, b, c it makes r. Closes on `N passed, N failed`.
 */
#include "cuda_call.h"

#include <fenv.h>
#include <math.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

static float f_of(u64 x)
{
    const u32 bits = (u32)x;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
static u64 of_f(float f)
{
    u32 bits;
    memcpy(&bits, &f, 4);
    return bits;
}
static double d_of(u64 x)
{
    double d;
    memcpy(&d, &x, 8);
    return d;
}
static u64 of_d(double d)
{
    u64 x;
    memcpy(&x, &d, 8);
    return x;
}

/* Under another rounding mode; volatile keeps the operation between the two changes. */
static u64 rounded(int mode, int op, u64 a, u64 b, u64 c)
{
    volatile float x = f_of(a), y = f_of(b), z = f_of(c), r;
    fesetround(mode);
    r = op == '+' ? x + y : op == '*' ? x * y : op == '/' ? x / y : fmaf(x, y, z);
    fesetround(FE_TONEAREST);
    return of_f(r);
}

/* Half from its definition: the nearest of all 65536. */
static float half_value(unsigned h)
{
    const int e = (int)(h >> 10 & 31), m = (int)(h & 1023);
    const float x = e == 31 ? (m ? NAN : INFINITY) : e ? ldexpf((float)(1024 + m), e - 25) : ldexpf((float)m, -24);
    return h & 0x8000 ? -x : x;
}
static unsigned nearest_half(double x)
{
    if (x != x) return 0x7fff;
    const unsigned sign = signbit(x) ? 0x8000 : 0;
    x = fabs(x);
    if (x >= 65520) return sign | 0x7c00;
    unsigned low = 0, high = 0x7bff;
    while (low < high) {
        const unsigned middle = (low + high + 1) / 2;
        if (half_value(middle) <= x)
            low = middle;
        else
            high = middle - 1;
    }
    if (low == 0x7bff) return sign | low;
    const double below = x - half_value(low), above = half_value(low + 1) - x;
    return sign | (below < above || (below == above && !(low & 1)) ? low : low + 1);
}

static u64 flush(u64 x)
{
    return (u32)x & 0x7f800000 ? (u32)x : (u32)x & 0x80000000;
}
static float min_f(float a, float b)
{
    return a != a ? b : b != b ? a : a < b ? a : b < a ? b : signbit(a) ? a : b;
}
static float max_f(float a, float b)
{
    return a != a ? b : b != b ? a : a > b ? a : b > a ? b : signbit(a) ? b : a;
}
static u64 to_s32(double x)
{
    return x != x ? 0 : x >= 2147483647.0 ? 0x7fffffff : x <= -2147483648.0 ? 0x80000000u : (u32)(s32)x;
}
static u64 to_u32(double x)
{
    return !(x > 0) ? 0 : x >= 4294967295.0 ? 0xffffffffu : (u32)x;
}
static u64 to_s64(double x)
{
    return x != x ? (u64)1 << 63 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? (u64)1 << 63 : (u64)(s64)x;
}
static u64 signed_of(u64 a, int bits)
{
    return (u64)((s64)(a << (64 - bits)) >> (64 - bits));
}
static u64 clamp(s64 x, s64 low, s64 high)
{
    return (u64)(x < low ? low : x > high ? high : x);
}
static u64 bfe(u64 a, u64 b, u64 c, int is_signed)
{
    const unsigned at = b & 255, length = c & 255;
    u64 r = 0;
    const unsigned top = at + length - 1 < 31 ? at + length - 1 : 31;
    const int sign = is_signed && length && ((u32)a >> top & 1);
    for (unsigned k = 0; k < 32; k++) {
        const int bit = k < length && at + k < 32 ? (int)((u32)a >> (at + k) & 1) : sign;
        r |= (u64)bit << k;
    }
    return r;
}
static u64 bfi(u64 a, u64 b, u64 at, u64 length)
{
    u32 r = (u32)b;
    for (unsigned k = 0; k < (length & 255) && (at & 255) + k < 32; k++)
        r = (r & ~(1u << ((at & 255) + k))) | ((u32)a >> k & 1) << ((at & 255) + k);
    return r;
}
static u64 prmt(u64 a, u64 b, u64 c)
{
    const u64 both = (u32)a | b << 32;
    u64 r = 0;
    for (int k = 0; k < 4; k++) {
        const unsigned pick = (unsigned)(c >> 4 * k & 15);
        u64 byte = both >> 8 * (pick & 7) & 255;
        if (pick & 8) byte = byte & 128 ? 255 : 0;
        r |= byte << 8 * k;
    }
    return r;
}
static u64 reverse(u64 a, int bits)
{
    u64 r = 0;
    for (int k = 0; k < bits; k++) r |= (a >> k & 1) << (bits - 1 - k);
    return r;
}
static u64 leading(u64 a, int bits)
{
    int n = 0;
    while (n < bits && !(a >> (bits - 1 - n) & 1)) n++;
    return (u64)n;
}
static u64 ones(u64 a, int bits)
{
    u64 n = 0;
    for (int k = 0; k < bits; k++) n += a >> k & 1;
    return n;
}
static s32 div_s32(u64 a, u64 b)
{
    return (s32)((s64)(s32)a / (s32)b);
}

enum { OPERANDS = 23 };
static const u64 awkward[OPERANDS] = {0,
                                      1,
                                      2,
                                      31,
                                      32,
                                      33,
                                      63,
                                      64,
                                      0xff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x3f800000 /* 1 */,
                                      0xbf000000 /* -0.5 */,
                                      0x7f800000 /* inf */,
                                      0xff800000 /* -inf */,
                                      0x7fc00000 /* NaN */,
                                      0x00000001 /* denormal */,
                                      0x4b000001 /* 2^23 + 1 */,
                                      0x4f000000 /* 2^31 */,
                                      0x8000000000000000,
                                      0xfffffffffffffff0,
                                      0x123456789abcdef0};

/* Doubles on the same positions. */
static const double awkward_d[OPERANDS] = {
    0,     -0.0,   1,        -1,        0.5, 1.5,    2.5,   -2.5, 1e9,    4294967295.5, 2147483647.5, -2147483648.5,
    1e300, -1e300, INFINITY, -INFINITY, NAN, 5e-324, 65520, 1e-8, 9.3e18, 1.8e19,       0.1};

/* The result's register: r (32 bits), rd (64), f, d, h (16). a and b for d are the doubles. */
#define CASES                                                                                                          \
    CASE("add.s32", r, "add.s32 %r, %ra, %rb;", (u32)(a + b))                                                          \
    CASE("sub.u64", rd, "sub.u64 %rd, %rda, %rdb;", a - b)                                                             \
    CASE("add.sat.s32", r, "add.sat.s32 %r, %ra, %rb;", (u32)clamp((s64)(s32)a + (s32)b, INT32_MIN, INT32_MAX))        \
    CASE("sub.sat.s32", r, "sub.sat.s32 %r, %ra, %rb;", (u32)clamp((s64)(s32)a - (s32)b, INT32_MIN, INT32_MAX))        \
    CASE("mul.lo.s32", r, "mul.lo.s32 %r, %ra, %rb;", (u32)(a * b))                                                    \
    CASE("mul.hi.s32", r, "mul.hi.s32 %r, %ra, %rb;", (u32)(((s64)(s32)a * (s32)b) >> 32))                             \
    CASE("mul.hi.u32", r, "mul.hi.u32 %r, %ra, %rb;", (u64)(u32)a *(u32)b >> 32)                                       \
    CASE("mul.wide.s32", rd, "mul.wide.s32 %rd, %ra, %rb;", (u64)((s64)(s32)a * (s32)b))                               \
    CASE("mul.wide.u32", rd, "mul.wide.u32 %rd, %ra, %rb;", (u64)(u32)a *(u32)b)                                       \
    CASE("mul.wide.s16", r, "mul.wide.s16 %r, %ha, %hb;", (u32)((int16_t)a * (int16_t)b))                              \
    CASE("mul.hi.u64", rd, "mul.hi.u64 %rd, %rda, %rdb;", (u64)((unsigned __int128)a * b >> 64))                       \
    CASE("mul.hi.s64", rd, "mul.hi.s64 %rd, %rda, %rdb;", (u64)((__int128)(s64)a * (s64)b >> 64))                      \
    CASE("mad.lo.s32", r, "mad.lo.s32 %r, %ra, %rb, %rc;", (u32)(a * b + c))                                           \
    CASE("mad.hi.u32", r, "mad.hi.u32 %r, %ra, %rb, %rc;", (u32)((((u64)(u32)a * (u32)b) >> 32) + c))                  \
    CASE("mad.wide.s32", rd, "mad.wide.s32 %rd, %ra, %rb, %rdc;", (u64)((s64)(s32)a * (s32)b) + c)                     \
    CASE("mul24.lo.s32", r, "mul24.lo.s32 %r, %ra, %rb;", (u32)((s64)signed_of(a, 24) * (s64)signed_of(b, 24)))        \
    CASE("div.s32", r, "div.s32 %r, %ra, %rb;", (u32)b ? (u32)div_s32(a, b) : 0xffffffffu)                             \
    CASE("div.u32", r, "div.u32 %r, %ra, %rb;", (u32)b ? (u32)a / (u32)b : 0xffffffffu)                                \
    CASE("rem.u64", rd, "rem.u64 %rd, %rda, %rdb;", b ? a % b : a)                                                     \
    CASE("rem.s32", r, "rem.s32 %r, %ra, %rb;", (u32)b ? (u32)((s64)(s32)a % (s32)b) : (u32)a)                         \
    CASE("abs.s32", r, "abs.s32 %r, %ra;", (u32)((s32)a < 0 ? -a : a))                                                 \
    CASE("neg.s64", rd, "neg.s64 %rd, %rda;", -a)                                                                      \
    CASE("min.s32", r, "min.s32 %r, %ra, %rb;", (u32)((s32)a < (s32)b ? a : b))                                        \
    CASE("max.u64", rd, "max.u64 %rd, %rda, %rdb;", a > b ? a : b)                                                     \
    CASE("min.s16", h, "min.s16 %h, %ha, %hb;", (uint16_t)((int16_t)a < (int16_t)b ? a : b))                           \
    CASE("shl.b32", r, "shl.b32 %r, %ra, %rb;", (u32)b >= 32 ? 0 : (u32)a << (u32)b)                                   \
    CASE("shr.u32", r, "shr.u32 %r, %ra, %rb;", (u32)b >= 32 ? 0 : (u32)a >> (u32)b)                                   \
    CASE("shr.s32", r, "shr.s32 %r, %ra, %rb;", (u32)((s32)a >> ((u32)b >= 32 ? 31 : (u32)b)))                         \
    CASE("shl.b64", rd, "shl.b64 %rd, %rda, %rb;", (u32)b >= 64 ? 0 : a << (u32)b)                                     \
    CASE("shr.s64", rd, "shr.s64 %rd, %rda, %rb;", (u64)((s64)a >> ((u32)b >= 64 ? 63 : (u32)b)))                      \
    CASE("shr.u16", h, "shr.u16 %h, %ha, %rb;", (u32)b >= 16 ? 0 : (uint16_t)a >> (u32)b)                              \
    CASE("shf.l.wrap", r, "shf.l.wrap.b32 %r, %ra, %rb, %rc;", (u32)((b << 32 | (u32)a) << (c & 31) >> 32))            \
    CASE("shf.r.wrap", r, "shf.r.wrap.b32 %r, %ra, %rb, %rc;", (u32)((b << 32 | (u32)a) >> (c & 31)))                  \
    CASE("shf.r.clamp", r, "shf.r.clamp.b32 %r, %ra, %rb, %rc;",                                                       \
         (u32)((b << 32 | (u32)a) >> ((u32)c < 32 ? c & 31 : 32)))                                                     \
    CASE("lop3", r, "lop3.b32 %r, %ra, %rb, %rc, 0xe8;", (u32)((a & b) | (a & c) | (b & c)))                           \
    CASE("lop3 order", r, "lop3.b32 %r, %ra, %rb, %rc, 0x40;", (u32)(a & b & ~c))                                      \
    CASE("prmt", r, "prmt.b32 %r, %ra, %rb, %rc;", prmt(a, b, c))                                                      \
    CASE("prmt constant", r, "prmt.b32 %r, %ra, %rb, 0xb254;", prmt(a, b, 0xb254))                                     \
    CASE("bfe.u32", r, "bfe.u32 %r, %ra, %rb, %rc;", bfe(a, b, c, 0))                                                  \
    CASE("bfe.s32", r, "bfe.s32 %r, %ra, %rb, %rc;", bfe(a, b, c, 1))                                                  \
    CASE("bfi.b32", r, "bfi.b32 %r, %ra, %rb, %rc, 7;", bfi(a, b, c, 7))                                               \
    CASE("popc.b64", r, "popc.b64 %r, %rda;", ones(a, 64))                                                             \
    CASE("clz.b32", r, "clz.b32 %r, %ra;", leading((u32)a, 32))                                                        \
    CASE("clz.b64", r, "clz.b64 %r, %rda;", leading(a, 64))                                                            \
    CASE("brev.b32", r, "brev.b32 %r, %ra;", reverse((u32)a, 32))                                                      \
    CASE("brev.b64", rd, "brev.b64 %rd, %rda;", reverse(a, 64))                                                        \
    CASE("bfind.u32", r, "bfind.u32 %r, %ra;", (u32)a ? 31 - leading((u32)a, 32) : 0xffffffffu)                        \
    CASE("bfind.s32", r, "bfind.s32 %r, %ra;",                                                                         \
         (u32)((s32)a < 0 ? ~a : a) ? 31 - leading((u32)((s32)a < 0 ? ~a : a), 32) : 0xffffffffu)                      \
    CASE("sad.s32", r, "sad.s32 %r, %ra, %rb, %rc;", (u32)(c + ((s32)a < (s32)b ? (u32)b - (u32)a : (u32)a - (u32)b))) \
    CASE("not.b16", h, "not.b16 %h, %ha;", (uint16_t)~a)                                                               \
    CASE("cnot.b32", r, "cnot.b32 %r, %ra;", (u32)a == 0)                                                              \
    CASE("carry chain", rd, "add.cc.u32 %r, %ra, %rb; addc.u32 %r2, %rc, %rc; mov.b64 %rd, {%r, %r2};",                \
         (((u64)(u32)a + (u32)b) & 0xffffffffu) | (u64)(u32)(2 * c + (((u64)(u32)a + (u32)b) >> 32)) << 32)            \
    CASE("borrow chain", rd, "sub.cc.u32 %r, %ra, %rb; subc.u32 %r2, %rc, 5; mov.b64 %rd, {%r, %r2};",                 \
         (u32)(a - b) | (u64)(u32)(c - 5 - ((u32)a < (u32)b)) << 32)                                                   \
    CASE("mad.cc chain", rd, "mad.lo.cc.u32 %r, %ra, %rb, %rc; madc.hi.u32 %r2, %ra, %rb, 0; mov.b64 %rd, {%r, %r2};", \
         (u64)(u32)a *(u32)b + (u32)c)                                                                                 \
    CASE("slct", r, "slct.b32.s32 %r, %ra, %rb, %rc;", (u32)((s32)c >= 0 ? a : b))                                     \
    CASE("setp.lt.s32", r, "setp.lt.s32 %p, %ra, %rb; selp.u32 %r, 1, 0, %p;", (s32)a < (s32)b)                        \
    CASE("setp.hi.u32", r, "setp.hi.u32 %p, %ra, %rb; selp.u32 %r, 1, 0, %p;", (u32)a > (u32)b)                        \
    CASE("setp p|q and", r,                                                                                            \
         "setp.ne.u32 %q, %rc, 0; setp.lt.and.u32 %p|%q2, %ra, %rb, !%q; selp.u32 %r, 1, 0, %p; selp.u32 %r2, 2, 0, "  \
         "%q2; or.b32 %r, %r, %r2;",                                                                                   \
         ((u32)a < (u32)b && !(u32)c) + 2 * ((u32)a >= (u32)b && !(u32)c))                                             \
    CASE("setp.eq.f32", r, "setp.eq.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;", f_of(a) == f_of(b))                     \
    CASE("setp.ne.f32", r, "setp.ne.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;", f_of(a) < f_of(b) || f_of(a) > f_of(b)) \
    CASE("setp.neu.f32", r, "setp.neu.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;", f_of(a) != f_of(b))                   \
    CASE("setp.ltu.f32", r, "setp.ltu.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;", !(f_of(a) >= f_of(b)))                \
    CASE("setp.equ.f64", r, "setp.equ.f64 %p, %da, %db; selp.u32 %r, 1, 0, %p;",                                       \
         !(d_of(a) < d_of(b) || d_of(a) > d_of(b)))                                                                    \
    CASE("setp.geu.f64", r, "setp.geu.f64 %p, %da, %db; selp.u32 %r, 1, 0, %p;", !(d_of(a) < d_of(b)))                 \
    CASE("setp.num.f32", r, "setp.num.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;",                                       \
         f_of(a) == f_of(a) && f_of(b) == f_of(b))                                                                     \
    CASE("setp.nan.f32", r, "setp.nan.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;",                                       \
         f_of(a) != f_of(a) || f_of(b) != f_of(b))                                                                     \
    CASE("setp.lt.ftz", r, "setp.lt.ftz.f32 %p, %fa, %fb; selp.u32 %r, 1, 0, %p;", f_of(flush(a)) < f_of(flush(b)))    \
    CASE("set.u32.f32", r, "set.lt.u32.f32 %r, %fa, %fb;", f_of(a) < f_of(b) ? 0xffffffffu : 0)                        \
    CASE("set.f32.s32", f, "set.gt.f32.s32 %f, %ra, %rb;", of_f((s32)a > (s32)b))                                      \
    CASE("set.eq.f16", h, "set.eq.f16.f16 %h, %ha, %hb;", half_value(a & 65535) == half_value(b & 65535) ? 0x3c00 : 0) \
    CASE("add.f32", f, "add.f32 %f, %fa, %fb;", of_f(f_of(a) + f_of(b)))                                               \
    CASE("add.rz.f32", f, "add.rz.f32 %f, %fa, %fb;", rounded(FE_TOWARDZERO, '+', a, b, 0))                            \
    CASE("add.rm.f32", f, "add.rm.f32 %f, %fa, %fb;", rounded(FE_DOWNWARD, '+', a, b, 0))                              \
    CASE("mul.rp.f32", f, "mul.rp.f32 %f, %fa, %fb;", rounded(FE_UPWARD, '*', a, b, 0))                                \
    CASE("mul.ftz.f32", f, "mul.ftz.f32 %f, %fa, %fb;", flush(of_f(f_of(flush(a)) * f_of(flush(b)))))                  \
    CASE("add.sat.f32", f, "add.sat.f32 %f, %fa, %fb;", of_f(f_of(a) + f_of(b) > 0 ? fminf(f_of(a) + f_of(b), 1) : 0)) \
    CASE("fma.rn.f32", f, "fma.rn.f32 %f, %fa, %fb, %fc;", of_f(fmaf(f_of(a), f_of(b), f_of(c))))                      \
    CASE("fma.rz.f32", f, "fma.rz.f32 %f, %fa, %fb, %fc;", rounded(FE_TOWARDZERO, 'f', a, b, c))                       \
    CASE("fma.rm.f32", f, "fma.rm.f32 %f, %fa, %fb, %fc;", rounded(FE_DOWNWARD, 'f', a, b, c))                         \
    CASE("no contraction", f, "mul.rn.f32 %f, %fa, %fb; add.rn.f32 %f, %f, %fc;",                                      \
         rounded(FE_TONEAREST, '+', rounded(FE_TONEAREST, '*', a, b, 0), c, 0))                                        \
    CASE("div.rn.f32", f, "div.rn.f32 %f, %fa, %fb;", of_f(f_of(a) / f_of(b)))                                         \
    CASE("div.rz.f32", f, "div.rz.f32 %f, %fa, %fb;", rounded(FE_TOWARDZERO, '/', a, b, 0))                            \
    CASE("rcp.rn.f32", f, "rcp.rn.f32 %f, %fa;", of_f(1 / f_of(a)))                                                    \
    CASE("sqrt.rn.f32", f, "sqrt.rn.f32 %f, %fa;", of_f(sqrtf(f_of(a))))                                               \
    CASE("min.f32", f, "min.f32 %f, %fa, %fb;", of_f(min_f(f_of(a), f_of(b))))                                         \
    CASE("max.f32", f, "max.f32 %f, %fa, %fb;", of_f(max_f(f_of(a), f_of(b))))                                         \
    CASE("max.NaN.f32", f, "max.NaN.f32 %f, %fa, %fb;",                                                                \
         f_of(a) != f_of(a) || f_of(b) != f_of(b) ? 0x7fffffff : of_f(max_f(f_of(a), f_of(b))))                        \
    CASE("abs.f32", f, "abs.f32 %f, %fa;", (u32)a & 0x7fffffff)                                                        \
    CASE("neg.f64", d, "neg.f64 %d, %da;", a ^ (u64)1 << 63)                                                           \
    CASE("copysign.f32", f, "copysign.f32 %f, %fa, %fb;", ((u32)a & 0x80000000) | ((u32)b & 0x7fffffff))               \
    CASE("testp.finite", r, "testp.finite.f32 %p, %fa; selp.u32 %r, 1, 0, %p;", isfinite(f_of(a)) != 0)                \
    CASE("fma.f64", d, "fma.rn.f64 %d, %da, %db, %dc;", of_d(fma(d_of(a), d_of(b), d_of(c))))                          \
    CASE("div.f64", d, "div.rn.f64 %d, %da, %db;", of_d(d_of(a) / d_of(b)))                                            \
    CASE("cvt.rzi.s32.f32", r, "cvt.rzi.s32.f32 %r, %fa;", to_s32(trunc(f_of(a))))                                     \
    CASE("cvt.rni.s32.f32", r, "cvt.rni.s32.f32 %r, %fa;", to_s32(nearbyint(f_of(a))))                                 \
    CASE("cvt.rmi.s32.f64", r, "cvt.rmi.s32.f64 %r, %da;", d_of(a) != d_of(a) ? 0x80000000u : to_s32(floor(d_of(a))))  \
    CASE("cvt.rpi.u32.f32", r, "cvt.rpi.u32.f32 %r, %fa;", to_u32(ceil(f_of(a))))                                      \
    CASE("cvt.rzi.s64.f64", rd, "cvt.rzi.s64.f64 %rd, %da;", to_s64(trunc(d_of(a))))                                   \
    CASE("cvt.rzi.u8.f32", r, "cvt.rzi.u8.f32 %r, %fa;", to_u32(fminf(f_of(a) != f_of(a) ? 0 : f_of(a), 255)))         \
    CASE("cvt.rzi.f32.f32", f, "cvt.rzi.f32.f32 %f, %fa;", of_f(truncf(f_of(a))))                                      \
    CASE("cvt.rn.f32.s32", f, "cvt.rn.f32.s32 %f, %ra;", of_f((float)(s32)a))                                          \
    CASE("cvt.rz.f32.u32", f, "cvt.rz.f32.u32 %f, %ra;",                                                               \
         of_f((float)(u32)a > (double)(u32)a ? nextafterf((float)(u32)a, 0) : (float)(u32)a))                          \
    CASE("cvt.rn.f32.u64", f, "cvt.rn.f32.u64 %f, %rda;", of_f((float)a))                                              \
    CASE("cvt.rn.f64.s64", d, "cvt.rn.f64.s64 %d, %rda;", of_d((double)(s64)a))                                        \
    CASE("cvt.rn.f32.f64", f, "cvt.rn.f32.f64 %f, %da;", of_f((float)d_of(a)))                                         \
    CASE("cvt.sat.f32.f32", f, "cvt.sat.f32.f32 %f, %fa;", of_f(f_of(a) > 0 ? fminf(f_of(a), 1) : 0))                  \
    CASE("cvt.s32.s8", r, "cvt.s32.s8 %r, %ra;", (u32)signed_of(a, 8))                                                 \
    CASE("cvt.u32.u16", r, "cvt.u32.u16 %r, %ha;", a & 0xffff)                                                         \
    CASE("cvt.s64.s32", rd, "cvt.s64.s32 %rd, %ra;", signed_of(a, 32))                                                 \
    CASE("cvt.sat.s8.s32", r, "cvt.sat.s8.s32 %r, %ra;", (u32)clamp((s32)a, -128, 127))                                \
    CASE("cvt.sat.u8.s32", r, "cvt.sat.u8.s32 %r, %ra;", (u32)clamp((s32)a, 0, 255))                                   \
    CASE("cvt.sat.u32.s64", r, "cvt.sat.u32.s64 %r, %rda;", (u32)clamp((s64)a, 0, 0xffffffffll))                       \
    CASE("cvt.rn.f16.f32", h, "cvt.rn.f16.f32 %h, %fa;", nearest_half(f_of(a)))                                        \
    CASE("cvt.rn.f16.f64", h, "cvt.rn.f16.f64 %h, %da;", nearest_half(d_of(a)))                                        \
    CASE("cvt.f32.f16", f, "cvt.f32.f16 %f, %ha;", of_f(half_value(a & 0xffff)))                                       \
    CASE("cvt.rn.bf16.f32", h, "cvt.rn.bf16.f32 %h, %fa;",                                                             \
         f_of(a) != f_of(a) ? 0x7fff : ((u32)a + 0x7fff + ((u32)a >> 16 & 1)) >> 16)                                   \
    CASE("cvt.f16x2", r, "cvt.rn.f16x2.f32 %r, %fa, %fb;", nearest_half(f_of(a)) << 16 | nearest_half(f_of(b)))        \
    CASE("add.f16", h, "add.f16 %h, %ha, %hb;", nearest_half((double)half_value(a & 65535) + half_value(b & 65535)))   \
    CASE("fma.f16", h, "fma.rn.f16 %h, %ha, %hb, %hc;",                                                                \
         nearest_half((double)half_value(a & 65535) * half_value(b & 65535) + half_value(c & 65535)))                  \
    CASE("mov.b64 parts", rd, "mov.b64 {%r, %r2}, %rda; mov.b64 %rd, {%r2, %r};", a >> 32 | a << 32)                   \
    CASE("mov.b32 parts", r, "mov.b32 {%h, %h2}, %ra; mov.b32 %r, {%h2, %h};", (u32)((u32)a >> 16 | (u32)a << 16))     \
    CASE("scoped names", r,                                                                                            \
         "{ .reg.b32 ra; .reg .pred p; mov.b32 ra, %ra; setp.eq.u32 p, ra, %rb; @p add.u32 ra, ra, 1; mov.b32 %r, "    \
         "ra; }",                                                                                                      \
         (u32)(a + ((u32)a == (u32)b)))                                                                                \
    CASE("guards", r, "setp.lt.u32 %p, %ra, %rb; mov.u32 %r, 7; @%p mov.u32 %r, %ra; @!%p add.u32 %r, %r, %rb;",       \
         (u32)a < (u32)b ? (u32)a : (u32)(7 + b))                                                                      \
    CASE("divergence", r,                                                                                              \
         "mov.u32 %r, 0; mov.u32 %r2, %ra; and.b32 %r2, %r2, 15; L%=: setp.eq.u32 %p, %r2, 0; @%p bra M%=; add.u32 "   \
         "%r, %r, 3; sub.u32 %r2, %r2, 1; bra L%=; M%=: add.u32 %r, %r, 1;",                                           \
         (u32)(3 * (a & 15) + 1))                                                                                      \
    CASE("dp2a.lo", r, "dp2a.lo.u32.u32 %r, %ra, %rb, %rc;",                                                           \
         (u32)(c + (a & 65535) * (b & 255) + (a >> 16 & 65535) * (b >> 8 & 255)))                                      \
    CASE("dp2a.hi", r, "dp2a.hi.s32.u32 %r, %ra, %rb, %rc;",                                                           \
         (u32)(c + (u64)((int16_t)a * (s64)(b >> 16 & 255)) + (u64)((int16_t)(a >> 16) * (s64)(b >> 24 & 255))))       \
    CASE("shared address modulo 2^32", r,                                                                              \
         ".shared .align 4 .b8 sh%=[4096]; mov.u32 %r2, sh%=; mad.lo.u32 %r2, %tid.x, 4, %r2; sub.u32 %r2, %r2, 16; "  \
         "st.shared.u32 [%r2+16], %ra; ld.shared.u32 %r, [%r2+16];",                                                   \
         (u32)a)                                                                                                       \
    CASE("bmsk", r, "bmsk.clamp.b32 %r, %ra, %rb;",                                                                    \
         (u32)a >= 32 ? 0 : (u32)(((u32)b >= 32 ? 0xffffffffull : ((u64)1 << (u32)b) - 1) << (u32)a))                  \
    CASE("szext", r, "szext.wrap.s32 %r, %ra, %rb;", (b & 31) ? (u32)signed_of(a, (int)(b & 31)) : 0)                  \
    CASE("dp4a", r, "dp4a.s32.s32 %r, %ra, %rb, %rc;",                                                                 \
         (u32)(c + (u64)((int8_t)a * (int8_t)b) + (u64)((int8_t)(a >> 8) * (int8_t)(b >> 8)) +                         \
               (u64)((int8_t)(a >> 16) * (int8_t)(b >> 16)) + (u64)((int8_t)(a >> 24) * (int8_t)(b >> 24))))

typedef struct {
    const char *name, *result, *text;
} opcode_case;

static const opcode_case cases[] = {
#define CASE(name, result, text, value) {name, #result, text},
    CASES
#undef CASE
};
enum { N_CASES = sizeof cases / sizeof *cases };

static u64 expected(int which, u64 a, u64 b, u64 c)
{
    int k = 0;
    (void)a, (void)b, (void)c;
#define CASE(name, result, text, value)                                                                                \
    if (which == k++) return (u64)(value);
    CASES
#undef CASE
    return 0;
}

static const char head[] = ".version 8.6\n.target sm_90\n.address_size 64\n";
static const char before[] =
    "(.param .u64 in, .param .u64 out)\n{\n"
    ".reg .pred %p, %q, %q2;\n.reg .b16 %h, %h2, %ha, %hb, %hc;\n.reg .b32 %r, %r2, %ra, %rb, %rc, %t, %t2;\n"
    ".reg .b64 %rd, %rda, %rdb, %rdc, %i, %o, %at;\n.reg .f32 %f, %fa, %fb, %fc;\n.reg .f64 %d, %da, %db, %dc;\n"
    "ld.param.u64 %i, [in];\nld.param.u64 %o, [out];\nmov.u32 %t, %ctaid.x;\nmov.u32 %t2, %ntid.x;\n"
    "mad.lo.u32 %t, %t, %t2, 0;\nmov.u32 %t2, %tid.x;\nadd.u32 %t, %t, %t2;\nmul.wide.u32 %at, %t, 24;\n"
    "add.u64 %i, %i, %at;\nmul.wide.u32 %at, %t, 8;\nadd.u64 %o, %o, %at;\n"
    "ld.global.u64 %rda, [%i];\nld.global.u64 %rdb, [%i+8];\nld.global.u64 %rdc, [%i+16];\n"
    "cvt.u32.u64 %ra, %rda;\ncvt.u32.u64 %rb, %rdb;\ncvt.u32.u64 %rc, %rdc;\n"
    "cvt.u16.u64 %ha, %rda;\ncvt.u16.u64 %hb, %rdb;\ncvt.u16.u64 %hc, %rdc;\n"
    "mov.b32 %fa, %ra;\nmov.b32 %fb, %rb;\nmov.b32 %fc, %rc;\nmov.b64 %da, %rda;\nmov.b64 %db, %rdb;\nmov.b64 %dc, "
    "%rdc;\n";

static const char *after(const char *result)
{
    return !strcmp(result, "r")   ? "cvt.u64.u32 %rd, %r;"
           : !strcmp(result, "f") ? "mov.b32 %r, %f; cvt.u64.u32 %rd, %r;"
           : !strcmp(result, "d") ? "mov.b64 %rd, %d;"
           : !strcmp(result, "h") ? "cvt.u64.u16 %rd, %h;"
                                  : "";
}

/* "%=" is the case's number, as in inline assembly. */
static char *make_module(void)
{
    char *text = malloc((size_t)N_CASES * 4096), *at = text + sprintf(text, "%s", head);
    for (int k = 0; k < N_CASES; k++) {
        at += sprintf(at, ".visible .entry case%d%s", k, before);
        for (const char *c = cases[k].text; *c; c++)
            if (c[0] == '%' && c[1] == '=')
                at += sprintf(at, "%d", k), c++;
            else
                *at++ = *c;
        at += sprintf(at, "\n%s\nst.global.u64 [%%o], %%rd;\nret;\n}\n", after(cases[k].result));
    }
    return text;
}

static int uses_doubles(const char *text)
{
    return strstr(text, "%da") != NULL;
}

static int is_same(const char *result, u64 x, u64 y)
{
    if (x == y) return 1;
    if (!strcmp(result, "f")) return f_of(x) != f_of(x) && f_of(y) != f_of(y);
    if (!strcmp(result, "d")) return d_of(x) != d_of(x) && d_of(y) != d_of(y);
    if (!strcmp(result, "h")) return (x & 0x7fff) > 0x7c00 && (y & 0x7fff) > 0x7c00;
    return 0;
}

enum { N = OPERANDS * OPERANDS, BLOCK = 128, PADDED = (N + BLOCK - 1) / BLOCK * BLOCK };
static u64 operands[2][PADDED][3], results[PADDED];

static void fill_operands(void)
{
    for (int k = 0; k < PADDED; k++) {
        const int x = k % OPERANDS, y = k / OPERANDS % OPERANDS, z = (x * 7 + y * 3) % OPERANDS;
        const int at[3] = {x, y, z};
        for (int j = 0; j < 3; j++) {
            operands[0][k][j] = awkward[at[j]];
            operands[1][k][j] = of_d(awkward_d[at[j]]);
        }
    }
}

int main(void)
{
    driver_begin();
    fill_operands();
    CUmodule module;
    CALL(on_module, "cuModuleLoadData", &module, make_module());
    const CUdeviceptr in[2] = {device_copy(operands[0], sizeof operands[0]),
                               device_copy(operands[1], sizeof operands[1])};
    CUdeviceptr out = device_alloc(sizeof results);
    int passed = 0;
    for (int k = 0; k < N_CASES; k++) {
        char name[16];
        snprintf(name, sizeof name, "case%d", k);
        const int doubles = uses_doubles(cases[k].text);
        CUdeviceptr from = in[doubles];
        void *params[] = {&from, &out};
        CALL(on_launch, "cuLaunchKernel", get_function(module, name), PADDED / BLOCK, 1, 1, BLOCK, 1, 1, 0, NULL,
             params, NULL);
        CALL(on_to_host, "cuMemcpyDtoH_v2", results, out, sizeof results);
        int bad = 0;
        for (int n = 0; n < N; n++) {
            const u64 *x = operands[doubles][n], want = expected(k, x[0], x[1], x[2]);
            if (!is_same(cases[k].result, results[n], want) && !bad++)
                printf("FAILED: %s of %016llx %016llx %016llx gives %016llx, not %016llx\n", cases[k].name,
                       (unsigned long long)x[0], (unsigned long long)x[1], (unsigned long long)x[2],
                       (unsigned long long)results[n], (unsigned long long)want);
        }
        passed += !bad;
    }
    printf("%d passed, %d failed\n", passed, N_CASES - passed);
    return passed != N_CASES;
}
