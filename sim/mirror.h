/* sim/mirror.h - rays that go on: through glass, and back from mirrors. */
#ifndef SIM_MIRROR_H
#define SIM_MIRROR_H

#include "sim/material.h"
#include "sim/raycast.h"

enum { MIRROR_TURNS_MAX = 6 }; /* surfaces after which a ray is taken for lost */

struct mirror_ray {
    struct vec3 origin, direction; /* of the part that comes next */
    double gone_m;                 /* along the parts before */
};

/* The part behind a surface: straight on through it, or thrown back by it. */
static inline struct mirror_ray mirror_next(const struct mirror_ray *ray, const struct raycast_hit *hit, bool back)
{
    struct vec3 point = vec3_add(ray->origin, vec3_scale(ray->direction, hit->distance_m)), d = ray->direction;
    if (back)
        d = vec3_sub(d, vec3_scale(hit->normal, 2 * vec3_dot(d, hit->normal)));
    /* A hair beyond the face, or before it, so that it is not hit again. */
    double hair_m = 1e-6;
    point = vec3_add(point, vec3_scale(back ? hit->normal : d, hair_m));
    return (struct mirror_ray){point, d, ray->gone_m + hit->distance_m};
}

/* Follows a ray whose first hit is *hit from mirror to mirror; the last hit's distance_m is then the whole way, and
 * *direction that of its last part. False (distance_m = max_m) if it ends nowhere within max_m. */
bool mirror_follow(const struct raycast *raycast, struct vec3 origin, struct vec3 *direction, double max_m,
                   unsigned sense, struct raycast_hit *hit);

static inline bool mirror_is(const struct raycast_hit *hit)
{
    return hit->material >= 0 && material_table[hit->material].optic == OPTIC_MIRROR;
}

#endif
