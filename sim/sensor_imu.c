#include <stdlib.h>

#include "logs/memory.h"
#include "sim/sensor.h"

struct imu {
    struct {
        struct seed_stream gyro, accel, walk;
        struct vec3 linear_mps; /* at the last sample, world frame */
        struct vec3 gyro_bias_radps, accel_bias_mps2;
    } state;
    const struct imu_config *config;
};

static struct vec3 gaussian3(struct seed_stream *stream, double sigma)
{
    double x = seed_gaussian(stream), y = seed_gaussian(stream), z = seed_gaussian(stream);
    return (struct vec3){sigma * x, sigma * y, sigma * z};
}

static void seed(void *self, uint64_t seed)
{
    struct imu *imu = self;
    imu->state.gyro = seed_stream_named(seed, "imu.gyro_noise");
    imu->state.accel = seed_stream_named(seed, "imu.accel_noise");
    imu->state.walk = seed_stream_named(seed, "imu.bias_walk");
}

static void *create(const struct sensor_setup *setup)
{
    struct imu *imu = NEW(struct imu);
    struct seed_stream gyro = seed_stream_named(setup->seed, "imu.gyro_bias");
    struct seed_stream accel = seed_stream_named(setup->seed, "imu.accel_bias");
    imu->config = &setup->scenario->imu;
    seed(imu, setup->seed);
    imu->state.linear_mps = setup->start.linear_mps;
    imu->state.gyro_bias_radps = gaussian3(&gyro, imu->config->gyro_bias_radps);
    imu->state.accel_bias_mps2 = gaussian3(&accel, imu->config->accel_bias_mps2);
    return imu;
}

/* A random walk: variance grows by walk^2 a second, whatever the rate. */
static void bias_walk(struct imu *imu)
{
    const struct imu_config *c = imu->config;
    double root_s = sqrt(1 / c->rate_hz);
    struct vec3 gyro = gaussian3(&imu->state.walk, c->gyro_walk * root_s);
    imu->state.gyro_bias_radps = vec3_add(imu->state.gyro_bias_radps, gyro);
    struct vec3 accel = gaussian3(&imu->state.walk, c->accel_walk * root_s);
    imu->state.accel_bias_mps2 = vec3_add(imu->state.accel_bias_mps2, accel);
}

static void diagonal3(double covariance[9], double sigma)
{
    for (size_t i = 0; i < 3; i++)
        covariance[4 * i] = square(sigma);
}

/* Specific force is what a mass on a spring feels: acceleration minus gravity, so +9.81 along z at rest. */
static void sample(void *self, const struct sensor_moment *moment)
{
    struct imu *imu = self;
    const struct imu_config *c = imu->config;
    struct quat back = quat_conjugate(moment->truth.pose.orientation);
    struct vec3 force = vec3_scale(vec3_sub(moment->truth.linear_mps, imu->state.linear_mps), c->rate_hz);
    force.z += physics_def_default().gravity_mps2;
    imu->state.linear_mps = moment->truth.linear_mps;
    bias_walk(imu);
    struct vec3 rate = vec3_add(quat_rotate(back, moment->truth.angular_radps), imu->state.gyro_bias_radps);
    rate = vec3_add(rate, gaussian3(&imu->state.gyro, c->gyro_noise_radps));
    force = vec3_add(quat_rotate(back, force), imu->state.accel_bias_mps2);
    force = vec3_add(force, gaussian3(&imu->state.accel, c->accel_noise_mps2));
    struct msg_imu message = {
        .header = sensor_header(moment, "imu"),
        .orientation.w = 1,
        .orientation_covariance = {-1}, /* unknown, says the message's definition */
        .angular_velocity = sensor_vector(rate),
        .linear_acceleration = sensor_vector(force),
    };
    diagonal3(message.angular_velocity_covariance, c->gyro_noise_radps);
    diagonal3(message.linear_acceleration_covariance, c->accel_noise_mps2);
    sensor_emit(moment, TOPIC_IMU, &message);
}

const struct sensor_device sensor_imu = {
    .serves = 1u << SENSOR_IMU,
    .state_size = sizeof((struct imu *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = free,
    .sample = sample,
};
