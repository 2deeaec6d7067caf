/* sim/shape.h - the solids of the world, as plain values shared by physics, rays and clearance. Every shape is
 * centred on its own origin; cylinders and capsules stand along z. */
#ifndef SIM_SHAPE_H
#define SIM_SHAPE_H

#include <stdint.h>

#include "logs/geometry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum shape_kind {
    SHAPE_BOX,         /* half_m */
    SHAPE_CYLINDER,    /* radius_m, height_m */
    SHAPE_SPHERE,      /* radius_m */
    SHAPE_CAPSULE,     /* radius_m, height_m between the two centres */
    SHAPE_PLANE,       /* the half space below z = 0; static only */
    SHAPE_HULL,        /* vertices: their convex hull */
    SHAPE_MESH,        /* vertices, triangles (three indices each, counter-clockwise from outside); static only */
    SHAPE_HEIGHTFIELD, /* heights_m[row * columns + column], cell_m apart, centred; static only */
};

struct shape {
    enum shape_kind kind;
    struct vec3 half_m;
    double radius_m, height_m;
    const struct vec3 *vertices; /* borrowed; copied by whoever keeps the shape */
    uint32_t vertex_count;
    const uint32_t *triangles;
    uint32_t triangle_count;
    const double *heights_m;
    uint32_t rows, columns;
    double cell_m;
};

#define SHAPE_LARGEST_M 1e6 /* no size or coordinate may be larger */

/* What is wrong with a shape's numbers and what it needs instead (a static sentence without its full stop), or
 * NULL. */
const char *shape_fault(const struct shape *shape);
/* The corners of its bounding box in its own frame; of a plane only its origin. */
void shape_bounds(const struct shape *shape, struct vec3 *low, struct vec3 *high);
/* The box around it at a pose. */
void shape_bounds_at(const struct shape *shape, struct pose3 pose, struct vec3 *low, struct vec3 *high);
/* Volume, and principal inertia about the origin for a mass spread evenly; a hull counts as its bounding box, and the
 * kinds that never move as nothing. */
double shape_volume_m3(const struct shape *shape);
struct vec3 shape_inertia_kgm2(const struct shape *shape, double mass_kg);

#ifdef __cplusplus
}
#endif
#endif
