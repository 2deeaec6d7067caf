#include <stdlib.h>

#include "logs/memory.h"
#include "sim/sensor.h"

struct odometry {
    struct {
        struct seed_stream noise;
        double wheel_angle_rad[2];  /* of the axles at the last sample */
        struct pose2 pose_in_odom;
        double along_m2, yaw_rad2;  /* grown variance of position and heading */
    } state;
    const struct odometry_config *config;
    const struct robot_config *robot;
    double scale[2]; /* what each wheel's radius seems to be, per true radius */
};

static void seed(void *self, uint64_t seed)
{
    struct odometry *odometry = self;
    odometry->state.noise = seed_stream_named(seed, "odometry.noise");
}

static void *create(const struct sensor_setup *setup)
{
    struct odometry *odometry = NEW(struct odometry);
    struct seed_stream scale = seed_stream_named(setup->seed, "odometry.scale");
    odometry->config = &setup->scenario->odometry;
    odometry->robot = setup->robot;
    seed(odometry, setup->seed);
    for (size_t i = 0; i < 2; i++) {
        odometry->scale[i] = 1 + odometry->config->scale_error * seed_gaussian(&scale);
        odometry->state.wheel_angle_rad[i] = setup->start.wheel_angle_rad[i];
    }
    return odometry;
}

/* From how far the encoders turned since the last sample; they count rolling and slipping alike. */
static struct twist2 measure(struct odometry *o, const struct robot_state *truth)
{
    const struct odometry_config *c = o->config;
    const struct robot_config *robot = o->robot;
    double rim_mps[2];
    for (size_t i = 0; i < 2; i++) {
        double turned = wrap_angle(truth->wheel_angle_rad[i] - o->state.wheel_angle_rad[i]);
        o->state.wheel_angle_rad[i] = truth->wheel_angle_rad[i];
        rim_mps[i] = o->scale[i] * robot->wheel_radius_m * turned * c->rate_hz;
    }
    double v = (rim_mps[0] + rim_mps[1]) / 2 + c->noise_mps * seed_gaussian(&o->state.noise);
    double w = (rim_mps[1] - rim_mps[0]) / robot_track_m(robot) + c->noise_radps * seed_gaussian(&o->state.noise);
    return (struct twist2){v, w};
}

static void integrate(struct odometry *o, struct twist2 twist)
{
    const struct odometry_config *c = o->config;
    double dt = 1 / c->rate_hz, middle = o->state.pose_in_odom.yaw + twist.w_radps * dt / 2;
    o->state.pose_in_odom.x += twist.v_mps * dt * cos(middle);
    o->state.pose_in_odom.y += twist.v_mps * dt * sin(middle);
    o->state.pose_in_odom.yaw = wrap_angle(o->state.pose_in_odom.yaw + twist.w_radps * dt);
    double moved = fabs(twist.v_mps) * dt, turned = fabs(twist.w_radps) * dt;
    o->state.along_m2 += square(c->noise_mps * dt) + square(moved) * (square(c->scale_error) + o->state.yaw_rad2);
    o->state.yaw_rad2 += square(c->noise_radps * dt) + square(c->scale_error) *
                         (square(turned) + square(moved / robot_track_m(o->robot)));
}

/* 6x6 over x y z roll pitch yaw; the axes that wheels cannot measure are known to lie on the floor. */
static void diagonal6(double covariance[36], double xy, double yaw)
{
    const double diagonal[6] = {xy, xy, 1e-6, 1e-6, 1e-6, yaw};
    for (size_t i = 0; i < 6; i++)
        covariance[7 * i] = fmax(diagonal[i], 1e-9);
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct odometry *o = self;
    const struct odometry_config *c = o->config;
    struct twist2 twist = measure(o, &moment->truth);
    integrate(o, twist);
    struct msg_odometry message = {.header = sensor_header(moment, "odom"), .child_frame_id = "base_link"};
    struct pose2 pose = o->state.pose_in_odom;
    message.pose.pose.position = (struct msg_point){pose.x, pose.y, 0};
    message.pose.pose.orientation = sensor_quaternion(quat_from_yaw(pose.yaw));
    message.twist.twist.linear.x = twist.v_mps;
    message.twist.twist.angular.z = twist.w_radps;
    diagonal6(message.pose.covariance, o->state.along_m2, o->state.yaw_rad2);
    diagonal6(message.twist.covariance, square(c->noise_mps) + square(c->scale_error * twist.v_mps),
              square(c->noise_radps) + square(c->scale_error * twist.w_radps));
    sensor_emit(moment, TOPIC_ODOM, &message);
}

const struct sensor_device sensor_odometry = {
    .serves = 1u << SENSOR_ODOMETRY,
    .state_size = sizeof((struct odometry *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = free,
    .sample = sample,
};
