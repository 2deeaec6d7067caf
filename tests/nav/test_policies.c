/* What every driver must do, by table; and what each is known for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/nav/scene.h"

static const struct driver {
    const char *name;
    size_t critics;
    double clutter_s; /* for twelve metres of clutter */
    double gap_m;     /* between pillars there */
} drivers[] = {
    {"dwa", 7, 30, 0.8},
    {"mppi", 8, 20, 0.8},
    {"vfh", 3, 40, 0.9},
    {"orca", 4, 40, 0.9},
};

static struct navigator *navigator_new(const struct scene *scene, const char *policy, const char *const *sets,
                                       size_t set_count)
{
    struct navigator_config config = navigator_config_default();
    struct error err = {0};
    config.task = scene->task;
    config.policy = policy;
    config.sets = sets;
    config.set_count = set_count;
    struct navigator *navigator = navigator_create(&config, &err);
    if (!navigator)
        fail_msg("%s", err.text);
    return navigator;
}

static struct scene_drive drive_clutter(const struct driver *driver, uint64_t seed, enum scene_map map)
{
    struct scene scene;
    scene_clutter(&scene, seed, map, driver->gap_m);
    struct navigator *navigator = navigator_new(&scene, driver->name, NULL, 0);
    struct scene_drive got = scene_drive(&scene, navigator, driver->clutter_s);
    navigator_destroy(&navigator);
    scene_clear(&scene);
    return got;
}

static void test_each_crosses_clutter_that_it_has_to_discover(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        double time_s = 0, least = HUGE_VAL;
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct scene_drive got = drive_clutter(&drivers[i], seed, SCENE_MAPPING);
            if (got.collided || !got.reached)
                fail_msg("%s, field %d: %s after %.1f s", drivers[i].name, (int)seed,
                         got.collided ? "collision" : "not there", got.ticks * SCENE_PERIOD_S);
            time_s += got.ticks * SCENE_PERIOD_S / 5;
            least = fmin(least, got.least_gap_m);
        }
        assert_true(least > 0.03);
        printf("figure: %s crosses 5 of 5 unknown fields in %.1f s, nearest %.2f m\n", drivers[i].name, time_s, least);
    }
}

static void test_each_repeats_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        struct driver brief = drivers[i];
        brief.clutter_s = 4;
        struct scene_drive a = drive_clutter(&brief, 5, SCENE_MAPPING), b = drive_clutter(&brief, 5, SCENE_MAPPING);
        assert_true(a.hash == b.hash);
        assert_true(a.hash != drive_clutter(&brief, 6, SCENE_MAPPING).hash);
    }
}

static void check_explanation(const struct decision *d, size_t critics)
{
    assert_true(d->valid && strlen(d->reason) > 10 && strlen(d->constraint) > 3);
    assert_true(d->confidence >= 0 && d->confidence <= 1);
    assert_int_equal(d->critic_count, critics);
    assert_true(d->candidates_valid <= d->candidates_total && d->candidate_count > 0);
    assert_memory_equal(&d->candidates[0].command, &d->wish, sizeof d->wish);
    for (size_t j = 0; j < d->candidate_count; j++) {
        double sum = 0;
        for (size_t k = 0; k < d->critic_count; k++)
            sum += d->candidates[j].costs[k];
        if (j > 1) /* the chosen one is first, the others are in order */
            assert_true(d->candidates[j].total >= d->candidates[j - 1].total);
        if (d->candidates[j].valid)
            assert_true(fabs(sum - d->candidates[j].total) < 1e-6);
        else
            assert_true(isinf(d->candidates[j].total));
    }
}

static void test_each_explains_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        struct scene scene;
        scene_clutter(&scene, 2, SCENE_KNOWN, 0.8);
        struct navigator *navigator = navigator_new(&scene, drivers[i].name, NULL, 0);
        for (int64_t tick = 0; tick < 100; tick++) {
            struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, tick * 50000000));
            check_explanation(out.decision, drivers[i].critics);
            struct twist2 wish = out.decision->wish;
            assert_true(fabs(wish.v_mps - scene.twist.v_mps) <= scene.task.max_a_mps2 * SCENE_PERIOD_S + 1e-9);
            double turn = fabs(wish.w_radps - scene.twist.w_radps);
            assert_true(turn <= scene.task.max_alpha_radps2 * SCENE_PERIOD_S + 1e-9);
            scene_move(&scene, out.verdict->command);
        }
        navigator_destroy(&navigator);
        scene_clear(&scene);
    }
}

/* At every bound of every parameter the policy still decides something finite, within the drive's limits. */
static void test_each_takes_its_parameters_at_their_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_count; i++) {
        const struct policy *policy = policy_table[i];
        for (size_t j = 0; j < 2 * policy->param_count; j++) {
            const struct param *row = &policy->params[j / 2];
            char set[96];
            const char *sets[] = {set};
            struct scene scene;
            snprintf(set, sizeof set, "%s.%s=%.17g", policy->name, row->name, j % 2 ? row->max : row->min);
            scene_clutter(&scene, 3, SCENE_KNOWN, 0.9);
            scene.pose.x = 2;
            struct navigator *navigator = navigator_new(&scene, policy->name, sets, 1);
            for (int64_t tick = 0; tick < 8; tick++) {
                struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, tick * 50000000));
                struct twist2 wish = out.decision->wish;
                assert_true(isfinite(wish.v_mps) && isfinite(wish.w_radps));
                assert_true(fabs(wish.w_radps) <= scene.task.max_w_radps + 1e-9);
                assert_true(wish.v_mps <= scene.task.max_v_mps + 1e-9 && wish.v_mps >= scene.task.min_v_mps - 1e-9);
                scene_move(&scene, out.verdict->command);
            }
            navigator_destroy(&navigator);
            scene_clear(&scene);
        }
    }
}

/* A dead end, open towards the robot, between it and the goal: it sees it from inside. */
static void trap_fill(struct scene *scene)
{
    scene_init(scene, 10, 6, SCENE_MAPPING);
    scene->pose = (struct pose2){1, 3, 0};
    scene->task.goal = (struct vec2){9, 3};
    scene_wall(scene, (struct vec2){5, 2}, (struct vec2){5, 4});
    scene_wall(scene, (struct vec2){3.5, 2}, (struct vec2){5, 2});
    scene_wall(scene, (struct vec2){3.5, 4}, (struct vec2){5, 4});
}

static struct scene_drive drive_trap(const char *policy)
{
    static const char *const sets[] = {"recovery.enabled=off"};
    struct scene scene;
    trap_fill(&scene);
    struct navigator *navigator = navigator_new(&scene, policy, sets, 1);
    struct scene_drive got = scene_drive(&scene, navigator, 40);
    navigator_destroy(&navigator);
    scene_clear(&scene);
    return got;
}

static void test_planned_drivers_come_out_of_a_dead_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        struct scene_drive got = drive_trap(drivers[i].name);
        assert_false(got.collided);
        assert_true(got.reached);
    }
}

/* What it is kept for. With the recoveries on it backs out, and comes to rest there again. */
static void test_potential_rests_in_a_dead_end(void **state)
{
    (void)state;
    static const char *const sets[] = {"recovery.enabled=off"};
    struct scene scene;
    trap_fill(&scene);
    struct navigator *navigator = navigator_new(&scene, "potential", sets, 1);
    struct scene_drive got = scene_drive(&scene, navigator, 30);
    assert_false(got.collided || got.reached);
    assert_true(scene.pose.x > 2.5 && scene.pose.x < 5 && fabs(scene.pose.y - 3) < 1); /* inside the trap */
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, INT64_C(40000000000)));
    assert_true(fabs(out.decision->wish.v_mps) < 0.3);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_potential_crosses_an_empty_hall(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 10, 6, SCENE_KNOWN);
    struct navigator *navigator = navigator_new(&scene, "potential", NULL, 0);
    assert_true(scene_drive(&scene, navigator, 30).reached);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* The opening between two walls is 1.2 m wide and off the straight line. */
static void test_vfh_finds_the_opening(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 8, 6, SCENE_MAPPING);
    scene_wall(&scene, (struct vec2){4, 0.2}, (struct vec2){4, 3.9});
    scene_wall(&scene, (struct vec2){4, 5.1}, (struct vec2){4, 5.8});
    struct navigator *navigator = navigator_new(&scene, "vfh", NULL, 0);
    struct scene_drive got = scene_drive(&scene, navigator, 30);
    assert_true(got.reached && !got.collided && got.least_gap_m > 0.1);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* --- mppi ------------------------------------------------------------------------------------------------------- */

static void test_mppi_is_there_soonest(void **state)
{
    (void)state;
    double time_s[2] = {0};
    for (size_t i = 0; i < 2; i++)
        for (uint64_t seed = 1; seed <= 5; seed++)
            time_s[i] += drive_clutter(&drivers[i], seed, SCENE_KNOWN).ticks * SCENE_PERIOD_S;
    assert_true(time_s[1] < 0.9 * time_s[0]);
}

/* People are no part of the map here: only their tracks say that they come. */
static void test_people_who_cross_are_let_by(void **state)
{
    (void)state;
    static const char *const with[] = {"dwa", "mppi", "orca"};
    for (size_t i = 0; i < COUNT_OF(with); i++) {
        struct scene scene;
        scene_init(&scene, 12, 6, SCENE_KNOWN);
        struct navigator *navigator = navigator_new(&scene, with[i], NULL, 0);
        double least = HUGE_VAL;
        for (int64_t tick = 0; tick < 240; tick++) {
            struct track tracks[2] = {
                {.id = 1, .at = {4.5, 0.5 + 0.04 * (double)tick}, .velocity_mps = {0, 0.8}},
                {.id = 2, .at = {8, 5.8 - 0.04 * (double)tick}, .velocity_mps = {0, -0.8}},
            };
            for (int j = 0; j < 2; j++) {
                tracks[j].radius_m = 0.25;
                tracks[j].confirmed = true;
            }
            scene_sense(&scene, tick * 50000000);
            scene.belief.tracks = tracks;
            scene.belief.track_count = 2;
            struct footprint footprint = footprint_of(&scene.task);
            for (int j = 0; j < 2; j++)
                least = fmin(least, footprint_gap_m(&footprint, pose2_unapply(scene.pose, tracks[j].at)) - 0.25);
            scene_move(&scene, navigator_decide(navigator, &scene.belief).verdict->command);
        }
        if (least < 0.15)
            fail_msg("%s comes within %.2f m", with[i], least);
        assert_true(vec2_distance((struct vec2){scene.pose.x, scene.pose.y}, scene.task.goal) < 0.3);
        navigator_destroy(&navigator);
        scene_clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_crosses_clutter_that_it_has_to_discover),
        cmocka_unit_test(test_each_repeats_itself),
        cmocka_unit_test(test_each_explains_itself),
        cmocka_unit_test(test_each_takes_its_parameters_at_their_bounds),
        cmocka_unit_test(test_planned_drivers_come_out_of_a_dead_end),
        cmocka_unit_test(test_potential_rests_in_a_dead_end),
        cmocka_unit_test(test_potential_crosses_an_empty_hall),
        cmocka_unit_test(test_vfh_finds_the_opening),
        cmocka_unit_test(test_mppi_is_there_soonest),
        cmocka_unit_test(test_people_who_cross_are_let_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
