/* perception/match.h - where on the map does this scan belong?
 *
 * A field of signed distances to the map's walls (outside positive, zero on the face between a free and
 * an occupied cell). The pose is moved by Gauss-Newton so that the beams' ends come to lie on walls,
 * held by the prior's covariance and weighted robustly (Geman and McClure), from a wide kernel to a
 * narrow one: people and boxes that the map does not know pull but little. */
#ifndef PERCEPTION_MATCH_H
#define PERCEPTION_MATCH_H

#include <stdint.h>

#include "perception/perception.h"

enum { MATCH_BEAMS_MAX = 180 };

enum match_verdict {
    MATCH_UNKNOWN, /* too few beams came back to say anything */
    MATCH_REFUSED, /* the scan does not fit the map, or only so far from the prior that it is not believed */
    MATCH_ACCEPTED,
};

struct match_result {
    enum match_verdict verdict;
    struct pose2 pose;     /* the best one, prior included */
    double share;          /* of the beams that end within MATCH_EXPLAINED_M of a wall there, 0..1 */
    double information[9]; /* of the scan alone about (x, y, yaw), its range noise being white, and ... */
    double pull[3];        /* ... information * (where the scan alone would put the pose - prior): for ekf_correct */
    double systematic[9];  /* covariance of the pose because of the map's own error, which all scans here share */
    double map_m2;         /* variance that the beams show against the map beyond their range noise; may be negative */
};

struct match_noise {
    double range_m; /* white, of each beam */
    double map_m;   /* of the place of a wall's face on the map: the same for all beams that end on it, for ever */
};

#define MATCH_EXPLAINED_M 0.15

struct match;
/* Owned; the map is read, not kept. */
struct match *match_create(const struct static_map *map);
void match_destroy(struct match **match);
/* `points` are ends of beams that hit something, in base_link at the scan's stamp; at most MATCH_BEAMS_MAX of
 * them, evenly chosen, are used. `covariance` is the prior pose's (3x3, positive definite). */
struct match_result match_scan(const struct match *match, const struct vec2 *points, size_t count, struct pose2 prior,
                               const double covariance[9], const struct match_noise *noise);

/* The distance from a wall's face, inside or out; beyond the field or the map its reach. */
double match_distance_m(const struct match *match, struct vec2 p);
/* How many of the beams a robot at `pose` would not have: each counts d^2 / (d^2 + kernel^2), d being
 * how far it ends from a wall. 0 .. count. `through`: one that would have to pass through a wall on its
 * way counts 1. */
double match_unexplained(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose,
                         double kernel_m, bool through);
/* The share of beams that would have to pass through walls from there. */
double match_through(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose);

#endif
