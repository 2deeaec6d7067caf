/* Echoes: read, explained by other senses or not, and drawn into the map. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "perception/sonar.h"

static const struct grid grid = {0.05, {-5, -5}, 200, 200};
enum { OF = 8 };
static const double LENGTH_M = 0.5, WIDTH_M = 0.4, FOV_RAD = 0.6;

static bool is_near(double a, double b) { return fabs(a - b) < 1e-9; }

static struct sonar_cone cone_ahead(double range_m)
{
    return (struct sonar_cone){.mount = {0.25, 0, 0}, .fov_rad = FOV_RAD, .range_m = range_m};
}

static int8_t at(const struct mapper *mapper, double x, double y)
{
    return mapper->occupancy[grid_index(&grid, grid_cell(&grid, (struct vec2){x, y}))];
}

static void mounts_lie_on_the_footprint(void **state)
{
    (void)state;
    struct pose2 front = sonar_mount(0, OF, LENGTH_M, WIDTH_M), left = sonar_mount(2, OF, LENGTH_M, WIDTH_M);
    struct pose2 corner = sonar_mount(1, OF, LENGTH_M, WIDTH_M), back = sonar_mount(4, OF, LENGTH_M, WIDTH_M);
    assert_true(is_near(front.x, 0.25) && is_near(front.y, 0) && is_near(front.yaw, 0));
    assert_true(is_near(left.x, 0) && is_near(left.y, 0.2) && is_near(left.yaw, PI / 2));
    assert_true(is_near(corner.x, 0.2) && is_near(corner.y, 0.2) && is_near(corner.yaw, PI / 4));
    assert_true(is_near(back.x, -0.25) && is_near(fabs(back.yaw), PI));
}

static void odd_values_are_counted_and_left_out(void **state)
{
    (void)state;
    const struct msg_range good = {.field_of_view = 0.6f, .min_range = 0.02f, .max_range = 3, .range = 1};
    struct msg_range ranges[SONAR_MAX + 4];
    for (size_t i = 0; i < SONAR_MAX + 4; i++)
        ranges[i] = good;
    ranges[1].range = NAN;
    ranges[2].range = 3.5f;
    ranges[3].range = -INFINITY;
    ranges[4].field_of_view = 4;
    ranges[5].field_of_view = NAN;
    ranges[6].range = INFINITY; /* no echo: a good answer */
    ranges[7].min_range = -1;
    struct msg_range_array array = {.ranges = {ranges, SONAR_MAX + 4}};
    struct sonar_cone cones[SONAR_MAX];
    size_t bad = 0, count = sonar_read(&array, LENGTH_M, WIDTH_M, cones, &bad);
    assert_int_equal(count, SONAR_MAX - 6);
    assert_int_equal(bad, 6 + 4);
    assert_true(isinf(cones[1].range_m) && cones[1].explained);
    assert_true(is_near(cones[0].range_m, 1) && !cones[0].explained);
}

static void what_others_see_explains_an_echo(void **state)
{
    (void)state;
    static const struct { struct vec2 point; bool explains; } rows[] = {
        {{1.25, 0}, true},     {{1.4, 0}, true},     {{1.1, 0.2}, true},  {{1.25, -0.3}, true},
        {{1.6, 0}, false},     {{0.9, 0}, false},    {{0.9, 0.8}, false}, {{-0.75, 0}, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sonar_cone cone = cone_ahead(1);
        sonar_explain(&cone, 1, &rows[i].point, 1);
        assert_int_equal(cone.explained, rows[i].explains);
    }
}

/* Two echoes from the same place block the arc; a later, farther one frees it; no echo frees nothing. */
static void echoes_mark_and_clear(void **state)
{
    (void)state;
    struct mapper mapper;
    struct vec2 points[SONAR_MAX * SONAR_ARC_POINTS];
    struct sonar_cone near = cone_ahead(1), far = cone_ahead(2.5), none = cone_ahead((double)INFINITY);
    const struct pose2 pose = {1, 2, PI / 2}; /* so that the arc's middle is at (1, 3.25) */
    none.explained = true;
    mapper_init(&mapper, &grid, NULL);
    assert_int_equal(sonar_map(&mapper, pose, &near, 1, points), SONAR_ARC_POINTS);
    for (int i = 0; i < SONAR_ARC_POINTS; i++)
        assert_true(is_near(hypot(points[i].x - 0.25, points[i].y), 1));
    assert_true(is_near(points[2].x, 1.25) && is_near(points[2].y, 0));
    assert_true(is_near(points[4].y, sin(FOV_RAD / 2)) && is_near(points[0].y, -points[4].y));
    sonar_map(&mapper, pose, &near, 1, points);
    assert_true(at(&mapper, 1.001, 3.251) >= MAPPER_OCCUPIED);
    assert_true(at(&mapper, 1.001 - sin(0.3), 2.251 + cos(0.3)) >= MAPPER_OCCUPIED);
    assert_int_equal(at(&mapper, 1.001, 2.9), OCCUPANCY_UNKNOWN); /* sound proves nothing free */
    for (int i = 0; i < 6; i++)
        assert_int_equal(sonar_map(&mapper, pose, &none, 1, points), 0);
    assert_true(at(&mapper, 1.001, 3.251) >= MAPPER_OCCUPIED);
    for (int i = 0; i < 4; i++)
        sonar_map(&mapper, pose, &far, 1, points);
    assert_true(at(&mapper, 1.001, 3.251) < MAPPER_OCCUPIED);
    mapper_clear(&mapper);
}

/* The lidar's layer and the sonar's do not erase each other. */
static void each_sense_clears_its_own(void **state)
{
    (void)state;
    struct mapper mapper;
    struct vec2 points[SONAR_MAX * SONAR_ARC_POINTS];
    struct sonar_cone near = cone_ahead(1);
    const struct mapper_beam through = {{4, 0}, true}; /* the glass is no matter to it */
    mapper_init(&mapper, &grid, NULL);
    for (int i = 0; i < 3; i++) {
        sonar_map(&mapper, (struct pose2){0}, &near, 1, points);
        mapper_scan(&mapper, (struct pose2){0}, (struct vec2){0, 0}, &through, 1);
    }
    assert_true(at(&mapper, 1.251, 0.001) >= MAPPER_OCCUPIED);
    assert_true(at(&mapper, 4.001, 0.001) >= MAPPER_OCCUPIED);
    mapper_tick(&mapper, (struct pose2){1.25, 0, 0}, 0.3); /* the robot itself stands there */
    for (int i = 0; i < 6; i++)
        mapper_tick(&mapper, (struct pose2){1.25, 0, 0}, 0.3);
    assert_true(at(&mapper, 1.251, 0.001) < MAPPER_OCCUPIED);
    mapper_clear(&mapper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mounts_lie_on_the_footprint),
        cmocka_unit_test(odd_values_are_counted_and_left_out),
        cmocka_unit_test(what_others_see_explains_an_echo),
        cmocka_unit_test(echoes_mark_and_clear),
        cmocka_unit_test(each_sense_clears_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
