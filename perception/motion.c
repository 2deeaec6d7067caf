#include "perception/motion.h"

#define GRAVITY_MPS2 9.81
#define TILT_TIME_S 1.5        /* how long gyros are trusted before gravity wins */
#define ACCEL_TIME_S 0.1
#define IMU_GAP_S 0.1          /* longer pauses are not integrated over */
#define STEP_MAX_S 10.0        /* stamps that leap further are not lived through */
#define WHEEL_MAX_MPS 5.0      /* poses that jump faster were reset; then the twist is believed */

void motion_start(struct motion *motion) { *motion = (struct motion){0}; }

void motion_imu(struct motion *motion, int64_t stamp_ns, const struct msg_imu *imu)
{
    double dt = motion->has_imu ? (double)(stamp_ns - motion->imu_ns) * 1e-9 : 0;
    if (motion->has_imu && dt <= 0)
        return;
    motion->imu_ns = stamp_ns;
    motion->gyro_sum_radps += imu->angular_velocity.z;
    motion->gyro_count++;

    double ax = imu->linear_acceleration.x - motion->accel_mps2;
    double ay = imu->linear_acceleration.y - motion->twist.v_mps * motion->twist.w_radps;
    double az = imu->linear_acceleration.z, norm = sqrt(ax * ax + ay * ay + az * az);
    double down_roll = atan2(ay, az), down_pitch = atan2(-ax, sqrt(ay * ay + az * az));
    bool at_rest = fabs(norm - GRAVITY_MPS2) < 0.1 * GRAVITY_MPS2; /* no bump or collision */
    if (!motion->has_imu) {
        motion->has_imu = true;
        motion->roll_rad = at_rest ? down_roll : 0;
        motion->pitch_rad = at_rest ? down_pitch : 0;
        return;
    }
    if (dt > IMU_GAP_S)
        dt = 0;
    motion->roll_rad = wrap_angle(motion->roll_rad + imu->angular_velocity.x * dt);
    motion->pitch_rad = clamp(motion->pitch_rad + imu->angular_velocity.y * dt, -PI / 2, PI / 2);
    if (at_rest) {
        double share = dt / TILT_TIME_S;
        motion->roll_rad = wrap_angle(motion->roll_rad + share * wrap_angle(down_roll - motion->roll_rad));
        motion->pitch_rad += share * (down_pitch - motion->pitch_rad);
    }
}

int64_t motion_stamp_ns(const struct motion *motion)
{
    return motion->marks ? motion->track[(motion->marks - 1) % MOTION_TRACK].stamp_ns : INT64_MIN;
}

/* Takes the gyro samples collected since the last step; their mean over the step's time leaves none out and
 * none twice. */
static void take_gyro(struct motion *motion, struct ekf_step *step)
{
    step->by_gyro = motion->gyro_count > 0;
    step->turn_rad = step->by_gyro ? motion->gyro_sum_radps / motion->gyro_count * step->dt_s : step->wheel_turn_rad;
    motion->gyro_sum_radps = 0;
    motion->gyro_count = 0;
}

bool motion_odometry(struct motion *motion, int64_t stamp_ns, const struct msg_odometry *odometry,
                     struct ekf_step *step)
{
    struct pose2 pose = {odometry->pose.pose.position.x, odometry->pose.pose.position.y, 0};
    const struct msg_quaternion *q = &odometry->pose.pose.orientation;
    pose.yaw = quat_yaw((struct quat){q->x, q->y, q->z, q->w});
    double v = clamp(odometry->twist.twist.linear.x, -WHEEL_MAX_MPS, WHEEL_MAX_MPS);
    double w = odometry->twist.twist.angular.z;
    double dt = motion->marks ? (double)(stamp_ns - motion_stamp_ns(motion)) * 1e-9 : 0;
    if (motion->marks && dt <= 0)
        return false;

    dt = fmin(dt, STEP_MAX_S);
    *step = (struct ekf_step){.dt_s = dt, .forward_m = v * dt, .wheel_turn_rad = w * dt};
    struct pose2 moved = pose2_between(motion->odometry, pose);
    if (motion->has_odometry && hypot(moved.x, moved.y) <= WHEEL_MAX_MPS * dt) {
        step->forward_m = moved.x * cos(moved.yaw / 2) + moved.y * sin(moved.yaw / 2);
        step->wheel_turn_rad = moved.yaw;
    }
    if (dt > 0)
        motion->accel_mps2 += clamp(dt / ACCEL_TIME_S, 0, 1) * ((v - motion->twist.v_mps) / dt - motion->accel_mps2);
    motion->accel_mps2 = clamp(motion->accel_mps2, -GRAVITY_MPS2, GRAVITY_MPS2);
    step->forward_m *= cos(motion->pitch_rad); /* wheels measure along the slope */
    step->accel_mps2 = motion->accel_mps2 - GRAVITY_MPS2 * sin(motion->pitch_rad);
    motion->odometry = pose;
    motion->has_odometry = true;
    motion->twist = (struct twist2){v, w};
    if (!motion->marks) {
        motion->track[motion->marks++].stamp_ns = stamp_ns;
        return false;
    }
    take_gyro(motion, step);
    return true;
}

bool motion_coast(struct motion *motion, int64_t now_ns, struct ekf_step *step)
{
    motion->has_odometry = false;
    motion->twist = (struct twist2){0};
    motion->accel_mps2 = 0; /* nobody measures it now; the last one kept for ever would tilt the floor */
    if (!motion->marks)
        motion->track[motion->marks++].stamp_ns = now_ns;
    double dt = (double)(now_ns - motion_stamp_ns(motion)) * 1e-9;
    if (dt <= 0)
        return false;
    dt = fmin(dt, STEP_MAX_S);
    *step = (struct ekf_step){.dt_s = dt, .blind = true};
    take_gyro(motion, step);
    return true;
}

bool motion_substitute(struct motion *motion, int64_t stamp_ns, const struct twist2 *seen, struct ekf_step *step)
{
    if (!motion_coast(motion, stamp_ns, step))
        return false;
    if (seen) {
        step->blind = false;
        step->forward_m = seen->v_mps * step->dt_s;
        step->wheel_turn_rad = seen->w_radps * step->dt_s;
        step->turn_rad = step->by_gyro ? step->turn_rad : step->wheel_turn_rad;
        motion->twist = *seen;
    }
    return true;
}

void motion_mark(struct motion *motion, int64_t stamp_ns, const struct ekf_step *step, struct pose2 displacement,
                 double bias_radps)
{
    struct pose2 last = motion->track[(motion->marks - 1) % MOTION_TRACK].pose;
    motion->track[motion->marks++ % MOTION_TRACK] = (struct motion_mark){stamp_ns, pose2_compose(last, displacement)};
    motion->turns_by_gyro = step->by_gyro;
    if (step->by_gyro)
        motion->twist.w_radps = step->turn_rad / step->dt_s - bias_radps;
}

static struct pose2 pose_at(const struct motion *motion, int64_t stamp_ns)
{
    if (!motion->marks)
        return (struct pose2){0};
    const struct motion_mark *newer = &motion->track[(motion->marks - 1) % MOTION_TRACK];
    if (stamp_ns >= newer->stamp_ns) {
        double dt = clamp((double)(stamp_ns - newer->stamp_ns) * 1e-9, 0, MOTION_AHEAD_S);
        struct ekf ahead = {0};
        struct ekf_step step = {.dt_s = dt, .forward_m = motion->twist.v_mps * dt,
                                .turn_rad = motion->twist.w_radps * dt};
        return pose2_compose(newer->pose, ekf_displacement(&ahead, &step));
    }
    for (uint64_t back = 2; back <= MOTION_TRACK && back <= motion->marks; back++) {
        const struct motion_mark *older = &motion->track[(motion->marks - back) % MOTION_TRACK];
        if (stamp_ns >= older->stamp_ns) {
            double share = (double)(stamp_ns - older->stamp_ns) / (double)(newer->stamp_ns - older->stamp_ns);
            struct pose2 moved = pose2_between(older->pose, newer->pose);
            return pose2_compose(older->pose, (struct pose2){share * moved.x, share * moved.y, share * moved.yaw});
        }
        newer = older;
    }
    return newer->pose;
}

struct pose2 motion_between(const struct motion *motion, int64_t from_ns, int64_t to_ns)
{
    return pose2_between(pose_at(motion, from_ns), pose_at(motion, to_ns));
}
