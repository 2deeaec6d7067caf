/* Values drawn from the episode's seed: {uniform: [1, 2]} and its like in place of any value. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define HEAD "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n"

static struct scenario *loaded(const char *text)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct scenario *s = scenario_unpack(&file, 1, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static struct scenario *drawn(const char *text, uint64_t seed)
{
    struct error err = {0};
    struct scenario *s = loaded(text);
    if (scenario_expand(s, seed, &err))
        fail_msg("seed %d: %s", (int)seed, err.text);
    return s;
}

static void any_value_may_be_drawn(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "summary: {choice: [one, two]}\n"
             "lidar: {noise_m: {log_uniform: [0.001, 0.1]}, beams: {integer: [90, 99]}}\n"
             "map_given: {choice: [true, false]}\n"
             "solids:\n"
             "  - {kind: box, at: [{uniform: [3, 4]}, 3], size: {choice: [[1, 1, 1], [{uniform: [1, 2]}, 1, 1]]}}\n"
             "  - {choice: [{kind: sphere, at: [5, 5], radius: 0.2}, {kind: cylinder, at: [5, 5], radius: 0.2, "
             "height: 1}]}\n"
             "zones: {choice: [[], [{rectangle: [2, 0, 3, 1]}]]}\n";
    size_t zones = 0, spheres = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct scenario *s = drawn(text, seed);
        assert_true(s->lidar.noise_m >= 0.001 && s->lidar.noise_m <= 0.1);
        assert_in_range(s->lidar.beams, 90, 99);
        assert_int_equal(s->solid_count, 2);
        assert_true(s->solids[0].pose.position.x >= 3 && s->solids[0].pose.position.x < 4);
        assert_true(s->solids[0].shape.half_m.x >= 0.5 && s->solids[0].shape.half_m.x < 1);
        assert_in_range(s->draw_count, 8, 9); /* the inner one only if it was chosen */
        zones += s->zone_count;
        spheres += s->solids[1].shape.kind == SHAPE_SPHERE;
        scenario_destroy(&s);
    }
    assert_in_range(zones, 5, 35);
    assert_in_range(spheres, 5, 35);
}

static void draws_are_listed_as_used(void **state)
{
    (void)state;
    struct scenario *s =
        drawn(HEAD "lidar: {noise_m: {uniform: [0, 0.1]}}\nsolids: [{kind: box, at: [4, {choice: [1, 5]}], "
                   "size: [1, 1, 1]}]\n",
              3);
    assert_int_equal(s->draw_count, 2);
    assert_string_equal(s->draws[0].path, "lidar.noise_m");
    char value[32];
    snprintf(value, sizeof value, "%.9g", s->lidar.noise_m);
    assert_string_equal(s->draws[0].value, value);
    assert_string_equal(s->draws[1].path, "solids[0].at[1]");
    assert_string_equal(s->draws[1].value, s->solids[0].pose.position.y == 1 ? "1" : "5");
    scenario_destroy(&s);
}

static void adding_a_draw_shifts_no_other(void **state)
{
    (void)state;
    static const char before[] = HEAD "lidar: {noise_m: {uniform: [0, 0.1]}}\ncrowd: {enabled: true, count: 3}\n";
    static const char after[] =
        HEAD "world: {ambient: {uniform: [0, 1]}}\nlidar: {dropout: {uniform: [0, 1]}, noise_m: "
             "{uniform: [0, 0.1]}}\ncrowd: {enabled: true, count: 3}\n";
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct scenario *a = drawn(before, seed), *b = drawn(after, seed);
        assert_true(a->lidar.noise_m == b->lidar.noise_m);
        assert_true(b->lidar.dropout != b->world.ambient);
        assert_memory_equal(a->actors[2].waypoints, b->actors[2].waypoints, sizeof a->actors[2].waypoints);
        scenario_destroy(&a);
        scenario_destroy(&b);
    }
}

static void what_is_set_wins_over_what_is_drawn(void **state)
{
    (void)state;
    struct error err = {0};
    struct scenario *s = loaded(HEAD "lidar: {noise_m: {uniform: [0, 0.1]}, beams: {integer: [90, 99]}}\n");
    assert_true(s->is_random);
    assert_int_equal(scenario_set(s, "lidar.noise_m=0.5", &err), STATUS_OK);
    assert_int_equal(scenario_set(s, "goal.y=2", &err), STATUS_OK);
    assert_int_equal(scenario_expand(s, 4, &err), STATUS_OK);
    assert_true(s->lidar.noise_m == 0.5 && s->goal.y == 2);
    assert_in_range(s->lidar.beams, 90, 99);
    struct scenario *again = scenario_unpack(s->files, s->file_count, &err);
    assert_int_equal(scenario_expand(again, 4, &err), STATUS_OK);
    assert_int_equal(again->lidar.beams, s->lidar.beams);
    scenario_destroy(&again);
    scenario_destroy(&s);
}

/* 2000 seeds; bounds at five sigmas of the estimate, so a right program fails once in millions of such tests. */
static void distributions_are_what_they_say(void **state)
{
    (void)state;
    enum { SEEDS = 2000 };
    static const char text[] = HEAD "lidar: {noise_m: {uniform: [0.2, 0.6]}, dropout: {normal: [0.5, 0.1]}}\n"
                                    "camera: {noise: {log_uniform: [0.001, 0.1]}, depth_noise: {normal: [0, 0.1]}}\n"
                                    "crowd: {count: {integer: [1, 4]}, speed_mps: {normal: [1, 0.5, 0.9, 1.1]}}\n";
    double uniform = 0, normal = 0, square_sum = 0, log_sum = 0, half = 0;
    int counts[5] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct scenario *s = drawn(text, seed);
        uniform += s->lidar.noise_m;
        normal += s->lidar.dropout - 0.5;
        square_sum += square(s->lidar.dropout - 0.5);
        log_sum += log10(s->camera.noise);
        half += s->camera.depth_noise; /* cut at 0, the least there is: mean sigma * sqrt(2 / pi) */
        assert_true(s->camera.depth_noise >= 0 && s->crowd.speed_mps >= 0.9 && s->crowd.speed_mps <= 1.1);
        counts[s->crowd.count]++;
        scenario_destroy(&s);
    }
    double root = sqrt(SEEDS);
    assert_true(fabs(uniform / SEEDS - 0.4) < 5 * 0.4 / sqrt(12) / root);
    assert_true(fabs(normal / SEEDS) < 5 * 0.1 / root);
    assert_true(fabs(sqrt(square_sum / SEEDS) - 0.1) < 5 * 0.1 / sqrt(2) / root);
    assert_true(fabs(log_sum / SEEDS + 2) < 5 * 2 / sqrt(12) / root);
    assert_true(fabs(half / SEEDS - 0.1 * sqrt(2 / PI)) < 5 * 0.1 / root);
    for (int i = 1; i <= 4; i++)
        assert_true(abs(counts[i] - SEEDS / 4) < 5 * sqrt(SEEDS * 0.25 * 0.75));
}

static void bad_blocks_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"lidar: {noise_m: {uniform: [1]}}", "t.yaml:5:19: uniform is written {uniform: [low, high]}"},
        {"lidar: {noise_m: {uniform: 1}}", "t.yaml:5:19: uniform is written {uniform: [low, high]}"},
        {"lidar: {noise_m: {uniform: [1, nan]}}",
         "t.yaml:5:32: a number of the block must be a number from -1e+09 to 1e+09, not 'nan'"},
        {"lidar: {noise_m: {uniform: [1, 0]}}", "t.yaml:5:19: uniform: its bounds are the wrong way round"},
        {"lidar: {noise_m: {log_uniform: [0, 1]}}", "t.yaml:5:19: log_uniform: its bounds must be above 0"},
        {"lidar: {beams: {integer: [10, 20.5]}}", "t.yaml:5:17: integer: its bounds must be whole numbers"},
        {"lidar: {noise_m: {normal: [1, -1]}}", "t.yaml:5:19: normal: its sigma must be 0 or more"},
        {"lidar: {noise_m: {normal: [1, 1, 0]}}",
         "t.yaml:5:19: normal is written {normal: [mean, sigma] or [mean, sigma, low, high]}"},
        {"lidar: {noise_m: {choice: []}}", "t.yaml:5:19: choice is written {choice: [this, that, ...]}"},
        {"lidar: {noise_m: {choice: [[1, 2]]}}", "t.yaml:5:9: lidar.noise_m must be one value"},
        {"lidar: {noise_m: {uniform: [7, 8]}}", "t.yaml:5:9: lidar: noise_m = 7.8564983 is outside 0 to 1 m"},
        {"lidar: {noise_m: {unifrom: [7, 8]}}", "t.yaml:5:9: lidar.noise_m must be one value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        char text[400];
        snprintf(text, sizeof text, HEAD "%s\n", cases[i].text);
        struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)text, .size = strlen(text)};
        assert_null(scenario_unpack(&file, 1, &err));
        assert_int_equal(err.status, STATUS_BAD_INPUT);
        assert_string_equal(err.text, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value_may_be_drawn),
        cmocka_unit_test(draws_are_listed_as_used),
        cmocka_unit_test(adding_a_draw_shifts_no_other),
        cmocka_unit_test(what_is_set_wins_over_what_is_drawn),
        cmocka_unit_test(distributions_are_what_they_say),
        cmocka_unit_test(bad_blocks_get_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
