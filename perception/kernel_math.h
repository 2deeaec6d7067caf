/* perception/kernel_math.h - exp and its relatives in double precision, for results in float: branch-free, so that
 * loops over them become vector code, and without fused multiply-add, so that every instruction set gives the same
 * bits.
 *
 * exp: x = n ln 2 + r, |r| <= 0.347; Taylor to r^10 leaves 2e-13. log: x = m 2^e, m within sqrt(1/2)..sqrt(2), series
 * of atanh((m - 1) / (m + 1)) to the 19th power leaves 2e-16. */
#ifndef PERCEPTION_KERNEL_MATH_H
#define PERCEPTION_KERNEL_MATH_H

#include <stdint.h>
#include <string.h>

static inline int64_t math_bits(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double math_double(int64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Within 1e-12 relative. Beyond +-700 it stays at the value there, which is infinity or 0 as a float. */
static inline double math_exp(double x)
{
    const double log2_e = 1.4426950408889634, ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double shift = 0x1.8p52; /* adding it rounds to an integer, which is then in the low bits */
    double bounded = x < -700 ? -700 : x;
    bounded = bounded > 700 ? 700 : bounded;
    double shifted = bounded * log2_e + shift, n = shifted - shift;
    double r = (bounded - n * ln2_high) - n * ln2_low;
    double even = r * r;
    double low = 1 + r + even * (1.0 / 2 + r * (1.0 / 6) + even * (1.0 / 24 + r * (1.0 / 120)));
    double high = 1.0 / 720 + r * (1.0 / 5040) + even * (1.0 / 40320 + r * (1.0 / 362880) + even * (1.0 / 3628800));
    double power = math_double((int64_t)((uint64_t)math_bits(shifted) << 52) + (INT64_C(1023) << 52));
    return (low + even * even * even * high) * power;
}

/* 1 / (1 + exp(-x)) */
static inline double math_sigmoid(double x) { return 1 / (1 + math_exp(-x)); }

static inline double math_tanh(double x)
{
    double twice = math_exp(2 * x), square = x * x;
    /* Near 0 the quotient cancels; x - x^3/3 + 2x^5/15 is exact to 1e-15 there. */
    double small = x - x * square * (1.0 / 3 - square * (2.0 / 15));
    double large = 1 - 2 / (twice + 1);
    return square < 1e-5 ? small : large;
}

/* For finite x > 0. */
static inline double math_log(double x)
{
    int64_t bits = math_bits(x), exponent = (bits >> 52) - 1023;
    double m = math_double((bits & INT64_C(0xfffffffffffff)) | (INT64_C(1023) << 52));
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    double s = (m - 1) / (m + 1), square = s * s, sum = 0;
    for (int power = 19; power >= 1; power -= 2)
        sum = sum * square + 1.0 / power;
    return (double)exponent * 0.6931471805599453 + 2 * s * sum;
}

#endif
