/*
 * Integers, bits, predicates and selection. Shift counts clamp at the width; division by zero gives all ones and
 * INT_MIN / -1 itself, as on the device, where x86 traps.
 */
#include "ops.h"

typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define ARITHMETIC(N)                                                                                                  \
    OP2(add_##N, u##N, u##N, u##N, X + Y)                                                                              \
    OP2(sub_##N, u##N, u##N, u##N, X - Y)                                                                              \
    OP2(mul_##N, u##N, u##N, u##N, (u64)X *Y)                                                                          \
    OP3(mad_##N, u##N, u##N, u##N, u##N, (u64)X *Y + Z)                                                                \
    OP2(and_##N, u##N, u##N, u##N, X &Y)                                                                               \
    OP2(or_##N, u##N, u##N, u##N, X | Y)                                                                               \
    OP2(xor_##N, u##N, u##N, u##N, X ^ Y)                                                                              \
    OP1(not_##N, u##N, u##N, ~X)                                                                                       \
    OP1(mov_##N, u##N, u##N, X)                                                                                        \
    OP1(neg_##N, u##N, u##N, 0u - X)                                                                                   \
    OP1(abs_##N, u##N, s##N, X < 0 ? 0u - (u##N)X : (u##N)X)                                                           \
    OP1(cnot_##N, u##N, u##N, X == 0)                                                                                  \
    OP2(divu_##N, u##N, u##N, u##N, Y ? X / Y : (u##N) ~(u##N)0)                                                       \
    OP2(remu_##N, u##N, u##N, u##N, Y ? X % Y : X)                                                                     \
    OP2(divs_##N, s##N, s##N, s##N, Y == 0 ? -1 : Y == -1 ? (s##N)(0u - (u##N)X) : X / Y)                              \
    OP2(rems_##N, s##N, s##N, s##N, Y == 0 ? X : Y == -1 ? 0 : X % Y)                                                  \
    OP2(shl_##N, u##N, u##N, u32, Y >= N ? 0 : (u##N)(X << (Y & (N - 1))))                                             \
    OP2(shru_##N, u##N, u##N, u32, Y >= N ? 0 : (u##N)(X >> (Y & (N - 1))))                                            \
    OP2(shrs_##N, s##N, s##N, u32, X >> (Y >= N ? N - 1 : Y))                                                          \
    OP3(selp_##N, u##N, u##N, u##N, u32, Z ? X : Y)                                                                    \
    COMPARE(eq, N, u, X == Y)                                                                                          \
    COMPARE(ne, N, u, X != Y)                                                                                          \
    COMPARE(lt, N, u, X < Y)                                                                                           \
    COMPARE(le, N, u, X <= Y)                                                                                          \
    COMPARE(gt, N, u, X > Y)                                                                                           \
    COMPARE(ge, N, u, X >= Y)                                                                                          \
    COMPARE(lt, N, s, X < Y)                                                                                           \
    COMPARE(le, N, s, X <= Y)                                                                                          \
    COMPARE(gt, N, s, X > Y)                                                                                           \
    COMPARE(ge, N, s, X >= Y)
#define COMPARE(how, N, S, value) OP2(setp_##how##_##S##N, u32, S##N, S##N, (value) ? ~0u : 0u)

/* Of 16 bits one by one: gcc 12 breaks on masked vectors of them. */
#define APART(x)                                                                                                       \
    __extension__({                                                                                                    \
        int y = (x);                                                                                                   \
        __asm__("" : "+r"(y));                                                                                         \
        y;                                                                                                             \
    })
#define MINMAX(N, S, K)                                                                                                \
    OP2(min##S##_##N, S##N, S##N, S##N, K(X < Y) ? X : Y)                                                              \
    OP2(max##S##_##N, S##N, S##N, S##N, K(X > Y) ? X : Y)
#define TOGETHER(x) (x)
MINMAX(16, u, APART)
MINMAX(16, s, APART)
MINMAX(32, u, TOGETHER)
MINMAX(32, s, TOGETHER)
MINMAX(64, u, TOGETHER)
MINMAX(64, s, TOGETHER)

ARITHMETIC(16)
ARITHMETIC(32)
ARITHMETIC(64)

OP2(mulwide_u16, u32, u16, u16, (u32)X *Y)
OP2(mulwide_s16, s32, s16, s16, (s32)X *Y)
OP2(mulwide_u32, u64, u32, u32, (u64)X *Y)
OP2(mulwide_s32, s64, s32, s32, (s64)X *Y)
OP3(madwide_u16, u32, u16, u16, u32, (u32)X *Y + Z)
OP3(madwide_s16, u32, s16, s16, u32, (u32)((s32)X *Y) + Z)
OP3(madwide_u32, u64, u32, u32, u64, (u64)X *Y + Z)
OP3(madwide_s32, u64, s32, s32, u64, (u64)((s64)X *Y) + Z)
OP2(mulhi_u16, u16, u16, u16, ((u32)X * Y) >> 16)
OP2(mulhi_s16, s16, s16, s16, ((s32)X * Y) >> 16)
OP2(mulhi_u32, u32, u32, u32, ((u64)X * Y) >> 32)
OP2(mulhi_s32, s32, s32, s32, ((s64)X * Y) >> 32)
OP2(mulhi_u64, u64, u64, u64, ((unsigned __int128)X * Y) >> 64)
OP2(mulhi_s64, s64, s64, s64, ((__int128)X * Y) >> 64)
OP3(madhi_u32, u32, u32, u32, u32, (((u64)X * Y) >> 32) + Z)
OP3(madhi_s32, u32, s32, s32, u32, (u32)(((s64)X * Y) >> 32) + Z)
OP3(madhi_u64, u64, u64, u64, u64, (((unsigned __int128)X * Y) >> 64) + Z)
OP3(madhi_s64, u64, s64, s64, u64, (u64)(((__int128)X * Y) >> 64) + Z)

static inline s32 clamp32(s64 x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (s32)x;
}
OP2(addsat, s32, s32, s32, clamp32((s64)X + Y))
OP2(subsat, s32, s32, s32, clamp32((s64)X - Y))

static inline u32 mask24(u32 x)
{
    return x & 0xffffff;
}
static inline s32 sign24(u32 x)
{
    return (s32)(x << 8) >> 8;
}
OP2(mul24_u, u32, u32, u32, mask24(X) * mask24(Y))
OP2(mul24_s, u32, u32, u32, (u32)((s64)sign24(X) * sign24(Y)))
OP3(mad24_u, u32, u32, u32, u32, mask24(X) * mask24(Y) + Z)
OP3(mad24_s, u32, u32, u32, u32, (u32)((s64)sign24(X) * sign24(Y)) + Z)

OP1(popc_32, u32, u32, __builtin_popcount(X))
OP1(popc_64, u32, u64, __builtin_popcountll(X))
OP1(clz_32, u32, u32, X ? __builtin_clz(X) : 32)
OP1(clz_64, u32, u64, X ? __builtin_clzll(X) : 64)

static inline u32 reverse32(u32 x)
{
    x = __builtin_bswap32(x);
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    return (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
}
OP1(brev_32, u32, u32, reverse32(X))
OP1(brev_64, u64, u64, (u64)reverse32((u32)X) << 32 | reverse32((u32)(X >> 32)))

static inline u32 find_top(u64 x)
{
    return x ? 63 - (u32)__builtin_clzll(x) : ~0u;
}
OP1(bfind_u32, u32, u32, find_top(X))
OP1(bfind_s32, u32, s32, find_top((u32)(X < 0 ? ~X : X)))
OP1(bfind_u64, u32, u64, find_top(X))
OP1(bfind_s64, u32, s64, find_top((u64)(X < 0 ? ~X : X)))
OP1(shiftamt_u32, u32, u32, X ? __builtin_clz(X) : ~0u)
OP1(shiftamt_s32, u32, s32, (X < 0 ? ~X : X) ? __builtin_clz((u32)(X < 0 ? ~X : X)) : ~0u)

/* Field of `length` bits from `at`; a signed one repeats its top bit (or the word's, where it sticks out). */
static inline u64 field(u64 x, u32 at, u32 length, int width, int is_signed)
{
    at &= 255;
    length &= 255;
    if (!length) return 0;
    const u32 top = at + length - 1 < (u32)width - 1 ? at + length - 1 : (u32)width - 1;
    const int sign = is_signed && (x >> top & 1);
    u64 result = at >= (u32)width ? 0 : x >> at;
    const u32 valid = at >= (u32)width ? 0 : length < (u32)width - at ? length : (u32)width - at;
    const u64 keep = valid >= 64 ? ~(u64)0 : ((u64)1 << valid) - 1;
    result &= keep;
    return sign ? result | ~keep : result;
}
OP3(bfe_u32, u32, u32, u32, u32, field(X, Y, Z, 32, 0))
OP3(bfe_s32, u32, u32, u32, u32, field(X, Y, Z, 32, 1))
OP3(bfe_u64, u64, u64, u32, u32, field(X, Y, Z, 64, 0))
OP3(bfe_s64, u64, u64, u32, u32, field(X, Y, Z, 64, 1))

/* d[1] holds the fourth operand, the length. */
static inline u64 insert(u64 a, u64 b, u32 at, u32 length, u32 width)
{
    at &= 255;
    length &= 255;
    if (!length || at >= width) return b;
    if (length > width - at) length = width - at;
    const u64 keep = (length >= 64 ? ~(u64)0 : ((u64)1 << length) - 1) << at;
    return (b & ~keep) | (a << at & keep);
}
OP3(bfi_32, u32, u32, u32, u32, insert(X, Y, Z, FILE_AT(u32, i->d[1])[l], 32))
OP3(bfi_64, u64, u64, u64, u32, insert(X, Y, Z, FILE_AT(u32, i->d[1])[l], 64))

static inline u32 logic3(u32 a, u32 b, u32 c, u32 table)
{
    u32 result = 0;
    for (int k = 0; k < 8; k++) result |= -(table >> k & 1) & (k & 4 ? a : ~a) & (k & 2 ? b : ~b) & (k & 1 ? c : ~c);
    return result;
}
OP3(lop3, u32, u32, u32, u32, logic3(X, Y, Z, (u32)i->imm))

static inline u32 permute(u32 a, u32 b, u32 selector)
{
    const u64 both = (u64)b << 32 | a;
    u32 result = 0;
    for (int k = 0; k < 4; k++) {
        const u32 pick = selector >> 4 * k & 15;
        u32 byte = (u32)(both >> 8 * (pick & 7)) & 255;
        if (pick & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << 8 * k;
    }
    return result;
}
/* The modes f4e, b4e, rc8, ecl, ecr, rc16 (i->imm 1 to 6) pick by the selector's two low bits. */
static inline u32 permute_mode(u32 a, u32 b, u32 selector, int mode)
{
    static const u32 table[7][4] = {{0},
                                    {0x3210, 0x4321, 0x5432, 0x6543},
                                    {0x5670, 0x6701, 0x7012, 0x0123},
                                    {0x0000, 0x1111, 0x2222, 0x3333},
                                    {0x3210, 0x3211, 0x3222, 0x3333},
                                    {0x0000, 0x1110, 0x2210, 0x3210},
                                    {0x1010, 0x3232, 0x1010, 0x3232}};
    return permute(a, b, mode ? table[mode][selector & 3] : selector);
}
OP3(prmt, u32, u32, u32, u32, permute_mode(X, Y, Z, (int)i->imm))

static inline u32 funnel_left(u32 low, u32 high, u32 n)
{
    return n == 0 ? high : n >= 32 ? low : high << n | low >> (32 - n);
}
static inline u32 funnel_right(u32 low, u32 high, u32 n)
{
    return n == 0 ? low : n >= 32 ? high : low >> n | high << (32 - n);
}
OP3(shfl_wrap, u32, u32, u32, u32, funnel_left(X, Y, Z & 31))
OP3(shfl_clamp, u32, u32, u32, u32, funnel_left(X, Y, Z < 32 ? Z : 32))
OP3(shfr_wrap, u32, u32, u32, u32, funnel_right(X, Y, Z & 31))
OP3(shfr_clamp, u32, u32, u32, u32, funnel_right(X, Y, Z < 32 ? Z : 32))

OP3(sad_s32, u32, s32, s32, u32, Z + (X < Y ? (u32)Y - (u32)X : (u32)X - (u32)Y))
OP3(sad_u32, u32, u32, u32, u32, Z + (X < Y ? Y - X : X - Y))

static inline u32 dot4(u32 a, u32 b, u32 c, int a_signed, int b_signed)
{
    for (int k = 0; k < 4; k++) {
        const s32 x = a_signed ? (int8_t)(a >> 8 * k) : (s32)(uint8_t)(a >> 8 * k);
        const s32 y = b_signed ? (int8_t)(b >> 8 * k) : (s32)(uint8_t)(b >> 8 * k);
        c += (u32)(x * y);
    }
    return c;
}
OP3(dp4a_ss, u32, u32, u32, u32, dot4(X, Y, Z, 1, 1))
OP3(dp4a_uu, u32, u32, u32, u32, dot4(X, Y, Z, 0, 0))
OP3(dp4a_su, u32, u32, u32, u32, dot4(X, Y, Z, 1, 0))
OP3(dp4a_us, u32, u32, u32, u32, dot4(X, Y, Z, 0, 1))

/* Two products of halves of a with bytes 0 and 1 (`from` 0) or 2 and 3 (16) of b. */
static inline u32 dot2(u32 a, u32 b, u32 c, int from, int a_signed, int b_signed)
{
    for (int k = 0; k < 2; k++) {
        const s32 x = a_signed ? (s16)(a >> 16 * k) : (s32)(u16)(a >> 16 * k);
        const u32 byte = b >> (from + 8 * k) & 255;
        c += (u32)(x * (b_signed ? (s32)(int8_t)byte : (s32)byte));
    }
    return c;
}
#define DOT2(half, from)                                                                                               \
    OP3(dp2a_ss_##half, u32, u32, u32, u32, dot2(X, Y, Z, from, 1, 1))                                                 \
    OP3(dp2a_uu_##half, u32, u32, u32, u32, dot2(X, Y, Z, from, 0, 0))                                                 \
    OP3(dp2a_su_##half, u32, u32, u32, u32, dot2(X, Y, Z, from, 1, 0))                                                 \
    OP3(dp2a_us_##half, u32, u32, u32, u32, dot2(X, Y, Z, from, 0, 1))
DOT2(lo, 0)
DOT2(hi, 16)

static inline u32 bit_mask(u32 at, u32 length)
{
    return at >= 32 || !length ? 0 : (length >= 32 ? ~0u : (1u << length) - 1) << at;
}
OP2(bmsk_clamp, u32, u32, u32, bit_mask(X, Y))
OP2(bmsk_wrap, u32, u32, u32, bit_mask(X & 31, Y & 31))

static inline u32 extend(u32 a, u32 width, int is_signed)
{
    if (!width) return 0;
    if (width >= 32) return a;
    return is_signed ? (u32)((s32)(a << (32 - width)) >> (32 - width)) : a & ((1u << width) - 1);
}
OP2(szext_clamp_u, u32, u32, u32, extend(X, Y, 0))
OP2(szext_clamp_s, u32, u32, u32, extend(X, Y, 1))
OP2(szext_wrap_u, u32, u32, u32, extend(X, Y & 31, 0))
OP2(szext_wrap_s, u32, u32, u32, extend(X, Y & 31, 1))

/* The carry lives in lanes of its own: d[1], which decode.c keeps for the function. */
#define CARRY     (FILE_AT(u32, i->d[1])[l])
#define CARRY_OUT (FILE_AT(u32, i->d[1])[l])
#define CARRIED(name, N, value, out)                                                                                   \
    static const insn *name##_##N##_some(warp *w, const insn *i)                                                       \
    {                                                                                                                  \
        const u##N *a = FILE_AT(u##N, i->a), *b = FILE_AT(u##N, i->b), *c = FILE_AT(u##N, i->c);                       \
        u##N *d = FILE_AT(u##N, i->d[0]);                                                                              \
        for (int l = 0; l < LANES; l++) {                                                                              \
            if (!(w->bits >> l & 1)) continue;                                                                         \
            const unsigned __int128 X = a[l], Y = b[l], Z = c[l], one = CARRY & 1, top = (unsigned __int128)1 << N;    \
            (void)Z, (void)one, (void)top;                                                                             \
            const unsigned __int128 r = value;                                                                         \
            if (i->flags & FLAG_SIGNED) CARRY_OUT = (u32)(out);                                                        \
            d[l] = (u##N)r;                                                                                            \
        }                                                                                                              \
        return i + 1;                                                                                                  \
    }
/* Subtraction's borrow is kept as is: 1 if one was taken. */
CARRIED(addc, 32, X + Y + (i->imm ? one : 0), r >> 32 & 1)
CARRIED(addc, 64, X + Y + (i->imm ? one : 0), r >> 64 & 1)
CARRIED(subc, 32, X - Y - (i->imm ? one : 0), r >> 127 & 1)
CARRIED(subc, 64, X - Y - (i->imm ? one : 0), r >> 127 & 1)
CARRIED(madlo, 32, (u32)(X *Y) + Z + (i->imm ? one : 0), r >> 32 & 1)
CARRIED(madlo, 64, (u64)(X *Y) + Z + (i->imm ? one : 0), r >> 64 & 1)
CARRIED(madhi_c, 32, (u32)((X * Y) >> 32) + Z + (i->imm ? one : 0), r >> 32 & 1)
CARRIED(madhi_c, 64, (u64)((X * Y) >> 64) + Z + (i->imm ? one : 0), r >> 64 & 1)

OP2(pack_32, u32, u16, u16, (u32)X | (u32)Y << 16)
OP2(pack_64, u64, u32, u32, (u64)X | (u64)Y << 32)
OP1(low_32, u16, u32, X)
OP1(high_32, u16, u32, X >> 16)
OP1(low_64, u32, u64, X)
OP1(high_64, u32, u64, X >> 32)

OP1(rdclock, u64, u64, (X & 0) + w->steps)

const op_row ops_int[] = {
#define ROWS(N)                                                                                                        \
    ROW2("add.s" #N, add_##N, u##N, u##N, u##N), ROW2("add.u" #N, add_##N, u##N, u##N, u##N),                          \
        ROW2("sub.s" #N, sub_##N, u##N, u##N, u##N), ROW2("sub.u" #N, sub_##N, u##N, u##N, u##N),                      \
        ROW2("mul.s" #N, mul_##N, u##N, u##N, u##N), ROW2("mul.u" #N, mul_##N, u##N, u##N, u##N),                      \
        ROW3("mad.s" #N, mad_##N, u##N, u##N, u##N, u##N), ROW3("mad.u" #N, mad_##N, u##N, u##N, u##N, u##N),          \
        ROW2("and.b" #N, and_##N, u##N, u##N, u##N), ROW2("or.b" #N, or_##N, u##N, u##N, u##N),                        \
        ROW2("xor.b" #N, xor_##N, u##N, u##N, u##N), ROW1("not.b" #N, not_##N, u##N, u##N),                            \
        ROW1("cnot.b" #N, cnot_##N, u##N, u##N), ROW1("mov.b" #N, mov_##N, u##N, u##N),                                \
        ROW1("mov.u" #N, mov_##N, u##N, u##N), ROW1("mov.s" #N, mov_##N, u##N, u##N),                                  \
        ROW1("mov.f" #N, mov_##N, u##N, u##N), ROW1("neg.s" #N, neg_##N, u##N, u##N),                                  \
        ROW1("abs.s" #N, abs_##N, u##N, u##N), ROW2("min.u" #N, minu_##N, u##N, u##N, u##N),                           \
        ROW2("min.s" #N, mins_##N, u##N, u##N, u##N), ROW2("max.u" #N, maxu_##N, u##N, u##N, u##N),                    \
        ROW2("max.s" #N, maxs_##N, u##N, u##N, u##N), ROW2("div.u" #N, divu_##N, u##N, u##N, u##N),                    \
        ROW2("div.s" #N, divs_##N, u##N, u##N, u##N), ROW2("rem.u" #N, remu_##N, u##N, u##N, u##N),                    \
        ROW2("rem.s" #N, rems_##N, u##N, u##N, u##N), ROW2("shl.b" #N, shl_##N, u##N, u##N, u32),                      \
        ROW2("shr.u" #N, shru_##N, u##N, u##N, u32), ROW2("shr.b" #N, shru_##N, u##N, u##N, u32),                      \
        ROW2("shr.s" #N, shrs_##N, u##N, u##N, u32), ROW3("selp.b" #N, selp_##N, u##N, u##N, u##N, u32),               \
        EQUALS(eq, N), EQUALS(ne, N), ORDERS(lt, lo, N), ORDERS(le, ls, N), ORDERS(gt, hi, N), ORDERS(ge, hs, N)
#define EQUALS(how, N)                                                                                                 \
    ROW2("setp." #how ".b" #N, setp_##how##_u##N, u32, u##N, u##N),                                                    \
        ROW2("setp." #how ".u" #N, setp_##how##_u##N, u32, u##N, u##N),                                                \
        ROW2("setp." #how ".s" #N, setp_##how##_u##N, u32, u##N, u##N)
#define ORDERS(how, other, N)                                                                                          \
    ROW2("setp." #how ".u" #N, setp_##how##_u##N, u32, u##N, u##N),                                                    \
        ROW2("setp." #other ".u" #N, setp_##how##_u##N, u32, u##N, u##N),                                              \
        ROW2("setp." #how ".s" #N, setp_##how##_s##N, u32, s##N, s##N)
    ROWS(16),
    ROWS(32),
    ROWS(64),
    ROW2("and.pred", and_32, u32, u32, u32),
    ROW2("or.pred", or_32, u32, u32, u32),
    ROW2("xor.pred", xor_32, u32, u32, u32),
    ROW1("not.pred", not_32, u32, u32),
    ROW1("mov.pred", mov_32, u32, u32),
    ROW3("selp.pred", selp_32, u32, u32, u32, u32),
    ROW2("mul.wide.u16", mulwide_u16, u32, u16, u16),
    ROW2("mul.wide.s16", mulwide_s16, u32, u16, u16),
    ROW2("mul.wide.u32", mulwide_u32, u64, u32, u32),
    ROW2("mul.wide.s32", mulwide_s32, u64, u32, u32),
    ROW3("mad.wide.u16", madwide_u16, u32, u16, u16, u32),
    ROW3("mad.wide.s16", madwide_s16, u32, u16, u16, u32),
    ROW3("mad.wide.u32", madwide_u32, u64, u32, u32, u64),
    ROW3("mad.wide.s32", madwide_s32, u64, u32, u32, u64),
    ROW2("mul.hi.u16", mulhi_u16, u16, u16, u16),
    ROW2("mul.hi.s16", mulhi_s16, u16, u16, u16),
    ROW2("mul.hi.u32", mulhi_u32, u32, u32, u32),
    ROW2("mul.hi.s32", mulhi_s32, u32, u32, u32),
    ROW2("mul.hi.u64", mulhi_u64, u64, u64, u64),
    ROW2("mul.hi.s64", mulhi_s64, u64, u64, u64),
    ROW3("mad.hi.u32", madhi_u32, u32, u32, u32, u32),
    ROW3("mad.hi.s32", madhi_s32, u32, u32, u32, u32),
    ROW3("mad.hi.u64", madhi_u64, u64, u64, u64, u64),
    ROW3("mad.hi.s64", madhi_s64, u64, u64, u64, u64),
    ROW2("add.sat.s32", addsat, u32, u32, u32),
    ROW2("sub.sat.s32", subsat, u32, u32, u32),
    ROW2("mul24.u32", mul24_u, u32, u32, u32),
    ROW2("mul24.s32", mul24_s, u32, u32, u32),
    ROW3("mad24.u32", mad24_u, u32, u32, u32, u32),
    ROW3("mad24.s32", mad24_s, u32, u32, u32, u32),
    ROW1("popc.b32", popc_32, u32, u32),
    ROW1("popc.b64", popc_64, u32, u64),
    ROW1("clz.b32", clz_32, u32, u32),
    ROW1("clz.b64", clz_64, u32, u64),
    ROW1("brev.b32", brev_32, u32, u32),
    ROW1("brev.b64", brev_64, u64, u64),
    ROW1("bfind.u32", bfind_u32, u32, u32),
    ROW1("bfind.s32", bfind_s32, u32, u32),
    ROW1("bfind.u64", bfind_u64, u32, u64),
    ROW1("bfind.s64", bfind_s64, u32, u64),
    ROW1("bfind.shiftamt.u32", shiftamt_u32, u32, u32),
    ROW1("bfind.shiftamt.s32", shiftamt_s32, u32, u32),
    ROW3("bfe.u32", bfe_u32, u32, u32, u32, u32),
    ROW3("bfe.s32", bfe_s32, u32, u32, u32, u32),
    ROW3("bfe.u64", bfe_u64, u64, u64, u32, u32),
    ROW3("bfe.s64", bfe_s64, u64, u64, u32, u32),
    ROW3("bfi.b32", bfi_32, u32, u32, u32, u32),
    ROW3("bfi.b64", bfi_64, u64, u64, u64, u32),
    ROW3("lop3.b32", lop3, u32, u32, u32, u32),
    ROW3("prmt.b32", prmt, u32, u32, u32, u32),
    ROW3("shf.l.wrap.b32", shfl_wrap, u32, u32, u32, u32),
    ROW3("shf.l.clamp.b32", shfl_clamp, u32, u32, u32, u32),
    ROW3("shf.r.wrap.b32", shfr_wrap, u32, u32, u32, u32),
    ROW3("shf.r.clamp.b32", shfr_clamp, u32, u32, u32, u32),
    ROW3("sad.s32", sad_s32, u32, u32, u32, u32),
    ROW3("sad.u32", sad_u32, u32, u32, u32, u32),
    ROW3("dp4a.s32.s32", dp4a_ss, u32, u32, u32, u32),
    ROW3("dp4a.u32.u32", dp4a_uu, u32, u32, u32, u32),
    ROW3("dp4a.s32.u32", dp4a_su, u32, u32, u32, u32),
    ROW3("dp4a.u32.s32", dp4a_us, u32, u32, u32, u32),
    ROW3("dp2a.s32.s32", dp2a_ss_lo, u32, u32, u32, u32),
    ROW3("dp2a.u32.u32", dp2a_uu_lo, u32, u32, u32, u32),
    ROW3("dp2a.s32.u32", dp2a_su_lo, u32, u32, u32, u32),
    ROW3("dp2a.u32.s32", dp2a_us_lo, u32, u32, u32, u32),
    ROW3("dp2a.hi.s32.s32", dp2a_ss_hi, u32, u32, u32, u32),
    ROW3("dp2a.hi.u32.u32", dp2a_uu_hi, u32, u32, u32, u32),
    ROW3("dp2a.hi.s32.u32", dp2a_su_hi, u32, u32, u32, u32),
    ROW3("dp2a.hi.u32.s32", dp2a_us_hi, u32, u32, u32, u32),
    ROW2("bmsk.clamp.b32", bmsk_clamp, u32, u32, u32),
    ROW2("bmsk.wrap.b32", bmsk_wrap, u32, u32, u32),
    ROW2("szext.clamp.u32", szext_clamp_u, u32, u32, u32),
    ROW2("szext.clamp.s32", szext_clamp_s, u32, u32, u32),
    ROW2("szext.wrap.u32", szext_wrap_u, u32, u32, u32),
    ROW2("szext.wrap.s32", szext_wrap_s, u32, u32, u32),
#define CARRY_ROW(key, name, N)                                                                                        \
    {                                                                                                                  \
        key #N, {name##_##N##_some, name##_##N##_some}, N, N, N, 0                                                     \
    }
#define CARRY_ROW3(key, name, N)                                                                                       \
    {                                                                                                                  \
        key #N, {name##_##N##_some, name##_##N##_some}, N, N, N, N                                                     \
    }
    CARRY_ROW("addc.", addc, 32),
    CARRY_ROW("addc.", addc, 64),
    CARRY_ROW("subc.", subc, 32),
    CARRY_ROW("subc.", subc, 64),
    CARRY_ROW3("madc.", madlo, 32),
    CARRY_ROW3("madc.", madlo, 64),
    CARRY_ROW3("madc.hi.", madhi_c, 32),
    CARRY_ROW3("madc.hi.", madhi_c, 64),
    ROW2("pack.b32", pack_32, u32, u16, u16),
    ROW2("pack.b64", pack_64, u64, u32, u32),
    ROW1("low.b32", low_32, u16, u32),
    ROW1("high.b32", high_32, u16, u32),
    ROW1("low.b64", low_64, u32, u64),
    ROW1("high.b64", high_64, u32, u64),
    ROW1("clock.u64", rdclock, u64, u64),
    {0},
};
