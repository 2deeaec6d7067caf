/* Motion by scans alone, against a world whose rays are closed-form. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "perception/scan_motion.h"
#include "toy_world.h"

#define PERIOD_NS INT64_C(100000000)
static const struct toy_box boxes[] = {
    {-4.2, -3.2, 4.2, -3, 2, 0, 0}, {-4.2, 3, 4.2, 3.2, 2, 0, 0}, {-4.2, -3, -4, 3, 2, 0, 0}, {4, -3, 4.2, 3, 2, 0, 0},
    {1, 1, 1.5, 1.5, 2, 0, 0},      {-4, 1.5, -3.2, 3, 2, 0, 0},
};
static const struct toy_world room = {.boxes = boxes, .box_count = COUNT_OF(boxes)};
static const struct toy_box walls[] = {{-40, -1.2, 40, -1, 2, 0, 0}, {-40, 1, 40, 1.2, 2, 0, 0}};
static const struct toy_world hall = {.boxes = walls, .box_count = COUNT_OF(walls)};

struct sum { double worst_m, worst_rad, forward_sd_m; int valid; };

/* A robot that drives and turns at these rates; `mirrored`: left and right of the scan changed. */
static struct sum drive(const struct toy_world *world, double v_mps, double w_radps, bool mirrored)
{
    static struct scan_motion motion;
    struct seed_stream random = seed_stream_named(3, "scan_motion");
    struct pose2 pose = {-1.5, -0.2, 0.3};
    struct sum sum = {0};
    float ranges[TOY_BEAMS], turned[TOY_BEAMS];
    scan_motion_start(&motion);
    for (int i = 0; i < 20; i++) {
        toy_scan(world, pose, 0.01, &random, ranges);
        for (int k = 0; k < TOY_BEAMS; k++)
            turned[k] = ranges[(TOY_BEAMS - k) % TOY_BEAMS];
        struct scan_step step = scan_motion_next(&motion, i * PERIOD_NS, mirrored ? turned : ranges, TOY_BEAMS, -PI,
                                                 2 * PI / TOY_BEAMS, (struct vec2){0, 0}, 0.01);
        if (i > 0) {
            sum.valid += step.valid;
            sum.worst_m = fmax(sum.worst_m, fabs(step.moved.x - 0.1 * v_mps));
            sum.worst_rad = fmax(sum.worst_rad, fabs(step.moved.yaw - (mirrored ? -0.1 : 0.1) * w_radps));
            sum.forward_sd_m = fmax(sum.forward_sd_m, step.forward_sd_m);
        }
        pose = pose2_compose(pose, (struct pose2){0.1 * v_mps, 0, 0.1 * w_radps});
    }
    return sum;
}

static void scans_measure_the_motion(void **state)
{
    (void)state;
    static const struct twist2 rates[] = {{0, 0}, {1, 0}, {0, 1.5}, {0.8, -0.7}, {-0.3, 0.4}};
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct sum sum = drive(&room, rates[i].v_mps, rates[i].w_radps, false);
        assert_int_equal(sum.valid, 19);
        assert_true(sum.worst_m < 0.012 && sum.worst_rad < 0.006);
        assert_true(sum.forward_sd_m < 0.01);
    }
}

static void a_mirrored_scan_turns_the_other_way(void **state)
{
    (void)state;
    struct sum sum = drive(&room, 0.3, 0.8, true);
    assert_int_equal(sum.valid, 19);
    assert_true(sum.worst_rad < 0.006);
}

/* Between two endless walls nothing says how far it went, and that is said. */
static void a_corridor_says_nothing_of_the_way_along(void **state)
{
    (void)state;
    static struct scan_motion motion;
    struct seed_stream random = seed_stream_named(5, "scan_motion");
    float ranges[TOY_BEAMS];
    struct scan_step step = {0};
    scan_motion_start(&motion);
    for (int i = 0; i < 3; i++) {
        toy_scan(&hall, (struct pose2){0.05 * i, 0, 0}, 0, &random, ranges);
        step = scan_motion_next(&motion, i * PERIOD_NS, ranges, TOY_BEAMS, -PI, 2 * PI / TOY_BEAMS, (struct vec2){0, 0},
                                0.01);
    }
    assert_true(step.forward_sd_m > 0.1 && step.turn_sd_rad < 0.01);
}

static void a_pause_starts_anew(void **state)
{
    (void)state;
    static struct scan_motion motion;
    struct seed_stream random = seed_stream_named(5, "scan_motion");
    float ranges[TOY_BEAMS];
    toy_scan(&room, (struct pose2){0}, 0, &random, ranges);
    scan_motion_start(&motion);
    const double step_rad = 2 * PI / TOY_BEAMS;
    assert_false(scan_motion_next(&motion, 0, ranges, TOY_BEAMS, -PI, step_rad, (struct vec2){0, 0}, 0).valid);
    assert_true(scan_motion_next(&motion, PERIOD_NS, ranges, TOY_BEAMS, -PI, step_rad, (struct vec2){0, 0}, 0).valid);
    assert_false(
        scan_motion_next(&motion, 6 * PERIOD_NS, ranges, TOY_BEAMS, -PI, step_rad, (struct vec2){0, 0}, 0).valid);
    for (int i = 0; i < TOY_BEAMS; i++)
        ranges[i] = NAN;
    assert_false(
        scan_motion_next(&motion, 7 * PERIOD_NS, ranges, TOY_BEAMS, -PI, step_rad, (struct vec2){0, 0}, 0).valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_measure_the_motion),
        cmocka_unit_test(a_mirrored_scan_turns_the_other_way),
        cmocka_unit_test(a_corridor_says_nothing_of_the_way_along),
        cmocka_unit_test(a_pause_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
