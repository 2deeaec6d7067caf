/* Trials put together: sums, intervals, and the test of pairs against numbers worked out by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/evaluation.h"
#include "tui/train_trials.h"

enum { TRIALS = 2, ROUNDS = 2, WORLDS = 70 };

/* Every world with its bit set in `reached`: 0..63 and 64..69. */
static void judge(struct train_round *round, uint64_t reached, uint64_t reached_above, size_t samples, double loss)
{
    struct train_verdict *v = &round->verdict;
    v->episodes = WORLDS;
    v->reached[0] = reached;
    v->reached[1] = reached_above;
    v->successes = (size_t)__builtin_popcountll(reached) + (size_t)__builtin_popcountll(reached_above);
    v->collisions = WORLDS - v->successes;
    v->spl = (double)v->successes / WORLDS;
    round->samples_all = samples;
    round->fit = (struct train_epoch){.loss = loss, .validation = 2 * loss};
    round->curve[0] = round->fit;
    round->curve_count = 1;
}

/* After the last round, of 140 worlds: both 4, only the first 1, only the second 9, neither 126. */
static struct train_trials trials_of(void)
{
    struct train_trials trials = {
        .count = TRIALS, .ways = {{"one", 1}, {"two", 0.5}}, .way_count = 2, .round_count = ROUNDS};
    trials.round = NEW_ARRAY(2 * TRIALS * ROUNDS, struct train_round);
    for (size_t i = 0; i < 2 * TRIALS * ROUNDS; i++)
        judge(&trials.round[i], 0, 0, 100, 1);
    judge(&trials.round[0 * ROUNDS + 1], 0xf, 0, 200, 0.25); /* one: 4 of them, then 1 */
    judge(&trials.round[1 * ROUNDS + 1], 1, 0, 200, 0.75);
    judge(&trials.round[2 * ROUNDS + 1], 0xff, 0x1f, 200, 0.5); /* two: 13, of which 4 are shared; then none */
    judge(&trials.round[3 * ROUNDS + 1], 0, 0, 200, 0.5);
    return trials;
}

static void test_pool(void **state)
{
    (void)state;
    struct train_trials trials = trials_of();
    struct train_pool first = train_trials_pool(&trials, 0, 0), one = train_trials_pool(&trials, 0, 1),
                      two = train_trials_pool(&trials, 1, 1);
    assert_int_equal(first.successes, 0);
    assert_int_equal(first.samples, 100);
    assert_int_equal(one.episodes, 2 * WORLDS);
    assert_int_equal(one.successes, 5);
    assert_int_equal(one.collisions, 135);
    assert_int_equal(one.least, 1);
    assert_int_equal(one.most, 4);
    assert_int_equal(two.successes, 13);
    assert_true(fabs(one.loss - 0.5) < 1e-12 && fabs(one.validation - 1) < 1e-12);
    assert_true(fabs(one.spl - 2.5 / WORLDS) < 1e-12);
    train_trials_clear(&trials);
}

static void test_wilson(void **state)
{
    (void)state;
    double low, high;
    evaluation_wilson(0, 10, &low, &high); /* 0 and z^2 / (n + z^2) */
    assert_true(fabs(low) < 1e-12 && fabs(high - 0.27753) < 1e-5);
    evaluation_wilson(8, 10, &low, &high); /* Agresti & Coull 1998 give such by the same formula */
    assert_true(fabs(low - 0.49016) < 1e-5 && fabs(high - 0.94332) < 1e-5);
}

static void test_pairs(void **state)
{
    (void)state;
    struct train_trials trials = trials_of();
    struct train_pairs pairs = train_trials_pairs(&trials);
    assert_int_equal(pairs.both, 4);
    assert_int_equal(pairs.first, 1);
    assert_int_equal(pairs.second, 9);
    assert_int_equal(pairs.neither, 126);
    assert_int_equal(pairs.first_ahead, 1);
    assert_int_equal(pairs.second_ahead, 1);
    assert_true(fabs(pairs.p - 2 * 11 / 1024.0) < 1e-9); /* 0 or 1 of 10 throws, twice */
    judge(&trials.round[2 * ROUNDS + 1], 0xf, 0, 200, 0.5);
    judge(&trials.round[3 * ROUNDS + 1], 1, 0, 200, 0.5);
    pairs = train_trials_pairs(&trials);
    assert_int_equal(pairs.first + pairs.second, 0);
    assert_true(pairs.p >= 1 && pairs.p <= 1); /* no difference at all */
    train_trials_clear(&trials);
}

static void test_words(void **state)
{
    (void)state;
    struct train_trials trials = trials_of();
    struct bytes table = {0}, json = {0};
    train_trials_table(&trials, &table);
    train_trials_json(&trials, &json);
    bytes_put_u8(&table, 0);
    bytes_put_u8(&json, 0);
    assert_non_null(strstr((char *)table.data, "| one | 200 | 0.5000 | 1.0000 (0.000 m/s, 0.000 rad/s) | "
                                               "5/140 4 % (2-8) | 1..4 of 70 | 135 | 0.04 |\n"));
    assert_non_null(strstr((char *)table.data, "both master 4, only one 1, only two 9, neither 126: p = 0.021"));
    assert_non_null(strstr((char *)json.data, "\"name\":\"two\",\"beta\":0.5,\"rounds\":[{\"samples\":100,"));
    assert_non_null(strstr((char *)json.data, "\"pairs\":{\"both\":4,\"first\":1,\"second\":9,\"neither\":126,"));
    bytes_clear(&table);
    bytes_clear(&json);
    train_trials_clear(&trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
