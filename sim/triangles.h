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

struct triangle {
    struct vec3 corner, edge1, edge2, normal;
    uint32_t number;
};

struct triangles_node {
    struct vec3 low, high;
    uint32_t first, count; /* leaf: triangles; otherwise count 0 and the children are at first and first + 1 */
};

struct triangles { /* owned by whoever created it; for rays to read (sim/packet_hit.h) */
    struct triangle *items; /* in the tree's order */
    uint32_t *place;        /* number -> index in items */
    struct triangles_node *nodes;
    uint32_t count, node_count;
};

/* From a hull, a mesh or a heightfield without shape_fault; NULL for any other kind. The shape may go away. */
struct triangles *triangles_create(const struct shape *shape);
void triangles_destroy(struct triangles **triangles);
struct vec3 triangles_normal(const struct triangles *triangles, uint32_t triangle); /* unit, outwards */

#endif
