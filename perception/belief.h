/* perception/belief.h - all that a policy may know. Built from sensor messages alone; ground truth never gets here. */
#ifndef PERCEPTION_BELIEF_H
#define PERCEPTION_BELIEF_H

#include <stdint.h>

#include "perception/grid.h"

/*         enumerator   name        nominal Hz is in struct perception_config */
#define SENSORS(X)                                                                                                     \
    X(LIDAR, "lidar", SCAN)                                                                                            \
    X(CAMERA, "camera", IMAGE)                                                                                         \
    X(DEPTH, "depth", DEPTH)                                                                                           \
    X(IMU, "imu", IMU)                                                                                                 \
    X(ODOMETRY, "odometry", ODOM)                                                                                      \
    X(BUMPER, "bumper", BUMPER)                                                                                        \
    X(ULTRASONIC, "ultrasonic", ULTRASONIC)

#define SENSOR_ENUM(id, name, topic) SENSOR_##id,
enum sensor { SENSORS(SENSOR_ENUM) SENSOR_COUNT };
extern const char *const sensor_names[SENSOR_COUNT];

enum health { HEALTH_OK, HEALTH_STALE, HEALTH_MISSING, HEALTH_BAD }; /* as in SensorState.state */

struct sensor_health {
    enum health state;
    double nominal_hz, rate_hz; /* rate over the last second */
    double age_s;               /* since the last message's stamp; infinite before the first */
    uint32_t received, gaps, bad_values;
    double late_s; /* how old its messages always are when they come */
    const char *rule, *detail; /* the rule of health.h in force and its figures; "": none. With state OK: a warning */
};

enum { OCCUPANCY_UNKNOWN = -1, TRACKS_MAX = 64 };

/* What the sensors showed last, for policies that would rather look than be told. A pointer is NULL when that sensor is
 * not there or has shown nothing for SIGHT_OLD_NS. Borrowed until the next update. */
#define SIGHT_OLD_NS INT64_C(500000000)
struct sight {
    const float *lidar_m; /* lidar_count ranges from the lidar's mount: +inf where nothing came back, NaN unusable */
    size_t lidar_count;
    double lidar_first_rad, lidar_step_rad; /* beam i looks along first + i * step, robot frame */
    const float *depth_m; /* width * height, along the optical axis, row by row from the top left; NaN: nothing certain */
    const uint8_t *rgb;   /* width * height * 3 */
    const uint8_t *labels; /* width * height of enum label as perception reads the colour image; NULL: it does not */
    int width, height;
    int64_t lidar_ns, depth_ns, rgb_ns;
};

struct track { /* something that moves, as perception follows it; map frame */
    uint32_t id;           /* never given again within an episode */
    struct vec2 at, velocity_mps;
    double covariance[16]; /* row-major over x, y, vx, vy */
    double radius_m;
    double age_s, unseen_s;
    bool confirmed;
};

struct belief {
    int64_t stamp_ns;
    struct pose2 pose; /* of base_link in map */
    double covariance[9]; /* row-major over x, y, yaw */
    struct twist2 twist;
    double roll_rad, pitch_rad;
    bool localised;     /* with a map: the scan fits it; without one: dead reckoning, true while odometry lives */
    bool lost;          /* there is a map, but nothing is known of where on it the robot is: `pose` is counted from an
                           arbitrary place, and the layers hold what has been seen since, without the map */
    double match_score; /* share of beams that the map explains, 0..1; NaN without a map */

    struct grid grid;          /* frame of the layers below; map frame */
    const int8_t *occupancy;   /* 0 free .. 100 occupied, -1 unknown: static map, lidar and depth fused */
    const uint8_t *keepout;    /* 1 where the camera saw painted keep-out floor (or the map says so) */
    const float *clearance_m;  /* centre to centre, to the nearest occupied or keep-out cell; at most CLEARANCE_MAX_M */

    const struct vec2 *points; /* what stands around the robot now: latest scan and depth returns, robot frame */
    size_t point_count;
    struct sight sight;
    const struct track *tracks; /* track_count of them, at most TRACKS_MAX, by id */
    size_t track_count;
    uint8_t bumper;            /* sectors, as in the Bumper message */
    struct sensor_health sensors[SENSOR_COUNT];
    struct sensor_health drive; /* does the robot do what it is told? MISSING while nobody says what it is told */
};

#define CLEARANCE_MAX_M 1.5

/* Clearance at a point of the map frame: the value of its cell; 0 outside the grid. */
static inline double belief_clearance_m(const struct belief *belief, struct vec2 p)
{
    struct cell c = grid_cell(&belief->grid, p);
    return grid_holds(&belief->grid, c) ? (double)belief->clearance_m[grid_index(&belief->grid, c)] : 0.0;
}

#endif
