#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/material.h"
#include "sim/world.h"

#define HEAD "name: t\nbounds: [0, 0, 12, 6]\nstart: [1, 3, 0]\ngoal: [11, 3]\n"
static const double DT = 1.0 / 200;
static const struct pose2 far_away = {-50, -50, 0};

struct setting {
    struct scenario *scenario;
    struct world *world;
};

static struct setting open_world(struct scenario *scenario, uint64_t seed, struct error *err)
{
    struct setting setting = {.scenario = scenario};
    if (!scenario || scenario_expand(scenario, seed, err) || !(setting.world = world_create(scenario, seed, err)))
        fail_msg("%s", err->text);
    return setting;
}

static struct setting open_text(const char *text)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    return open_world(scenario_unpack(&file, 1, &err), 1, &err);
}

static struct setting open_builtin(const char *name, uint64_t seed)
{
    struct error err = {0};
    return open_world(scenario_load(name, &err), seed, &err);
}

static void close_world(struct setting *setting)
{
    world_destroy(&setting->world);
    scenario_destroy(&setting->scenario);
    assert_null(setting->world);
}

static void move_actors(struct setting *setting, struct pose2 robot, double dt_s)
{
    const struct robot_config *config = &setting->scenario->robot;
    struct actor_robot outline = {robot, {0, 0}, config->length_m, config->width_m};
    world_move_actors(setting->world, &outline, 1, dt_s);
}

static void step(struct setting *setting, struct pose2 robot)
{
    struct error err = {0};
    move_actors(setting, robot, DT);
    if (physics_step(setting->world->physics, &err))
        fail_msg("%s", err.text);
}

static double look(const struct setting *setting, struct vec3 from, struct vec3 direction, unsigned sense, int32_t *tag)
{
    struct raycast_hit hit;
    if (!raycast_ray(setting->world->raycast, from, direction, 100, sense, &hit))
        return -1;
    *tag = hit.tag;
    return hit.distance_m;
}

static void everything_has_a_body_a_solid_and_a_name(void **state)
{
    (void)state;
    struct setting s = open_builtin("office", 1);
    assert_int_equal(s.world->thing_count, s.scenario->solid_count + s.scenario->actor_count);
    assert_int_equal(physics_body_count(s.world->physics), s.world->thing_count + 1);
    assert_int_equal(raycast_count(s.world->raycast), s.world->thing_count + 1);
    for (size_t i = 0; i < s.world->thing_count; i++) {
        const struct world_thing *thing = &s.world->things[i];
        assert_int_equal(physics_body_tag(s.world->physics, thing->body), i);
        assert_int_equal(raycast_solid(s.world->raycast, thing->solid)->tag, i);
        assert_string_equal(world_tag_name(s.world, (int32_t)i), thing->name);
    }
    assert_string_equal(world_tag_name(s.world, (int32_t)s.world->actor_first), "Ada");
    assert_string_equal(world_tag_name(s.world, TAG_GROUND), "ground");
    assert_string_equal(world_tag_name(s.world, TAG_ROBOT), "nothing"); /* none was put in */
    assert_string_equal(world_tag_name(s.world, 100000), "nothing");
    close_world(&s);
}

static void lasers_pass_glass_and_nothing_else(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "solids:\n"
                                      "  - {name: pane, kind: box, at: [4, 3], size: [0.1, 2, 2], material: glass}\n"
                                      "  - {name: coat, kind: box, at: [6, 3], size: [0.1, 2, 2], material: black}\n"
                                      "  - {name: wall, kind: box, at: [8, 3], size: [0.1, 2, 2]}\n");
    const struct vec3 from = {1, 3, 0.3}, ahead = {1, 0, 0}, down = {0, 0, -1};
    static const struct {
        unsigned sense;
        double first_m;
    } eyes[] = {{SENSE_LIDAR, 4.95}, {SENSE_DEPTH, 2.95}, {SENSE_CAMERA, 2.95}, {SENSE_TOUCH, 2.95}};
    int32_t tag = 0;
    for (size_t i = 0; i < COUNT_OF(eyes); i++)
        assert_true(fabs(look(&s, from, ahead, eyes[i].sense, &tag) - eyes[i].first_m) < 1e-9);
    assert_true(fabs(look(&s, (struct vec3){5, 3, 0.3}, ahead, SENSE_DEPTH, &tag) - 0.95) < 1e-9);
    assert_string_equal(world_tag_name(s.world, tag), "coat"); /* a hole in the picture is the camera's doing */
    assert_true(fabs(look(&s, from, down, SENSE_DEPTH, &tag) - 0.3) < 1e-9);
    assert_int_equal(tag, TAG_GROUND);
    close_world(&s);
}

static void what_has_mass_falls_and_rests(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "solids:\n"
                                      "  - {kind: box, at: [4, 3], size: [0.4, 0.4, 0.4], mass: 5}\n"
                                      "  - {kind: cylinder, at: [6, 3, 1], radius: 0.2, height: 0.5, mass: 5}\n"
                                      "  - {kind: box, at: [8, 3, 1], size: [0.4, 0.4, 0.4]}\n");
    static const double rest_z[] = {0.2, 0.25, 1.2};
    for (int i = 0; i < 400; i++)
        step(&s, far_away);
    world_update_rays(s.world);
    for (size_t i = 0; i < COUNT_OF(rest_z); i++) {
        struct vec3 at = physics_body_state(s.world->physics, s.world->things[i].body).pose.position;
        struct vec3 seen = raycast_solid(s.world->raycast, s.world->things[i].solid)->pose.position;
        assert_true(fabs(at.z - rest_z[i]) < 0.005);
        assert_memory_equal(&at, &seen, sizeof at);
        assert_int_equal(s.world->things[i].moves, i < 2);
    }
    close_world(&s);
}

static void an_actor_walks_there_and_back(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors: [{waypoints: [[4, 3], [8, 3], [8, 5]], speed: 1, pause: 0}]\n");
    double least_x = HUGE_VAL, most_y = 0;
    int visits = 0;
    for (int i = 0; i < 2440; i++) { /* 12.2 s for 12 m, a step lost at each waypoint */
        step(&s, far_away);
        struct vec2 at = s.world->actors[0].at;
        struct vec3 body = physics_body_state(s.world->physics, s.world->things[0].body).pose.position;
        assert_true(fabs(body.x - at.x) < 1e-9 && fabs(body.y - at.y) < 1e-9 && fabs(body.z - 0.85) < 1e-9);
        least_x = fmin(least_x, at.x);
        most_y = fmax(most_y, at.y);
        visits += vec2_distance(at, (struct vec2){8, 5}) < DT / 2;
    }
    assert_true(least_x > 3.99 && most_y > 4.99 && most_y < 5.01);
    assert_true(visits >= 1);
    assert_true(vec2_distance(s.world->actors[0].at, (struct vec2){4, 3}) < 0.3);
    world_update_rays(s.world);
    int32_t tag = 99;
    assert_true(look(&s, (struct vec3){2, 3, 0.9}, (struct vec3){1, 0, 0}, SENSE_LIDAR, &tag) > 0);
    assert_int_equal(tag, s.world->actor_first);
    close_world(&s);
}

static double gap_to_robot(const struct scenario *scenario, struct pose2 robot, struct vec2 p)
{
    struct vec2 local = pose2_unapply(robot, p);
    return hypot(fmax(fabs(local.x) - scenario->robot.length_m / 2, 0),
                 fmax(fabs(local.y) - scenario->robot.width_m / 2, 0));
}

static void an_actor_stops_for_the_robot_and_then_turns_back(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors: [{waypoints: [[4, 3], [8, 3]], speed: 1, pause: 0}]\n");
    const struct pose2 robot = {6, 3.1, 0.7};
    double nearest = HUGE_VAL, last_x = 0;
    for (int i = 0; i < 900; i++) {
        step(&s, robot);
        nearest = fmin(nearest, gap_to_robot(s.scenario, robot, s.world->actors[0].at) - 0.25);
        last_x = s.world->actors[0].at.x;
    }
    assert_true(nearest > 0.59 && nearest < 0.61);
    assert_true(last_x < 4.9); /* walking home again */
    close_world(&s);

    s = open_text(HEAD "actors: [{waypoints: [[4, 3], [8, 3]], speed: 1, pause: 0, yields: no}]\n");
    for (int i = 0; i < 400; i++)
        step(&s, robot);
    assert_true(s.world->actors[0].at.x > 5.9);
    close_world(&s);
}

static void crowds_never_walk_into_each_other_or_a_robot_at_rest(void **state)
{
    (void)state;
    double nearest = HUGE_VAL, longest_s = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct setting s = open_builtin("crowd", seed);
        double still_s[SCENARIO_ACTORS_MAX] = {0};
        for (int i = 0; i < 60 * 20; i++) { /* a coarse step: only people are looked at here */
            struct actor_state before[SCENARIO_ACTORS_MAX];
            memcpy(before, s.world->actors, sizeof before);
            move_actors(&s, s.scenario->start, 0.05);
            for (size_t a = 0; a < s.scenario->actor_count; a++) {
                struct vec2 at = s.world->actors[a].at;
                still_s[a] = vec2_distance(at, before[a].at) > 0 ? 0 : still_s[a] + 0.05;
                longest_s = fmax(longest_s, still_s[a]);
                nearest = fmin(nearest, gap_to_robot(s.scenario, s.scenario->start, at) - 0.25);
                for (size_t b = 0; b < a; b++)
                    nearest = fmin(nearest, vec2_distance(at, s.world->actors[b].at) - 0.5);
            }
        }
        close_world(&s);
    }
    printf("figure: crowd of 8 over 12 minutes: never nearer than %.2f m, nobody stands longer than %.0f s\n", nearest,
           longest_s);
    assert_true(nearest > 0);
    assert_true(longest_s < 20);
}

static void zones_tell_depth_and_the_lowest_limit(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "zones:\n"
                                      "  - {name: a, rectangle: [4, 2, 6, 4], keep_out: true, painted: true}\n"
                                      "  - {name: b, rectangle: [5, 0, 9, 6], speed_limit: 0.5}\n"
                                      "  - {name: c, rectangle: [8, 0, 9, 6], speed_limit: 0.3}\n");
    static const struct {
        struct pose2 pose;
        bool in_keepout;
        double depth_m, limit_mps;
    } cases[] = {
        {{2, 3, 0}, false, 0, HUGE_VAL},
        {{3.6, 3, 0}, false, 0, HUGE_VAL}, /* nose at 3.9 */
        {{3.8, 3, 0}, true, 0.1, HUGE_VAL},
        {{3.6, 3, PI / 4}, true, 0.0242640687119285, HUGE_VAL}, /* a corner reaches further than the nose */
        {{5, 3, 0}, true, 1, 0.5},
        {{8.5, 5, 0}, false, 0, 0.3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct zone_state got = world_zones(s.world, cases[i].pose, 0.6, 0.6);
        assert_int_equal(got.in_keepout, cases[i].in_keepout);
        assert_true(fabs(got.depth_m - cases[i].depth_m) < 1e-9);
        assert_true(got.speed_limit_mps == cases[i].limit_mps);
    }
    assert_string_equal(world_paint(s.world, (struct vec2){5, 3})->name, "a");
    assert_null(world_paint(s.world, (struct vec2){7, 3}));
    close_world(&s);
}

static uint64_t hash_after(const char *name, uint64_t seed, int steps)
{
    struct setting s = open_builtin(name, seed);
    for (int i = 0; i < steps; i++)
        step(&s, s.scenario->start);
    uint64_t hash = world_hash(s.world, HASH_START);
    close_world(&s);
    return hash;
}

static void worlds_repeat_bit_for_bit(void **state)
{
    (void)state;
    assert_true(hash_after("office", 3, 300) == hash_after("office", 3, 300));
    assert_true(hash_after("crowd", 3, 300) == hash_after("crowd", 3, 300));
    assert_true(hash_after("crowd", 3, 300) != hash_after("crowd", 4, 300));
    assert_true(hash_after("crowd", 3, 300) != hash_after("crowd", 3, 301));
}

static void only_paint_is_yellow_and_materials_are_sound(void **state)
{
    (void)state;
    assert_string_equal(material_table[0].name, "plaster");
    assert_int_equal(material_find("velvet"), -1);
    for (int i = 0; i < material_count; i++) {
        const struct material *m = &material_table[i];
        int low = m->rgb[0] < m->rgb[1] ? m->rgb[0] : m->rgb[1];
        assert_int_equal(material_find(m->name), i);
        assert_int_equal(low - m->rgb[2] > 40, m->label == LABEL_KEEPOUT);
        assert_true(m->senses & SENSE_CAMERA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_has_a_body_a_solid_and_a_name),
        cmocka_unit_test(lasers_pass_glass_and_nothing_else),
        cmocka_unit_test(what_has_mass_falls_and_rests),
        cmocka_unit_test(an_actor_walks_there_and_back),
        cmocka_unit_test(an_actor_stops_for_the_robot_and_then_turns_back),
        cmocka_unit_test(crowds_never_walk_into_each_other_or_a_robot_at_rest),
        cmocka_unit_test(zones_tell_depth_and_the_lowest_limit),
        cmocka_unit_test(worlds_repeat_bit_for_bit),
        cmocka_unit_test(only_paint_is_yellow_and_materials_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
