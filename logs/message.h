/* logs/message.h - every message of Binnacle, declared once.
 *
 * The tables below expand into C structs (struct msg_laser_scan), into field descriptors, and from those into CDR,
 * ros2msg schema text, JSON, comparison and the dashboard's inspector (functions at the end). Standard ROS 2 types keep
 * their published names and field order; package binnacle_msgs is ours. SI units; names carry them.
 *
 * Row forms, inside a FIELDS macro:
 *   V(KIND, name)      one value                  float64 x
 *   A(KIND, name, n)   fixed array                float64[9] k
 *   S(KIND, name)      sequence                   float32[] ranges     -> struct { float *data; uint32_t count; } ranges
 *   N(type, name)      another message inline     Header header
 *   M(type, name)      sequence of messages       PoseStamped[] poses  -> struct { struct msg_pose_stamped *data; ... }
 * Ownership: a message borrows everything its pointers name. A NULL string means "". */
#ifndef LOGS_MESSAGE_H
#define LOGS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/bytes.h"
#include "logs/memory.h"
#include "logs/status.h"

/*      kind     C type        ros2msg name */
#define MESSAGE_KINDS(X)                                                                                               \
    X(BOOL, bool, "bool")                                                                                              \
    X(BYTE, uint8_t, "byte")                                                                                           \
    X(INT8, int8_t, "int8")                                                                                            \
    X(UINT8, uint8_t, "uint8")                                                                                         \
    X(INT16, int16_t, "int16")                                                                                         \
    X(UINT16, uint16_t, "uint16")                                                                                      \
    X(INT32, int32_t, "int32")                                                                                         \
    X(UINT32, uint32_t, "uint32")                                                                                      \
    X(INT64, int64_t, "int64")                                                                                         \
    X(UINT64, uint64_t, "uint64")                                                                                      \
    X(FLOAT32, float, "float32")                                                                                       \
    X(FLOAT64, double, "float64")                                                                                      \
    X(STRING, const char *, "string")

/* --- standard ROS 2 types ---------------------------------------------------------------------------------- */
#define TIME_FIELDS(V, A, S, N, M) V(INT32, sec) V(UINT32, nanosec)
#define HEADER_FIELDS(V, A, S, N, M) N(time, stamp) V(STRING, frame_id)
#define CLOCK_FIELDS(V, A, S, N, M) N(time, clock)
#define VECTOR3_FIELDS(V, A, S, N, M) V(FLOAT64, x) V(FLOAT64, y) V(FLOAT64, z)
#define POINT_FIELDS(V, A, S, N, M) V(FLOAT64, x) V(FLOAT64, y) V(FLOAT64, z)
#define QUATERNION_FIELDS(V, A, S, N, M) V(FLOAT64, x) V(FLOAT64, y) V(FLOAT64, z) V(FLOAT64, w)
#define POSE_FIELDS(V, A, S, N, M) N(point, position) N(quaternion, orientation)
#define POSE_STAMPED_FIELDS(V, A, S, N, M) N(header, header) N(pose, pose)
#define POSE_ARRAY_FIELDS(V, A, S, N, M) N(header, header) M(pose, poses)
#define POSE_WITH_COVARIANCE_FIELDS(V, A, S, N, M) N(pose, pose) A(FLOAT64, covariance, 36)
#define TWIST_FIELDS(V, A, S, N, M) N(vector3, linear) N(vector3, angular)
#define TWIST_WITH_COVARIANCE_FIELDS(V, A, S, N, M) N(twist, twist) A(FLOAT64, covariance, 36)
#define TRANSFORM_FIELDS(V, A, S, N, M) N(vector3, translation) N(quaternion, rotation)
#define TRANSFORM_STAMPED_FIELDS(V, A, S, N, M) N(header, header) V(STRING, child_frame_id) N(transform, transform)
#define TF_MESSAGE_FIELDS(V, A, S, N, M) M(transform_stamped, transforms)
#define ODOMETRY_FIELDS(V, A, S, N, M)                                                                                 \
    N(header, header) V(STRING, child_frame_id) N(pose_with_covariance, pose) N(twist_with_covariance, twist)
#define IMU_FIELDS(V, A, S, N, M)                                                                                      \
    N(header, header) N(quaternion, orientation) A(FLOAT64, orientation_covariance, 9)                                 \
    N(vector3, angular_velocity) A(FLOAT64, angular_velocity_covariance, 9)                                            \
    N(vector3, linear_acceleration) A(FLOAT64, linear_acceleration_covariance, 9)
#define LASER_SCAN_FIELDS(V, A, S, N, M)                                                                               \
    N(header, header) V(FLOAT32, angle_min) V(FLOAT32, angle_max) V(FLOAT32, angle_increment)                          \
    V(FLOAT32, time_increment) V(FLOAT32, scan_time) V(FLOAT32, range_min) V(FLOAT32, range_max)                       \
    S(FLOAT32, ranges) S(FLOAT32, intensities)
#define IMAGE_FIELDS(V, A, S, N, M)                                                                                    \
    N(header, header) V(UINT32, height) V(UINT32, width) V(STRING, encoding) V(UINT8, is_bigendian)                    \
    V(UINT32, step) S(UINT8, data)
#define POINT_FIELD_FIELDS(V, A, S, N, M) V(STRING, name) V(UINT32, offset) V(UINT8, datatype) V(UINT32, count)
#define POINT_CLOUD2_FIELDS(V, A, S, N, M)                                                                             \
    N(header, header) V(UINT32, height) V(UINT32, width) M(point_field, fields) V(BOOL, is_bigendian)                  \
    V(UINT32, point_step) V(UINT32, row_step) S(UINT8, data) V(BOOL, is_dense)
#define RANGE_FIELDS(V, A, S, N, M)                                                                                    \
    N(header, header) V(UINT8, radiation_type) V(FLOAT32, field_of_view) V(FLOAT32, min_range) V(FLOAT32, max_range)   \
    V(FLOAT32, range) V(FLOAT32, variance)
#define REGION_OF_INTEREST_FIELDS(V, A, S, N, M)                                                                       \
    V(UINT32, x_offset) V(UINT32, y_offset) V(UINT32, height) V(UINT32, width) V(BOOL, do_rectify)
#define CAMERA_INFO_FIELDS(V, A, S, N, M)                                                                              \
    N(header, header) V(UINT32, height) V(UINT32, width) V(STRING, distortion_model) S(FLOAT64, d)                     \
    A(FLOAT64, k, 9) A(FLOAT64, r, 9) A(FLOAT64, p, 12) V(UINT32, binning_x) V(UINT32, binning_y)                      \
    N(region_of_interest, roi)
#define MAP_META_DATA_FIELDS(V, A, S, N, M)                                                                            \
    N(time, map_load_time) V(FLOAT32, resolution) V(UINT32, width) V(UINT32, height) N(pose, origin)
#define OCCUPANCY_GRID_FIELDS(V, A, S, N, M) N(header, header) N(map_meta_data, info) S(INT8, data)
#define PATH_FIELDS(V, A, S, N, M) N(header, header) M(pose_stamped, poses)
#define LOG_FIELDS(V, A, S, N, M)                                                                                      \
    N(time, stamp) V(UINT8, level) V(STRING, name) V(STRING, msg) V(STRING, file) V(STRING, function) V(UINT32, line)
#define BATTERY_STATE_FIELDS(V, A, S, N, M)                                                                            \
    N(header, header) V(FLOAT32, voltage) V(FLOAT32, temperature) V(FLOAT32, current) V(FLOAT32, charge)               \
    V(FLOAT32, capacity) V(FLOAT32, design_capacity) V(FLOAT32, percentage) V(UINT8, power_supply_status)              \
    V(UINT8, power_supply_health) V(UINT8, power_supply_technology) V(BOOL, present) S(FLOAT32, cell_voltage)          \
    S(FLOAT32, cell_temperature) V(STRING, location) V(STRING, serial_number)
#define KEY_VALUE_FIELDS(V, A, S, N, M) V(STRING, key) V(STRING, value)
#define DIAGNOSTIC_STATUS_FIELDS(V, A, S, N, M)                                                                        \
    V(BYTE, level) V(STRING, name) V(STRING, message) V(STRING, hardware_id) M(key_value, values)
#define DIAGNOSTIC_ARRAY_FIELDS(V, A, S, N, M) N(header, header) M(diagnostic_status, status)

/* --- binnacle_msgs ----------------------------------------------------------------------------------------- */
/* One rollout a policy weighed. costs[i] belongs to decision.critics[i], already multiplied by its weight. A
 * candidate that is not admissible has valid = false and infinite total. */
#define CANDIDATE_FIELDS(V, A, S, N, M)                                                                                \
    V(FLOAT64, v_mps) V(FLOAT64, w_radps) V(BOOL, valid) V(FLOAT64, total) S(FLOAT64, costs)
/* What the policy wanted (wish_*), what left the shield (v_mps, w_radps), and why. candidates[0] is the chosen one,
 * the rest are the best others, cheapest first. */
#define DECISION_FIELDS(V, A, S, N, M)                                                                                 \
    N(header, header) V(UINT64, tick) V(STRING, policy) V(FLOAT64, wish_v_mps) V(FLOAT64, wish_w_radps)                \
    V(FLOAT64, v_mps) V(FLOAT64, w_radps) V(FLOAT64, confidence) V(STRING, reason) V(STRING, constraint)               \
    V(STRING, shield_mode) V(BOOL, shield_active) V(STRING, shield_reason) V(FLOAT64, ttc_s)                           \
    V(FLOAT64, clearance_m) V(UINT32, candidates_total) V(UINT32, candidates_valid) S(STRING, critics)                 \
    M(candidate, candidates)
/* What the shadow would have done; sums since it began. disagreement: distance of the two wishes in shares of the
 * drive's range. */
#define SHADOW_FIELDS(V, A, S, N, M)                                                                                   \
    N(header, header) V(UINT64, tick) V(STRING, policy) V(BOOL, valid) V(FLOAT64, wish_v_mps) V(FLOAT64, wish_w_radps) \
    V(STRING, reason) V(FLOAT64, disagreement) V(FLOAT64, mean_disagreement) V(BOOL, vetoed) V(UINT64, vetoes)         \
    V(UINT64, ticks)
/* phase 0: the class became active; 1: it ended (duration_s is final). value and threshold are in `unit`; x, y, yaw
 * is where the robot really was (map frame); action is the command in force, e.g. "v 0.80 w -0.20". */
#define SAFETY_EVENT_FIELDS(V, A, S, N, M)                                                                             \
    N(header, header) V(UINT64, tick) V(STRING, id) V(UINT8, severity) V(UINT8, phase) V(UINT32, number)               \
    V(FLOAT64, value) V(FLOAT64, threshold) V(STRING, unit) V(FLOAT64, duration_s) V(STRING, detail)                   \
    V(STRING, action) V(FLOAT64, lidar_age_s) V(FLOAT64, x) V(FLOAT64, y) V(FLOAT64, yaw)
#define VIOLATION_COUNT_FIELDS(V, A, S, N, M)                                                                          \
    V(STRING, id) V(UINT32, count) V(BOOL, active) V(FLOAT64, active_s) V(FLOAT64, worst)
#define SAFETY_COUNTERS_FIELDS(V, A, S, N, M)                                                                          \
    N(header, header) V(UINT64, tick) V(UINT32, total) V(FLOAT64, breach_s) V(FLOAT64, clearance_m)                    \
    V(FLOAT64, min_clearance_m) N(time, min_clearance_stamp) V(FLOAT64, ttc_s) M(violation_count, counts)
/* The estimate in the map frame; covariance is 3x3 row-major over (x, y, yaw). */
#define BELIEF_FIELDS(V, A, S, N, M)                                                                                   \
    N(header, header) V(UINT64, tick) V(FLOAT64, x) V(FLOAT64, y) V(FLOAT64, yaw) V(FLOAT64, v_mps)                    \
    V(FLOAT64, w_radps) A(FLOAT64, covariance, 9) V(BOOL, localised) V(FLOAT64, match_score)                           \
    V(FLOAT64, goal_distance_m) V(FLOAT64, path_left_m)
/* state: 0 OK, 1 STALE, 2 MISSING (removed or never came), 3 BAD. rule: the rule of perception/health.h in force,
 * detail: its figures; with state 0 a warning. weight: 0..1, how much it counts in the fusion. drift_*: its channel
 * (perception/channel.h) that is nearest to its line, "" while none has had a value; drift_state: 0 OK, 1 WARN, 2
 * ALARM; ph, psi and their lines: perception/drift.h, psi_critical infinite before there are samples enough;
 * drift_since_s: simulated time of the onset, 0 with drift_state 0. */
#define SENSOR_STATE_FIELDS(V, A, S, N, M)                                                                             \
    V(STRING, name) V(UINT8, state) V(FLOAT64, rate_hz) V(FLOAT64, nominal_hz) V(FLOAT64, age_s)                       \
    V(UINT32, received) V(UINT32, gaps) V(UINT32, bad_values) V(STRING, rule) V(STRING, detail) V(FLOAT64, weight)     \
    V(STRING, drift_channel) V(STRING, drift_unit) V(UINT8, drift_state) V(FLOAT64, drift_value)                       \
    V(FLOAT64, drift_usual) V(FLOAT64, ph) V(FLOAT64, ph_line) V(FLOAT64, psi) V(FLOAT64, psi_critical)                \
    V(FLOAT64, n_eff) V(FLOAT64, drift_since_s)
/* What moves, as perception follows it, map frame. covariance is row-major over x, y, vx, vy. */
#define TRACK_FIELDS(V, A, S, N, M)                                                                                    \
    V(UINT32, id) N(point, position) N(vector3, velocity) A(FLOAT64, covariance, 16) V(FLOAT64, radius_m)              \
    V(FLOAT64, age_s) V(FLOAT64, unseen_s)
#define TRACKS_FIELDS(V, A, S, N, M) N(header, header) M(track, tracks)
#define SENSOR_HEALTH_FIELDS(V, A, S, N, M) N(header, header) M(sensor_state, sensors)
/* `hash` covers everything; the parts say where a divergence began. */
#define STATE_HASH_FIELDS(V, A, S, N, M)                                                                               \
    V(UINT64, tick) V(UINT64, hash) V(UINT64, world) V(UINT64, sensors) V(UINT64, belief) V(UINT64, decision)          \
    N(pose, pose)
#define EPISODE_INFO_FIELDS(V, A, S, N, M)                                                                             \
    N(header, header) V(STRING, scenario) V(STRING, summary) V(UINT64, seed) V(STRING, policy) V(STRING, shield)       \
    V(STRING, without) V(STRING, build_id) V(INT64, tick_ns) V(INT64, time_limit_ns) V(FLOAT64, robot_length_m)        \
    V(FLOAT64, robot_width_m) V(FLOAT64, max_v_mps) V(FLOAT64, max_w_radps) N(pose, start) N(pose, goal)               \
    V(FLOAT64, goal_tolerance_m) V(FLOAT64, reference_length_m)
#define EPISODE_RESULT_FIELDS(V, A, S, N, M)                                                                           \
    N(header, header) V(STRING, scenario) V(UINT64, seed) V(STRING, policy) V(STRING, outcome) V(STRING, detail)       \
    V(BOOL, success) V(UINT64, ticks) V(FLOAT64, sim_time_s) V(FLOAT64, path_length_m) V(FLOAT64, spl)                 \
    V(FLOAT64, min_clearance_m) V(FLOAT64, mean_clearance_m) V(FLOAT64, position_rms_m) V(FLOAT64, shield_share)       \
    M(violation_count, violations)
/* An operator's input. verb is a row of sim/episode.h's or sim/server.h's command table. `tick` is the control tick
 * it took effect before; 0 in a request. */
#define COMMAND_FIELDS(V, A, S, N, M) V(UINT64, tick) V(STRING, verb) V(STRING, text) S(FLOAT64, values)
#define REPLY_FIELDS(V, A, S, N, M) V(BOOL, ok) V(STRING, text)
/* sectors: bit i set = contact in the i-th 45 degree sector counter-clockwise, sector 0 centred dead ahead. */
#define BUMPER_FIELDS(V, A, S, N, M) N(header, header) V(UINT8, sectors)
/* All transducers of a ring, at one moment; +inf where no echo came back. */
#define RANGE_ARRAY_FIELDS(V, A, S, N, M) N(header, header) M(range, ranges)
/* Truth, for the ledger and the inspector only. impulse_ns is newton seconds over the control tick. */
#define CONTACT_FIELDS(V, A, S, N, M)                                                                                  \
    V(STRING, body_a) V(STRING, body_b) V(FLOAT64, impulse_ns) N(point, position) N(vector3, normal)
#define CONTACTS_FIELDS(V, A, S, N, M) N(header, header) M(contact, contacts)
/* Truth, for scoring a tracker: id stays with its body for the whole episode; kind "person", "cart" or "robot";
 * velocity in the map frame; radius of the upright circle about the body. */
#define PERSON_FIELDS(V, A, S, N, M)                                                                                   \
    V(UINT32, id) V(STRING, kind) V(STRING, name) N(pose, pose) N(vector3, velocity) V(FLOAT64, radius_m)
#define PEOPLE_FIELDS(V, A, S, N, M) N(header, header) M(person, people)
/* A fault began (active) or is over. name is the whole fault as text (sim/fault.h), in_force all that are in force
 * now. */
#define FAULT_EVENT_FIELDS(V, A, S, N, M)                                                                              \
    N(header, header) V(UINT64, tick) V(STRING, name) V(STRING, target) V(STRING, kind) V(FLOAT64, amount)             \
    V(STRING, unit) V(BOOL, active) V(FLOAT64, since_s) S(STRING, in_force)
/* Truth about the further robots, and what each decided: wish, then what its drive made of it after its shield.
 * touches counts contacts between any two robots so far. */
#define ROBOT_TRUTH_FIELDS(V, A, S, N, M)                                                                              \
    V(STRING, name) N(pose, pose) N(twist, twist) N(point, goal) V(UINT32, goals_reached) V(STRING, policy)            \
    V(FLOAT64, wish_v_mps) V(FLOAT64, wish_w_radps) V(FLOAT64, v_mps) V(FLOAT64, w_radps) V(BOOL, shield_active)       \
    V(STRING, reason)
#define ROBOTS_FIELDS(V, A, S, N, M) N(header, header) V(UINT64, tick) V(UINT32, touches) M(robot_truth, robots)
/* The server's own state: wall time lives here, so it goes over the bus and never into a log. */
#define SERVER_STATUS_FIELDS(V, A, S, N, M)                                                                            \
    V(UINT64, tick) V(INT64, sim_ns) V(BOOL, paused) V(BOOL, ended) V(FLOAT64, speed) V(FLOAT64, real_time_factor)     \
    V(FLOAT64, tick_ms) V(FLOAT64, tick_ms_p99) V(UINT64, dropped) V(BOOL, recording) V(STRING, log)                   \
    V(STRING, policy) V(STRING, shield) V(BOOL, estop) V(UINT64, episode)
/* What the command of a network hangs on (nav/saliency.h): v_mps, w_radps with everything (NaN: none), and in each
 * group without it. layout: "whole", "ring", "stripes", "image", "colour". across: bearings of a ring's sector (rad,
 * robot frame), else shares of the image's width from the left; down: of its height from the top; zeros
 * for "whole". */
#define SALIENT_FIELDS(V, A, S, N, M)                                                                                  \
    V(STRING, input) V(STRING, region) V(FLOAT64, saliency) V(FLOAT64, v_mps) V(FLOAT64, w_radps) V(STRING, layout)     \
    A(FLOAT64, across, 2) A(FLOAT64, down, 2)
#define SALIENCY_FIELDS(V, A, S, N, M)                                                                                 \
    N(header, header) V(UINT64, tick) V(STRING, policy) V(FLOAT64, v_mps) V(FLOAT64, w_radps) M(salient, groups)
/* Who says what the cells of /costmap hold: `sources` has a byte a cell, bits as in logs/map_source.h.
 * The cells that somebody holds occupied or painted (any of bits 0..4) have an entry each in `age` and
 * `height_cm`, in the same order. age: less than 2^age seconds since the last of those saw it; bit 7:
 * somebody who moves. height_cm: what stands there is at least so high; 0: unknown. */
#define MAP_SOURCES_FIELDS(V, A, S, N, M)                                                                              \
    N(header, header) N(map_meta_data, info) S(UINT8, sources) S(UINT8, age) S(UINT8, height_cm)

/*      struct           package               ROS name               fields */
#define MESSAGE_TYPES(X)                                                                                               \
    X(time, "builtin_interfaces", "Time", TIME_FIELDS)                                                                 \
    X(header, "std_msgs", "Header", HEADER_FIELDS)                                                                     \
    X(clock, "rosgraph_msgs", "Clock", CLOCK_FIELDS)                                                                   \
    X(vector3, "geometry_msgs", "Vector3", VECTOR3_FIELDS)                                                             \
    X(point, "geometry_msgs", "Point", POINT_FIELDS)                                                                   \
    X(quaternion, "geometry_msgs", "Quaternion", QUATERNION_FIELDS)                                                    \
    X(pose, "geometry_msgs", "Pose", POSE_FIELDS)                                                                      \
    X(pose_stamped, "geometry_msgs", "PoseStamped", POSE_STAMPED_FIELDS)                                               \
    X(pose_array, "geometry_msgs", "PoseArray", POSE_ARRAY_FIELDS)                                                     \
    X(pose_with_covariance, "geometry_msgs", "PoseWithCovariance", POSE_WITH_COVARIANCE_FIELDS)                        \
    X(twist, "geometry_msgs", "Twist", TWIST_FIELDS)                                                                   \
    X(twist_with_covariance, "geometry_msgs", "TwistWithCovariance", TWIST_WITH_COVARIANCE_FIELDS)                     \
    X(transform, "geometry_msgs", "Transform", TRANSFORM_FIELDS)                                                       \
    X(transform_stamped, "geometry_msgs", "TransformStamped", TRANSFORM_STAMPED_FIELDS)                                \
    X(tf_message, "tf2_msgs", "TFMessage", TF_MESSAGE_FIELDS)                                                          \
    X(odometry, "nav_msgs", "Odometry", ODOMETRY_FIELDS)                                                               \
    X(imu, "sensor_msgs", "Imu", IMU_FIELDS)                                                                           \
    X(laser_scan, "sensor_msgs", "LaserScan", LASER_SCAN_FIELDS)                                                       \
    X(image, "sensor_msgs", "Image", IMAGE_FIELDS)                                                                     \
    X(point_field, "sensor_msgs", "PointField", POINT_FIELD_FIELDS)                                                    \
    X(point_cloud2, "sensor_msgs", "PointCloud2", POINT_CLOUD2_FIELDS)                                                 \
    X(range, "sensor_msgs", "Range", RANGE_FIELDS)                                                                     \
    X(region_of_interest, "sensor_msgs", "RegionOfInterest", REGION_OF_INTEREST_FIELDS)                                \
    X(camera_info, "sensor_msgs", "CameraInfo", CAMERA_INFO_FIELDS)                                                    \
    X(map_meta_data, "nav_msgs", "MapMetaData", MAP_META_DATA_FIELDS)                                                  \
    X(occupancy_grid, "nav_msgs", "OccupancyGrid", OCCUPANCY_GRID_FIELDS)                                              \
    X(path, "nav_msgs", "Path", PATH_FIELDS)                                                                           \
    X(log, "rcl_interfaces", "Log", LOG_FIELDS)                                                                        \
    X(key_value, "diagnostic_msgs", "KeyValue", KEY_VALUE_FIELDS)                                                      \
    X(battery_state, "sensor_msgs", "BatteryState", BATTERY_STATE_FIELDS)                                              \
    X(diagnostic_status, "diagnostic_msgs", "DiagnosticStatus", DIAGNOSTIC_STATUS_FIELDS)                              \
    X(diagnostic_array, "diagnostic_msgs", "DiagnosticArray", DIAGNOSTIC_ARRAY_FIELDS)                                 \
    X(candidate, "binnacle_msgs", "Candidate", CANDIDATE_FIELDS)                                                       \
    X(decision, "binnacle_msgs", "Decision", DECISION_FIELDS)                                                          \
    X(shadow, "binnacle_msgs", "Shadow", SHADOW_FIELDS)                                                                \
    X(safety_event, "binnacle_msgs", "SafetyEvent", SAFETY_EVENT_FIELDS)                                               \
    X(violation_count, "binnacle_msgs", "ViolationCount", VIOLATION_COUNT_FIELDS)                                      \
    X(safety_counters, "binnacle_msgs", "SafetyCounters", SAFETY_COUNTERS_FIELDS)                                      \
    X(belief, "binnacle_msgs", "Belief", BELIEF_FIELDS)                                                                \
    X(track, "binnacle_msgs", "Track", TRACK_FIELDS)                                                                   \
    X(tracks, "binnacle_msgs", "Tracks", TRACKS_FIELDS)                                                                \
    X(sensor_state, "binnacle_msgs", "SensorState", SENSOR_STATE_FIELDS)                                               \
    X(sensor_health, "binnacle_msgs", "SensorHealth", SENSOR_HEALTH_FIELDS)                                            \
    X(state_hash, "binnacle_msgs", "StateHash", STATE_HASH_FIELDS)                                                     \
    X(episode_info, "binnacle_msgs", "EpisodeInfo", EPISODE_INFO_FIELDS)                                               \
    X(episode_result, "binnacle_msgs", "EpisodeResult", EPISODE_RESULT_FIELDS)                                         \
    X(command, "binnacle_msgs", "Command", COMMAND_FIELDS)                                                             \
    X(reply, "binnacle_msgs", "Reply", REPLY_FIELDS)                                                                   \
    X(bumper, "binnacle_msgs", "Bumper", BUMPER_FIELDS)                                                                \
    X(range_array, "binnacle_msgs", "RangeArray", RANGE_ARRAY_FIELDS)                                                  \
    X(contact, "binnacle_msgs", "Contact", CONTACT_FIELDS)                                                             \
    X(contacts, "binnacle_msgs", "Contacts", CONTACTS_FIELDS)                                                          \
    X(person, "binnacle_msgs", "Person", PERSON_FIELDS)                                                                \
    X(people, "binnacle_msgs", "People", PEOPLE_FIELDS)                                                                \
    X(fault_event, "binnacle_msgs", "FaultEvent", FAULT_EVENT_FIELDS)                                                  \
    X(robot_truth, "binnacle_msgs", "RobotTruth", ROBOT_TRUTH_FIELDS)                                                  \
    X(robots, "binnacle_msgs", "Robots", ROBOTS_FIELDS)                                                                \
    X(server_status, "binnacle_msgs", "ServerStatus", SERVER_STATUS_FIELDS)                                            \
    X(salient, "binnacle_msgs", "Salient", SALIENT_FIELDS)                                                             \
    X(saliency, "binnacle_msgs", "Saliency", SALIENCY_FIELDS)                                                           \
    X(map_sources, "binnacle_msgs", "MapSources", MAP_SOURCES_FIELDS)

/* Topic flags. */
enum {
    TOPIC_LATCHED = 1,  /* the bus repeats the latest one to a late joiner */
    TOPIC_BUS_ONLY = 2, /* holds wall time or replies: never recorded */
    TOPIC_TRUTH = 4,    /* ground truth: never given to perception or nav */
    TOPIC_EXTRA = 8,    /* for people and other programs; perception does not take it */
};

/*      enumerator     topic name                  type             flags */
#define TOPICS(X)                                                                                                      \
    X(CLOCK, "/clock", clock, 0)                                                                                       \
    X(EPISODE_INFO, "/binnacle/episode_info", episode_info, TOPIC_LATCHED)                                             \
    X(MAP, "/map", occupancy_grid, TOPIC_LATCHED)                                                                      \
    X(TF_STATIC, "/tf_static", tf_message, TOPIC_LATCHED)                                                              \
    X(CAMERA_INFO, "/camera/camera_info", camera_info, TOPIC_LATCHED)                                                  \
    X(GOAL, "/goal_pose", pose_stamped, TOPIC_LATCHED)                                                                 \
    X(IMU, "/imu", imu, 0)                                                                                             \
    X(ODOM, "/odom", odometry, 0)                                                                                      \
    X(SCAN, "/scan", laser_scan, 0)                                                                                    \
    X(IMAGE, "/camera/image", image, 0)                                                                                \
    X(DEPTH, "/camera/depth", image, 0)                                                                                \
    X(LABELS, "/camera/labels", image, TOPIC_TRUTH)                                                                    \
    X(BUMPER, "/bumper", bumper, 0)                                                                                    \
    X(BATTERY, "/battery", battery_state, 0)                                                                           \
    X(ULTRASONIC, "/ultrasonic", range_array, 0)                                                                       \
    X(POINTS, "/points", point_cloud2, TOPIC_EXTRA)                                                                    \
    X(TRUTH_ODOM, "/ground_truth/odom", odometry, TOPIC_TRUTH)                                                         \
    X(TRUTH_ACTORS, "/ground_truth/actors", pose_array, TOPIC_TRUTH)                                                   \
    X(TRUTH_PEOPLE, "/ground_truth/people", people, TOPIC_TRUTH)                                                       \
    X(TRUTH_ROBOTS, "/ground_truth/robots", robots, TOPIC_TRUTH)                                                       \
    X(TRUTH_CONTACTS, "/ground_truth/contacts", contacts, TOPIC_TRUTH)                                                 \
    X(TF, "/tf", tf_message, 0)                                                                                        \
    X(BELIEF, "/binnacle/belief", belief, 0)                                                                           \
    X(TRACKS, "/binnacle/tracks", tracks, 0)                                                                           \
    X(SENSOR_HEALTH, "/binnacle/sensor_health", sensor_health, TOPIC_LATCHED)                                          \
    X(COSTMAP, "/costmap", occupancy_grid, TOPIC_LATCHED)                                                              \
    X(PLAN, "/plan", path, TOPIC_LATCHED)                                                                              \
    X(DECISION, "/binnacle/decision", decision, 0)                                                                     \
    X(SHADOW, "/binnacle/shadow", shadow, 0)                                                                           \
    X(CMD_VEL, "/cmd_vel", twist, 0)                                                                                   \
    X(SAFETY_EVENT, "/binnacle/safety_event", safety_event, 0)                                                         \
    X(SAFETY_COUNTERS, "/binnacle/safety_counters", safety_counters, TOPIC_LATCHED)                                    \
    X(COMMAND, "/binnacle/command", command, 0)                                                                        \
    X(ROSOUT, "/rosout", log, 0)                                                                                       \
    X(DIAGNOSTICS, "/diagnostics", diagnostic_array, 0)                                                                \
    X(STATE_HASH, "/binnacle/state_hash", state_hash, 0)                                                               \
    X(EPISODE_RESULT, "/binnacle/episode_result", episode_result, TOPIC_LATCHED)                                       \
    X(SERVER_STATUS, "/binnacle/server_status", server_status, TOPIC_LATCHED | TOPIC_BUS_ONLY)                         \
    X(FAULTS, "/binnacle/faults", fault_event, TOPIC_LATCHED)                                                          \
    X(SALIENCY, "/binnacle/saliency", saliency, 0)                                                                     \
    X(MAP_SOURCES, "/binnacle/map_sources", map_sources, TOPIC_LATCHED)                                                    \
    X(LABELS_SEEN, "/binnacle/labels_seen", image, 0)

/* --- expansion: structs, enums --------------------------------------------------------------------------------- */
#define MESSAGE_KIND_ENUM(kind, c, ros) MESSAGE_##kind,
enum message_kind { MESSAGE_KINDS(MESSAGE_KIND_ENUM) MESSAGE_NESTED, MESSAGE_KIND_COUNT };

#define MESSAGE_KIND_TYPEDEF(kind, c, ros) typedef c message_c_##kind;
MESSAGE_KINDS(MESSAGE_KIND_TYPEDEF)

#define MESSAGE_STRUCT_V(kind, name) message_c_##kind name;
#define MESSAGE_STRUCT_A(kind, name, n) message_c_##kind name[n];
#define MESSAGE_STRUCT_S(kind, name) struct { message_c_##kind *data; uint32_t count; } name;
#define MESSAGE_STRUCT_N(type, name) struct msg_##type name;
#define MESSAGE_STRUCT_M(type, name) struct { struct msg_##type *data; uint32_t count; } name;
#define MESSAGE_STRUCT(type, package, ros, FIELDS)                                                                     \
    struct msg_##type {                                                                                                \
        FIELDS(MESSAGE_STRUCT_V, MESSAGE_STRUCT_A, MESSAGE_STRUCT_S, MESSAGE_STRUCT_N, MESSAGE_STRUCT_M)               \
    };
MESSAGE_TYPES(MESSAGE_STRUCT)

#define MESSAGE_TOPIC_ENUM(id, name, type, flags) TOPIC_##id,
enum topic { TOPICS(MESSAGE_TOPIC_ENUM) TOPIC_COUNT };

/* --- descriptors ----------------------------------------------------------------------------------------------- */
enum message_shape { MESSAGE_ONE, MESSAGE_ARRAY, MESSAGE_SEQUENCE };

struct message_sequence { /* the layout of every sequence member */
    void *data;
    uint32_t count;
};

struct message_field {
    const char *name;
    enum message_kind kind;
    enum message_shape shape;
    uint32_t length;                   /* of a fixed array; 1 otherwise */
    const struct message_type *nested; /* MESSAGE_NESTED only */
    size_t offset;
};

struct message_type {
    const char *package, *name; /* "sensor_msgs", "LaserScan" */
    size_t size;                /* of the C struct */
    const struct message_field *fields;
    size_t field_count;
};

struct topic_info {
    const char *name;
    const struct message_type *type;
    unsigned flags;
};

#define MESSAGE_TYPE_EXTERN(type, package, ros, FIELDS) extern const struct message_type message_type_##type;
MESSAGE_TYPES(MESSAGE_TYPE_EXTERN)
extern const struct topic_info topic_table[TOPIC_COUNT];

/* The topic of that name, or TOPIC_COUNT. */
enum topic topic_find(const char *name);

/* Bytes one element of this kind takes in the C struct (for MESSAGE_NESTED: nested->size). */
size_t message_element_size(const struct message_field *field);

/* --- what the descriptors are good for ------------------------------------------------------------------------- */
/* Appends the CDR payload (XCDR1, little-endian, 4-byte header 00 01 00 00; padding zero). */
void message_encode(const struct message_type *type, const void *message, struct bytes *out);

/* Reads a CDR payload into `message` (type->size bytes). Strings and sequences are copied into `arena`; counts are
 * checked against the bytes that are left before anything is allocated. Accepts big-endian and XCDR2 payloads, and
 * strings of length 0. Trailing bytes are ignored. STATUS_CORRUPT names the field and byte offset. */
MUST_USE enum status message_decode(const struct message_type *type, const uint8_t *payload, size_t size,
                                    void *message, struct arena *arena, struct error *err);

/* Appends the ros2msg text: the root's fields, then each dependency once, depth first, behind a line of 80 '=' and a
 * line "MSG: package/Name". */
void message_schema(const struct message_type *type, struct bytes *out);

/* A hash of the schema text and name: two peers that agree on it agree on every byte. */
uint64_t message_fingerprint(const struct message_type *type);

/* "sensor_msgs/msg/LaserScan" into text (64 bytes are enough for all of ours). */
void message_full_name(const struct message_type *type, char *text, size_t size);

/* Appends one JSON object without a newline. Floats print with the fewest digits that read back to the same bits; NaN
 * and infinities print as null. Arrays longer than max_items are cut and end with the string "... N more" (0 = no
 * limit). */
void message_json(const struct message_type *type, const void *message, size_t max_items, struct bytes *out);

/* Appends ",name" for each column, and ",value" for each: every member that is one value, as "pose.position.x", and
 * every element of a fixed array of up to 64 ("covariance[3]"); any other list is one cell of JSON. Numbers as in
 * message_json, but nan and inf by name. */
void message_csv_header(const struct message_type *type, struct bytes *out);
void message_csv(const struct message_type *type, const void *message, struct bytes *out);

/* Appends the text as a JSON string: quoted, escaped, what is not UTF-8 replaced. NULL is "". */
void message_json_text(const char *text, struct bytes *out);

/* The first difference between two messages of one type, in field order. */
struct message_difference {
    char path[160];          /* "pose.pose.position.x", "ranges[12]", "candidates.count" */
    char left[64], right[64]; /* both values as text */
    double difference;       /* |left - right|, 0 for text */
    uint64_t ulp;            /* floats: steps between them in their own width; integers: |left - right| */
};

/* True if every field agrees: numbers when |a-b| <= absolute or <= relative * max(|a|,|b|), NaN equals NaN; text and
 * counts exactly. With both tolerances 0 floats are compared by their bits. `first` may be NULL. */
bool message_equal(const struct message_type *type, const void *a, const void *b, double absolute, double relative,
                   struct message_difference *first);

/* Stamps. */
static inline struct msg_time message_time(int64_t ns)
{
    int64_t sec = ns / 1000000000, rest = ns % 1000000000;
    if (rest < 0) {
        sec--;
        rest += 1000000000;
    }
    return (struct msg_time){(int32_t)sec, (uint32_t)rest};
}
static inline int64_t message_ns(struct msg_time time) { return (int64_t)time.sec * 1000000000 + time.nanosec; }

#endif
