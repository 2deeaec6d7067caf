/* Many rays from one origin (raycast_rays).
 *
 * A light buffer (Haines and Greenberg 1986) on the ground plane: the solids in reach are sorted by distance
 * from the origin and listed in every sector of azimuth they cover; a ray asks only its sector's list, and
 * stops at the first solid that begins beyond the best hit. It asks fewer solids than a walk of the grid and
 * finds the same: both take the best of a set that holds every solid the ray can meet. */
#include <string.h>

#include "sim/raycast_parts.h"

enum {
    SECTORS = 256, /* of azimuth; a power of two */
    MOST_SOLIDS = 1024,
    MOST_ENTRIES = 16384, /* in all sectors together */
    DEPTHS = 256,         /* steps of distance to sort by */
    FEWEST_RAYS = 16,     /* below, preparing costs more than it saves */
    SOLIDS_PER_RAY = 4,   /* above, likewise */
};

struct candidate {
    double near_m; /* nothing of it is nearer, on the ground plane */
    struct vec3 origin; /* of the rays, in the solid's frame */
    uint32_t id;
    uint16_t sector, sector_count; /* first one, and how many, counter-clockwise */
};

struct fan {
    struct candidate candidates[MOST_SOLIDS];
    uint16_t sorted[MOST_SOLIDS]; /* nearest first */
    uint16_t starts[SECTORS + 1]; /* where each sector's entries begin */
    uint16_t entries[MOST_ENTRIES];
    uint32_t count;
};

/* Grows with the angle from the x axis, 0 at 0, 4 at a full turn, without trigonometry. */
static inline double turn_of(double x, double y)
{
    double share = x / (fabs(x) + fabs(y)), side = copysign(1, y);
    return 2 - side - side * share;
}

/* The two corners that bound a rectangle as seen from each of the nine fields around it (rows: below, level,
 * above; columns: left, level, right): signs of the clockwise corner, then of the other. Inside (the middle)
 * there are none. */
static const signed char CORNERS[9][4] = {
    {1, -1, -1, 1}, {1, -1, -1, -1}, {1, 1, -1, -1},
    {-1, -1, -1, 1}, {0, 0, 0, 0},   {1, 1, 1, -1},
    {-1, -1, 1, 1}, {-1, 1, 1, 1},   {-1, 1, 1, -1},
};

/* Distance and sectors of a footprint seen from (x, y), a little too much rather than too little; false if
 * beyond max_m. */
static bool candidate_span(struct candidate *candidate, const struct footprint *f, double x, double y, double max_m)
{
    double ox = f->c * (x - f->x) + f->s * (y - f->y), oy = f->c * (y - f->y) - f->s * (x - f->x);
    double hx = f->half_x_m + f->radius_m + GRID_SLACK_M, hy = f->half_y_m + f->radius_m + GRID_SLACK_M;
    double beyond_x = fabs(ox) - hx, beyond_y = fabs(oy) - hy;
    int column = beyond_x <= 0 ? 1 : ox < 0 ? 0 : 2, row = beyond_y <= 0 ? 1 : oy < 0 ? 0 : 2;
    candidate->sector = 0;
    candidate->sector_count = SECTORS;
    candidate->near_m = 0;
    if (row == 1 && column == 1)
        return true;
    beyond_x = beyond_x > 0 ? beyond_x : 0;
    beyond_y = beyond_y > 0 ? beyond_y : 0;
    candidate->near_m = sqrt(beyond_x * beyond_x + beyond_y * beyond_y);
    if (candidate->near_m > max_m)
        return false;
    const signed char *corner = CORNERS[3 * row + column];
    double ax = corner[0] * hx - ox, ay = corner[1] * hy - oy, bx = corner[2] * hx - ox, by = corner[3] * hy - oy;
    double from = turn_of(f->c * ax - f->s * ay, f->s * ax + f->c * ay) - 1e-9;
    double to = turn_of(f->c * bx - f->s * by, f->s * bx + f->c * by) + 1e-9;
    to += to < from ? 4 : 0;
    int first = (int)(from * (SECTORS / 4) + SECTORS) - SECTORS; /* rounded down, also just below zero */
    candidate->sector = (uint16_t)(first & (SECTORS - 1));
    candidate->sector_count = (uint16_t)((int)(to * (SECTORS / 4)) - first + 1);
    return true;
}

/* All solids in reach that answer; false if they are too many. */
static bool fan_gather(struct fan *fan, const struct raycast *raycast, struct vec3 origin, double max_m, unsigned sense)
{
    fan->count = 0;
    for (uint32_t id = 0; id < raycast->count; id++) {
        const struct ray_solid *solid = &raycast->solids[id];
        if (!(solid->senses & sense) || solid->kind == SHAPE_PLANE)
            continue;
        if (fan->count == MOST_SOLIDS)
            return false;
        struct candidate *candidate = &fan->candidates[fan->count];
        if (!candidate_span(candidate, &solid->footprint, origin.x, origin.y, max_m))
            continue;
        candidate->id = id;
        candidate->origin = solid_local_point(solid, origin);
        fan->count++;
    }
    return true;
}

/* Counting sort by near_m, which is then lowered to its step's edge so that it never falls along the list. */
static void fan_sort(struct fan *fan)
{
    uint16_t starts[DEPTHS + 1] = {0};
    uint8_t depths[MOST_SOLIDS];
    double reach = 0;
    for (uint32_t i = 0; i < fan->count; i++)
        reach = fan->candidates[i].near_m > reach ? fan->candidates[i].near_m : reach;
    double step = reach / (DEPTHS - 1.5) + 1e-9; /* so that the farthest falls within the last */
    for (uint32_t i = 0; i < fan->count; i++) {
        depths[i] = (uint8_t)(fan->candidates[i].near_m / step);
        fan->candidates[i].near_m = depths[i] * step * (1 - 1e-9);
        starts[depths[i] + 1]++;
    }
    for (int depth = 0; depth < DEPTHS; depth++)
        starts[depth + 1] = (uint16_t)(starts[depth + 1] + starts[depth]);
    for (uint32_t i = 0; i < fan->count; i++)
        fan->sorted[starts[depths[i]]++] = (uint16_t)i;
}

/* Lists the sorted candidates in their sectors; false if the lists grow too long. */
static bool fan_list(struct fan *fan)
{
    uint32_t total = 0;
    memset(fan->starts, 0, sizeof fan->starts);
    for (uint32_t i = 0; i < fan->count; i++) {
        const struct candidate *candidate = &fan->candidates[i];
        total += candidate->sector_count;
        for (unsigned k = 0; k < candidate->sector_count; k++)
            fan->starts[(candidate->sector + k) & (SECTORS - 1)]++;
    }
    if (total > MOST_ENTRIES)
        return false;
    for (unsigned sector = 1; sector <= SECTORS; sector++) /* now: where each one ends */
        fan->starts[sector] = (uint16_t)(fan->starts[sector] + fan->starts[sector - 1]);
    for (uint32_t i = fan->count; i-- > 0;) { /* filled from the back, farthest first */
        const struct candidate *candidate = &fan->candidates[fan->sorted[i]];
        for (unsigned k = 0; k < candidate->sector_count; k++)
            fan->entries[--fan->starts[(candidate->sector + k) & (SECTORS - 1)]] = fan->sorted[i];
    }
    return true;
}

static struct nearest fan_ray(const struct fan *fan, const struct raycast *raycast, const struct ray *ray, double max_m)
{
    struct nearest nearest = raycast_planes(raycast, ray, max_m);
    unsigned sector = (unsigned)(turn_of(ray->direction.x, ray->direction.y) * (SECTORS / 4)) & (SECTORS - 1);
    for (unsigned i = fan->starts[sector]; i < fan->starts[sector + 1]; i++) {
        const struct candidate *candidate = &fan->candidates[fan->entries[i]];
        if (candidate->near_m > nearest.distance_m)
            break;
        nearest_try(&nearest, &raycast->solids[candidate->id], candidate->id, candidate->origin, ray->direction);
    }
    return nearest;
}

void raycast_rays(const struct raycast *raycast, struct vec3 origin, const struct vec3 *directions, size_t count,
                  double max_m, unsigned sense, struct raycast_hit *hits)
{
    struct fan fan;
    bool worth = count >= FEWEST_RAYS && raycast->count <= SOLIDS_PER_RAY * count &&
                 fan_gather(&fan, raycast, origin, max_m, sense);
    if (worth) {
        fan_sort(&fan);
        worth = fan_list(&fan);
    }
    for (size_t i = 0; i < count; i++) {
        struct ray ray = {origin, directions[i], sense};
        bool upright = ray.direction.x == 0 && ray.direction.y == 0; /* of no sector */
        struct nearest nearest = worth && !upright ? fan_ray(&fan, raycast, &ray, max_m)
                                                   : raycast_walk(raycast, &ray, max_m);
        raycast_report(raycast, &ray, &nearest, max_m, &hits[i]);
    }
}
