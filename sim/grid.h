/* sim/grid.h - which solids stand on each square cell of a stretch of ground, and how high.
 *
 * Footprints are entered with GRID_SLACK_M to spare on every side, so a walk that goes wrong by rounding still
 * meets all that it should. Solids that are not wholly inside, or that would fill very many cells, are kept in
 * `everywhere`. */
#ifndef SIM_GRID_H
#define SIM_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "sim/solid.h"

#define GRID_SLACK_M 1e-6

struct cell_entry { /* what tells rays that they need not look at the solid; rounded outwards */
    uint32_t id;
    float at_m[2], radius_m; /* a circle around the footprint; its centre x and y from the grid's corner */
    float z0_m, z1_m;
};

struct cell { /* zero-initialise */
    struct cell_entry *entries;
    uint32_t count, capacity;
};
void cell_put(struct cell *cell, const struct cell_entry *entry);

struct grid {
    double x0, y0, x1, y1, cell_m, per_m; /* per_m: cells a metre */
    int columns, rows;
    double z0_m, z1_m;  /* nothing in a cell was ever lower or higher */
    struct cell *cells; /* row by row */
    struct cell everywhere;
};

/* Cells of cell_m, or wider if there would be more than a million. */
void grid_init(struct grid *grid, double x0, double y0, double x1, double y1, double cell_m);
void grid_clear(struct grid *grid);
void grid_put(struct grid *grid, uint32_t id, const struct footprint *at);
/* Touches only the cells that the solid stands or stood on. */
void grid_move(struct grid *grid, uint32_t id, const struct footprint *from, const struct footprint *to);

struct grid_window { /* cells column0..column1 by row0..row1, both included; empty if column1 < column0 */
    int column0, column1, row0, row1;
};
/* The cells that a footprint's bounding square, grown by more_m, may touch; clipped to the grid. */
struct grid_window grid_window(const struct grid *grid, const struct footprint *footprint, double more_m);

#endif
