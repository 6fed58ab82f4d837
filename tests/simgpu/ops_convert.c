/*
 * cvt: rows for what is common and plain, one general function for the rest. To integers: saturating, NaN gives 0 (or,
 * where 64 bits are involved, the top bit alone).
 */
#include "decode.h"
#include "half.h"
#include "ops.h"

#include <math.h>
#include <stdlib.h>

OP1(s32_f32, float, int32_t, X)
OP1(u32_f32, float, uint32_t, X)
OP1(f64_f32, float, double, X)
OP1(f32_f64, double, float, X)
OP1(s32_f64, double, int32_t, X)
OP1(u32_f64, double, uint32_t, X)
OP1(s64_f64, double, int64_t, X)
OP1(u64_f64, double, uint64_t, X)
OP1(s64_f32, float, int64_t, X)
OP1(u64_f32, float, uint64_t, X)
OP1(f16_f32, float, uint16_t, half_float(X))
OP1(bf16_f32, float, uint16_t, bf16_float(X))
OP1(u16_u32, uint32_t, uint16_t, X)
OP1(s16_s32, int32_t, int16_t, X)
OP1(u16_u64, uint64_t, uint16_t, X)
OP1(s16_s64, int64_t, int16_t, X)
OP1(u32_u16, uint16_t, uint32_t, X)
OP1(u32_u64, uint64_t, uint32_t, X)
OP1(s32_s64, int64_t, int32_t, X)
OP1(u64_u32, uint32_t, uint64_t, X)
OP1(u64_u16, uint16_t, uint64_t, X)

const op_row ops_convert[] = {
    ROW1("cvt.f32.s32", s32_f32, float, int32_t),
    ROW1("cvt.f32.u32", u32_f32, float, uint32_t),
    ROW1("cvt.f32.f64", f64_f32, float, double),
    ROW1("cvt.f64.f32", f32_f64, double, float),
    ROW1("cvt.f64.s32", s32_f64, double, int32_t),
    ROW1("cvt.f64.u32", u32_f64, double, uint32_t),
    ROW1("cvt.f64.s64", s64_f64, double, int64_t),
    ROW1("cvt.f64.u64", u64_f64, double, uint64_t),
    ROW1("cvt.f32.s64", s64_f32, float, int64_t),
    ROW1("cvt.f32.u64", u64_f32, float, uint64_t),
    ROW1("cvt.f32.f16", f16_f32, float, uint16_t),
    ROW1("cvt.f32.bf16", bf16_f32, float, uint16_t),
    ROW1("cvt.u32.u16", u16_u32, uint32_t, uint16_t),
    ROW1("cvt.s32.u16", u16_u32, uint32_t, uint16_t),
    ROW1("cvt.s32.s16", s16_s32, uint32_t, uint16_t),
    ROW1("cvt.u32.s16", s16_s32, uint32_t, uint16_t),
    ROW1("cvt.u64.u16", u16_u64, uint64_t, uint16_t),
    ROW1("cvt.s64.u16", u16_u64, uint64_t, uint16_t),
    ROW1("cvt.s64.s16", s16_s64, uint64_t, uint16_t),
    ROW1("cvt.u64.s16", s16_s64, uint64_t, uint16_t),
    ROW1("cvt.u64.u32", u32_u64, uint64_t, uint32_t),
    ROW1("cvt.s64.u32", u32_u64, uint64_t, uint32_t),
    ROW1("cvt.s64.s32", s32_s64, uint64_t, uint32_t),
    ROW1("cvt.u64.s32", s32_s64, uint64_t, uint32_t),
    ROW1("cvt.u16.u32", u32_u16, uint16_t, uint32_t),
    ROW1("cvt.s16.s32", u32_u16, uint16_t, uint32_t),
    ROW1("cvt.u16.s32", u32_u16, uint16_t, uint32_t),
    ROW1("cvt.s16.u32", u32_u16, uint16_t, uint32_t),
    ROW1("cvt.u32.u64", u64_u32, uint32_t, uint64_t),
    ROW1("cvt.s32.s64", u64_u32, uint32_t, uint64_t),
    ROW1("cvt.u32.s64", u64_u32, uint32_t, uint64_t),
    ROW1("cvt.s32.u64", u64_u32, uint32_t, uint64_t),
    ROW1("cvt.u16.u64", u64_u16, uint16_t, uint64_t),
    ROW1("cvt.s16.s64", u64_u16, uint16_t, uint64_t),
    {0},
};

static const uint8_t widths[] = {8, 16, 32, 64, 8, 16, 32, 64, 16, 16, 32, 64, 32, 32, 32};

static int is_real(int type)
{
    return type >= TYPE_F16;
}
static int is_signed(int type)
{
    return type >= TYPE_S8 && type <= TYPE_S64;
}

static double as_double(int type, uint64_t bits, int mode)
{
    if (type == TYPE_F16) return half_float((uint16_t)bits);
    if (type == TYPE_BF16) return bf16_float((uint16_t)bits);
    if (type == TYPE_F64) return bits_double(bits);
    const float x = bits_float((uint32_t)bits);
    return (mode & ROUND_FLUSH) && fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

static double round_real(double x, int mode)
{
    switch (mode & 3) {
    case ROUND_ZERO:
        return trunc(x);
    case ROUND_UP:
        return ceil(x);
    case ROUND_DOWN:
        return floor(x);
    default:
        return nearbyint(x);
    }
}

static uint64_t real_to_integer(double x, int to, int from, int mode)
{
    const int width = widths[to];
    if (x != x) return from == TYPE_F64 || width == 64 ? (uint64_t)1 << (width - 1) : 0;
    x = round_real(x, mode);
    if (is_signed(to)) {
        const double limit = ldexp(1, width - 1);
        if (x >= limit) return ((uint64_t)1 << (width - 1)) - 1;
        if (x < -limit) return (uint64_t)-1 << (width - 1);
        return (uint64_t)(int64_t)x;
    }
    if (x <= 0) return 0;
    if (x >= ldexp(1, width)) return width == 64 ? ~(uint64_t)0 : ((uint64_t)1 << width) - 1;
    return (uint64_t)x;
}

static uint64_t integer_to_integer(uint64_t bits, int to, int from, int mode)
{
    const int has = widths[from], width = widths[to];
    const __int128 x = is_signed(from) ? (__int128)((int64_t)(bits << (64 - has)) >> (64 - has))
                                       : (__int128)(has == 64 ? bits : bits & (((uint64_t)1 << has) - 1));
    const __int128 least = is_signed(to) ? -((__int128)1 << (width - 1)) : 0;
    const __int128 most = is_signed(to) ? ((__int128)1 << (width - 1)) - 1 : ((__int128)1 << width) - 1;
    if (mode & ROUND_SATURATE) return (uint64_t)(x < least ? least : x > most ? most : x);
    return (uint64_t)x;
}

/* Ten bits of fraction, halves away from zero. */
static uint32_t to_tf32(float x)
{
    const uint32_t bits = float_bits(x);
    return x != x ? 0x7fffffff : (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & ~0x1fffu;
}

static uint64_t from_real(double x, int to, int mode)
{
    if (mode & ROUND_INTEGER) x = round_real(x, mode);
    if (mode & ROUND_SATURATE) x = x > 0 ? (x < 1 ? x : 1) : 0;
    if ((mode & ROUND_RELU) && x < 0) x = 0;
    if (to == TYPE_F64) return double_bits(x);
    if (to == TYPE_F16 || to == TYPE_F16X2) return double_half(x, mode & 3);
    if (to == TYPE_BF16 || to == TYPE_BF16X2) return double_bf16(x, mode & 3);
    if (to == TYPE_TF32) return to_tf32((float)x);
    const float y = (float)x;
    return float_bits((mode & ROUND_FLUSH) && fabsf(y) < 0x1p-126f ? copysignf(0, y) : y);
}

static uint64_t convert(uint64_t bits, int to, int from, int mode)
{
    if (!is_real(from) && !is_real(to)) return integer_to_integer(bits, to, from, mode);
    if (is_real(from) && !is_real(to)) return real_to_integer(as_double(from, bits, mode), to, from, mode);
    if (is_real(from)) return from_real(as_double(from, bits, mode), to, mode);
    const uint64_t whole = integer_to_integer(bits, is_signed(from) ? TYPE_S64 : TYPE_U64, from, 0);
    if (to == TYPE_F32) return float_bits(is_signed(from) ? (float)(int64_t)whole : (float)whole);
    return from_real(is_signed(from) ? (double)(int64_t)whole : (double)whole, to, mode);
}

static uint64_t get(const warp *w, uint32_t offset, int bits, int l)
{
    const uint8_t *at = w->file + offset;
    return bits == 64 ? ((const uint64_t *)at)[l] : bits == 16 ? ((const uint16_t *)at)[l] : ((const uint32_t *)at)[l];
}

/* op and more: the types; imm: ROUND_…; size and count: the bits of the registers. */
const insn *op_convert(warp *w, const insn *i)
{
    const int to = i->op, from = i->more, mode = (int)i->imm;
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        uint64_t r = convert(get(w, i->a, i->count, l), to, from, mode);
        if (to == TYPE_F16X2 || to == TYPE_BF16X2) r = r << 16 | convert(get(w, i->b, 32, l), to, from, mode);
        if (!is_real(to) && widths[to] < 64)
            r = is_signed(to) ? (uint64_t)((int64_t)(r << (64 - widths[to])) >> (64 - widths[to]))
                              : r & (((uint64_t)1 << widths[to]) - 1);
        uint8_t *at = w->file + i->d[0];
        if (i->size == 64)
            ((uint64_t *)at)[l] = r;
        else if (i->size == 16)
            ((uint16_t *)at)[l] = (uint16_t)r;
        else
            ((uint32_t *)at)[l] = (uint32_t)r;
    }
    return i + 1;
}
