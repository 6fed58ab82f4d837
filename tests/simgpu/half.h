/*
 * Half and bfloat16 in software, rounded to nearest even, once.
 */
#ifndef SIMGPU_HALF_H
#define SIMGPU_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits;
}
static inline float bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, 4);
    return x;
}
static inline uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return bits;
}
static inline double bits_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, 8);
    return x;
}

static inline float half_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31) return bits_float(sign | 0x7f800000 | fraction << 13);
    if (exponent) return bits_float(sign | (exponent + 112) << 23 | fraction << 13);
    const float small = (float)fraction * 0x1p-24f;
    return sign ? -small : small;
}

static inline float bf16_float(uint16_t h)
{
    return bits_float((uint32_t)h << 16);
}

/* From a double to `fraction` bits with exponents from `least` to `most`; mode: 0 nearest even, 1 to zero, 2 up,
 * 3 down. */
static inline uint16_t narrow(double x, int fraction, int least, int most, int mode)
{
    const uint64_t bits = double_bits(x);
    const uint16_t sign = (uint16_t)(bits >> 63 << 15);
    const uint16_t infinity = (uint16_t)((most - least + 2) << fraction);
    if ((bits << 1) > (uint64_t)0x7ff << 53) return 0x7fff;
    if ((bits << 1) == (uint64_t)0x7ff << 53) return sign | infinity;
    if (!(bits << 1)) return sign;
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t mantissa = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
    if (exponent < least - fraction - 2) exponent = least - fraction - 2, mantissa = (uint64_t)1 << 52;
    const int drop = 52 - fraction + (exponent < least ? least - exponent : 0);
    const uint64_t rest = drop >= 64 ? mantissa : mantissa & (((uint64_t)1 << drop) - 1);
    const uint64_t middle = (uint64_t)1 << (drop - 1);
    uint64_t kept = drop >= 64 ? 0 : mantissa >> drop;
    const int away = mode == 0   ? rest > middle || (rest == middle && (kept & 1))
                     : mode == 2 ? rest && !sign
                     : mode == 3 ? rest && sign
                                 : 0;
    kept += (uint64_t)away;
    /* the hidden bit adds one to the exponent field, and so does a carry out of the fraction */
    const uint64_t field = exponent < least ? kept : kept + ((uint64_t)(exponent - least) << fraction);
    if (field >= infinity) {
        const int to_infinity = mode == 0 || (mode == 2 && !sign) || (mode == 3 && sign);
        return sign | (uint16_t)(infinity - !to_infinity);
    }
    return sign | (uint16_t)field;
}

static inline uint16_t double_half(double x, int mode)
{
    return narrow(x, 10, -14, 15, mode);
}
static inline uint16_t double_bf16(double x, int mode)
{
    return narrow(x, 7, -126, 127, mode);
}

/* a b + c for factors whose product is exact, rounded to odd, so that a later rounding is the only one. */
static inline double fma_odd(double a, double b, double c)
{
    const double p = a * b, sum = p + c, t = sum - p, error = (p - (sum - t)) + (c - t);
    uint64_t bits = double_bits(sum);
    if (error != error || error == 0 || (bits & 1)) return sum;
    bits += (error > 0) == (sum > 0) ? 1 : -(uint64_t)1;
    return bits_double(bits);
}

#endif
