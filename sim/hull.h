/* sim/hull.h - the convex hull of a few hundred points, as triangles (incremental, O(points x faces)).
 *
 * Points within 1e-9 of the extent of a face count as on it. Source: Preparata and Shamos, Computational
 * Geometry, 1985, 3.4. */
#ifndef SIM_HULL_H
#define SIM_HULL_H

#include <stdint.h>

#include "logs/geometry.h"

/* Three indices a triangle, counter-clockwise from outside, in memory the caller frees; *count receives their
 * number. The points must span a solid (shape_fault). */
uint32_t *hull_triangles(const struct vec3 *points, uint32_t point_count, uint32_t *count);

#endif
