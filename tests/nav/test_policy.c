#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/nav/scene.h"

static struct navigator *navigator_new(const struct scene *scene, const char *policy, enum shield_mode mode)
{
    struct navigator_config config = navigator_config_default();
    struct error err = {0};
    config.task = scene->task;
    config.policy = policy;
    config.shield = mode;
    struct navigator *navigator = navigator_create(&config, &err);
    assert_non_null(navigator);
    return navigator;
}

static struct scene_drive drive(uint64_t seed, enum scene_map map, double gap_m, const char *policy,
                                enum shield_mode mode, double limit_s)
{
    struct scene scene;
    scene_clutter(&scene, seed, map, gap_m);
    struct navigator *navigator = navigator_new(&scene, policy, mode);
    struct scene_drive result = scene_drive(&scene, navigator, limit_s);
    navigator_destroy(&navigator);
    scene_clear(&scene);
    return result;
}

static void test_dwa_crosses_clutter(void **state)
{
    (void)state;
    double time_s = 0, least = HUGE_VAL;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct scene_drive got = drive(seed, SCENE_KNOWN, 0.8, "dwa", SHIELD_ON, 30);
        assert_false(got.collided);
        assert_true(got.reached);
        assert_true(got.flips <= 6);
        assert_true(got.shielded <= got.ticks / 20);
        time_s += got.ticks * SCENE_PERIOD_S / 20;
        least = fmin(least, got.least_gap_m);
    }
    printf("figure: dwa crosses 20 of 20 known clutter fields in %.1f s, nearest %.2f m\n", time_s, least);
}

static void test_dwa_crosses_clutter_that_it_has_to_discover(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct scene_drive got = drive(seed, SCENE_MAPPING, 0.8, "dwa", SHIELD_ON, 40);
        assert_false(got.collided);
        assert_true(got.reached);
    }
}

/* The margin of the policy alone must do: the shield only watches. */
static void test_dwa_needs_no_shield(void **state)
{
    (void)state;
    for (uint64_t seed = 21; seed <= 25; seed++) {
        struct scene_drive got = drive(seed, SCENE_KNOWN, 0.75, "dwa", SHIELD_OFF, 40);
        assert_false(got.collided);
        assert_true(got.reached);
    }
}

static void test_pursuit_hits_what_it_does_not_know(void **state)
{
    (void)state;
    int hits = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct scene_drive got = drive(seed, SCENE_BLANK, 0.8, "pursuit", SHIELD_OFF, 30);
        hits += got.collided && got.hit_mps > 0.3;
    }
    assert_int_equal(hits, 20);
    printf("figure: pursuit hits something in %d of 20 unknown fields, with the shield in none\n", hits);
}

static void test_pursuit_is_stopped_softly_by_the_shield(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct scene_drive got = drive(seed, SCENE_BLANK, 0.8, "pursuit", SHIELD_ON, 12);
        assert_false(got.collided);
        assert_true(got.least_gap_m > 0.02);
    }
}

static void test_same_world_same_decisions(void **state)
{
    (void)state;
    struct scene_drive a = drive(5, SCENE_MAPPING, 0.8, "dwa", SHIELD_ON, 10);
    struct scene_drive b = drive(5, SCENE_MAPPING, 0.8, "dwa", SHIELD_ON, 10);
    struct scene_drive c = drive(6, SCENE_MAPPING, 0.8, "dwa", SHIELD_ON, 10);
    assert_true(a.hash == b.hash);
    assert_true(a.hash != c.hash);
}

static void test_dwa_explains_itself(void **state)
{
    (void)state;
    struct scene scene;
    scene_clutter(&scene, 2, SCENE_KNOWN, 0.8);
    struct navigator *navigator = navigator_new(&scene, "dwa", SHIELD_ON);
    for (int i = 0; i < 100; i++) {
        struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
        const struct decision *d = out.decision;
        assert_true(d->valid && strlen(d->reason) > 10 && strlen(d->constraint) > 5);
        assert_true(d->confidence >= 0 && d->confidence <= 1);
        assert_int_equal(d->critic_count, 7);
        assert_true(d->candidates_total > 100 && d->candidates_valid <= d->candidates_total);
        assert_int_equal(d->candidate_count, CANDIDATES_MAX);
        assert_memory_equal(&d->candidates[0].command, &d->wish, sizeof d->wish);
        for (size_t j = 0; j < d->candidate_count; j++) {
            double sum = 0;
            for (size_t k = 0; k < d->critic_count; k++)
                sum += d->candidates[j].costs[k];
            assert_true(j == 0 || d->candidates[j].total >= d->candidates[j - 1].total);
            if (d->candidates[j].valid)
                assert_true(fabs(sum - d->candidates[j].total) < 1e-9);
            else
                assert_true(isinf(d->candidates[j].total));
        }
        scene_move(&scene, out.verdict->command);
    }
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_dwa_stays_within_what_the_drive_can_do(void **state)
{
    (void)state;
    struct scene scene;
    scene_clutter(&scene, 7, SCENE_KNOWN, 0.8);
    struct navigator *navigator = navigator_new(&scene, "dwa", SHIELD_OFF);
    for (int i = 0; i < 300; i++) {
        struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
        struct twist2 wish = out.decision->wish, last = scene.twist;
        assert_true(fabs(wish.v_mps - last.v_mps) <= scene.task.max_a_mps2 * SCENE_PERIOD_S + 1e-9);
        assert_true(fabs(wish.w_radps - last.w_radps) <= scene.task.max_alpha_radps2 * SCENE_PERIOD_S + 1e-9);
        assert_true(wish.v_mps <= scene.task.max_v_mps && wish.v_mps >= scene.task.min_v_mps);
        scene_move(&scene, out.verdict->command);
    }
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_dwa_turns_round_on_the_spot(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    scene.pose = (struct pose2){2, 2.5, PI};
    struct navigator *navigator = navigator_new(&scene, "dwa", SHIELD_ON);
    struct scene_drive got = scene_drive(&scene, navigator, 20);
    assert_true(got.reached);
    assert_true(got.path_m < 5.5); /* five metres of way, no loop */
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_dwa_in_a_closed_box_says_that_there_is_no_path(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    scene_wall(&scene, (struct vec2){4, 0}, (struct vec2){4, 5});
    struct navigator *navigator = navigator_new(&scene, "dwa", SHIELD_ON);
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, 0));
    assert_true(out.decision->valid);
    assert_true(out.decision->wish.v_mps == 0 && out.decision->wish.w_radps == 0);
    assert_non_null(strstr(out.decision->reason, "no path: no way around"));
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* A wall springs up right before a robot at speed: it brakes by itself, then finds another way. */
static void test_dwa_recovers_from_a_sudden_wall(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    struct navigator *navigator = navigator_new(&scene, "dwa", SHIELD_OFF);
    for (int i = 0; i < 30; i++)
        scene_move(&scene, navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000)).verdict->command);
    assert_true(scene.twist.v_mps > 1);
    double x = scene.pose.x + 0.9;
    scene_wall(&scene, (struct vec2){x, 1.2}, (struct vec2){x, 3.8});
    struct scene_drive got = scene_drive(&scene, navigator, 40);
    assert_false(got.collided);
    assert_true(got.reached);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_teleop_follows_and_lets_go(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    struct navigator *navigator = navigator_new(&scene, "teleop", SHIELD_ON);
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, 0));
    assert_true(out.decision->valid && out.decision->wish.v_mps == 0);
    assert_string_equal(out.decision->reason, "waiting for the operator");
    navigator_teleop(navigator, (struct twist2){0.4, 0.5}, 0);
    for (int i = 1; i <= 10; i++) /* up to half a second after the wish it holds */
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(fabs(out.decision->wish.v_mps - 0.4) < 1e-9 && fabs(out.decision->wish.w_radps - 0.5) < 1e-9);
    for (int i = 11; i <= 20; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.decision->wish.v_mps == 0 && out.decision->wish.w_radps == 0);
    assert_non_null(strstr(out.decision->reason, "let go"));
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_policy_names(void **state)
{
    (void)state;
    struct error err = {0};
    for (size_t i = 0; i < policy_count; i++) {
        assert_ptr_equal(policy_find(policy_table[i]->name, NULL), policy_table[i]);
        assert_true(strlen(policy_table[i]->summary) < 70);
    }
    assert_null(policy_find("pursiut", &err));
    assert_int_equal(err.status, STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "did you mean 'pursuit'?"));
    assert_non_null(strstr(err.text, "dwa, mppi, vfh, orca, potential, pursuit, learned, teleop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dwa_crosses_clutter),
        cmocka_unit_test(test_dwa_crosses_clutter_that_it_has_to_discover),
        cmocka_unit_test(test_dwa_needs_no_shield),
        cmocka_unit_test(test_pursuit_hits_what_it_does_not_know),
        cmocka_unit_test(test_pursuit_is_stopped_softly_by_the_shield),
        cmocka_unit_test(test_same_world_same_decisions),
        cmocka_unit_test(test_dwa_explains_itself),
        cmocka_unit_test(test_dwa_stays_within_what_the_drive_can_do),
        cmocka_unit_test(test_dwa_turns_round_on_the_spot),
        cmocka_unit_test(test_dwa_in_a_closed_box_says_that_there_is_no_path),
        cmocka_unit_test(test_dwa_recovers_from_a_sudden_wall),
        cmocka_unit_test(test_teleop_follows_and_lets_go),
        cmocka_unit_test(test_policy_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
