#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/file.h"
#include "sim/material.h"
#include "sim/scenario.h"

#define HEAD "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n"

static struct scenario *from_text(const char *text, struct error *err)
{
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    return scenario_unpack(&file, 1, err);
}

static struct scenario *good(const char *text)
{
    struct error err = {0};
    struct scenario *scenario = from_text(text, &err);
    if (!scenario || scenario_expand(scenario, 1, &err))
        fail_msg("%s", err.text);
    return scenario;
}

static struct scenario *expanded(const char *name, uint64_t seed)
{
    struct error err = {0};
    struct scenario *scenario = scenario_load(name, &err);
    if (!scenario || scenario_expand(scenario, seed, &err))
        fail_msg("%s seed %d: %s", name, (int)seed, err.text);
    return scenario;
}

struct refusal {
    const char *text, *sentence;
};

static struct vec2 start_of(const struct scenario *s) { return (struct vec2){s->start.x, s->start.y}; }

/* --- files ----------------------------------------------------------------------------------------------------- */

/* Vertices lie elsewhere in every copy. */
static void assert_same_shape(struct shape a, struct shape b)
{
    assert_int_equal(a.vertex_count, b.vertex_count);
    if (a.vertex_count)
        assert_memory_equal(a.vertices, b.vertices, a.vertex_count * sizeof *a.vertices);
    a.vertices = b.vertices = NULL;
    assert_memory_equal(&a, &b, sizeof a);
}

static void assert_same(const struct scenario *a, const struct scenario *b)
{
    assert_int_equal(a->solid_count, b->solid_count);
    for (size_t i = 0; i < a->solid_count; i++) {
        assert_string_equal(a->solids[i].name, b->solids[i].name);
        assert_memory_equal(&a->solids[i].pose, &b->solids[i].pose, sizeof a->solids[i].pose);
        assert_same_shape(a->solids[i].shape, b->solids[i].shape);
    }
    assert_int_equal(a->actor_count, b->actor_count);
    for (size_t i = 0; i < a->actor_count; i++) {
        assert_memory_equal(a->actors[i].waypoints, b->actors[i].waypoints, sizeof a->actors[i].waypoints);
        assert_true(a->actors[i].speed_mps == b->actors[i].speed_mps);
    }
    assert_memory_equal(&a->robot, &b->robot, sizeof a->robot);
    assert_int_equal(grid_size(&a->map), grid_size(&b->map));
    if (a->map_cells)
        assert_memory_equal(a->map_cells, b->map_cells, grid_size(&a->map));
}

static void what_was_read_is_kept_and_rebuilds_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++) {
        struct error err = {0};
        struct scenario *first = expanded(scenario_builtin_names[i], 5);
        struct scenario *again = scenario_unpack(first->files, first->file_count, &err);
        assert_non_null(again);
        assert_int_equal(again->file_count, first->file_count);
        assert_int_equal(scenario_expand(again, 5, &err), STATUS_OK);
        assert_same(first, again);
        scenario_destroy(&again);
        scenario_destroy(&first);
    }
}

static void a_path_reads_the_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/scenario.XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    struct error err = {0};
    struct scenario *office = scenario_load("office", &err);
    assert_int_equal(office->file_count, 3);
    for (size_t i = 0; i < office->file_count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, office->files[i].name);
        assert_int_equal(file_save(path, office->files[i].data, office->files[i].size, &err), STATUS_OK);
    }
    snprintf(path, sizeof path, "%s/office.yaml", folder);
    struct scenario *copy = scenario_load(path, &err);
    assert_non_null(copy);
    assert_same(office, copy);
    scenario_destroy(&copy);
    scenario_destroy(&office);

    snprintf(path, sizeof path, "%s/office_map.png", folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/office.yaml", folder);
    assert_null(scenario_load(path, &err));
    assert_int_equal(err.status, STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, ":1: image: "));
    assert_non_null(strstr(err.text, "office_map.png"));
    assert_int_equal(unlink(path), 0);
    assert_null(scenario_load(path, &err));
    assert_int_equal(err.status, STATUS_IO);
    snprintf(path, sizeof path, "%s/office_map.yaml", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void unknown_names_offer_the_nearest(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(scenario_load("ofice", &err));
    assert_int_equal(err.status, STATUS_BAD_INPUT);
    assert_ptr_equal(strstr(err.text,
                            "no scenario is called 'ofice'; did you mean 'office'? The built-in ones are office, "
                            "corridor, clutter, glass, "),
                     err.text);
    assert_non_null(strstr(err.text, "; a file needs its path, such as ./mine.yaml"));
    assert_null(scenario_load("zzzzzzzz", &err));
    assert_non_null(strstr(err.text, "'zzzzzzzz'. The built-in"));
}

/* --- overrides ------------------------------------------------------------------------------------------------- */

static void overrides_reach_their_member(void **state)
{
    (void)state;
    struct error err = {0};
    struct scenario *s = scenario_load("corridor", &err);
    static const char *const fine[] = {"lidar.range_max_m=5", "camera.enabled=no", "goal.x=12", "start.yaw=0.5",
                                       "time_limit_s=33", "world.physics_hz=500"};
    for (size_t i = 0; i < COUNT_OF(fine); i++)
        assert_int_equal(scenario_set(s, fine[i], &err), STATUS_OK);
    assert_true(s->lidar.range_max_m == 5 && !s->camera.enabled && s->goal.x == 12 && s->start.yaw == 0.5);
    assert_true(s->time_limit_s == 33 && s->world.physics_hz == 500);
    static const struct refusal wrong[] = {
        {"lidar", "'lidar' is not SECTION.KEY=VALUE, such as lidar.range_max_m=5"},
        {"=5", "'=5' is not SECTION.KEY=VALUE, such as lidar.range_max_m=5"},
        {"ldar.beams=5", "nothing in a scenario is called 'ldar.beams'; did you mean 'lidar'?"},
        {"goal.z=5", "nothing in a scenario is called 'goal.z'; did you mean 'goal.x'?"},
        {"lidar.beems=90", "lidar: unknown key 'beems'; did you mean 'beams'?"},
        {"lidar.beams=", "lidar: beams must be a whole number from 8 to 2048, not ''"},
        {"goal.x=nan", "goal.x must be a number from -1000 to 1000 m, not 'nan'"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(scenario_set(s, wrong[i].text, &err), STATUS_BAD_INPUT);
        assert_string_equal(err.text, wrong[i].sentence);
    }
    scenario_destroy(&s);
}

static void defaults_are_within_their_own_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_section_count; i++)
        for (size_t j = 0; j < scenario_section_table[i].row_count; j++) {
            const struct param *row = &scenario_section_table[i].rows[j];
            assert_true(row->fallback >= row->min && row->fallback <= row->max);
            assert_true(*row->help);
        }
    struct scenario *s = good(HEAD);
    assert_string_equal(s->policy, "dwa");
    assert_int_equal(s->lidar.beams, 360);
    assert_int_equal(s->world.physics_hz, 200);
    scenario_destroy(&s);
}

/* --- what a file means ----------------------------------------------------------------------------------------- */

static void solids_stand_where_they_are_put(void **state)
{
    (void)state;
    struct scenario *s = good(HEAD "solids:\n"
                                   "  - {kind: box, at: [4, 3], size: [1, 2, 0.5], yaw: 1.5707963267948966, mass: 3}\n"
                                   "  - {name: lamp, kind: sphere, at: [4, 3, 1.5], radius: 0.2, material: glass}\n"
                                   "  - {kind: capsule, at: [4, 5], radius: 0.25, height: 1.7}\n"
                                   "zones: [{rectangle: [3, 0, 5, 1], speed_limit: 0.4}]\n"
                                   "actors: [{waypoints: [[2, 1], [6, 1], [6, 2]], speed: 0.9}]\n");
    assert_string_equal(s->solids[0].name, "box 1");
    assert_true(s->solids[0].pose.position.z == 0.25 && s->solids[0].mass_kg == 3);
    assert_true(fabs(quat_yaw(s->solids[0].pose.orientation) - PI / 2) < 1e-12);
    assert_true(s->solids[1].pose.position.z == 1.7);
    assert_int_equal(s->solids[1].material, material_find("glass"));
    assert_true(fabs(s->solids[2].shape.height_m - 1.2) < 1e-12 && s->solids[2].pose.position.z == 0.85);
    assert_true(s->zones[0].speed_limit_mps == 0.4 && !s->zones[0].keep_out);
    assert_int_equal(s->actors[0].waypoint_count, 3);
    assert_true(s->actors[0].waypoints[2].y == 2 && s->actors[0].speed_mps == 0.9 && s->actors[0].yields);
    assert_string_equal(s->actors[0].name, "person 1");
    scenario_destroy(&s);
}

static void the_reference_goes_straight_round_or_nowhere(void **state)
{
    (void)state;
    struct scenario *s = good(HEAD);
    assert_true(fabs(scenario_reference_length_m(s) - 6) < 1e-9);
    scenario_destroy(&s);

    /* Round a thin wall's end at (4, 5): two tangents to a circle of half the robot's width about it, and an arc. */
    s = good(HEAD "solids: [{kind: box, at: [4, 2.5], size: [0.02, 5, 1]}]\n");
    double exact = 2 * hypot(3, 2 + s->robot.width_m / 2), length = scenario_reference_length_m(s);
    assert_true(length > exact - 0.05 && length < 1.02 * exact);
    scenario_destroy(&s);

    s = good(HEAD "solids: [{kind: box, at: [4, 3], size: [0.2, 6, 1]}]\n"); /* shut */
    assert_true(scenario_reference_length_m(s) < 0);
    scenario_destroy(&s);
    s = good(HEAD "solids: [{kind: box, at: [4, 3, 0.8], size: [0.2, 6, 1]}]\n"); /* passes under it */
    assert_true(fabs(scenario_reference_length_m(s) - 6) < 1e-9);
    scenario_destroy(&s);
    s = good(HEAD "zones: [{rectangle: [3, 0, 5, 4], keep_out: true}]\n"); /* not through the zone */
    assert_true(scenario_reference_length_m(s) > 6.3);
    scenario_destroy(&s);
}

/* --- the built-in ones ----------------------------------------------------------------------------------------- */

static void every_builtin_can_be_driven_with_any_seed(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct scenario *s = expanded(scenario_builtin_names[i], seed);
            assert_string_equal(s->name, scenario_builtin_names[i]);
            assert_true(*s->summary && strlen(s->summary) < 100);
            double length = scenario_reference_length_m(s), straight = vec2_distance(start_of(s), s->goal);
            assert_true(length > straight - 1e-9 && length < 40);
            assert_true(s->time_limit_s * s->robot.max_v_mps > 3 * length);
            scenario_destroy(&s);
        }
}

/* The smallest distance from the straight line between start and goal to the axis of a pillar. */
static double nearest_to_line(const struct scenario *s)
{
    double nearest = HUGE_VAL;
    struct vec2 start = start_of(s), way = vec2_sub(s->goal, start);
    for (size_t i = 0; i < s->solid_count; i++) {
        if (s->solids[i].shape.kind != SHAPE_CYLINDER)
            continue;
        struct vec2 p = vec2_sub((struct vec2){s->solids[i].pose.position.x, s->solids[i].pose.position.y}, start);
        double along = clamp(vec2_dot(p, way) / vec2_dot(way, way), 0, 1);
        nearest = fmin(nearest, vec2_distance(p, vec2_scale(way, along)));
    }
    return nearest;
}

static void clutter_bars_the_straight_way_and_leaves_another(void **state)
{
    (void)state;
    size_t least = SIZE_MAX, most = 0;
    double sum_before = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct scenario *s = expanded("clutter", seed);
        assert_true(nearest_to_line(s) < s->robot.width_m / 2 + s->clutter.radius_m);
        s->robot.width_m = s->clutter.passage_m; /* a robot as wide as the promise gets through */
        assert_true(scenario_reference_length_m(s) > 0);
        least = s->solid_count < least ? s->solid_count : least;
        most = s->solid_count > most ? s->solid_count : most;
        double sum = 0;
        for (size_t i = 0; i < s->solid_count; i++)
            sum += s->solids[i].pose.position.x * s->solids[i].pose.position.y;
        assert_true(sum != sum_before); /* another seed, another field */
        sum_before = sum;
        struct scenario *again = expanded("clutter", seed);
        again->robot.width_m = s->robot.width_m;
        assert_same(s, again);
        scenario_destroy(&again);
        scenario_destroy(&s);
    }
    printf("figure: clutter holds %zu to %zu solids over 100 seeds\n", least, most);
}

static void crowds_walk_where_they_fit(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scenario *s = expanded("crowd", seed);
        assert_int_equal(s->actor_count, 8);
        for (size_t i = 0; i < s->actor_count; i++) {
            const struct actor *person = &s->actors[i];
            assert_true(vec2_distance(person->waypoints[0], start_of(s)) >= 1.5);
            for (int j = 0; j < person->waypoint_count; j++)
                assert_true(person->waypoints[j].x > person->radius_m - 0.05 && person->waypoints[j].x < 14 &&
                            person->waypoints[j].y > person->radius_m - 0.05 && person->waypoints[j].y < 6);
        }
        scenario_destroy(&s);
    }
}

static void the_shows_bar_the_straight_way_with_what_they_show(void **state)
{
    (void)state;
    struct scenario *s = expanded("glass", 1);
    double with = scenario_reference_length_m(s);
    int glass = material_find("glass"), panes = 0;
    for (size_t i = 0; i < s->solid_count; i++)
        if (s->solids[i].material == glass) {
            s->solids[i].pose.position.z = 50; /* out of the way */
            panes++;
        }
    assert_int_equal(panes, 1);
    double straight = vec2_distance(start_of(s), s->goal);
    assert_true(fabs(scenario_reference_length_m(s) - straight) < 1e-9);
    assert_true(with > 1.05 * straight && with < 1.3 * straight);
    scenario_destroy(&s);

    s = expanded("wet-floor", 1);
    assert_int_equal(s->zone_count, 1);
    assert_true(s->zones[0].keep_out && s->zones[0].painted && !s->map_given);
    with = scenario_reference_length_m(s);
    s->zone_count = 0;
    straight = vec2_distance(start_of(s), s->goal);
    assert_true(fabs(scenario_reference_length_m(s) - straight) < 1e-9);
    assert_true(with > 1.03 * straight && with < 1.3 * straight);
    scenario_destroy(&s);

    s = expanded("office", 1);
    assert_true(s->map_given && s->map.width == 400 && s->map.height == 240);
    assert_in_range(s->solid_count, 21 + 10, 200);
    assert_true(scenario_reference_length_m(s) > 25);
    scenario_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_read_is_kept_and_rebuilds_the_same),
        cmocka_unit_test(a_path_reads_the_folder),
        cmocka_unit_test(unknown_names_offer_the_nearest),
        cmocka_unit_test(overrides_reach_their_member),
        cmocka_unit_test(defaults_are_within_their_own_bounds),
        cmocka_unit_test(solids_stand_where_they_are_put),
        cmocka_unit_test(the_reference_goes_straight_round_or_nowhere),
        cmocka_unit_test(every_builtin_can_be_driven_with_any_seed),
        cmocka_unit_test(clutter_bars_the_straight_way_and_leaves_another),
        cmocka_unit_test(crowds_walk_where_they_fit),
        cmocka_unit_test(the_shows_bar_the_straight_way_with_what_they_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
