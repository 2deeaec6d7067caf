/* The differential drive against what its header and its numbers promise. */
#include "tests/sim/stage.h"

#include "logs/seed.h"

static const struct twist2 halt = {0, 0};
static const char wall_ahead[] = "solids:\n  - {name: wall, kind: box, at: [1.6, 0], size: [0.2, 6, 1]}\n";

static void stands_where_it_was_put(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"start.x=1.5", "start.y=-2", "start.yaw=0.7", NULL});
    stage_run(&stage, halt, 0.5);
    double fastest = 0, shaking = 0;
    for (int i = 0; i < 2000; i++) {
        struct robot_state before = stage_truth(&stage);
        stage_step(&stage);
        struct robot_state now = stage_truth(&stage);
        fastest = fmax(fastest, vec3_length(now.linear_mps));
        shaking = fmax(shaking, vec3_length(vec3_sub(now.linear_mps, before.linear_mps)) * 200);
    }
    struct robot_state end = stage_truth(&stage);
    assert_near(end.pose.position.x, 1.5, 3e-3); /* after 10 s */
    assert_near(end.pose.position.y, -2, 3e-3);
    assert_near(end.pose.position.z, 0, 1e-3);
    assert_near(end.ground.yaw, 0.7, 2e-3);
    assert_true(fastest < 2e-3 && shaking < 0.3);
    struct physics_contact feet[16];
    size_t count = physics_contacts(stage.world->physics, (struct physics_body){0}, feet, COUNT_OF(feet));
    double weight_n = 0;
    for (size_t i = 0; i < count; i++)
        weight_n += feet[i].impulse_ns * 200;
    assert_near(weight_n, stage.scenario->robot.mass_kg * 9.81, 2);
    stage_close(&stage);
}

/* Means over the last two of four seconds. */
static struct twist2 steady(struct twist2 wish)
{
    struct stage stage = stage_open("", (const char *[]){"robot.max_v_mps=2", "robot.min_v_mps=-1", NULL});
    stage_run(&stage, wish, 2);
    struct twist2 sum = {0, 0};
    for (int i = 0; i < 400; i++) {
        if (i % 10 == 0)
            robot_drive(stage.robot, wish, 0.05);
        stage_step(&stage);
        sum.v_mps += stage_truth(&stage).twist.v_mps / 400;
        sum.w_radps += stage_truth(&stage).twist.w_radps / 400;
    }
    stage_close(&stage);
    return sum;
}

static void reaches_the_commanded_speeds(void **unused)
{
    (void)unused;
    const struct twist2 cases[] = {{0.3, 0}, {0.5, 0}, {1, 0}, {2, 0}, {-0.5, 0}, {0, 0.5}, {0, 1}, {0, 2}, {0, -2},
                                   {0.5, 0.5}, {1, -1}};
    double worst_v = 0, worst_w = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct twist2 got = steady(cases[i]);
        assert_near(got.v_mps, cases[i].v_mps, 0.02 + 0.02 * fabs(cases[i].v_mps));
        assert_near(got.w_radps, cases[i].w_radps, 0.02 + 0.06 * fabs(cases[i].w_radps));
        worst_v = fmax(worst_v, fabs(got.v_mps - cases[i].v_mps));
        worst_w = fmax(worst_w, fabs(got.w_radps - cases[i].w_radps));
    }
    printf("figure: robot steady speed off by at most %.3f m/s and %.3f rad/s\n", worst_v, worst_w);
}

static void stops_within_its_braking_distance(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.max_v_mps=2", NULL});
    stage_run(&stage, (struct twist2){2, 0}, 2);
    struct robot_state from = stage_truth(&stage);
    stage_run(&stage, halt, 2);
    struct robot_state to = stage_truth(&stage);
    double braking = square(from.twist.v_mps) / (2 * stage.scenario->robot.max_a_mps2);
    double gone = to.ground.x - from.ground.x;
    assert_true(gone > 0.8 * braking && gone < braking + 0.08);
    assert_near(to.twist.v_mps, 0, 5e-3);
    stage_close(&stage);
}

static void keeps_its_feet_in_rough_driving(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.max_v_mps=2", "robot.min_v_mps=-2", NULL});
    struct seed_stream stream = seed_stream_named(3, "rough");
    double tilt = 0, height = 0;
    for (int i = 0; i < 40; i++) {
        struct twist2 wish = {seed_between(&stream, -2, 2), seed_between(&stream, -2, 2)};
        for (int k = 0; k < 10; k++) {
            stage_tick(&stage, wish);
            struct robot_state now = stage_truth(&stage);
            tilt = fmax(tilt, fmax(fabs(now.roll_rad), fabs(now.pitch_rad)));
            height = fmax(height, fabs(now.pose.position.z));
            const struct robot_contact *contacts;
            assert_int_equal(robot_contacts(stage.robot, &contacts), 0); /* the ground is no collision */
        }
    }
    assert_true(tilt < 0.03 && height < 0.01);
    stage_close(&stage);
}

static void slips_where_the_floor_is_slippery(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"world.floor_friction=0.05", NULL});
    stage_run(&stage, (struct twist2){1, 0}, 0.6);
    struct robot_state now = stage_truth(&stage);
    double radius = stage.scenario->robot.wheel_radius_m;
    assert_near(now.wheel_radps[0] * radius, 1, 0.05);
    assert_near(now.wheel_radps[1] * radius, 1, 0.05);
    assert_true(now.twist.v_mps > 0.05 && now.twist.v_mps < 0.05 * 9.81 * 0.6); /* friction is all that pushes */
    stage_close(&stage);
}

static void wheels_turn_as_far_as_the_robot_goes(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", NULL);
    double turned[2] = {0, 0};
    struct robot_state before = stage_truth(&stage);
    for (int i = 0; i < 800; i++) {
        if (i % 10 == 0)
            robot_drive(stage.robot, (struct twist2){0.8, 0}, 0.05);
        stage_step(&stage);
        struct robot_state now = stage_truth(&stage);
        for (int side = 0; side < 2; side++)
            turned[side] += wrap_angle(now.wheel_angle_rad[side] - before.wheel_angle_rad[side]);
        before = now;
    }
    double radius = stage.scenario->robot.wheel_radius_m;
    assert_near(turned[0] * radius, before.ground.x, 0.03 * before.ground.x);
    assert_near(turned[1] * radius, before.ground.x, 0.03 * before.ground.x);
    stage_close(&stage);
}

static void torque_is_limited(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.max_torque_nm=0.2", "robot.max_a_mps2=20", NULL});
    stage_run(&stage, (struct twist2){1.2, 0}, 1);
    const struct robot_config *c = &stage.scenario->robot;
    double limit = 2 * c->max_torque_nm / c->wheel_radius_m / c->mass_kg;
    double v = stage_truth(&stage).twist.v_mps;
    assert_near(v, limit, 0.15 * limit); /* the wheels' own inertia and the casters take some */
    stage_close(&stage);
}

static void a_wall_stops_it_with_the_impulse_it_had(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(wall_ahead, NULL);
    const struct robot_contact *contacts;
    size_t count = 0;
    double front = stage.scenario->robot.length_m / 2;
    for (int i = 0; i < 1000 && count == 0; i++) {
        if (i % 10 == 0)
            robot_drive(stage.robot, (struct twist2){0.5, 0}, 0.05);
        stage_step(&stage);
        count = robot_contacts(stage.robot, &contacts);
    }
    assert_int_equal(count, 1);
    for (int i = 0; i < 5; i++) /* the blow takes a few steps, while the motors push on */
        stage_step(&stage);
    robot_contacts(stage.robot, &contacts);
    assert_string_equal(world_tag_name(stage.world, contacts[0].tag), "wall");
    assert_near(contacts[0].normal.x, -1, 0.01);
    assert_near(contacts[0].point.x, 1.5, 0.02);
    double per_mass = contacts[0].impulse_ns / stage.scenario->robot.mass_kg;
    printf("figure: a wall at 0.5 m/s takes %.2f m/s of impulse per mass\n", per_mass);
    double pushed = 5.0 / 200 * 2 * stage.scenario->robot.max_torque_nm / stage.scenario->robot.wheel_radius_m;
    assert_true(per_mass > 0.4 && per_mass < 0.55 + pushed / stage.scenario->robot.mass_kg);
    robot_contacts_clear(stage.robot);
    assert_int_equal(robot_contacts(stage.robot, &contacts), 0);
    double deepest = 0, fastest = 0;
    for (int i = 0; i < 60; i++) {
        stage_tick(&stage, (struct twist2){1.2, 0});
        deepest = fmax(deepest, stage_truth(&stage).ground.x + front - 1.5);
        fastest = fmax(fastest, vec3_length(stage_truth(&stage).linear_mps));
    }
    assert_true(deepest < 0.02 && fastest < 1.2);
    stage_run(&stage, (struct twist2){-0.3, 0}, 2);
    assert_int_equal(robot_contacts(stage.robot, &contacts), 0);
    assert_true(stage_truth(&stage).ground.x < 1.5 - front - 0.2);
    stage_close(&stage);
}

static void pushes_what_can_be_pushed(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("solids:\n  - {name: carton, kind: box, at: [1, 0], size: [0.3, 0.3, 0.3], "
                                    "material: cardboard, mass: 1}\n", NULL);
    stage_run(&stage, (struct twist2){0.5, 0}, 4);
    const struct robot_contact *contacts;
    assert_int_equal(robot_contacts(stage.robot, &contacts), 1);
    assert_string_equal(world_tag_name(stage.world, contacts[0].tag), "carton");
    assert_true(stage_truth(&stage).ground.x > 1.5);
    stage_close(&stage);
}

/* Whatever is wished: speeds, accelerations and wheels stay within limits, and what is within them is granted. */
static void commands_are_always_feasible(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.max_v_mps=2", "robot.max_w_radps=4",
                                                         "robot.max_a_mps2=0.8", NULL});
    const struct robot_config *c = &stage.scenario->robot;
    struct seed_stream stream = seed_stream_named(11, "wishes");
    struct twist2 last = {0, 0}, wish = {0, 0};
    double rim = fmax(c->max_v_mps, c->max_w_radps * c->wheel_base_m / 2);
    for (int i = 0; i < 20000; i++) {
        double period = i % 3 ? 0.05 : 0.02;
        if (i % 7 == 0)
            wish = (struct twist2){seed_between(&stream, -4, 4), seed_between(&stream, -9, 9)};
        struct twist2 got = robot_drive(stage.robot, wish, period);
        assert_true(got.v_mps >= c->min_v_mps && got.v_mps <= c->max_v_mps && fabs(got.w_radps) <= c->max_w_radps);
        assert_true(fabs(got.v_mps - last.v_mps) <= c->max_a_mps2 * period + 1e-12);
        assert_true(fabs(got.w_radps - last.w_radps) <= c->max_alpha_radps2 * period + 1e-12);
        assert_true(fabs(got.v_mps) + fabs(got.w_radps) * c->wheel_base_m / 2 <= rim + 1e-12);
        struct twist2 again = robot_drive(stage.robot, got, period);
        assert_near(again.v_mps, got.v_mps, 1e-12);
        assert_near(again.w_radps, got.w_radps, 1e-12);
        last = again;
    }
    for (int i = 0; i < 100; i++)
        last = robot_drive(stage.robot, (struct twist2){0.6, 1}, 0.05);
    assert_near(last.v_mps, 0.6, 0);
    assert_near(last.w_radps, 1, 0);
    stage_close(&stage);
}

/* One behind the other, both seen: each sees the other and not itself, and runs into it as into anything else. */
static void two_robots_are_in_each_others_way(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", NULL);
    robot_destroy(&stage.robot);
    struct error err = {0};
    struct robot_def def = robot_def_of(stage.scenario);
    def.seen = true;
    stage.robot = robot_create(stage.world, &def, &err);
    stage_must(stage.robot, &err);
    def.name = "other";
    def.tag = TAG_ROBOT - 1;
    def.start.x = 2;
    struct robot *other = robot_create(stage.world, &def, &err);
    stage_must(other, &err);
    assert_string_equal(world_tag_name(stage.world, TAG_ROBOT), "robot");
    assert_string_equal(world_tag_name(stage.world, TAG_ROBOT - 1), "other");
    assert_string_equal(world_tag_name(stage.world, TAG_ROBOT - 2), "nothing");

    struct raycast_hit hit;
    const struct vec3 eye = {0, 0, 0.2}, ahead = {1, 0, 0};
    robot_hide(stage.robot, stage.world);
    assert_true(raycast_ray(stage.world->raycast, (struct vec3){-1, 0, 0.2}, ahead, 10, SENSE_LIDAR, &hit));
    assert_int_equal(hit.tag, TAG_ROBOT - 1);
    assert_true(raycast_ray(stage.world->raycast, eye, ahead, 10, SENSE_LIDAR, &hit));
    assert_near(hit.distance_m, 2 - def.config.length_m / 2, 1e-9);
    double gap = raycast_clearance(stage.world->raycast, (struct pose2){0, 0, 0}, def.config.length_m,
                                   def.config.width_m, 0.03, def.config.height_m, 5, NULL);
    assert_near(gap, 2 - def.config.length_m, 1e-9);
    robot_show(stage.robot, stage.world);
    assert_true(raycast_ray(stage.world->raycast, (struct vec3){-1, 0, 0.2}, ahead, 10, SENSE_LIDAR, &hit));
    assert_int_equal(hit.tag, TAG_ROBOT);

    const struct robot_contact *contacts;
    stage_run(&stage, (struct twist2){0.5, 0}, 4);
    assert_int_equal(robot_contacts(stage.robot, &contacts), 1);
    assert_string_equal(world_tag_name(stage.world, contacts[0].tag), "other");
    robot_contacts_gather(other, stage.world);
    assert_int_equal(robot_contacts(other, &contacts), 1);
    assert_string_equal(world_tag_name(stage.world, contacts[0].tag), "robot");
    robot_update_rays(other, stage.world);
    double pushed = robot_state(other, stage.world).ground.x - def.config.length_m / 2;
    robot_hide(stage.robot, stage.world);
    assert_true(raycast_ray(stage.world->raycast, eye, ahead, 10, SENSE_LIDAR, &hit));
    assert_near(hit.distance_m, pushed, 0.01);
    robot_destroy(&other);
    stage_close(&stage);
}

static uint64_t drive_hash(void)
{
    struct stage stage = stage_open(wall_ahead, NULL);
    struct seed_stream stream = seed_stream_named(5, "drive");
    for (int i = 0; i < 60; i++)
        stage_tick(&stage, (struct twist2){seed_between(&stream, 0, 2), seed_between(&stream, -2, 2)});
    uint64_t hash = robot_hash(stage.robot, world_hash(stage.world, HASH_START));
    stage_close(&stage);
    return hash;
}

static void the_same_drive_gives_the_same_bits(void **unused)
{
    (void)unused;
    assert_true(drive_hash() == drive_hash());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stands_where_it_was_put),
        cmocka_unit_test(reaches_the_commanded_speeds),
        cmocka_unit_test(stops_within_its_braking_distance),
        cmocka_unit_test(keeps_its_feet_in_rough_driving),
        cmocka_unit_test(slips_where_the_floor_is_slippery),
        cmocka_unit_test(wheels_turn_as_far_as_the_robot_goes),
        cmocka_unit_test(torque_is_limited),
        cmocka_unit_test(a_wall_stops_it_with_the_impulse_it_had),
        cmocka_unit_test(pushes_what_can_be_pushed),
        cmocka_unit_test(commands_are_always_feasible),
        cmocka_unit_test(two_robots_are_in_each_others_way),
        cmocka_unit_test(the_same_drive_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
