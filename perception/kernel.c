#include "perception/kernel.h"

#include <math.h>
#include <string.h>

#include "logs/status.h"
#include "perception/kernel_math.h"
#include "perception/kernel_sets.h"

static bool is_always(void) { return true; }

#ifdef __x86_64__
static bool has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static bool has_avx512(void) { return has_avx2() && __builtin_cpu_supports("avx512f"); }
#endif

/* Best first. */
static const struct {
    const struct kernel *kernel;
    bool (*runs_here)(void);
} sets[] = {
#ifdef __x86_64__
    {&kernel_avx512, has_avx512},
    {&kernel_avx2, has_avx2},
#endif
    {&kernel_scalar, is_always},
};

const struct kernel *kernel_best(void) { return kernel_named(NULL); }

const struct kernel *kernel_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        if ((!name || !strcmp(sets[i].kernel->name, name)) && sets[i].runs_here())
            return sets[i].kernel; /* a baseline processor ends at the last */
    return NULL;
}

float kernel_exp(float x) { return (float)math_exp((double)x); }

float kernel_tanh(float x) { return (float)math_tanh((double)x); }

float kernel_sigmoid(float x) { return (float)math_sigmoid((double)x); }

/* C's rules for pow: zeros, infinities and NaN first, then exp(y log |x|), the sign from an odd integer y. */
float kernel_pow(float x, float y)
{
    bool is_integer = truncf(y) == y, is_odd = is_integer && fabsf(y) < 0x1p24f && ((int32_t)y & 1);
    float size = fabsf(x);
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y)
        return x + y;
    if (y == 2) /* what networks ask for most; rounded once */
        return x * x;
    if (isinf(y))
        return size == 1 ? 1 : (size > 1) == (y > 0) ? INFINITY : 0;
    if (size == 0 || isinf(size)) {
        float result = (size == 0) == (y > 0) ? 0 : INFINITY;
        return is_odd ? copysignf(result, x) : result;
    }
    if (x < 0 && !is_integer)
        return NAN;
    float result = (float)math_exp((double)y * math_log((double)size));
    return x < 0 && is_odd ? -result : result;
}

size_t kernel_packed_size(size_t depth, size_t columns)
{
    /* The last panel is only as wide as its vectors: rounded up to the slack. */
    size_t rest = columns % KERNEL_PANEL, whole = columns - rest;
    return depth * (whole + (rest + KERNEL_SLACK - 1) / KERNEL_SLACK * KERNEL_SLACK) + KERNEL_SLACK;
}

static size_t panel_width(size_t columns, size_t first)
{
    ASSERT(first < columns);
    size_t left = columns - first;
    return left >= KERNEL_PANEL ? KERNEL_PANEL : (left + KERNEL_SLACK - 1) / KERNEL_SLACK * KERNEL_SLACK;
}

void kernel_pack(float *y, const float *b, size_t b_row, size_t b_column, size_t depth, size_t columns)
{
    for (size_t first = 0; first < columns; first += KERNEL_PANEL) {
        size_t width = panel_width(columns, first);
        for (size_t k = 0; k < depth; k++)
            for (size_t j = 0; j < width; j++)
                *y++ = first + j < columns ? b[k * b_row + (first + j) * b_column] : 0;
    }
    memset(y, 0, KERNEL_SLACK * sizeof *y);
}

size_t kernel_packed_rows_size(size_t rows, size_t depth)
{
    return (rows + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS * depth;
}

void kernel_pack_rows(float *y, const float *a, size_t rows, size_t depth)
{
    for (size_t block = 0; block < rows; block += KERNEL_ROWS)
        for (size_t k = 0; k < depth; k++)
            for (size_t r = block; r < block + KERNEL_ROWS; r++)
                *y++ = r < rows ? a[r * depth + k] : 0;
}

void kernel_multiply_packed(const struct kernel *kernel, struct kernel_multiply m, const float *packed)
{
    size_t columns = m.columns;
    float *y = m.y;
    const float *start = m.column_start;
    ASSERT(!m.row_start);
    for (size_t first = 0; first < columns; first += KERNEL_PANEL) {
        m.b = packed + first * m.depth;
        m.b_at = NULL;
        m.b_step = panel_width(columns, first);
        m.y = y + first;
        m.column_start = start ? start + first : NULL;
        m.columns = columns - first < KERNEL_PANEL ? columns - first : KERNEL_PANEL;
        kernel->multiply(&m);
    }
}
