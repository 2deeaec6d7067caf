#include <stdio.h>

#include "logs/seed.h"
#include "sim/raycast.h"
#include "tests/sim/physics_scene.h"

/* --- contact -------------------------------------------------------------------------------------------- */

static void a_box_rests_on_the_plane(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    add_ground(world);
    struct physics_body body = add(world, box(.3, .2, .1), (struct vec3){0, 0, .15}, 5);
    run(world, 600);
    struct vec3 rest = position_of(world, body);
    assert_near(rest.z, .1, 2e-3);
    run(world, 400);
    assert_near(vec3_length(vec3_sub(position_of(world, body), rest)), 0, 1e-4);
    physics_destroy(&world);
}

/* The floor's reaction carries the weight: contact impulses sum to m g h at rest, and to m dv over an impact. */
static void contact_impulses_carry_momentum(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    struct physics_body ground = add_ground(world);
    struct physics_body body = add(world, box(.3, .2, .1), (struct vec3){0, 0, .6}, 5);
    double sum_ns = 0;
    for (int step = 0; step < 400; step++) {
        struct physics_contact contacts[16];
        run(world, 1);
        size_t count = physics_contacts(world, body, contacts, 16);
        assert_true(count <= 16);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(contacts[i].a.index, ground.index); /* the older one */
            assert_int_equal(contacts[i].b.index, body.index);
            assert_near(contacts[i].normal_on_b.z, -1, 1e-6);
            assert_near(contacts[i].point.z, 0, .02);
            sum_ns += contacts[i].impulse_ns;
        }
        assert_int_equal(physics_contacts(world, (struct physics_body){0, 0}, NULL, 0), count);
    }
    assert_near(sum_ns, 5 * 9.81 * 400 / 200, 5 * 9.81 * 400 / 200 * 1e-3);
    physics_destroy(&world);
}

static double bounce_height(double restitution)
{
    struct physics *world = world_new(9.81);
    struct physics_part plane = {{.kind = SHAPE_PLANE}, {{0, 0, 0}, UPRIGHT}};
    struct physics_part sphere = {ball(.1), {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def ground = body_def(&plane, (struct vec3){0, 0, 0}, 0);
    struct physics_body_def def = body_def(&sphere, (struct vec3){0, 0, 1.1}, 1);
    ground.restitution = 1;
    def.restitution = restitution;
    must_create(world, &ground);
    struct physics_body body = must_create(world, &def);
    double top = 0;
    bool touched = false;
    for (int i = 0; i < 240; i++) {
        run(world, 1);
        touched = touched || physics_contacts(world, body, NULL, 0) > 0;
        if (touched)
            top = fmax(top, position_of(world, body).z);
    }
    physics_destroy(&world);
    return top - .1;
}

static void restitution_decides_the_bounce(void **state)
{
    (void)state;
    assert_near(bounce_height(1), 1, .1); /* at 4.4 m/s a step is 2 cm of way */
    assert_near(bounce_height(.5), .25, .05);
    assert_near(bounce_height(0), 0, .03);
}

/* A box on a slope of 20 degrees (tan 0.364) slides under a friction product of 0.3 and stays under 0.45. */
static double slide(double friction)
{
    struct physics *world = world_new(9.81);
    struct quat tilt = quat_from_rpy(0, 20 * PI / 180, 0);
    struct physics_part plane = {{.kind = SHAPE_PLANE}, {{0, 0, 0}, UPRIGHT}};
    struct physics_part block = {box(.2, .2, .1), {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def ground = body_def(&plane, (struct vec3){0, 0, 0}, 0);
    ground.pose.orientation = tilt;
    ground.friction = 1;
    must_create(world, &ground);
    struct physics_body_def def = body_def(&block, quat_rotate(tilt, (struct vec3){0, 0, .1}), 2);
    def.pose.orientation = tilt;
    def.friction = friction;
    struct physics_body body = must_create(world, &def);
    run(world, 400);
    double way = vec3_length(vec3_sub(position_of(world, body), def.pose.position));
    physics_destroy(&world);
    return way;
}

static void friction_holds_up_to_its_angle(void **state)
{
    (void)state;
    double slope = 20 * PI / 180;
    assert_near(slide(.45), 0, .01);
    assert_near(slide(.30), (sin(slope) - .30 * cos(slope)) * 9.81 * 2 * 2 / 2, .15);
}

static void a_kinematic_body_pushes_and_keeps_its_velocity(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    struct physics_part part = {box(.1, .5, .5), {{0, 0, 0}, UPRIGHT}};
    add_ground(world);
    struct physics_body_def def = body_def(&part, (struct vec3){-1, 0, .55}, 0);
    def.motion = PHYSICS_KINEMATIC;
    struct physics_body pusher = must_create(world, &def);
    struct physics_body pushed = add(world, box(.2, .2, .2), (struct vec3){0, 0, .2}, 1);
    for (int i = 0; i < 400; i++) {
        struct physics_state s = {.pose = def.pose, .linear_mps = {.5, 0, 0}};
        s.pose.position.x = -1 + .5 * i * .005;
        physics_body_set_state(world, pusher, &s);
        run(world, 1);
    }
    assert_near(physics_body_state(world, pusher).linear_mps.x, .5, 1e-12);
    assert_near(position_of(world, pusher).x, -.0025, 1e-9);
    assert_near(position_of(world, pushed).x, .3, .01);
    assert_near(physics_body_state(world, pushed).linear_mps.x, .5, .05);
    physics_destroy(&world);
}

/* --- every shape carries a ball ------------------------------------------------------------------------- */

static void every_shape_carries_a_ball(void **state)
{
    (void)state;
    double bowl[25]; /* heights 0.3 .. 0.7: lowest in the middle, where Bullet's own centre would be elsewhere */
    for (int i = 0; i < 25; i++)
        bowl[i] = .3 + .05 * (square(i % 5 - 2) + square(i / 5 - 2));
    const struct { const char *name; struct shape shape; double top_m; } cases[] = {
        {"box", box(1, 1, .5), .5},
        {"cylinder", {.kind = SHAPE_CYLINDER, .radius_m = 1, .height_m = 1}, .5},
        {"sphere", ball(1), 1},
        {"capsule", {.kind = SHAPE_CAPSULE, .radius_m = .5, .height_m = 1}, 1},
        {"plane", {.kind = SHAPE_PLANE}, 0},
        {"hull", BLOCK_HULL, .5},
        {"mesh", BLOCK_MESH, .5},
        {"heightfield", {.kind = SHAPE_HEIGHTFIELD, .heights_m = bowl, .rows = 5, .columns = 5, .cell_m = .5}, .3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct physics *world = world_new(9.81);
        add(world, cases[i].shape, (struct vec3){0, 0, 0}, 0);
        struct physics_part part = {ball(.1), {{0, 0, 0}, UPRIGHT}};
        struct physics_body_def def = body_def(&part, (struct vec3){0, 0, cases[i].top_m + .2}, 1);
        def.angular_damping = .9;
        struct physics_body body = must_create(world, &def);
        run(world, 200);
        /* In the bowl slopes meet beside the ball's lowest point. */
        assert_near(position_of(world, body).z, cases[i].top_m + .1, .003);
        physics_destroy(&world);
    }
}

/* --- nothing floats on a margin --------------------------------------------------------------------------- */

enum { FIELD = 20, GROUNDS = 6, MOVERS = 5 };

static const double TILT = .2; /* of the sloping field */

struct ground_case {
    const char *name;
    struct shape shape;
    double top_m; /* above the origin */
    bool slopes;
};

/* Distance between a body's lowest point and the ground it came to rest on. */
static double gap_under(const struct ground_case *ground, const struct shape *shape, double half_m)
{
    struct physics *world = world_new(9.81);
    struct physics_part below = {ground->shape, {{0, 0, 0}, UPRIGHT}}, above = {*shape, {{0, 0, 0}, UPRIGHT}};
    double angle = ground->slopes ? atan(TILT) : 0;
    struct vec3 normal = {-sin(angle), 0, cos(angle)}, top = {0, 0, ground->top_m};
    struct physics_body_def def = body_def(&below, (struct vec3){0, 0, 0}, 0);
    def.friction = 2;
    must_create(world, &def);
    def = body_def(&above, vec3_add(top, vec3_scale(normal, half_m + .02)), 1);
    def.pose.position.y = .05;
    def.pose.orientation = quat_from_rpy(0, -angle, 0);
    def.friction = 2;
    def.rolling_friction = .1;
    struct physics_body body = must_create(world, &def);
    run(world, 400);
    double gap = vec3_dot(normal, vec3_sub(position_of(world, body), top)) - half_m;
    physics_destroy(&world);
    return gap;
}

static void nothing_floats_on_a_margin(void **state)
{
    (void)state;
    double flat[FIELD * FIELD], slope[FIELD * FIELD], worst = 0;
    for (int i = 0; i < FIELD * FIELD; i++) {
        flat[i] = .3;
        slope[i] = .5 + TILT * (i % FIELD - (FIELD - 1) / 2.0) * .25;
    }
    struct shape field = {.kind = SHAPE_HEIGHTFIELD, .heights_m = flat, .rows = FIELD, .columns = FIELD, .cell_m = .25};
    struct shape ramp = field;
    ramp.heights_m = slope;
    const struct ground_case grounds[GROUNDS] = {
        {"a plane", {.kind = SHAPE_PLANE}, 0, false}, {"a box", box(3, 3, .5), .5, false},
        {"a mesh", BLOCK_MESH, .5, false},            {"a hull", BLOCK_HULL, .5, false},
        {"a level field", field, .3, false},          {"a sloping field", ramp, .5, true},
    };
    struct vec3 corners[8];
    for (int i = 0; i < 8; i++)
        corners[i] = vec3_scale(BLOCK[i], .2);
    const struct { const char *name; struct shape shape; double half_m; } movers[MOVERS] = {
        {"a box", box(.2, .2, .1), .1},
        {"a cylinder", {.kind = SHAPE_CYLINDER, .radius_m = .2, .height_m = .2}, .1},
        {"a ball", ball(.1), .1},
        {"a capsule", {.kind = SHAPE_CAPSULE, .radius_m = .1, .height_m = .3}, .25},
        {"a hull", {.kind = SHAPE_HULL, .vertices = corners, .vertex_count = 8}, .1},
    };
    for (int g = 0; g < GROUNDS; g++)
        for (int m = 0; m < MOVERS; m++) {
            double gap = gap_under(&grounds[g], &movers[m].shape, movers[m].half_m);
            if (fabs(gap) > 5e-5)
                fail_msg("%s rests %.3f mm above %s", movers[m].name, gap * 1e3, grounds[g].name);
            worst = fmax(worst, fabs(gap));
        }
    printf("figure: bodies of 5 kinds on grounds of 6 kinds rest within %.3f mm\n", worst * 1e3);
}

/* --- rays ---------------------------------------------------------------------------------------------------- */

/* The rays' triangles of a heightfield are those that bodies roll on: same cuts, same place. */
static void rays_meet_the_heightfield_that_bodies_meet(void **state)
{
    (void)state;
    double heights[7 * 12];
    struct seed_stream s = seed_stream_named(3, "field");
    for (int i = 0; i < 7 * 12; i++)
        heights[i] = seed_between(&s, -.2, .6);
    struct shape field = {.kind = SHAPE_HEIGHTFIELD, .heights_m = heights, .rows = 7, .columns = 12, .cell_m = .3};
    struct physics *world = world_new(9.81);
    struct physics_part part = {field, {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def def = body_def(&part, (struct vec3){.4, -.3, .2}, 0);
    def.pose.orientation = quat_from_yaw(.6);
    must_create(world, &def);
    struct raycast *raycast = raycast_create(-5, -5, 5, 5, 1);
    struct raycast_solid solid = {.shape = field, .pose = def.pose, .senses = SENSE_LIDAR};
    raycast_add(raycast, &solid);
    int met = 0, same = 0;
    for (int i = 0; i < 5000; i++) {
        struct vec3 from = {seed_between(&s, -1.5, 2.3), seed_between(&s, -1.5, 1), 2};
        struct vec3 down = {seed_between(&s, -1, 1), seed_between(&s, -1, 1), -2};
        struct vec3 direction = vec3_scale(down, 1 / vec3_length(down));
        struct raycast_hit hit;
        if (!raycast_ray(raycast, from, direction, 4, SENSE_LIDAR, &hit))
            continue;
        double theirs = physics_ray(world, from, vec3_add(from, vec3_scale(direction, 4)));
        assert_near(theirs, hit.distance_m, 1e-4); /* Bullet's triangles are met a little beyond their edges */
        same += fabs(theirs - hit.distance_m) < 1e-9;
        met++;
    }
    assert_true(met > 2000 && same > met * 99 / 100);
    raycast_destroy(&raycast);
    physics_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_rests_on_the_plane),
        cmocka_unit_test(contact_impulses_carry_momentum),
        cmocka_unit_test(restitution_decides_the_bounce),
        cmocka_unit_test(friction_holds_up_to_its_angle),
        cmocka_unit_test(a_kinematic_body_pushes_and_keeps_its_velocity),
        cmocka_unit_test(every_shape_carries_a_ball),
        cmocka_unit_test(nothing_floats_on_a_margin),
        cmocka_unit_test(rays_meet_the_heightfield_that_bodies_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
