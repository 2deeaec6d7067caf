/* sim/solid.h - one solid made ready for rays: turned into its own frame, where every hit has a closed form.
 *
 * Inside the ray caster only (sim/raycast.h is its face). All kinds are convex intersections of slabs and
 * quadrics, or triangles. A hit is where a ray enters: rays that start inside report nothing. */
#ifndef SIM_SOLID_H
#define SIM_SOLID_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/shape.h"
#include "sim/triangles.h"

/* What a solid covers of the ground plane: a rectangle about (x, y) whose first side runs along (c, s), grown
 * by a radius, from z0 up to z1. */
struct footprint {
    double x, y, c, s, half_x_m, half_y_m, radius_m, z0_m, z1_m;
};

struct ray_solid { /* what a ray reads fills two cache lines */
    struct vec3 axes[3];  /* own axes in the world: rows of the turn from the world */
    struct vec3 position;
    struct vec3 size_m; /* half sizes; of round kinds (radius, radius, half height) */
    enum shape_kind kind;
    unsigned senses;
    const struct triangles *triangles; /* borrowed; hull, mesh, heightfield */
    struct footprint footprint;        /* not of planes */
};

/* `low`, `high`: shape_bounds. */
void solid_set(struct ray_solid *solid, const struct shape *shape, struct vec3 low, struct vec3 high, struct pose3 pose);

static inline struct vec3 solid_local(const struct ray_solid *solid, struct vec3 v)
{
    return (struct vec3){vec3_dot(solid->axes[0], v), vec3_dot(solid->axes[1], v), vec3_dot(solid->axes[2], v)};
}
static inline struct vec3 solid_local_point(const struct ray_solid *solid, struct vec3 p)
{
    return solid_local(solid, vec3_sub(p, solid->position));
}

/* Where the ray (origin and unit direction in the solid's frame) enters, or NO_HIT; `face` then says through
 * which face. Triangles beyond limit_m may be left out. */
double solid_hit(const struct ray_solid *solid, struct vec3 origin, struct vec3 direction, double limit_m, uint32_t *face);
/* The unit normal, towards the ray's origin, of a hit that solid_hit reported; all in the world's frame. */
struct vec3 solid_normal(const struct ray_solid *solid, struct vec3 origin, struct vec3 direction, double distance_m,
                         uint32_t face);

#endif
