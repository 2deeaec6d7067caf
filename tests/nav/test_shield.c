#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/nav/scene.h"

static struct shield_params params_default(void)
{
    struct shield_params params;
    param_defaults(shield_params, shield_param_count, &params);
    return params;
}

static struct decision decision_of(double v, double w)
{
    return (struct decision){.wish = {v, w}, .valid = true};
}

static struct shield_verdict apply(const struct belief *belief, const struct task *task, double v, double w)
{
    struct shield_params params = params_default();
    struct decision decision = decision_of(v, w);
    struct shield_verdict verdict;
    shield_apply(&params, SHIELD_ON, false, belief, task, &decision, &verdict);
    return verdict;
}

/* A free map with one point ahead at x (of the robot's centre), and nothing in the grid. */
static void scene_with_point(struct scene *scene, struct vec2 point)
{
    scene_init(scene, 10, 10, SCENE_BLANK);
    scene->pose = (struct pose2){5, 5, 0};
    scene_sense(scene, 0);
    scene->points[0] = point;
    scene->belief.point_count = 1;
}

static void test_free_space_changes_nothing(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 20, 20, SCENE_BLANK);
    scene.pose = (struct pose2){10, 10, 0.3};
    struct shield_verdict got = apply(scene_sense(&scene, 0), &scene.task, 1.5, -0.7);
    assert_true(got.command.v_mps == 1.5 && got.command.w_radps == -0.7);
    assert_false(got.active);
    assert_string_equal(got.reason, "");
    assert_true(isinf(got.ttc_s) && isinf(got.clearance_m));
    scene_clear(&scene);
}

static double fastest(const struct shield_params *p, double free_m)
{
    double free = fmax(0, free_m), l = p->latency_s * p->brake_mps2;
    double brake = sqrt(l * l + 2 * p->brake_mps2 * free) - l; /* v^2 / (2 a) + v * latency = free */
    return fmin(brake, p->ttc_s > 0 ? free / p->ttc_s : HUGE_VAL);
}

/* Straight at a point: once with both rules, once without the time to collision, which is the stricter one else. */
static void test_the_limits_are_those_of_the_rules(void **state)
{
    (void)state;
    struct shield_params p = params_default();
    for (int i = 0; i < 48; i++) {
        struct scene scene;
        double gap = 0.1 + 0.1 * (i % 24), free_m = gap - p.margin_m;
        p.ttc_s = i < 24 ? 1 : 0;
        scene_with_point(&scene, (struct vec2){0.255 + gap, 0});
        struct decision decision = decision_of(1.5, 0);
        struct shield_verdict got;
        shield_apply(&p, SHIELD_ON, false, &scene.belief, &scene.task, &decision, &got);
        assert_true(got.command.v_mps <= fmin(1.5, fastest(&p, free_m)) + 1e-9);
        /* The arc is looked at every 5 cm, and ends a look before what it meets. */
        assert_true(got.command.v_mps >= fmin(1.5, fastest(&p, free_m - 0.1)) - 0.021);
        assert_true(fabs(got.clearance_m - gap) < 1e-9);
        scene_clear(&scene);
    }
}

static void test_a_scaled_command_keeps_its_curvature(void **state)
{
    (void)state;
    struct scene scene;
    scene_with_point(&scene, (struct vec2){0.9, 0.25});
    struct shield_verdict got = apply(&scene.belief, &scene.task, 1.2, 0.6);
    assert_true(got.active && got.command.v_mps > 0.1 && got.command.v_mps < 1.2);
    assert_true(fabs(got.command.w_radps / got.command.v_mps - 0.5) < 1e-9);
    assert_non_null(strstr(got.reason, "obstacle at 16 deg left"));
    scene_clear(&scene);
}

static void test_away_from_what_is_too_near(void **state)
{
    (void)state;
    struct scene scene;
    scene_with_point(&scene, (struct vec2){0.255 + 0.02, 0}); /* 2 cm before the front */
    assert_true(apply(&scene.belief, &scene.task, 0.3, 0).command.v_mps == 0);
    assert_true(apply(&scene.belief, &scene.task, -0.2, 0).command.v_mps == -0.2);
    scene.points[0] = (struct vec2){0, 0.215 + 0.02}; /* 2 cm beside it: along it is allowed, turning in is not */
    assert_true(apply(&scene.belief, &scene.task, 0.3, 0).command.v_mps == 0.3);
    assert_true(apply(&scene.belief, &scene.task, 0, 0.8).command.w_radps < 0.8);
    scene.points[0] = (struct vec2){0.1, 0.1}; /* inside: any way out */
    assert_true(apply(&scene.belief, &scene.task, -0.3, 0).command.v_mps == -0.3);
    scene_clear(&scene);
}

static void test_keepout_and_map_count_where_no_point_is_seen(void **state)
{
    (void)state;
    for (int keepout = 0; keepout <= 1; keepout++) {
        struct scene scene;
        scene_init(&scene, 10, 10, SCENE_BLANK);
        scene.pose = (struct pose2){5, 5, 0};
        for (int y = 80; y < 120; y++)
            scene_block(&scene, (struct cell){120, y}, keepout != 0); /* at x = 6.025 */
        scene_sense(&scene, 0);
        struct shield_verdict got = apply(&scene.belief, &scene.task, 1.5, 0);
        assert_true(got.active && got.command.v_mps < 0.75 && got.command.v_mps > 0.3);
        assert_non_null(strstr(got.reason, keepout ? "keep-out floor" : "mapped obstacle"));
        assert_true(apply(&scene.belief, &scene.task, -0.3, 0).command.v_mps == -0.3);
        scene_clear(&scene);
    }
}

static void test_driving_at_a_wall_ends_before_it(void **state)
{
    (void)state;
    for (int depth_only = 0; depth_only <= 1; depth_only++) {
        struct scene scene;
        scene_init(&scene, 10, 10, SCENE_BLANK);
        scene.pose = (struct pose2){2, 5, 0};
        scene_wall(&scene, (struct vec2){7, 3}, (struct vec2){7, 7});
        for (int i = 0; i < 300; i++) {
            scene_sense(&scene, (int64_t)i * 50000000);
            if (depth_only)
                scene.belief.sensors[SENSOR_LIDAR].state = HEALTH_MISSING;
            scene_move(&scene, apply(&scene.belief, &scene.task, 1.5, 0).command);
            assert_true(scene_gap_m(&scene) > 0.02);
        }
        assert_true(scene_gap_m(&scene) < 0.2);
        scene_clear(&scene);
    }
}

static void test_what_stops_everything(void **state)
{
    (void)state;
    struct scene scene;
    struct shield_params params = params_default();
    struct shield_verdict got;
    scene_with_point(&scene, (struct vec2){3, 0});
    struct decision decision = decision_of(0.5, 0.1);
    for (int mode = 0; mode < 3; mode++) {
        shield_apply(&params, (enum shield_mode)mode, true, &scene.belief, &scene.task, &decision, &got);
        assert_true(got.command.v_mps == 0 && got.command.w_radps == 0);
        assert_string_equal(got.reason, "emergency stop is pressed");
    }
    decision.valid = false;
    shield_apply(&params, SHIELD_ON, false, &scene.belief, &scene.task, &decision, &got);
    assert_true(got.command.v_mps == 0 && got.active);
    assert_string_equal(got.reason, "policy has no valid command");
    scene.belief.sensors[SENSOR_LIDAR].state = HEALTH_STALE;
    got = apply(&scene.belief, &scene.task, 0.5, 0.1);
    assert_true(got.command.v_mps == 0 && got.command.w_radps == 0);
    assert_string_equal(got.reason, "lidar is stale");
    scene.belief.sensors[SENSOR_LIDAR].state = HEALTH_MISSING;
    got = apply(&scene.belief, &scene.task, 1.0, 0.1);
    assert_true(fabs(got.command.v_mps - 0.5) < 1e-9 && fabs(got.command.w_radps - 0.05) < 1e-9);
    assert_string_equal(got.reason, "lidar is missing: on depth alone, at most 0.5 m/s");
    scene.belief.sensors[SENSOR_DEPTH].state = HEALTH_MISSING;
    got = apply(&scene.belief, &scene.task, 1.0, 0.1);
    assert_true(got.command.v_mps == 0);
    assert_string_equal(got.reason, "lidar is missing and depth cannot stand in");
    scene_clear(&scene);
}

static void test_modes(void **state)
{
    (void)state;
    struct scene scene;
    struct shield_params params = params_default();
    struct shield_verdict got;
    scene_with_point(&scene, (struct vec2){0.6, 0});
    struct decision decision = decision_of(1, 0);
    for (int mode = 0; mode < 3; mode++) {
        shield_apply(&params, (enum shield_mode)mode, false, &scene.belief, &scene.task, &decision, &got);
        assert_true(got.active && got.safe.v_mps < 0.4);
        assert_true(got.command.v_mps == (mode == SHIELD_ON ? got.safe.v_mps : 1));
    }
    scene_clear(&scene);
}

static void test_time_to_collision(void **state)
{
    (void)state;
    struct scene scene;
    scene_with_point(&scene, (struct vec2){0.255 + 1.0, 0});
    double got = shield_ttc_s(&scene.belief, &scene.task, (struct twist2){0.5, 0}, 3);
    assert_true(got <= 2.0 + 1e-9 && got > 1.85);
    assert_true(isinf(shield_ttc_s(&scene.belief, &scene.task, (struct twist2){0.5, 0}, 1.5)));
    assert_true(isinf(shield_ttc_s(&scene.belief, &scene.task, (struct twist2){-0.5, 0}, 3)));
    assert_true(isinf(shield_ttc_s(&scene.belief, &scene.task, (struct twist2){0, 0}, 3)));
    assert_true(isinf(shield_ttc_s(&scene.belief, &scene.task, (struct twist2){(double)NAN, 0}, 3)));
    scene_clear(&scene);
}

/* A random surrounding: points, and cells of the grid. */
static void scene_random(struct scene *scene, struct seed_stream *stream)
{
    scene_init(scene, 8, 8, SCENE_BLANK);
    scene->pose = (struct pose2){4, 4, seed_between(stream, -PI, PI)};
    scene_sense(scene, 0);
    scene->belief.point_count = (size_t)seed_below(stream, 40);
    for (size_t i = 0; i < scene->belief.point_count; i++)
        scene->points[i] = (struct vec2){seed_between(stream, -2, 2), seed_between(stream, -2, 2)};
    for (uint64_t n = seed_below(stream, 6); n > 0; n--)
        scene_block(scene, (struct cell){40 + (int)seed_below(stream, 80), 40 + (int)seed_below(stream, 80)},
                    seed_uniform(stream) < 0.5);
}

/* Written apart from the shield: the exact gap along the arc in fine steps of time. */
static bool keeps_clear(const struct belief *belief, const struct task *task, struct twist2 command, double time_s,
                        double margin_m)
{
    struct footprint footprint = footprint_of(task);
    for (size_t i = 0; i < belief->point_count; i++) {
        double now = footprint_gap_m(&footprint, belief->points[i]);
        for (double t = 0; t < time_s; t += 0.01) {
            struct pose2 at = footprint_arc(command, t);
            double gap = footprint_gap_m(&footprint, pose2_unapply(at, belief->points[i]));
            /* what is too near may stay as near as it is; corners may cut in by what lies between two steps */
            if (gap < fmin(margin_m, now) - 0.012)
                return false;
        }
    }
    return true;
}

static void test_property_admissible_idempotent_never_faster(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(11, "test.shield");
    struct shield_params params = params_default();
    int changed = 0;
    for (int round = 0; round < 1500; round++) {
        struct scene scene;
        scene_random(&scene, &stream);
        const struct task *task = &scene.task;
        struct twist2 wish = {seed_between(&stream, -0.6, 2.5), seed_between(&stream, -3, 3)};
        struct shield_verdict once = apply(&scene.belief, task, wish.v_mps, wish.w_radps);
        struct shield_verdict twice = apply(&scene.belief, task, once.command.v_mps, once.command.w_radps);
        struct twist2 c = once.command;
        assert_true(twice.command.v_mps == c.v_mps && twice.command.w_radps == c.w_radps);
        assert_false(twice.active);
        assert_true(fabs(c.v_mps) <= fabs(wish.v_mps) && fabs(c.w_radps) <= fabs(wish.w_radps));
        assert_true(c.v_mps * wish.v_mps >= 0 && c.w_radps * wish.w_radps >= 0);
        assert_true(c.v_mps <= task->max_v_mps && c.v_mps >= task->min_v_mps && fabs(c.w_radps) <= task->max_w_radps);
        double brake_s = fmax(fabs(c.v_mps) / (2 * params.brake_mps2), fabs(c.w_radps) / (2 * task->max_alpha_radps2));
        assert_true(keeps_clear(&scene.belief, task, c, fmax(params.ttc_s, brake_s + params.latency_s),
                                params.margin_m));
        assert_true(once.active == (strlen(once.reason) > 0 || wish.v_mps > task->max_v_mps ||
                                    wish.v_mps < task->min_v_mps || fabs(wish.w_radps) > task->max_w_radps));
        changed += once.active;
        scene_clear(&scene);
    }
    assert_true(changed > 500 && changed < 1500);
}

static void test_property_no_number_in_no_nan_out(void **state)
{
    (void)state;
    static const double poison[] = {(double)NAN, HUGE_VAL, -HUGE_VAL, 1e308, -1e308, 1e-308, 0};
    struct seed_stream stream = seed_stream_named(12, "test.shield");
    struct shield_params params = params_default();
    for (int round = 0; round < 1000; round++) {
        struct scene scene;
        scene_random(&scene, &stream);
        double *targets[] = {&scene.belief.pose.x, &scene.belief.pose.y, &scene.belief.pose.yaw, &scene.points[0].x,
                             &scene.points[1].y};
        struct decision decision = decision_of(seed_between(&stream, -2, 2), seed_between(&stream, -3, 3));
        *targets[seed_below(&stream, COUNT_OF(targets))] = poison[seed_below(&stream, COUNT_OF(poison))];
        if (seed_uniform(&stream) < 0.5)
            decision.wish.v_mps = poison[seed_below(&stream, COUNT_OF(poison))];
        if (seed_uniform(&stream) < 0.5)
            decision.wish.w_radps = poison[seed_below(&stream, COUNT_OF(poison))];
        enum shield_mode mode = (enum shield_mode)seed_below(&stream, 3);
        struct shield_verdict got;
        shield_apply(&params, mode, false, &scene.belief, &scene.task, &decision, &got);
        assert_true(isfinite(got.command.v_mps) && isfinite(got.command.w_radps));
        assert_true(isfinite(got.safe.v_mps) && isfinite(got.safe.w_radps));
        assert_false(isnan(got.ttc_s) || isnan(got.clearance_m));
        if (!isfinite(decision.wish.v_mps) || !isfinite(decision.wish.w_radps))
            assert_true(got.active && got.command.v_mps == 0 && got.command.w_radps == 0);
        scene_clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_space_changes_nothing),
        cmocka_unit_test(test_the_limits_are_those_of_the_rules),
        cmocka_unit_test(test_a_scaled_command_keeps_its_curvature),
        cmocka_unit_test(test_away_from_what_is_too_near),
        cmocka_unit_test(test_keepout_and_map_count_where_no_point_is_seen),
        cmocka_unit_test(test_driving_at_a_wall_ends_before_it),
        cmocka_unit_test(test_what_stops_everything),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_time_to_collision),
        cmocka_unit_test(test_property_admissible_idempotent_never_faster),
        cmocka_unit_test(test_property_no_number_in_no_nan_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
