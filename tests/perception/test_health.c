#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "logs/status.h"
#include "perception/health.h"

#define MS INT64_C(1000000)

static void feed(struct health_log *log, int64_t from_ms, int64_t to_ms, int64_t period_ms)
{
    for (int64_t t = from_ms; t <= to_ms; t += period_ms) {
        assert_true(health_message(log, t * MS, t * MS));
        health_values(log, 0, 10);
    }
}

static void test_steady_sensor_is_ok(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 100, 3000, 100);
    struct sensor_health health = health_read(&log, 3050 * MS);
    assert_int_equal(health.state, HEALTH_OK);
    assert_true(health.rate_hz == 10 && health.nominal_hz == 10);
    assert_true(fabs(health.age_s - 0.05) < 1e-9);
    assert_int_equal(health.received, 30);
    assert_int_equal(health.gaps, 0);
    assert_int_equal(health.bad_values, 0);
}

static void test_silence_is_stale_after_three_periods(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 1000, 100);
    assert_int_equal(health_read(&log, 1300 * MS).state, HEALTH_OK);
    assert_int_equal(health_read(&log, 1301 * MS).state, HEALTH_STALE);
    assert_true(health_read(&log, 2500 * MS).rate_hz == 0);
}

static void test_absent_sensor_is_missing(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 0, 0);
    assert_int_equal(health_read(&log, 5000 * MS).state, HEALTH_MISSING);
    health_start(&log, 10, 0);
    struct sensor_health health = health_read(&log, 5000 * MS);
    assert_int_equal(health.state, HEALTH_MISSING);
    assert_true(isinf(health.age_s));
}

static void test_gaps_count_missed_periods(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 1000, 100);
    feed(&log, 1400, 2000, 100); /* 1100, 1200, 1300 are missing */
    feed(&log, 2130, 2130, 100); /* late, not missed */
    assert_int_equal(health_read(&log, 2130 * MS).gaps, 3);
}

static void test_bad_when_more_than_half_is_unusable(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 100, 100);
    health_values(&log, 5, 10);
    assert_int_equal(health_read(&log, 100 * MS).state, HEALTH_OK);
    health_values(&log, 6, 10);
    assert_int_equal(health_read(&log, 100 * MS).state, HEALTH_BAD);
    assert_int_equal(health_read(&log, 100 * MS).bad_values, 11);
    health_values(&log, 0, 10);
    assert_int_equal(health_read(&log, 100 * MS).state, HEALTH_OK);
}

/* Older than before, or a second ahead of the clock: refused, counted, and later messages still count. */
static void test_stamps_out_of_order_are_refused(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 1000, 100);
    assert_false(health_message(&log, 900 * MS, 1000 * MS));
    assert_false(health_message(&log, INT64_MAX, 1000 * MS));
    assert_true(health_message(&log, 1000 * MS, 1000 * MS)); /* an event within the same tick */
    feed(&log, 1100, 1200, 100);
    struct sensor_health health = health_read(&log, 1200 * MS);
    assert_int_equal(health.bad_values, 2);
    assert_int_equal(health.gaps, 0);
    assert_int_equal(health.state, HEALTH_OK);
}

/* In force once broken for the hold time in all, over once kept for the clear time; untried counts for neither. */
static void test_a_rule_holds_and_clears(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 1000, 100);
    const struct health_rule *rule = &health_rules[RULE_TURN];
    assert_string_equal(health_read(&log, 1000 * MS).rule, "");
    for (double held_s = 0; held_s < rule->hold_s - 0.06; held_s += 0.05) {
        health_judge(&log, RULE_TURN, VERDICT_BROKEN, 0.05, "it turns");
        assert_int_equal(health_read(&log, 1000 * MS).state, HEALTH_OK);
        health_judge(&log, RULE_TURN, VERDICT_UNTRIED, 0.05, NULL);
    }
    health_judge(&log, RULE_TURN, VERDICT_BROKEN, 0.05, "it turns");
    struct sensor_health health = health_read(&log, 1000 * MS);
    assert_int_equal(health.state, HEALTH_BAD);
    assert_string_equal(health.rule, "turn");
    assert_string_equal(health.detail, "it turns");
    health_judge(&log, RULE_TURN, VERDICT_UNTRIED, 100, NULL);
    health_judge(&log, RULE_TURN, VERDICT_KEPT, rule->clear_s - 0.05, NULL);
    assert_int_equal(health_read(&log, 1000 * MS).state, HEALTH_BAD);
    health_judge(&log, RULE_TURN, VERDICT_KEPT, 0.05, NULL);
    assert_int_equal(health_read(&log, 1000 * MS).state, HEALTH_OK);
}

/* A warning names its rule and leaves the sensor in use; a worse rule is named before it. */
static void test_the_worst_rule_is_named(void **state)
{
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    feed(&log, 0, 1000, 100);
    health_judge(&log, RULE_STUCK, VERDICT_BROKEN, 0.05, "3 of 360 beams");
    assert_int_equal(health_read(&log, 1000 * MS).state, HEALTH_OK);
    assert_string_equal(health_read(&log, 1000 * MS).rule, "stuck");
    assert_string_equal(health_read(&log, 2000 * MS).rule, "silent");
    health_judge(&log, RULE_FROZEN, VERDICT_BROKEN, 0.05, "the same");
    assert_string_equal(health_read(&log, 2000 * MS).rule, "frozen");
}

/* Healthy is exactly 1, so that nothing changes in the fusion; each warning halves; BAD is not fused at all. */
static void test_weight_falls_with_every_rule(void **state)
{
    static const enum health_rule_id warnings[] = {RULE_STUCK, RULE_DRIFT, RULE_LATE};
    (void)state;
    struct health_log log;
    health_start(&log, 10, 0);
    assert_true(health_read(&log, 0).weight == 0); /* not there yet */
    feed(&log, 0, 1000, 100);
    double weight = 1;
    assert_true(health_read(&log, 1000 * MS).weight == weight);
    for (size_t i = 0; i < COUNT_OF(warnings); i++) {
        health_judge(&log, warnings[i], VERDICT_BROKEN, 1, "so");
        weight *= HEALTH_WARNED;
        assert_true(health_read(&log, 1000 * MS).weight == weight);
        assert_int_equal(health_read(&log, 1000 * MS).state, HEALTH_OK);
    }
    health_judge(&log, RULE_FROZEN, VERDICT_BROKEN, 1, "so");
    assert_true(health_read(&log, 1000 * MS).weight == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady_sensor_is_ok),       cmocka_unit_test(test_silence_is_stale_after_three_periods),
        cmocka_unit_test(test_absent_sensor_is_missing),  cmocka_unit_test(test_gaps_count_missed_periods),
        cmocka_unit_test(test_bad_when_more_than_half_is_unusable),
        cmocka_unit_test(test_stamps_out_of_order_are_refused),
        cmocka_unit_test(test_a_rule_holds_and_clears),
        cmocka_unit_test(test_the_worst_rule_is_named),
        cmocka_unit_test(test_weight_falls_with_every_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
