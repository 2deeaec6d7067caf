/* perception/kernel.h - the inner loops of neural networks, with one order of every sum on every processor.
 *
 * The loops are written once, in kernel_body.h, and compiled for several instruction sets; kernel_best() picks at run
 * time. They give the same bits by construction:
 *   - a product-sum is one chain per output, from its start value through k = 0, 1, 2 ... by fused multiply-add, which
 * IEEE 754 rounds once. Vectors hold neighbouring outputs, so their width changes nothing. A processor without the
 * instruction computes the same rounding in software (double precision, round to odd), some 15 times slower;
 *   - int8 product-sums are integers, and exact;
 *   - other sums are 8 partial sums (element i into i mod 8), added as ((0+4)+(2+6))+((1+5)+(3+7));
 *   - exp, tanh, sigmoid and pow are our own polynomials in double precision, rounded once: not libm, whose bits depend
 * on the processor. They are off by at most 0.51 units in the last place of the float (pow: 1, for results in the
 * normal range). No memory is allocated; nothing fails. */
#ifndef PERCEPTION_KERNEL_H
#define PERCEPTION_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KERNEL_PANEL = 64,   /* columns of a packed panel */
    KERNEL_ROWS = 8,     /* rows of a packed block */
    KERNEL_SLACK = 16,   /* floats past the last column of b that may be read (never used) */
    KERNEL_I8_STEP = 32, /* int8 rows are padded with zeros to a multiple of this */
};

/* y[r][j] = start + sum over k of a[r][k] * b[at(k) + j], at(k) = b_at ? b_at[k] : k * b_step. a[r][k] is a[r * a_row +
 * k * a_step], or, packed by kernel_pack_rows, blocks of KERNEL_ROWS rows side by side. */
struct kernel_multiply {
    const float *a;
    bool a_packed;
    size_t a_row, a_step;
    const float *b;
    const int32_t *b_at;
    size_t b_step;
    const float *row_start, *column_start; /* start[r] or start[j]; both NULL: 0. Not both. */
    float *y;
    size_t y_row; /* from a row of y to the next */
    size_t rows, columns, depth;
};

enum kernel_unary {
    KERNEL_RELU,
    KERNEL_EXP,
    KERNEL_TANH,
    KERNEL_SIGMOID,
    KERNEL_SQRT,
    KERNEL_NEG,
    KERNEL_ABS,
    KERNEL_LEAKY_RELU,   /* x < 0 ? p * x : x */
    KERNEL_ELU,          /* x < 0 ? p * (exp(x) - 1) : x */
    KERNEL_HARD_SIGMOID, /* max(0, min(1, p * x + q)) */
    KERNEL_HARD_SWISH,   /* x * max(0, min(1, x / 6 + 0.5)) */
    KERNEL_CLIP,         /* min(max(x, p), q); NaN stays */
    KERNEL_SCALE,        /* p * x + q, two roundings */
};
enum kernel_binary { KERNEL_ADD, KERNEL_SUB, KERNEL_MUL, KERNEL_DIV, KERNEL_MIN, KERNEL_MAX, KERNEL_POW };

struct kernel {
    const char *name;
    void (*multiply)(const struct kernel_multiply *m);
    void (*unary)(enum kernel_unary function, float *y, const float *x, size_t count, float p, float q);
    /* A step of 0 repeats the first element, 1 walks on. NaN in either operand of min and max gives NaN. */
    void (*binary)(enum kernel_binary function, float *y, const float *a, size_t a_step, const float *b, size_t b_step,
                   size_t count);
    double (*sum)(const float *x, size_t count);
    double (*sum_squares)(const float *x, double mean, size_t count); /* of x - mean */
    /* out[r] = sum of w[r * depth + k] * x[k]; depth a multiple of KERNEL_I8_STEP; all numbers within -127..127. */
    void (*dot_i8)(int32_t *out, const int8_t *w, const int8_t *x, size_t rows, size_t depth);
    /* The largest magnitude; NaN if any is. */
    float (*peak)(const float *x, size_t count);
    /* q[i] = x[i] * scale rounded to even, within -127..127; NaN becomes 0. */
    void (*quantise)(int8_t *q, const float *x, size_t count, float scale);
    /* Copies every step-th float. */
    void (*stride)(float *y, const float *x, size_t step, size_t count);
    /* y = max(y, every step-th x); NaN in x is taken over. */
    void (*stride_max)(float *y, const float *x, size_t step, size_t count);
    /* The largest of 2 x 2 numbers, for `rows` x `columns` outputs; rows of x are x_row apart. NaN wins. */
    void (*pool_2x2)(float *y, const float *x, size_t x_row, size_t rows, size_t columns);
};

/* The fastest set this processor has; by name ("scalar", "avx2", "avx512") the one asked for, or NULL if it cannot run
 * here. */
const struct kernel *kernel_best(void);
const struct kernel *kernel_named(const char *name);

/* Single numbers, by the same polynomials. */
float kernel_exp(float x);
float kernel_tanh(float x);
float kernel_sigmoid(float x);
float kernel_pow(float x, float y);

/* y = packed panels of the k x n matrix b, element (k, j) at b[k * b_row + j * b_column]: panel after panel of
 * KERNEL_PANEL columns, row after row of k, columns past n filled with 0. Holds kernel_packed_size(k, n) floats. */
size_t kernel_packed_size(size_t depth, size_t columns);
void kernel_pack(float *y, const float *b, size_t b_row, size_t b_column, size_t depth, size_t columns);
/* y = the left side, rows x depth and row-major, in blocks: element (r, k) at y[(r / KERNEL_ROWS * depth + k) *
 * KERNEL_ROWS + r % KERNEL_ROWS]. Holds kernel_packed_rows_size() floats. */
size_t kernel_packed_rows_size(size_t rows, size_t depth);
void kernel_pack_rows(float *y, const float *a, size_t rows, size_t depth);
/* The product with packed panels; m->b, b_at and b_step are ignored. */
void kernel_multiply_packed(const struct kernel *kernel, struct kernel_multiply m, const float *packed);

#endif
