/* perception/motion.h - how the robot moved, from wheels and gyro alone: steps for the EKF, and a short track
 * for looking back.
 *
 * The track is dead reckoning that no scan ever corrects, so that the motion between two stamps has no jumps in
 * it. Messages come with their own latencies; each is taken at its stamp. Tilt is a complementary filter over
 * gyro and accelerometer, the robot's own acceleration (from the wheels) taken off first. */
#ifndef PERCEPTION_MOTION_H
#define PERCEPTION_MOTION_H

#include <stdint.h>

#include "logs/message.h"
#include "perception/ekf.h"

enum { MOTION_TRACK = 128 }; /* odometry steps kept: 2.5 s at 50 Hz */
#define MOTION_AHEAD_S 0.5   /* as far as the last twist is believed */

struct motion_mark {
    int64_t stamp_ns;
    struct pose2 pose; /* dead reckoned, from an arbitrary start */
};

struct motion {
    struct motion_mark track[MOTION_TRACK]; /* ring; the newest is track[(marks - 1) % MOTION_TRACK] */
    uint64_t marks;
    struct pose2 odometry;      /* the last message's pose ... */
    bool has_odometry;          /* ... if the step from it may be measured by poses */
    struct twist2 twist;        /* now, the gyro's bias taken off */
    double accel_mps2;          /* along the robot, smoothed */
    double gyro_sum_radps;      /* of the samples since the last step */
    uint32_t gyro_count;
    bool turns_by_gyro;         /* the turn rate of `twist` is the gyro's */
    int64_t imu_ns;             /* of the last sample; meaningful once has_imu */
    bool has_imu;
    double roll_rad, pitch_rad;
};

void motion_start(struct motion *motion);

/* Values are finite. A sample that is not newer than the last one is left out. */
void motion_imu(struct motion *motion, int64_t stamp_ns, const struct msg_imu *imu);

/* The step from the newest mark to this message. False: no step (the first message, or not newer). */
bool motion_odometry(struct motion *motion, int64_t stamp_ns, const struct msg_odometry *odometry,
                     struct ekf_step *step);
/* The same where the message may not be believed: `seen` is how the robot moves instead (NULL: nobody knows). */
bool motion_substitute(struct motion *motion, int64_t stamp_ns, const struct twist2 *seen, struct ekf_step *step);
/* The step to now_ns when odometry has fallen silent: the gyro's turn, no known displacement. False: not newer.
 * */
bool motion_coast(struct motion *motion, int64_t now_ns, struct ekf_step *step);

/* Writes the step's end (displacement from ekf_displacement) to the track. */
void motion_mark(struct motion *motion, int64_t stamp_ns, const struct ekf_step *step, struct pose2 displacement,
                 double bias_radps);

/* The stamp of the newest mark; INT64_MIN when there is none. */
int64_t motion_stamp_ns(const struct motion *motion);
/* The robot's pose at to_ns as seen from its pose at from_ns. Between marks linear, after the newest by the
 * twist for up to MOTION_AHEAD_S, before the oldest as the oldest. */
struct pose2 motion_between(const struct motion *motion, int64_t from_ns, int64_t to_ns);

#endif
