/* nav/way.h - the next metres of a plan, thinned out and with directions, for judging places against it. */
#ifndef NAV_WAY_H
#define NAV_WAY_H

#include <stdbool.h>

#include "nav/policy.h"

enum { WAY_MAX = 48, WAY_AHEAD = 5 };
#define WAY_SPACING_M 0.1

struct way_point {
    struct vec2 at, along; /* along: unit vector to the next one */
    double left_m;         /* to the end of the plan */
};

struct way {
    struct way_point points[WAY_MAX];
    size_t count;
};

struct way_look { /* a place, seen from the way */
    double off_m, left_m;
    size_t nearest;
    bool over; /* beyond the plan's end */
};

/* From the plan's beginning. `yaw` is the direction of a plan of one point. */
void way_fill(struct way *way, const struct plan *plan, double yaw);

/* The way has at least one point. */
struct way_look way_look(const struct way *way, double x, double y);

/* Angle from the heading (c, s) at (x, y) to the way half a metre beyond its `nearest` point; 0 at the way's end. */
double way_turn(const struct way *way, double x, double y, double c, double s, size_t nearest);

/* Radians per metre over the half metre of way that begins at the i-th point. */
double way_bend(const struct way *way, size_t i);

#endif
