/* What moves by itself, kind by kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/world.h"

static const double DT = 0.005;
#define HEAD "name: t\nbounds: [0, 0, 12, 8]\nstart: [1, 1, 0]\ngoal: [11, 1]\n"

struct setting {
    struct scenario *scenario;
    struct world *world;
};

static struct setting open_seeded(const char *text, uint64_t seed)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct setting s = {.scenario = scenario_unpack(&file, 1, &err)};
    if (!s.scenario || scenario_expand(s.scenario, seed, &err) || !(s.world = world_create(s.scenario, seed, &err)))
        fail_msg("%s", err.text);
    return s;
}

static struct setting open_text(const char *text) { return open_seeded(text, 1); }

static void close_world(struct setting *s)
{
    world_destroy(&s->world);
    scenario_destroy(&s->scenario);
}

static void run(struct setting *s, double seconds)
{
    for (long i = lround(seconds / DT); i > 0; i--)
        world_move_actors(s->world, NULL, 0, DT);
}

static void assert_near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        print_error("%.12g is not %.12g +- %g\n", got, want, within);
    assert_true(fabs(got - want) <= within);
}

/* --- carts ----------------------------------------------------------------------------------------------------- */

static void a_cart_is_at_its_keys_in_time(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors:\n"
        "  - {kind: cart, keys: [[0, 2, 2], [1.5, 4, 3], [4, 6, 2], [5, 8, 6]], loop: true, radius: 0.5, height: 1}\n"
        "  - {kind: cart, keys: [[0, 2, 6], [4, 6, 6]], size: [0.8, 0.4, 0.9], material: wood}\n");
    const struct actor_state *round = &s.world->actors[0], *box = &s.world->actors[1];
    static const struct {
        double t_s, x, y;
    } keys[] = {{0, 2, 2}, {1.5, 4, 3}, {4, 6, 2}, {5, 2, 2}, {6.5, 4, 3}, {9, 6, 2}};
    double now = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        run(&s, keys[i].t_s - now);
        now = keys[i].t_s;
        assert_near(round->at.x, keys[i].x, 1e-12);
        assert_near(round->at.y, keys[i].y, 1e-12);
    }
    assert_near(box->at.x, 3, 1e-12); /* 9 s: there in 4, back in 8, and 1 s more */
    assert_near(box->velocity_mps.x, 1, 1e-12);
    assert_near(box->heading_rad, 0, 1e-12);
    run(&s, 5);
    assert_near(box->heading_rad, PI, 1e-12);
    struct physics_state body = physics_body_state(s.world->physics, s.world->things[1].body);
    assert_near(body.pose.position.x, box->at.x, 1e-12);
    assert_near(body.pose.position.z, 0.45, 1e-12);
    assert_int_equal(raycast_solid(s.world->raycast, s.world->things[1].solid)->shape.kind, SHAPE_BOX);
    assert_string_equal(s.world->things[0].name, "cart 1");
    close_world(&s);
}

static void carts_can_be_added_without_a_file(void **state)
{
    (void)state;
    struct error err = {0};
    const char text[] = HEAD;
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct setting s = {.scenario = scenario_unpack(&file, 1, &err)};
    static const struct spline_key keys[] = {{0, {2, 2}}, {2, {6, 2}}, {3, {6, 5}}};
    struct actor *cart = scenario_add_actor(s.scenario, ACTOR_CART, "e7");
    cart->radius_m = 0.5;
    cart->height_m = 1;
    cart->spline = spline_create(
        &(struct spline_def){.pace = SPLINE_COUNTED, .end = SPLINE_REPEATS, .keys = keys, .key_count = 3});
    assert_int_equal(scenario_expand(s.scenario, 1, &err), STATUS_OK);
    s.world = world_create(s.scenario, 1, &err);
    run(&s, 2);
    assert_near(s.world->actors[0].at.x, 6, 0);
    assert_near(s.world->actors[0].at.y, 2, 0);
    while (s.scenario->actor_count < SCENARIO_ACTORS_MAX)
        assert_non_null(scenario_add_actor(s.scenario, ACTOR_CART, "more"));
    assert_null(scenario_add_actor(s.scenario, ACTOR_CART, "too many"));
    s.scenario->actor_count = 1;
    close_world(&s);
}

/* --- doors ----------------------------------------------------------------------------------------------------- */

static void a_door_by_the_clock_keeps_time(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "doors:\n"
        "  - {kind: hinged, at: [6, 3], yaw: 1.5707963267948966, width: 1, move: 2, open: 3, closed: 1.5}\n"
        "  - {kind: sliding, at: [9, 3], width: 1.2, thickness: 0.1, move: 1, open: 2, closed: 4, name: gate}\n");
    const struct actor_state *hinged = &s.world->actors[0], *gate = &s.world->actors[1];
    /* hinged: rests to 1.5, is open at 3.5, rests to 6.5, is closed at 8.5, rests to 10 */
    static const struct { double t_s, hinged, gate; } cases[] = {
        {1.5, 0, 0}, {2, 0.25, 0}, {2.5, 0.5, 0}, {3.5, 1, 0}, {4.5, 1, 0.5}, {5, 1, 1}, {6.5, 1, 1}, {7, 0.75, 1},
        {7.5, 0.5, 0.5}, {8.5, 0, 0}, {10, 0, 0}, {11, 0.5, 0}, {12, 1, 0}, {12.5, 1, 0.5},
    };
    double now = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run(&s, cases[i].t_s - now);
        now = cases[i].t_s;
        assert_near(hinged->open, cases[i].hinged, 1e-9);
        assert_near(gate->open, cases[i].gate, 1e-9);
        double yaw = (1 + cases[i].hinged) * PI / 2;
        assert_near(hinged->at.x, 6 + 0.5 * cos(yaw), 1e-9);
        assert_near(hinged->at.y, 3 + 0.5 * sin(yaw), 1e-9);
        assert_near(gate->at.x, 9.6 - 1.2 * cases[i].gate, 1e-9);
    }
    struct vec3 body = physics_body_state(s.world->physics, s.world->things[1].body).pose.position;
    assert_near(body.x, gate->at.x, 1e-12);
    assert_near(body.z, 1, 1e-12);
    close_world(&s);
}

static void a_door_opens_for_whoever_comes_and_waits_for_whoever_stays(void **state)
{
    (void)state;
    struct setting s =
        open_text(HEAD "doors: [{kind: hinged, at: [6, 3], width: 1, swing: -1.57, move: 1, open: 2, near: 1}]\n");
    const struct actor_state *door = &s.world->actors[0];
    struct actor_robot robot = {{2, 3, 0}, {0, 0}, 0.5, 0.4};
    struct { double x, y, seconds, open; } acts[] = {
        {2, 3, 5, 0},      /* far away: 4.25 m to the middle at (6.5, 3) */
        {5.4, 3.5, 0.5, 0.5},
        {5.4, 3.5, 3, 1},
        {2, 3, 1.9, 1},    /* gone, but it stays open for 2 s */
        {2, 3, 0.6, 0.5},
        {2, 3, 1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        robot.pose.x = acts[i].x;
        robot.pose.y = acts[i].y;
        for (long n = lround(acts[i].seconds / DT); n > 0; n--)
            world_move_actors(s.world, &robot, 1, DT);
        assert_near(door->open, acts[i].open, 0.011);
    }
    close_world(&s);
    /* One by the clock meets a robot that stands in the doorway. */
    s = open_text(HEAD "doors: [{kind: sliding, at: [6, 3], width: 1, move: 1, open: 1, closed: 0}]\n");
    door = &s.world->actors[0];
    run(&s, 1.5);
    assert_near(door->open, 1, 0);
    robot.pose = (struct pose2){6.7, 3, PI / 2};
    for (int n = 0; n < 1000; n++)
        world_move_actors(s.world, &robot, 1, DT);
    double edge = door->at.x + 0.5, side = robot.pose.x - 0.2;
    assert_true(side - edge > 0.04 && side - edge < 0.06);
    run(&s, 0.45); /* it has gone */
    assert_true(door->open < 0.2);
    close_world(&s);
}

/* --- a child --------------------------------------------------------------------------------------------------- */

static void a_child_darts_at_a_distance_or_a_time(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors:\n"
        "  - {kind: child, waypoints: [[6, 4], [6, 2], [7, 2]], trigger: 2, speed: 2}\n"
        "  - {kind: child, waypoints: [[10, 6], [10, 2]], at_s: 1.5, speed: 2.5}\n");
    const struct actor_state *near = &s.world->actors[0], *timed = &s.world->actors[1];
    struct actor_robot robot = {{2, 4, 0}, {1, 0}, 0.5, 0.4};
    double started = -1, started_timed = -1;
    for (int i = 1; i <= 800; i++) {
        robot.pose.x = 2 + 0.8 * i * DT;
        robot.pose.y = 1; /* passes 3 m below: the nearest way is not along x */
        struct vec2 before = near->at, before_timed = timed->at;
        world_move_actors(s.world, &robot, 1, DT);
        if (started < 0 && vec2_distance(near->at, before) > 0)
            started = actor_robot_gap(&robot, (struct vec2){6, 4}).distance_m;
        if (started_timed < 0 && vec2_distance(timed->at, before_timed) > 0)
            started_timed = i * DT;
    }
    assert_true(started < 0); /* it never came within 2 m */
    assert_near(started_timed, 1.5, 1e-9);
    for (int i = 1; i <= 800; i++) {
        robot.pose = (struct pose2){2 + 0.8 * i * DT, 3.4, 0};
        struct vec2 before = near->at;
        world_move_actors(s.world, &robot, 1, DT);
        if (started < 0 && vec2_distance(near->at, before) > 0)
            started = actor_robot_gap(&robot, (struct vec2){6, 4}).distance_m;
        if (started > 0 && near->target == 1)
            assert_near(vec2_length(near->velocity_mps), 2, 1e-9);
    }
    assert_true(started <= 2 && started > 1.98);
    assert_near(near->at.x, 7, 1e-9);
    assert_near(near->at.y, 2, 1e-9);
    assert_near(timed->at.y, 2, 1e-9);
    close_world(&s);
}

static void a_child_stops_at_a_robots_side(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors: [{kind: child, waypoints: [[6, 6], [6, 2]], at_s: 0, speed: 2}]\n");
    struct actor_robot robot = {{6, 4, 0}, {0, 0}, 0.5, 0.4};
    for (int i = 0; i < 1000; i++)
        world_move_actors(s.world, &robot, 1, DT);
    double gap = actor_robot_gap(&robot, s.world->actors[0].at).distance_m - 0.18;
    assert_true(gap > 0 && gap < 0.021);
    close_world(&s);
}

/* --- pedestrians ----------------------------------------------------------------------------------------------- */

static void pedestrians_walk_at_their_speed_and_pass_head_on(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors:\n"
        "  - {kind: pedestrian, waypoints: [[2, 4], [10, 4]], speed: 1.3}\n"
        "  - {kind: pedestrian, waypoints: [[10, 4], [2, 4]], speed: 1.3}\n");
    double nearest = HUGE_VAL;
    for (int i = 0; i < 1300; i++) {
        world_move_actors(s.world, NULL, 0, DT);
        nearest = fmin(nearest, vec2_distance(s.world->actors[0].at, s.world->actors[1].at) - 0.5);
        if (i == 400)
            assert_near(vec2_length(s.world->actors[0].velocity_mps), 1.3, 0.15);
    }
    assert_true(nearest > 0.02);
    assert_true(s.world->actors[0].at.x > 9 && s.world->actors[1].at.x < 3);
    close_world(&s);
}

static void a_group_keeps_together(void **state)
{
    (void)state;
    struct setting s = open_text("name: t\nbounds: [0, 0, 40, 20]\nstart: [1, 1, 0]\ngoal: [39, 1]\nactors:\n"
        "  - {kind: pedestrian, name: family, waypoints: [[4, 10], [36, 10]], speed: 1.2, count: 3}\n"
        "  - {kind: pedestrian, waypoints: [[36, 10], [4, 10]], speed: 1.3}\n"
        "  - {kind: pedestrian, waypoints: [[36, 9], [4, 11]], speed: 1.1}\n");
    assert_string_equal(s.scenario->actors[2].name, "family 3");
    double widest = 0, together_s = 0, seconds = 0;
    for (int i = 0; i < 240 * 200; i++, seconds += DT) {
        world_move_actors(s.world, NULL, 0, DT);
        double spread = 0;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < a; b++)
                spread = fmax(spread, vec2_distance(s.world->actors[a].at, s.world->actors[b].at));
        widest = fmax(widest, spread);
        together_s += spread < 2.5 ? DT : 0;
    }
    printf("figure: a group of three among others over %.0f s: %.1f %% within 2.5 m, never wider than %.1f m\n",
           seconds, 100 * together_s / seconds, widest);
    assert_true(together_s > 0.97 * seconds && widest < 5);
    close_world(&s);
}

static double robot_gap_after(const char *setting)
{
    struct error err = {0};
    const char text[] = HEAD "actors: [{kind: pedestrian, waypoints: [[2, 4], [10, 4]], speed: 1.2}]\n";
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct setting s = {.scenario = scenario_unpack(&file, 1, &err)};
    assert_int_equal(scenario_set(s.scenario, setting, &err), STATUS_OK);
    assert_int_equal(scenario_expand(s.scenario, 1, &err), STATUS_OK);
    s.world = world_create(s.scenario, 1, &err);
    struct actor_robot robot = {{6, 4.05, 0}, {0, 0}, 0.5, 0.4};
    double nearest = HUGE_VAL;
    for (int i = 0; i < 1200; i++) {
        world_move_actors(s.world, &robot, 1, DT);
        nearest = fmin(nearest, actor_robot_gap(&robot, s.world->actors[0].at).distance_m - 0.25);
    }
    close_world(&s);
    return nearest;
}

static void notice_says_how_much_they_avoid_robots(void **state)
{
    (void)state;
    double all = robot_gap_after("pedestrians.notice=1"), little = robot_gap_after("pedestrians.notice=0.2");
    assert_true(all > 0.1 && little > -1e-9 && little < all);
    assert_true(robot_gap_after("pedestrians.notice=0") < 0); /* into it */
}

#define HALL "name: t\nbounds: [-0.2, -0.2, 16.2, 10.2]\nstart: [8, 5, 0]\ngoal: [15, 5]\nsolids:\n"                      \
    "  - {kind: box, at: [8, -0.1], size: [16.4, 0.2, 2]}\n  - {kind: box, at: [8, 10.1], size: [16.4, 0.2, 2]}\n"           \
    "  - {kind: box, at: [-0.1, 5], size: [0.2, 10, 2]}\n  - {kind: box, at: [16.1, 5], size: [0.2, 10, 2]}\n"               \
    "  - {kind: cylinder, at: [5, 3], radius: 0.3, height: 2}\n  - {kind: box, at: [11, 7], size: [1, 0.4, 1], yaw: 0.4}\n" \
    "crowd: {enabled: true, model: social_force, count: 20, speed_mps: 1.2, group_share: 0.3}\n"

/* 12 simulated minutes in all: bodies are kept out of bodies and walls, and nobody ends outside. */
static void a_crowd_under_forces_never_overlaps_or_tunnels(void **state)
{
    (void)state;
    double nearest = HUGE_VAL, wall = HUGE_VAL, robot_gap = HUGE_VAL, gone_m = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct setting s = open_seeded(HALL, seed);
        struct actor_robot robot = {{8, 5, 0.5}, {0, 0}, 0.5, 0.4};
        for (int i = 0; i < 120 * 100; i++) {
            world_move_actors(s.world, &robot, 1, 0.01);
            for (size_t a = 0; a < 20; a++) {
                const struct actor_state *person = &s.world->actors[a];
                struct gap gaps[OBSTACLES_NEAR_MAX];
                if (obstacles_near(s.world->obstacles, person->at, gaps))
                    wall = fmin(wall, gaps[0].distance_m - 0.25);
                robot_gap = fmin(robot_gap, actor_robot_gap(&robot, person->at).distance_m - 0.25);
                gone_m += vec2_length(person->velocity_mps) * 0.01;
                assert_true(person->at.x > 0 && person->at.x < 16 && person->at.y > 0 && person->at.y < 10);
                for (size_t b = 0; b < a; b++)
                    nearest = fmin(nearest, vec2_distance(person->at, s.world->actors[b].at) - 0.5);
            }
        }
        close_world(&s);
    }
    printf("figure: 20 people under social forces over 12 minutes: nearest %.4f m, wall %.4f m, robot %.4f m, mean "
           "%.2f m/s\n",
           nearest, wall, robot_gap, gone_m / (720.0 * 20));
    assert_true(nearest > -0.001 && wall > -0.001 && robot_gap > 0.09);
    assert_true(gone_m / (720.0 * 20) > 0.5);
}

/* --- all ------------------------------------------------------------------------------------------------------- */

#define ALL HALL "doors: [{kind: hinged, at: [2, 8], closed: 1, open: 1}]\nactors:\n"                                         \
    "  - {kind: child, waypoints: [[1, 1], [3, 1]], at_s: 2}\n  - {waypoints: [[1, 9], [6, 9]]}\n"                             \
    "  - {kind: cart, waypoints: [[2, 2], [14, 2], [14, 3]], speed: 1, loop: true, radius: 0.4}\n"

static uint64_t hash_after(uint64_t seed, double seconds)
{
    struct setting s = open_seeded(ALL, seed);
    run(&s, seconds);
    uint64_t hash = world_hash(s.world, HASH_START);
    close_world(&s);
    return hash;
}

static void everything_repeats_bit_for_bit(void **state)
{
    (void)state;
    assert_true(hash_after(3, 6) == hash_after(3, 6));
    assert_true(hash_after(3, 6) != hash_after(4, 6));
    assert_true(hash_after(3, 6) != hash_after(3, 6.005));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cart_is_at_its_keys_in_time),
        cmocka_unit_test(carts_can_be_added_without_a_file),
        cmocka_unit_test(a_door_by_the_clock_keeps_time),
        cmocka_unit_test(a_door_opens_for_whoever_comes_and_waits_for_whoever_stays),
        cmocka_unit_test(a_child_darts_at_a_distance_or_a_time),
        cmocka_unit_test(a_child_stops_at_a_robots_side),
        cmocka_unit_test(pedestrians_walk_at_their_speed_and_pass_head_on),
        cmocka_unit_test(a_group_keeps_together),
        cmocka_unit_test(notice_says_how_much_they_avoid_robots),
        cmocka_unit_test(a_crowd_under_forces_never_overlaps_or_tunnels),
        cmocka_unit_test(everything_repeats_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
