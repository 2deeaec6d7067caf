/* sim/sensor.h - what a sensor is to sim/sensors.c: one small file ending in a const descriptor. Room-internal.
 *
 * A device serves one or more sensors of enum sensor at one rate (the camera: colour and depth). Its object begins
 * with its mutable state (stream counters, integrators) as plain words without padding, `state_size` bytes of it:
 * that is all that the state hash folds. Every draw happens whether or not it matters for the result, so one beam's
 * luck never shifts the next one's. */
#ifndef SIM_SENSOR_H
#define SIM_SENSOR_H

#include "logs/seed.h"
#include "sim/sensors.h"

struct sensor_setup {
    const struct scenario *scenario; /* borrowed, outlives the device */
    const struct robot_config *robot; /* likewise */
    uint64_t seed;
    unsigned on; /* bits over enum sensor: fitted and not removed */
    struct robot_state start;
};

struct sensor_moment { /* an instant at which at least one sensor is due */
    const struct sensors_def *def;
    struct sensors *sensors; /* for sensor_emit */
    struct robot_state truth;
    int64_t now_ns;
};

struct sensor_device {
    unsigned serves; /* bits over enum sensor; made if any of them is on */
    size_t state_size;
    void *(*create)(const struct sensor_setup *setup);
    void (*seed)(void *self, uint64_t seed); /* starts its noise afresh; NULL: it has none */
    void (*destroy)(void *self);
    void (*sample)(void *self, const struct sensor_moment *moment);
    /* These two may be NULL: latched descriptions, and a look at every physics step. */
    void (*announce)(const void *self, const struct sensor_moment *moment);
    void (*observe)(void *self, const struct world *world, const struct robot *robot);
};

extern const struct sensor_device sensor_imu, sensor_odometry, sensor_lidar, sensor_camera, sensor_bumper,
    sensor_ultrasonic;

static inline bool sensor_is_on(unsigned set, enum sensor sensor) { return set >> sensor & 1; }

static inline struct msg_header sensor_header(const struct sensor_moment *moment, const char *frame)
{
    return (struct msg_header){message_time(moment->now_ns), frame};
}
static inline struct msg_vector3 sensor_vector(struct vec3 v) { return (struct msg_vector3){v.x, v.y, v.z}; }
static inline struct msg_quaternion sensor_quaternion(struct quat q)
{
    return (struct msg_quaternion){q.x, q.y, q.z, q.w};
}

/* To the journal, and to the taker unless the topic is ground truth: now, or when the sensor's latency has passed.
 * What is true is told at once. The message stays the caller's. */
void sensor_emit(const struct sensor_moment *moment, enum topic topic, const void *message);

/* Where the devices sit in base_link; the camera's in body axes (x forward). */
struct pose3 sensor_lidar_mount(const struct lidar_config *config);
struct pose3 sensor_camera_mount(const struct camera_config *config);

#endif
