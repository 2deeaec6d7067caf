#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "logs/seed.h"
#include "sim/raycast.h"

enum { SIDE_POINTS = 120, DISCS = 30, DISC_POINTS = 180, MOST_POINTS = DISCS * DISC_POINTS };

static const double LENGTH_M = .5, WIDTH_M = .4, FAR_M = 8;

static struct raycast_solid solid_at(struct shape shape, double x, double y, double z, struct quat turn)
{
    return (struct raycast_solid){.shape = shape, .pose = {{x, y, z}, turn}, .senses = SENSE_TOUCH};
}

static struct shape box(double x, double y, double z) { return (struct shape){.kind = SHAPE_BOX, .half_m = {x, y, z}}; }

static double clearance_to(const struct raycast_solid *solid, struct pose2 pose)
{
    struct raycast *raycast = raycast_create(-5, -5, 5, 5, .5);
    raycast_add(raycast, solid);
    double distance = raycast_clearance(raycast, pose, LENGTH_M, WIDTH_M, 0, .5, FAR_M, NULL);
    raycast_destroy(&raycast);
    return distance;
}

/* --- closed forms --------------------------------------------------------------------------------------- */

static void closed_forms(void **state)
{
    (void)state;
    const double r = sqrt(.5); /* the robot is 0.5 by 0.4 m at the origin unless turned */
    const struct quat upright = {0, 0, 0, 1}, diagonal = quat_from_yaw(PI / 4), lying = quat_from_rpy(0, PI / 2, 0);
    const struct shape post = {.kind = SHAPE_CYLINDER, .radius_m = .1, .height_m = 1};
    const struct shape ball = {.kind = SHAPE_SPHERE, .radius_m = .3};
    const struct shape pill = {.kind = SHAPE_CAPSULE, .radius_m = .1, .height_m = 1};
    const struct {
        const char *name;
        struct raycast_solid solid;
        struct pose2 pose;
        double expected_m;
    } cases[] = {
        {"box ahead", solid_at(box(.1, 1, .2), 1, 0, 0, upright), {0, 0, 0}, .65},
        {"box beside", solid_at(box(1, .1, .2), 0, -1, 0, upright), {0, 0, 0}, .7},
        {"box at a corner", solid_at(box(.25, .2, .2), .5 + .3, .4 + .4, 0, upright), {0, 0, 0}, .5},
        {"box on its edge", solid_at(box(r, r, .2), 2, 0, 0, diagonal), {0, 0, 0}, .75},
        {"robot turned", solid_at(box(.1, 1, .2), 1, 0, 0, upright), {0, 0, PI / 2}, .7},
        {"robot moved and turned", solid_at(box(.1, 1, .2), 1, 0, 0, upright), {-1, .5, PI / 4}, 1.9 - .45 * r},
        {"touching", solid_at(box(.1, 1, .2), .35, 0, 0, upright), {0, 0, 0}, 0},
        {"overlapping", solid_at(box(.1, 1, .2), .3, 0, 0, diagonal), {0, 0, 0}, 0},
        {"crossing, no corner inside", solid_at(box(2, .01, .2), 0, 0, 0, diagonal), {0, 0, 0}, 0},
        {"cutting off a corner", solid_at(box(2, .01, .2), 1.4, -1, 0, quat_from_yaw(-PI / 4)), {0, 0, 0}, 0},
        {"cutting off a corner, long in y", solid_at(box(.01, 2, .2), 1.4, -1, 0, diagonal), {0, 0, 0}, 0},
        {"just missing the corner", solid_at(box(2, .01, .2), 1.5, -1, 0, quat_from_yaw(-PI / 4)), {0, 0, 0},
         .05 * r - .01},
        {"robot inside a box", solid_at(box(2, 2, .2), 0, 0, 0, upright), {0, 0, 0}, 0},
        {"post ahead", solid_at(post, 1, 0, 0, upright), {0, 0, 0}, .65},
        {"post at a corner", solid_at(post, .25 + .3, .2 + .4, 0, upright), {0, 0, 0}, .4},
        {"post within", solid_at(post, 0, 0, 0, upright), {0, 0, 0}, 0},
        {"ball at a corner", solid_at(ball, -.25 - .3, .2 + .4, 0, upright), {0, 0, 0}, .2},
        {"pill lying, its end ahead", solid_at(pill, 2, 0, .1, lying), {0, 0, 0}, 2 - .6 - .25},
        {"pill lying, its side ahead", solid_at(pill, 2, 0, .1, quat_multiply(quat_from_yaw(PI / 2), lying)), {0, 0, 0},
         2 - .1 - .25},
        {"out of reach", solid_at(post, 4.9, 4.9, 0, upright), {-4.9, -4.9, 0}, FAR_M},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double distance = clearance_to(&cases[i].solid, cases[i].pose);
        if (fabs(distance - cases[i].expected_m) > 1e-12)
            fail_msg("%s: %.15f, not %.15f", cases[i].name, distance, cases[i].expected_m);
    }
}

/* --- against samples ------------------------------------------------------------------------------------ */

struct cloud {
    struct vec2 points[MOST_POINTS];
    size_t count;
    double step_m; /* every point of the outline is this near to one of them */
};

static void cloud_rectangle(struct cloud *cloud, struct pose2 pose, double half_x, double half_y)
{
    cloud->count = 0;
    for (int i = 0; i <= SIDE_POINTS; i++) {
        double u = 2.0 * i / SIDE_POINTS - 1;
        struct vec2 rim[] = {{u * half_x, half_y}, {u * half_x, -half_y}, {half_x, u * half_y}, {-half_x, u * half_y}};
        for (int k = 0; k < 4; k++)
            cloud->points[cloud->count++] = pose2_apply(pose, rim[k]);
    }
    cloud->step_m = fmax(half_x, half_y) / SIDE_POINTS;
}

/* The rims of many discs along a segment. */
static void cloud_swept(struct cloud *cloud, struct vec2 from, struct vec2 to, double radius)
{
    cloud->count = 0;
    for (int i = 0; i < DISCS; i++)
        for (int k = 0; k < DISC_POINTS; k++) {
            double u = (double)i / (DISCS - 1), a = 2 * PI * k / DISC_POINTS;
            cloud->points[cloud->count++] = (struct vec2){from.x + u * (to.x - from.x) + radius * cos(a),
                                                          from.y + u * (to.y - from.y) + radius * sin(a)};
        }
    cloud->step_m = vec2_distance(from, to) / DISCS + radius * PI / DISC_POINTS;
}

static void cloud_solid(struct cloud *cloud, const struct raycast_solid *solid)
{
    struct vec3 at = solid->pose.position;
    struct pose2 pose = {at.x, at.y, quat_yaw(solid->pose.orientation)};
    if (solid->shape.kind == SHAPE_BOX) {
        cloud_rectangle(cloud, pose, solid->shape.half_m.x, solid->shape.half_m.y);
        return;
    }
    double half = solid->shape.kind == SHAPE_CAPSULE ? solid->shape.height_m / 2 : 0;
    struct vec3 end = quat_rotate(solid->pose.orientation, (struct vec3){0, 0, half});
    cloud_swept(cloud, (struct vec2){at.x - end.x, at.y - end.y}, (struct vec2){at.x + end.x, at.y + end.y},
                solid->shape.radius_m);
}

static double cloud_distance(const struct cloud *a, const struct cloud *b)
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            least = fmin(least, square(a->points[i].x - b->points[k].x) + square(a->points[i].y - b->points[k].y));
    return sqrt(least);
}

static struct raycast_solid random_solid(struct seed_stream *s)
{
    static const enum shape_kind kinds[] = {SHAPE_BOX, SHAPE_CYLINDER, SHAPE_SPHERE, SHAPE_CAPSULE};
    struct shape shape = {.kind = kinds[seed_below(s, 4)],
                          .half_m = {seed_between(s, .05, .6), seed_between(s, .05, .6), .3},
                          .radius_m = seed_between(s, .05, .4), .height_m = seed_between(s, .1, 1)};
    double roll = shape.kind == SHAPE_CAPSULE ? seed_between(s, -PI, PI) : 0;
    struct quat turn = quat_from_rpy(roll, 0, seed_between(s, -PI, PI));
    return solid_at(shape, seed_between(s, -1.5, 1.5), seed_between(s, -1.5, 1.5), .2, turn);
}

/* No sample pair may be nearer than the exact distance, and the nearest pair must be about as near. */
static void samples_agree(void **state)
{
    (void)state;
    static struct cloud robot, other;
    struct seed_stream s = seed_stream_named(1, "samples");
    int apart = 0;
    for (int i = 0; i < 120; i++) {
        struct raycast_solid solid = random_solid(&s);
        struct pose2 pose = {seed_between(&s, -1, 1), seed_between(&s, -1, 1), seed_between(&s, -PI, PI)};
        double exact = clearance_to(&solid, pose);
        cloud_rectangle(&robot, pose, LENGTH_M / 2, WIDTH_M / 2);
        cloud_solid(&other, &solid);
        double sampled = cloud_distance(&robot, &other), slack = robot.step_m + other.step_m;
        if (exact > 0) {
            assert_true(sampled >= exact - 1e-12);
            assert_true(sampled <= exact + slack);
            apart++;
        } else { /* outlines cross, or one lies within the other */
            struct vec2 centre = pose2_unapply(pose, (struct vec2){solid.pose.position.x, solid.pose.position.y});
            assert_true(sampled <= slack || vec2_length(centre) < 1);
        }
    }
    assert_true(apart > 60 && apart < 120);
}

/* --- scenes --------------------------------------------------------------------------------------------- */

static void the_nearest_of_many(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(2, "many");
    struct raycast *raycast = raycast_create(-3, -3, 3, 3, .5);
    for (int i = 0; i < 60; i++) {
        struct raycast_solid solid = random_solid(&s);
        solid.pose.position.x *= 2.5; /* some stand outside the grid */
        solid.pose.position.y *= 2.5;
        raycast_add(raycast, &solid);
    }
    for (int i = 0; i < 200; i++) {
        struct pose2 pose = {seed_between(&s, -5, 5), seed_between(&s, -5, 5), seed_between(&s, -PI, PI)};
        double least = i % 2 ? 1.5 : FAR_M, max_m = least;
        uint32_t nearest = UINT32_MAX, found;
        for (uint32_t k = 0; k < 60; k++) {
            double distance = clearance_to(raycast_solid(raycast, k), pose);
            if (distance < least) {
                least = distance;
                nearest = k;
            }
        }
        double distance = raycast_clearance(raycast, pose, LENGTH_M, WIDTH_M, 0, .5, max_m, &found);
        assert_memory_equal(&distance, &least, sizeof least);
        assert_int_equal(found, nearest);
    }
    raycast_destroy(&raycast);
}

/* Height, sense and kind decide who counts; what moves is found where it is. */
static void only_what_is_in_the_way_counts(void **state)
{
    (void)state;
    const struct quat upright = {0, 0, 0, 1};
    const struct pose2 pose = {0, 0, 0};
    struct raycast *raycast = raycast_create(-3, -3, 3, 3, .5);
    struct raycast_solid kerb = solid_at(box(.1, .1, .02), .5, 0, .02, upright);
    struct raycast_solid lamp = solid_at(box(.1, .1, .1), 0, .5, 1, upright);
    struct raycast_solid ghost = solid_at(box(.1, .1, 1), -.5, 0, 0, upright);
    struct raycast_solid ground = solid_at((struct shape){.kind = SHAPE_PLANE}, 0, 0, .2, upright);
    struct raycast_solid wall = solid_at(box(.1, 1, 1), 2, 0, 0, upright);
    uint32_t nearest;
    ghost.senses = SENSE_LIDAR | SENSE_CAMERA | SENSE_DEPTH;
    uint32_t kerb_id = raycast_add(raycast, &kerb);
    raycast_add(raycast, &lamp);
    raycast_add(raycast, &ghost);
    raycast_add(raycast, &ground);
    uint32_t wall_id = raycast_add(raycast, &wall);
    assert_true(fabs(raycast_clearance(raycast, pose, .5, .4, .05, .5, 5, &nearest) - 1.65) < 1e-12);
    assert_int_equal(nearest, wall_id);
    assert_true(fabs(raycast_clearance(raycast, pose, .5, .4, .03, .5, 5, &nearest) - .15) < 1e-12);
    assert_int_equal(nearest, kerb_id);
    raycast_move(raycast, wall_id, (struct pose3){{-.5, 0, 0}, upright});
    assert_true(fabs(raycast_clearance(raycast, pose, .5, .4, .05, .5, 5, &nearest) - .15) < 1e-12);
    raycast_move(raycast, wall_id, (struct pose3){{50, 0, 0}, upright});
    assert_true(raycast_clearance(raycast, pose, .5, .4, .05, .5, 5, &nearest) == 5);
    assert_int_equal(nearest, UINT32_MAX);
    raycast_destroy(&raycast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(samples_agree),
        cmocka_unit_test(the_nearest_of_many),
        cmocka_unit_test(only_what_is_in_the_way_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
