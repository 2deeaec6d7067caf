#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "perception/motion.h"
#include "toy_world.h"

#define MS INT64_C(1000000)

/* One odometry message, and the step it makes written to the track. False: no step. */
static bool tell(struct motion *motion, int64_t ns, struct pose2 pose, double v_mps, double w_radps,
                 struct ekf_step *step)
{
    struct msg_odometry odometry = toy_odometry_message(ns, pose, v_mps, w_radps);
    if (!motion_odometry(motion, ns, &odometry, step))
        return false;
    struct ekf ekf = {0};
    motion_mark(motion, ns, step, ekf_displacement(&ekf, step), 0);
    return true;
}

static void test_between_marks_is_linear(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    assert_false(tell(&motion, 0, (struct pose2){5, 5, 0}, 1, 0, &step)); /* where odometry starts does not matter */
    for (int i = 1; i <= 10; i++)
        assert_true(tell(&motion, i * 20 * MS, (struct pose2){5 + 0.02 * i, 5, 0}, 1, 0, &step));
    for (int from = 0; from <= 200; from += 7)
        for (int to = 0; to <= 200; to += 7)
            assert_true(fabs(motion_between(&motion, from * MS, to * MS).x - (to - from) * 0.001) < 1e-9);
    assert_true(fabs(motion_between(&motion, 200 * MS, 300 * MS).x - 0.1) < 1e-9);           /* by the twist ... */
    assert_true(fabs(motion_between(&motion, 200 * MS, 9000 * MS).x - MOTION_AHEAD_S) < 1e-9); /* ... for so long */
    assert_true(motion_between(&motion, -500 * MS, 0).x == 0);                                 /* nothing is known */
}

/* Far more steps than the track holds: the recent past stays exact, the distant is cut off at the oldest mark. */
static void test_track_forgets_the_oldest(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    for (int i = 0; i <= 1000; i++)
        tell(&motion, i * 20 * MS, (struct pose2){0.02 * i, 0, 0}, 1, 0, &step);
    assert_true(fabs(motion_between(&motion, 19000 * MS, 20000 * MS).x - 1) < 1e-9);
    assert_true(fabs(motion_between(&motion, 0, 20000 * MS).x - 0.02 * (MOTION_TRACK - 1)) < 1e-9);
}

static void test_reset_poses_fall_back_to_the_twist(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    tell(&motion, 0, (struct pose2){3, 3, 1}, 1, 0.5, &step);
    assert_true(tell(&motion, 20 * MS, (struct pose2){0, 0, 0}, 1, 0.5, &step));
    assert_true(fabs(step.forward_m - 0.02) < 1e-9 && fabs(step.wheel_turn_rad - 0.01) < 1e-9);
    assert_false(tell(&motion, 20 * MS, (struct pose2){0.1, 0, 0}, 1, 0, &step)); /* not newer */
}

/* The gyro's samples since the last step, each once; without any, the wheels turn. */
static void test_gyro_turns_when_it_speaks(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    tell(&motion, 0, (struct pose2){0}, 0, 0, &step);
    for (int i = 1; i <= 2; i++) {
        struct msg_imu imu = toy_imu_message(i * 10 * MS, 0.2 * i);
        motion_imu(&motion, i * 10 * MS, &imu);
        motion_imu(&motion, i * 10 * MS, &imu); /* the same again is left out */
    }
    assert_true(tell(&motion, 20 * MS, (struct pose2){0, 0, 0.01}, 0, 0.5, &step));
    assert_true(step.by_gyro && fabs(step.turn_rad - 0.3 * 0.02) < 1e-12 && fabs(step.wheel_turn_rad - 0.01) < 1e-9);
    assert_true(tell(&motion, 40 * MS, (struct pose2){0, 0, 0.02}, 0, 0.5, &step));
    assert_true(!step.by_gyro && fabs(step.turn_rad - 0.01) < 1e-9);
}

/* While odometry is silent the gyro goes on; what the poses say about that time is not added on top afterwards. */
static void test_coasting_is_not_counted_twice(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    tell(&motion, 0, (struct pose2){0}, 1, 0, &step);
    struct msg_imu imu = toy_imu_message(300 * MS, 0.1);
    motion_imu(&motion, 300 * MS, &imu);
    assert_true(motion_coast(&motion, 500 * MS, &step));
    assert_true(step.blind && step.by_gyro && step.forward_m == 0 && fabs(step.turn_rad - 0.05) < 1e-12);
    motion_mark(&motion, 500 * MS, &step, (struct pose2){0, 0, step.turn_rad}, 0);
    assert_true(tell(&motion, 520 * MS, (struct pose2){0.5, 0, 0}, 1, 0, &step));
    assert_true(!step.blind && fabs(step.forward_m - 0.02) < 1e-9);
}

/* Braking says nothing about the floor, neither while the wheels tell of it nor when they fall silent in the middle. */
static void test_a_silence_while_braking_does_not_tilt_the_floor(void **state)
{
    (void)state;
    struct motion motion;
    struct ekf_step step;
    motion_start(&motion);
    for (int i = 0; i < 500; i++) {
        bool brakes = i >= 50 && i < 100;
        double v_mps = 1.5 - (brakes ? 2.5 * 0.01 * (i - 50) : 0);
        struct msg_imu imu = toy_imu_message(i * 10 * MS, 0);
        imu.linear_acceleration.x = brakes ? -2.5 : 0;
        motion_imu(&motion, i * 10 * MS, &imu);
        if (i < 100 && i % 2 == 0)
            tell(&motion, i * 10 * MS, (struct pose2){0}, v_mps, 0, &step);
        else if (i >= 100 && motion_coast(&motion, i * 10 * MS, &step))
            motion_mark(&motion, i * 10 * MS, &step, (struct pose2){0}, 0);
        assert_true(fabs(motion.pitch_rad) < 0.05);
    }
    assert_true(fabs(motion.pitch_rad) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_marks_is_linear),
        cmocka_unit_test(test_track_forgets_the_oldest),
        cmocka_unit_test(test_reset_poses_fall_back_to_the_twist),
        cmocka_unit_test(test_gyro_turns_when_it_speaks),
        cmocka_unit_test(test_coasting_is_not_counted_twice),
        cmocka_unit_test(test_a_silence_while_braking_does_not_tilt_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
