/* Rings, lost beams, spreading beams, mirrors and a scanner that turns while the robot moves. */
#include "tests/sim/capture.h"

#include "sim/echo.h"
#include "sim/material.h"
#include "sim/sweep.h"

/* --- rings ------------------------------------------------------------------------------------------------ */

static float float_at(const struct msg_point_cloud2 *cloud, uint32_t row, uint32_t column, uint32_t offset)
{
    float value;
    memcpy(&value, cloud->data.data + row * cloud->row_step + column * cloud->point_step + offset, sizeof value);
    return value;
}

/* Every point of the cloud against the ray caster, along its own direction; the level ring is the scan, which is what
 * a scanner with a single ring says. */
static void rings_are_scans_above_each_other(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){QUIET, "lidar.rings=6", "lidar.ring_step_rad=0.08",
                                                           "lidar.yaw_rad=0.4", "lidar.beams=90", NULL});
    struct stage single = stage_open(ROOM, (const char *[]){QUIET, "lidar.yaw_rad=0.4", "lidar.beams=90", NULL});
    struct capture capture, other;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_LIDAR));
    capture_open(&other, &single, 1, ONLY(SENSOR_LIDAR));
    const struct msg_laser_scan *scan = next(&stage, &capture, TOPIC_SCAN), *alone = next(&single, &other, TOPIC_SCAN);
    const struct msg_point_cloud2 *cloud = latest(&capture, TOPIC_POINTS);
    assert_memory_equal(scan->ranges.data, alone->ranges.data, 90 * sizeof(float));
    assert_int_equal(journal_count(other.journal, TOPIC_POINTS), 0);
    assert_int_equal(capture.taken[TOPIC_POINTS], 0);
    assert_true(cloud->height == 6 && cloud->width == 90 && cloud->data.count == 6 * cloud->row_step);
    assert_true(cloud->fields.count == 5 && !cloud->is_dense && !cloud->is_bigendian);
    assert_string_equal(cloud->fields.data[4].name, "ring");
    struct pose3 base = stage_truth(&stage).pose;
    struct vec3 eye = pose3_apply(base, (struct vec3){0, 0, stage.scenario->lidar.z_m});
    size_t floors = 0, holes = 0;
    for (uint32_t ring = 0; ring < 6; ring++)
        for (uint32_t i = 0; i < 90; i++) {
            double e = (ring - 3.0) * 0.08, a = -PI + i * 2 * PI / 90 + 0.4;
            struct vec3 way = quat_rotate(base.orientation, (struct vec3){cos(e) * cos(a), cos(e) * sin(a), sin(e)});
            struct raycast_hit hit;
            bool found = raycast_ray(stage.world->raycast, eye, way, 10, SENSE_LIDAR, &hit);
            struct vec3 p = {(double)float_at(cloud, ring, i, 0), (double)float_at(cloud, ring, i, 4),
                             (double)float_at(cloud, ring, i, 8)};
            assert_int_equal(cloud->data.data[ring * cloud->row_step + i * cloud->point_step + 16], ring);
            holes += !found;
            if (!found) {
                assert_true(isnan(p.x));
                continue;
            }
            assert_near(vec3_length(p), hit.distance_m, 1e-5 * hit.distance_m);
            assert_near(atan2(p.z, hypot(p.x, p.y)), e, 1e-5);
            assert_near(wrap_angle(atan2(p.y, p.x) + 0.4 - a), 0, 1e-5);
            floors += hit.tag == TAG_GROUND;
        }
    assert_true(floors > 90 && holes > 20);
    capture_close(&capture, &stage);
    capture_close(&other, &single);
    stage_close(&stage);
    stage_close(&single);
}

/* --- beams that get lost ---------------------------------------------------------------------------------- */

static double share_lost(const char *yaml, const char *const *settings, uint32_t beam, double *n)
{
    struct stage stage = stage_open(yaml, settings);
    struct capture capture;
    double lost = 0;
    capture_open(&capture, &stage, 3, ONLY(SENSOR_LIDAR));
    *n = 4000;
    for (int i = 0; i < 4000; i++) {
        sensors_sample(stage.sensors, 20, 0);
        arena_reset(&capture.arena);
        lost += isinf(((const struct msg_laser_scan *)latest(&capture, TOPIC_SCAN))->ranges.data[beam]);
    }
    capture_close(&capture, &stage);
    stage_close(&stage);
    return lost / *n;
}

/* A wall ahead along y, met by beam k of 24 at an angle of 90 - 15 k degrees; and one of each material. */
static void losses_have_their_shares(void **unused)
{
    (void)unused;
    static const struct { const char *material, *setting; int beam; double share; } rows[] = {
        {"plaster", "lidar.dropout=0.3", 0, 0.3},
        {"plaster", "lidar.grazing_rad=0", 5, 0},
        {"plaster", "lidar.grazing_rad=0.8", 0, 0},
        {"plaster", "lidar.grazing_rad=0.8", 4, 0.303}, /* 1 - sin 30 / sin 0.8 */
        {"plaster", "lidar.grazing_rad=0.8", 5, 0.639}, /* 1 - sin 15 / sin 0.8 */
        {"plaster", "lidar.material_dropout=1", 0, 0.1},
        {"black", "lidar.material_dropout=1", 0, 0.92},
        {"black", "lidar.material_dropout=0.5", 0, 0.46},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[200];
        double n;
        snprintf(yaml, sizeof yaml, "solids:\n  - {kind: box, at: [2.1, 0], size: [0.2, 39, 3], material: %s}\n",
                 rows[i].material);
        double share =
            share_lost(yaml, (const char *[]){"lidar.beams=24", "lidar.range_max_m=15", rows[i].setting, NULL},
                       (uint32_t)(12 + rows[i].beam), &n);
        assert_near(share, rows[i].share, share_bound(rows[i].share, n) + 0.002); /* it stands a hair off level */
    }
}

/* --- beams that spread ------------------------------------------------------------------------------------ */

static struct lidar_config spreading(int choice)
{
    return (struct lidar_config){.range_max_m = 20, .divergence_rad = 0.01, .pulse_m = 0.3, .echo = choice};
}

/* The echo of rays that meet walls of plaster (echo 0.9) face on, at these distances; 0: nothing there. */
static struct echo echo_at(const struct lidar_config *config, const double distances[ECHO_RAYS])
{
    struct vec3 rays[ECHO_RAYS];
    struct raycast_hit hits[ECHO_RAYS];
    for (int i = 0; i < ECHO_RAYS; i++) {
        rays[i] = (struct vec3){1, 0, 0};
        hits[i] = (struct raycast_hit){.distance_m = distances[i] > 0 ? distances[i] : 20,
                                       .material = distances[i] > 0 ? 0 : -1, .normal = {-1, 0, 0}};
    }
    return echo_of(config, rays, hits);
}

static void returns_blend_or_compete(void **unused)
{
    (void)unused;
    const struct lidar_config first = spreading(ECHO_FIRST), strongest = spreading(ECHO_STRONGEST);
    const double same[] = {4, 4, 4, 4, 4}, apart[] = {6, 4, 6, 6, 6}, near[] = {4.2, 4, 4.2, 4.2, 4.2};
    const double nothing[] = {0, 0, 0, 0, 0}, rim[] = {0, 0, 0, 0, 7}, chain[] = {4, 4.25, 4.5, 4.5, 4.5};
    assert_near(echo_at(&first, same).range_m, 4, 1e-12);
    assert_near(echo_at(&first, same).intensity, 0.9, 1e-12);
    assert_near(echo_at(&first, apart).range_m, 4, 0);
    assert_near(echo_at(&strongest, apart).range_m, 6, 1e-12); /* 4/36 outweigh 1/16 */
    double one = 1 / 16.0, four = 4 / square(4.2), mixed = (4 * one + 4.2 * four) / (one + four);
    assert_near(echo_at(&first, near).range_m, mixed, 1e-12);
    assert_near(echo_at(&strongest, near).range_m, mixed, 1e-12);
    assert_true(isinf(echo_at(&first, nothing).range_m));
    assert_near(echo_at(&first, rim).range_m, 7, 0);
    assert_near(echo_at(&first, rim).intensity, 0.9 / 5, 1e-12);
    /* What is within a pulse of the nearest blends with it, not what is within a pulse of that. */
    assert_near(echo_at(&first, chain).range_m, (4 / 16.0 + 4.25 / square(4.25)) / (1 / 16.0 + 1 / square(4.25)),
                1e-12);
}

/* A beam passes the edge of a post by a third of its spread: a thin one sees only the wall behind, a wide one also
 * the post. */
static void edges_make_mixed_pixels(void **unused)
{
    (void)unused;
    static const char scene[] = "solids:\n  - {kind: box, at: [3.1, 0], size: [0.2, 12, 3]}\n"
                                "  - {kind: box, at: [2.8, 0.217], size: [0.1, 0.4, 3]}\n";
    static const struct { const char *spread, *echo, *pulse; double low, high; } rows[] = {
        {"lidar.divergence_rad=0", "lidar.echo=first", "lidar.pulse_m=0.5", 2.99, 3.01},
        {"lidar.divergence_rad=0.02", "lidar.echo=first", "lidar.pulse_m=0.5", 2.76, 2.98},
        {"lidar.divergence_rad=0.02", "lidar.echo=first", "lidar.pulse_m=0.1", 2.74, 2.76},
        {"lidar.divergence_rad=0.02", "lidar.echo=strongest", "lidar.pulse_m=0.1", 2.99, 3.01}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stage stage =
            stage_open(scene, (const char *[]){QUIET, rows[i].spread, rows[i].echo, rows[i].pulse, NULL});
        struct capture capture;
        capture_open(&capture, &stage, 1, ONLY(SENSOR_LIDAR));
        const struct msg_laser_scan *scan = next(&stage, &capture, TOPIC_SCAN);
        double range = (double)scan->ranges.data[180];
        if (range < rows[i].low || range > rows[i].high)
            print_error("row %zu: %g\n", i, range);
        assert_true(range >= rows[i].low && range <= rows[i].high);
        capture_close(&capture, &stage);
        stage_close(&stage);
    }
}

/* A mirror 2 m ahead, turned by 45 degrees: the beam ahead sees the wall 3 m to its left. */
static void mirrors_send_the_beam_elsewhere(void **unused)
{
    (void)unused;
    static const char scene[] =
        "solids:\n  - {kind: box, at: [2, 0], size: [0.02, 1, 1], yaw: 0.78539816339745, material: mirror}\n"
        "  - {kind: box, at: [2, -3.1], size: [6, 0.2, 3]}\n";
    struct stage stage = stage_open(scene, (const char *[]){QUIET, NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_LIDAR));
    const struct msg_laser_scan *scan = next(&stage, &capture, TOPIC_SCAN);
    double face_m = 2 - 0.01 * sqrt(2);
    assert_near((double)scan->ranges.data[180], face_m + 3, 0.01);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* --- a scanner that turns --------------------------------------------------------------------------------- */

static void poses_are_found_between_steps(void **unused)
{
    (void)unused;
    struct sweep sweep;
    sweep_init(&sweep, 4);
    for (int i = 0; i < 11; i++)
        sweep_put(&sweep, (struct pose3){{i, 2 * i, 0}, quat_from_yaw(0.1 * i)});
    for (double ago = 0; ago <= 4; ago += 0.25) {
        struct pose3 pose = sweep_pose(&sweep, ago);
        assert_near(pose.position.x, 10 - ago, 1e-12);
        assert_near(pose.position.y, 2 * (10 - ago), 1e-12);
        assert_near(quat_yaw(pose.orientation), 0.1 * (10 - ago), 1e-5);
    }
    sweep_clear(&sweep);
    sweep_init(&sweep, 4);
    sweep_put(&sweep, (struct pose3){{7, 0, 0}, {0, 0, 0, 1}});
    assert_near(sweep_pose(&sweep, 3.5).position.x, 7, 1e-12); /* nothing older is known */
    sweep_clear(&sweep);
}

/* Driving a curve: each range is the ray caster's from where the truth, noted step by step, was at stamp + i *
 * increment. */
static void beams_are_cast_from_where_the_robot_was(void **unused)
{
    (void)unused;
    enum { STEPS = 20, BEAMS = 100 };
    struct stage stage = stage_open(ROOM, (const char *[]){QUIET, "lidar.motion_distortion=true", "lidar.beams=100",
                                                           NULL});
    struct capture capture;
    struct pose3 poses[STEPS + 1];
    capture_open(&capture, &stage, 1, ONLY(SENSOR_LIDAR));
    stage_run(&stage, (struct twist2){0.6, 1.5}, 0.5);
    poses[0] = stage_truth(&stage).pose;
    for (int tick = 0; tick < 2; tick++) {
        robot_drive(stage.robot, (struct twist2){0.6, 1.5}, 0.05);
        for (int i = 0; i < STEPS / 2; i++) {
            stage_step(&stage);
            poses[tick * STEPS / 2 + i + 1] = stage_truth(&stage).pose;
        }
    }
    const struct msg_laser_scan *scan = latest(&capture, TOPIC_SCAN);
    assert_true(message_ns(scan->header.stamp) == 500000000);
    assert_near((double)scan->time_increment, 0.001, 1e-9);
    assert_near((double)scan->scan_time, 0.1, 1e-8);
    double apart = 0;
    for (int i = 0; i < BEAMS; i++) {
        double angle = -PI + i * 2 * PI / BEAMS;
        struct pose3 pose = poses[i * STEPS / BEAMS]; /* every fifth beam is at a step */
        if (i % (BEAMS / STEPS))
            continue;
        struct raycast_hit then, now;
        struct vec3 mount = {0, 0, stage.scenario->lidar.z_m}, way = {cos(angle), sin(angle), 0};
        bool found = raycast_ray(stage.world->raycast, pose3_apply(pose, mount), quat_rotate(pose.orientation, way), 10,
                                 SENSE_LIDAR, &then);
        if (!found) {
            assert_true(isinf(scan->ranges.data[i]));
            continue;
        }
        assert_near((double)scan->ranges.data[i], then.distance_m, 1e-4);
        if (raycast_ray(stage.world->raycast, pose3_apply(poses[STEPS], mount),
                        quat_rotate(poses[STEPS].orientation, way), 10, SENSE_LIDAR, &now))
            apart = fmax(apart, fabs(now.distance_m - then.distance_m));
    }
    assert_true(apart > 0.1); /* a frozen scan would have been another one */
    capture_close(&capture, &stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_are_scans_above_each_other),
        cmocka_unit_test(losses_have_their_shares),
        cmocka_unit_test(returns_blend_or_compete),
        cmocka_unit_test(edges_make_mixed_pixels),
        cmocka_unit_test(mirrors_send_the_beam_elsewhere),
        cmocka_unit_test(poses_are_found_between_steps),
        cmocka_unit_test(beams_are_cast_from_where_the_robot_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
