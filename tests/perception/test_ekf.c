#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "logs/seed.h"
#include "perception/ekf.h"

enum { RUNS = 400 };

/* A robot of ordinary sensors that is told where it starts to 0.1 m and 3 degrees. */
static const struct ekf_noise noise = {.wheel_mps = 0.02, .wheel_scale = 0.01, .gyro = 0.003, .gyro_bias_radps = 0.004,
                                       .start_m = 0.1, .start_rad = 0.05};
static const double nothing[9] = {0};

/* x^T a^-1 x for a symmetric positive definite 3x3. */
static double mahalanobis2(const double a[9], const double x[3])
{
    double l00 = sqrt(a[0]), l10 = a[3] / l00, l20 = a[6] / l00;
    double l11 = sqrt(a[4] - l10 * l10), l21 = (a[7] - l20 * l10) / l11;
    double l22 = sqrt(a[8] - l20 * l20 - l21 * l21);
    double y0 = x[0] / l00, y1 = (x[1] - l10 * y0) / l11, y2 = (x[2] - l20 * y0 - l21 * y1) / l22;
    return y0 * y0 + y1 * y1 + y2 * y2;
}

static bool is_spd(const struct ekf *ekf)
{
    enum { N = EKF_STATES };
    double l[N][N] = {{0}};
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = ekf->covariance[i * N + j];
            if (sum != ekf->covariance[j * N + i])
                return false;
            for (int k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (i == j && !(sum > 0))
                return false;
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
    }
    return true;
}

static double pose_error2(const struct ekf *ekf, struct pose2 truth)
{
    struct pose2 pose = ekf_pose(ekf);
    double covariance[9], error[3] = {truth.x - pose.x, truth.y - pose.y, wrap_angle(truth.yaw - pose.yaw)};
    ekf_earlier_covariance(ekf, (struct pose2){0}, covariance);
    return mahalanobis2(covariance, error);
}

struct drive { /* the true robot and what its sensors say about one step */
    struct pose2 pose;
    double bias, scale, v_mps;
};

/* What ekf.h says happens, happens. */
static struct ekf_step drive_on(struct drive *drive, double v, double w, double dt, struct seed_stream *random)
{
    double told = v * dt, forward = told * (1 + drive->scale), turn = w * dt, accel = (v - drive->v_mps) / dt;
    double lasts = sqrt(2 * EKF_SLIP_LASTS_S * dt), turning = EKF_TURN_SLIP_SD * sqrt(fabs(turn));
    double along_sd = hypot(hypot(noise.wheel_mps * dt, EKF_SLIP_S * accel * lasts), turning);
    double along = along_sd * seed_gaussian(random);
    double across = hypot(EKF_SLIP_S * v * w * lasts, turning) * seed_gaussian(random);
    double gyro = noise.gyro * seed_gaussian(random) * sqrt(dt) +
                  EKF_GYRO_SCALE_SD * sqrt(fabs(turn)) * seed_gaussian(random);
    double wheel_sd = hypot(hypot(EKF_WHEEL_RATE_SD, EKF_WHEEL_RATE_SCALE * w), EKF_WHEEL_RATE_SPEED * v);
    double wheel = wheel_sd * seed_gaussian(random) * dt;
    double heading = turn / 2;
    struct pose2 moved = {(forward + along) * cos(heading) - across * sin(heading),
                          (forward + along) * sin(heading) + across * cos(heading), turn};
    drive->pose = pose2_compose(drive->pose, moved);
    drive->bias += EKF_BIAS_WALK_SD * sqrt(dt) * seed_gaussian(random);
    drive->scale += EKF_SCALE_WALK_SD * sqrt(fabs(told)) * seed_gaussian(random);
    drive->v_mps = v;
    return (struct ekf_step){.dt_s = dt, .forward_m = told, .turn_rad = turn + gyro + drive->bias * dt,
                             .accel_mps2 = accel, .wheel_turn_rad = turn + wheel, .by_gyro = true};
}

/* The normalised error squared of a filter that knows its own noise is chi-square with 3 degrees of freedom;
 * over 400 runs the mean lies between the 2.5 % and 97.5 % points of chi-square(1200) / 400 with or without
 * corrections by scans. */
static double mean_nees(bool with_scans)
{
    double sum = 0;
    for (int run = 0; run < RUNS; run++) {
        struct seed_stream random = seed_stream_named((uint64_t)run, with_scans ? "ekf.scans" : "ekf.drive");
        struct ekf ekf;
        ekf_start(&ekf, &noise, (struct pose2){1, 2, 0.5});
        struct drive drive = {{1 + 0.1 * seed_gaussian(&random), 2 + 0.1 * seed_gaussian(&random),
                               0.5 + 0.05 * seed_gaussian(&random)}, noise.gyro_bias_radps * seed_gaussian(&random),
                              noise.wheel_scale * seed_gaussian(&random), 0};
        for (int k = 0; k < 600; k++) { /* 12 s: forth, around, back */
            double v = clamp(k < 400 ? 0.03 * k : 1 - 0.03 * (k - 400), -0.5, 1), w = 0.8 * sin(k * 0.02);
            struct pose2 earlier = drive.pose;
            struct ekf_step step = drive_on(&drive, v, w, 0.02, &random);
            struct pose2 since = ekf_displacement(&ekf, &step);
            ekf_predict(&ekf, &step);
            if (with_scans && k % 50 == 49) { /* of the pose one step ago, as a late scan is */
                const double sd[3] = {0.03, 0.05, 0.02}, information[9] = {1 / square(sd[0]), 0, 0, 0,
                                                                       1 / square(sd[1]), 0, 0, 0, 1 / square(sd[2])};
                struct pose2 believed = pose2_compose(ekf_pose(&ekf), pose2_between(since, (struct pose2){0}));
                double off[3] = {earlier.x - believed.x, earlier.y - believed.y,
                                 wrap_angle(earlier.yaw - believed.yaw)}, pull[3];
                for (int i = 0; i < 3; i++)
                    pull[i] = (off[i] + sd[i] * seed_gaussian(&random)) * information[i * 4];
                ekf_correct(&ekf, since, information, pull, nothing);
            }
        }
        sum += pose_error2(&ekf, drive.pose);
    }
    return sum / RUNS;
}

static void test_errors_are_as_large_as_said(void **state)
{
    (void)state;
    double drive = mean_nees(false), scans = mean_nees(true);
    printf("figure: NEES over %d runs: %.2f dead reckoning, %.2f with scans (3 is perfect; 95 %%: 2.76 to 3.25)\n",
           RUNS, drive, scans);
    assert_true(drive > 2.76 && drive < 3.25);
    assert_true(scans > 2.76 && scans < 3.25);
}

/* Any steps and any corrections, even without information in some directions, leave a proper covariance and
 * finite state. */
static void test_covariance_stays_proper(void **state)
{
    (void)state;
    struct seed_stream random = seed_stream_named(3, "ekf.spd");
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){0});
    for (int k = 0; k < 20000; k++) {
        struct ekf_step step = {.dt_s = seed_between(&random, 0, 0.2), .forward_m = seed_between(&random, -1, 1),
                                .turn_rad = seed_between(&random, -1, 1), .by_gyro = seed_below(&random, 2),
                                .blind = seed_below(&random, 10) == 0};
        step.wheel_turn_rad = step.turn_rad + seed_between(&random, -0.1, 0.1) * step.dt_s;
        ekf_predict(&ekf, &step);
        assert_true(is_spd(&ekf));
        double information[9] = {0}, pull[3] = {0};
        for (uint64_t rank = seed_below(&random, 4); rank > 0; rank--) {
            double scale = pow(10, seed_between(&random, -3, 3)), d[3];
            for (int i = 0; i < 3; i++)
                d[i] = scale * seed_gaussian(&random);
            for (int i = 0; i < 9; i++)
                information[i] += d[i / 3] * d[i % 3];
            for (int i = 0; i < 3; i++)
                pull[i] += d[i] * seed_between(&random, -0.1, 0.1) * scale;
        }
        struct pose2 since = {seed_between(&random, -0.3, 0.3), seed_between(&random, -0.3, 0.3),
                              seed_between(&random, -0.3, 0.3)};
        ekf_correct(&ekf, since, information, pull, nothing);
        assert_true(is_spd(&ekf));
        for (int i = 0; i < EKF_STATES; i++)
            assert_true(isfinite(ekf.state[i]));
    }
}

/* A robot that stands still learns its gyro's bias from its wheels. */
static void test_bias_is_learnt_standing(void **state)
{
    (void)state;
    struct seed_stream random = seed_stream_named(4, "ekf.bias");
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){0});
    struct drive drive = {.bias = 0.01};
    for (int k = 0; k < 250; k++) {
        struct ekf_step step = drive_on(&drive, 0, 0, 0.02, &random);
        ekf_predict(&ekf, &step);
    }
    assert_true(fabs(ekf.state[EKF_BIAS] - drive.bias) < 0.005);
    assert_true(fabs(ekf_pose(&ekf).yaw) < 0.03);
}

/* A sure measurement of an earlier pose puts the state where that pose and the motion since then lead. */
static void test_earlier_pose_is_put_right(void **state)
{
    (void)state;
    const struct pose2 since = {0.6, -0.3, 0.5}, measured = {1.05, 1.93, 0.46};
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){1, 2, 0.4});
    struct pose2 earlier = ekf_pose(&ekf), now = pose2_compose(earlier, since);
    ekf.state[EKF_X] = now.x;
    ekf.state[EKF_Y] = now.y;
    ekf.state[EKF_YAW] = now.yaw;
    for (int i = 0; i < 3; i++) { /* linear each time, exact in the end */
        struct pose2 believed = pose2_compose(ekf_pose(&ekf), pose2_between(since, (struct pose2){0}));
        ekf_correct(&ekf, since, (double[9]){1e8, 0, 0, 0, 1e8, 0, 0, 0, 1e8},
                    (double[3]){1e8 * (measured.x - believed.x), 1e8 * (measured.y - believed.y),
                                1e8 * (measured.yaw - believed.yaw)}, nothing);
        double first_m = hypot(ekf_pose(&ekf).x - pose2_compose(measured, since).x,
                               ekf_pose(&ekf).y - pose2_compose(measured, since).y);
        assert_true(first_m < 0.002); /* what is left after the first is the bend of the way since */
    }
    assert_true(fabs(ekf_pose(&ekf).yaw - pose2_compose(measured, since).yaw) < 1e-4);
}

/* Standing, the yaw is as good as the wheels alone would have it, however little is known of the gyro's
 * bias. */
static void test_wheels_hold_the_yaw_standing(void **state)
{
    (void)state;
    struct seed_stream random = seed_stream_named(5, "ekf.stand");
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){0});
    struct drive drive = {0};
    double start = ekf.covariance[EKF_YAW * EKF_STATES + EKF_YAW];
    for (int k = 0; k < 1000; k++) {
        struct ekf_step step = drive_on(&drive, 0, 0, 0.02, &random);
        ekf_predict(&ekf, &step);
    }
    double grown = ekf.covariance[EKF_YAW * EKF_STATES + EKF_YAW] - start;
    double wheels_alone = 1000 * square(EKF_WHEEL_RATE_SD * 0.02);
    assert_true(grown < 1.1 * wheels_alone);
}

/* A correction along x only (a corridor across) moves neither y nor yaw when they are not correlated
 * with it. */
static void test_no_information_no_change(void **state)
{
    (void)state;
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){1, 2, 0});
    double y_variance = ekf.covariance[EKF_Y * EKF_STATES + EKF_Y];
    ekf_correct(&ekf, (struct pose2){0}, (double[9]){1e4}, (double[3]){1e4 * 0.05}, nothing);
    assert_true(fabs(ekf.state[EKF_X] - 1.05) < 0.001);
    assert_true(ekf.state[EKF_Y] == 2 && ekf.state[EKF_YAW] == 0);
    assert_true(fabs(ekf.covariance[EKF_Y * EKF_STATES + EKF_Y] - y_variance) < 1e-12);
    assert_true(ekf.covariance[0] < 1.01e-4);
}

/* What all scans of a place have in common is said beside what averages out, and a hundred scans do not
 * wear it off. */
static void test_systematic_error_stays(void **state)
{
    (void)state;
    const double information[9] = {1e4, 0, 0, 0, 1e4, 0, 0, 0, 1e6}, common[9] = {4e-4, 0, 0, 0, 1e-4, 0, 0, 0, 0};
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){0});
    for (int i = 0; i < 100; i++)
        ekf_correct(&ekf, (struct pose2){0}, information, (double[3]){0}, common);
    double said[9];
    ekf_pose_covariance(&ekf, said);
    assert_true(fabs(said[0] - 4e-4) < 2e-6 && fabs(said[4] - 1e-4) < 2e-6 && said[8] < 2e-8);
    ekf_correct(&ekf, (struct pose2){0}, information, (double[3]){0}, nothing); /* another place, better mapped */
    ekf_pose_covariance(&ekf, said);
    assert_true(said[0] < 2e-6);
}

/* A shift is surprising by how much less the robot could have moved. */
static void test_surprise_is_in_standard_deviations(void **state)
{
    (void)state;
    struct ekf ekf;
    ekf_start(&ekf, &noise, (struct pose2){0});
    const double sharp[9] = {1e8, 0, 0, 0, 1e8, 0, 0, 0, 1e8};
    double surprise = ekf_surprise(&ekf, (struct pose2){0}, sharp, (double[3]){1e8 * 0.3, 0, 0});
    assert_true(fabs(surprise - 9) < 0.01); /* 0.3 m where 0.1 m was said */
    ekf_doubt(&ekf, 0.3, 0);
    assert_true(ekf_surprise(&ekf, (struct pose2){0}, sharp, (double[3]){1e8 * 0.3, 0, 0}) < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_are_as_large_as_said),
        cmocka_unit_test(test_covariance_stays_proper),
        cmocka_unit_test(test_bias_is_learnt_standing),
        cmocka_unit_test(test_earlier_pose_is_put_right),
        cmocka_unit_test(test_wheels_hold_the_yaw_standing),
        cmocka_unit_test(test_no_information_no_change),
        cmocka_unit_test(test_systematic_error_stays),
        cmocka_unit_test(test_surprise_is_in_standard_deviations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
