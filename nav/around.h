/* nav/around.h - the blocked cell of the belief's grid that is nearest in every direction: for policies that steer by
 * directions. Occupied and keep-out cells count alike; a cell that belongs to somebody who moves may be left out. */
#ifndef NAV_AROUND_H
#define NAV_AROUND_H

#include "nav/crowd.h"

enum { AROUND_SECTORS = 72 }; /* of 5 degrees, robot frame; sector i is centred on i * 5 degrees */

struct around {
    struct vec2 at[AROUND_SECTORS]; /* robot frame, centre of the cell */
    double distance_m[AROUND_SECTORS]; /* infinite: none within the reach */
};

/* `crowd` may be NULL: then nobody is left out. */
void around_fill(struct around *around, const struct belief *belief, const struct crowd *crowd, double reach_m);

static inline double around_angle_rad(size_t sector) { return wrap_angle(2 * PI * (double)sector / AROUND_SECTORS); }

/* The point of the plan that is `ahead_m` along it, or its end. The plan has at least one. */
struct vec2 around_target(const struct plan *plan, double ahead_m);

#endif
