#include "sim/hull.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"

struct face {
    uint32_t corner[3];
    struct vec3 normal; /* unit, or zero for a sliver, which sees nothing */
    double offset;
};

struct hull {
    const struct vec3 *points;
    struct face *faces;
    uint32_t face_count, face_capacity;
    uint32_t (*edges)[2]; /* of the faces a new point sees */
    uint32_t edge_count, edge_capacity;
    double thickness; /* a point this close to a face is on it */
};

static void face_add(struct hull *hull, uint32_t a, uint32_t b, uint32_t c)
{
    if (hull->face_count == hull->face_capacity) {
        hull->face_capacity = hull->face_capacity ? 2 * hull->face_capacity : 64;
        hull->faces = memory_resize(hull->faces, hull->face_capacity, sizeof *hull->faces);
    }
    const struct vec3 *p = hull->points;
    struct vec3 normal = vec3_cross(vec3_sub(p[b], p[a]), vec3_sub(p[c], p[a]));
    double length = vec3_length(normal);
    normal = length > square(hull->thickness) ? vec3_scale(normal, 1 / length) : (struct vec3){0, 0, 0};
    hull->faces[hull->face_count++] = (struct face){{a, b, c}, normal, vec3_dot(normal, p[a])};
}

static bool face_sees(const struct hull *hull, const struct face *face, uint32_t point)
{
    return vec3_dot(face->normal, hull->points[point]) - face->offset > hull->thickness;
}

/* The point farthest from the origin; with an edge, from its line; with a normal, from its plane. */
static uint32_t farthest(const struct vec3 *points, uint32_t count, const struct vec3 *origin, const struct vec3 *edge,
                         const struct vec3 *normal)
{
    uint32_t best = 0;
    double most = -1;
    for (uint32_t i = 0; i < count; i++) {
        struct vec3 arm = vec3_sub(points[i], *origin);
        double far = normal ? fabs(vec3_dot(*normal, arm)) : vec3_length(edge ? vec3_cross(*edge, arm) : arm);
        if (far > most) {
            most = far;
            best = i;
        }
    }
    return best;
}

/* A first tetrahedron, as large as can be had greedily. */
static void hull_start(struct hull *hull, uint32_t count)
{
    const struct vec3 *p = hull->points;
    uint32_t a = 0, b = farthest(p, count, &p[a], NULL, NULL);
    struct vec3 edge = vec3_sub(p[b], p[a]);
    uint32_t c = farthest(p, count, &p[a], &edge, NULL);
    struct vec3 normal = vec3_cross(edge, vec3_sub(p[c], p[a]));
    uint32_t d = farthest(p, count, &p[a], NULL, &normal);
    hull->thickness = 1e-9 * vec3_length(edge);
    if (vec3_dot(normal, vec3_sub(p[d], p[a])) > 0) { /* d shall lie behind a, b, c */
        uint32_t swap = b;
        b = c;
        c = swap;
    }
    face_add(hull, a, b, c);
    face_add(hull, a, c, d);
    face_add(hull, c, b, d);
    face_add(hull, b, a, d);
}

static void edge_add(struct hull *hull, uint32_t from, uint32_t to)
{
    if (hull->edge_count == hull->edge_capacity) {
        hull->edge_capacity = hull->edge_capacity ? 2 * hull->edge_capacity : 64;
        hull->edges = memory_resize(hull->edges, hull->edge_capacity, sizeof *hull->edges);
    }
    hull->edges[hull->edge_count][0] = from;
    hull->edges[hull->edge_count++][1] = to;
}

static bool edge_is_inner(const struct hull *hull, uint32_t edge)
{
    for (uint32_t i = 0; i < hull->edge_count; i++)
        if (hull->edges[i][0] == hull->edges[edge][1] && hull->edges[i][1] == hull->edges[edge][0])
            return true;
    return false;
}

/* Takes away the faces that the point sees and spans new ones from the hole's rim. */
static void hull_add(struct hull *hull, uint32_t point)
{
    uint32_t kept = 0;
    hull->edge_count = 0;
    for (uint32_t i = 0; i < hull->face_count; i++) {
        const struct face *face = &hull->faces[i];
        if (!face_sees(hull, face, point)) {
            hull->faces[kept++] = *face;
            continue;
        }
        for (int k = 0; k < 3; k++)
            edge_add(hull, face->corner[k], face->corner[(k + 1) % 3]);
    }
    hull->face_count = kept;
    for (uint32_t i = 0; i < hull->edge_count; i++)
        if (!edge_is_inner(hull, i))
            face_add(hull, hull->edges[i][0], hull->edges[i][1], point);
}

uint32_t *hull_triangles(const struct vec3 *points, uint32_t point_count, uint32_t *count)
{
    struct hull hull = {.points = points};
    hull_start(&hull, point_count);
    for (uint32_t i = 0; i < point_count; i++)
        hull_add(&hull, i);
    uint32_t *triangles = NEW_ARRAY((size_t)hull.face_count * 3, uint32_t);
    for (uint32_t i = 0; i < hull.face_count; i++)
        memcpy(&triangles[3 * (size_t)i], hull.faces[i].corner, sizeof hull.faces[i].corner);
    *count = hull.face_count;
    free(hull.faces);
    free(hull.edges);
    return triangles;
}
