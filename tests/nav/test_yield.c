/* The shield among movers: who crosses, comes, overtakes or walks into the robot; and laws, with movers at random. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/nav/scene.h"

enum { MOVERS = 4 };

struct street { /* a blank scene and those who move in it; each is one cylinder of the scene */
    struct scene scene;
    struct track tracks[MOVERS];
    size_t count;
};

static void street_init(struct street *street)
{
    scene_init(&street->scene, 10, 10, SCENE_BLANK);
    street->scene.pose = (struct pose2){3, 5, 0};
    street->count = 0;
}

static void street_add(struct street *street, struct vec2 at, struct vec2 velocity)
{
    struct track *track = &street->tracks[street->count++];
    *track = (struct track){.id = (uint32_t)street->count, .at = at, .velocity_mps = velocity,
                            .radius_m = SCENE_RADIUS_M, .confirmed = true};
    for (int i = 0; i < 4; i++)
        track->covariance[i * 5] = i < 2 ? 0.0025 : 0.04;
    scene_add(&street->scene, at);
}

static const struct belief *street_sense(struct street *street, bool tracked)
{
    scene_sense(&street->scene, 0);
    street->scene.belief.tracks = street->tracks;
    street->scene.belief.track_count = tracked ? street->count : 0;
    return &street->scene.belief;
}

static struct shield_verdict apply(const struct belief *belief, const struct task *task, struct twist2 wish)
{
    struct shield_params params;
    param_defaults(shield_params, shield_param_count, &params);
    struct decision decision = {.wish = wish, .valid = true};
    struct shield_verdict verdict;
    shield_apply(&params, SHIELD_ON, false, belief, task, &decision, &verdict);
    return verdict;
}

struct drive { /* what came of one wish held for a while */
    double gap_m, touch_mps; /* the least gap; the robot's own speed at the first touch, NaN without one */
    int changed;             /* ticks in which the shield changed the wish */
};

/* Everybody keeps their way; the robot wants the same all the time. */
static struct drive street_drive(struct street *street, struct twist2 wish, double time_s, bool tracked)
{
    struct drive drive = {HUGE_VAL, (double)NAN, 0};
    for (int tick = 0; tick * SCENE_PERIOD_S < time_s; tick++) {
        struct shield_verdict verdict = apply(street_sense(street, tracked), &street->scene.task, wish);
        drive.changed += verdict.active;
        scene_move(&street->scene, verdict.command);
        for (size_t i = 0; i < street->count; i++) {
            struct track *track = &street->tracks[i];
            track->at = vec2_add(track->at, vec2_scale(track->velocity_mps, SCENE_PERIOD_S));
            street->scene.cylinders[i] = track->at;
        }
        double gap_m = scene_gap_m(&street->scene);
        if (gap_m < 0 && isnan(drive.touch_mps))
            drive.touch_mps = fabs(street->scene.twist.v_mps);
        drive.gap_m = fmin(drive.gap_m, gap_m);
    }
    return drive;
}

static struct drive meet(struct vec2 at, struct vec2 velocity, struct twist2 wish, double start_mps, bool tracked)
{
    struct street street;
    street_init(&street);
    street_add(&street, at, velocity);
    street.scene.twist.v_mps = start_mps;
    struct drive drive = street_drive(&street, wish, 3, tracked);
    scene_clear(&street.scene);
    return drive;
}

/* On a course that ends in the robot's side or front: as a thing that stands it is seen too late. */
static void test_who_crosses_is_let_pass(void **state)
{
    (void)state;
    double with_m = HUGE_VAL, without_m = HUGE_VAL;
    for (int i = 0; i < 24; i++) {
        double speed = 0.6 + 0.3 * (i % 4), v = 0.6 + 0.3 * (i / 4 % 3), side = i < 12 ? 1 : -1, when_s = 1.6;
        struct vec2 at = {3 + 0.2 + v * when_s, 5 - side * (0.2 + speed * when_s)}, velocity = {0, side * speed};
        struct drive with = meet(at, velocity, (struct twist2){v, 0}, v, true);
        struct drive without = meet(at, velocity, (struct twist2){v, 0}, v, false);
        assert_true(with.gap_m > 0 && with.changed > 0);
        with_m = fmin(with_m, with.gap_m);
        without_m = fmin(without_m, without.gap_m);
    }
    print_message("figure: 24 who cross: least gap %.2f m; taken as standing %.2f m\n", with_m, without_m);
    assert_true(with_m > 0.03 && without_m < 0);
}

/* 1.5 m/s straight at it: the robot stands when it is reached, and does not flee. */
static void test_who_comes_head_on_finds_it_standing(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        double v = 0.4 + 0.3 * i;
        struct drive drive = meet((struct vec2){8, 5}, (struct vec2){-1.5, 0}, (struct twist2){v, 0}, v, true);
        assert_true(drive.touch_mps < 1e-9 && drive.changed > 0);
    }
}

static void test_who_overtakes_or_catches_up_changes_nothing(void **state)
{
    (void)state;
    struct drive beside = meet((struct vec2){1, 5.6}, (struct vec2){1.5, 0}, (struct twist2){0.5, 0}, 0.5, true);
    struct drive behind = meet((struct vec2){1, 5.1}, (struct vec2){1.5, 0}, (struct twist2){0.5, 0}, 0.5, true);
    assert_int_equal(beside.changed, 0);
    assert_true(beside.gap_m > 0.2);
    assert_true(behind.gap_m < 0); /* it keeps no distance; to stop for it would make it worse */
    assert_true(fabs(behind.touch_mps - 0.5) < 1e-9);
}

/* Somebody walks into the side of a robot that stands: to stay is allowed, to go on out of the way as well. */
static void test_who_walks_into_it(void **state)
{
    (void)state;
    struct vec2 at = {2.9, 6.2}, velocity = {0, -1};
    assert_int_equal(meet(at, velocity, (struct twist2){0, 0}, 0, true).changed, 0);
    struct drive leaves = meet(at, velocity, (struct twist2){0.6, 0}, 0.6, true);
    assert_int_equal(leaves.changed, 0);
    assert_true(leaves.gap_m > 0);
}

static void test_what_creeps_or_is_not_confirmed_stands(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct street street;
        struct shield_verdict got[2];
        street_init(&street);
        street_add(&street, (struct vec2){4, 4.4}, (struct vec2){0, i ? 0.6 : 0.15});
        street.tracks[0].confirmed = i == 0;
        for (int tracked = 0; tracked < 2; tracked++)
            got[tracked] = apply(street_sense(&street, tracked), &street.scene.task, (struct twist2){0.7, 0});
        assert_memory_equal(&got[0], &got[1], sizeof got[0]);
        street.tracks[0] = (struct track){.id = 1, .at = {4, 4.4}, .velocity_mps = {0, 0.6}, .confirmed = true};
        assert_true(apply(street_sense(&street, true), &street.scene.task, (struct twist2){0.7, 0}).active);
        scene_clear(&street.scene);
    }
}

static void test_the_reason_names_the_mover(void **state)
{
    (void)state;
    struct street street;
    street_init(&street);
    street_add(&street, (struct vec2){4.1, 4.1}, (struct vec2){0, 0.9});
    struct shield_verdict got = apply(street_sense(&street, true), &street.scene.task, (struct twist2){1, 0.2});
    assert_true(got.active && got.command.v_mps < 1 && got.ttc_s < 1);
    assert_true(fabs(got.command.w_radps - 0.2 * got.command.v_mps) < 1e-9);
    assert_non_null(strstr(got.reason, "to mover 1 at 3"));
    scene_clear(&street.scene);
}

/* --- laws ------------------------------------------------------------------------------------------------------ */

static void street_random(struct street *street, struct seed_stream *stream)
{
    street_init(street);
    street->scene.pose = (struct pose2){5, 5, seed_between(stream, -PI, PI)};
    for (uint64_t n = 1 + seed_below(stream, MOVERS); n > 0; n--) {
        double speed = seed_between(stream, 0, 2), way = seed_between(stream, -PI, PI);
        struct vec2 at = {5 + seed_between(stream, -2, 2), 5 + seed_between(stream, -2, 2)};
        street_add(street, at, (struct vec2){speed * cos(way), speed * sin(way)});
        street->tracks[street->count - 1].unseen_s = seed_between(stream, 0, 0.1);
    }
    street_sense(street, true);
}

/* Written apart from the shield: when is the outline nearer to the point than it may be, in steps of 2 ms? */
static double meets_s(const struct footprint *footprint, struct vec2 p, struct vec2 u, struct twist2 command,
                      double within_s, double slack_m)
{
    double limit = fmin(0.05, footprint_gap_m(footprint, p) - 0.002) - slack_m;
    for (double t = 0; t < within_s; t += 0.002) {
        struct vec2 then = {p.x + u.x * t, p.y + u.y * t};
        if (footprint_gap_m(footprint, pose2_unapply(footprint_arc(command, t), then)) < limit)
            return t;
    }
    return HUGE_VAL;
}

/* Is there a moving point that the command meets and that a standing robot would not have met at that time? */
static bool is_to_blame(const struct street *street, struct twist2 command, double within_s)
{
    const struct belief *belief = &street->scene.belief;
    struct footprint footprint = footprint_of(&street->scene.task);
    double c = cos(belief->pose.yaw), s = sin(belief->pose.yaw);
    for (size_t t = 0; t < street->count; t++) {
        struct vec2 v = street->tracks[t].velocity_mps, u = {c * v.x + s * v.y, c * v.y - s * v.x};
        struct vec2 moved = vec2_scale(u, street->tracks[t].unseen_s);
        struct vec2 seen = vec2_sub(pose2_unapply(belief->pose, street->tracks[t].at), moved);
        for (size_t i = 0; i < belief->point_count && vec2_length(v) > 0.201; i++) {
            struct vec2 p = belief->points[i];
            if (vec2_distance(p, seen) > SCENE_RADIUS_M + 0.149)
                continue;
            p = vec2_add(p, moved);
            double met = meets_s(&footprint, p, u, command, within_s, 0.03); /* within one look */
            if (met < within_s && isinf(meets_s(&footprint, p, u, (struct twist2){0}, met + 0.04, -0.03)))
                return true;
        }
    }
    return false;
}

static void test_property_never_to_blame_idempotent_never_faster(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(21, "test.yield");
    int changed = 0, stopped = 0;
    for (int round = 0; round < 1500; round++) {
        struct street street;
        street_random(&street, &stream);
        const struct belief *belief = &street.scene.belief;
        const struct task *task = &street.scene.task;
        struct twist2 wish = {seed_between(&stream, -0.3, 1.5), seed_between(&stream, -2, 2)};
        struct shield_verdict once = apply(belief, task, wish);
        struct twist2 c = once.command;
        struct shield_verdict twice = apply(belief, task, c);
        assert_true(twice.command.v_mps == c.v_mps && twice.command.w_radps == c.w_radps);
        assert_false(twice.active);
        assert_true(fabs(c.v_mps) <= fabs(wish.v_mps) && fabs(c.w_radps) <= fabs(wish.w_radps));
        assert_true(c.v_mps * wish.v_mps >= 0 && c.w_radps * wish.w_radps >= 0);
        assert_true(once.active == (strlen(once.reason) > 0));
        double stop_s = 0.1 + fmax(fabs(c.v_mps) / 2.5, fabs(c.w_radps) / task->max_alpha_radps2);
        assert_false(is_to_blame(&street, c, fmax(1, stop_s)));
        assert_false(is_to_blame(&street, (struct twist2){0, 0}, 3));
        changed += once.active;
        stopped += once.active && c.v_mps == 0 && c.w_radps == 0;
        scene_clear(&street.scene);
    }
    print_message("figure: of 1500 wishes among movers %d are slowed down and %d stopped\n", changed - stopped,
                  stopped);
    assert_true(changed > 300 && stopped < changed);
}

static void test_property_poisoned_tracks(void **state)
{
    (void)state;
    static const double poison[] = {(double)NAN, HUGE_VAL, -HUGE_VAL, 1e308, -1e308, 1e-308, 0};
    struct seed_stream stream = seed_stream_named(22, "test.yield");
    for (int round = 0; round < 1000; round++) {
        struct street street;
        street_random(&street, &stream);
        struct track *track = &street.tracks[seed_below(&stream, street.count)];
        double *targets[] = {&track->at.x,     &track->at.y,          &track->velocity_mps.x, &track->velocity_mps.y,
                             &track->radius_m, &track->covariance[10], &track->unseen_s};
        *targets[seed_below(&stream, COUNT_OF(targets))] = poison[seed_below(&stream, COUNT_OF(poison))];
        struct twist2 wish = {seed_between(&stream, -0.3, 1.5), seed_between(&stream, -2, 2)};
        struct shield_verdict got = apply(&street.scene.belief, &street.scene.task, wish);
        assert_true(isfinite(got.command.v_mps) && isfinite(got.command.w_radps) && !isnan(got.ttc_s));
        assert_true(fabs(got.command.v_mps) <= fabs(wish.v_mps));
        scene_clear(&street.scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_crosses_is_let_pass),
        cmocka_unit_test(test_who_comes_head_on_finds_it_standing),
        cmocka_unit_test(test_who_overtakes_or_catches_up_changes_nothing),
        cmocka_unit_test(test_who_walks_into_it),
        cmocka_unit_test(test_what_creeps_or_is_not_confirmed_stands),
        cmocka_unit_test(test_the_reason_names_the_mover),
        cmocka_unit_test(test_property_never_to_blame_idempotent_never_faster),
        cmocka_unit_test(test_property_poisoned_tracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
