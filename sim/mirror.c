#include "sim/mirror.h"

#include "logs/status.h"

bool mirror_follow(const struct raycast *raycast, struct vec3 origin, struct vec3 *direction, double max_m,
                   unsigned sense, struct raycast_hit *hit)
{
    ASSERT(max_m > 0);
    if (!mirror_is(hit))
        return hit->material >= 0;
    struct mirror_ray ray = {origin, *direction, 0};
    for (int turn = 0; turn < MIRROR_TURNS_MAX && mirror_is(hit); turn++) {
        ray = mirror_next(&ray, hit, true);
        double left_m = max_m - ray.gone_m;
        if (left_m <= 0 || !raycast_ray(raycast, ray.origin, ray.direction, left_m, sense, hit))
            break;
        hit->distance_m += mirror_is(hit) ? 0 : ray.gone_m;
    }
    *direction = ray.direction;
    if (hit->material >= 0 && !mirror_is(hit))
        return true;
    *hit = (struct raycast_hit){.distance_m = max_m, .material = -1, .tag = -1, .solid = UINT32_MAX};
    return false;
}
