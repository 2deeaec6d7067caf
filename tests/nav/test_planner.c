#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/nav/scene.h"

enum { RADIUS_MM = 245 };
#define RADIUS_M (RADIUS_MM * 1e-3)

static struct planner_params params_default(void)
{
    struct planner_params params;
    param_defaults(planner_params, planner_param_count, &params);
    return params;
}

/* --- optimal lengths -------------------------------------------------------------------------------------- */

/* Dijkstra by scanning: slow, plain, and nothing in common with what it judges. */
static double length_by_scanning(const uint8_t *blocked, int width, int height, struct cell from, struct cell to)
{
    enum { MAX = 400 };
    double best[MAX];
    bool done[MAX] = {0};
    int n = width * height, start = from.y * width + from.x, goal = to.y * width + to.x;
    for (int i = 0; i < n; i++)
        best[i] = HUGE_VAL;
    if (!blocked[start] && !blocked[goal])
        best[start] = 0;
    for (;;) {
        int at = -1;
        for (int i = 0; i < n; i++)
            if (!done[i] && isfinite(best[i]) && (at < 0 || best[i] < best[at]))
                at = i;
        if (at < 0)
            return isfinite(best[goal]) ? best[goal] : -1;
        done[at] = true;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int x = at % width + dx, y = at / width + dy;
                if ((!dx && !dy) || x < 0 || y < 0 || x >= width || y >= height || blocked[y * width + x])
                    continue;
                if (dx && dy && (blocked[y * width + x - dx] || blocked[(y - dy) * width + x]))
                    continue;
                best[y * width + x] = fmin(best[y * width + x], best[at] + (dx && dy ? sqrt(2) : 1));
            }
    }
}

static void test_length_is_that_of_dijkstra(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test.grids");
    for (int round = 0; round < 300; round++) {
        int width = 3 + (int)seed_below(&stream, 17), height = 3 + (int)seed_below(&stream, 17);
        double density = seed_between(&stream, 0, 0.5);
        uint8_t blocked[400];
        for (int i = 0; i < width * height; i++)
            blocked[i] = seed_uniform(&stream) < density;
        struct cell from = {(int)seed_below(&stream, (uint64_t)width), (int)seed_below(&stream, (uint64_t)height)};
        struct cell to = {(int)seed_below(&stream, (uint64_t)width), (int)seed_below(&stream, (uint64_t)height)};
        double want = length_by_scanning(blocked, width, height, from, to);
        double got = planner_grid_length(blocked, width, height, from, to);
        assert_true(fabs(got - want) < 1e-9);
    }
}

static uint8_t *map_read(const char *path, int *width, int *height)
{
    char line[2048];
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    uint8_t *blocked = NULL;
    int row = -1;
    while (fgets(line, sizeof line, file)) {
        if (row < 0) {
            sscanf(line, "height %d", height);
            sscanf(line, "width %d", width);
            if (!strncmp(line, "map", 3)) {
                row = 0;
                blocked = NEW_ARRAY((size_t)*width * (size_t)*height, uint8_t);
            }
        } else if (row < *height) {
            for (int x = 0; x < *width; x++)
                blocked[row * *width + x] = line[x] != '.' && line[x] != 'G';
            row++;
        }
    }
    fclose(file);
    return blocked;
}

static int scenarios_check(const char *folder, const char *name)
{
    char path[512], line[512];
    int width = 0, height = 0, rows = 0;
    snprintf(path, sizeof path, "%s/%s.map", folder, name);
    uint8_t *blocked = map_read(path, &width, &height);
    snprintf(path, sizeof path, "%s/%s.map.scen", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(blocked);
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        struct cell from, to;
        double want;
        if (sscanf(line, "%*d %*s %*d %*d %d %d %d %d %lf", &from.x, &from.y, &to.x, &to.y, &want) != 5)
            continue;
        double got = planner_grid_length(blocked, width, height, from, to);
        bool apart = from.x != to.x || from.y != to.y;
        rows++;
        if (want == 0 && apart)
            assert_true(got < 0); /* how the files mark a pair without a way */
        else
            assert_true(fabs(got - want) <= 1e-4 * fmax(1, want));
    }
    fclose(file);
    free(blocked);
    return rows;
}

static void test_length_is_that_of_movingai(void **state)
{
    (void)state;
    static const char *const names[] = {"arena", "lak507d", "rmtst01", "room-64-64-8", "warehouse-10-20-10-2-1"};
    const char *shared = getenv("BINNACLE_SHARED");
    char folder[400], path[512];
    snprintf(folder, sizeof folder, "%s/data/movingai", shared ? shared : "../shared");
    snprintf(path, sizeof path, "%s/arena.map", folder);
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("skipped: no MovingAI maps in %s\n", folder);
        skip();
        return;
    }
    fclose(file);
    int rows = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        rows += scenarios_check(folder, names[i]);
    assert_true(rows > 1400);
    printf("figure: %d MovingAI scenarios at their published optimum\n", rows);
}

/* --- plans ------------------------------------------------------------------------------------------------ */

static void test_a_plan_keeps_clear_and_ends_at_the_goal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct scene scene;
        scene_clutter(&scene, seed, SCENE_KNOWN, 0.8);
        struct planner_params params = params_default();
        struct planner *planner = planner_create(&params, RADIUS_M);
        const struct belief *belief = scene_sense(&scene, 0);
        struct plan plan = planner_update(planner, belief, scene.task.goal, NULL);
        assert_true(plan.count > 100);
        assert_string_equal(plan.reason, "");
        assert_true(vec2_distance(plan.points[0], (struct vec2){scene.pose.x, scene.pose.y}) < 1e-9);
        assert_true(vec2_distance(plan.points[plan.count - 1], scene.task.goal) < 1e-9);
        assert_true(plan.length_m >= 10 && plan.length_m < 12);
        for (size_t i = 0; i < plan.count; i++) {
            assert_true(belief_clearance_m(belief, plan.points[i]) > RADIUS_M - 0.05);
            assert_true(i == 0 || vec2_distance(plan.points[i], plan.points[i - 1]) < 0.08);
        }
        planner_destroy(&planner);
        scene_clear(&scene);
    }
}

static void test_reasons(void **state)
{
    (void)state;
    struct scene scene;
    struct planner_params params = params_default();
    scene_init(&scene, 6, 4, SCENE_KNOWN);
    for (double x = 3; x < 3.6; x += 0.1)
        scene_wall(&scene, (struct vec2){x, 0}, (struct vec2){x, 4});
    const struct belief *belief = scene_sense(&scene, 0);
    const struct {
        struct vec2 goal;
        const char *reason;
    } cases[] = {{{3.3, 2}, "goal is inside an obstacle"},
                 {{5, 2}, "no way around: "},
                 {{7, 2}, "goal is outside the map"},
                 {{(double)NAN, 2}, "goal is outside the map"},
                 {{HUGE_VAL, 1e300}, "goal is outside the map"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct planner *planner = planner_create(&params, RADIUS_M);
        struct plan plan = planner_update(planner, belief, cases[i].goal, NULL);
        assert_int_equal(plan.count, 0);
        assert_null(plan.points);
        assert_memory_equal(plan.reason, cases[i].reason, strlen(cases[i].reason));
        planner_destroy(&planner);
        assert_null(planner);
    }
    scene_clear(&scene);
}

static void test_a_goal_beside_a_wall_is_moved_off_it(void **state)
{
    (void)state;
    struct scene scene;
    struct planner_params params = params_default();
    scene_init(&scene, 6, 4, SCENE_KNOWN);
    scene_wall(&scene, (struct vec2){5, 0}, (struct vec2){5, 4});
    struct planner *planner = planner_create(&params, RADIUS_M);
    struct vec2 goal = {4.85, 2};
    struct plan plan = planner_update(planner, scene_sense(&scene, 0), goal, NULL);
    assert_true(plan.count > 10);
    double off = vec2_distance(plan.points[plan.count - 1], goal);
    assert_true(off > 0.05 && off <= 0.3);
    planner_destroy(&planner);
    scene_clear(&scene);
}

static void test_a_start_too_near_a_wall_is_left(void **state)
{
    (void)state;
    struct scene scene;
    struct planner_params params = params_default();
    scene_init(&scene, 6, 4, SCENE_KNOWN);
    scene_wall(&scene, (struct vec2){0, 2.15}, (struct vec2){2, 2.15});
    struct planner *planner = planner_create(&params, RADIUS_M);
    struct plan plan = planner_update(planner, scene_sense(&scene, 0), scene.task.goal, NULL);
    assert_true(plan.count > 50);
    for (size_t i = 0; i < plan.count; i++)
        assert_true(belief_clearance_m(&scene.belief, plan.points[i]) > 0.05);
    planner_destroy(&planner);
    scene_clear(&scene);
}

static void test_a_plan_is_kept_until_it_is_blocked(void **state)
{
    (void)state;
    struct scene scene;
    struct planner_params params = params_default();
    bool changed;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    struct planner *planner = planner_create(&params, RADIUS_M);
    struct plan plan = planner_update(planner, scene_sense(&scene, 0), scene.task.goal, &changed);
    assert_true(changed);
    double length = plan.length_m;
    int64_t now_ns = 0;
    for (int i = 1; i <= 40; i++) { /* a metre along the path in two seconds */
        scene.pose.x += 0.025;
        plan = planner_update(planner, scene_sense(&scene, now_ns += 50000000), scene.task.goal, &changed);
        assert_false(changed);
    }
    assert_true(fabs(plan.length_m - (length - 1)) < 0.03);
    scene.task.goal.y += 0.01; /* a fresh search, so that it is not yet time for the next */
    planner_update(planner, scene_sense(&scene, now_ns += 50000000), scene.task.goal, &changed);
    assert_true(changed);
    scene_wall(&scene, (struct vec2){4, 2}, (struct vec2){4, 3});
    bool any = false;
    for (int i = 0; i < 6; i++) {
        plan = planner_update(planner, scene_sense(&scene, now_ns += 50000000), scene.task.goal, &changed);
        any |= changed;
    }
    assert_true(any);
    for (size_t i = 0; i < plan.count; i++)
        assert_true(belief_clearance_m(&scene.belief, plan.points[i]) > RADIUS_M - 0.05);
    struct vec2 goal = {2, 1};
    plan = planner_update(planner, &scene.belief, goal, &changed);
    assert_true(changed);
    assert_true(vec2_distance(plan.points[plan.count - 1], goal) < 1e-9);
    planner_destroy(&planner);
    scene_clear(&scene);
}

/* Two gaps in a wall; the nearer one is avoided for half a minute, but taken if it is the only one. */
static void test_a_place_to_avoid_is_gone_round(void **state)
{
    (void)state;
    struct scene scene;
    struct planner_params params = params_default();
    scene_init(&scene, 8, 8, SCENE_KNOWN);
    scene_wall(&scene, (struct vec2){4, 0.2}, (struct vec2){4, 3.4});
    scene_wall(&scene, (struct vec2){4, 4.6}, (struct vec2){4, 5.4});
    scene_wall(&scene, (struct vec2){4, 6.6}, (struct vec2){4, 7.8});
    struct planner *planner = planner_create(&params, RADIUS_M);
    double direct = planner_update(planner, scene_sense(&scene, 0), scene.task.goal, NULL).length_m;
    bool changed;
    planner_avoid(planner, (struct vec2){4, 4}, 0);
    struct plan plan = planner_update(planner, scene_sense(&scene, 50000000), scene.task.goal, &changed);
    assert_true(changed && plan.length_m > direct + 0.5);
    for (size_t i = 0; i < plan.count; i++)
        assert_true(vec2_distance(plan.points[i], (struct vec2){4, 4}) > 0.5);
    scene_wall(&scene, (struct vec2){4, 5.4}, (struct vec2){4, 6.6});
    plan = planner_update(planner, scene_sense(&scene, INT64_C(2000000000)), scene.task.goal, &changed);
    assert_true(changed && plan.count && plan.length_m < direct + 0.5);
    planner_destroy(&planner);
    scene_clear(&scene);
}

static void test_same_belief_same_plan(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (int i = 0; i < 2; i++) {
        struct scene scene;
        struct planner_params params = params_default();
        scene_clutter(&scene, 3, SCENE_KNOWN, 0.8);
        struct planner *planner = planner_create(&params, RADIUS_M);
        planner_update(planner, scene_sense(&scene, 0), scene.task.goal, NULL);
        hashes[i] = planner_hash(planner, 0);
        planner_destroy(&planner);
        scene_clear(&scene);
    }
    assert_true(hashes[0] == hashes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length_is_that_of_dijkstra),
        cmocka_unit_test(test_length_is_that_of_movingai),
        cmocka_unit_test(test_a_plan_keeps_clear_and_ends_at_the_goal),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_a_goal_beside_a_wall_is_moved_off_it),
        cmocka_unit_test(test_a_start_too_near_a_wall_is_left),
        cmocka_unit_test(test_a_plan_is_kept_until_it_is_blocked),
        cmocka_unit_test(test_a_place_to_avoid_is_gone_round),
        cmocka_unit_test(test_same_belief_same_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
