/* sim/lanes.h - LANES doubles side by side, in whatever the including file is compiled for.
 *
 * Whoever includes this defines LANES first: 8 (AVX-512), 4 (AVX2), 2 (SSE2) or 1 (plain C). Only operations that
 * IEEE 754 rounds exactly: + - * / (the operators), square root, comparison, choice, sign. Every lane therefore
 * holds the bits that plain C would have computed, whatever its neighbours do and however many they are. */
#ifndef SIM_LANES_H
#define SIM_LANES_H

#include <math.h>

#ifndef LANES
#define LANES 1
#endif

#if LANES == 8
#include <immintrin.h>
typedef __m512d lanes;
typedef __mmask8 lane_mask;
static inline lanes lanes_all(double a) { return _mm512_set1_pd(a); }
static inline lanes lanes_load(const double *from) { return _mm512_loadu_pd(from); }
static inline void lanes_store(double *to, lanes a) { _mm512_storeu_pd(to, a); }
static inline lanes lanes_sqrt(lanes a) { return _mm512_sqrt_pd(a); }
static inline lanes lanes_max(lanes a, lanes b) { return _mm512_max_pd(a, b); } /* a > b ? a : b */
static inline lanes lanes_min(lanes a, lanes b) { return _mm512_min_pd(a, b); } /* a < b ? a : b */
static inline lanes lanes_abs(lanes a) { return _mm512_andnot_pd(_mm512_set1_pd(-0.0), a); }
static inline lanes lanes_copysign(lanes size, lanes sign)
{
    return _mm512_or_pd(_mm512_and_pd(_mm512_set1_pd(-0.0), sign), lanes_abs(size));
}
static inline lane_mask lanes_less(lanes a, lanes b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
static inline lane_mask lanes_at_most(lanes a, lanes b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
static inline lane_mask lanes_equal(lanes a, lanes b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
static inline lanes lanes_pick(lane_mask m, lanes yes, lanes no) { return _mm512_mask_blend_pd(m, no, yes); }
static inline lane_mask mask_and(lane_mask a, lane_mask b) { return (lane_mask)(a & b); }
static inline lane_mask mask_or(lane_mask a, lane_mask b) { return (lane_mask)(a | b); }
static inline lane_mask mask_without(lane_mask a, lane_mask b) { return (lane_mask)(a & ~b); }
static inline unsigned mask_bits(lane_mask m) { return m; }
static inline double lanes_most(lanes a) { return _mm512_reduce_max_pd(a); }
static inline double lanes_least(lanes a) { return _mm512_reduce_min_pd(a); }
#elif LANES == 4
#include <immintrin.h>
typedef __m256d lanes;
typedef __m256d lane_mask;
static inline lanes lanes_all(double a) { return _mm256_set1_pd(a); }
static inline lanes lanes_load(const double *from) { return _mm256_loadu_pd(from); }
static inline void lanes_store(double *to, lanes a) { _mm256_storeu_pd(to, a); }
static inline lanes lanes_sqrt(lanes a) { return _mm256_sqrt_pd(a); }
static inline lanes lanes_max(lanes a, lanes b) { return _mm256_max_pd(a, b); }
static inline lanes lanes_min(lanes a, lanes b) { return _mm256_min_pd(a, b); }
static inline lanes lanes_abs(lanes a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
static inline lanes lanes_copysign(lanes size, lanes sign)
{
    return _mm256_or_pd(_mm256_and_pd(_mm256_set1_pd(-0.0), sign), lanes_abs(size));
}
static inline lane_mask lanes_less(lanes a, lanes b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
static inline lane_mask lanes_at_most(lanes a, lanes b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
static inline lane_mask lanes_equal(lanes a, lanes b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
static inline lanes lanes_pick(lane_mask m, lanes yes, lanes no) { return _mm256_blendv_pd(no, yes, m); }
static inline lane_mask mask_and(lane_mask a, lane_mask b) { return _mm256_and_pd(a, b); }
static inline lane_mask mask_or(lane_mask a, lane_mask b) { return _mm256_or_pd(a, b); }
static inline lane_mask mask_without(lane_mask a, lane_mask b) { return _mm256_andnot_pd(b, a); }
static inline unsigned mask_bits(lane_mask m) { return (unsigned)_mm256_movemask_pd(m); }
static inline double lanes_most(lanes a)
{
    __m128d half = _mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_max_sd(half, _mm_unpackhi_pd(half, half)));
}
static inline double lanes_least(lanes a)
{
    __m128d half = _mm_min_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_min_sd(half, _mm_unpackhi_pd(half, half)));
}
#elif LANES == 2
#include <emmintrin.h>
typedef __m128d lanes;
typedef __m128d lane_mask;
static inline lanes lanes_all(double a) { return _mm_set1_pd(a); }
static inline lanes lanes_load(const double *from) { return _mm_loadu_pd(from); }
static inline void lanes_store(double *to, lanes a) { _mm_storeu_pd(to, a); }
static inline lanes lanes_sqrt(lanes a) { return _mm_sqrt_pd(a); }
static inline lanes lanes_max(lanes a, lanes b) { return _mm_max_pd(a, b); }
static inline lanes lanes_min(lanes a, lanes b) { return _mm_min_pd(a, b); }
static inline lanes lanes_abs(lanes a) { return _mm_andnot_pd(_mm_set1_pd(-0.0), a); }
static inline lanes lanes_copysign(lanes size, lanes sign)
{
    return _mm_or_pd(_mm_and_pd(_mm_set1_pd(-0.0), sign), lanes_abs(size));
}
static inline lane_mask lanes_less(lanes a, lanes b) { return _mm_cmplt_pd(a, b); }
static inline lane_mask lanes_at_most(lanes a, lanes b) { return _mm_cmple_pd(a, b); }
static inline lane_mask lanes_equal(lanes a, lanes b) { return _mm_cmpeq_pd(a, b); }
static inline lane_mask mask_and(lane_mask a, lane_mask b) { return _mm_and_pd(a, b); }
static inline lane_mask mask_or(lane_mask a, lane_mask b) { return _mm_or_pd(a, b); }
static inline lane_mask mask_without(lane_mask a, lane_mask b) { return _mm_andnot_pd(b, a); }
static inline lanes lanes_pick(lane_mask m, lanes yes, lanes no)
{
    return _mm_or_pd(_mm_and_pd(m, yes), _mm_andnot_pd(m, no));
}
static inline unsigned mask_bits(lane_mask m) { return (unsigned)_mm_movemask_pd(m); }
static inline double lanes_most(lanes a) { return _mm_cvtsd_f64(_mm_max_sd(a, _mm_unpackhi_pd(a, a))); }
static inline double lanes_least(lanes a) { return _mm_cvtsd_f64(_mm_min_sd(a, _mm_unpackhi_pd(a, a))); }
#else
typedef double lanes;
typedef unsigned lane_mask; /* 0 or 1 */
static inline lanes lanes_all(double a) { return a; }
static inline lanes lanes_load(const double *from) { return *from; }
static inline void lanes_store(double *to, lanes a) { *to = a; }
static inline lanes lanes_sqrt(lanes a) { return sqrt(a); }
static inline lanes lanes_max(lanes a, lanes b) { return a > b ? a : b; }
static inline lanes lanes_min(lanes a, lanes b) { return a < b ? a : b; }
static inline lanes lanes_abs(lanes a) { return fabs(a); }
static inline lanes lanes_copysign(lanes size, lanes sign) { return copysign(size, sign); }
static inline lane_mask lanes_less(lanes a, lanes b) { return a < b; }
static inline lane_mask lanes_at_most(lanes a, lanes b) { return a <= b; }
static inline lane_mask lanes_equal(lanes a, lanes b) { return a == b; }
static inline lanes lanes_pick(lane_mask m, lanes yes, lanes no) { return m ? yes : no; }
static inline lane_mask mask_and(lane_mask a, lane_mask b) { return a & b; }
static inline lane_mask mask_or(lane_mask a, lane_mask b) { return a | b; }
static inline lane_mask mask_without(lane_mask a, lane_mask b) { return a & ~b; }
static inline unsigned mask_bits(lane_mask m) { return m; }
static inline double lanes_most(lanes a) { return a; }
static inline double lanes_least(lanes a) { return a; }
#endif

/* --- made of these --------------------------------------------------------------------------------------- */

struct lanes3 {
    lanes x, y, z;
};

static inline lanes lanes3_dot(struct lanes3 a, struct lanes3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline struct lanes3 lanes3_cross(struct lanes3 a, struct lanes3 b)
{
    return (struct lanes3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
/* Nobody is left where this is false. */
static inline int mask_any(lane_mask m) { return mask_bits(m) != 0; }

#endif
