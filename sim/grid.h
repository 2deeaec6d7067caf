/* sim/grid.h - which solids stand on each square cell of a stretch of ground.
 *
 * Footprints are entered with GRID_SLACK_M to spare on every side, so a walk that goes wrong by rounding still
 * meets all that it should. Ids whose footprint is not wholly inside are kept in `outside`. */
#ifndef SIM_GRID_H
#define SIM_GRID_H

#include <stdint.h>

#include "sim/solid.h"

#define GRID_SLACK_M 1e-6

struct id_list { /* zero-initialise */
    uint32_t *ids;
    uint32_t count, capacity;
};
void id_list_put(struct id_list *list, uint32_t id);

struct grid {
    double x0, y0, cell_m;
    int columns, rows;
    struct id_list *cells; /* row by row */
    struct id_list outside;
};

void grid_init(struct grid *grid, double x0, double y0, double x1, double y1, double cell_m);
void grid_clear(struct grid *grid);
void grid_put(struct grid *grid, uint32_t id, const struct footprint *at);
/* Touches only cells that are left or entered. */
void grid_move(struct grid *grid, uint32_t id, const struct footprint *from, const struct footprint *to);

struct grid_window { /* cells column0..column1 by row0..row1, both included; empty if column1 < column0 */
    int column0, column1, row0, row1;
};
/* The cells that a footprint's bounding square, grown by more_m, may touch; clipped to the grid. */
struct grid_window grid_window(const struct grid *grid, const struct footprint *footprint, double more_m);

#endif
