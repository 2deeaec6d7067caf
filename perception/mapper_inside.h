/* perception/mapper_inside.h - what the files mapper*.c share: evidence, and lines of cells. */
#ifndef PERCEPTION_MAPPER_INSIDE_H
#define PERCEPTION_MAPPER_INSIDE_H

#include "perception/mapper.h"

/* Evidence: MAPPER_FREE .. 0 .. full; occupied from MAPPER_HELD on (occupancy 65). At 10 Hz someone who
 * steps into view blocks a cell in the second scan and frees it in the fourth after leaving. */
enum { MAPPER_NONE = INT8_MIN, MAPPER_FREE = -20, MAPPER_HELD = 30 };

struct mapper_sense {
    int hit, miss, full;
};
static const struct mapper_sense mapper_senses[MAP_SOURCE_COUNT] = {
    [MAP_LIDAR] = {30, -8, 60}, [MAP_DEPTH] = {25, -10, 100}, [MAP_SONAR] = {20, -8, 60},
};

#define MAPPER_REACH_M 8.0 /* beyond, a beam says little about a cell and costs much */

/* Adds to a cell's evidence, within MAPPER_FREE..full; a hit never lowers what was above full. */
void mapper_weigh(struct mapper *mapper, enum map_source source, size_t i, int change);
/* What a change counts from a sense that is not fully believed. */
static inline int mapper_weighted(const struct mapper *mapper, enum map_source source, int change)
{
    return (int)lround(change * mapper->weight[source]);
}
/* A hit at a place of the map frame; off the grid it is left out. */
void mapper_mark(struct mapper *mapper, enum map_source source, struct vec2 at);
/* Folds a change into the history; `what` tells kinds of changes apart. */
enum { MAPPER_CHANGED_PAINT = MAP_CAMERA, MAPPER_CHANGED_HEIGHT = MAP_SOURCE_COUNT, MAPPER_CHANGED_MOVING };
static inline void mapper_record(struct mapper *mapper, size_t i, unsigned what, int value)
{
    uint64_t change = i << 16 | what << 8 | (uint8_t)value;
    mapper->history = (mapper->history ^ change) * UINT64_C(0x9e3779b97f4a7c15);
    mapper->history ^= mapper->history >> 32;
}

static inline bool mapper_holds(const struct grid *grid, struct vec2 p)
{
    double x = p.x - grid->origin.x, y = p.y - grid->origin.y;
    return x >= 0 && y >= 0 && x < grid->width * grid->resolution_m && y < grid->height * grid->resolution_m &&
           grid_holds(grid, grid_cell(grid, p));
}

static inline struct vec2 mapper_towards(struct vec2 from, struct vec2 to, double distance_m, double length_m)
{
    return length_m > 0 ? vec2_add(from, vec2_scale(vec2_sub(to, from), distance_m / length_m)) : from;
}

/* --- walking along a line of cells, in 16.16 fixed point: one cell per step along the longer axis --------- */
struct mapper_walk {
    int32_t x, y, step_x, step_y;
    int left; /* steps */
};

/* The ends are at most MAPPER_REACH_M apart; false (nothing to walk) if `from` is outside the grid. */
static inline bool mapper_walk_start(const struct grid *grid, struct vec2 from, struct vec2 to,
                                     struct mapper_walk *walk)
{
    if (!mapper_holds(grid, from))
        return false;
    double dx = (to.x - from.x) / grid->resolution_m, dy = (to.y - from.y) / grid->resolution_m;
    int steps = (int)ceil(fmax(fabs(dx), fabs(dy)));
    steps = steps > 0 ? steps : 1;
    *walk = (struct mapper_walk){.x = (int32_t)((from.x - grid->origin.x) / grid->resolution_m * 65536),
                                 .y = (int32_t)((from.y - grid->origin.y) / grid->resolution_m * 65536),
                                 .step_x = (int32_t)(dx / steps * 65536),
                                 .step_y = (int32_t)(dy / steps * 65536),
                                 .left = steps + 1};
    return true;
}

/* The next cell of the walk; false at its end or where it leaves the grid. */
static inline bool mapper_walk_next(const struct grid *grid, struct mapper_walk *walk, size_t *index)
{
    int x = walk->x >> 16, y = walk->y >> 16;
    if (walk->left-- <= 0 || x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return false;
    *index = (size_t)y * (size_t)grid->width + (size_t)x;
    walk->x += walk->step_x;
    walk->y += walk->step_y;
    return true;
}

#endif
