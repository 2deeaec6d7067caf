/* sim/raycast_parts.h - what the files behind sim/raycast.h share. */
#ifndef SIM_RAYCAST_PARTS_H
#define SIM_RAYCAST_PARTS_H

#include "sim/grid.h"
#include "sim/raycast.h"

struct raycast {
    struct grid grid;
    struct id_list planes;
    struct ray_solid *solids;        /* made ready; same order as given */
    struct raycast_solid *given; /* as added, with copies of the shapes' arrays */
    struct triangles **triangles; /* owned; NULL for closed forms */
    uint32_t count, capacity;
};

struct ray {
    struct vec3 origin, direction;
    unsigned sense;
};

/* The best so far. Among equally near solids the lowest id wins, so the order of asking does not matter. */
struct nearest {
    double distance_m;
    uint32_t solid, face; /* UINT32_MAX: nothing */
};

/* `origin` in the solid's frame, `direction` in the world's. */
static inline void nearest_try(struct nearest *nearest, const struct ray_solid *solid, uint32_t id, struct vec3 origin,
                               struct vec3 direction)
{
    uint32_t face;
    double t = solid_hit(solid, origin, solid_local(solid, direction), nearest->distance_m, &face);
    if (t < nearest->distance_m || (t == nearest->distance_m && id < nearest->solid))
        *nearest = (struct nearest){t, id, face};
}

/* Planes first: they stand in no cell and shorten the rest. */
struct nearest raycast_planes(const struct raycast *raycast, const struct ray *ray, double max_m);
/* All solids, by walking the grid. */
struct nearest raycast_walk(const struct raycast *raycast, const struct ray *ray, double max_m);
/* Fills *hit; without a solid the distance is max_m, tag and material are -1. */
bool raycast_report(const struct raycast *raycast, const struct ray *ray, const struct nearest *nearest, double max_m,
                    struct raycast_hit *hit);

#endif
