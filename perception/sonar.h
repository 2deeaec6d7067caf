/* perception/sonar.h - what a ring of ultrasonic sensors adds to the belief.
 *
 * An echo says that something stands at a distance, somewhere on an arc across a wide cone. Lidar and depth say the
 * same with more precision, so an echo counts only where neither explains it: no return of theirs lies in the cone at
 * about that distance. What is left is what they cannot see (glass beside the camera's view, say): its arc becomes
 * points for the shield and occupancy in a layer of its own (mapper.h), which only later echoes clear. */
#ifndef PERCEPTION_SONAR_H
#define PERCEPTION_SONAR_H

#include "perception/mapper.h"

enum { SONAR_MAX = 16, SONAR_ARC_POINTS = 5 };
#define SONAR_TRUST_M 3.0 /* echoes from farther say too little about where */

/* Where transducer `index` of `count` sits on a footprint: evenly turned, the first ahead. In base_link. */
struct pose2 sonar_mount(int index, int count, double length_m, double width_m);

struct sonar_cone { /* one transducer's word, base_link */
    struct pose2 mount;
    double fov_rad, range_m; /* infinite: no echo */
    bool explained;          /* by another sense, or too far to matter */
};

/* The usable cones of a message in `cones` (SONAR_MAX); *bad counts the others' values. */
size_t sonar_read(const struct msg_range_array *message, double length_m, double width_m,
                  struct sonar_cone cones[SONAR_MAX], size_t *bad);
/* Marks the echoes that points seen by other senses (base_link) account for. */
void sonar_explain(struct sonar_cone *cones, size_t count, const struct vec2 *points, size_t point_count);
/* An echo's arc, from the right edge of its cone to the left, base_link. */
void sonar_arc(const struct sonar_cone *cone, struct vec2 points[SONAR_ARC_POINTS]);
/* Clears each heard cone up to its echo, then marks what is not explained. Writes the arcs of that to `points` (room
 * for SONAR_MAX * SONAR_ARC_POINTS) and returns their number. */
size_t sonar_map(struct mapper *mapper, struct pose2 pose, const struct sonar_cone *cones, size_t count,
                 struct vec2 *points);

#endif
