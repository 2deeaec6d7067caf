#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logs/hash.h"
#include "logs/seed.h"
#include "tests/sim/physics_scene.h"

/* --- free motion ---------------------------------------------------------------------------------------- */

/* Semi-implicit Euler falls g h^2 n (n + 1) / 2 in n steps. */
static void a_falling_ball_follows_the_closed_form(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    struct physics_body body = add(world, ball(.1), (struct vec3){1, 2, 50}, 2);
    struct physics_state start = physics_body_state(world, body);
    start.linear_mps = (struct vec3){3, 0, 0};
    physics_body_set_state(world, body, &start);
    run(world, 200);
    struct physics_state s = physics_body_state(world, body);
    assert_near(s.pose.position.z, 50 - 9.81 * 200 * 201 / 2 / 40000, 1e-9);
    assert_near(s.pose.position.x, 4, 1e-9);
    assert_near(s.linear_mps.z, -9.81, 1e-9);
    assert_int_equal(physics_body_tag(world, body), 0);
    physics_destroy(&world);
    assert_null(world);
    physics_destroy(&world);
}

static void a_push_lasts_one_step(void **state)
{
    (void)state;
    struct physics *world = world_new(0);
    struct physics_body body = add(world, box(.5, .5, .5), (struct vec3){0, 0, 1}, 4);
    physics_body_push(world, body, (struct vec3){0, 0, 80}, (struct vec3){0, 0, 1}); /* 20 m/s2 for 5 ms */
    run(world, 1);
    assert_near(physics_body_state(world, body).linear_mps.z, .1, 1e-12);
    run(world, 10);
    assert_near(physics_body_state(world, body).linear_mps.z, .1, 1e-12);
    assert_near(physics_body_state(world, body).angular_radps.x, 0, 1e-12);
    /* Off the centre: torque 0.5 m x 80 N about y over I = m s^2 / 6. */
    physics_body_push(world, body, (struct vec3){0, 0, 80}, (struct vec3){-.5, 0, 1});
    run(world, 1);
    assert_near(physics_body_state(world, body).angular_radps.y, 40 * .005 / (4.0 / 6), 1e-6);
    physics_destroy(&world);
}

/* A body whose centre of mass is away from its origin: state and pushes speak of the body frame and the centre. */
static void a_compound_speaks_of_its_own_frame(void **state)
{
    (void)state;
    struct physics *world = world_new(0);
    struct physics_part parts[] = {{box(.2, .1, .05), {{0, 0, 0}, UPRIGHT}},
                                   {box(.02, .02, .2), {{.1, 0, .25}, UPRIGHT}}};
    struct physics_body_def def = body_def(parts, (struct vec3){5, 6, 7}, 3);
    def.part_count = 2;
    def.centre_of_mass_m = (struct vec3){.1, 0, .2};
    def.pose.orientation = quat_from_yaw(PI / 2);
    def.tag = 77;
    struct physics_body body = must_create(world, &def);
    struct physics_state s = physics_body_state(world, body);
    assert_near(s.pose.position.x, 5, 1e-12);
    assert_near(s.pose.position.z, 7, 1e-12);
    assert_near(quat_yaw(s.pose.orientation), PI / 2, 1e-12);
    assert_int_equal(physics_body_tag(world, body), 77);

    s.angular_radps = (struct vec3){0, 0, 2};
    s.linear_mps = (struct vec3){0, 0, 0};
    physics_body_set_state(world, body, &s);
    s = physics_body_state(world, body);
    assert_near(s.linear_mps.x, 0, 1e-12);
    assert_near(s.linear_mps.y, 0, 1e-12);
    assert_near(s.angular_radps.z, 2, 1e-12);
    run(world, 1); /* the centre, at (5, 6.1), goes on straight with -0.2 m/s in x: the origin turns about it */
    s = physics_body_state(world, body);
    assert_near(s.pose.position.x + .1 * cos(quat_yaw(s.pose.orientation)), 5 - .2 * .005, 1e-9);
    assert_near(s.pose.position.y + .1 * sin(quat_yaw(s.pose.orientation)), 6.1, 1e-9);

    struct vec3 centre = pose3_apply(s.pose, def.centre_of_mass_m), before = s.angular_radps;
    physics_body_push(world, body, (struct vec3){0, 30, 0}, centre);
    run(world, 1);
    assert_near(physics_body_state(world, body).angular_radps.z, before.z, 1e-9);
    physics_destroy(&world);
}

/* A capsule's and a cylinder's own inertia against closed forms, by how fast an off-centre push turns them. */
static void inertia_comes_from_the_shapes(void **state)
{
    (void)state;
    struct physics_part parts[] = {{ball(.5), {{-1, 0, 0}, UPRIGHT}}, {ball(.5), {{1, 0, 0}, UPRIGHT}}};
    struct physics_body_def def = body_def(parts, (struct vec3){0, 0, 0}, 6);
    def.part_count = 2;
    struct vec3 inertia = physics_body_inertia(&def);
    assert_near(inertia.x, 6 * .4 * .25, 1e-12);
    assert_near(inertia.z, 6 * .4 * .25 + 6, 1e-12);
    struct physics_part rod = {{.kind = SHAPE_CYLINDER, .radius_m = .1, .height_m = 2},
                               {{0, 0, 0}, quat_from_rpy(0, PI / 2, 0)}};
    def = body_def(&rod, (struct vec3){0, 0, 0}, 3);
    inertia = physics_body_inertia(&def);
    assert_near(inertia.x, 3 * .01 / 2, 1e-12);
    assert_near(inertia.y, 3 * (4.0 / 12 + .01 / 4), 1e-12);
    def.inertia_kgm2 = (struct vec3){1, 2, 3};
    assert_near(physics_body_inertia(&def).y, 2, 0);
}

/* --- hinges --------------------------------------------------------------------------------------------- */

struct wheel {
    struct physics *world;
    struct physics_body body;
    struct physics_joint joint;
};

/* A wheel of inertia 0.01 kg m2 on a static axle along y. */
static struct wheel wheel_new(void)
{
    struct wheel w = {.world = world_new(9.81)};
    struct physics_part part = {{.kind = SHAPE_CYLINDER, .radius_m = .1, .height_m = .05},
                                {{0, 0, 0}, quat_from_rpy(PI / 2, 0, 0)}};
    struct physics_body_def def = body_def(&part, (struct vec3){1, 2, 3}, 2);
    def.inertia_kgm2 = (struct vec3){.01, .01, .01};
    struct physics_body axle = add(w.world, box(.05, .05, .05), (struct vec3){1, 2, 3}, 0);
    w.body = must_create(w.world, &def);
    struct physics_hinge_def hinge = {.a = axle, .b = w.body, .axis_in_a = {0, 1, 0}};
    w.joint = physics_hinge_create(w.world, &hinge);
    return w;
}

static void a_motor_reaches_its_speed_within_its_torque(void **state)
{
    (void)state;
    struct wheel w = wheel_new();
    physics_hinge_motor(w.world, w.joint, 10, .2); /* 20 rad/s2: half a second */
    run(w.world, 50);
    struct physics_hinge_state s = physics_hinge_state(w.world, w.joint);
    assert_near(s.velocity_radps, 5, .05);
    assert_near(s.torque_nm, .2, .002);
    assert_near(s.angle_rad, 20 * .25 * .25 / 2, .05);
    assert_near(physics_body_state(w.world, w.body).angular_radps.y, 5, .05);
    run(w.world, 150);
    s = physics_hinge_state(w.world, w.joint);
    assert_near(s.velocity_radps, 10, 1e-3);
    assert_near(s.torque_nm, 0, 1e-3);
    physics_hinge_motor(w.world, w.joint, -10, .2);
    run(w.world, 1);
    assert_near(physics_hinge_state(w.world, w.joint).torque_nm, -.2, 1e-6);
    run(w.world, 400);
    assert_near(physics_hinge_state(w.world, w.joint).velocity_radps, -10, 1e-3);
    physics_hinge_motor(w.world, w.joint, 0, 0);
    run(w.world, 100);
    s = physics_hinge_state(w.world, w.joint);
    assert_near(s.velocity_radps, -10, .01);
    assert_near(s.torque_nm, 0, 0);
    struct vec3 at = position_of(w.world, w.body);
    assert_near(vec3_length(vec3_sub(at, (struct vec3){1, 2, 3})), 0, 1e-4);
    physics_destroy(&w.world);
}

/* A weight on an arm (m g r = 2 * 9.81 * 0.5 = 9.81 Nm when level) stops a weaker motor and yields to a stronger. */
static double lifted_angle(double torque_nm)
{
    struct physics *world = world_new(9.81);
    struct physics_part part = {ball(.05), {{.5, 0, 0}, UPRIGHT}};
    struct physics_body_def def = body_def(&part, (struct vec3){0, 0, 2}, 2);
    def.centre_of_mass_m = (struct vec3){.5, 0, 0};
    struct physics_body arm = must_create(world, &def);
    struct physics_joint joint = physics_hinge_create(
        world, &(struct physics_hinge_def){.a = arm, .pivot_in_a = {0, 0, 0}, .axis_in_a = {0, 1, 0}});
    physics_hinge_motor(world, joint, 1, torque_nm); /* the world (b) relative to the arm (a): lifts the arm */
    run(world, 100);
    double lift = asin(position_of(world, arm).z - 2 + quat_rotate(physics_body_state(world, arm).pose.orientation,
                                                                   (struct vec3){1, 0, 0}).z);
    physics_destroy(&world);
    return lift;
}

static void a_motor_stalls_at_its_torque(void **state)
{
    (void)state;
    assert_near(lifted_angle(15), .5, .05);
    assert_true(lifted_angle(7) < -.05);
}

static void hinges_go_with_their_bodies(void **state)
{
    (void)state;
    struct wheel w = wheel_new();
    assert_int_equal(physics_body_count(w.world), 2);
    physics_body_destroy(w.world, w.body);
    assert_int_equal(physics_body_count(w.world), 1);
    run(w.world, 10);
    physics_destroy(&w.world);
}

/* --- repetition ----------------------------------------------------------------------------------------- */

static struct physics *pile_new(uint64_t seed)
{
    struct physics *world = world_new(9.81);
    struct seed_stream s = seed_stream_named(seed, "pile");
    add_ground(world);
    for (int i = 0; i < 60; i++) {
        struct physics_part part = {box(.1 + .01 * (i % 5), .1, .08), {{0, 0, 0}, UPRIGHT}};
        struct vec3 at = {seed_between(&s, -.3, .3), seed_between(&s, -.3, .3), .2 + .22 * i};
        struct physics_body_def def = body_def(&part, at, 1);
        def.pose.orientation = quat_from_rpy(seed_between(&s, -1, 1), seed_between(&s, -1, 1), seed_between(&s, -3, 3));
        def.tag = i;
        must_create(world, &def);
    }
    return world;
}

static void the_same_calls_give_the_same_bits(void **state)
{
    (void)state;
    struct physics *one = pile_new(1), *other = pile_new(1), *third = pile_new(2);
    uint64_t hash = HASH_START;
    for (int i = 0; i < 1000; i++) {
        run(one, 1);
        run(other, 1);
        run(third, 1);
        hash = physics_hash(one, HASH_START);
        assert_true(hash == physics_hash(other, HASH_START));
        assert_true(hash != physics_hash(third, HASH_START));
    }
    struct physics_contact a[512], b[512];
    size_t count = physics_contacts(one, (struct physics_body){0, 0}, a, 512);
    assert_true(count > 60 && count <= 512);
    assert_int_equal(physics_contacts(other, (struct physics_body){0, 0}, b, 512), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(a[i].tag_a == b[i].tag_a && a[i].tag_b == b[i].tag_b && a[i].impulse_ns == b[i].impulse_ns);
        assert_true(i == 0 || a[i - 1].a.index <= a[i].a.index); /* oldest first */
    }
    printf("figure: 60 boxes, 1000 steps, equal state hash in every step\n");
    physics_destroy(&one);
    physics_destroy(&other);
    physics_destroy(&third);
}

/* Two hundred lives of a small world with every kind of thing; the sanitizer build sees what is not given back. */
static void worlds_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct wheel w = wheel_new();
        add_ground(w.world);
        add(w.world, BLOCK_MESH, (struct vec3){3, 0, 0}, 0);
        struct physics_body hull = add(w.world, BLOCK_HULL, (struct vec3){-3, 0, 1}, 1);
        run(w.world, 3);
        physics_body_destroy(w.world, hull);
        physics_destroy(&w.world);
    }
}

static void rays_find_the_nearest_body(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    add(world, box(.5, .5, .5), (struct vec3){3, 0, 0}, 0);
    assert_near(physics_ray(world, (struct vec3){0, 0, 0}, (struct vec3){10, 0, 0}), 2.5, 1e-3);
    assert_near(physics_ray(world, (struct vec3){0, 2, 0}, (struct vec3){10, 2, 0}), -1, 0);
    physics_destroy(&world);
}

/* --- faults --------------------------------------------------------------------------------------------- */

static void assert_refused(struct shape shape, enum physics_motion motion, double mass_kg, const char *sentence)
{
    struct physics *world = world_new(9.81);
    struct physics_part part = {shape, {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def def = body_def(&part, (struct vec3){0, 0, 0}, mass_kg);
    struct error err = {0};
    def.motion = motion;
    def.tag = 42;
    struct physics_body body = physics_body_create(world, &def, &err);
    assert_int_equal(body.generation, 0);
    assert_int_equal(err.status, STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "body 42"));
    if (!strstr(err.text, sentence))
        fail_msg("'%s' does not say '%s'", err.text, sentence);
    assert_int_equal(physics_body_count(world), 0);
    physics_destroy(&world);
}

static void bad_bodies_get_a_sentence(void **state)
{
    (void)state;
    static const struct vec3 flat[] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}, {.5, .5, 0}};
    static const uint32_t wild[] = {0, 1, 9};
    static const double holes[] = {0, 0, (double)NAN, 0};
    assert_refused(box(1, 0, 1), PHYSICS_STATIC, 0, "half sizes above zero");
    assert_refused(box(1, (double)NAN, 1), PHYSICS_STATIC, 0, "half sizes above zero");
    assert_refused(ball(-1), PHYSICS_DYNAMIC, 1, "radius above zero");
    assert_refused(ball(HUGE_VAL), PHYSICS_STATIC, 0, "at most 1e6 m");
    assert_refused(ball(1), PHYSICS_DYNAMIC, 0, "mass");
    assert_refused(ball(1), PHYSICS_DYNAMIC, (double)NAN, "mass");
    assert_refused((struct shape){.kind = SHAPE_CYLINDER, .radius_m = 1}, PHYSICS_STATIC, 0, "height above zero");
    assert_refused((struct shape){.kind = SHAPE_CAPSULE, .height_m = 1}, PHYSICS_STATIC, 0, "radius");
    assert_refused((struct shape){.kind = SHAPE_PLANE}, PHYSICS_DYNAMIC, 1, "cannot move");
    assert_refused((struct shape){.kind = SHAPE_HULL}, PHYSICS_STATIC, 0, "four finite vertices");
    assert_refused((struct shape){.kind = SHAPE_HULL, .vertices = flat, .vertex_count = 5}, PHYSICS_STATIC, 0,
                   "one plane");
    assert_refused((struct shape){.kind = SHAPE_MESH}, PHYSICS_STATIC, 0, "at least one triangle");
    assert_refused((struct shape){.kind = SHAPE_MESH, .vertices = flat, .vertex_count = 5, .triangles = wild,
                                  .triangle_count = 1}, PHYSICS_STATIC, 0, "only name vertices");
    assert_refused((struct shape){.kind = SHAPE_HEIGHTFIELD, .rows = 1, .columns = 4, .cell_m = 1}, PHYSICS_STATIC, 0,
                   "two rows");
    assert_refused((struct shape){.kind = SHAPE_HEIGHTFIELD, .rows = 2, .columns = 2, .cell_m = 1, .heights_m = holes},
                   PHYSICS_STATIC, 0, "finite");
    assert_refused((struct shape){.kind = (enum shape_kind)99}, PHYSICS_STATIC, 0, "not known");
}

static void a_diverged_world_names_the_body(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    struct physics_part part = {ball(.1), {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def def = body_def(&part, (struct vec3){0, 0, 5}, 1);
    struct error err = {0};
    def.tag = 13;
    struct physics_body body = must_create(world, &def);
    physics_body_push(world, body, (struct vec3){0, HUGE_VAL, 0}, (struct vec3){0, 0, 5});
    assert_int_equal(physics_step(world, &err), STATUS_DIVERGED);
    assert_non_null(strstr(err.text, "body 13"));
    physics_body_state(world, body);
    physics_hash(world, HASH_START);
    physics_destroy(&world);
    world = world_new(9.81); /* finite, but of no world */
    body = must_create(world, &def);
    struct physics_state thrown = physics_body_state(world, body);
    thrown.linear_mps.x = 1e5;
    physics_body_set_state(world, body, &thrown);
    assert_int_equal(physics_step(world, &err), STATUS_DIVERGED);
    assert_string_equal(err.text, "the pose or velocity of body 13 is beyond all bounds; the episode ends here");
    physics_destroy(&world);
}

static void use_destroyed(struct physics *world, struct physics_body body) { physics_body_state(world, body); }
static void step_after_divergence(struct physics *world, struct physics_body body)
{
    struct error err = {0};
    physics_body_push(world, body, (struct vec3){HUGE_VAL, 0, 0}, (struct vec3){0, 0, 0});
    for (int i = 0; i < 2; i++)
        if (physics_step(world, &err) == STATUS_OK)
            _exit(1);
}

static void assert_aborts(void (*misuse)(struct physics *, struct physics_body), struct physics *world,
                          struct physics_body body)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        misuse(world, body);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void stale_handles_are_our_bug(void **state)
{
    (void)state;
    struct physics *world = world_new(9.81);
    struct physics_body gone = add(world, ball(1), (struct vec3){0, 0, 0}, 1);
    physics_body_destroy(world, gone);
    assert_aborts(use_destroyed, world, gone);
    struct physics_body heir = add(world, ball(1), (struct vec3){0, 0, 0}, 1); /* takes the slot */
    assert_int_equal(heir.index, gone.index);
    assert_int_not_equal(heir.generation, gone.generation);
    assert_aborts(use_destroyed, world, gone);
    assert_aborts(use_destroyed, world, (struct physics_body){0, 0});
    physics_body_state(world, heir);
    assert_aborts(step_after_divergence, world, heir);
    physics_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_falling_ball_follows_the_closed_form),
        cmocka_unit_test(a_push_lasts_one_step),
        cmocka_unit_test(a_compound_speaks_of_its_own_frame),
        cmocka_unit_test(inertia_comes_from_the_shapes),
        cmocka_unit_test(a_motor_reaches_its_speed_within_its_torque),
        cmocka_unit_test(a_motor_stalls_at_its_torque),
        cmocka_unit_test(hinges_go_with_their_bodies),
        cmocka_unit_test(the_same_calls_give_the_same_bits),
        cmocka_unit_test(worlds_come_and_go),
        cmocka_unit_test(rays_find_the_nearest_body),
        cmocka_unit_test(bad_bodies_get_a_sentence),
        cmocka_unit_test(a_diverged_world_names_the_body),
        cmocka_unit_test(stale_handles_are_our_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
