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
        /* The margin, and in the bowl the slopes that meet beside the ball's lowest point. */
        assert_near(position_of(world, body).z, cases[i].top_m + .1, .004);
        physics_destroy(&world);
    }
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
