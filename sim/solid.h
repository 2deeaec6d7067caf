/* sim/solid.h - one solid made ready for rays: turned into its own frame, where every hit has a closed form
 * (sim/packet_hit.h).
 *
 * Inside the ray caster only (sim/raycast.h is its face). All kinds are convex intersections of slabs and
 * quadrics, or triangles. */
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

enum solid_face { FACE_X, FACE_Y, FACE_Z, FACE_ROUND }; /* of triangles: the triangle's number */

struct ray_solid { /* what a ray reads fills two cache lines */
    struct vec3 axes[3];  /* own axes in the world: rows of the turn from the world */
    struct vec3 position;
    struct vec3 size_m; /* half sizes; of round kinds (radius, radius, half height) */
    enum shape_kind kind;
    unsigned senses;
    int32_t material, tag; /* the caller's */
    bool upright; /* turned about z alone: the first axes are level, the third is the world's */
    const struct triangles *triangles; /* borrowed; hull, mesh, heightfield */
    struct footprint footprint;        /* not of planes */
};

/* `low`, `high`: shape_bounds. */
void solid_set(struct ray_solid *solid, const struct shape *shape, struct vec3 low, struct vec3 high,
               struct pose3 pose);

/* The unit normal, towards the ray's origin, of a hit through `face` at distance_m; all in the world's frame. */
struct vec3 solid_normal(const struct ray_solid *solid, struct vec3 origin, struct vec3 direction, double distance_m,
                         uint32_t face);

#endif
