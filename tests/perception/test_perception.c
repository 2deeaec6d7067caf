#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "logs/hash.h"
#include "perception/distance.h"
#include "perception/mapper.h"
#include "toy_world.h"

#define MS INT64_C(1000000)

static const struct toy_box boxes[] = {
    {-4.2, -3.2, 4.2, -3, 2, 0, 0}, {-4.2, 3, 4.2, 3.2, 2, 0, 0}, {-4.2, -3, -4, 3, 2, 0, 0}, {4, -3, 4.2, 3, 2, 0, 0},
    {1, 1, 1.5, 1.5, 2, 0, 0},      {-4, 1.5, -3.2, 3, 2, 0, 0},  {2.5, -3, 4, -2, 2, 0, 0},
};
static const struct toy_world room = {.boxes = boxes, .box_count = COUNT_OF(boxes),
                                      .paint = {1, -1, 1.5, -0.5, 0, 0, 0}};
static const struct grid map_grid = {0.05, {-5, -5}, 200, 200};

/* A robot on a circle through the room, its sensors' noise and latencies, and the perception under test. */
struct drive {
    struct perception *perception;
    struct seed_stream random;
    struct pose2 truth, odometry;
    int64_t now_ns, scan_delay_ns;
    double gyro_bias;
    unsigned silent; /* bits of enum sensor */
    int64_t carried_ns; /* when it was put to another place, where the circle goes on; 0: never */
};

static struct pose2 circle(int64_t ns)
{
    double angle = 0.8 * (double)ns * 1e-9;
    return (struct pose2){-1.2 + 1.1 * sin(angle), -1.6 + 1.1 * (1 - cos(angle)), wrap_angle(angle)};
}

static const struct pose2 carried_to = {-2.3, 1.2, -PI / 2};

static struct pose2 place_at(const struct drive *drive, int64_t ns)
{
    if (!drive->carried_ns || ns < drive->carried_ns)
        return circle(ns);
    return pose2_compose(carried_to, pose2_between(circle(drive->carried_ns), circle(ns)));
}

static bool is_heard(const struct drive *drive, enum sensor sensor) { return !(drive->silent >> sensor & 1); }

static void put_scan(struct drive *drive, int64_t stamp_ns)
{
    float ranges[TOY_BEAMS];
    toy_scan(&room, place_at(drive, stamp_ns), 0.01, &drive->random, ranges);
    struct msg_laser_scan scan = toy_scan_message(stamp_ns, ranges);
    perception_put(drive->perception, TOPIC_SCAN, &scan);
}

static void put_camera(struct drive *drive)
{
    static uint8_t rgb[TOY_PIXELS * 3];
    static float depth[TOY_PIXELS];
    toy_camera(&room, drive->truth, &drive->random, rgb, depth);
    struct msg_image image = toy_image_message(drive->now_ns, rgb), range = toy_depth_message(drive->now_ns, depth);
    if (is_heard(drive, SENSOR_CAMERA))
        perception_put(drive->perception, TOPIC_IMAGE, &image);
    if (is_heard(drive, SENSOR_DEPTH))
        perception_put(drive->perception, TOPIC_DEPTH, &range);
}

/* 10 ms of the world. */
static void drive_step(struct drive *drive)
{
    struct pose2 moved = pose2_between(circle(drive->now_ns), circle(drive->now_ns + 10 * MS));
    drive->now_ns += 10 * MS;
    drive->truth = place_at(drive, drive->now_ns);
    moved.x *= 1.02; /* a wheel larger than it is said to be */
    drive->odometry = pose2_compose(drive->odometry, moved);
    struct msg_imu imu = toy_imu_message(drive->now_ns, 0.8 + drive->gyro_bias + 0.01 * seed_gaussian(&drive->random));
    imu.linear_acceleration.y = 0.88 * 0.8; /* towards the circle's centre */
    if (is_heard(drive, SENSOR_IMU))
        perception_put(drive->perception, TOPIC_IMU, &imu);
    if (drive->now_ns % (20 * MS) == 0 && is_heard(drive, SENSOR_ODOMETRY)) {
        struct msg_odometry odometry = toy_odometry_message(drive->now_ns, drive->odometry, 0.88 * 1.02, 0.8);
        perception_put(drive->perception, TOPIC_ODOM, &odometry);
    }
    if (drive->now_ns % (100 * MS) == 0) {
        if (is_heard(drive, SENSOR_LIDAR) && drive->now_ns > drive->scan_delay_ns)
            put_scan(drive, drive->now_ns - drive->scan_delay_ns);
        put_camera(drive);
    }
}

static const struct belief *drive_for(struct drive *drive, int64_t ms)
{
    const struct belief *belief = NULL;
    for (int64_t t = 0; t < ms; t += 10) {
        drive_step(drive);
        if (drive->now_ns % (50 * MS) == 0)
            belief = perception_update(drive->perception, drive->now_ns);
    }
    return belief;
}

static struct drive drive_start(const struct static_map *map, uint64_t seed)
{
    struct perception_config config = toy_config(circle(0), map);
    return (struct drive){.perception = perception_create(&config), .truth = circle(0), .gyro_bias = 0.02,
                          .random = seed_stream_named(seed, "perception")};
}

static double error_m(const struct drive *drive, const struct belief *belief)
{
    return hypot(belief->pose.x - drive->truth.x, belief->pose.y - drive->truth.y);
}

/* Wheels that lie by 2 % and a biased gyro drift; the map holds the pose, even when scans come 150 ms late. */
static void test_map_holds_the_pose(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    for (int64_t delay_ms = 0; delay_ms <= 150; delay_ms += 150) {
        struct drive drive = drive_start(&map, 11);
        drive.scan_delay_ns = delay_ms * MS;
        double worst_m = 0;
        const struct belief *belief = drive_for(&drive, 1000);
        for (int i = 0; i < 150; i++) {
            belief = drive_for(&drive, 100);
            worst_m = fmax(worst_m, error_m(&drive, belief));
            assert_true(belief->localised);
        }
        printf("figure: pose error within %.3f m over 15 s, scans %d ms late\n", worst_m, (int)delay_ms);
        assert_true(worst_m < 0.015);
        assert_true(fabs(wrap_angle(belief->pose.yaw - drive.truth.yaw)) < 0.02);
        assert_true(belief->match_score > 0.9);
        assert_true(fabs(belief->twist.w_radps - 0.8) < 0.05 && fabs(belief->twist.v_mps - 0.9) < 0.05);
        perception_destroy(&drive.perception);
        assert_null(drive.perception);
    }
    free((void *)map.cells);
}

static void test_without_map_it_is_dead_reckoning(void **state)
{
    (void)state;
    struct drive drive = drive_start(NULL, 12);
    const struct belief *belief = drive_for(&drive, 5000);
    assert_true(belief->localised && isnan(belief->match_score));
    assert_true(error_m(&drive, belief) < 0.4);
    drive.silent = 1u << SENSOR_ODOMETRY;
    double before = belief->covariance[0];
    belief = drive_for(&drive, 1000);
    assert_false(belief->localised);
    assert_int_equal(belief->sensors[SENSOR_ODOMETRY].state, HEALTH_STALE);
    assert_true(belief->covariance[0] > before + 0.05); /* it says that it does not know */
    perception_destroy(&drive.perception);
}

/* The whole: layers, paint, points and clearance agree with the room. */
static void test_layers_agree_with_the_room(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    struct drive drive = drive_start(&map, 13);
    const struct belief *belief = drive_for(&drive, 8000);
    const struct grid *grid = &belief->grid;
    size_t cells = grid_size(grid), painted = 0;
    uint8_t *blocked = NEW_ARRAY(cells, uint8_t);
    float *whole = NEW_ARRAY(cells, float);
    for (size_t i = 0; i < cells; i++) {
        painted += belief->keepout[i];
        blocked[i] = belief->occupancy[i] >= MAPPER_OCCUPIED || belief->keepout[i];
    }
    assert_true(painted > 60 && painted < 200); /* 100 cells */
    assert_true(belief->keepout[grid_index(grid, grid_cell(grid, (struct vec2){1.25, -0.75}))]);
    struct distance distance;
    distance_init(&distance, grid->width, grid->height, grid->resolution_m, CLEARANCE_MAX_M);
    distance_update(&distance, blocked, (struct distance_window){0, 0, grid->width, grid->height}, whole);
    assert_memory_equal(whole, belief->clearance_m, cells * sizeof *whole);
    distance_clear(&distance);
    assert_true(belief->point_count > 300);
    for (size_t i = 0; i < belief->point_count; i++) { /* every point lies on something */
        struct vec2 p = pose2_apply(drive.truth, belief->points[i]);
        double least = 1;
        for (size_t k = 0; k < room.box_count; k++) {
            const struct toy_box *box = &room.boxes[k];
            double dx = fmax(fmax(box->x0 - p.x, p.x - box->x1), 0), dy = fmax(fmax(box->y0 - p.y, p.y - box->y1), 0);
            least = fmin(least, hypot(dx, dy));
        }
        assert_true(least < 0.1);
    }
    free(blocked);
    free(whole);
    perception_destroy(&drive.perception);
    free((void *)map.cells);
}

/* Points move with the robot between scans and are dropped once they are half a second old. */
static void test_points_follow_and_expire(void **state)
{
    (void)state;
    struct drive drive = drive_start(NULL, 14);
    drive_for(&drive, 2000);
    drive.silent = 1u << SENSOR_LIDAR | 1u << SENSOR_DEPTH;
    const struct belief *belief = drive_for(&drive, 400);
    assert_true(belief->point_count > 300);
    for (size_t i = 0; i < belief->point_count; i++)
        assert_true(vec2_length(belief->points[i]) < 12);
    belief = drive_for(&drive, 200);
    assert_int_equal(belief->point_count, 0);
    assert_int_equal(belief->sensors[SENSOR_LIDAR].state, HEALTH_STALE);
    perception_destroy(&drive.perception);
}

/* Carried to another place while driving: the estimate says so, gives the place up, and finds the other one. */
static void test_kidnapped_robot_is_found_again(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    for (uint64_t seed = 15; seed < 20; seed++) {
        struct drive drive = drive_start(&map, seed);
        assert_true(drive_for(&drive, 2000)->localised);
        drive.silent = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH;
        drive.carried_ns = drive.now_ns;
        const struct belief *belief = drive_for(&drive, 1300);
        assert_false(belief->localised);
        int64_t lost_ms = 0, found_ms = 0;
        for (int64_t ms = 1350; ms < 12000 && !found_ms; ms += 50) {
            belief = drive_for(&drive, 50);
            lost_ms = !lost_ms && belief->lost ? ms : lost_ms;
            found_ms = lost_ms && belief->localised ? ms : 0;
            assert_false(belief->localised && belief->lost);
            if (belief->lost) /* it says that it could be anywhere, and shows no map */
                assert_true(belief->covariance[0] > 4 && belief->covariance[8] > 1);
        }
        printf("figure: carried away: given up after %.2f s, found after %.2f s, %.3f m off\n", (double)lost_ms * 1e-3,
               (double)found_ms * 1e-3, error_m(&drive, belief));
        assert_true(lost_ms >= 1900 && lost_ms <= 2300 && found_ms);
        belief = drive_for(&drive, 1000);
        assert_true(belief->localised && error_m(&drive, belief) < 0.03);
        /* the map is back, and nothing that was seen from the wrong place */
        assert_true(belief->occupancy[grid_index(&belief->grid, grid_cell(&belief->grid, (struct vec2){-4.1, 0}))] >=
                    MAPPER_OCCUPIED);
        assert_true(belief->occupancy[grid_index(&belief->grid, grid_cell(&belief->grid, (struct vec2){-1, -2}))] <
                    MAPPER_OCCUPIED);
        perception_destroy(&drive.perception);
    }
    free((void *)map.cells);
}

/* Switched on anywhere. */
static void test_unknown_start_is_found(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    struct perception_config config = toy_config((struct pose2){0}, &map);
    config.start_unknown = true;
    config.seed = 3;
    struct drive drive = {.perception = perception_create(&config), .truth = circle(0), .gyro_bias = 0.005,
                          .random = seed_stream_named(3, "perception")};
    const struct belief *belief = drive_for(&drive, 100);
    assert_true(belief->lost && !belief->localised);
    for (int i = 0; i < 100 && !belief->localised; i++)
        belief = drive_for(&drive, 100);
    belief = drive_for(&drive, 1000);
    assert_true(belief->localised && !belief->lost && error_m(&drive, belief) < 0.03);
    perception_destroy(&drive.perception);
    config.map = NULL; /* without a map there is nothing to find: counted from the start, as ever */
    struct perception *perception = perception_create(&config);
    assert_false(perception_update(perception, 0)->lost);
    perception_destroy(&perception);
    free((void *)map.cells);
}

static void test_same_messages_same_hash(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    struct drive a = drive_start(&map, 16), b = drive_start(&map, 16), c = drive_start(&map, 17);
    assert_true(perception_hash(a.perception, HASH_START) == perception_hash(b.perception, HASH_START));
    uint64_t last = 0;
    for (int i = 0; i < 40; i++) {
        drive_for(&a, 50);
        drive_for(&b, 50);
        drive_for(&c, 50);
        uint64_t hash = perception_hash(a.perception, HASH_START);
        assert_true(hash == perception_hash(b.perception, HASH_START));
        assert_true(hash != perception_hash(c.perception, HASH_START));
        assert_true(hash != last);
        last = hash;
    }
    perception_destroy(&a.perception);
    perception_destroy(&b.perception);
    perception_destroy(&c.perception);
    free((void *)map.cells);
}

/* Nothing but one cell of the map differs, far from the robot and out of any sensor's sight. */
static void test_hash_covers_the_layers(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (int i = 0; i < 2; i++) {
        struct static_map map = toy_map(&room, map_grid);
        ((int8_t *)map.cells)[3] = i ? 100 : 0;
        struct drive drive = drive_start(&map, 21);
        drive_for(&drive, 500);
        hashes[i] = perception_hash(drive.perception, HASH_START);
        perception_destroy(&drive.perception);
        free((void *)map.cells);
    }
    assert_true(hashes[0] != hashes[1]);
}

static void test_nan_everywhere_is_counted_and_survived(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    struct drive drive = drive_start(&map, 18);
    drive_for(&drive, 1000);
    static float ranges[TOY_BEAMS], depth[TOY_PIXELS];
    for (int i = 0; i < TOY_BEAMS; i++)
        ranges[i] = (float)NAN;
    for (int i = 0; i < TOY_PIXELS; i++)
        depth[i] = (float)NAN;
    int64_t ns = drive.now_ns + 10 * MS;
    struct msg_laser_scan scan = toy_scan_message(ns, ranges);
    struct msg_image range = toy_depth_message(ns, depth);
    struct msg_imu imu = toy_imu_message(ns, (double)NAN);
    struct msg_odometry odometry = toy_odometry_message(ns, (struct pose2){(double)INFINITY, 0, 0}, 1e300, 0);
    perception_put(drive.perception, TOPIC_SCAN, &scan);
    perception_put(drive.perception, TOPIC_DEPTH, &range);
    perception_put(drive.perception, TOPIC_IMU, &imu);
    perception_put(drive.perception, TOPIC_ODOM, &odometry);
    const struct belief *belief = perception_update(drive.perception, ns);
    static const enum sensor hurt[] = {SENSOR_LIDAR, SENSOR_DEPTH, SENSOR_IMU, SENSOR_ODOMETRY};
    for (size_t i = 0; i < COUNT_OF(hurt); i++)
        assert_int_equal(belief->sensors[hurt[i]].state, HEALTH_BAD);
    assert_int_equal(belief->sensors[SENSOR_LIDAR].bad_values, TOY_BEAMS);
    assert_int_equal(belief->sensors[SENSOR_DEPTH].bad_values, TOY_PIXELS);
    assert_true(error_m(&drive, belief) < 0.1);
    for (int i = 0; i < 9; i++)
        assert_true(isfinite(belief->covariance[i]));
    perception_destroy(&drive.perception);
    free((void *)map.cells);
}

/* Sizes that lie: skipped, counted, nothing read beyond the data (the sanitizers watch). */
static void test_lying_sizes_are_refused(void **state)
{
    (void)state;
    struct drive drive = drive_start(NULL, 19);
    uint8_t few[16] = {0};
    struct msg_image images[] = {
        {.width = TOY_WIDTH, .height = TOY_HEIGHT, .encoding = "rgb8", .step = TOY_WIDTH * 3, .data = {few, 16}},
        {.width = TOY_WIDTH, .height = TOY_HEIGHT, .encoding = "rgb8", .step = 1, .data = {few, 16}},
        {.width = TOY_WIDTH, .height = TOY_HEIGHT, .encoding = "rgb8", .step = UINT32_MAX, .data = {few, 16}},
        {.width = 32, .height = 4, .encoding = "rgb8", .step = 4, .data = {few, 16}},
        {.width = TOY_WIDTH, .height = TOY_HEIGHT, .encoding = "mono8", .step = TOY_WIDTH * 3, .data = {few, 16}},
        {.width = TOY_WIDTH, .height = TOY_HEIGHT, .step = TOY_WIDTH * 3},
    };
    for (size_t i = 0; i < COUNT_OF(images); i++) {
        perception_put(drive.perception, TOPIC_IMAGE, &images[i]);
        perception_put(drive.perception, TOPIC_DEPTH, &images[i]);
    }
    float range = 1;
    struct msg_laser_scan scans[] = {
        {.range_max = 10, .angle_increment = 0.1f},
        {.range_max = (float)NAN, .angle_increment = 0.1f, .ranges = {&range, 1}},
        {.range_max = 10, .angle_min = (float)INFINITY, .ranges = {&range, 1}},
        {.range_max = -1, .ranges = {&range, 1}},
    };
    for (size_t i = 0; i < COUNT_OF(scans); i++)
        perception_put(drive.perception, TOPIC_SCAN, &scans[i]);
    const struct belief *belief = perception_update(drive.perception, 0);
    assert_int_equal(belief->sensors[SENSOR_CAMERA].bad_values, COUNT_OF(images));
    assert_int_equal(belief->sensors[SENSOR_DEPTH].bad_values, COUNT_OF(images));
    assert_int_equal(belief->sensors[SENSOR_LIDAR].bad_values, COUNT_OF(scans));
    assert_int_equal(belief->sensors[SENSOR_CAMERA].state, HEALTH_BAD);
    assert_int_equal(belief->point_count, 0);
    perception_destroy(&drive.perception);
}

/* Any bytes at all as values and stamps: no crash, and a belief of finite numbers. */
static void test_random_bits_are_survived(void **state)
{
    (void)state;
    struct static_map map = toy_map(&room, map_grid);
    struct drive drive = drive_start(&map, 20);
    struct seed_stream *random = &drive.random;
    static uint8_t bits[TOY_PIXELS * 4];
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof bits; i++)
            bits[i] = (uint8_t)seed_u64(random);
        int64_t ns = (int64_t)round * 20 * MS + (seed_below(random, 8) ? 0 : (int64_t)(seed_u64(random) >> 4));
        struct msg_image image = toy_image_message(ns, bits), depth = toy_depth_message(ns, (float *)(void *)bits);
        struct msg_laser_scan scan = toy_scan_message(ns, (float *)(void *)bits);
        struct msg_imu imu = toy_imu_message(ns, 0);
        struct msg_odometry odometry = toy_odometry_message(ns, (struct pose2){0}, 0, 0);
        memcpy(&imu.angular_velocity, bits + 100, sizeof imu.angular_velocity);
        memcpy(&odometry.twist.twist, bits + 200, sizeof odometry.twist.twist);
        if (round % 2)
            odometry.pose.pose.position.x = seed_between(random, -2e6, 2e6);
        struct msg_bumper bumper = {.header = image.header, .sectors = bits[0]};
        perception_put(drive.perception, TOPIC_IMAGE, &image);
        perception_put(drive.perception, TOPIC_DEPTH, &depth);
        perception_put(drive.perception, TOPIC_SCAN, &scan);
        perception_put(drive.perception, TOPIC_IMU, &imu);
        perception_put(drive.perception, TOPIC_ODOM, &odometry);
        perception_put(drive.perception, TOPIC_BUMPER, &bumper);
        const struct belief *belief = perception_update(drive.perception, (int64_t)round * 20 * MS);
        assert_true(isfinite(belief->pose.x) && isfinite(belief->pose.y) && isfinite(belief->pose.yaw));
        assert_true(isfinite(belief->twist.v_mps) && isfinite(belief->twist.w_radps));
        for (int i = 0; i < 9; i++)
            assert_true(isfinite(belief->covariance[i]));
        for (size_t i = 0; i < belief->point_count; i++)
            assert_true(isfinite(belief->points[i].x) && isfinite(belief->points[i].y));
    }
    perception_destroy(&drive.perception);
    free((void *)map.cells);
}

/* A yellow box that depth has not seen yet: depth images of another moment, when the floor was bare, are no witness. */
static void test_paint_waits_for_its_own_depth(void **state)
{
    (void)state;
    const struct toy_box box = {1, -0.5, 1.5, 0.5, 0.5, 0, 1};
    const struct toy_world bare = {0}, boxed = {.boxes = &box, .box_count = 1},
                           painted = {.paint = {1, -0.5, 1.5, 0.5, 0, 0, 0}};
    static uint8_t rgb[TOY_PIXELS * 3];
    static float depth[TOY_PIXELS];
    for (int is_paint = 0; is_paint < 2; is_paint++) {
        struct drive drive = drive_start(NULL, 22);
        const struct belief *belief = NULL;
        size_t marked = 0;
        for (int64_t ns = 0; ns < 2000 * MS; ns += 100 * MS) {
            toy_camera(&bare, (struct pose2){0}, &drive.random, rgb, depth);
            struct msg_image range = toy_depth_message(ns, depth);
            perception_put(drive.perception, TOPIC_DEPTH, &range);
            perception_update(drive.perception, ns);
            toy_camera(is_paint ? &painted : &boxed, (struct pose2){0}, &drive.random, rgb, depth);
            struct msg_image image = toy_image_message(is_paint ? ns : ns + 50 * MS, rgb);
            perception_put(drive.perception, TOPIC_IMAGE, &image);
            belief = perception_update(drive.perception, ns + 50 * MS);
        }
        for (size_t i = 0; i < grid_size(&belief->grid); i++)
            marked += belief->keepout[i];
        assert_true(is_paint ? marked > 100 : marked == 0); /* an image that comes after its depth finds it */
        perception_destroy(&drive.perception);
    }
}

/* Gravity tells the tilt, also with a biased gyro. */
static void test_tilt_comes_from_gravity(void **state)
{
    (void)state;
    struct perception_config config = toy_config((struct pose2){0}, NULL);
    struct perception *perception = perception_create(&config);
    const double roll = 0.05, pitch = -0.1;
    for (int i = 0; i < 500; i++) {
        struct msg_imu imu = toy_imu_message(i * 10 * MS, 0);
        imu.linear_acceleration = (struct msg_vector3){-9.81 * sin(pitch), 9.81 * sin(roll) * cos(pitch),
                                                       9.81 * cos(roll) * cos(pitch)};
        imu.angular_velocity.y = 0.01; /* a biased gyro */
        perception_put(perception, TOPIC_IMU, &imu);
    }
    const struct belief *belief = perception_update(perception, 5000 * MS);
    assert_true(fabs(belief->roll_rad - roll) < 0.02 && fabs(belief->pitch_rad - pitch) < 0.02);
    perception_destroy(&perception);
}

/* Speeding up pushes like a tilt of 9 degrees; the wheels tell that it is none. */
static void test_acceleration_is_no_tilt(void **state)
{
    (void)state;
    struct perception_config config = toy_config((struct pose2){0}, NULL);
    struct perception *perception = perception_create(&config);
    double x = 0, v = 0, worst = 0;
    for (int i = 0; i < 260; i++) {
        double a = i < 100 ? 0 : 1.5;
        v += a * 0.01;
        x += v * 0.01;
        struct msg_imu imu = toy_imu_message(i * 10 * MS, 0);
        imu.linear_acceleration.x = a;
        struct msg_odometry odometry = toy_odometry_message(i * 10 * MS, (struct pose2){x, 0, 0}, v, 0);
        perception_put(perception, TOPIC_IMU, &imu);
        if (i % 2 == 0)
            perception_put(perception, TOPIC_ODOM, &odometry);
        if (i % 5 == 0)
            worst = fmax(worst, fabs(perception_update(perception, i * 10 * MS)->pitch_rad));
    }
    assert_true(worst < 0.02);
    perception_destroy(&perception);
}

static void test_destroy_takes_nothing(void **state)
{
    (void)state;
    struct perception *none = NULL;
    perception_destroy(&none);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_holds_the_pose),
        cmocka_unit_test(test_without_map_it_is_dead_reckoning),
        cmocka_unit_test(test_layers_agree_with_the_room),
        cmocka_unit_test(test_points_follow_and_expire),
        cmocka_unit_test(test_kidnapped_robot_is_found_again),
        cmocka_unit_test(test_unknown_start_is_found),
        cmocka_unit_test(test_same_messages_same_hash),
        cmocka_unit_test(test_hash_covers_the_layers),
        cmocka_unit_test(test_nan_everywhere_is_counted_and_survived),
        cmocka_unit_test(test_lying_sizes_are_refused),
        cmocka_unit_test(test_random_bits_are_survived),
        cmocka_unit_test(test_paint_waits_for_its_own_depth),
        cmocka_unit_test(test_tilt_comes_from_gravity),
        cmocka_unit_test(test_acceleration_is_no_tilt),
        cmocka_unit_test(test_destroy_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
