#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/sim/random_scene.h"

static const double FAR_M = 100;

static void add_with(struct raycast *raycast, struct shape shape, struct pose3 pose)
{
    struct raycast_solid solid = {.shape = shape, .pose = pose, .senses = SENSE_LIDAR};
    raycast_add(raycast, &solid);
}

static void assert_rays_agree(const struct raycast *a, const struct raycast *b, const char *name, bool normals)
{
    struct seed_stream s = seed_stream_named(5, name);
    int hits = 0;
    for (int i = 0; i < 20000; i++) {
        struct vec3 aim = {seed_between(&s, -.7, .7), seed_between(&s, -.7, .7), seed_between(&s, -.2, 1.5)};
        struct vec3 origin = vec3_add((struct vec3){0, 0, .7}, vec3_scale(random_direction(&s), 3));
        struct vec3 direction = vec3_sub(aim, origin);
        direction = vec3_scale(direction, 1 / vec3_length(direction));
        struct raycast_hit p, q;
        bool met = raycast_ray(a, origin, direction, FAR_M, SENSE_LIDAR, &p);
        assert_int_equal(raycast_ray(b, origin, direction, FAR_M, SENSE_LIDAR, &q), met);
        if (fabs(p.distance_m - q.distance_m) > 1e-9)
            fail_msg("%s, ray %d: %.12f and %.12f", name, i, p.distance_m, q.distance_m);
        if (met && normals)
            assert_true(vec3_length(vec3_sub(p.normal, q.normal)) < 1e-9);
        hits += met;
    }
    assert_true(hits > 5000);
}

static const struct vec3 CUBE[] = {{-.5, -.5, -.5}, {.5, -.5, -.5}, {-.5, .5, -.5}, {.5, .5, -.5},
                                   {-.5, -.5, .5},  {.5, -.5, .5},  {-.5, .5, .5},  {.5, .5, .5}};
static const uint32_t CUBE_FACES[] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                      2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};

/* A cube as box, as mesh, and as the hull of its corners and 200 points in and on it. */
static void mesh_and_hull_of_a_cube_are_the_box(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(6, "cube");
    struct pose3 pose = {{.1, -.2, .7}, random_turn(&s)};
    struct vec3 points[208];
    for (int i = 0; i < 200; i++) {
        double in[3] = {seed_between(&s, -.5, .5), seed_between(&s, -.5, .5), seed_between(&s, -.5, .5)};
        if (i % 2)
            in[i % 3] = i % 4 == 1 ? .5 : -.5;
        points[i] = (struct vec3){in[0], in[1], in[2]};
    }
    memcpy(points + 200, CUBE, sizeof CUBE);
    struct raycast *scenes[3];
    for (int i = 0; i < 3; i++)
        scenes[i] = raycast_create(-2, -2, 2, 2, .5);
    add_with(scenes[0], (struct shape){.kind = SHAPE_BOX, .half_m = {.5, .5, .5}}, pose);
    add_with(scenes[1], (struct shape){.kind = SHAPE_MESH, .vertices = CUBE, .vertex_count = 8, .triangles = CUBE_FACES,
                                       .triangle_count = 12}, pose);
    add_with(scenes[2], (struct shape){.kind = SHAPE_HULL, .vertices = points, .vertex_count = 208}, pose);
    assert_rays_agree(scenes[0], scenes[1], "mesh", true);
    assert_rays_agree(scenes[0], scenes[2], "hull", true);
    for (int i = 0; i < 3; i++)
        raycast_destroy(&scenes[i]);
}

/* Rays exactly through the edges and corners that triangles share, along the axes, may not slip through. */
static void no_ray_slips_between_triangles(void **state)
{
    (void)state;
    double heights[11 * 11];
    struct seed_stream s = seed_stream_named(7, "heights");
    for (size_t i = 0; i < 121; i++)
        heights[i] = seed_between(&s, 0, .5);
    struct raycast *raycast = raycast_create(-3, -3, 3, 3, .5);
    struct shape field = {.kind = SHAPE_HEIGHTFIELD, .heights_m = heights, .rows = 11, .columns = 11, .cell_m = .1};
    add_with(raycast, field, (struct pose3){{0, 0, 0}, {0, 0, 0, 1}});
    for (int row = 0; row < 11; row++)
        for (int column = 0; column < 11; column++) {
            struct vec3 above = {(column - 5) * .1, (row - 5) * .1, 4};
            struct raycast_hit hit;
            assert_true(raycast_ray(raycast, above, (struct vec3){0, 0, -1}, FAR_M, SENSE_LIDAR, &hit));
            assert_true(fabs(4 - hit.distance_m - heights[row * 11 + column]) < 1e-9);
            above.x += column < 10 ? .05 : -.05;
            above.y += row < 10 ? .05 : -.05;
            assert_true(raycast_ray(raycast, above, (struct vec3){0, 0, -1}, FAR_M, SENSE_LIDAR, &hit));
        }
    raycast_destroy(&raycast);
}

/* A tilted field is a plane: the triangles must say what one triangle's plane says; from below there is nothing. */
static void heightfield_of_a_slope(void **state)
{
    (void)state;
    double heights[21 * 31];
    for (int row = 0; row < 21; row++)
        for (int column = 0; column < 31; column++)
            heights[row * 31 + column] = .5 + .3 * (column - 15) * .1 - .2 * (row - 10) * .1;
    struct raycast *raycast = raycast_create(-3, -3, 3, 3, .5);
    struct shape field = {.kind = SHAPE_HEIGHTFIELD, .heights_m = heights, .rows = 21, .columns = 31, .cell_m = .1};
    add_with(raycast, field, (struct pose3){{0, 0, 0}, {0, 0, 0, 1}});
    struct seed_stream s = seed_stream_named(8, "slope");
    struct vec3 normal = {-.3, .2, 1};
    int hits = 0;
    for (int i = 0; i < 20000; i++) {
        struct vec3 o = {seed_between(&s, -2, 2), seed_between(&s, -2, 2), seed_between(&s, -1, 3)};
        struct vec3 d = random_direction(&s);
        double height = vec3_dot(normal, o) - .5, rate = vec3_dot(normal, d), t = -height / rate;
        struct vec3 p = vec3_add(o, vec3_scale(d, t));
        bool expected = height > 0 && rate < 0 && fabs(p.x) <= 1.5 && fabs(p.y) <= 1;
        struct raycast_hit hit;
        assert_int_equal(raycast_ray(raycast, o, d, FAR_M, SENSE_LIDAR, &hit), expected);
        if (expected)
            assert_true(fabs(hit.distance_m - t) < 1e-9 * (1 + t));
        hits += expected;
    }
    assert_true(hits > 500);
    raycast_destroy(&raycast);
}

/* The scene keeps copies: the caller's arrays may change afterwards. */
static void shapes_are_copied(void **state)
{
    (void)state;
    struct vec3 corners[8];
    memcpy(corners, CUBE, sizeof corners);
    struct raycast *raycast = raycast_create(-2, -2, 2, 2, .5);
    add_with(raycast, (struct shape){.kind = SHAPE_HULL, .vertices = corners, .vertex_count = 8},
             (struct pose3){{0, 0, 0}, {0, 0, 0, 1}});
    memset(corners, 0, sizeof corners);
    struct raycast_hit hit;
    assert_true(raycast_ray(raycast, (struct vec3){-2, 0, 0}, (struct vec3){1, 0, 0}, FAR_M, SENSE_LIDAR, &hit));
    assert_true(fabs(hit.distance_m - 1.5) < 1e-12);
    assert_true(raycast_solid(raycast, 0)->shape.vertices[0].x == -.5);
    raycast_destroy(&raycast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mesh_and_hull_of_a_cube_are_the_box),
        cmocka_unit_test(no_ray_slips_between_triangles),
        cmocka_unit_test(heightfield_of_a_slope),
        cmocka_unit_test(shapes_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
