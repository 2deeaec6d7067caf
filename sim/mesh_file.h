/* sim/mesh_file.h - the points of a mesh file: STL, binary or as text, and Wavefront OBJ.
 *
 * Bodies that move are convex, so of a mesh only its points count here; mesh_hull keeps the outermost. */
#ifndef SIM_MESH_FILE_H
#define SIM_MESH_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "logs/bytes.h"
#include "logs/geometry.h"
#include "logs/memory.h"

enum { MESH_HULL_MAX = 134 }; /* points that mesh_hull returns at most */

struct mesh_points {
    const struct vec3 *points; /* in the arena */
    uint32_t count;
};

/* By its content, not its name. STATUS_BAD_INPUT (a format we do not read) or STATUS_CORRUPT with a sentence that
 * begins with `file` and, for text, its line. */
MUST_USE enum status mesh_read(struct arena *arena, const char *file, const uint8_t *data, size_t size,
                               struct mesh_points *mesh, struct error *err);
/* The outermost points in MESH_HULL_MAX directions spread over the sphere: all corners of a simple shape, the
 * silhouette of a rich one. */
struct mesh_points mesh_hull(struct arena *arena, const struct mesh_points *mesh);

#endif
