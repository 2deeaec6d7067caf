/* sim/sensors.h - truth -> what the robot's sensors say, each at its own rate, with its own named random streams.
 *
 * sensors_sample is called after every physics step; a sensor whose period has come round fills its message, which goes
 * to the journal and to `take` (perception) as the same struct: at once, or later by the sensor's latency_s and a draw
 * of up to its jitter_s (stream "lidar.jitter" and so on; sim/wire.h), and changed by the faults in force (sim/fault.h).
 * header.stamp is always the time of sampling, the journal's time that of delivery. Sensors removed by `without` produce
 * nothing.
 *   lidar     sensor_msgs/LaserScan, angle from -pi, ranges: metres, +inf for no return; sees SENSE_LIDAR
 *   camera    rgb8 Image: what sim/render.h draws, averaged over the exposure, through sim/film.h; sees SENSE_CAMERA
 *   depth     32FC1 Image, metres along the optical axis, NaN where nothing certain: sim/stereo.h
 *   labels    mono8 Image of enum label (truth)
 *   imu       Imu: angular velocity and specific force in base_link; orientation unknown (covariance[0] = -1)
 *   odometry  Odometry integrated from noisy wheel speeds, frame odom
 *   bumper    sectors in contact since the last message */
#ifndef SIM_SENSORS_H
#define SIM_SENSORS_H

#include "logs/journal.h"
#include "sim/fault.h"
#include "sim/robot.h"

struct sensors;

struct sensors_def {
    struct world *world;
    struct robot *robot;
    struct journal *journal;
    uint64_t seed;
    unsigned without; /* bit set over enum sensor */
    void (*take)(void *self, enum topic topic, const void *message);
    void *self;
    struct faults *faults; /* borrowed; NULL: nothing ever fails */
};
struct sensors *sensors_create(const struct sensors_def *def);
void sensors_destroy(struct sensors **sensors);

/* `step` counts physics steps from 1; now_ns is the time at its end. */
void sensors_sample(struct sensors *sensors, uint64_t step, int64_t now_ns);
/* From now on the noise is that of another seed; what was drawn once (biases, scales) stays. */
void sensors_seed(struct sensors *sensors, uint64_t seed);
/* Publishes the latched descriptions (camera_info, tf_static) once at the start. */
void sensors_announce(struct sensors *sensors, int64_t now_ns);
/* Stream counters, integrators, what is under way. */
uint64_t sensors_hash(const struct sensors *sensors, uint64_t hash);

/* Nominal rates (0 where removed or disabled) and mounts, as perception wants them. */
void sensors_describe(const struct scenario *scenario, unsigned without, struct perception_config *config);
/* The bit set from a comma-free name; STATUS_BAD_INPUT with the nearest sensor name. */
MUST_USE enum status sensors_without(const char *name, unsigned *without, struct error *err);

#endif
