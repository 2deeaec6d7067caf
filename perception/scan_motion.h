/* perception/scan_motion.h - how the robot moved between two scans, by the scans alone.
 *
 * Point-to-line ICP (Censi 2008) with projective pairs: a return of the new scan is turned and shifted into the old
 * one and compared with the surface that the old one saw along that beam. Neither wheels nor gyro are asked, so the
 * result is a witness of its own: trust.h lets the three vote. Scans must be so close in time that the robot
 * moves less than MOVED_MAX between them; a longer pause starts anew. */
#ifndef PERCEPTION_SCAN_MOTION_H
#define PERCEPTION_SCAN_MOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/geometry.h"

enum { SCAN_MOTION_BEAMS = 720 };

struct scan_surface { /* of one beam of the old scan */
    struct vec2 point, normal; /* from the lidar; normal {0, 0}: none */
};

struct scan_motion {
    struct scan_surface surface[SCAN_MOTION_BEAMS];
    size_t count;
    double first_rad, step_rad;
    int64_t stamp_ns; /* INT64_MIN: no old scan yet */
    struct pose2 last_rate; /* per second, of the lidar: where the search begins */
};

struct scan_step {
    int64_t from_ns, to_ns;
    bool valid;              /* the scans fit each other */
    struct pose2 moved;      /* of base_link */
    double share;            /* of the pairs that agree: people who walk make it less */
    double forward_sd_m, turn_sd_rad; /* what it may be off; forward large where no wall stands across */
};

void scan_motion_start(struct scan_motion *motion);
/* `ranges_m`: count ranges from the lidar, the i-th along first + i * step in base_link; not finite: no return.
 * Thinned to SCAN_MOTION_BEAMS. `mount` is the lidar's place in base_link, noise_m its range noise. */
struct scan_step scan_motion_next(struct scan_motion *motion, int64_t stamp_ns, const float *ranges_m, size_t count,
                                  double first_rad, double step_rad, struct vec2 mount, double noise_m);
uint64_t scan_motion_hash(const struct scan_motion *motion, uint64_t hash);

#endif
