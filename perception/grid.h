/* perception/grid.h - where the cells of a map are. A layer is any array of width * height values, row by row, row 0
 * at the lowest y (as nav_msgs/OccupancyGrid). */
#ifndef PERCEPTION_GRID_H
#define PERCEPTION_GRID_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "logs/geometry.h"

struct grid {
    double resolution_m;
    struct vec2 origin; /* the lower left corner of cell (0, 0), map frame */
    int width, height;
};

struct cell {
    int x, y;
};

static inline bool grid_holds(const struct grid *grid, struct cell c)
{
    return c.x >= 0 && c.y >= 0 && c.x < grid->width && c.y < grid->height;
}
static inline size_t grid_index(const struct grid *grid, struct cell c)
{
    return (size_t)c.y * (size_t)grid->width + (size_t)c.x;
}
static inline size_t grid_size(const struct grid *grid) { return (size_t)grid->width * (size_t)grid->height; }
static inline struct cell grid_cell(const struct grid *grid, struct vec2 p)
{
    return (struct cell){(int)floor((p.x - grid->origin.x) / grid->resolution_m),
                         (int)floor((p.y - grid->origin.y) / grid->resolution_m)};
}
static inline struct vec2 grid_centre(const struct grid *grid, struct cell c)
{
    return (struct vec2){grid->origin.x + (c.x + 0.5) * grid->resolution_m,
                         grid->origin.y + (c.y + 0.5) * grid->resolution_m};
}

#endif
