/* raycast_clearance (sim/raycast.h): distances between footprints on the ground plane. */
#include "sim/raycast_parts.h"

#include <math.h>
#include <stdint.h>

/* Vector from a's centre to (x, y), along a's sides. */
static struct vec2 to_own(const struct footprint *a, double x, double y)
{
    return (struct vec2){a->c * (x - a->x) + a->s * (y - a->y), a->c * (y - a->y) - a->s * (x - a->x)};
}

/* Whether one of a's sides separates it from b. */
static bool is_separated(const struct footprint *a, const struct footprint *b)
{
    struct vec2 apart = to_own(a, b->x, b->y);
    double c = fabs(a->c * b->c + a->s * b->s), s = fabs(a->c * b->s - a->s * b->c);
    return fabs(apart.x) > a->half_x_m + c * b->half_x_m + s * b->half_y_m ||
           fabs(apart.y) > a->half_y_m + s * b->half_x_m + c * b->half_y_m;
}

/* From b's nearest corner to a's rectangle. */
static double corner_distance(const struct footprint *a, const struct footprint *b)
{
    double least = HUGE_VAL;
    for (int corner = 0; corner < 4; corner++) {
        double along = corner & 1 ? b->half_x_m : -b->half_x_m, across = corner & 2 ? b->half_y_m : -b->half_y_m;
        struct vec2 p = to_own(a, b->x + b->c * along - b->s * across, b->y + b->s * along + b->c * across);
        least = fmin(least, hypot(fmax(fabs(p.x) - a->half_x_m, 0), fmax(fabs(p.y) - a->half_y_m, 0)));
    }
    return least;
}

/* Between convex polygons apart from each other, the shortest way starts at a corner of one of them. */
static double footprint_distance(const struct footprint *a, const struct footprint *b)
{
    if (!is_separated(a, b) && !is_separated(b, a))
        return 0;
    return fmax(fmin(corner_distance(a, b), corner_distance(b, a)) - a->radius_m - b->radius_m, 0);
}

struct search {
    const struct raycast *raycast;
    struct footprint robot;
    double least_m;
    uint32_t solid;
};

static void cell_search(struct search *search, const struct cell *cell)
{
    for (uint32_t i = 0; i < cell->count; i++) {
        uint32_t id = cell->entries[i].id;
        const struct ray_solid *solid = &search->raycast->solids[id];
        const struct footprint *robot = &search->robot, *other = &solid->footprint;
        if (!(solid->senses & SENSE_TOUCH) || other->z1_m < robot->z0_m || other->z0_m > robot->z1_m)
            continue;
        double distance = footprint_distance(robot, other);
        if (distance < search->least_m || (distance == search->least_m && id < search->solid)) {
            search->least_m = distance;
            search->solid = id;
        }
    }
}

double raycast_clearance(const struct raycast *raycast, struct pose2 pose, double length_m, double width_m, double z0_m,
                         double z1_m, double max_m, uint32_t *solid)
{
    const struct grid *grid = &raycast->grid;
    struct search search = {
        .raycast = raycast, .least_m = max_m, .solid = UINT32_MAX,
        .robot = {.x = pose.x, .y = pose.y, .c = cos(pose.yaw), .s = sin(pose.yaw), .half_x_m = length_m / 2,
                  .half_y_m = width_m / 2, .z0_m = z0_m, .z1_m = z1_m},
    };
    cell_search(&search, &grid->everywhere);
    struct grid_window window = grid_window(grid, &search.robot, max_m);
    for (int row = window.row0; row <= window.row1; row++)
        for (int column = window.column0; column <= window.column1; column++)
            cell_search(&search, &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column]);
    if (solid)
        *solid = search.solid;
    return search.least_m;
}
