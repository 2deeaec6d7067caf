#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "logs/clock.h"
#include "logs/file.h"
#include "sim/check.h"
#include "tests/sim/recorded.h"

static struct check_report check(const char *name, const struct check_options *options)
{
    char path[128];
    struct check_report report;
    struct error err = {0};
    if (check_log(recorded_path(name, path), options, NULL, NULL, &report, &err))
        fail_msg("%s", err.text);
    return report;
}

static void make(const char *name, const struct falsifier *falsifier)
{
    char path[128];
    record(recorded_path(name, path), "corridor", NULL, 60, falsifier);
}

/* --- bit-exact
 * ----------------------------------------------------------------------------------------------------- */

static void test_same(void **state)
{
    (void)state;
    make("same.mcap", NULL);
    struct check_report r = check("same.mcap", &(struct check_options){0});
    assert_true(r.same && r.complete && r.same_build && !r.unstable && !r.compared);
    assert_int_equal(r.mode, CHECK_EXACT);
    assert_int_equal(r.ticks, 60);
    assert_int_equal(r.fresh.ticks, 60);
    assert_string_equal(r.fresh.outcome, "stopped");
    assert_int_equal(r.seed, 5);
    assert_string_equal(r.scenario, "corridor");
    assert_true(r.fresh.hash && r.fresh.hash == r.logged.hash);
}

static void one_ulp(void *message)
{
    struct msg_decision *decision = message;
    decision->wish_v_mps = nextafter(decision->wish_v_mps, 10);
}

static const struct falsifier ulp_at_40 = {TOPIC_DECISION, 39, false, one_ulp};

static void test_one_bit_is_named(void **state)
{
    (void)state;
    make("ulp.mcap", &ulp_at_40);
    struct check_report r = check("ulp.mcap", &(struct check_options){0});
    assert_false(r.same);
    assert_false(r.unstable);
    assert_int_equal(r.mode, CHECK_EXACT);
    assert_int_equal(r.first.tick, 40);
    assert_string_equal(r.first.topic, "/binnacle/decision");
    assert_string_equal(r.first.field.path, "wish_v_mps");
    assert_int_equal(r.first.field.ulp, 1);
    assert_string_not_equal(r.first.field.left, r.first.field.right);
    assert_int_equal(r.ticks, 39);
    assert_int_equal(r.before_count, CHECK_BEFORE);
    assert_int_equal(r.before[0].row.tick, 30);
    assert_int_equal(r.before[9].row.tick, 39);
    for (size_t i = 0; i < CHECK_BEFORE; i++)
        assert_true(r.before[i].hash_agrees);
    assert_true(r.compared);
    assert_string_equal(r.violation_changes, "");
}

static void other_world(void *message) { ((struct msg_state_hash *)message)->world ^= 1; }

static void test_a_hash_is_hexadecimal_and_its_part_named(void **state)
{
    (void)state;
    const struct falsifier falsifier = {TOPIC_STATE_HASH, 9, false, other_world};
    make("hash.mcap", &falsifier);
    struct check_report r = check("hash.mcap", &(struct check_options){.once = true});
    assert_int_equal(r.first.tick, 10);
    assert_string_equal(r.first.field.path, "world");
    assert_int_equal(strspn(r.first.field.left, "0123456789abcdef"), 16);
    assert_int_equal(strlen(r.first.field.left), 16);
    assert_non_null(strstr(r.first.part, "world"));
    assert_null(strstr(r.first.part, "belief"));
}

static void refuse(void *message) { ((struct msg_command *)message)->verb = "nonsense"; }

static void test_a_command_that_is_refused_is_a_difference(void **state)
{
    (void)state;
    const struct falsifier falsifier = {TOPIC_COMMAND, 0, false, refuse};
    make("command.mcap", &falsifier);
    struct check_report r = check("command.mcap", &(struct check_options){0});
    assert_false(r.same);
    assert_int_equal(r.first.tick, 22);
    assert_string_equal(r.first.topic, "/binnacle/command");
}

static void test_a_cut_log_agrees_up_to_its_end(void **state)
{
    (void)state;
    char whole[128], cut[128];
    struct bytes bytes = {0};
    make("whole.mcap", NULL);
    assert_int_equal(file_load(recorded_path("whole.mcap", whole), 1 << 26, &bytes, NULL), STATUS_OK);
    assert_int_equal(file_save(recorded_path("cut.mcap", cut), bytes.data, bytes.size * 2 / 3, NULL), STATUS_OK);
    bytes_clear(&bytes);
    struct check_report r = check("cut.mcap", &(struct check_options){0});
    assert_true(r.same);
    assert_false(r.complete);
    assert_in_range(r.ticks, 5, 59);
}

/* --- tolerances
 * ---------------------------------------------------------------------------------------------------- */

static void test_tolerances_decide_when_asked(void **state)
{
    (void)state;
    struct tolerance *tolerance = tolerance_default();
    make("ulp.mcap", &ulp_at_40);
    struct check_report r = check("ulp.mcap", &(struct check_options){.tolerance = tolerance});
    assert_true(r.same);
    assert_int_equal(r.mode, CHECK_TOLERANCE);
    assert_true(r.compared);
    for (int i = 0; i < MEASURE_COUNT; i++)
        assert_true(r.measurements[i].within);
    tolerance_destroy(&tolerance);
}

static void tenth(void *message) { ((struct msg_decision *)message)->wish_w_radps += 0.125; }

static void test_out_of_bounds(void **state)
{
    (void)state;
    const struct falsifier falsifier = {TOPIC_DECISION, 24, false, tenth};
    struct tolerance *tolerance = tolerance_default();
    make("tenth.mcap", &falsifier);
    struct check_report r = check("tenth.mcap", &(struct check_options){.tolerance = tolerance});
    assert_false(r.same);
    assert_int_equal(r.first.tick, 25);
    assert_int_equal(r.fields.field_count, 1);
    assert_string_equal(r.fields.fields[0].path, "wish_w_radps");
    assert_int_equal(r.fields.fields[0].count, 1);
    assert_true(fabs(r.fields.fields[0].greatest - 0.125) < 1e-9);
    tolerance_destroy(&tolerance);
}

static void test_a_missing_message_is_aligned_around(void **state)
{
    (void)state;
    const struct falsifier falsifier = {TOPIC_IMU, 33, true, NULL};
    struct tolerance *tolerance = tolerance_default();
    make("drop.mcap", &falsifier);
    struct check_report r = check("drop.mcap", &(struct check_options){.tolerance = tolerance});
    assert_false(r.same);
    assert_int_equal(r.fields.inserted, 1);
    assert_int_equal(r.fields.deleted, 0);
    assert_int_equal(r.fields.field_count, 0);
    assert_non_null(strstr(r.fields.first_stray, "1 of /imu only in the re-simulation"));
    assert_int_equal(r.first.tick, 34);
    tolerance_destroy(&tolerance);
}

static void count_difference(void *self, const struct message_difference *difference)
{
    (void)difference;
    ++*(int *)self;
}

static void test_the_last_row_that_fits_decides(void **state)
{
    (void)state;
    char path[128];
    const char text[] =
        "# mine\n/scan.ranges 0.5 0 # metres\n/binnacle/decision.* inf 0\n/binnacle/decision.candidates.total 0.25 0\n";
    struct error err = {0};
    assert_int_equal(file_save(recorded_path("tolerance", path), text, strlen(text), &err), STATUS_OK);
    struct tolerance *tolerance = tolerance_load(path, &err);
    assert_non_null(tolerance);
    assert_true(tolerance_bound(tolerance, "/scan", "ranges").absolute == 0.5);
    assert_true(isinf(tolerance_bound(tolerance, "/binnacle/decision", "reason").absolute));
    assert_true(tolerance_bound(tolerance, "/imu", "angular_velocity.x").absolute == 1e-6);

    struct msg_candidate left[] = {{.total = 1}, {.total = 2}}, right[] = {{.total = 1.2}, {.total = 2.5}};
    struct msg_decision a = {.reason = "one", .candidates = {left, 2}}, b = {.reason = "two", .candidates = {right, 2}};
    int found = 0;
    tolerance_compare(tolerance, TOPIC_DECISION, &a, &b, count_difference, &found);
    assert_int_equal(found, 1); /* candidates[1].total; the reason may be any, [0] is near enough */
    tolerance_destroy(&tolerance);
}

static void test_tolerance_text_is_told_where_it_is_wrong(void **state)
{
    (void)state;
    static const char *const texts[] = {"* 1\n", "* 1 2 3\n", "* -1 0\n", "* nan 0\n", "* one 0\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char path[128], text[64];
        struct error err = {0};
        snprintf(text, sizeof text, "# first\n%s", texts[i]);
        assert_int_equal(file_save(recorded_path("bad", path), text, strlen(text), &err), STATUS_OK);
        assert_null(tolerance_load(path, &err));
        assert_int_equal(err.status, STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, "bad:2: "));
    }
}

static void test_violations_are_ordered_lists(void **state)
{
    (void)state;
    struct trace_onset one[] = {{10, VIOLATION_NEAR}, {20, VIOLATION_TTC}, {30, VIOLATION_SHIELD}};
    struct trace_onset two[] = {{10, VIOLATION_NEAR}, {31, VIOLATION_SHIELD}, {40, VIOLATION_COL3}};
    struct trace a = {.onsets = one, .onset_count = 3}, b = {.onsets = two, .onset_count = 3};
    struct measurement measurements[MEASURE_COUNT];
    struct tolerance *tolerance = tolerance_default();
    char text[64];
    measure_violations(&a, &b, text, sizeof text);
    assert_string_equal(text, "-TTC@20 +COL3@40");
    measure_drives(tolerance, &a, &b, measurements);
    assert_true(measurements[MEASURE_VIOLATIONS].difference == 2);
    assert_false(measurements[MEASURE_VIOLATIONS].within);
    measure_drives(tolerance, &a, &a, measurements);
    assert_true(measurements[MEASURE_VIOLATIONS].within);
    tolerance_destroy(&tolerance);
}

/* --- another policy
 * ------------------------------------------------------------------------------------------------ */

static void test_the_same_policy_decides_the_same(void **state)
{
    (void)state;
    make("same.mcap", NULL);
    for (int open_loop = 0; open_loop < 2; open_loop++) {
        struct check_report r =
            check("same.mcap", &(struct check_options){.policy = "dwa", .open_loop = open_loop != 0});
        assert_true(r.same);
        assert_int_equal(r.counterfactual.decisions, 60);
        assert_int_equal(r.counterfactual.different, 0);
        assert_true(r.counterfactual.greatest_v_mps == 0 && r.counterfactual.greatest_w_radps == 0);
    }
}

static void test_another_policy_is_found_out(void **state)
{
    (void)state;
    make("same.mcap", NULL);
    struct check_report closed = check("same.mcap", &(struct check_options){.policy = "teleop"});
    assert_int_equal(closed.mode, CHECK_CLOSED_LOOP);
    assert_false(closed.same);
    assert_true(closed.counterfactual.different > 0 && closed.counterfactual.first_tick > 0);
    assert_true(closed.counterfactual.fresh_wish.v_mps == 0); /* nobody is at the keys */
    assert_int_equal(closed.counterfactual.curve_count, CURVE_POINTS);
    assert_true(closed.measurements[MEASURE_POSE_MAX].difference > 0.5);
    struct check_report open = check("same.mcap", &(struct check_options){.policy = "teleop", .open_loop = true});
    assert_int_equal(open.mode, CHECK_OPEN_LOOP);
    assert_false(open.same);
    assert_int_equal(open.counterfactual.first_tick, closed.counterfactual.first_tick);
}

static void test_a_setting_can_be_the_question(void **state)
{
    (void)state;
    const char *const sets[] = {"dwa.speed_weight=0.01"}, *const nonsense[] = {"dwa.no_such_weight=1"};
    make("same.mcap", NULL);
    assert_false(check("same.mcap", &(struct check_options){.sets = sets, .set_count = 1}).same);
    char path[128];
    struct check_report report;
    struct error err = {0};
    assert_int_equal(check_log(recorded_path("same.mcap", path),
                               &(struct check_options){.sets = nonsense, .set_count = 1}, NULL, NULL, &report, &err),
                     STATUS_BAD_INPUT);
}

static void test_speed(void **state)
{
    (void)state;
    char path[128];
    record(recorded_path("long.mcap", path), "corridor", NULL, 400, NULL);
    int64_t start_ns = clock_cpu_ns();
    struct check_report r = check("long.mcap", &(struct check_options){.once = true});
    double cpu_s = (double)(clock_cpu_ns() - start_ns) / 1e9;
    assert_true(r.same);
    printf("figure: check %.0f times real time on one core\n", (double)r.ticks * 0.05 / cpu_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_one_bit_is_named),
        cmocka_unit_test(test_a_hash_is_hexadecimal_and_its_part_named),
        cmocka_unit_test(test_a_command_that_is_refused_is_a_difference),
        cmocka_unit_test(test_a_cut_log_agrees_up_to_its_end),
        cmocka_unit_test(test_tolerances_decide_when_asked),
        cmocka_unit_test(test_out_of_bounds),
        cmocka_unit_test(test_a_missing_message_is_aligned_around),
        cmocka_unit_test(test_the_last_row_that_fits_decides),
        cmocka_unit_test(test_tolerance_text_is_told_where_it_is_wrong),
        cmocka_unit_test(test_violations_are_ordered_lists),
        cmocka_unit_test(test_the_same_policy_decides_the_same),
        cmocka_unit_test(test_another_policy_is_found_out),
        cmocka_unit_test(test_a_setting_can_be_the_question),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, recorded_setup, recorded_teardown);
}
