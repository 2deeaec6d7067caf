/* The inner loop in every instruction set that this processor has: the same bits, and those of the oracle. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/oracle.h"
#include "tests/sim/random_scene.h"

enum { SCENES = 4, SOLIDS = 160, VIEWS = 60, MOST_RAYS = 400, SCANS = 256, BEAMS = 360, FIELD = 15 };

static const double FAR_M = 100;
static const char *const NAMES[] = {"plain", "SSE2", "AVX2", "AVX-512"};

static const struct vec3 TETRAHEDRON[] = {{-.4, -.4, -.4}, {.5, -.3, -.4}, {0, .5, -.4}, {0, 0, .5}};
static const uint32_t FACES[] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};

/* --- scenes ---------------------------------------------------------------------------------------------- */

static void add_hull(struct raycast *raycast, struct seed_stream *s, int tag)
{
    struct vec3 points[16];
    for (int i = 0; i < 16; i++)
        points[i] = vec3_scale(random_direction(s), seed_between(s, .2, .6));
    struct raycast_solid solid = random_solid(s, tag);
    solid.shape = (struct shape){.kind = SHAPE_HULL, .vertices = points, .vertex_count = 16};
    raycast_add(raycast, &solid);
}

static void add_field(struct raycast *raycast, struct seed_stream *s, int tag)
{
    double heights[FIELD * FIELD];
    for (int i = 0; i < FIELD * FIELD; i++)
        heights[i] = seed_between(s, -.1, .3);
    struct raycast_solid solid = {.senses = ~0u, .tag = tag, .pose = {{seed_between(s, -5, 5), 0, 0}, {0, 0, 0, 1}}};
    solid.shape = (struct shape){.kind = SHAPE_HEIGHTFIELD, .heights_m = heights, .rows = FIELD, .columns = FIELD,
                                 .cell_m = .35};
    raycast_add(raycast, &solid);
}

static void add_any(struct raycast *raycast, struct seed_stream *s, int i)
{
    struct raycast_solid solid = random_solid(s, i);
    if (i % 8 == 0)
        add_hull(raycast, s, i);
    else if (i % 40 == 1)
        add_field(raycast, s, i);
    else if (i % 8 == 2)
        solid.shape = (struct shape){.kind = SHAPE_MESH, .vertices = TETRAHEDRON, .vertex_count = 4, .triangles = FACES,
                                     .triangle_count = 4};
    else if (i == 3 || i == 4)
        solid.shape = (struct shape){.kind = SHAPE_PLANE};
    if (i == 3)
        solid.pose = (struct pose3){{0, 0, -.05}, {0, 0, 0, 1}};
    if (i % 8 && i % 40 != 1)
        raycast_add(raycast, &solid);
}

static struct raycast *scene_of_all_kinds(uint64_t seed)
{
    struct seed_stream s = seed_stream_named(seed, "kinds");
    struct raycast *raycast = raycast_create(-9, -9, 9, 9, .5); /* some stand outside */
    for (int i = 0; i < SOLIDS; i++)
        add_any(raycast, &s, i);
    return raycast;
}

/* Level scans, tilted images, anything, by turns; and any number of rays, straight ones among them. */
static size_t draw_rays(struct seed_stream *s, int view, struct vec3 directions[MOST_RAYS])
{
    static const struct vec3 straight[] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, -1}, {-1, 0, 0}, {0, -1, -0.0}};
    size_t count = 1 + seed_below(s, MOST_RAYS);
    double start = seed_between(s, -PI, PI), step = seed_between(s, .001, .1);
    for (size_t i = 0; i < count; i++) {
        double yaw = start + step * (double)i, z = view % 3 == 1 ? -.3 + .002 * (double)i : 0, level = sqrt(1 - z * z);
        directions[i] = view % 3 == 2 ? random_direction(s) : (struct vec3){cos(yaw) * level, sin(yaw) * level, z};
    }
    for (size_t i = 0; i < 6 && i < count && view % 4 == 0; i++)
        directions[seed_below(s, count)] = straight[i];
    return count;
}

static void assert_same_hits(const struct raycast_hit *a, const struct raycast_hit *b, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        bool same = memcmp(&a[i].distance_m, &b[i].distance_m, sizeof a[i].distance_m) == 0 &&
                    memcmp(&a[i].normal, &b[i].normal, sizeof a[i].normal) == 0 && a[i].solid == b[i].solid &&
                    a[i].material == b[i].material && a[i].tag == b[i].tag;
        if (!same)
            fail_msg("ray %zu of %zu in %s: %.17g m on %u, plain has %.17g m on %u", i, count, name, a[i].distance_m,
                     a[i].solid, b[i].distance_m, b[i].solid);
    }
}

/* --- tests ----------------------------------------------------------------------------------------------- */

static void all_paths_give_the_same_bits(void **state)
{
    (void)state;
    static struct raycast_hit expected[MOST_RAYS], hits[MOST_RAYS];
    static struct vec3 directions[MOST_RAYS];
    size_t compared[4] = {0}, met = 0;
    for (int scene = 0; scene < SCENES; scene++) {
        struct raycast *raycast = scene_of_all_kinds((uint64_t)scene);
        struct seed_stream s = seed_stream_named((uint64_t)scene, "views");
        for (int view = 0; view < VIEWS; view++) {
            struct vec3 origin = random_origin(&s);
            size_t count = draw_rays(&s, view, directions);
            double max_m = view % 2 ? FAR_M : 5;
            for (size_t i = 0; i < count; i++)
                met += raycast_ray(raycast, origin, directions[i], max_m, SENSE_CAMERA, &expected[i]);
            for (int lanes = RAYCAST_PLAIN; lanes <= RAYCAST_AVX512; lanes++) {
                if (!raycast_use(raycast, (enum raycast_lanes)lanes))
                    continue;
                raycast_rays(raycast, origin, directions, count, max_m, SENSE_CAMERA, hits);
                assert_same_hits(hits, expected, count, NAMES[lanes]);
                compared[lanes] += count;
            }
        }
        raycast_destroy(&raycast);
    }
    assert_true(met > compared[RAYCAST_PLAIN] / 4);
    for (int lanes = 0; lanes < 4; lanes++)
        printf("figure: %s: %zu rays, all bits as one by one%s\n", NAMES[lanes], compared[lanes],
               compared[lanes] ? "" : " (not on this processor)");
}

/* Lines from one wall of light, from one lamp, and from anywhere to anywhere. */
static void all_paths_block_the_same_lines(void **state)
{
    (void)state;
    static struct raycast_line lines[MOST_RAYS];
    static bool expected[MOST_RAYS], blocked[MOST_RAYS];
    struct raycast *raycast = scene_of_all_kinds(9);
    struct seed_stream s = seed_stream_named(9, "lines");
    for (int view = 0; view < VIEWS; view++) {
        struct vec3 lamp = random_origin(&s), towards = random_direction(&s), near = random_origin(&s);
        size_t count = 1 + seed_below(&s, MOST_RAYS);
        for (size_t i = 0; i < count; i++) {
            struct vec3 origin = vec3_add(near, (struct vec3){.03 * (double)(i % 16), .02 * (double)(i / 16), 0});
            struct vec3 to_lamp = vec3_sub(lamp, origin), one = vec3_scale(to_lamp, 1 / vec3_length(to_lamp));
            const struct raycast_line kinds[] = {{origin, towards, FAR_M}, {origin, one, vec3_length(to_lamp)},
                                                 {random_origin(&s), random_direction(&s), seed_between(&s, 0, 9)}};
            lines[i] = kinds[view % 3];
            struct raycast_hit hit;
            expected[i] = raycast_ray(raycast, lines[i].origin, lines[i].direction, lines[i].max_m, SENSE_LIDAR, &hit);
        }
        for (int lanes = RAYCAST_PLAIN; lanes <= RAYCAST_AVX512; lanes++)
            if (raycast_use(raycast, (enum raycast_lanes)lanes)) {
                raycast_blocked(raycast, lines, count, SENSE_LIDAR, blocked);
                assert_memory_equal(blocked, expected, count * sizeof *blocked);
            }
    }
    raycast_destroy(&raycast);
}

/* The bar: 256 scans of 360 beams among 200 solids, all within 1 mm of the closed forms. */
static void lidar_scans_are_those_of_the_oracle(void **state)
{
    (void)state;
    static real expected[SCANS][BEAMS];
    static struct vec3 origins[SCANS], beams[SCANS][BEAMS];
    struct raycast *raycast = raycast_create(-11, -11, 11, 11, .5);
    struct seed_stream s = seed_stream_named(10, "scans");
    for (int i = 0; i < 200; i++) {
        struct raycast_solid solid = random_solid(&s, i);
        raycast_add(raycast, &solid);
    }
    for (int scan = 0; scan < SCANS; scan++) {
        double yaw = seed_between(&s, -PI, PI);
        origins[scan] = (struct vec3){seed_between(&s, -10, 10), seed_between(&s, -10, 10), .3};
        for (int i = 0; i < BEAMS; i++) {
            int tag;
            beams[scan][i] = (struct vec3){cos(yaw + i * PI / 180), sin(yaw + i * PI / 180), 0};
            expected[scan][i] = oracle(raycast, origins[scan], beams[scan][i], 20, SENSE_LIDAR, &tag);
        }
    }
    for (int lanes = RAYCAST_PLAIN; lanes <= RAYCAST_AVX512; lanes++) {
        struct raycast_hit hits[BEAMS];
        double worst = 0;
        if (!raycast_use(raycast, (enum raycast_lanes)lanes))
            continue;
        for (int scan = 0; scan < SCANS; scan++) {
            raycast_rays(raycast, origins[scan], beams[scan], BEAMS, 20, SENSE_LIDAR, hits);
            for (int i = 0; i < BEAMS; i++)
                worst = fmax(worst, fabs(hits[i].distance_m - (double)expected[scan][i]));
        }
        printf("figure: %s: %d lidar rays, worst %.1e m from the oracle\n", NAMES[lanes], SCANS * BEAMS, worst);
        assert_true(worst < 1e-3);
    }
    raycast_destroy(&raycast);
}

/* Ten thousand solids in one spot outgrow every list inside. */
static void a_heap_of_solids_in_one_place(void **state)
{
    (void)state;
    struct raycast *raycast = raycast_create(-50, -50, 50, 50, 1);
    struct seed_stream s = seed_stream_named(11, "heap");
    for (int i = 0; i < 10000; i++) {
        struct raycast_solid solid = random_solid(&s, i);
        solid.pose.position = vec3_scale(solid.pose.position, .05);
        solid.shape = (struct shape){.kind = SHAPE_SPHERE, .radius_m = .02};
        raycast_add(raycast, &solid);
    }
    for (int i = 0; i < 300; i++) {
        struct vec3 origin = random_origin(&s), aim = {seed_between(&s, -.5, .5), seed_between(&s, -.5, .5), .03};
        struct vec3 direction = vec3_sub(aim, origin);
        struct raycast_hit hit;
        int tag;
        direction = vec3_scale(direction, 1 / vec3_length(direction));
        double expected = (double)oracle(raycast, origin, direction, FAR_M, SENSE_CAMERA, &tag);
        raycast_rays(raycast, origin, &direction, 1, FAR_M, SENSE_CAMERA, &hit);
        assert_true(fabs(hit.distance_m - expected) < 1e-9);
        assert_int_equal(hit.tag, tag);
    }
    raycast_destroy(&raycast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_paths_give_the_same_bits),
        cmocka_unit_test(all_paths_block_the_same_lines),
        cmocka_unit_test(lidar_scans_are_those_of_the_oracle),
        cmocka_unit_test(a_heap_of_solids_in_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
