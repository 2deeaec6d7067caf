/* logs/geometry.h - the plane and space, as plain values. SI units, z up, right-handed, angles in (-pi, pi]. */
#ifndef LOGS_GEOMETRY_H
#define LOGS_GEOMETRY_H

#include <math.h>

#define PI 3.14159265358979323846

struct vec2 {
    double x, y;
};
struct vec3 {
    double x, y, z;
};
struct quat {
    double x, y, z, w;
};
struct pose2 { /* of a frame in its parent: position in metres, yaw in radians */
    double x, y, yaw;
};
struct pose3 {
    struct vec3 position;
    struct quat orientation;
};
struct twist2 { /* in the body's own frame */
    double v_mps, w_radps;
};

static inline double square(double a) { return a * a; }
static inline double clamp(double a, double low, double high) { return a < low ? low : a > high ? high : a; }

static inline double wrap_angle(double a)
{
    a = fmod(a + PI, 2 * PI);
    return a <= 0 ? a + PI : a - PI;
}

static inline struct vec2 vec2_add(struct vec2 a, struct vec2 b) { return (struct vec2){a.x + b.x, a.y + b.y}; }
static inline struct vec2 vec2_sub(struct vec2 a, struct vec2 b) { return (struct vec2){a.x - b.x, a.y - b.y}; }
static inline struct vec2 vec2_scale(struct vec2 a, double s) { return (struct vec2){a.x * s, a.y * s}; }
static inline double vec2_dot(struct vec2 a, struct vec2 b) { return a.x * b.x + a.y * b.y; }
static inline double vec2_length(struct vec2 a) { return sqrt(vec2_dot(a, a)); }
static inline double vec2_distance(struct vec2 a, struct vec2 b) { return vec2_length(vec2_sub(a, b)); }

static inline struct vec3 vec3_add(struct vec3 a, struct vec3 b)
{
    return (struct vec3){a.x + b.x, a.y + b.y, a.z + b.z};
}
static inline struct vec3 vec3_sub(struct vec3 a, struct vec3 b)
{
    return (struct vec3){a.x - b.x, a.y - b.y, a.z - b.z};
}
static inline struct vec3 vec3_scale(struct vec3 a, double s) { return (struct vec3){a.x * s, a.y * s, a.z * s}; }
static inline double vec3_dot(struct vec3 a, struct vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline double vec3_length(struct vec3 a) { return sqrt(vec3_dot(a, a)); }
static inline struct vec3 vec3_cross(struct vec3 a, struct vec3 b)
{
    return (struct vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/* v turned by the unit quaternion q. */
static inline struct vec3 quat_rotate(struct quat q, struct vec3 v)
{
    struct vec3 u = {q.x, q.y, q.z};
    struct vec3 t = vec3_scale(vec3_cross(u, v), 2.0);
    return vec3_add(v, vec3_add(vec3_scale(t, q.w), vec3_cross(u, t)));
}
static inline struct quat quat_conjugate(struct quat q) { return (struct quat){-q.x, -q.y, -q.z, q.w}; }
static inline struct quat quat_multiply(struct quat a, struct quat b)
{
    return (struct quat){a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y, a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                         a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w, a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z};
}
static inline struct quat quat_from_yaw(double yaw) { return (struct quat){0, 0, sin(yaw / 2), cos(yaw / 2)}; }
/* Intrinsic z-y-x (yaw, pitch, roll), as ROS tf. */
static inline struct quat quat_from_rpy(double roll, double pitch, double yaw)
{
    struct quat x = {sin(roll / 2), 0, 0, cos(roll / 2)}, y = {0, sin(pitch / 2), 0, cos(pitch / 2)};
    return quat_multiply(quat_multiply(quat_from_yaw(yaw), y), x);
}
static inline double quat_yaw(struct quat q)
{
    return atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z));
}
static inline double quat_pitch(struct quat q) { return asin(clamp(2 * (q.w * q.y - q.z * q.x), -1, 1)); }
static inline double quat_roll(struct quat q)
{
    return atan2(2 * (q.w * q.x + q.y * q.z), 1 - 2 * (q.x * q.x + q.y * q.y));
}

/* A point given in `frame`, expressed in the frame's parent; and back. */
static inline struct vec2 pose2_apply(struct pose2 frame, struct vec2 p)
{
    double c = cos(frame.yaw), s = sin(frame.yaw);
    return (struct vec2){frame.x + c * p.x - s * p.y, frame.y + s * p.x + c * p.y};
}
static inline struct vec2 pose2_unapply(struct pose2 frame, struct vec2 p)
{
    double c = cos(frame.yaw), s = sin(frame.yaw), x = p.x - frame.x, y = p.y - frame.y;
    return (struct vec2){c * x + s * y, c * y - s * x};
}
/* Pose `b` given in frame `a`, expressed in a's parent; and the pose of `b` as seen from `a`. */
static inline struct pose2 pose2_compose(struct pose2 a, struct pose2 b)
{
    struct vec2 p = pose2_apply(a, (struct vec2){b.x, b.y});
    return (struct pose2){p.x, p.y, wrap_angle(a.yaw + b.yaw)};
}
static inline struct pose2 pose2_between(struct pose2 a, struct pose2 b)
{
    struct vec2 p = pose2_unapply(a, (struct vec2){b.x, b.y});
    return (struct pose2){p.x, p.y, wrap_angle(b.yaw - a.yaw)};
}
static inline struct vec3 pose3_apply(struct pose3 frame, struct vec3 p)
{
    return vec3_add(frame.position, quat_rotate(frame.orientation, p));
}
static inline struct pose3 pose3_compose(struct pose3 a, struct pose3 b)
{
    return (struct pose3){pose3_apply(a, b.position), quat_multiply(a.orientation, b.orientation)};
}

#endif
