/* perception/ekf.h - the pose, the gyro's bias and the wheels' scale as a Gaussian.
 *
 * State: x, y, yaw of base_link in the map frame, the yaw gyro's bias, and by how much the wheels'
 * radius is larger than the odometry takes it to be (a share). Steps come from wheels and gyro
 * (motion.h), the bias is observed by comparing both, the pose by scans (match.h), and through it bias
 * and scale. After every call the covariance is symmetric and positive definite. Textbook form: Thrun,
 * Burgard, Fox, Probabilistic Robotics, ch. 3 and 7; the pose correction in information form, so that a
 * scan that says nothing about a direction (a corridor) changes nothing there.
 *
 * What is white is in the covariance and averages out. What is constant (bias, scale) is a state. What
 * all scans of a place have in common, the map's own error, does neither: it is carried beside the
 * covariance as what the pose may be off because of it (a consider covariance, Schmidt 1966), and is
 * part of what the filter says of itself. */
#ifndef PERCEPTION_EKF_H
#define PERCEPTION_EKF_H

#include <stdbool.h>

#include "logs/geometry.h"

enum { EKF_X, EKF_Y, EKF_YAW, EKF_BIAS, EKF_SCALE, EKF_STATES };

/* From the sensors' data sheets: standard deviations. */
struct ekf_noise {
    double wheel_mps;       /* of one odometry message's speed */
    double wheel_scale;     /* of the constant share by which forward motion is misjudged */
    double gyro;            /* rad per root second */
    double gyro_bias_radps; /* at the start */
    double start_m, start_rad; /* of the pose the robot is told it starts at */
};

/* What no data sheet says. Rubber gives way: a wheel that pushes slips by a speed in proportion to the
 * acceleration it makes, along by braking and speeding up, across in curves, and stays so for as long
 * as that lasts. */
#define EKF_SLIP_S 0.01           /* m/s of slip per m/s2 (rubber on a hard floor: a hundredth of a second) */
#define EKF_SLIP_LASTS_S 0.5      /* correlation time */
#define EKF_TURN_SLIP_SD 0.004    /* m per root radian turned: the point that a robot turns about wanders */
#define EKF_GYRO_SCALE_SD 0.001   /* rad per root radian turned */
#define EKF_WHEEL_TURN_SD 0.06    /* rad per root radian turned, when only the wheels tell: they scrape */
#define EKF_WHEEL_DRIFT_SD 0.02   /* rad per root metre driven, when only the wheels tell */
#define EKF_BLIND_SD 0.4          /* m per root second without odometry */
#define EKF_BIAS_WALK_SD 0.0001   /* rad/s per root second */
#define EKF_SCALE_WALK_SD 0.0002  /* per root metre: load and floor change what a wheel's radius is */
#define EKF_WHEEL_RATE_SD 0.03    /* rad/s of one odometry message against the gyro, standing ... */
#define EKF_WHEEL_RATE_SCALE 0.3  /* ... as a share of the rate: wheels slip when they turn */
#define EKF_WHEEL_RATE_SPEED 0.3  /* ... and rad/s per m/s: unequal wheels turn by themselves, always the same way, so
                                     that only a robot nearly standing may learn its gyro from them */

struct ekf_step {
    double dt_s;
    double forward_m;      /* along the mean heading, as the wheels say */
    double accel_mps2;     /* along */
    double turn_rad;       /* as the gyro says, bias and all, if by_gyro; else as the wheels say */
    double wheel_turn_rad; /* compared with turn_rad when by_gyro and not blind */
    bool by_gyro;
    bool blind;            /* no odometry: forward_m is a guess */
    bool ahead;            /* goes on as before, for a moment, unmeasured: nothing is learnt */
};

struct ekf {
    struct ekf_noise noise;
    double state[EKF_STATES];
    double covariance[EKF_STATES * EKF_STATES]; /* row-major */
    double systematic[9];  /* of the pose, beside the covariance */
};

void ekf_start(struct ekf *ekf, const struct ekf_noise *noise, struct pose2 pose);
/* The pose is this one, and so unsure (3x3), whatever it was before; what is known of bias and scale
 * stays. */
void ekf_place(struct ekf *ekf, struct pose2 pose, const double covariance[9]);
struct pose2 ekf_pose(const struct ekf *ekf);

/* The step's displacement as seen from its start, the bias taken off. */
struct pose2 ekf_displacement(const struct ekf *ekf, const struct ekf_step *step);
/* Moves the state on by one step (dt_s >= 0, all finite) and learns the bias from it. */
void ekf_predict(struct ekf *ekf, const struct ekf_step *step);

/* All that the pose may be off: white and systematic. */
void ekf_pose_covariance(const struct ekf *ekf, double covariance[9]);
/* The same of the pose `since` ago: since = the pose now as seen from the earlier one, taken as exact. */
void ekf_earlier_covariance(const struct ekf *ekf, struct pose2 since, double covariance[9]);
/* A measurement of that earlier pose: `information` (3x3, symmetric, positive semidefinite) and `pull`
 * = information * (measured - believed earlier pose), white; and what measurements here all have in
 * common (3x3). */
void ekf_correct(struct ekf *ekf, struct pose2 since, const double information[9], const double pull[3],
                 const double systematic[9]);
/* The squared Mahalanobis distance of the shift that this correction would make, by the covariance
 * before it: large where the motion since the last one was not what the filter takes for possible. */
double ekf_surprise(const struct ekf *ekf, struct pose2 since, const double information[9], const double pull[3]);
/* Admits that something is wrong: widens the pose's covariance. */
void ekf_doubt(struct ekf *ekf, double position_sd_m, double yaw_sd_rad);
/* The gyro was wrong: what was learnt of its bias goes, and is as unsure as at the start. */
void ekf_forget_bias(struct ekf *ekf);

#endif
