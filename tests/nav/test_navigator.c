#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "logs/hash.h"
#include "tests/nav/scene.h"

static struct navigator *create(const struct scene *scene, const char *const *sets, size_t set_count, struct error *err)
{
    struct navigator_config config = navigator_config_default();
    config.task = scene->task;
    config.sets = sets;
    config.set_count = set_count;
    return navigator_create(&config, err);
}

static void test_bad_configurations_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *set, *says;
    } cases[] = {
        {"dwa.sim_s", "write GROUP.NAME=VALUE"},
        {"sim_s=2", "write GROUP.NAME=VALUE"},
        {"=.", "write GROUP.NAME=VALUE"},
        {"", "write GROUP.NAME=VALUE"},
        {"dwaa.sim_s=2", "did you mean 'dwa'?"},
        {"sheild.ttc_s=2", "did you mean 'shield'?"},
        {"dwa.smi_s=2", "did you mean 'sim_s'?"},
        {"dwa.sim_s=99", "outside"},
        {"planner.comfort_m=nan", "comfort_m"},
        {"shield.ttc_s=fast", "ttc_s"},
    };
    struct scene scene;
    scene_init(&scene, 8, 5, SCENE_KNOWN);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        assert_null(create(&scene, &cases[i].set, 1, &err));
        assert_int_equal(err.status, STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, cases[i].says));
    }
    struct navigator_config config = navigator_config_default();
    struct error err = {0};
    config.task = scene.task;
    config.policy = "dwb";
    assert_null(navigator_create(&config, &err));
    assert_non_null(strstr(err.text, "did you mean 'dwa'?"));
    scene_clear(&scene);
}

static void test_settings_act_at_the_next_decision(void **state)
{
    (void)state;
    static const char *const sets[] = {"dwa.crawl_mps=0.05", "dwa.clearance_gain=0", "shield.ttc_s=0.5"};
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, sets, COUNT_OF(sets), &err);
    assert_non_null(navigator);
    struct navigator_output out = {0};
    for (int i = 0; i < 60; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.decision->wish.v_mps < 0.1);
    assert_int_equal(navigator_set(navigator, "dwa.clearance_gain=5", &err), STATUS_OK);
    for (int i = 60; i < 120; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.decision->wish.v_mps > 0.5);
    assert_int_equal(navigator_set(navigator, "dwa.clearance_gain=-5", &err), STATUS_BAD_INPUT);
    assert_memory_equal(err.text, "dwa.clearance_gain=-5: ", 23);
    navigator_destroy(&navigator);
    assert_null(navigator);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_a_swap_keeps_task_plan_and_settings(void **state)
{
    (void)state;
    static const char *const sets[] = {"pursuit.cruise_mps=0.3", "recovery.enabled=off"}; /* it stands still here */
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, sets, COUNT_OF(sets), &err);
    struct vec2 goal = {8, 2};
    navigator_goal(navigator, goal);
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, 0));
    assert_true(out.plan_changed);
    assert_string_equal(navigator_policy(navigator)->name, "dwa");
    assert_int_equal(navigator_swap(navigator, "pursuitt", &err), STATUS_BAD_INPUT);
    assert_string_equal(navigator_policy(navigator)->name, "dwa");
    assert_int_equal(navigator_swap(navigator, "pursuit", &err), STATUS_OK);
    for (int i = 1; i < 60; i++) {
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
        assert_false(out.plan_changed);
    }
    assert_true(fabs(out.decision->wish.v_mps - 0.3) < 1e-6);
    assert_true(navigator_task(navigator)->goal.x == goal.x && navigator_task(navigator)->goal.y == goal.y);
    assert_int_equal(navigator_swap(navigator, "dwa", &err), STATUS_OK);
    assert_int_equal(navigator_swap(navigator, "pursuit", &err), STATUS_OK);
    out = navigator_decide(navigator, scene_sense(&scene, (int64_t)60 * 50000000));
    assert_true(fabs(out.decision->wish.v_mps - 0.3) < 1e-6); /* still what was set */
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* Pursuit swapped in again follows the plan of that moment, not the one it kept before. */
static void test_a_swapped_in_policy_starts_fresh(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 6, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, NULL, 0, &err);
    assert_int_equal(navigator_swap(navigator, "pursuit", &err), STATUS_OK);
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, 0));
    scene_wall(&scene, (struct vec2){3, 2}, (struct vec2){3, 5.9});
    for (int i = 1; i < 20; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(fabs(out.decision->wish.w_radps) < 0.05); /* straight on, into the wall */
    assert_int_equal(navigator_swap(navigator, "pursuit", &err), STATUS_OK);
    for (int i = 20; i < 30; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.decision->wish.w_radps < -0.2); /* round its lower end */
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_stop_and_shield_switch(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, NULL, 0, &err);
    assert_int_equal(navigator_shield_mode(navigator), SHIELD_ON);
    navigator_shield(navigator, SHIELD_OFF);
    assert_int_equal(navigator_shield_mode(navigator), SHIELD_OFF);
    struct navigator_output out = {0};
    for (int i = 0; i < 30; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.verdict->command.v_mps > 0.5);
    navigator_estop(navigator, true);
    assert_true(navigator_is_stopped(navigator));
    out = navigator_decide(navigator, scene_sense(&scene, (int64_t)30 * 50000000));
    assert_true(out.verdict->command.v_mps == 0 && out.verdict->command.w_radps == 0);
    navigator_estop(navigator, false);
    for (int i = 31; i < 60; i++)
        out = navigator_decide(navigator, scene_sense(&scene, (int64_t)i * 50000000));
    assert_true(out.verdict->command.v_mps > 0.5);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* A minute under the emergency stop is not being stuck: no recovery when it is let go. */
static void test_a_long_stop_is_not_being_stuck(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, NULL, 0, &err);
    navigator_estop(navigator, true);
    int64_t tick = 0;
    for (; tick < 1200; tick++)
        navigator_decide(navigator, scene_sense(&scene, tick * 50000000));
    navigator_estop(navigator, false);
    for (; tick < 1210; tick++) {
        struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, tick * 50000000));
        assert_true(out.decision->wish.v_mps > 0);
    }
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_a_wish_that_is_no_number_is_none(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, NULL, 0, &err);
    assert_int_equal(navigator_swap(navigator, "teleop", &err), STATUS_OK);
    navigator_teleop(navigator, (struct twist2){(double)NAN, HUGE_VAL}, 0);
    struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, 0));
    assert_true(out.decision->valid && out.decision->wish.v_mps == 0 && out.decision->wish.w_radps == 0);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_lidar_health_is_respected(void **state)
{
    (void)state;
    static const char *const sets[] = {"recovery.enabled=off"}; /* the robot does not move in this test */
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, sets, 1, &err);
    struct navigator_output out = {0};
    for (int i = 0; i < 40; i++) {
        scene_sense(&scene, (int64_t)i * 50000000);
        scene.belief.sensors[SENSOR_LIDAR].state = HEALTH_MISSING;
        out = navigator_decide(navigator, &scene.belief);
        assert_true(out.verdict->command.v_mps <= 0.5 + 1e-9);
    }
    assert_true(out.verdict->command.v_mps > 0.4);
    scene.belief.sensors[SENSOR_LIDAR].state = HEALTH_STALE;
    out = navigator_decide(navigator, &scene.belief);
    assert_true(out.verdict->command.v_mps == 0);
    assert_string_equal(out.verdict->reason, "lidar is stale");
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

static void test_the_hash_sees_every_input(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 10, 5, SCENE_KNOWN);
    struct navigator *navigator = create(&scene, NULL, 0, &err);
    navigator_decide(navigator, scene_sense(&scene, 0));
    uint64_t last = navigator_hash(navigator, HASH_START);
    assert_true(last == navigator_hash(navigator, HASH_START));
    for (int i = 0; i < 9; i++) {
        switch (i) {
        case 0: navigator_estop(navigator, true); break;
        case 1: navigator_shield(navigator, SHIELD_MONITOR); break;
        case 2: navigator_teleop(navigator, (struct twist2){0.1, 0}, 5); break;
        case 3: navigator_goal(navigator, (struct vec2){2, 2}); break;
        case 4: assert_int_equal(navigator_set(navigator, "dwa.sim_s=1", &err), STATUS_OK); break;
        case 5: assert_int_equal(navigator_set(navigator, "shield.ttc_s=2", &err), STATUS_OK); break;
        case 6: assert_int_equal(navigator_set(navigator, "planner.comfort_m=1", &err), STATUS_OK); break;
        case 7: assert_int_equal(navigator_set(navigator, "recovery.back_m=1", &err), STATUS_OK); break;
        default: assert_int_equal(navigator_swap(navigator, "teleop", &err), STATUS_OK); break;
        }
        uint64_t now = navigator_hash(navigator, HASH_START);
        assert_true(now != last);
        last = now;
    }
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_configurations_get_a_sentence),
        cmocka_unit_test(test_settings_act_at_the_next_decision),
        cmocka_unit_test(test_a_swap_keeps_task_plan_and_settings),
        cmocka_unit_test(test_a_swapped_in_policy_starts_fresh),
        cmocka_unit_test(test_stop_and_shield_switch),
        cmocka_unit_test(test_a_long_stop_is_not_being_stuck),
        cmocka_unit_test(test_a_wish_that_is_no_number_is_none),
        cmocka_unit_test(test_lidar_health_is_respected),
        cmocka_unit_test(test_the_hash_sees_every_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
