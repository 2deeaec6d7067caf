/* perception/perception.h - observation -> belief.
 *
 * Messages go in as they are published (or read back from a log); a belief comes out once per control tick.
 *   odometry + IMU       -> EKF (ekf.c): pose, yaw rate, covariance
 *   scan + given map     -> correction of the pose (match.c), by the end points' distance to the map's walls; a robot
 *                           that is lost searches the whole map (particles.c)
 *   scan, depth          -> occupancy layer around the robot (mapper.c)
 *   ultrasonic           -> occupancy and points where nothing else sees what sends the echo (sonar.c)
 *   RGB image            -> labels by a network (seeing.c), keep-out layer by them and by colour (keepout.c);
 *                           never from the simulator's labels
 *   every message        -> health of its sensor (health.c), by the rules of trust.c; what is BAD is not fused
 * All state is plain and owned here; perception_hash folds it for the per-tick state hash. */
#ifndef PERCEPTION_PERCEPTION_H
#define PERCEPTION_PERCEPTION_H

#include "logs/message.h"
#include "perception/belief.h"

struct seeing; /* perception/seeing.h */

struct static_map { /* what is known beforehand; cells as OccupancyGrid.data; borrowed at create, copied */
    struct grid grid;
    const int8_t *cells;
};

/* What the sensors' data sheets say: standard deviations, 0 where nothing is said. */
struct noise_sheet {
    double lidar_m, lidar_dropout;              /* of a range; share of returns that are lost */
    double camera, depth_per_m;                 /* of a colour, 1 is full scale; of a depth divided by its square */
    double gyro_radps, gyro_bias_radps, accel_mps2; /* of a sample; of the offset a new episode begins with */
    double wheel_mps, wheel_radps, wheel_scale; /* of one odometry message; of each wheel's constant scale error */
};

struct perception_config {
    struct pose2 start;              /* where the robot believes it starts, map frame */
    bool start_unknown;              /* with a map: it must find that out (particles.h); `start` means nothing */
    uint64_t seed;                   /* of the episode: for the particles' random numbers */
    double length_m, width_m;        /* footprint, base_link at its centre */
    double lidar_x_m, lidar_y_m, lidar_yaw_rad, lidar_z_m; /* mounts, in base_link on the ground plane */
    struct pose3 camera_in_base;     /* x forward, y left, z up (no optical frame); pitch down is positive rpy pitch */
    double camera_hfov_rad;
    int camera_width, camera_height; /* square pixels, principal point in the centre */
    double depth_min_m, depth_max_m;
    double bounds_x0_m, bounds_y0_m, bounds_x1_m, bounds_y1_m; /* of the grid to keep */
    double update_hz;                /* how often perception_update is called; 0: 20 */
    double resolution_m;             /* of the grid, 0.05; at least 0.015 (distance.h), and at most 4096 cells a side */
    const struct static_map *map;    /* NULL: none */
    double nominal_hz[SENSOR_COUNT]; /* 0: the sensor is not there (removed or not fitted) */
    double late_s[SENSOR_COUNT];     /* at most so long its messages are under way; at most LATE_MAX_S */
    struct noise_sheet sheet;
    int paint;             /* enum keepout_rule: what tells paint */
    struct seeing *seeing; /* NULL: nobody labels the image. perception_create takes it over. */
};

/* Returns, pictures and the last twist are used for so long after their stamps: what comes later comes too late. */
#define LATE_MAX_S 0.5

struct perception;
struct perception *perception_create(const struct perception_config *config);
void perception_destroy(struct perception **perception);

/* Takes a message of a sensor topic (SCAN, IMAGE, DEPTH, IMU, ODOM, BUMPER, ULTRASONIC); other topics are our bug.
 * `message` is the C struct of that topic; nothing is kept of it. Values are untrusted: NaN, infinities, wrong sizes
 * are counted as bad and skipped. */
void perception_put(struct perception *perception, enum topic topic, const void *message);

/* What the drive is told from now_ns on; trust.h holds it against what it does. Optional. */
void perception_command(struct perception *perception, int64_t now_ns, struct twist2 command);

/* The belief at now_ns. Valid until the next call on this object. */
const struct belief *perception_update(struct perception *perception, int64_t now_ns);

uint64_t perception_hash(const struct perception *perception, uint64_t hash);

#endif
