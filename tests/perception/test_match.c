#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "perception/match.h"
#include "toy_world.h"

/* A room of 8 x 6 m with a pillar, a cupboard and a niche, so that no pose looks like another; and one of other
 * shape. */
static const struct toy_box room_boxes[] = {
    {-4.2, -3.2, 4.2, -3, 2, 0, 0}, {-4.2, 3, 4.2, 3.2, 2, 0, 0}, {-4.2, -3, -4, 3, 2, 0, 0}, {4, -3, 4.2, 3, 2, 0, 0},
    {1, 1, 1.5, 1.5, 2, 0, 0},      {-4, 1.5, -3.2, 3, 2, 0, 0},  {2.5, -3, 4, -2, 2, 0, 0},
};
static const struct toy_world room = {.boxes = room_boxes, .box_count = COUNT_OF(room_boxes)};
static const struct toy_box hall_boxes[] = {
    {-9, -1.1, 9, -1, 2, 0, 0}, {-9, 1, 9, 1.1, 2, 0, 0}, {-9, -1, -8, 1, 2, 0, 0}, {8, -1, 9, 1, 2, 0, 0},
};
static const struct toy_world hall = {.boxes = hall_boxes, .box_count = COUNT_OF(hall_boxes)};
static const struct grid grid = {0.05, {-10, -5}, 400, 200};
static const double wide[9] = {0.04, 0, 0, 0, 0.04, 0, 0, 0, 0.0076}; /* 0.2 m, 5 degrees */

static const struct match_noise noise = {0.01, 0};

static size_t look(const struct toy_world *world, struct pose2 pose, struct seed_stream *random,
                   struct vec2 points[TOY_BEAMS])
{
    float ranges[TOY_BEAMS];
    size_t count = 0;
    toy_scan(world, pose, 0.01, random, ranges);
    for (int i = 0; i < TOY_BEAMS; i++) {
        double angle = -PI + i * 2 * PI / TOY_BEAMS, range = (double)ranges[i];
        if (isfinite(range))
            points[count++] = (struct vec2){range * cos(angle), range * sin(angle)};
    }
    return count;
}

static void test_offset_is_recovered(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, grid);
    struct match *match = match_create(&map);
    struct seed_stream random = seed_stream_named(5, "match");
    double worst_m = 0, worst_rad = 0;
    for (int i = 0; i < 100; i++) {
        struct pose2 truth = {seed_between(&random, -2.5, 0.5), seed_between(&random, -2, 0.7),
                              seed_between(&random, -PI, PI)};
        double direction = seed_between(&random, -PI, PI);
        struct pose2 prior = {truth.x + 0.2 * cos(direction), truth.y + 0.2 * sin(direction),
                              wrap_angle(truth.yaw + (i % 2 ? 1 : -1) * 5 * PI / 180)};
        struct vec2 points[TOY_BEAMS];
        size_t count = look(&room, truth, &random, points);
        struct match_result result = match_scan(match, points, count, prior, wide, &noise);
        assert_int_equal(result.verdict, MATCH_ACCEPTED);
        assert_true(result.share > 0.9);
        worst_m = fmax(worst_m, hypot(result.pose.x - truth.x, result.pose.y - truth.y));
        worst_rad = fmax(worst_rad, fabs(wrap_angle(result.pose.yaw - truth.yaw)));
    }
    printf("figure: a scan 0.2 m and 5 degrees off is put right to %.3f m and %.2f degrees (worst of 100)\n", worst_m,
           worst_rad * 180 / PI);
    assert_true(worst_m < 0.04 && worst_rad < 0.5 * PI / 180);
    match_destroy(&match);
    free((void *)map.cells);
}

/* A quarter of the beams end on people whom the map does not know. */
static void test_people_do_not_pull(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, grid);
    struct match *match = match_create(&map);
    struct seed_stream random = seed_stream_named(6, "match");
    struct pose2 truth = {-0.5, -0.5, 0.3}, prior = {-0.4, -0.45, 0.33};
    struct vec2 points[TOY_BEAMS];
    size_t count = look(&room, truth, &random, points);
    for (size_t i = 0; i < count / 4; i++)
        points[i] = vec2_scale(points[i], 0.4);
    struct match_result result = match_scan(match, points, count, prior, wide, &noise);
    assert_int_equal(result.verdict, MATCH_ACCEPTED);
    assert_true(hypot(result.pose.x - truth.x, result.pose.y - truth.y) < 0.04);
    match_destroy(&match);
    free((void *)map.cells);
}

/* Carried away: scans from elsewhere are refused, whether they come from another room or from two metres aside.
 * */
static void test_wrong_scan_is_refused(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, grid);
    struct match *match = match_create(&map);
    struct seed_stream random = seed_stream_named(7, "match");
    const double sure[9] = {0.0025, 0, 0, 0, 0.0025, 0, 0, 0, 0.001};
    struct vec2 points[TOY_BEAMS];
    for (int i = 0; i < 50; i++) {
        struct pose2 prior = {seed_between(&random, -2.5, 0.5), seed_between(&random, -2, 0.7),
                              seed_between(&random, -PI, PI)};
        size_t count = look(&hall, (struct pose2){seed_between(&random, -6, 6), 0, prior.yaw + 0.7}, &random, points);
        assert_int_equal(match_scan(match, points, count, prior, sure, &noise).verdict, MATCH_REFUSED);
        struct pose2 away = {prior.x + (prior.x < -1 ? 2 : -2), prior.y, wrap_angle(prior.yaw + 1.2)};
        count = look(&room, away, &random, points);
        assert_int_equal(match_scan(match, points, count, prior, sure, &noise).verdict, MATCH_REFUSED);
    }
    match_destroy(&match);
    free((void *)map.cells);
}

/* In the middle of a corridor whose ends are out of sight, a scan knows nothing about the way along. */
static void test_corridor_says_nothing_along(void **state)
{
    (void)state;
    struct static_map map = toy_map(&hall, grid);
    struct match *match = match_create(&map);
    struct seed_stream random = seed_stream_named(8, "match");
    struct vec2 points[TOY_BEAMS], near[TOY_BEAMS];
    size_t count = look(&hall, (struct pose2){0.1, 0.05, 0.02}, &random, points), used = 0;
    for (size_t i = 0; i < count; i++)
        if (fabs(points[i].x) < 6)
            near[used++] = points[i];
    struct match_result result = match_scan(match, near, used, (struct pose2){0}, wide, &noise);
    assert_int_equal(result.verdict, MATCH_ACCEPTED);
    assert_true(fabs(result.pose.x) < 0.01);
    assert_true(fabs(result.pose.y - 0.05) < 0.02 && fabs(result.pose.yaw - 0.02) < 0.01);
    assert_true(result.information[0] < 0.01 * result.information[4]);
    match_destroy(&match);
    free((void *)map.cells);
}

static void test_few_beams_say_nothing(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, grid);
    struct match *match = match_create(&map);
    struct vec2 points[5] = {{1, 0}};
    assert_int_equal(match_scan(match, points, 5, (struct pose2){0}, wide, &noise).verdict, MATCH_UNKNOWN);
    assert_int_equal(match_scan(match, points, 0, (struct pose2){0}, wide, &noise).verdict, MATCH_UNKNOWN);
    match_destroy(&match);
    match_destroy(&match);
    free((void *)map.cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offset_is_recovered),        cmocka_unit_test(test_people_do_not_pull),
        cmocka_unit_test(test_wrong_scan_is_refused),      cmocka_unit_test(test_corridor_says_nothing_along),
        cmocka_unit_test(test_few_beams_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
