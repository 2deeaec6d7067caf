/* Schedule, streams, and each sensor but the camera against its oracle: the scene, the truth, or what it states. */
#include "tests/sim/capture.h"

/* --- schedule and streams --------------------------------------------------------------------------------- */

static void rates_are_exact(void **unused)
{
    (void)unused;
    const struct { enum topic topic; uint32_t count; } expected[] = {
        {TOPIC_IMU, 200}, {TOPIC_ODOM, 100}, {TOPIC_SCAN, 20}, {TOPIC_IMAGE, 20}, {TOPIC_DEPTH, 20}, {TOPIC_LABELS, 20},
        {TOPIC_BUMPER, 40}};
    struct stage stage = stage_open(ROOM, NULL);
    struct capture capture;
    capture_open(&capture, &stage, 1, 0);
    for (int i = 0; i < 400; i++)
        stage_step(&stage);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        enum topic t = expected[i].topic;
        assert_int_equal(journal_count(capture.journal, t), expected[i].count);
        assert_int_equal(capture.taken[t], topic_table[t].flags & TOPIC_TRUTH ? 0 : expected[i].count);
        assert_true(capture.period_ns[t] == 2000000000 / (int64_t)expected[i].count);
        assert_true(capture.last_ns[t] == 2000000000);
    }
    const struct msg_laser_scan *scan = latest(&capture, TOPIC_SCAN);
    assert_true(message_ns(scan->header.stamp) == 2000000000); /* sampling time, not time of arrival */
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* Hashes of all topics after a second of driving with everything fitted and every switch on. */
static void drive(uint64_t seed, unsigned without, struct capture *capture, uint64_t *state)
{
    struct stage stage = stage_open(ROOM, (const char *[]){
        "ultrasonic.enabled=true", "lidar.rings=3", "lidar.divergence_rad=0.01", "lidar.motion_distortion=true",
        "lidar.grazing_rad=0.2", "lidar.material_dropout=0.3", "camera.auto_exposure=true", "camera.blur_samples=2",
        "camera.dirt_spots=3", "camera.depth_edge_px=1", "world.shadows=true", NULL});
    capture_open(capture, &stage, seed, without);
    sensors_announce(stage.sensors, 0);
    stage_run(&stage, (struct twist2){0.6, 0.4}, 1);
    *state = sensors_hash(stage.sensors, HASH_START);
    capture_close(capture, &stage);
    stage_close(&stage);
}

static void seeds_decide_every_byte(void **unused)
{
    (void)unused;
    const enum topic noisy[] = {TOPIC_IMU, TOPIC_ODOM, TOPIC_SCAN, TOPIC_POINTS, TOPIC_IMAGE, TOPIC_DEPTH,
                                TOPIC_ULTRASONIC};
    struct capture a, b, other;
    uint64_t state_a, state_b, state_other;
    drive(7, 0, &a, &state_a);
    drive(7, 0, &b, &state_b);
    drive(8, 0, &other, &state_other);
    assert_true(state_a == state_b && state_a != state_other);
    assert_memory_equal(a.hash, b.hash, sizeof a.hash);
    for (size_t i = 0; i < COUNT_OF(noisy); i++)
        assert_true(a.hash[noisy[i]] != other.hash[noisy[i]]);
}

static void a_removed_sensor_is_silent_and_shifts_nobody(void **unused)
{
    (void)unused;
    const enum topic topics[SENSOR_COUNT] = {TOPIC_SCAN, TOPIC_IMAGE,  TOPIC_DEPTH,     TOPIC_IMU,
                                             TOPIC_ODOM, TOPIC_BUMPER, TOPIC_ULTRASONIC};
    struct capture all, some;
    uint64_t state;
    drive(7, 0, &all, &state);
    for (enum sensor gone = 0; gone < SENSOR_COUNT; gone++) {
        drive(7, 1u << gone, &some, &state);
        for (enum sensor s = 0; s < SENSOR_COUNT; s++)
            assert_true(some.hash[topics[s]] == (s == gone ? HASH_START : all.hash[topics[s]]));
        assert_true(some.hash[TOPIC_LABELS] == (gone == SENSOR_CAMERA ? HASH_START : all.hash[TOPIC_LABELS]));
        assert_true(some.hash[TOPIC_POINTS] == (gone == SENSOR_LIDAR ? HASH_START : all.hash[TOPIC_POINTS]));
    }
}

/* --- lidar ------------------------------------------------------------------------------------------------ */

static void lidar_is_the_ray_caster_without_noise(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){QUIET, "lidar.yaw_rad=0.3", "lidar.x_m=0.1",
                                                           "lidar.beams=500", "lidar.range_max_m=5", "start.yaw=0.2",
                                                           NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_LIDAR));
    stage_run(&stage, (struct twist2){0.5, 0.5}, 0.5);
    const struct msg_laser_scan *scan = latest(&capture, TOPIC_SCAN);
    struct pose3 base = stage_truth(&stage).pose;
    struct vec3 eye = pose3_apply(base, (struct vec3){0.1, 0, stage.scenario->lidar.z_m});
    assert_int_equal(scan->ranges.count, 500);
    size_t returns = 0;
    for (uint32_t i = 0; i < scan->ranges.count; i++) {
        double angle = (double)scan->angle_min + i * (double)scan->angle_increment + 0.3;
        struct vec3 direction = quat_rotate(base.orientation, (struct vec3){cos(angle), sin(angle), 0});
        struct raycast_hit hit;
        bool found = raycast_ray(stage.world->raycast, eye, direction, 5, SENSE_LIDAR, &hit);
        returns += found;
        if (found)
            assert_near((double)scan->ranges.data[i], hit.distance_m, 1e-4); /* float angles, and grazing beams */
        else
            assert_true(isinf(scan->ranges.data[i]) && scan->ranges.data[i] > 0);
    }
    assert_true(returns > 100 && returns < 500);
    assert_near((double)scan->angle_max - (double)scan->angle_min, 2 * PI * 499 / 500, 1e-5);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void lidar_noise_is_what_it_says(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){"lidar.noise_m=0.02", "lidar.dropout=0.1", NULL});
    struct stage quiet = stage_open(ROOM, (const char *[]){QUIET, NULL});
    struct capture capture, truth;
    capture_open(&truth, &quiet, 1, ONLY(SENSOR_LIDAR));
    const struct msg_laser_scan *exact = next(&quiet, &truth, TOPIC_SCAN);
    capture_open(&capture, &stage, 9, ONLY(SENSOR_LIDAR));
    struct moments errors = {0}, drops = {0};
    for (int n = 0; n < 40; n++) {
        const struct msg_laser_scan *scan = next(&stage, &capture, TOPIC_SCAN);
        for (uint32_t i = 0; i < scan->ranges.count; i++) {
            double real = (double)exact->ranges.data[i], range = (double)scan->ranges.data[i];
            if (isinf(real) || real > 9.8) /* clipped at range_max */
                continue;
            moments_put(&drops, isinf(range));
            if (!isinf(range))
                moments_put(&errors, range - real);
        }
    }
    assert_true(errors.n > 3000);
    assert_white(&errors, 0, 0.02);
    assert_near(moments_mean(&drops), 0.1, share_bound(0.1, drops.n));
    double sigma = sqrt(moments_variance(&errors));
    printf("figure: lidar noise sigma 0.020 m, measured %.4f over %.0f beams\n", sigma, errors.n);
    capture_close(&truth, &quiet);
    capture_close(&capture, &stage);
    stage_close(&quiet);
    stage_close(&stage);
}

static void lidar_ranges_stay_within_the_stated_limits(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){"lidar.noise_m=0.5", "lidar.range_min_m=2", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 3, ONLY(SENSOR_LIDAR));
    const struct msg_laser_scan *scan = next(&stage, &capture, TOPIC_SCAN);
    bool clipped = false;
    for (uint32_t i = 0; i < scan->ranges.count; i++) {
        float range = scan->ranges.data[i];
        assert_true(isinf(range) || (range >= scan->range_min && range <= scan->range_max));
        clipped |= range == scan->range_min; /* the ball is nearer than 2 m */
    }
    assert_true(clipped);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* --- motion ----------------------------------------------------------------------------------------------- */

static void imu_feels_gravity_push_and_turn(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){QUIET, NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_IMU));
    stage_run(&stage, (struct twist2){0, 0}, 0.5);
    const struct msg_imu *imu = latest(&capture, TOPIC_IMU);
    assert_near(imu->linear_acceleration.x, 0, 0.05);
    assert_near(imu->linear_acceleration.z, 9.81, 0.05);
    assert_near(imu->orientation_covariance[0], -1, 0);
    double gained = 0, turned = 0;
    for (int i = 0; i < 8; i++) {
        robot_drive(stage.robot, (struct twist2){1, 0}, 0.05);
        for (int k = 0; k < 5; k++)
            gained += ((const struct msg_imu *)next(&stage, &capture, TOPIC_IMU))->linear_acceleration.x / 100;
    }
    assert_near(gained, stage_truth(&stage).twist.v_mps, 0.03);
    stage_run(&stage, (struct twist2){0, 0}, 1);
    double before = stage_truth(&stage).ground.yaw;
    for (int i = 0; i < 20; i++) {
        robot_drive(stage.robot, (struct twist2){0, 1}, 0.05);
        for (int k = 0; k < 5; k++)
            turned += ((const struct msg_imu *)next(&stage, &capture, TOPIC_IMU))->angular_velocity.z / 100;
    }
    assert_near(turned, wrap_angle(stage_truth(&stage).ground.yaw - before), 0.02);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void imu_noise_is_what_it_says(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"imu.gyro_noise_radps=0.05", "imu.gyro_bias_radps=0.1", NULL});
    struct moments biases = {0};
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct capture capture;
        struct moments rates = {0};
        capture_open(&capture, &stage, seed, ONLY(SENSOR_IMU));
        for (int i = 0; i < 200; i++) { /* standing still */
            sensors_sample(stage.sensors, 2, 0);
            moments_put(&rates, ((const struct msg_imu *)latest(&capture, TOPIC_IMU))->angular_velocity.z);
        }
        assert_near(moments_variance(&rates), 0.0025, 0.0025 * 5 * sqrt(2 / rates.n)); /* the bias is constant */
        moments_put(&biases, moments_mean(&rates));
        capture_close(&capture, &stage);
    }
    assert_gaussian(&biases, 0, sqrt(0.01 + 0.0025 / 200));
    stage_close(&stage);
}

/* Without other noise the differences of neighbours are the walk's steps: white, sigma = walk * sqrt(period). What has
 * gathered after a second has sigma = walk at any rate: the slope that the parameter states. */
static void imu_bias_walks_as_it_says(void **unused)
{
    (void)unused;
    static const struct { const char *rate; int hz; } rates[] = {{"imu.rate_hz=100", 100}, {"imu.rate_hz=50", 50}};
    for (size_t r = 0; r < COUNT_OF(rates); r++) {
        struct stage stage = stage_open("", (const char *[]){QUIET, "imu.gyro_walk=0.01", "imu.accel_walk=0.2",
                                                             rates[r].rate, NULL});
        struct capture capture;
        struct moments gyro = {0}, accel = {0}, second = {0};
        struct msg_imu last = {0};
        double gyro_then = 0;
        capture_open(&capture, &stage, 4, ONLY(SENSOR_IMU));
        for (int i = 0; i <= 400 * rates[r].hz; i++) { /* standing still */
            sensors_sample(stage.sensors, (uint64_t)(200 / rates[r].hz), 0);
            arena_reset(&capture.arena);
            const struct msg_imu *imu = latest(&capture, TOPIC_IMU);
            if (i) {
                moments_put(&gyro, imu->angular_velocity.x - last.angular_velocity.x);
                moments_put(&accel, imu->linear_acceleration.y - last.linear_acceleration.y);
            }
            if (i % rates[r].hz == 0) {
                if (i)
                    moments_put(&second, imu->angular_velocity.z - gyro_then);
                gyro_then = imu->angular_velocity.z;
            }
            last = *imu;
        }
        assert_white(&gyro, 0, 0.01 / sqrt(rates[r].hz));
        assert_white(&accel, 0, 0.2 / sqrt(rates[r].hz));
        assert_white(&second, 0, 0.01);
        capture_close(&capture, &stage);
        stage_close(&stage);
    }
}

/* Drawn once an episode: its spread over seeds. */
static void accelerometers_have_a_bias(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){QUIET, "imu.accel_bias_mps2=0.3", NULL});
    struct moments biases = {0};
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct capture capture;
        capture_open(&capture, &stage, seed, ONLY(SENSOR_IMU));
        sensors_sample(stage.sensors, 2, 0);
        moments_put(&biases, ((const struct msg_imu *)latest(&capture, TOPIC_IMU))->linear_acceleration.y);
        capture_close(&capture, &stage);
    }
    assert_white(&biases, 0, 0.3);
    stage_close(&stage);
}

static void odometry_adds_up_what_the_wheels_did(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){QUIET, "start.x=2", "start.yaw=1", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_ODOMETRY));
    stage_run(&stage, (struct twist2){0.8, 0}, 2);
    stage_run(&stage, (struct twist2){0.5, 0.5}, 3);
    const struct msg_odometry *odom = latest(&capture, TOPIC_ODOM);
    struct pose2 moved = pose2_between((struct pose2){2, 0, 1}, stage_truth(&stage).ground);
    assert_string_equal(odom->header.frame_id, "odom");
    assert_string_equal(odom->child_frame_id, "base_link");
    double yaw = 2 * atan2(odom->pose.pose.orientation.z, odom->pose.pose.orientation.w);
    assert_near(odom->pose.pose.position.x, moved.x, 0.1);
    assert_near(odom->pose.pose.position.y, moved.y, 0.1);
    assert_near(wrap_angle(yaw - moved.yaw), 0, 0.1);
    assert_near(odom->twist.twist.linear.x, 0.5, 0.03);
    assert_near(odom->twist.twist.angular.z, 0.5, 0.05);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void odometry_believes_slipping_wheels(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){QUIET, "world.floor_friction=0.05", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_ODOMETRY));
    stage_run(&stage, (struct twist2){1, 0}, 1);
    const struct msg_odometry *odom = latest(&capture, TOPIC_ODOM);
    assert_true(odom->pose.pose.position.x > 0.6 && stage_truth(&stage).ground.x < 0.4);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void odometry_errors_are_what_they_say(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"odometry.noise_mps=0.02", "odometry.noise_radps=0.03", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 12, ONLY(SENSOR_ODOMETRY));
    struct moments v = {0}, w = {0};
    for (int i = 0; i < 4000; i++) { /* standing still: noise alone */
        sensors_sample(stage.sensors, 4, 0);
        arena_reset(&capture.arena);
        const struct msg_odometry *odom = latest(&capture, TOPIC_ODOM);
        moments_put(&v, odom->twist.twist.linear.x);
        moments_put(&w, odom->twist.twist.angular.z);
    }
    assert_white(&v, 0, 0.02);
    assert_white(&w, 0, 0.03);
    const struct msg_odometry *odom = latest(&capture, TOPIC_ODOM);
    double sigma = 0.02 * sqrt(4000) / 50; /* a random walk */
    assert_near(sqrt(odom->pose.covariance[0]), sigma, 0.3 * sigma);
    assert_near(odom->twist.covariance[0], 0.0004, 1e-5);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* A constant radius error per wheel: the same share at every speed, another one for another seed. */
static void odometry_scale_is_constant_for_an_episode(void **unused)
{
    (void)unused;
    struct moments shares = {0};
    for (uint64_t seed = 0; seed < 12; seed++) {
        double share[2];
        for (int fast = 0; fast < 2; fast++) {
            struct stage stage = stage_open("", (const char *[]){QUIET, "odometry.scale_error=0.1", NULL});
            struct capture capture;
            capture_open(&capture, &stage, seed, ONLY(SENSOR_ODOMETRY));
            stage_run(&stage, (struct twist2){fast ? 1.2 : 0.4, 0}, 1);
            const struct msg_odometry *odom = latest(&capture, TOPIC_ODOM);
            struct robot_state truth = stage_truth(&stage);
            double wheels = (truth.wheel_radps[0] + truth.wheel_radps[1]) / 2 * stage.scenario->robot.wheel_radius_m;
            share[fast] = odom->twist.twist.linear.x / wheels;
            capture_close(&capture, &stage);
            stage_close(&stage);
        }
        assert_near(share[0], share[1], 0.02);
        moments_put(&shares, share[1] - 1);
    }
    double sigma = 0.1 / sqrt(2); /* the mean of two wheels */
    assert_near(moments_mean(&shares), 0, 5 * sigma / sqrt(shares.n));
    assert_true(moments_variance(&shares) > square(sigma) / 10);
}

/* --- bumper ----------------------------------------------------------------------------------------------- */

static unsigned bump(const char *solids, double v)
{
    struct stage stage = stage_open(solids, NULL);
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_BUMPER));
    unsigned sectors = 0;
    for (int i = 0; i < 80; i++) {
        stage_tick(&stage, (struct twist2){v, 0});
        arena_reset(&capture.arena);
        const struct msg_bumper *bumper = latest(&capture, TOPIC_BUMPER);
        const struct robot_contact *contacts;
        if (i < 10)
            assert_int_equal(bumper->sectors, 0);
        if (robot_contacts(stage.robot, &contacts))
            assert_true(bumper->sectors != 0);
        sectors |= bumper->sectors;
    }
    stage_run(&stage, (struct twist2){-v, 0}, 1.5);
    assert_int_equal(((const struct msg_bumper *)latest(&capture, TOPIC_BUMPER))->sectors, 0);
    capture_close(&capture, &stage);
    stage_close(&stage);
    return sectors;
}

static void bumper_says_where(void **unused)
{
    (void)unused;
    const unsigned front = 1 << 7 | 1 << 0 | 1 << 1, back = 1 << 3 | 1 << 4 | 1 << 5;
    unsigned ahead = bump("solids:\n  - {kind: box, at: [1.2, 0], size: [0.2, 6, 1]}\n", 0.4);
    unsigned behind = bump("solids:\n  - {kind: box, at: [-1.2, 0], size: [0.2, 6, 1]}\n", -0.3);
    unsigned post = bump("solids:\n  - {kind: cylinder, at: [1.2, 0], radius: 0.05, height: 1}\n", 0.4);
    assert_true(ahead && !(ahead & ~front));
    assert_true(behind && !(behind & ~back));
    assert_int_equal(post & ~(unsigned)(1 << 0), 0);
    assert_true(post != 0);
    assert_int_equal(bump("", 0.4), 0);
}

/* --- descriptions ----------------------------------------------------------------------------------------- */

static void descriptions_match_the_scenario(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"imu.enabled=false", "camera.pitch_rad=0.5", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, 1u << SENSOR_LIDAR);
    sensors_announce(stage.sensors, 0);
    struct perception_config config = {0};
    sensors_describe(stage.scenario, 1u << SENSOR_LIDAR, &config);
    const double hz[SENSOR_COUNT] = {0, 10, 10, 0, 50, 20, 0};
    for (size_t s = 0; s < SENSOR_COUNT; s++)
        assert_near(config.nominal_hz[s], hz[s], 0);
    assert_near(quat_pitch(config.camera_in_base.orientation), 0.5, 1e-12);
    struct vec3 ahead = quat_rotate(config.camera_in_base.orientation, (struct vec3){1, 0, 0});
    assert_true(ahead.z < -0.4); /* positive pitch looks down */
    assert_int_equal(config.camera_width, 64);
    assert_near(config.lidar_z_m, 0.30, 0);
    const struct msg_tf_message *tf = latest(&capture, TOPIC_TF_STATIC);
    assert_int_equal(tf->transforms.count, 2); /* neither lidar nor imu */
    struct msg_quaternion q = tf->transforms.data[1].transform.rotation;
    struct vec3 axis = quat_rotate((struct quat){q.x, q.y, q.z, q.w}, (struct vec3){0, 0, 1});
    assert_near(axis.x, 1, 1e-12); /* the optical z is the body's x */
    axis = quat_rotate((struct quat){q.x, q.y, q.z, q.w}, (struct vec3){1, 0, 0});
    assert_near(axis.y, -1, 1e-12); /* the optical x points right */
    const struct msg_camera_info *info = latest(&capture, TOPIC_CAMERA_INFO);
    assert_near(2 * atan(64 / 2.0 / info->k[0]), stage.scenario->camera.hfov_rad, 1e-12);
    assert_near(info->k[2], 31.5, 0); /* between the middle pixels, which are whole numbers */
    assert_near(info->k[5], 23.5, 0);
    assert_near(info->p[0], info->k[0], 0);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void sensor_names_are_checked(void **unused)
{
    (void)unused;
    struct error err = {0};
    unsigned without = 1u << SENSOR_IMU;
    assert_int_equal(sensors_without("camera", &without, &err), STATUS_OK);
    assert_int_equal(without, 1u << SENSOR_IMU | 1u << SENSOR_CAMERA);
    assert_int_equal(sensors_without("camra", &without, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "did you mean 'camera'?"));
    assert_non_null(strstr(err.text, "lidar"));
    assert_int_equal(without, 1u << SENSOR_IMU | 1u << SENSOR_CAMERA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_exact),
        cmocka_unit_test(seeds_decide_every_byte),
        cmocka_unit_test(a_removed_sensor_is_silent_and_shifts_nobody),
        cmocka_unit_test(lidar_is_the_ray_caster_without_noise),
        cmocka_unit_test(lidar_noise_is_what_it_says),
        cmocka_unit_test(lidar_ranges_stay_within_the_stated_limits),
        cmocka_unit_test(imu_feels_gravity_push_and_turn),
        cmocka_unit_test(imu_noise_is_what_it_says),
        cmocka_unit_test(imu_bias_walks_as_it_says),
        cmocka_unit_test(accelerometers_have_a_bias),
        cmocka_unit_test(odometry_adds_up_what_the_wheels_did),
        cmocka_unit_test(odometry_believes_slipping_wheels),
        cmocka_unit_test(odometry_errors_are_what_they_say),
        cmocka_unit_test(odometry_scale_is_constant_for_an_episode),
        cmocka_unit_test(bumper_says_where),
        cmocka_unit_test(descriptions_match_the_scenario),
        cmocka_unit_test(sensor_names_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
