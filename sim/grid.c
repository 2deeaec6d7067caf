#include "sim/grid.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/status.h"

enum {
    MOST_CELLS = 1 << 20,
    MOST_EACH = 1024, /* cells of one solid, or a share of them all */
    VAST_SHARE = 64,
};

void cell_put(struct cell *cell, const struct cell_entry *entry)
{
    if (cell->count == cell->capacity) {
        cell->capacity = cell->capacity ? 2 * cell->capacity : 2;
        cell->entries = memory_resize(cell->entries, cell->capacity, sizeof *cell->entries);
    }
    cell->entries[cell->count++] = *entry;
}

static void cell_take(struct cell *cell, uint32_t id)
{
    uint32_t i = 0;
    while (cell->entries[i].id != id)
        i++;
    ASSERT(i < cell->count);
    cell->entries[i] = cell->entries[--cell->count];
}

void grid_init(struct grid *grid, double x0, double y0, double x1, double y1, double cell_m)
{
    ASSERT(x1 > x0 && y1 > y0 && cell_m > 0);
    cell_m = fmax(cell_m, fmax(sqrt((x1 - x0) * (y1 - y0) / MOST_CELLS), fmax(x1 - x0, y1 - y0) / MOST_CELLS));
    double columns = ceil((x1 - x0) / cell_m), rows = ceil((y1 - y0) / cell_m);
    *grid = (struct grid){.x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1, .cell_m = cell_m, .per_m = 1 / cell_m,
                          .columns = (int)columns, .rows = (int)rows, .z0_m = HUGE_VAL, .z1_m = -HUGE_VAL};
    grid->cells = NEW_ARRAY((size_t)(columns * rows), struct cell);
}

void grid_clear(struct grid *grid)
{
    for (size_t i = 0; i < (size_t)grid->columns * (size_t)grid->rows; i++)
        free(grid->cells[i].entries);
    free(grid->cells);
    free(grid->everywhere.entries);
    *grid = (struct grid){0};
}

/* Half sides of the upright rectangle around a footprint. */
static struct vec2 footprint_reach(const struct footprint *f)
{
    return (struct vec2){fabs(f->c) * f->half_x_m + fabs(f->s) * f->half_y_m + f->radius_m,
                         fabs(f->s) * f->half_x_m + fabs(f->c) * f->half_y_m + f->radius_m};
}

static int cell_of(double offset_m, double cell_m, int count)
{
    return (int)clamp(floor(offset_m / cell_m), -1, count);
}

/* Unclipped: -1 and columns (rows) stand for everything outside. */
static struct grid_window window_around(const struct grid *grid, const struct footprint *f, double more_m)
{
    struct vec2 reach = footprint_reach(f);
    double x = f->x - grid->x0, y = f->y - grid->y0;
    return (struct grid_window){cell_of(x - reach.x - more_m, grid->cell_m, grid->columns),
                                cell_of(x + reach.x + more_m, grid->cell_m, grid->columns),
                                cell_of(y - reach.y - more_m, grid->cell_m, grid->rows),
                                cell_of(y + reach.y + more_m, grid->cell_m, grid->rows)};
}

struct grid_window grid_window(const struct grid *grid, const struct footprint *footprint, double more_m)
{
    struct grid_window w = window_around(grid, footprint, more_m + GRID_SLACK_M);
    w.column0 += w.column0 < 0;
    w.row0 += w.row0 < 0;
    w.column1 -= w.column1 == grid->columns;
    w.row1 -= w.row1 == grid->rows;
    return w;
}

/* Whether a footprint would fill so many cells that testing it with every ray costs less. */
static bool is_vast(const struct grid *grid, const struct footprint *f)
{
    double length = 2 * (f->half_x_m + f->radius_m) * grid->per_m + 1;
    double width = 2 * (f->half_y_m + f->radius_m) * grid->per_m + 1;
    return length * width > fmax(MOST_EACH, (double)grid->columns * grid->rows / VAST_SHARE);
}

/* Where a footprint is listed: cells, or `everywhere` (column0 -1). */
static struct grid_window listed_window(const struct grid *grid, const struct footprint *f)
{
    struct grid_window w = window_around(grid, f, GRID_SLACK_M);
    bool inside = w.column0 >= 0 && w.row0 >= 0 && w.column1 < grid->columns && w.row1 < grid->rows;
    return inside && !is_vast(grid, f) ? w : (struct grid_window){-1, -1, -1, -1};
}

/* Separating axes of the footprint's rectangle against one cell (the cell's own axes are settled by the window). */
static bool footprint_on_cell(const struct grid *grid, const struct footprint *f, int column, int row)
{
    double x = grid->x0 + (column + 0.5) * grid->cell_m - f->x, y = grid->y0 + (row + 0.5) * grid->cell_m - f->y;
    double reach = (fabs(f->c) + fabs(f->s)) * grid->cell_m / 2 + f->radius_m + GRID_SLACK_M;
    return fabs(f->c * x + f->s * y) <= f->half_x_m + reach && fabs(f->c * y - f->s * x) <= f->half_y_m + reach;
}

static bool is_listed(const struct grid *grid, const struct footprint *f, struct grid_window w, int column, int row)
{
    return column >= w.column0 && column <= w.column1 && row >= w.row0 && row <= w.row1 &&
           footprint_on_cell(grid, f, column, row);
}

static struct cell *cell_at(struct grid *grid, int column, int row)
{
    return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

/* The nearest single-precision number that is not above (below) the height. */
static float rounded_down(double z)
{
    float nearest = (float)z;
    return (double)nearest > z ? nextafterf(nearest, -INFINITY) : nearest;
}

static float rounded_up(double z) { return -rounded_down(-z); }

static struct cell_entry entry_of(const struct grid *grid, uint32_t id, const struct footprint *f)
{
    double x = f->x - grid->x0, y = f->y - grid->y0;
    float at_x = (float)x, at_y = (float)y;
    double off = fabs((double)at_x - x) + fabs((double)at_y - y);
    double radius = sqrt(f->half_x_m * f->half_x_m + f->half_y_m * f->half_y_m) + f->radius_m;
    return (struct cell_entry){id, {at_x, at_y}, rounded_up(radius + off + GRID_SLACK_M),
                               rounded_down(f->z0_m - GRID_SLACK_M), rounded_up(f->z1_m + GRID_SLACK_M)};
}

static void grid_reach(struct grid *grid, const struct cell_entry *entry)
{
    grid->z0_m = fmin(grid->z0_m, (double)entry->z0_m);
    grid->z1_m = fmax(grid->z1_m, (double)entry->z1_m);
}

void grid_put(struct grid *grid, uint32_t id, const struct footprint *at)
{
    struct grid_window w = listed_window(grid, at);
    struct cell_entry entry = entry_of(grid, id, at);
    if (w.column0 < 0) {
        cell_put(&grid->everywhere, &entry);
        return;
    }
    grid_reach(grid, &entry);
    for (int row = w.row0; row <= w.row1; row++)
        for (int column = w.column0; column <= w.column1; column++)
            if (footprint_on_cell(grid, at, column, row))
                cell_put(cell_at(grid, column, row), &entry);
}

static void grid_take(struct grid *grid, uint32_t id, const struct footprint *at, struct grid_window w)
{
    if (w.column0 < 0) {
        cell_take(&grid->everywhere, id);
        return;
    }
    for (int row = w.row0; row <= w.row1; row++)
        for (int column = w.column0; column <= w.column1; column++)
            if (footprint_on_cell(grid, at, column, row))
                cell_take(cell_at(grid, column, row), id);
}

static void cell_change(struct cell *cell, const struct cell_entry *entry)
{
    uint32_t i = 0;
    while (cell->entries[i].id != entry->id)
        i++;
    ASSERT(i < cell->count);
    cell->entries[i] = *entry;
}

void grid_move(struct grid *grid, uint32_t id, const struct footprint *from, const struct footprint *to)
{
    struct grid_window old = listed_window(grid, from), new = listed_window(grid, to);
    struct cell_entry entry = entry_of(grid, id, to);
    if (old.column0 < 0 || new.column0 < 0) {
        grid_take(grid, id, from, old);
        grid_put(grid, id, to);
        return;
    }
    grid_reach(grid, &entry);
    for (int row = old.row0; row <= old.row1; row++)
        for (int column = old.column0; column <= old.column1; column++)
            if (footprint_on_cell(grid, from, column, row) && !is_listed(grid, to, new, column, row))
                cell_take(cell_at(grid, column, row), id);
    for (int row = new.row0; row <= new.row1; row++)
        for (int column = new.column0; column <= new.column1; column++) {
            if (!footprint_on_cell(grid, to, column, row))
                continue;
            bool stays = is_listed(grid, from, old, column, row);
            (stays ? cell_change : cell_put)(cell_at(grid, column, row), &entry);
        }
}
