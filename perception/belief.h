/* perception/belief.h - all that a policy may know. Built from sensor messages alone; ground truth never gets here. */
#ifndef PERCEPTION_BELIEF_H
#define PERCEPTION_BELIEF_H

#include <stddef.h>
#include <stdint.h>

#include "logs/map_source.h"
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

struct sensor_drift {    /* of the channel (channel.h) that is nearest to its line, or over it by most */
    const char *channel, *unit; /* "": none has had a value */
    int state;           /* enum drift_state: OK, WARN, ALARM */
    double value, usual; /* latest sample, and the reference's mean */
    double ph, ph_line;  /* Page-Hinkley, drift.h */
    double psi, psi_critical, n_eff;
    double since_s;      /* simulated time of the onset; 0 while the state is OK */
};

struct sensor_health {
    enum health state;
    double nominal_hz, rate_hz; /* rate over the last second */
    double age_s;               /* since the last message's stamp; infinite before the first */
    uint32_t received, gaps, bad_values;
    double late_s; /* how old its messages always are when they come */
    const char *rule, *detail; /* the rule of health.h in force and its figures; "": none. With state OK: a warning */
    double weight; /* 0..1, how much it counts in the fusion: 1 while nothing is wrong, 0 when it is BAD or MISSING */
    struct sensor_drift drift;
};

enum { OCCUPANCY_UNKNOWN = -1, TRACKS_MAX = 64 };

/* What the sensors showed last, for policies that would rather look than be told. A pointer is NULL when that sensor is
 * not there or has shown nothing for SIGHT_OLD_NS. Borrowed until the next update. */
#define SIGHT_OLD_NS INT64_C(500000000)
struct sight {
    const float *lidar_m; /* lidar_count ranges from the lidar's mount: +inf where nothing came back, NaN unusable */
    size_t lidar_count;
    double lidar_first_rad, lidar_step_rad; /* beam i looks along first + i * step, robot frame */
    const float
        *depth_m; /* width * height, along the optical axis, row by row from the top left; NaN: nothing certain */
    const uint8_t *rgb;   /* width * height * 3 */
    const uint8_t *labels; /* width * height of enum label, as perception reads rgb; NULL: it does not */
    int width, height;
    int64_t lidar_ns, depth_ns, rgb_ns, labels_ns; /* INT64_MIN: never */
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
    const struct mapper *mapper; /* for belief_sources and belief_seen; NULL: nobody has seen anything */

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

/* Who says what about `count` cells of a row, all inside the grid, from `from` to the right: bits
 * MAP_HELD and, from MAP_FREE_SHIFT on, who holds them free (logs/map_source.h). A cell is occupied (65
 * or more) exactly where the given map, lidar, depth or sonar holds it, and keep-out where the camera
 * does. */
void belief_sources(const struct belief *belief, struct cell from, size_t count, uint8_t *sources);

struct seen { /* all that is known about where a cell's occupancy comes from */
    uint8_t held, free;                /* as bits of enum map_source, both from bit 0 on */
    bool moves;                        /* what is held there is somebody who moves, or just did */
    double held_s[MAP_SOURCE_COUNT];   /* since each last saw it occupied, or painted; infinite: never */
    double free_s[MAP_SOURCE_COUNT];   /* ... and free; the given map saw either when all began */
    double height_m; /* what stands there is at least so high; NaN: nothing does, or nobody knows */
};
struct seen belief_seen(const struct belief *belief, struct cell c);

#endif
