/* tests/perception/toy_world.h - a flat world small enough to check by hand: upright boxes, some of which a
 * lidar passes, on a floor with painted rectangles. Rays against it are closed-form; a camera is a ray per
 * pixel. */
#ifndef TESTS_PERCEPTION_TOY_WORLD_H
#define TESTS_PERCEPTION_TOY_WORLD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "logs/geometry.h"
#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/perception.h"

struct toy_box {
    double x0, y0, x1, y1, top_m;
    bool is_glass, is_yellow;
};
struct toy_world {
    const struct toy_box *boxes;
    size_t box_count;
    struct toy_box paint; /* a rectangle of the floor; empty when x0 == x1 */
};

enum { TOY_BEAMS = 360, TOY_WIDTH = 64, TOY_HEIGHT = 48, TOY_PIXELS = TOY_WIDTH * TOY_HEIGHT };
#define TOY_RANGE_M 10.0
#define TOY_LIDAR_Z_M 0.3
#define TOY_CAMERA_Z_M 0.35
#define TOY_CAMERA_X_M 0.15
#define TOY_CAMERA_PITCH_RAD 0.2
#define TOY_HFOV_RAD (80 * PI / 180)

/* The distance (in lengths of `d`) at which o + t d enters the box; infinite if it does not. */
static inline double toy_box_hit(const struct toy_box *box, struct vec3 o, struct vec3 d)
{
    const double low[3] = {box->x0, box->y0, 0}, high[3] = {box->x1, box->y1, box->top_m};
    const double from[3] = {o.x, o.y, o.z}, along[3] = {d.x, d.y, d.z};
    double enter = 0, leave = 1e30;
    for (int i = 0; i < 3; i++) {
        if (fabs(along[i]) < 1e-12) {
            if (from[i] < low[i] || from[i] > high[i])
                return (double)INFINITY;
            continue;
        }
        double a = (low[i] - from[i]) / along[i], b = (high[i] - from[i]) / along[i];
        enter = fmax(enter, fmin(a, b));
        leave = fmin(leave, fmax(a, b));
    }
    return enter > 0 && enter <= leave ? enter : (double)INFINITY;
}

/* The nearest box, or NULL; *t its distance. */
static inline const struct toy_box *toy_cast(const struct toy_world *world, struct vec3 o, struct vec3 d, bool lidar,
                                             double *t)
{
    const struct toy_box *nearest = NULL;
    *t = (double)INFINITY;
    for (size_t i = 0; i < world->box_count; i++) {
        double at = lidar && world->boxes[i].is_glass ? (double)INFINITY : toy_box_hit(&world->boxes[i], o, d);
        if (at < *t) {
            *t = at;
            nearest = &world->boxes[i];
        }
    }
    return nearest;
}

static inline bool toy_holds(const struct toy_box *box, double x, double y)
{
    return x >= box->x0 && x < box->x1 && y >= box->y0 && y < box->y1;
}

static inline void toy_scan(const struct toy_world *world, struct pose2 pose, double noise_m,
                            struct seed_stream *random, float ranges[TOY_BEAMS])
{
    for (int i = 0; i < TOY_BEAMS; i++) {
        double angle = pose.yaw - PI + i * 2 * PI / TOY_BEAMS, t;
        struct vec3 from = {pose.x, pose.y, TOY_LIDAR_Z_M}, along = {cos(angle), sin(angle), 0};
        toy_cast(world, from, along, true, &t);
        ranges[i] = (float)(t <= TOY_RANGE_M ? t + noise_m * seed_gaussian(random) : (double)INFINITY);
    }
}

/* Colours with Gaussian noise of 3; depth along the optical axis with noise of 5 mm and 0.5 %, and 1 % of holes. */
static inline void toy_camera(const struct toy_world *world, struct pose2 pose, struct seed_stream *random,
                              uint8_t rgb[TOY_PIXELS * 3], float depth[TOY_PIXELS])
{
    static const uint8_t sky[3] = {150, 180, 220}, yellow[3] = {250, 200, 20}, floor[3] = {128, 128, 128},
                         wall[3] = {190, 185, 175};
    struct quat mount = quat_multiply(quat_from_yaw(pose.yaw), quat_from_rpy(0, TOY_CAMERA_PITCH_RAD, 0));
    struct vec2 eye = pose2_apply(pose, (struct vec2){TOY_CAMERA_X_M, 0});
    double focal = TOY_WIDTH / 2.0 / tan(TOY_HFOV_RAD / 2);
    for (int i = 0; i < TOY_PIXELS; i++) {
        struct vec3 pixel = {1, (TOY_WIDTH / 2.0 - i % TOY_WIDTH - 0.5) / focal,
                             (TOY_HEIGHT / 2.0 - i / TOY_WIDTH - 0.5) / focal};
        struct vec3 ray = quat_rotate(mount, pixel), from = {eye.x, eye.y, TOY_CAMERA_Z_M};
        double t, ground = ray.z < 0 ? -TOY_CAMERA_Z_M / ray.z : (double)INFINITY;
        const struct toy_box *box = toy_cast(world, from, ray, false, &t);
        const uint8_t *colour = box && box->is_yellow ? yellow : box ? wall : sky;
        if (ground < t) {
            colour = toy_holds(&world->paint, from.x + ground * ray.x, from.y + ground * ray.y) ? yellow : floor;
            t = ground;
        }
        depth[i] = (float)(t < 20 ? t + (0.005 + 0.005 * t) * seed_gaussian(random) : (double)INFINITY);
        if (seed_below(random, 100) == 0)
            depth[i] = (float)NAN;
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = (uint8_t)clamp(colour[c] + 3 * seed_gaussian(random), 0, 255);
    }
}

/* Boxes that reach the lidar's height, as a map of 0 and 100. Owned cells. */
static inline struct static_map toy_map(const struct toy_world *world, struct grid grid)
{
    int8_t *cells = NEW_ARRAY(grid_size(&grid), int8_t);
    for (int y = 0; y < grid.height; y++) {
        for (int x = 0; x < grid.width; x++) {
            struct vec2 p = grid_centre(&grid, (struct cell){x, y});
            for (size_t i = 0; i < world->box_count; i++)
                if (toy_holds(&world->boxes[i], p.x, p.y))
                    cells[grid_index(&grid, (struct cell){x, y})] = 100;
        }
    }
    return (struct static_map){grid, cells};
}

static inline struct perception_config toy_config(struct pose2 start, const struct static_map *map)
{
    struct perception_config config = {
        .start = start, .length_m = 0.51, .width_m = 0.43, .lidar_z_m = TOY_LIDAR_Z_M,
        .camera_in_base = {{TOY_CAMERA_X_M, 0, TOY_CAMERA_Z_M}, quat_from_rpy(0, TOY_CAMERA_PITCH_RAD, 0)},
        .camera_hfov_rad = TOY_HFOV_RAD, .camera_width = TOY_WIDTH, .camera_height = TOY_HEIGHT,
        .depth_min_m = 0.1, .depth_max_m = 8, .bounds_x0_m = -5, .bounds_y0_m = -5, .bounds_x1_m = 5,
        .bounds_y1_m = 5, .resolution_m = 0.05, .map = map,
        .nominal_hz = {[SENSOR_LIDAR] = 10, [SENSOR_CAMERA] = 10, [SENSOR_DEPTH] = 10, [SENSOR_IMU] = 100,
                       [SENSOR_ODOMETRY] = 50, [SENSOR_BUMPER] = 20},
    };
    return config;
}

/* --- messages, borrowing their data ----------------------------------------------------------------------- */
static inline struct msg_laser_scan toy_scan_message(int64_t ns, float ranges[TOY_BEAMS])
{
    return (struct msg_laser_scan){.header = {message_time(ns), "lidar"}, .angle_min = (float)-PI,
                                   .angle_max = (float)PI, .angle_increment = (float)(2 * PI / TOY_BEAMS),
                                   .range_min = 0.05f, .range_max = (float)TOY_RANGE_M, .ranges = {ranges, TOY_BEAMS}};
}
static inline struct msg_image toy_image_message(int64_t ns, uint8_t *rgb)
{
    return (struct msg_image){.header = {message_time(ns), "camera"}, .width = TOY_WIDTH, .height = TOY_HEIGHT,
                              .encoding = "rgb8", .step = TOY_WIDTH * 3, .data = {rgb, TOY_PIXELS * 3}};
}
static inline struct msg_image toy_depth_message(int64_t ns, float *depth)
{
    return (struct msg_image){.header = {message_time(ns), "camera"}, .width = TOY_WIDTH, .height = TOY_HEIGHT,
                              .encoding = "32FC1", .step = TOY_WIDTH * 4, .data = {(uint8_t *)depth, TOY_PIXELS * 4}};
}
static inline struct msg_odometry toy_odometry_message(int64_t ns, struct pose2 pose, double v_mps, double w_radps)
{
    struct msg_odometry odometry = {.header = {message_time(ns), "odom"}, .child_frame_id = "base_link"};
    struct quat q = quat_from_yaw(pose.yaw);
    odometry.pose.pose.position = (struct msg_point){pose.x, pose.y, 0};
    odometry.pose.pose.orientation = (struct msg_quaternion){q.x, q.y, q.z, q.w};
    odometry.twist.twist.linear.x = v_mps;
    odometry.twist.twist.angular.z = w_radps;
    return odometry;
}
static inline struct msg_imu toy_imu_message(int64_t ns, double w_radps)
{
    return (struct msg_imu){.header = {message_time(ns), "imu"}, .orientation = {0, 0, 0, 1},
                            .angular_velocity = {0, 0, w_radps}, .linear_acceleration = {0, 0, 9.81}};
}

#endif
