#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "logs/seed.h"
#include "logs/status.h"

enum { DRAWS = 400000 };

/* Every sum below is of DRAWS independent terms: six standard errors let one in 500 million good generators fail, and
 * the seeds are fixed, so what passes once passes always. */
static void assert_near(const char *what, double value, double wanted, double deviation)
{
    double limit = 6 * deviation / sqrt(DRAWS);
    if (fabs(value - wanted) > limit)
        fail_msg("%s is %.6f, wanted %.6f +- %.6f", what, value, wanted, limit);
}

static void moments_are_those_of_the_distributions(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(7, "test.moments");
    double uniform[3] = {0}, gauss[5] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double u = seed_uniform(&stream), g = seed_gaussian(&stream);
        assert_true(u >= 0 && u < 1 && isfinite(g));
        uniform[1] += u / DRAWS;
        uniform[2] += u * u / DRAWS;
        for (int power = 1; power < 5; power++)
            gauss[power] += pow(g, power) / DRAWS;
    }
    assert_near("uniform mean", uniform[1], 0.5, sqrt(1.0 / 12));
    assert_near("uniform square", uniform[2], 1.0 / 3, sqrt(4.0 / 45));
    assert_near("gaussian mean", gauss[1], 0, 1);
    assert_near("gaussian variance", gauss[2], 1, sqrt(2));
    assert_near("gaussian skew", gauss[3], 0, sqrt(15));
    assert_near("gaussian fourth moment", gauss[4], 3, sqrt(96));
}

/* Pearson's statistic over `bins` equal bins has mean bins - 1 and variance 2 (bins - 1). */
static void assert_flat(const char *what, const uint32_t *counts, int bins)
{
    double expected = (double)DRAWS / bins, sum = 0;
    for (int i = 0; i < bins; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    double limit = 6 * sqrt(2.0 * (bins - 1));
    if (fabs(sum - (bins - 1)) > limit)
        fail_msg("%s: chi-square %.1f over %d bins, wanted %d +- %.1f", what, sum, bins, bins - 1, limit);
}

static void bits_are_uniform(void **state)
{
    (void)state;
    uint32_t top[256] = {0}, low[256] = {0}, pair[256] = {0}, below[7] = {0};
    struct seed_stream stream = seed_stream_named(0, "test.bits"), dice = seed_stream_named(0, "test.dice");
    uint64_t before = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t draw = seed_u64(&stream);
        top[draw >> 56]++;
        low[draw & 255]++;
        pair[(draw >> 60 << 4) | before >> 60]++; /* with the draw before */
        before = draw;
        uint64_t face = seed_below(&dice, 7);
        assert_true(face < 7);
        below[face]++;
    }
    assert_flat("top byte", top, 256);
    assert_flat("low byte", low, 256);
    assert_flat("neighbours", pair, 256);
    assert_flat("seven faces", below, 7);
    for (int i = 0; i < 100; i++)
        assert_int_equal(seed_below(&dice, 1), 0);
}

static double correlation(struct seed_stream a, struct seed_stream b)
{
    double sum = 0;
    for (int i = 0; i < DRAWS; i++)
        sum += (seed_uniform(&a) - 0.5) * (seed_uniform(&b) - 0.5) * 12 / DRAWS;
    return sum;
}

static void streams_are_independent(void **state)
{
    (void)state;
    struct seed_stream lidar = seed_stream_named(1, "lidar.range_noise"), later = lidar;
    later.counter = 1;
    assert_near("another name", correlation(lidar, seed_stream_named(1, "lidar.range_noisf")), 0, 1);
    assert_near("a longer name", correlation(lidar, seed_stream_named(1, "lidar.range_noise2")), 0, 1);
    assert_near("the next seed", correlation(lidar, seed_stream_named(2, "lidar.range_noise")), 0, 1);
    assert_near("a far seed", correlation(lidar, seed_stream_named(1 | 1ull << 63, "lidar.range_noise")), 0, 1);
    assert_near("the next draw", correlation(lidar, later), 0, 1);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void keys_do_not_collide(void **state)
{
    (void)state;
    static uint64_t keys[300 * 300];
    size_t count = 0;
    for (uint64_t seed = 0; seed < 300; seed++)
        for (int i = 0; i < 300; i++) {
            char name[32];
            snprintf(name, sizeof name, "actor.%d", i);
            keys[count++] = seed_stream_named(seed, name).key;
        }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        assert_true(keys[i] != keys[i - 1]);
}

static void a_stream_is_its_key_and_counter(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(5, "test.restore"), other = seed_stream_named(5, "test.restore");
    for (int i = 0; i < 10; i++)
        seed_gaussian(&stream);
    assert_int_equal(stream.counter, 20); /* two draws each, whatever came out */
    other.counter = 20;
    assert_true(seed_u64(&stream) == seed_u64(&other));
    for (int i = 0; i < 1000; i++) {
        double value = seed_between(&stream, -2, 3);
        assert_true(value >= -2 && value < 3);
    }
}

/* Logs are re-simulated from their seed: other numbers would make every old log diverge. */
static void the_numbers_are_pinned(void **state)
{
    (void)state;
    static const uint64_t wanted[] = {0x355fb773fabc953u, 0x27e7e49a892cd4a1u, 0x2766607732e1a4fu};
    struct seed_stream stream = seed_stream_named(42, "lidar.range_noise");
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_true(seed_u64(&stream) == wanted[i]);
}

/* Every order of four items comes as often as every other: 24,000 draws, chi-square with 23 degrees of freedom at 1e-6. */
static void shuffles_are_even(void **state)
{
    enum { SHUFFLES = 24000, ORDERS = 24 };
    struct seed_stream stream = seed_stream_named(5, "shuffle");
    uint32_t times[256] = {0};
    double expected = (double)SHUFFLES / ORDERS, chi2 = 0;
    int seen = 0;
    (void)state;
    for (int i = 0; i < SHUFFLES; i++) {
        uint8_t items[4] = {0, 1, 2, 3};
        seed_shuffle(&stream, items, 4, 1);
        assert_int_equal(1 << items[0] | 1 << items[1] | 1 << items[2] | 1 << items[3], 15);
        times[items[0] << 6 | items[1] << 4 | items[2] << 2 | items[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        double off = times[i] - expected;
        seen += times[i] > 0;
        chi2 += times[i] ? off * off / expected : 0;
    }
    assert_int_equal(seen, ORDERS);
    assert_true(chi2 < 75);
    assert_int_equal(stream.counter, 3 * SHUFFLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_the_distributions),
        cmocka_unit_test(bits_are_uniform),
        cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(keys_do_not_collide),
        cmocka_unit_test(a_stream_is_its_key_and_counter),
        cmocka_unit_test(the_numbers_are_pinned),
        cmocka_unit_test(shuffles_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
