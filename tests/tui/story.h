/* tests/tui/story.h - a made-up episode, always the same, as frames: what the dashboard's tests watch.
 *
 * A robot drives through a 12 x 8 m room past a box; at 10 s it comes too close (NEAR, ends at 11 s), at 14 s it
 * grazes the box (COL1). 20 ticks a second; IMU 100 Hz, odometry 50 Hz, scan and pictures 10 Hz, as the simulator
 * would send them. */
#ifndef TESTS_TUI_STORY_H
#define TESTS_TUI_STORY_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/geometry.h"
#include "logs/journal.h"

enum { STORY_MAP_W = 120, STORY_MAP_H = 80, STORY_IMAGE_W = 64, STORY_IMAGE_H = 48, STORY_TICK_NS = 50000000 };

static inline struct msg_header story_header(int64_t ns, const char *frame)
{
    return (struct msg_header){message_time(ns), frame};
}

static inline struct msg_pose story_pose(struct pose2 p)
{
    struct quat q = quat_from_yaw(p.yaw);
    return (struct msg_pose){{p.x, p.y, 0}, {q.x, q.y, q.z, q.w}};
}

static inline struct pose2 story_place(int64_t ns)
{
    double t = (double)ns / 1e9;
    return (struct pose2){1.5 + 0.5 * t, 3.5 + 0.8 * sin(0.4 * t), 0.5 * cos(0.4 * t)};
}

static inline bool story_is_wall(double x, double y)
{
    bool border = x < 0.2 || y < 0.2 || x > 11.8 || y > 7.8;
    bool box = x > 6 && x < 7.2 && y > 4.2 && y < 5.4, pillar = hypot(x - 4, y - 1.6) < 0.3;
    return border || box || pillar;
}

static inline void story_map(struct journal *journal)
{
    static int8_t cells[STORY_MAP_W * STORY_MAP_H];
    for (int y = 0; y < STORY_MAP_H; y++)
        for (int x = 0; x < STORY_MAP_W; x++)
            cells[y * STORY_MAP_W + x] = story_is_wall((x + 0.5) * 0.1, (y + 0.5) * 0.1) ? 100 : 0;
    struct msg_occupancy_grid map = {.header = story_header(0, "map"),
                                     .info = {.resolution = 0.1F, .width = STORY_MAP_W, .height = STORY_MAP_H},
                                     .data = {cells, sizeof cells}};
    journal_publish(journal, TOPIC_MAP, 0, &map);
}

static inline void story_announce(struct journal *journal, uint64_t seed)
{
    struct msg_episode_info info = {.header = story_header(0, "map"),
                                    .scenario = "office",
                                    .summary = "a made-up office",
                                    .seed = seed,
                                    .policy = "dwa",
                                    .shield = "on",
                                    .without = "",
                                    .build_id = "test",
                                    .tick_ns = STORY_TICK_NS,
                                    .time_limit_ns = 60000000000,
                                    .robot_length_m = 0.51,
                                    .robot_width_m = 0.43,
                                    .max_v_mps = 2,
                                    .max_w_radps = 2,
                                    .start = story_pose(story_place(0)),
                                    .goal = story_pose((struct pose2){10.5, 3.5, 0}),
                                    .goal_tolerance_m = 0.3,
                                    .reference_length_m = 9.2};
    journal_publish(journal, TOPIC_EPISODE_INFO, 0, &info);
    story_map(journal);
    struct msg_transform_stamped mount = {story_header(0, "base_link"), "lidar_link", {{0.12, 0, 0.3}, {0, 0, 0, 1}}};
    struct msg_tf_message tf = {.transforms = {&mount, 1}};
    journal_publish(journal, TOPIC_TF_STATIC, 0, &tf);
    struct msg_pose_stamped goal = {story_header(0, "map"), story_pose((struct pose2){10.5, 3.5, 0})};
    journal_publish(journal, TOPIC_GOAL, 0, &goal);
    journal_say(journal, 0, 20, "episode", "office, seed %llu, policy dwa, shield on", (unsigned long long)seed);
    struct msg_pose_stamped steps[20];
    for (int i = 0; i < 20; i++)
        steps[i] = (struct msg_pose_stamped){story_header(0, "map"), story_pose(story_place(i * 1000000000LL))};
    struct msg_path plan = {.header = story_header(0, "map"), .poses = {steps, 20}};
    journal_publish(journal, TOPIC_PLAN, 0, &plan);
}

/* --- sensors -------------------------------------------------------------------------------------------------- */

static inline void story_scan(struct journal *journal, int64_t ns)
{
    static float ranges[360];
    struct pose2 lidar = pose2_compose(story_place(ns), (struct pose2){0.12, 0, 0});
    for (int i = 0; i < 360; i++) {
        double angle = lidar.yaw - PI + i * PI / 180, r = 0.1;
        while (r < 8 && !story_is_wall(lidar.x + r * cos(angle), lidar.y + r * sin(angle)))
            r += 0.04;
        ranges[i] = r < 8 ? (float)r : INFINITY;
    }
    struct msg_laser_scan scan = {.header = story_header(ns, "lidar_link"),
                                  .angle_min = (float)-PI,
                                  .angle_max = (float)(PI * 179 / 180),
                                  .angle_increment = (float)(PI / 180),
                                  .scan_time = 0.1F,
                                  .range_min = 0.1F,
                                  .range_max = 8,
                                  .ranges = {ranges, 360}};
    journal_publish(journal, TOPIC_SCAN, ns, &scan);
}

static inline void story_images(struct journal *journal, int64_t ns)
{
    static uint8_t rgb[STORY_IMAGE_W * STORY_IMAGE_H * 3], labels[STORY_IMAGE_W * STORY_IMAGE_H];
    static float depth[STORY_IMAGE_W * STORY_IMAGE_H];
    int shift = (int)(ns / 250000000) % 20;
    for (int y = 0; y < STORY_IMAGE_H; y++)
        for (int x = 0; x < STORY_IMAGE_W; x++) {
            int i = y * STORY_IMAGE_W + x;
            bool floor_here = y > 26 + abs(x - 32) / 6, box = abs(x - 44 + shift) < 7 && y > 16 && y < 34;
            int wall = 120 + 2 * abs(x - 32), ground = 60 + 2 * (y - 24);
            const uint8_t colours[3] = {(uint8_t)wall, (uint8_t)(wall - 10), (uint8_t)(wall - 25)};
            for (int k = 0; k < 3; k++)
                rgb[3 * i + k] = box          ? (uint8_t)(k == 0   ? 205
                                                          : k == 1 ? 110
                                                                   : 30)
                                 : floor_here ? (uint8_t)ground
                                              : colours[k];
            labels[i] = box ? 3 : floor_here ? 1 : 2;
            depth[i] = box ? 1.8F : floor_here ? 40.0F / (float)(y - 18) : 6.0F - 0.1F * (float)abs(x - 32);
        }
    struct msg_image image = {.header = story_header(ns, "camera"),
                              .height = STORY_IMAGE_H,
                              .width = STORY_IMAGE_W,
                              .encoding = "rgb8",
                              .step = 3 * STORY_IMAGE_W,
                              .data = {rgb, sizeof rgb}};
    journal_publish(journal, TOPIC_IMAGE, ns, &image);
    image.encoding = "32FC1";
    image.step = 4 * STORY_IMAGE_W;
    static uint8_t raw[sizeof depth];
    memcpy(raw, depth, sizeof depth);
    image.data.data = raw;
    image.data.count = sizeof raw;
    journal_publish(journal, TOPIC_DEPTH, ns, &image);
    image.encoding = "mono8";
    image.step = STORY_IMAGE_W;
    image.data.data = labels;
    image.data.count = sizeof labels;
    journal_publish(journal, TOPIC_LABELS, ns, &image);
    for (size_t i = 0; i < sizeof labels; i++) /* what is seen is not always what is */
        labels[i] = labels[i] == 3 && i % 7 == 0 ? 4 : labels[i];
    journal_publish(journal, TOPIC_LABELS_SEEN, ns, &image);
}

static inline void story_imu(struct journal *journal, int64_t ns)
{
    double t = (double)ns / 1e9;
    struct msg_imu imu = {.header = story_header(ns, "imu"),
                          .angular_velocity = {0.01 * sin(9 * t), 0, -0.2 * sin(0.4 * t)},
                          .linear_acceleration = {0.4 * sin(3 * t), 0.2 * cos(5 * t), 9.81 + 0.3 * sin(17 * t)}};
    imu.orientation_covariance[0] = -1;
    journal_publish(journal, TOPIC_IMU, ns, &imu);
}

static inline void story_odom(struct journal *journal, int64_t ns)
{
    struct pose2 at = pose2_between(story_place(0), story_place(ns));
    struct msg_odometry odom = {.header = story_header(ns, "odom"),
                                .child_frame_id = "base_link",
                                .pose = {.pose = story_pose(at)},
                                .twist = {.twist = {.linear = {0.6 + 0.1 * sin((double)ns / 5e8), 0, 0},
                                                    .angular = {0, 0, -0.2 * sin(0.4 * (double)ns / 1e9)}}}};
    journal_publish(journal, TOPIC_ODOM, ns, &odom);
}

static inline void story_costmap(struct journal *journal, int64_t ns)
{
    static int8_t cells[60 * 60];
    struct pose2 at = story_place(ns);
    double x0 = floor(at.x * 10) / 10 - 3, y0 = floor(at.y * 10) / 10 - 3;
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 60; x++) {
            double px = x0 + (x + 0.5) * 0.1, py = y0 + (y + 0.5) * 0.1,
                   box_m = fmax(fabs(px - 6.6) - 0.6, fabs(py - 4.8) - 0.6);
            bool keep_out = px > 8 && px < 9 && py > 1.5 && py < 2.5;
            cells[y * 60 + x] = keep_out ? 101 : story_is_wall(px, py) ? 100 : box_m < 0.6 && box_m > 0 ? 70 : 0;
        }
    struct msg_occupancy_grid map = {
        .header = story_header(ns, "map"),
        .info = {.resolution = 0.1F, .width = 60, .height = 60, .origin = story_pose((struct pose2){x0, y0, 0})},
        .data = {cells, sizeof cells}};
    journal_publish(journal, TOPIC_COSTMAP, ns, &map);
}

/* --- mind and judge ------------------------------------------------------------------------------------------- */

static inline void story_decision(struct journal *journal, int64_t ns, uint64_t tick)
{
    static const char *critics[] = {"path", "goal", "clear", "speed"};
    double costs[5][4], v = 0.6 + 0.1 * sin((double)ns / 5e8), w = -0.2 * sin(0.4 * (double)ns / 1e9);
    struct msg_candidate candidates[5];
    for (int i = 0; i < 5; i++) {
        double total = 0;
        for (int k = 0; k < 4; k++)
            total += costs[i][k] = 0.15 * (k + 1) + 0.11 * i;
        candidates[i] = (struct msg_candidate){
            v - 0.05 * i, w + 0.15 * (i - 2), i != 4, i != 4 ? total : (double)INFINITY, {costs[i], 4}};
    }
    bool shielded = tick >= 200 && tick < 230;
    struct msg_decision d = {.header = story_header(ns, "base_link"),
                             .tick = tick,
                             .policy = "dwa",
                             .wish_v_mps = v,
                             .wish_w_radps = w,
                             .v_mps = shielded ? 0.5 * v : v,
                             .w_radps = w,
                             .confidence = 0.71,
                             .reason = "following path, 1.2 m clear ahead",
                             .constraint = "clearance 0.31 m left",
                             .shield_mode = "on",
                             .shield_active = shielded,
                             .shield_reason = shielded ? "brake: 0.42 m to obstacle at 12 deg left" : "",
                             .ttc_s = shielded ? 0.8 : 2.4,
                             .clearance_m = 0.31,
                             .candidates_total = 60,
                             .candidates_valid = 41,
                             .critics = {critics, 4},
                             .candidates = {candidates, 5}};
    journal_publish(journal, TOPIC_DECISION, ns, &d);
}

static inline void story_belief(struct journal *journal, int64_t ns, uint64_t tick)
{
    struct pose2 at = story_place(ns);
    struct msg_belief belief = {.header = story_header(ns, "map"),
                                .tick = tick,
                                .x = at.x,
                                .y = at.y,
                                .yaw = at.yaw,
                                .v_mps = 0.6,
                                .localised = true,
                                .match_score = 0.93,
                                .goal_distance_m = hypot(10.5 - at.x, 3.5 - at.y),
                                .path_left_m = 11 - at.x};
    journal_publish(journal, TOPIC_BELIEF, ns, &belief);
}

static inline void story_event(struct journal *journal, int64_t ns, uint64_t tick, const char *id, uint8_t severity,
                               uint8_t phase, uint32_t number, double value, double threshold, const char *unit)
{
    struct pose2 at = story_place(ns);
    struct msg_safety_event event = {.header = story_header(ns, "map"),
                                     .tick = tick,
                                     .id = id,
                                     .severity = severity,
                                     .phase = phase,
                                     .number = number,
                                     .value = value,
                                     .threshold = threshold,
                                     .unit = unit,
                                     .duration_s = phase ? 1.0 : 0,
                                     .detail = "box, sector L",
                                     .action = "v 0.60 w -0.20",
                                     .lidar_age_s = 0.038,
                                     .x = at.x,
                                     .y = at.y,
                                     .yaw = at.yaw};
    journal_publish(journal, TOPIC_SAFETY_EVENT, ns, &event);
    journal_say(journal, ns, severity >= 3 ? 40 : 30, "safety", "%s %s: %.2f %s, limit %.2f", id,
                phase ? "ended" : "began", value, unit, threshold);
}

static inline void story_counters(struct journal *journal, int64_t ns, uint64_t tick)
{
    struct msg_violation_count counts[] = {
        {"COL1", tick >= 280, false, tick >= 280 ? 0.1 : 0, 0.03},
        {"COL2", 0, false, 0, 0},
        {"COL3", 0, false, 0, 0},
        {"NEAR", tick >= 200, tick >= 200 && tick < 220, tick >= 200 ? 1.0 : 0, 0.08},
        {"TTC", 0, false, 0, 0},
        {"SPD", 0, false, 0, 0},
        {"KEEP", 0, false, 0, 0},
        {"SHIELD", tick >= 200, tick >= 200 && tick < 230, tick >= 200 ? 1.5 : 0, 0}};
    struct msg_safety_counters c = {.header = story_header(ns, "map"),
                                    .tick = tick,
                                    .total = counts[0].count + counts[3].count + counts[7].count,
                                    .breach_s = tick >= 200 ? 1.1 : 0,
                                    .clearance_m = 0.31,
                                    .min_clearance_m = 0.08,
                                    .min_clearance_stamp = message_time(10450000000),
                                    .ttc_s = tick >= 200 && tick < 230 ? 0.8 : (double)INFINITY,
                                    .counts = {counts, COUNT_OF(counts)}};
    journal_publish(journal, TOPIC_SAFETY_COUNTERS, ns, &c);
}

static inline void story_health(struct journal *journal, int64_t ns)
{
#define STORY_CHANNEL(channel, unit, value, usual, ph, psi) \
    1, channel, unit, 0, value, usual, ph, 12, psi, 0.84, 32, 0
    struct msg_sensor_state sensors[] = {
        {"lidar", 0, 10, 10, 0.041, 100, 0, 0, "", "", STORY_CHANNEL("range", "m", 0.004, 0.001, 1.2, 0.21)},
        {"camera", 0, 10, 10, 0.022, 100, 0, 0, "", "", STORY_CHANNEL("light", "levels/s", -0.9, 0.2, 0.4, 0.33)},
        {"depth", 0, 10, 10, 0.022, 100, 0, 0, "", "", STORY_CHANNEL("floor", "times", 1.002, 0.998, 2.3, 0.4)},
        {"imu", 0, 100, 100, 0.004, 1000, 0, 0, "", "", STORY_CHANNEL("turn", "rad/s", 0.001, 0.001, 0.7, 0.18)},
        {"odometry", 0, 50, 50, 0.009, 500, 0, 0, "", "", STORY_CHANNEL("speed", "m/s", 0.011, 0.004, 3.1, 0.6)},
        {"bumper", 2, 0, 0, (double)INFINITY, 0, 0, 0, "", "", 0, "", "", 0, 0, 0, 0, 0, 0, 0, 0, 0}};
#undef STORY_CHANNEL
    struct msg_sensor_health health = {.header = story_header(ns, "base_link"),
                                       .sensors = {sensors, COUNT_OF(sensors)}};
    journal_publish(journal, TOPIC_SENSOR_HEALTH, ns, &health);
    struct msg_server_status status = {.tick = (uint64_t)(ns / STORY_TICK_NS),
                                       .sim_ns = ns,
                                       .speed = 1,
                                       .real_time_factor = 1,
                                       .tick_ms = 0.8,
                                       .tick_ms_p99 = 1.2,
                                       .recording = true,
                                       .log = "a.mcap",
                                       .policy = "dwa",
                                       .shield = "on",
                                       .episode = 1};
    journal_publish(journal, TOPIC_SERVER_STATUS, ns, &status);
}

/* Ticks from..to-1; tick k ends at (k + 1) * 50 ms. `seed` is for the announcement before tick 0. */
static inline void story_play(struct journal *journal, uint64_t seed, uint64_t from, uint64_t to)
{
    for (uint64_t tick = from; tick < to; tick++) {
        if (tick == 0)
            story_announce(journal, seed);
        int64_t start = (int64_t)tick * STORY_TICK_NS, ns = start + STORY_TICK_NS;
        for (int i = 1; i <= 5; i++)
            story_imu(journal, start + i * 10000000);
        story_odom(journal, start + 20000000);
        story_odom(journal, start + 40000000);
        if (tick % 2 == 0) {
            story_scan(journal, start + 10000000);
            story_images(journal, start + 20000000);
        }
        story_belief(journal, ns, tick);
        story_decision(journal, ns, tick);
        if (tick % 4 == 0)
            story_costmap(journal, ns);
        if (tick == 200 || tick == 220)
            story_event(journal, ns, tick, "NEAR", 2, tick == 220, 1, 0.08, 0.10, "m");
        if (tick == 200 || tick == 230)
            story_event(journal, ns, tick, "SHIELD", 1, tick == 230, 1, 0, 0.05, "");
        if (tick == 280)
            story_event(journal, ns, tick, "COL1", 3, 0, 1, 0.03, 0, "m/s");
        if (tick == 282)
            story_event(journal, ns, tick, "COL1", 3, 1, 1, 0.03, 0, "m/s");
        if (tick % 4 == 0 || tick == 200 || tick == 280)
            story_counters(journal, ns, tick);
        if (tick % 10 == 0)
            story_health(journal, ns);
        struct msg_state_hash hash = {
            .tick = tick, .hash = tick * 0x9e3779b97f4a7c15, .pose = story_pose(story_place(ns))};
        journal_publish(journal, TOPIC_STATE_HASH, ns, &hash);
    }
}

#endif
