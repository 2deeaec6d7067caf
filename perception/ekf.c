#include "perception/ekf.h"

#include <string.h>

enum { N = EKF_STATES };
#define SCALE_SDS 5.0 /* wheels are not farther off: slip that looks like it is no scale */

void ekf_start(struct ekf *ekf, const struct ekf_noise *noise, struct pose2 pose)
{
    const double start_sd[N] = {noise->start_m, noise->start_m, noise->start_rad, noise->gyro_bias_radps,
                                noise->wheel_scale};
    *ekf = (struct ekf){.noise = *noise, .state = {pose.x, pose.y, wrap_angle(pose.yaw)}};
    for (int i = 0; i < N; i++)
        ekf->covariance[i * N + i] = square(start_sd[i]);
}

void ekf_place(struct ekf *ekf, struct pose2 pose, const double covariance[9])
{
    const double at[3] = {pose.x, pose.y, wrap_angle(pose.yaw)};
    for (int i = 0; i < 3; i++) {
        ekf->state[i] = at[i];
        for (int j = 0; j < N; j++)
            ekf->covariance[i * N + j] = ekf->covariance[j * N + i] = j < 3 ? covariance[i * 3 + j] : 0;
    }
    memset(ekf->systematic, 0, sizeof ekf->systematic);
}

struct pose2 ekf_pose(const struct ekf *ekf)
{
    return (struct pose2){ekf->state[EKF_X], ekf->state[EKF_Y], ekf->state[EKF_YAW]};
}

/* out (rows x columns) = a (rows x inner) * b (inner x columns); out is neither of them. */
static void multiply(const double *a, const double *b, int rows, int inner, int columns, double *out)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            double sum = 0;
            for (int k = 0; k < inner; k++)
                sum += a[i * inner + k] * b[k * columns + j];
            out[i * columns + j] = sum;
        }
    }
}

static void transpose(const double *a, int rows, int columns, double *out)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[j * rows + i] = a[i * columns + j];
}

/* out (rows x rows) = h * covariance * h^T, h being rows x N. */
static void project(const double *h, const double *covariance, int rows, double *out)
{
    double turned[N * N], half[N * N];
    multiply(h, covariance, rows, N, N, half);
    transpose(h, rows, N, turned);
    multiply(half, turned, rows, N, rows, out);
}

static void symmetrise(double *a)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++)
            a[i * N + j] = a[j * N + i] = (a[i * N + j] + a[j * N + i]) / 2;
}

struct pose2 ekf_displacement(const struct ekf *ekf, const struct ekf_step *step)
{
    double turn = step->turn_rad - (step->by_gyro ? ekf->state[EKF_BIAS] * step->dt_s : 0);
    double forward = step->forward_m * (1 + ekf->state[EKF_SCALE]);
    return (struct pose2){forward * cos(turn / 2), forward * sin(turn / 2), turn};
}

static double turn_variance(const struct ekf *ekf, const struct ekf_step *step)
{
    double turned = fabs(step->turn_rad), driven = fabs(step->forward_m);
    if (step->by_gyro)
        return square(ekf->noise.gyro) * step->dt_s + square(EKF_GYRO_SCALE_SD) * turned;
    return square(EKF_WHEEL_TURN_SD) * turned + square(EKF_WHEEL_DRIFT_SD) * driven +
           square(ekf->noise.gyro) * step->dt_s;
}

/* Variances of the displacement along and across. What lasts for a while grows with the root of the
 * time only once it has lasted; before that, with the time: the rate is chosen for the long run. */
static void slip_variance(const struct ekf *ekf, const struct ekf_step *step, double *along, double *across)
{
    double dt = step->dt_s, turning = square(EKF_TURN_SLIP_SD) * fabs(step->turn_rad);
    double lasts = 2 * EKF_SLIP_LASTS_S * dt, blind = step->blind ? square(EKF_BLIND_SD) * dt : 0;
    double sideways = dt > 0 ? step->forward_m * step->turn_rad / square(dt) : 0; /* v w: m/s2 */
    *along = square(ekf->noise.wheel_mps * dt) + square(EKF_SLIP_S * step->accel_mps2) * lasts + turning + blind;
    *across = square(EKF_SLIP_S * sideways) * lasts + turning + blind;
}

/* The gyro minus the wheels is the bias plus noise: a scalar Kalman update. The gyro's noise has just
 * gone into the state as well (lever * turn's error), so it is no independent noise here: the wheels
 * correct the turn, too. */
static void learn_bias(struct ekf *ekf, const struct ekf_step *step, const double lever[N], double turn)
{
    double gyro_rate = step->turn_rad / step->dt_s;
    double surprise = gyro_rate - step->wheel_turn_rad / step->dt_s - ekf->state[EKF_BIAS];
    double noise = square(EKF_WHEEL_RATE_SD) + square(EKF_WHEEL_RATE_SCALE * gyro_rate) +
                   square(EKF_WHEEL_RATE_SPEED * step->forward_m / step->dt_s);
    double gain[N], *p = ekf->covariance;
    double spread = p[EKF_BIAS * N + EKF_BIAS] + noise + turn / square(step->dt_s);
    if (square(surprise) > 25 * spread) /* a wheel that slips says nothing about the gyro */
        return;
    for (int i = 0; i < N; i++) {
        gain[i] = (p[i * N + EKF_BIAS] - lever[i] * turn / step->dt_s) / spread;
        ekf->state[i] += gain[i] * surprise;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            p[i * N + j] -= gain[i] * gain[j] * spread;
    symmetrise(p);
}

void ekf_predict(struct ekf *ekf, const struct ekf_step *step)
{
    struct pose2 moved = ekf_displacement(ekf, step), pose = pose2_compose(ekf_pose(ekf), moved);
    double heading = ekf->state[EKF_YAW] + moved.yaw / 2, c = cos(heading), s = sin(heading);
    double bias_turn = step->by_gyro ? -step->dt_s : 0, told = step->forward_m;
    double forward = told * (1 + ekf->state[EKF_SCALE]);
    const double f[N * N] = {
        1, 0, -forward * s, -forward * s * bias_turn / 2, told * c,
        0, 1, forward * c, forward * c * bias_turn / 2, told * s,
        0, 0, 1, bias_turn, 0,
        0, 0, 0, 1, 0,
        0, 0, 0, 0, 1,
    };
    double moved_covariance[N * N], *p = ekf->covariance;
    project(f, p, N, moved_covariance);
    memcpy(p, moved_covariance, sizeof moved_covariance);

    double along, across, turn = turn_variance(ekf, step);
    slip_variance(ekf, step, &along, &across);
    /* a turn's error acts at half the step on the average, hence the shares of `forward` */
    const double lever[N] = {-forward * s / 2, forward * c / 2, 1, 0, 0};
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            p[i * N + j] += lever[i] * lever[j] * turn;
    p[EKF_X * N + EKF_X] += c * c * along + s * s * across;
    p[EKF_Y * N + EKF_Y] += s * s * along + c * c * across;
    p[EKF_X * N + EKF_Y] += c * s * (along - across);
    p[EKF_Y * N + EKF_X] += c * s * (along - across);
    p[EKF_BIAS * N + EKF_BIAS] += square(EKF_BIAS_WALK_SD) * step->dt_s;
    p[EKF_SCALE * N + EKF_SCALE] += square(EKF_SCALE_WALK_SD) * fabs(forward);
    symmetrise(p);

    ekf->state[EKF_X] = pose.x;
    ekf->state[EKF_Y] = pose.y;
    ekf->state[EKF_YAW] = pose.yaw;
    if (step->by_gyro && !step->blind && !step->ahead && step->dt_s > 0)
        learn_bias(ekf, step, lever, turn);
}

/* d(earlier pose) / d(state): the earlier pose is the state's, `since` taken back. */
static void earlier_jacobian(const struct ekf *ekf, struct pose2 since, double h[3 * N])
{
    double yaw = ekf->state[EKF_YAW] - since.yaw, c = cos(yaw), s = sin(yaw);
    const double rows[3 * N] = {
        1, 0, s * since.x + c * since.y, 0, 0,
        0, 1, -c * since.x + s * since.y, 0, 0,
        0, 0, 1, 0, 0,
    };
    memcpy(h, rows, sizeof rows);
}

void ekf_earlier_covariance(const struct ekf *ekf, struct pose2 since, double covariance[9])
{
    double h[3 * N];
    earlier_jacobian(ekf, since, h);
    project(h, ekf->covariance, 3, covariance);
    for (int i = 0; i < 9; i++)
        covariance[i] += ekf->systematic[i];
}

void ekf_pose_covariance(const struct ekf *ekf, double covariance[9])
{
    for (int i = 0; i < 9; i++)
        covariance[i] = ekf->covariance[i / 3 * N + i % 3] + ekf->systematic[i];
}

/* Inverse of a 3x3 matrix by its adjugate; the determinant is never 0 where it is used. */
static void invert3(const double a[9], double out[9])
{
    const double adjugate[9] = {
        a[4] * a[8] - a[5] * a[7], a[2] * a[7] - a[1] * a[8], a[1] * a[5] - a[2] * a[4],
        a[5] * a[6] - a[3] * a[8], a[0] * a[8] - a[2] * a[6], a[2] * a[3] - a[0] * a[5],
        a[3] * a[7] - a[4] * a[6], a[1] * a[6] - a[0] * a[7], a[0] * a[4] - a[1] * a[3],
    };
    double determinant = a[0] * adjugate[0] + a[1] * adjugate[3] + a[2] * adjugate[6];
    for (int i = 0; i < 9; i++)
        out[i] = adjugate[i] / determinant;
}

double ekf_surprise(const struct ekf *ekf, struct pose2 since, const double information[9], const double pull[3])
{
    double h[3 * N], spread[9], mix[9], inverse[9], held[3], shift[3];
    earlier_jacobian(ekf, since, h);
    project(h, ekf->covariance, 3, spread);
    /* shift = spread (1 + information spread)^-1 pull; so spread^-1 shift is what stands behind `spread` */
    multiply(information, spread, 3, 3, 3, mix);
    for (int i = 0; i < 3; i++)
        mix[i * 4] += 1;
    invert3(mix, inverse);
    multiply(inverse, pull, 3, 3, 1, held);
    multiply(spread, held, 3, 3, 1, shift);
    return shift[0] * held[0] + shift[1] * held[1] + shift[2] * held[2];
}

/* `worth` is what a pull does to the state: covariance h^T (1 + information spread)^-1. The covariance
 * follows in Joseph's form, which rounding does not make improper: (1 - K h) P (1 - K h)^T + worth
 * information worth^T, K being worth information. */
void ekf_correct(struct ekf *ekf, struct pose2 since, const double information[9], const double pull[3],
                 const double systematic[9])
{
    double h[3 * N], turned[N * 3], spread[9], mix[9], inverse[9], cross[N * 3], worth[N * 3];
    earlier_jacobian(ekf, since, h);
    transpose(h, 3, N, turned);
    project(h, ekf->covariance, 3, spread);
    multiply(information, spread, 3, 3, 3, mix);
    for (int i = 0; i < 3; i++)
        mix[i * 4] += 1;
    invert3(mix, inverse);
    multiply(ekf->covariance, turned, N, N, 3, cross);
    multiply(cross, inverse, N, 3, 3, worth);

    double shift[N], gain[N * 3], left[N * N], kept[N * N], back[3 * N], noise[N * N];
    multiply(worth, pull, N, 3, 1, shift);
    multiply(worth, information, N, 3, 3, gain);
    multiply(gain, h, N, 3, N, left);
    for (int i = 0; i < N * N; i++)
        left[i] = (i % (N + 1) == 0) - left[i];
    project(left, ekf->covariance, N, kept);
    transpose(worth, N, 3, back);
    multiply(gain, back, N, 3, N, noise);
    for (int i = 0; i < N * N; i++)
        ekf->covariance[i] = kept[i] + noise[i];
    symmetrise(ekf->covariance);

    for (int i = 0; i < N; i++)
        ekf->state[i] += shift[i];
    double scale_max = SCALE_SDS * ekf->noise.wheel_scale;
    ekf->state[EKF_SCALE] = clamp(ekf->state[EKF_SCALE], -scale_max, scale_max);
    ekf->state[EKF_YAW] = wrap_angle(ekf->state[EKF_YAW]);
    memcpy(ekf->systematic, systematic, sizeof ekf->systematic);
}

void ekf_doubt(struct ekf *ekf, double position_sd_m, double yaw_sd_rad)
{
    ekf->covariance[EKF_X * N + EKF_X] += square(position_sd_m);
    ekf->covariance[EKF_Y * N + EKF_Y] += square(position_sd_m);
    ekf->covariance[EKF_YAW * N + EKF_YAW] += square(yaw_sd_rad);
}

void ekf_forget_bias(struct ekf *ekf)
{
    for (int i = 0; i < N; i++)
        ekf->covariance[i * N + EKF_BIAS] = ekf->covariance[EKF_BIAS * N + i] = 0;
    ekf->state[EKF_BIAS] = 0;
    ekf->covariance[EKF_BIAS * N + EKF_BIAS] = square(ekf->noise.gyro_bias_radps);
}
