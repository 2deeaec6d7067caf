/* perception/ekf.h - the pose and the gyro's bias as a Gaussian.
 *
 * State: x, y, yaw of base_link in the map frame, and the yaw gyro's bias. Steps come from wheels and gyro
 * (motion.h), the bias is observed by comparing both, the pose by scans (match.h). After every call the
 * covariance is symmetric and positive definite. Textbook form: Thrun, Burgard, Fox, Probabilistic Robotics,
 * ch. 3 and 7; the pose correction in information form, so that a scan that says nothing about a direction (a
 * corridor) changes nothing there. */
#ifndef PERCEPTION_EKF_H
#define PERCEPTION_EKF_H

#include <stdbool.h>

#include "logs/geometry.h"

enum { EKF_X, EKF_Y, EKF_YAW, EKF_BIAS, EKF_STATES };

/* What a step's noise is taken to be: standard deviations that grow with the root of what was done. Careful figures,
 * not fitted to the simulator, where errors come out far smaller. */
#define EKF_FORWARD_SD 0.04       /* m per root metre driven, along the heading */
#define EKF_SIDE_SD 0.02          /* m per root metre driven, across */
#define EKF_GYRO_SD 0.003         /* rad per root second */
#define EKF_GYRO_SCALE_SD 0.01    /* rad per root radian turned */
#define EKF_WHEEL_TURN_SD 0.06    /* rad per root radian turned, when only the wheels tell */
#define EKF_WHEEL_DRIFT_SD 0.02   /* rad per root metre driven, when only the wheels tell */
#define EKF_BLIND_SD 0.4          /* m per root second without odometry */
#define EKF_BIAS_SD 0.004         /* rad/s: what a calibrated gyro may be off at the start */
#define EKF_BIAS_WALK_SD 0.0005   /* rad/s per root second */
#define EKF_WHEEL_RATE_SD 0.03    /* rad/s of one odometry message against the gyro, standing ... */
#define EKF_WHEEL_RATE_SCALE 0.3  /* ... as a share of the rate: wheels slip when they turn */
#define EKF_WHEEL_RATE_SPEED 0.3  /* ... and rad/s per m/s: unequal wheels turn by themselves, always the same way, so
                                     that only a robot nearly standing may learn its gyro from them */

struct ekf_step {
    double dt_s;
    double forward_m;      /* along the mean heading */
    double turn_rad;       /* as the gyro says, bias and all, if by_gyro; else as the wheels say */
    double wheel_turn_rad; /* compared with turn_rad when by_gyro and not blind */
    bool by_gyro;
    bool blind;            /* no odometry: forward_m is a guess */
};

struct ekf {
    double state[EKF_STATES];
    double covariance[EKF_STATES * EKF_STATES]; /* row-major */
};

void ekf_start(struct ekf *ekf, struct pose2 pose);
struct pose2 ekf_pose(const struct ekf *ekf);

/* The step's displacement as seen from its start, the bias taken off. */
struct pose2 ekf_displacement(const struct ekf *ekf, const struct ekf_step *step);
/* Moves the state on by one step (dt_s >= 0, all finite) and learns the bias from it. */
void ekf_predict(struct ekf *ekf, const struct ekf_step *step);

/* The 3x3 covariance of the pose `since` ago: since = the pose now as seen from the earlier one, taken as
 * exact. */
void ekf_earlier_covariance(const struct ekf *ekf, struct pose2 since, double covariance[9]);
/* A measurement of that earlier pose: `information` (3x3, symmetric, positive semidefinite) and `pull` =
 * information * (measured - believed earlier pose). */
void ekf_correct(struct ekf *ekf, struct pose2 since, const double information[9], const double pull[3]);
/* Admits that something is wrong: widens the pose's covariance. */
void ekf_doubt(struct ekf *ekf, double position_sd_m, double yaw_sd_rad);
/* The gyro was wrong: what was learnt of its bias goes, and is as unsure as at the start. */
void ekf_forget_bias(struct ekf *ekf);

#endif
