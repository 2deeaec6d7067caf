#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "mapper_rig.h"

static void test_lidar_wall_becomes_occupied(void **state)
{
    (void)state;
    const struct toy_box wall = {2, -2, 2.3, 2, 2, 0, 0};
    const struct toy_world world = {.boxes = &wall, .box_count = 1};
    struct rig rig;
    rig_init(&rig, NULL);
    assert_int_equal(at(&rig, 1, 0), OCCUPANCY_UNKNOWN);
    for (int i = 0; i < 3; i++)
        see_lidar(&rig, &world, (struct pose2){0.012, 0.013, 0});
    for (double y = -1.9; y < 1.9; y += 0.05)
        assert_true(near(&rig, 2, y) >= MAPPER_OCCUPIED);
    assert_true(at(&rig, 1, 0) < 50 && at(&rig, -3, 1) < 50);  /* seen through */
    assert_int_equal(at(&rig, 2.075, 0), OCCUPANCY_UNKNOWN);   /* behind the surface */
    assert_int_equal(at(&rig, 3, 0), OCCUPANCY_UNKNOWN);
    rig_clear(&rig);
}

/* What a sense of less weight says once is less certain, and once is not enough. */
static void test_weight_takes_longer(void **state)
{
    static const double weights[] = {1, 0.5, 0.25, 0.125};
    (void)state;
    const struct toy_box wall = {2, -2, 2.3, 2, 2, 0, 0};
    const struct toy_world world = {.boxes = &wall, .box_count = 1};
    int before = 101, last = 0;
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        struct rig rig;
        rig_init(&rig, NULL);
        rig.mapper.weight[MAP_LIDAR] = weights[i];
        see_lidar(&rig, &world, (struct pose2){0.012, 0.013, 0});
        last = near(&rig, 2, 0.5);
        assert_true(last <= before && (i > 0 || last >= MAPPER_OCCUPIED));
        before = last;
        rig_clear(&rig);
    }
    assert_true(last < MAPPER_OCCUPIED);
}

static void test_removed_object_clears(void **state)
{
    (void)state;
    const struct toy_box person = {1.5, -0.2, 1.9, 0.2, 1.7, 0, 0};
    const struct toy_world world = {.boxes = &person, .box_count = 1};
    struct rig rig;
    rig_init(&rig, NULL);
    for (int i = 0; i < 5; i++) {
        see_lidar(&rig, &world, (struct pose2){0});
        see_depth(&rig, &world, (struct pose2){0});
    }
    assert_true(near(&rig, 1.5, 0) >= MAPPER_OCCUPIED);
    for (int i = 0; i < 8; i++) {
        see_lidar(&rig, &empty, (struct pose2){0});
        see_depth(&rig, &empty, (struct pose2){0});
    }
    for (double y = -0.4; y < 0.4; y += 0.05)
        assert_true(near(&rig, 1.5, y) < MAPPER_OCCUPIED);
    rig_clear(&rig);
}

/* The lidar looks through glass and clears its own layer only. What depth saw stays, until depth sees floor
 * there. */
static void test_glass_stays(void **state)
{
    (void)state;
    const struct toy_box boxes[] = {{1.5, -1.5, 1.53, 1.5, 2, 1, 0}, {4, -4, 4.5, 4, 2, 0, 0}};
    const struct toy_world world = {.boxes = boxes, .box_count = 2};
    struct rig rig;
    rig_init(&rig, NULL);
    for (int i = 0; i < 4; i++) {
        see_depth(&rig, &world, (struct pose2){0});
        see_lidar(&rig, &world, (struct pose2){0});
    }
    for (int i = 0; i < 50; i++)
        see_lidar(&rig, &world, (struct pose2){0});
    for (double y = -0.9; y < 0.9; y += 0.1)
        assert_true(near(&rig, 1.5, y) >= MAPPER_OCCUPIED);
    assert_true(near(&rig, 4, 0) >= MAPPER_OCCUPIED);
    for (int i = 0; i < 8; i++)
        see_depth(&rig, &empty, (struct pose2){0});
    assert_true(near(&rig, 1.5, 0) < MAPPER_OCCUPIED);
    rig_clear(&rig);
}

/* A box below the lidar's plane, and a bar above it: depth sees both, and says where the nearest thing of a
 * column is. */
static void test_low_box_is_seen_by_depth(void **state)
{
    (void)state;
    const struct toy_box low = {1.5, -0.3, 1.8, 0.3, 0.15, 0, 0};
    const struct toy_world world = {.boxes = &low, .box_count = 1};
    struct rig rig;
    rig_init(&rig, NULL);
    for (int i = 0; i < 6; i++) {
        see_lidar(&rig, &world, (struct pose2){0});
        see_depth(&rig, &world, (struct pose2){0});
    }
    for (double y = -0.25; y < 0.25; y += 0.05)
        assert_true(near(&rig, 1.5, y) >= MAPPER_OCCUPIED);
    assert_true(at(&rig, 1.2, 0) < 50);
    assert_true(rig.nearest_count > 10);
    for (size_t i = 0; i < rig.nearest_count; i++)
        assert_true(rig.nearest[i].x > 1.45 && rig.nearest[i].x < 1.85 && fabs(rig.nearest[i].y) < 0.35);
    rig_clear(&rig);
}

static void test_flat_floor_is_no_obstacle(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, NULL);
    for (int i = 0; i < 10; i++)
        see_depth(&rig, &empty, (struct pose2){0.1 * i, 0, 0.3 * i});
    for (size_t i = 0; i < grid_size(&grid); i++)
        assert_true(rig.mapper.occupancy[i] < 50);
    assert_int_equal(rig.nearest_count, 0);
    rig_clear(&rig);
}

/* One scan through a wall of the map does not open it; seconds of them do. */
static void test_map_wall_needs_repeated_evidence(void **state)
{
    (void)state;
    const struct toy_box wall = {1, -1, 1.2, 1, 2, 0, 0};
    const struct toy_world world = {.boxes = &wall, .box_count = 1};
    struct static_map map = toy_map(&world, (struct grid){0.1, {-5, -5}, 100, 100}); /* coarser than the grid */
    struct rig rig;
    rig_init(&rig, &map);
    assert_int_equal(at(&rig, 1.1, 0), 100);
    assert_int_equal(at(&rig, 0, 0), 0);
    see_lidar(&rig, &empty, (struct pose2){0});
    assert_true(at(&rig, 1.1, 0) >= MAPPER_OCCUPIED);
    see_lidar(&rig, &empty, (struct pose2){0.7, 0, 0}); /* from near, where many beams pass one cell */
    assert_true(at(&rig, 1.02, 0) >= MAPPER_OCCUPIED);
    for (int i = 0; i < 60; i++)
        see_lidar(&rig, &empty, (struct pose2){0});
    assert_true(at(&rig, 1.1, 0) < MAPPER_OCCUPIED);
    rig_clear(&rig);
    free((void *)map.cells);
}

/* Someone seen, then hidden: forgotten in the end. The given map is not. */
static void test_unconfirmed_marks_fade(void **state)
{
    (void)state;
    const struct toy_box boxes[] = {{2, -0.2, 2.4, 0.2, 2, 0, 0}, {-3, -3, -2.5, 3, 2, 0, 0}};
    const struct toy_world person = {.boxes = boxes, .box_count = 1};
    const struct toy_world wall = {.boxes = boxes + 1, .box_count = 1};
    struct static_map map = toy_map(&wall, grid);
    struct rig rig;
    rig_init(&rig, &map);
    for (int i = 0; i < 4; i++)
        see_lidar(&rig, &person, (struct pose2){0});
    assert_true(near(&rig, 2, 0) >= MAPPER_OCCUPIED);
    for (int tick = 0; tick < 20 * 35; tick++)
        mapper_tick(&rig.mapper, (struct pose2){-1, 0, 0}, 0.2);
    assert_true(near(&rig, 2, 0) < MAPPER_OCCUPIED);
    assert_true(at(&rig, -2.7, 0) >= 90);
    rig_clear(&rig);
    free((void *)map.cells);
}

/* `changed` names every cell whose blocked flag flipped, and nothing is written off the grid. */
static void test_changes_are_told(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, NULL);
    const struct toy_box box = {1, 1, 1.5, 1.5, 2, 0, 0};
    const struct toy_world world = {.boxes = &box, .box_count = 1};
    uint8_t *before = NEW_ARRAY(grid_size(&grid), uint8_t);
    for (int i = 0; i < 40; i++) {
        const struct pose2 pose = {seed_between(&rig.random, -6, 6), seed_between(&rig.random, -6, 6),
                                   seed_between(&rig.random, -PI, PI)};
        rig.mapper.changed = (struct distance_window){0};
        memcpy(before, rig.mapper.blocked, grid_size(&grid));
        see_lidar(&rig, &world, pose);
        see_depth(&rig, &world, pose);
        mapper_paint_image(&rig.mapper);
        mapper_paint(&rig.mapper, (struct vec2){pose.x, pose.y}, (struct vec2){pose.x + 0.4, pose.y - 0.3});
        mapper_tick(&rig.mapper, pose, 0.25);
        struct distance_window w = rig.mapper.changed;
        for (int y = 0; y < grid.height; y++) {
            for (int x = 0; x < grid.width; x++) {
                size_t cell = grid_index(&grid, (struct cell){x, y});
                if (before[cell] != rig.mapper.blocked[cell])
                    assert_true(x >= w.x0 && x < w.x1 && y >= w.y0 && y < w.y1);
            }
        }
    }
    free(before);
    rig_clear(&rig);
}

/* What the camera sees of floor that rises from 1 m on with this slope, in front of nothing. */
static size_t see_slope(double slope)
{
    static float depth[TOY_PIXELS];
    struct rig rig;
    rig_init(&rig, NULL);
    struct camera_view view = camera_view(&rig.camera, 0, 0);
    for (int i = 0; i < TOY_PIXELS; i++) {
        struct vec3 o = view.origin, ray = camera_ray(&rig.camera, &view, i % TOY_WIDTH, i / TOY_WIDTH);
        double level = ray.z < 0 ? -o.z / ray.z : (double)NAN;
        double risen = (slope * (o.x - 1) - o.z) / (ray.z - slope * ray.x);
        depth[i] = (float)(o.x + level * ray.x <= 1 ? level : risen > 0 ? risen : (double)NAN);
    }
    camera_cloud_fill(&rig.cloud, &rig.camera, &view, (const uint8_t *)depth, TOY_WIDTH * sizeof(float));
    struct vec2 eye = {view.origin.x, view.origin.y};
    size_t count = mapper_depth(&rig.mapper, (struct pose2){0}, &rig.camera, eye, &rig.cloud, rig.nearest);
    rig_clear(&rig);
    return count;
}

static void test_a_ramp_is_no_obstacle(void **state)
{
    (void)state;
    assert_int_equal(see_slope(1.0 / 12), 0);
    assert_int_equal(see_slope(1.0 / 8), 0);
    assert_true(see_slope(1.0 / 3) > TOY_WIDTH / 2); /* too steep to drive */
    assert_true(see_slope(20) > TOY_WIDTH / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lidar_wall_becomes_occupied), cmocka_unit_test(test_weight_takes_longer),
        cmocka_unit_test(test_removed_object_clears),
        cmocka_unit_test(test_glass_stays),                 cmocka_unit_test(test_low_box_is_seen_by_depth),
        cmocka_unit_test(test_flat_floor_is_no_obstacle),   cmocka_unit_test(test_map_wall_needs_repeated_evidence),
        cmocka_unit_test(test_unconfirmed_marks_fade),      cmocka_unit_test(test_changes_are_told),
        cmocka_unit_test(test_a_ramp_is_no_obstacle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
