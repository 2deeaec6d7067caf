/* Generators: every seed and difficulty gives a world that the robot can cross, or a sentence that says why not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario.h"

#define HEAD "name: t\nbounds: [0, 0, 12, 9]\nstart: [1, 1, 0]\ngoal: [11, 8]\n"

static struct scenario *loaded(const char *text)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct scenario *s = scenario_unpack(&file, 1, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static struct scenario *drawn(const char *text, const char *set, uint64_t seed)
{
    struct error err = {0};
    struct scenario *s = loaded(text);
    if ((set && scenario_set(s, set, &err)) || scenario_expand(s, seed, &err))
        fail_msg("seed %d %s: %s", (int)seed, set ? set : "", err.text);
    return s;
}

static void assert_same(const struct scenario *a, const struct scenario *b)
{
    assert_int_equal(a->solid_count, b->solid_count);
    for (size_t i = 0; i < a->solid_count; i++) {
        assert_memory_equal(&a->solids[i].pose, &b->solids[i].pose, sizeof a->solids[i].pose);
        assert_memory_equal(&a->solids[i].shape.half_m, &b->solids[i].shape.half_m, sizeof a->solids[i].shape.half_m);
    }
}

static const char *const generators[] = {
    HEAD "maze: {enabled: true, x1_m: 12, y1_m: 9}\n",
    HEAD "rooms: {enabled: true, x1_m: 12, y1_m: 9}\n",
    HEAD "clutter: {enabled: true, x0_m: 3, x1_m: 9, y1_m: 9}\n",
    HEAD "crowd: {enabled: true}\n",
};
static const char *const names[] = {"maze", "rooms", "clutter", "crowd"};

static void every_difficulty_can_be_crossed(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof generators / sizeof *generators; g++)
        for (int difficulty = 0; difficulty <= 4; difficulty += 2)
            for (uint64_t seed = 1; seed <= 6; seed++) {
                char set[64];
                snprintf(set, sizeof set, "%s.difficulty=%g", names[g], difficulty / 4.0);
                struct scenario *s = drawn(generators[g], set, seed);
                if (scenario_reference_length_m(s) < 10)
                    fail_msg("%s seed %d: no way", set, (int)seed);
                struct scenario *again = drawn(generators[g], set, seed);
                assert_same(s, again);
                scenario_destroy(&again);
                scenario_destroy(&s);
            }
}

static void seeds_differ(void **state)
{
    (void)state;
    for (size_t g = 0; g < 3; g++) {
        struct scenario *a = drawn(generators[g], NULL, 1), *b = drawn(generators[g], NULL, 2);
        bool differ = a->solid_count != b->solid_count;
        for (size_t i = 0; i < a->solid_count && !differ; i++)
            differ = memcmp(&a->solids[i].pose, &b->solids[i].pose, sizeof a->solids[i].pose) != 0;
        assert_true(differ);
        scenario_destroy(&a);
        scenario_destroy(&b);
    }
}

/* Euler: in a maze without loops (cells - 1) of the inner walls are open, whatever the boxes are. */
static void a_maze_without_loops_is_a_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct scenario *s =
            drawn(HEAD "maze: {enabled: true, x1_m: 12, y1_m: 9, corridor_m: 1.2, loops: 0}\n", NULL, seed);
        double wall = s->maze.wall_m, length = 0;
        int columns = (int)((12 - wall) / (1.2 + wall)), rows = (int)((9 - wall) / (1.2 + wall));
        double pitch_x = (12 - wall) / columns, pitch_y = (9 - wall) / rows;
        for (size_t i = 0; i < s->solid_count; i++) { /* in cells; a box reaches half a wall beyond its posts */
            struct vec3 half = s->solids[i].shape.half_m;
            length += half.x > half.y ? round((2 * half.x - wall) / pitch_x) : round((2 * half.y - wall) / pitch_y);
        }
        int all = (columns + 1) * rows + (rows + 1) * columns, open = columns * rows - 1;
        assert_int_equal((int)length, all - open);
        scenario_destroy(&s);
    }
}

static void harder_is_harder(void **state)
{
    (void)state;
    double easy = 0, hard = 0;
    size_t few = 0, many = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct scenario *a = drawn(generators[0], "maze.difficulty=0", seed),
                        *b = drawn(generators[0], "maze.difficulty=1", seed);
        easy += scenario_reference_length_m(a);
        hard += scenario_reference_length_m(b);
        scenario_destroy(&a);
        scenario_destroy(&b);
        a = drawn(generators[1], "rooms.difficulty=0", seed);
        b = drawn(generators[1], "rooms.difficulty=1", seed);
        few += a->solid_count;
        many += b->solid_count;
        scenario_destroy(&a);
        scenario_destroy(&b);
    }
    assert_true(hard > 1.3 * easy);
    assert_true(many > few + 8 * 5);
}

static void furniture_keeps_off_doors_and_each_other(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct scenario *s = drawn(HEAD "rooms: {enabled: true, x1_m: 12, y1_m: 9, furniture: 1}\n", NULL, seed);
        for (size_t i = 0; i < s->solid_count; i++)
            for (size_t j = 0; j < i; j++) {
                if (!strncmp(s->solids[i].name, "room wall", 9))
                    continue; /* walls meet */
                struct vec3 a = s->solids[i].pose.position, b = s->solids[j].pose.position;
                struct vec3 p = s->solids[i].shape.half_m, q = s->solids[j].shape.half_m;
                double gap = fmax(fabs(a.x - b.x) - p.x - q.x, fabs(a.y - b.y) - p.y - q.y);
                if (gap < 0.14)
                    fail_msg("seed %d: %s is %.2f m from %s", (int)seed, s->solids[i].name, gap, s->solids[j].name);
            }
        scenario_destroy(&s);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {HEAD "maze: {enabled: true, corridor_m: 0.4}\n",
         "t.yaml:5:23: maze.corridor_m 0.4 is too narrow for a robot 0.43 m wide; at least 0.53"},
        {HEAD "maze: {enabled: true, x1_m: 1}\n",
         "t.yaml:5:1: the maze from (0, 0) to (1, 6) must hold 2 to 10000 cells of corridor_m 1.2"},
        {HEAD "rooms: {enabled: true, door_m: 0.5}\n",
         "t.yaml:5:24: rooms.door_m 0.5 is too narrow for a robot of 0.51 x 0.43 m; at least 0.77"},
        {HEAD "rooms: {enabled: true, x1_m: 1}\n",
         "t.yaml:5:1: the rooms from (0, 0) to (1, 6) must be at least one room_m 3 and two walls wide"},
        {HEAD "rooms: {enabled: true, x1_m: 12, y1_m: 9}\nsolids: [{kind: box, at: [6, 4.5], size: [0.5, 9, 1]}]\n",
         "t.yaml:5:1: even without furniture there is no way 0.77 m wide from start to goal; something else than the "
         "rooms bars it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct scenario *s = loaded(cases[i].text);
        assert_int_equal(scenario_expand(s, 1, &err), STATUS_BAD_INPUT);
        assert_string_equal(err.text, cases[i].sentence);
        scenario_destroy(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_difficulty_can_be_crossed),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(a_maze_without_loops_is_a_tree),
        cmocka_unit_test(harder_is_harder),
        cmocka_unit_test(furniture_keeps_off_doors_and_each_other),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
