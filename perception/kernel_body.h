/* perception/kernel_body.h - the loops of kernel.h, compiled once per instruction set. The including file has defined
 * LANES (floats of a vector), typedef vec, vec_fma(a, b, c), the tile sizes TILE_ROWS, TILE_VECTORS and ROW_VECTORS,
 * and KERNEL_TABLE and KERNEL_NAME; with BODY_AVX2 it may use those intrinsics. */
#include <math.h>
#include <string.h>

#include "logs/status.h"
#include "perception/kernel_math.h"
#include "perception/kernel_sets.h"

#ifdef KERNEL_TABLE /* else there is nothing to compile for */

#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
/* A loop whose count is a constant once its function is inlined: taken apart, so that arrays become registers. */
#define EACH(i, count)                                                                                                 \
    UNROLL                                                                                                             \
    for (size_t i = 0; i < (count); i++)
#define INLINE static inline __attribute__((always_inline))

INLINE vec vec_load(const float *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* The caller's numbers may end within the vector. */
INLINE vec load_some(const float *x, size_t count)
{
    vec v = {0};
    if (count >= LANES)
        return vec_load(x);
    for (size_t i = 0; i < count; i++)
        v[i] = x[i];
    return v;
}

INLINE void store(float *y, vec v, size_t count)
{
    if (count >= LANES)
        memcpy(y, &v, sizeof v);
    else
        for (size_t i = 0; i < count; i++)
            y[i] = v[i];
}

INLINE size_t row_of_b(const struct kernel_multiply *m, size_t k)
{
    return m->b_at ? (size_t)m->b_at[k] : k * m->b_step;
}

/* A tile of outputs stays in registers while k runs. `rows` and `vectors` are constants where this is inlined; so are
 * the steps of a packed left side. */
INLINE void tile_of(const struct kernel_multiply *m, const float *a, size_t a_row, size_t a_step, size_t row,
                    size_t column, size_t rows, size_t vectors)
{
    vec sum[TILE_ROWS > ROW_VECTORS ? TILE_ROWS : ROW_VECTORS][TILE_VECTORS > ROW_VECTORS ? TILE_VECTORS : ROW_VECTORS];
    const float *b = m->b + column;
    const size_t depth = m->depth;
    EACH (r, rows)
        EACH (v, vectors) {
            sum[r][v] = (vec){0};
            if (m->row_start)
                sum[r][v] += m->row_start[row + r];
            else if (m->column_start)
                sum[r][v] = load_some(m->column_start + column + v * LANES, m->columns - column - v * LANES);
        }
    for (size_t k = 0; k < depth; k++) {
        const float *b_row = b + row_of_b(m, k);
        vec right[TILE_VECTORS > ROW_VECTORS ? TILE_VECTORS : ROW_VECTORS];
        EACH (v, vectors)
            right[v] = vec_load(b_row + v * LANES);
        EACH (r, rows) {
            vec left = a[r * a_row + k * a_step] - (vec){0}; /* in every lane; minus 0 changes nothing, not even -0 */
            EACH (v, vectors)
                sum[r][v] = vec_fma(left, right[v], sum[r][v]);
        }
    }
    EACH (r, rows)
        EACH (v, vectors)
            store(m->y + (row + r) * m->y_row + column + v * LANES, sum[r][v], m->columns - column - v * LANES);
}

/* A tile never straddles two blocks of a packed left side. */
INLINE void tile(const struct kernel_multiply *m, size_t row, size_t column, size_t rows, size_t vectors)
{
    if (m->a_packed)
        tile_of(m, m->a + row / KERNEL_ROWS * KERNEL_ROWS * m->depth + row % KERNEL_ROWS, 1, KERNEL_ROWS, row, column,
                rows, vectors);
    else
        tile_of(m, m->a + row * m->a_row, m->a_row, m->a_step, row, column, rows, vectors);
}

INLINE void tile_rows(const struct kernel_multiply *m, size_t column, size_t vectors)
{
    size_t row = 0;
    for (; row + TILE_ROWS <= m->rows; row += TILE_ROWS)
        tile(m, row, column, TILE_ROWS, vectors);
    for (; TILE_ROWS > 4 && row + 4 <= m->rows; row += 4)
        tile(m, row, column, 4 < TILE_ROWS ? 4 : 1, vectors);
    for (; row < m->rows; row++)
        tile(m, row, column, 1, vectors);
}

static void body_multiply(const struct kernel_multiply *m)
{
    size_t column = 0;
    ASSERT(!m->row_start || !m->column_start);
    if (m->rows == 1)
        for (; column + ROW_VECTORS * LANES <= m->columns; column += ROW_VECTORS * LANES)
            tile(m, 0, column, 1, ROW_VECTORS);
    for (; column + (TILE_VECTORS - 1) * LANES < m->columns; column += TILE_VECTORS * LANES)
        tile_rows(m, column, TILE_VECTORS);
    for (; column < m->columns; column += LANES)
        tile_rows(m, column, 1);
}

#define MAP(expression)                                                                                                \
    do {                                                                                                               \
        for (size_t i = 0; i < count; i++) {                                                                           \
            float x = from[i];                                                                                         \
            y[i] = (expression);                                                                                       \
        }                                                                                                              \
    } while (0)

INLINE float clip(float x, float low, float high)
{
    float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

static void body_unary(enum kernel_unary function, float *y, const float *from, size_t count, float p, float q)
{
    switch (function) {
    case KERNEL_RELU: MAP(x < 0 ? 0 : x); break;
    case KERNEL_EXP: MAP((float)math_exp((double)x)); break;
    case KERNEL_TANH: MAP((float)math_tanh((double)x)); break;
    case KERNEL_SIGMOID: MAP((float)math_sigmoid((double)x)); break;
    case KERNEL_SQRT: MAP(sqrtf(x)); break;
    case KERNEL_NEG: MAP(-x); break;
    case KERNEL_ABS: MAP(fabsf(x)); break;
    case KERNEL_LEAKY_RELU: MAP(x < 0 ? p * x : x); break;
    case KERNEL_ELU: MAP(x < 0 ? (float)((double)p * (math_exp((double)x) - 1)) : x); break;
    case KERNEL_HARD_SIGMOID: MAP(clip(p * x + q, 0, 1)); break;
    case KERNEL_HARD_SWISH: MAP(x * clip(x * (1.0f / 6) + 0.5f, 0, 1)); break;
    case KERNEL_CLIP: MAP(clip(x, p, q)); break;
    case KERNEL_SCALE: MAP(p * x + q); break;
    }
}

INLINE float lesser(float a, float b) { return a < b || a != a ? a : b; }

INLINE float greater(float a, float b) { return a > b || a != a ? a : b; }

/* The four ways of walking are four loops, so that each can be vector code. */
#define PAIRS(expression)                                                                                              \
    do {                                                                                                               \
        if (a_step && b_step)                                                                                          \
            for (size_t i = 0; i < count; i++) {                                                                       \
                float a = left[i], b = right[i];                                                                       \
                y[i] = (expression);                                                                                   \
            }                                                                                                          \
        else if (a_step)                                                                                               \
            for (size_t i = 0; i < count; i++) {                                                                       \
                float a = left[i], b = *right;                                                                         \
                y[i] = (expression);                                                                                   \
            }                                                                                                          \
        else                                                                                                           \
            for (size_t i = 0; i < count; i++) {                                                                       \
                float a = *left, b = right[b_step ? i : 0];                                                            \
                y[i] = (expression);                                                                                   \
            }                                                                                                          \
    } while (0)

static void body_binary(enum kernel_binary function, float *y, const float *left, size_t a_step, const float *right,
                        size_t b_step, size_t count)
{
    ASSERT(a_step <= 1 && b_step <= 1);
    switch (function) {
    case KERNEL_ADD: PAIRS(a + b); break;
    case KERNEL_SUB: PAIRS(a - b); break;
    case KERNEL_MUL: PAIRS(a * b); break;
    case KERNEL_DIV: PAIRS(a / b); break;
    case KERNEL_MIN: PAIRS(lesser(a, b)); break;
    case KERNEL_MAX: PAIRS(greater(a, b)); break;
    case KERNEL_POW: PAIRS(kernel_pow(a, b)); break;
    }
}

INLINE double tree(const double part[8])
{
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

static double body_sum(const float *x, size_t count)
{
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++)
            part[lane] += (double)x[i + lane];
    for (; i < count; i++)
        part[i % 8] += (double)x[i];
    return tree(part);
}

static double body_sum_squares(const float *x, double mean, size_t count)
{
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++)
            part[lane] += ((double)x[i + lane] - mean) * ((double)x[i + lane] - mean);
    for (; i < count; i++)
        part[i % 8] += ((double)x[i] - mean) * ((double)x[i] - mean);
    return tree(part);
}

#ifdef BODY_AVX2
/* maddubs wants one unsigned side: |x|, with x's sign moved to w. Pairs stay below 2 * 127 * 127 < 2^15: exact. */
INLINE __m256i dot_step(__m256i sum, const int8_t *w, __m256i x, __m256i x_abs)
{
    __m256i weights = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(const void *)w), x);
    __m256i pairs = _mm256_maddubs_epi16(x_abs, weights);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE int32_t dot_total(__m256i sum)
{
    int32_t lanes[8];
    memcpy(lanes, &sum, sizeof lanes);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] + lanes[4] + lanes[5] + lanes[6] + lanes[7];
}

INLINE void dot_rows(int32_t *out, const int8_t *w, const int8_t *x, size_t rows, size_t depth)
{
    __m256i sum[4];
    EACH (r, rows)
        sum[r] = _mm256_setzero_si256();
    for (size_t k = 0; k < depth; k += KERNEL_I8_STEP) {
        __m256i right = _mm256_loadu_si256((const __m256i *)(const void *)(x + k)), right_abs = _mm256_abs_epi8(right);
        EACH (r, rows)
            sum[r] = dot_step(sum[r], w + r * depth + k, right, right_abs);
    }
    EACH (r, rows)
        out[r] = dot_total(sum[r]);
}

static void body_dot_i8(int32_t *out, const int8_t *w, const int8_t *x, size_t rows, size_t depth)
{
    size_t row = 0;
    ASSERT(depth % KERNEL_I8_STEP == 0);
    for (; row + 4 <= rows; row += 4)
        dot_rows(out + row, w + row * depth, x, 4, depth);
    for (; row < rows; row++)
        dot_rows(out + row, w + row * depth, x, 1, depth);
}
#else
static void body_dot_i8(int32_t *out, const int8_t *w, const int8_t *x, size_t rows, size_t depth)
{
    ASSERT(depth % KERNEL_I8_STEP == 0);
    for (size_t row = 0; row < rows; row++, w += depth) {
        int32_t sum = 0;
        for (size_t k = 0; k < depth; k++)
            sum += (int16_t)w[k] * (int16_t)x[k];
        out[row] = sum;
    }
}
#endif

static float body_peak(const float *x, size_t count)
{
    float part[8] = {0}, peak = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++) {
            float size = fabsf(x[i + lane]);
            part[lane] = ((size > part[lane]) | (size != size)) ? size : part[lane];
        }
    for (; i < count; i++) {
        float size = fabsf(x[i]);
        peak = ((size > peak) | (size != size)) ? size : peak;
    }
    for (size_t lane = 0; lane < 8; lane++)
        peak = ((part[lane] > peak) | (part[lane] != part[lane])) ? part[lane] : peak;
    return peak;
}

static void body_quantise(int8_t *q, const float *x, size_t count, float scale)
{
    const float shift = 0x1.8p23f; /* adding it rounds to an integer, ties to even */
    for (size_t i = 0; i < count; i++) {
        float scaled = x[i] * scale;
        scaled = scaled != scaled ? 0 : scaled;
        scaled = scaled < -127 ? -127 : scaled;
        scaled = scaled > 127 ? 127 : scaled;
        q[i] = (int8_t)(int32_t)((scaled + shift) - shift);
    }
}

static void body_stride(float *y, const float *x, size_t step, size_t count)
{
    if (step == 1)
        memcpy(y, x, count * sizeof *y);
    else if (step == 2)
        for (size_t i = 0; i < count; i++)
            y[i] = x[2 * i];
    else
        for (size_t i = 0; i < count; i++)
            y[i] = x[i * step];
}

INLINE float larger(float old, float x)
{
    return ((x > old) | (x != x)) ? x : old; /* no jump, so that it can be vector code */
}

static void body_stride_max(float *y, const float *x, size_t step, size_t count)
{
    if (step == 1)
        for (size_t i = 0; i < count; i++)
            y[i] = larger(y[i], x[i]);
    else if (step == 2)
        for (size_t i = 0; i < count; i++)
            y[i] = larger(y[i], x[2 * i]);
    else
        for (size_t i = 0; i < count; i++)
            y[i] = larger(y[i], x[i * step]);
}

/* Eight numbers whatever the set: rows of pooled maps are short. */
typedef float eight __attribute__((vector_size(32)));
typedef int32_t eight_bits __attribute__((vector_size(32)));

INLINE eight load_eight(const float *x)
{
    eight v;
    memcpy(&v, x, sizeof v);
    return v;
}

INLINE eight larger_eight(eight old, eight x)
{
    eight_bits take = (x > old) | (x != x);
    return (eight)(((eight_bits)x & take) | ((eight_bits)old & ~take));
}

#ifdef BODY_AVX2
/* gcc 12 takes the general form below apart, number by number. */
INLINE void part_eight(eight left, eight right, eight *even, eight *odd)
{
    __m256 evens = _mm256_shuffle_ps((__m256)left, (__m256)right, 0x88),
           odds = _mm256_shuffle_ps((__m256)left, (__m256)right, 0xdd);
    *even = (eight)_mm256_permute4x64_pd((__m256d)evens, 0xd8);
    *odd = (eight)_mm256_permute4x64_pd((__m256d)odds, 0xd8);
}
#else
INLINE void part_eight(eight left, eight right, eight *even, eight *odd)
{
    *even = __builtin_shufflevector(left, right, 0, 2, 4, 6, 8, 10, 12, 14);
    *odd = __builtin_shufflevector(left, right, 1, 3, 5, 7, 9, 11, 13, 15);
}
#endif

static void body_pool_2x2(float *y, const float *x, size_t x_row, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++, y += columns, x += 2 * x_row) {
        size_t c = 0;
        for (; c + 8 <= columns; c += 8) {
            eight left = larger_eight(load_eight(x + 2 * c), load_eight(x + x_row + 2 * c));
            eight right = larger_eight(load_eight(x + 2 * c + 8), load_eight(x + x_row + 2 * c + 8));
            eight even, odd, most;
            part_eight(left, right, &even, &odd);
            most = larger_eight(even, odd);
            memcpy(y + c, &most, sizeof most);
        }
        for (; c < columns; c++)
            y[c] = larger(larger(x[2 * c], x[x_row + 2 * c]), larger(x[2 * c + 1], x[x_row + 2 * c + 1]));
    }
}

const struct kernel KERNEL_TABLE = {
    .name = KERNEL_NAME,
    .multiply = body_multiply,
    .unary = body_unary,
    .binary = body_binary,
    .sum = body_sum,
    .sum_squares = body_sum_squares,
    .dot_i8 = body_dot_i8,
    .stride = body_stride,
    .stride_max = body_stride_max,
    .pool_2x2 = body_pool_2x2,
    .peak = body_peak,
    .quantise = body_quantise,
};

#endif
