/* A child darts out before a robot that looks at nothing (pursuit): what the shield alone makes of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/episode.h"

enum { RUNS = 12 };

/* The child stands in the open, 2.8 m beside the way, and runs across it when the robot is `trigger_m` near. */
static struct scenario *hall(double child_mps, double trigger_m)
{
    char text[1024];
    struct error err = {0};
    snprintf(text, sizeof text,
             "name: hall\nbounds: [-0.2, -0.2, 14.2, 7.2]\nstart: [1, 3, 0]\ngoal: [12, 3]\ntime_limit_s: 60\n"
             "solids:\n"
             "  - {name: south, kind: box, at: [7, -0.1], size: [14, 0.2, 2]}\n"
             "  - {name: north, kind: box, at: [7, 7.1], size: [14, 0.2, 2]}\n"
             "  - {name: west, kind: box, at: [-0.1, 3.5], size: [0.2, 7, 2]}\n"
             "  - {name: east, kind: box, at: [14.1, 3.5], size: [0.2, 7, 2]}\n"
             "actors:\n"
             "  - {name: Tom, kind: child, waypoints: [[6, 5.8], [6, 0.4]], speed: %.3f, trigger: %.3f}\n",
             child_mps, trigger_m);
    struct scenario_file file = {.name = "hall.yaml", .data = (uint8_t *)text, .size = strlen(text)};
    struct scenario *scenario = scenario_unpack(&file, 1, &err);
    if (!scenario)
        print_error("%s\n", err.text);
    assert_non_null(scenario);
    return scenario;
}

struct run {
    bool touched, reached;
    double clearance_m, time_s;
};

static struct run drive(double child_mps, double trigger_m, const char *set)
{
    struct error err = {0};
    struct scenario *scenario = hall(child_mps, trigger_m);
    struct journal *journal = journal_create();
    struct episode_options options = {.seed = 1, .policy = "pursuit", .sets = &set, .set_count = set ? 1 : 0};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    if (!episode)
        print_error("%s\n", err.text);
    assert_non_null(episode);
    while (episode_step(episode)) {
    }
    struct episode_summary summary = episode_summary(episode);
    struct run out = {.reached = summary.outcome == OUTCOME_SUCCESS,
                             .clearance_m = summary.score->min_clearance_m, .time_s = (double)summary.now_ns * 1e-9};
    for (enum violation v = VIOLATION_COL1; v <= VIOLATION_COL3; v++)
        out.touched |= summary.violations[v].count > 0;
    episode_destroy(&episode);
    journal_destroy(&journal);
    scenario_destroy(&scenario);
    return out;
}

/* At speeds and moments that lead into the robot, before it and behind it. Taken as a thing
 * that stands the child is touched; with its way looked ahead it is not, and the robot gets there all the same. */
static void test_a_child_that_darts_out_is_not_touched(void **state)
{
    (void)state;
    int touched = 0, touched_still = 0;
    double least_m = HUGE_VAL, time_s = 0, time_still_s = 0;
    for (int i = 0; i < RUNS; i++) {
        double speed = 1.2 + 0.4 * (i % 3), trigger = 3.0 + 0.2 * (i / 3);
        struct run with = drive(speed, trigger, NULL), still = drive(speed, trigger, "shield.yield_s=0");
        touched += with.touched;
        touched_still += still.touched;
        least_m = fmin(least_m, with.clearance_m);
        time_s += with.time_s / RUNS;
        time_still_s += still.time_s / RUNS;
        assert_true(with.reached || with.touched);
    }
    print_message("figure: %d runs of a child: %d touched, least clearance %.2f m, %.1f s; "
                  "taken as standing: %d touched, %.1f s\n",
                  RUNS, touched, least_m, time_s, touched_still, time_still_s);
    assert_int_equal(touched, 0);
    assert_true(touched_still > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_that_darts_out_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
