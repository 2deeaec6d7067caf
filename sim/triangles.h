/* sim/triangles.h - a still triangle soup under a tree of bounding boxes: the rays' view of hulls, meshes and
 * heightfields.
 *
 * Triangles are counter-clockwise from outside and are met from outside only. Coordinates are the shape's own,
 * so one tree serves however its solid moves. */
#ifndef SIM_TRIANGLES_H
#define SIM_TRIANGLES_H

#include <stdint.h>

#include "sim/shape.h"

#define NO_HIT HUGE_VAL /* the distance to nothing */

struct triangles; /* opaque, owned by whoever created it */

/* From a hull, a mesh or a heightfield without shape_fault; NULL for any other kind. The shape may go away. */
struct triangles *triangles_create(const struct shape *shape);
void triangles_destroy(struct triangles **triangles);
/* The nearest hit up to limit_m, or NO_HIT; `triangle` receives its number (the lowest among equally near ones). */
double triangles_hit(const struct triangles *triangles, struct vec3 origin, struct vec3 direction, double limit_m,
                     uint32_t *triangle);
struct vec3 triangles_normal(const struct triangles *triangles, uint32_t triangle); /* unit, outwards */

#endif
