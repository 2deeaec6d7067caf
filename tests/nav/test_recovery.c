#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "nav/recovery.h"
#include "tests/nav/scene.h"

static const struct vec2 way_points[] = {{2, 2.5}, {2.6, 2.5}, {4, 2.5}, {6, 2.5}};

struct bench { /* a recovery with a scene around it and a policy that only ever stands */
    struct scene scene;
    struct recovery_params params;
    struct recovery state;
    struct plan plan;
    struct decision decision;
    struct twist2 last;
    int64_t tick;
    uint32_t reroutes;
    struct vec2 avoided;
    bool policy_valid;
};

static void setup(struct bench *bench)
{
    *bench = (struct bench){.policy_valid = true};
    scene_init(&bench->scene, 8, 5, SCENE_KNOWN);
    bench->scene.pose = (struct pose2){2, 2.5, 0};
    param_defaults(recovery_params, recovery_param_count, &bench->params);
    bench->plan = (struct plan){way_points, COUNT_OF(way_points), 4, ""};
}

/* One tick; the robot does what is commanded. */
static enum recovery_kind step(struct bench *bench)
{
    const struct belief *belief = scene_sense(&bench->scene, bench->tick++ * 50000000);
    struct policy_input in = {.now_ns = belief->stamp_ns, .belief = belief, .task = &bench->scene.task,
                              .plan = &bench->plan, .last = bench->last, .operator_age_s = HUGE_VAL};
    bench->decision = (struct decision){.valid = bench->policy_valid};
    bench->reroutes += recovery_step(&bench->params, &bench->state, &in, &bench->decision, &bench->avoided);
    bench->last = bench->decision.wish;
    scene_move(&bench->scene, bench->decision.wish);
    return (enum recovery_kind)bench->state.kind;
}

/* Steps until a recovery begins, at most `limit` ticks; their number. */
static int steps_until(struct bench *bench, uint32_t count, int limit)
{
    int steps = 0;
    while (steps < limit && bench->state.count < count) {
        step(bench);
        steps++;
    }
    return steps;
}

static void test_patience_runs_out_and_each_has_its_turn(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    int steps = steps_until(&bench, 1, 200);
    assert_true(steps >= 40 && steps <= 42); /* two seconds */
    assert_int_equal(bench.state.kind, RECOVERY_BACK); /* nobody is there to wait for */
    assert_string_equal(bench.decision.reason, "recovery 1, backing up: no progress for 2.0 s");
    assert_true(bench.decision.valid && bench.decision.wish.v_mps < 0);
    assert_memory_equal(&bench.decision.candidates[0].command, &bench.decision.wish, sizeof bench.decision.wish);
    while (step(&bench) == RECOVERY_BACK)
        ;
    assert_true(bench.scene.pose.x < 1.75 && bench.scene.pose.x > 1.6); /* back_m and the way to stop */
    steps_until(&bench, 2, 200);
    assert_int_equal(bench.state.kind, RECOVERY_SPIN);
    while (step(&bench) == RECOVERY_SPIN)
        ;
    assert_int_equal(bench.reroutes, 0);
    steps_until(&bench, 3, 200);
    assert_int_equal(bench.reroutes, 1);
    assert_non_null(strstr(bench.decision.reason, "recovery 3, taking another way"));
    assert_true(fabs(vec2_distance(bench.avoided, (struct vec2){bench.scene.pose.x, bench.scene.pose.y}) - 0.45) < 0.1);
    assert_int_equal(bench.state.kind, RECOVERY_NONE); /* the policy drives on at once */
    steps_until(&bench, 4, 200);
    assert_int_equal(bench.state.kind, RECOVERY_BACK); /* round again */
    scene_clear(&bench.scene);
}

static void test_with_the_back_to_the_wall_it_spins(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    scene_wall(&bench.scene, (struct vec2){1.5, 1.5}, (struct vec2){1.5, 3.5});
    steps_until(&bench, 1, 200);
    assert_int_equal(bench.state.kind, RECOVERY_SPIN);
    scene_clear(&bench.scene);
}

static void test_boxed_in_nothing_is_tried_that_touches(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    bench.plan = (struct plan){.reason = "no way around: 3 cells searched"};
    for (int i = 0; i < 4; i++) {
        double x = i % 2 ? 1.62 : 2.38, y = i / 2 ? 2.16 : 2.84;
        scene_add(&bench.scene, (struct vec2){x, y});
    }
    scene_wall(&bench.scene, (struct vec2){1.6, 2.1}, (struct vec2){1.6, 2.9});
    for (int i = 0; i < 400; i++) {
        step(&bench);
        assert_true(scene_gap_m(&bench.scene) > 0);
    }
    scene_clear(&bench.scene);
}

static void test_somebody_near_is_waited_for(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    struct track track = {.id = 1, .at = {3, 2.5}, .velocity_mps = {0, 0.6}, .radius_m = 0.25, .confirmed = true};
    for (int i = 0; i < 60 && !bench.state.count; i++) {
        bench.scene.belief.tracks = NULL;
        const struct belief *belief = scene_sense(&bench.scene, bench.tick++ * 50000000);
        bench.scene.belief.tracks = &track;
        bench.scene.belief.track_count = 1;
        struct policy_input in = {.now_ns = belief->stamp_ns, .belief = belief, .task = &bench.scene.task,
                                  .plan = &bench.plan, .operator_age_s = HUGE_VAL};
        bench.decision = (struct decision){.valid = true};
        assert_false(recovery_step(&bench.params, &bench.state, &in, &bench.decision, &bench.avoided));
    }
    assert_int_equal(bench.state.kind, RECOVERY_WAIT);
    assert_true(bench.decision.wish.v_mps == 0);
    step(&bench); /* the person is gone */
    assert_int_equal(bench.state.kind, RECOVERY_NONE);
    scene_clear(&bench.scene);
}

static void test_no_command_is_stuck_sooner(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    bench.policy_valid = false;
    int steps = steps_until(&bench, 1, 200);
    assert_true(steps >= 20 && steps <= 22);
    assert_non_null(strstr(bench.decision.reason, "no valid command for 1.0 s"));
    assert_true(bench.decision.valid);
    scene_clear(&bench.scene);
}

static void test_none_when_off_forgotten_or_at_the_goal(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench);
    bench.params.enabled = false;
    assert_int_equal(steps_until(&bench, 1, 200), 200);
    bench.params.enabled = true;
    for (int i = 0; i < 200; i++) { /* held by the operator again and again */
        step(&bench);
        if (i % 30 == 0)
            recovery_forget(&bench.state);
    }
    assert_int_equal(bench.state.count, 0);
    bench.scene.pose = (struct pose2){bench.scene.task.goal.x, bench.scene.task.goal.y, 1};
    assert_int_equal(steps_until(&bench, 1, 200), 200);
    scene_clear(&bench.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patience_runs_out_and_each_has_its_turn),
        cmocka_unit_test(test_with_the_back_to_the_wall_it_spins),
        cmocka_unit_test(test_boxed_in_nothing_is_tried_that_touches),
        cmocka_unit_test(test_somebody_near_is_waited_for),
        cmocka_unit_test(test_no_command_is_stuck_sooner),
        cmocka_unit_test(test_none_when_off_forgotten_or_at_the_goal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
