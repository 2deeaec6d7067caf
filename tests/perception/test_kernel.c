/* The sets of kernels agree in every bit; the polynomials keep their promise; int8 is exact. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/seed.h"
#include "logs/status.h"
#include "perception/kernel.h"

static const char *const names[] = {"avx2", "avx512"};

static float any_float(struct seed_stream *random)
{
    uint32_t bits = (uint32_t)seed_u64(random);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Numbers as they occur, and now and then any bits at all: infinities, NaN, the smallest there are. */
static void fill(struct seed_stream *random, float *x, size_t count, bool wild)
{
    for (size_t i = 0; i < count; i++)
        x[i] = wild && seed_below(random, 4) == 0 ? any_float(random) : (float)seed_gaussian(random);
}

/* Bit for bit; one NaN is as good as another. */
static bool same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) && !(isnan(a[i]) && isnan(b[i]))) {
            print_message("number %zu: %a and %a\n", i, (double)a[i], (double)b[i]);
            return false;
        }
    return true;
}

enum { ROWS = 11, COLUMNS = 150, DEPTH = 37, ROOM = COLUMNS + KERNEL_SLACK };

/* The definition in kernel.h, with the C library's fmaf. */
static void reference(const struct kernel_multiply *m, float *y)
{
    for (size_t r = 0; r < m->rows; r++)
        for (size_t j = 0; j < m->columns; j++) {
            float sum = m->row_start ? m->row_start[r] : m->column_start ? m->column_start[j] : 0;
            for (size_t k = 0; k < m->depth; k++)
                sum = fmaf(m->a[r * m->a_row + k * m->a_step], m->b[(m->b_at ? (size_t)m->b_at[k] : k * m->b_step) + j],
                           sum);
            y[r * m->y_row + j] = sum;
        }
}

static void check_multiply(struct seed_stream *random, bool wild)
{
    static float a[ROWS * DEPTH], b[DEPTH * ROOM + KERNEL_SLACK], start[COLUMNS], wanted[ROWS * COLUMNS],
        got[ROWS * COLUMNS];
    static float blocks[(ROWS + KERNEL_ROWS) * DEPTH];
    int32_t at[DEPTH];
    for (size_t k = 0; k < DEPTH; k++)
        at[k] = (int32_t)(seed_below(random, DEPTH) * ROOM);
    fill(random, a, COUNT_OF(a), wild);
    fill(random, b, COUNT_OF(b), wild);
    fill(random, start, COUNT_OF(start), wild);
    struct kernel_multiply m = {.a = a,
                                .a_row = DEPTH,
                                .a_step = 1,
                                .b = b,
                                .b_step = ROOM,
                                .y_row = COLUMNS,
                                .rows = 1 + seed_below(random, ROWS),
                                .columns = 1 + seed_below(random, COLUMNS),
                                .depth = seed_below(random, 2) ? DEPTH : seed_below(random, DEPTH)};
    if (seed_below(random, 2))
        m.b_at = at;
    if (seed_below(random, 2))
        m.a_row = 1, m.a_step = ROWS;
    switch (seed_below(random, 3)) {
    case 0: m.row_start = start; break;
    case 1: m.column_start = start; break;
    default: break;
    }
    memset(wanted, 0, sizeof wanted);
    reference(&m, wanted);
    for (size_t i = 0; i <= COUNT_OF(names); i++) {
        const struct kernel *kernel = kernel_named(i ? names[i - 1] : "scalar");
        if (!kernel)
            continue;
        memset(got, 0, sizeof got);
        m.y = got;
        kernel->multiply(&m);
        assert_true(same(wanted, got, COUNT_OF(got)));
        if (m.a_step != 1 || m.depth != DEPTH)
            continue;
        struct kernel_multiply packed = m;
        kernel_pack_rows(blocks, a, m.rows, DEPTH);
        packed.a = blocks;
        packed.a_packed = true;
        memset(got, 0, sizeof got);
        kernel->multiply(&packed);
        assert_true(same(wanted, got, COUNT_OF(got)));
    }
}

static void test_multiply(void **state)
{
    struct seed_stream random = seed_stream_named(1, "kernel.multiply");
    (void)state;
    for (int i = 0; i < 800; i++)
        check_multiply(&random, i % 2);
}

/* Whatever software does in place of the instruction is what C defines, for sums near a tie above all. */
static void test_fused_in_software(void **state)
{
    struct seed_stream random = seed_stream_named(2, "kernel.fused");
    const struct kernel *kernel = kernel_named("scalar");
    (void)state;
    for (int i = 0; i < 300000; i++) {
        float a = any_float(&random), b[4 + KERNEL_SLACK] = {any_float(&random)}, c = any_float(&random), y, wanted;
        if (i % 3 == 0) /* the product's last bits just at c's rounding point */
            c = (float)((double)a * (double)b[0] * ldexp(1.0, (int)seed_below(&random, 60) - 30));
        kernel->multiply(
            &(struct kernel_multiply){.a = &a, .b = b, .row_start = &c, .y = &y, .rows = 1, .columns = 1, .depth = 1});
        wanted = fmaf(a, b[0], c);
        assert_true(same(&wanted, &y, 1));
    }
}

static void test_sets_agree(void **state)
{
    struct seed_stream random = seed_stream_named(3, "kernel.sets");
    static float a[500], b[500], wanted[500], got[500];
    const struct kernel *scalar = kernel_named("scalar");
    (void)state;
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const struct kernel *kernel = kernel_named(names[n]);
        if (!kernel) {
            print_message("this processor has no %s\n", names[n]);
            continue;
        }
        for (int round = 0; round < 60; round++) {
            size_t count = seed_below(&random, 501);
            float p = (float)seed_gaussian(&random), q = p + 1;
            fill(&random, a, COUNT_OF(a), round % 2);
            fill(&random, b, COUNT_OF(b), round % 2);
            for (int f = KERNEL_RELU; f <= KERNEL_SCALE; f++) {
                scalar->unary((enum kernel_unary)f, wanted, a, count, p, q);
                kernel->unary((enum kernel_unary)f, got, a, count, p, q);
                assert_true(same(wanted, got, count));
            }
            for (int f = KERNEL_ADD; f <= KERNEL_POW; f++)
                for (size_t steps = 0; steps < 4; steps++) {
                    scalar->binary((enum kernel_binary)f, wanted, a, steps & 1, b, steps >> 1, count);
                    kernel->binary((enum kernel_binary)f, got, a, steps & 1, b, steps >> 1, count);
                    assert_true(same(wanted, got, count));
                }
            fill(&random, a, COUNT_OF(a), false);
            assert_true(scalar->sum(a, count) == kernel->sum(a, count));
            assert_true(scalar->sum_squares(a, 0.3, count) == kernel->sum_squares(a, 0.3, count));
            assert_true(scalar->peak(a, count) == kernel->peak(a, count));
            size_t columns = 1 + seed_below(&random, 20);
            scalar->pool_2x2(wanted, b, 2 * columns + 1, 4, columns);
            kernel->pool_2x2(got, b, 2 * columns + 1, 4, columns);
            assert_true(same(wanted, got, 4 * columns));
            for (size_t step = 1; step <= 3; step++) {
                memcpy(wanted, b, sizeof b);
                memcpy(got, b, sizeof b);
                scalar->stride_max(wanted, a, step, count / step);
                kernel->stride_max(got, a, step, count / step);
                assert_true(same(wanted, got, COUNT_OF(b)));
                scalar->stride(wanted, a, step, count / step);
                kernel->stride(got, a, step, count / step);
                assert_true(same(wanted, got, COUNT_OF(b)));
            }
        }
    }
}

/* In units of the result's last place. */
static double error_ulp(float got, double wanted)
{
    double ulp = ldexp(1, (fabs(wanted) < ldexp(1, -126) ? -126 : ilogb(wanted)) - 23);
    return fabs((double)got - wanted) / ulp;
}

static void test_polynomials(void **state)
{
    struct seed_stream random = seed_stream_named(4, "kernel.polynomials");
    double worst[4] = {0};
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        float x = i % 2 ? (float)seed_between(&random, -104, 88.7)
                        : (float)(seed_gaussian(&random) * pow(10, seed_between(&random, -8, 1)));
        if (!(x > -104 && x < 88.7f))
            continue;
        worst[0] = fmax(worst[0], error_ulp(kernel_exp(x), exp((double)x)));
        worst[1] = fmax(worst[1], error_ulp(kernel_tanh(x), tanh((double)x)));
        worst[2] = fmax(worst[2], error_ulp(kernel_sigmoid(x), 1 / (1 + exp(-(double)x))));
        float base = fabsf(x), exponent = (float)seed_between(&random, -3, 3);
        double power = pow((double)base, (double)exponent);
        if (base > 0 && power < 1e38 && power > 1e-37)
            worst[3] = fmax(worst[3], error_ulp(kernel_pow(base, exponent), power));
    }
    print_message("figure: worst error exp %.4f, tanh %.4f, sigmoid %.4f, pow %.4f ulp\n", worst[0], worst[1], worst[2],
                  worst[3]);
    assert_true(worst[0] < 0.51 && worst[1] < 0.51 && worst[2] < 0.51 && worst[3] < 1);
}

static void test_edges(void **state)
{
    (void)state;
    assert_true(kernel_exp(INFINITY) == INFINITY && kernel_exp(-INFINITY) == 0 && isnan(kernel_exp(NAN)) &&
                kernel_exp(0) == 1);
    assert_true(kernel_exp(89) == INFINITY && kernel_exp(-104) == 0 && kernel_exp(-100) > 0);
    assert_true(kernel_tanh(INFINITY) == 1 && kernel_tanh(-INFINITY) == -1 && isnan(kernel_tanh(NAN)) &&
                kernel_tanh(0) == 0);
    assert_true(kernel_sigmoid(INFINITY) == 1 && kernel_sigmoid(-INFINITY) == 0 && isnan(kernel_sigmoid(NAN)));
    const float special[] = {0, -0.0f, 1, -1, 2, -2, 3, 0.5f, -0.5f, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < COUNT_OF(special); i++)
        for (size_t j = 0; j < COUNT_OF(special); j++) {
            float got = kernel_pow(special[i], special[j]), wanted = powf(special[i], special[j]);
            if (isnan(wanted))
                assert_true(isnan(got));
            else
                assert_true(got == wanted || error_ulp(got, (double)wanted) <= 1);
        }
}

static void test_int8(void **state)
{
    struct seed_stream random = seed_stream_named(5, "kernel.int8");
    static int8_t w[13 * 256], x[256];
    int32_t got[13];
    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t rows = 1 + seed_below(&random, 13), depth = KERNEL_I8_STEP * (1 + seed_below(&random, 8));
        for (size_t i = 0; i < sizeof w; i++)
            w[i] = (int8_t)(round % 3 ? (int)seed_below(&random, 255) - 127 : seed_below(&random, 2) ? 127 : -127);
        for (size_t i = 0; i < sizeof x; i++)
            x[i] = (int8_t)(round % 3 ? (int)seed_below(&random, 255) - 127 : seed_below(&random, 2) ? 127 : -127);
        for (size_t n = 0; n <= COUNT_OF(names); n++) {
            const struct kernel *kernel = kernel_named(n ? names[n - 1] : "scalar");
            if (!kernel)
                continue;
            kernel->dot_i8(got, w, x, rows, depth);
            for (size_t r = 0; r < rows; r++) {
                int64_t wanted = 0;
                for (size_t k = 0; k < depth; k++)
                    wanted += (int64_t)w[r * depth + k] * x[k];
                assert_int_equal(got[r], wanted);
            }
        }
    }
}

static void test_quantise(void **state)
{
    const float x[] = {0, 0.5f, 1.5f, -0.5f, -1.5f, 126.6f, 1e9f, -1e9f, NAN, INFINITY};
    const int8_t wanted[] = {0, 0, 2, 0, -2, 127, 127, -127, 0, 127};
    int8_t got[COUNT_OF(x)];
    (void)state;
    for (size_t n = 0; n <= COUNT_OF(names); n++) {
        const struct kernel *kernel = kernel_named(n ? names[n - 1] : "scalar");
        if (!kernel)
            continue;
        kernel->quantise(got, x, COUNT_OF(x), 1);
        assert_memory_equal(got, wanted, sizeof wanted);
        assert_true(isnan(kernel->peak(x, COUNT_OF(x))) && kernel->peak(x, 5) == 1.5f &&
                    kernel->peak(x + 9, 1) == INFINITY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply),   cmocka_unit_test(test_fused_in_software),
        cmocka_unit_test(test_sets_agree), cmocka_unit_test(test_polynomials),
        cmocka_unit_test(test_edges),      cmocka_unit_test(test_int8),
        cmocka_unit_test(test_quantise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
