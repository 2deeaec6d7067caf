#include <stdio.h>

#include "tests/sim/oracle.h"
#include "tests/sim/random_scene.h"

enum { SOLIDS = 200, RAYS = 96000, LIDAR_COUNT = 360 };

static const double FAR_M = 100;

/* --- scenes --------------------------------------------------------------------------------------------- */

static struct raycast_solid box_solid(double x, double y, double z, double hx, double hy, double hz, double yaw,
                                      int tag)
{
    return (struct raycast_solid){.shape = {.kind = SHAPE_BOX, .half_m = {hx, hy, hz}},
                                  .pose = {{x, y, z}, quat_from_yaw(yaw)}, .senses = SENSE_LIDAR, .tag = tag};
}

static struct raycast_solid ground_solid(int tag)
{
    return (struct raycast_solid){.shape.kind = SHAPE_PLANE, .pose.orientation.w = 1,
                                  .senses = SENSE_LIDAR | SENSE_CAMERA, .tag = tag};
}

/* 200 solids of any kind and turn, four walls (one askew and partly outside the grid), the ground. */
static struct raycast *random_scene(uint64_t seed, double cell_m)
{
    struct seed_stream s = seed_stream_named(seed, "scene");
    struct raycast *raycast = raycast_create(-10.5, -10.5, 10.5, 10.5, cell_m);
    for (int i = 0; i < SOLIDS; i++) {
        struct raycast_solid solid = random_solid(&s, i);
        raycast_add(raycast, &solid);
    }
    struct raycast_solid walls[] = {
        box_solid(0, 10.2, 1, 10.3, .1, 1, 0, 1000), box_solid(0, -10.2, 1, 10.3, .1, 1, 0, 1001),
        box_solid(10.2, 0, 1, .1, 10.3, 1, 0, 1002), box_solid(-8, 0, 1, .1, 12, 1, .4, 1003), ground_solid(2000),
    };
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++)
        raycast_add(raycast, &walls[i]);
    return raycast;
}

static void assert_same_hit(const struct raycast_hit *a, const struct raycast_hit *b)
{
    assert_memory_equal(&a->distance_m, &b->distance_m, sizeof a->distance_m);
    assert_memory_equal(&a->normal, &b->normal, sizeof a->normal);
    assert_int_equal(a->tag, b->tag);
    assert_int_equal(a->material, b->material);
    assert_int_equal(a->solid, b->solid);
}

/* --- tests ---------------------------------------------------------------------------------------------- */

static void rays_agree_with_the_oracle(void **state)
{
    (void)state;
    struct raycast *raycast = random_scene(1, .5);
    struct seed_stream s = seed_stream_named(1, "rays");
    double worst = 0;
    int hits = 0;
    for (int i = 0; i < RAYS; i++) {
        struct vec3 origin = random_origin(&s), direction = random_view(&s, (uint64_t)i % 3);
        unsigned sense = i % 2 ? SENSE_LIDAR : SENSE_CAMERA;
        struct raycast_hit hit;
        int tag;
        double expected = (double)oracle(raycast, origin, direction, FAR_M, sense, &tag);
        assert_int_equal(raycast_ray(raycast, origin, direction, FAR_M, sense, &hit), tag >= 0);
        if (hit.tag != tag || fabs(hit.distance_m - expected) > 1e-9 * (1 + expected))
            fail_msg("ray %d: %.12f on %d, the oracle has %.12f on %d", i, hit.distance_m, hit.tag, expected, tag);
        worst = fmax(worst, fabs(hit.distance_m - expected));
        hits += tag >= 0;
        if (tag >= 0) {
            assert_true(fabs(vec3_length(hit.normal) - 1) < 1e-12);
            assert_true(vec3_dot(hit.normal, direction) <= 1e-7);
        }
    }
    printf("figure: %d rays of %d within 1 nm of the oracle, worst %.1e m, %d hits\n", RAYS, RAYS, worst, hits);
    raycast_destroy(&raycast);
    assert_null(raycast);
    raycast_destroy(&raycast);
}

/* The normal of a hit is the surface's: a tiny step sideways along it meets the same surface where it predicts. */
static void normals_are_those_of_the_surface(void **state)
{
    (void)state;
    struct raycast *raycast = random_scene(2, .5);
    struct seed_stream s = seed_stream_named(2, "normals");
    int tried = 0;
    for (int i = 0; i < 20000; i++) {
        struct vec3 o = random_origin(&s), d = random_direction(&s);
        struct raycast_hit hit, beside;
        if (!raycast_ray(raycast, o, d, FAR_M, SENSE_CAMERA, &hit))
            continue;
        struct vec3 point = vec3_add(o, vec3_scale(d, hit.distance_m));
        struct vec3 along = vec3_cross(hit.normal, random_direction(&s));
        struct vec3 moved = vec3_sub(vec3_add(point, vec3_scale(along, 1e-5)), vec3_scale(d, .01));
        if (!raycast_ray(raycast, moved, d, FAR_M, SENSE_CAMERA, &beside) || beside.solid != hit.solid ||
            vec3_length(vec3_sub(beside.normal, hit.normal)) > .01 || vec3_dot(d, hit.normal) > -.2)
            continue;
        struct vec3 there = vec3_add(moved, vec3_scale(d, beside.distance_m));
        assert_true(fabs(vec3_dot(vec3_sub(there, point), hit.normal)) < 1e-8);
        tried++;
    }
    assert_true(tried > 5000);
    raycast_destroy(&raycast);
}

static void cell_size_and_batch_change_no_bit(void **state)
{
    (void)state;
    static const double cells_m[] = {.13, .5, 2, 30};
    struct seed_stream s = seed_stream_named(3, "batch");
    struct raycast *scenes[4];
    for (int i = 0; i < 4; i++)
        scenes[i] = random_scene(3, cells_m[i]);
    for (int round = 0; round < 20; round++) {
        struct vec3 origin = random_origin(&s), directions[LIDAR_COUNT];
        struct raycast_hit batch[LIDAR_COUNT], single;
        for (int i = 0; i < LIDAR_COUNT; i++)
            directions[i] = random_view(&s, (uint64_t)round % 3);
        directions[5] = (struct vec3){0, 0, -1};
        directions[6] = (struct vec3){1e-14, 0, 1};
        double max_m = round % 2 ? FAR_M : 4;
        raycast_rays(scenes[1], origin, directions, LIDAR_COUNT, max_m, SENSE_LIDAR, batch);
        for (int i = 0; i < LIDAR_COUNT; i++)
            for (int k = 0; k < 4; k++) {
                raycast_ray(scenes[k], origin, directions[i], max_m, SENSE_LIDAR, &single);
                assert_same_hit(&single, &batch[i]);
            }
        for (int i = 0; i < LIDAR_COUNT; i += 3) { /* a small batch goes another way */
            raycast_rays(scenes[1], origin, &directions[i], 3, max_m, SENSE_LIDAR, &batch[i]);
            raycast_ray(scenes[1], origin, directions[i + 2], max_m, SENSE_LIDAR, &single);
            assert_same_hit(&single, &batch[i + 2]);
        }
    }
    for (int i = 0; i < 4; i++)
        raycast_destroy(&scenes[i]);
}

/* Some jump, some walk: a step along the floor, a turn on the spot, a little up. */
static struct pose3 next_pose(struct seed_stream *s, const struct raycast *raycast, uint32_t solid, int i)
{
    struct pose3 pose = raycast_solid(raycast, solid)->pose;
    switch (i % 5) {
    case 0:
        pose = random_pose(s);
        pose.position.x += 15; /* out of the grid, and back in a later round */
        break;
    case 1: pose.position.x += seed_between(s, -.2, .2); break;
    case 2: pose.orientation = random_turn(s); break;
    case 3: pose.position.z += seed_between(s, -.05, .05); break;
    default: pose = random_pose(s);
    }
    return pose;
}

static void moved_solids_equal_rebuilt_ones(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(4, "move");
    struct raycast *moved = random_scene(4, 1.5);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 200; i++) {
            uint32_t solid = (uint32_t)seed_below(&s, SOLIDS);
            raycast_move(moved, solid, next_pose(&s, moved, solid, i));
        }
        struct raycast *rebuilt = raycast_create(-10.5, -10.5, 10.5, 10.5, .5);
        for (uint32_t i = 0; i < raycast_count(moved); i++)
            raycast_add(rebuilt, raycast_solid(moved, i));
        for (int i = 0; i < 3000; i++) {
            struct vec3 origin = random_origin(&s), direction = random_view(&s, (uint64_t)i % 3);
            struct raycast_hit a, b;
            raycast_ray(moved, origin, direction, FAR_M, SENSE_CAMERA, &a);
            raycast_ray(rebuilt, origin, direction, FAR_M, SENSE_CAMERA, &b);
            assert_same_hit(&a, &b);
        }
        raycast_destroy(&rebuilt);
    }
    raycast_destroy(&moved);
}

struct edge_case {
    const char *name;
    struct vec3 origin, direction;
    double expected_m; /* -1: nothing */
};

/* One box from (2, 2, 0) to (4, 4, 1) in a grid of 1 m cells over 0..10. */
static void borders_and_axes(void **state)
{
    (void)state;
    static const double R = .70710678118654752440;
    const struct edge_case cases[] = {
        {"along a border between cells", {0, 3, .5}, {1, 0, 0}, 2},
        {"along the same border backwards", {9, 3, .5}, {-1, 0, 0}, 5},
        {"along y on a border", {3, 0, .5}, {0, 1, 0}, 2},
        {"minus zero is zero", {0, 3, .5}, {1, -0.0, -0.0}, 2},
        {"through the corners of cells", {0, 0, .5}, {R, R, 0}, 2 / R},
        {"through the corners backwards", {9, 9, .5}, {-R, -R, 0}, 5 / R},
        {"origin on a border and a corner", {1, 3, .5}, {1, 0, 0}, 1},
        {"origin outside the grid", {-5, 3.5, .5}, {1, 0, 0}, 7},
        {"origin outside beyond a corner", {-3, -3, .5}, {R, R, 0}, 5 / R},
        {"outside and leaving", {-5, 3.5, .5}, {-1, 0, 0}, -1},
        {"outside and passing by", {-5, 3.5, .5}, {0, 1, 0}, -1},
        {"passing beside", {0, 5.5, .5}, {1, 0, 0}, -1},
        {"passing above", {0, 3, 1.5}, {1, 0, 0}, -1},
        {"straight down", {3, 3, 5}, {0, 0, -1}, 4},
        {"straight down on a corner of cells", {3, 3, 2}, {0, 0, -1}, 1},
        {"nearly straight down", {3, 3, 5}, {1e-13, -1e-13, -1}, 4},
        {"straight up from below", {3, 3, -2}, {0, 0, 1}, 2},
        {"down from outside the grid", {-3, 3, 5}, {0, 0, -1}, -1},
        {"from inside the box", {3, 3, .5}, {1, 0, 0}, -1},
        {"behind the origin", {5, 3, .5}, {1, 0, 0}, -1},
        {"just out of range", {0, 3, .5}, {0, 1, 0}, -1},
    };
    struct raycast *raycast = raycast_create(0, 0, 10, 10, 1);
    struct raycast_solid box = box_solid(3, 3, .5, 1, 1, .5, 0, 5);
    struct raycast_hit hit;
    assert_false(raycast_ray(raycast, (struct vec3){1, 1, 1}, (struct vec3){1, 0, 0}, FAR_M, ~0u, &hit));
    raycast_add(raycast, &box);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct edge_case *c = &cases[i];
        bool met = raycast_ray(raycast, c->origin, c->direction, FAR_M, SENSE_LIDAR, &hit);
        double expected = c->expected_m < 0 ? FAR_M : c->expected_m;
        if (met != (c->expected_m >= 0) || fabs(hit.distance_m - expected) > 1e-12)
            fail_msg("%s: %g instead of %g", c->name, hit.distance_m, c->expected_m);
        struct raycast_hit many[16];
        struct vec3 directions[16];
        for (int k = 0; k < 16; k++)
            directions[k] = c->direction;
        raycast_rays(raycast, c->origin, directions, 16, FAR_M, SENSE_LIDAR, many);
        assert_same_hit(&many[9], &hit);
    }
    assert_true(raycast_ray(raycast, (struct vec3){0, 3, .5}, (struct vec3){1, 0, 0}, 2, SENSE_LIDAR, &hit));
    assert_false(raycast_ray(raycast, (struct vec3){0, 3, .5}, (struct vec3){1, 0, 0}, 1.999, SENSE_LIDAR, &hit));
    assert_int_equal(hit.tag, -1);
    assert_true(hit.distance_m == 1.999);
    raycast_destroy(&raycast);
}

/* A line is blocked exactly when a ray of its length meets something. */
static void blocked_lines_are_those_whose_rays_hit(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    static struct raycast_line lines[LINES];
    static bool blocked[LINES];
    struct raycast *raycast = random_scene(9, .5);
    struct seed_stream s = seed_stream_named(9, "lines");
    for (int i = 0; i < LINES; i++)
        lines[i] = (struct raycast_line){random_origin(&s), random_view(&s, (uint64_t)i % 3), seed_between(&s, .1, 12)};
    raycast_blocked(raycast, lines, LINES, SENSE_LIDAR, blocked);
    int count = 0;
    for (int i = 0; i < LINES; i++) {
        struct raycast_hit hit;
        assert_int_equal(blocked[i], raycast_ray(raycast, lines[i].origin, lines[i].direction, lines[i].max_m,
                                                 SENSE_LIDAR, &hit));
        count += blocked[i];
    }
    assert_in_range(count, LINES / 10, LINES * 9 / 10);
    raycast_destroy(&raycast);
}

static void only_the_asked_sense_answers(void **state)
{
    (void)state;
    struct raycast *raycast = raycast_create(0, 0, 10, 10, 1);
    struct raycast_solid glass = box_solid(3, 3, .5, .1, 1, .5, 0, 1), wall = box_solid(6, 3, .5, .1, 1, .5, 0, 2);
    struct vec3 origin = {1, 3, .5}, ahead = {1, 0, 0};
    struct raycast_hit hit;
    glass.senses = SENSE_CAMERA | SENSE_TOUCH;
    glass.material = 9;
    raycast_add(raycast, &glass);
    raycast_add(raycast, &wall);
    assert_true(raycast_ray(raycast, origin, ahead, FAR_M, SENSE_LIDAR, &hit));
    assert_int_equal(hit.tag, 2);
    assert_true(raycast_ray(raycast, origin, ahead, FAR_M, SENSE_CAMERA, &hit));
    assert_int_equal(hit.tag, 1);
    assert_int_equal(hit.material, 9);
    assert_int_equal(hit.solid, 0);
    assert_true(hit.normal.x == -1 && hit.normal.y == 0 && hit.normal.z == 0);
    assert_false(raycast_ray(raycast, origin, ahead, FAR_M, SENSE_DEPTH, &hit));
    raycast_destroy(&raycast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rays_agree_with_the_oracle),
        cmocka_unit_test(normals_are_those_of_the_surface),
        cmocka_unit_test(cell_size_and_batch_change_no_bit),
        cmocka_unit_test(moved_solids_equal_rebuilt_ones),
        cmocka_unit_test(borders_and_axes),
        cmocka_unit_test(blocked_lines_are_those_whose_rays_hit),
        cmocka_unit_test(only_the_asked_sense_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
