/* nav/crowd.h - who moves near the robot, and where they will be: constant velocity for some seconds, then standing. */
#ifndef NAV_CROWD_H
#define NAV_CROWD_H

#include "nav/policy.h"

enum { CROWD_MAX = 12 };

struct mover {
    struct vec2 at, velocity_mps; /* map frame */
    double radius_m;
};
struct crowd {
    struct mover movers[CROWD_MAX];
    size_t count;
};

/* The confirmed tracks within `within_m`, nearest first; what stands (under 0.1 m/s) is left to the grid. */
void crowd_fill(struct crowd *crowd, const struct belief *belief, double within_m);

/* Surface of the nearest one to a point, t_s from now; infinite without any. */
double crowd_gap_m(const struct crowd *crowd, double x, double y, double t_s);

#endif
