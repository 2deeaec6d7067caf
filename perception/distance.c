#include "perception/distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/status.h"

enum { LANES = 32 }; /* a fixed count lets the compiler use vector instructions */

void distance_init(struct distance *distance, int width, int height, double resolution_m, double max_m)
{
    int reach = (int)ceil(max_m / resolution_m);
    ASSERT(width > 0 && height > 0 && reach > 0 && reach <= DISTANCE_REACH_MAX);
    *distance = (struct distance){.width = width, .height = height, .reach = reach};
    distance->pad = reach;
    distance->stride = width + 2 * reach + 2 * LANES;
    size_t cells = (size_t)distance->stride * (size_t)height, roots = (size_t)(reach * reach + 1);
    distance->column2 = NEW_ARRAY(cells, int16_t);
    for (size_t i = 0; i < cells; i++)
        distance->column2[i] = (int16_t)(reach * reach);
    distance->run = NEW_ARRAY((size_t)width, int16_t);
    distance->root_m = NEW_ARRAY(roots, float);
    for (size_t i = 0; i < roots; i++)
        distance->root_m[i] = (float)fmin(max_m, resolution_m * sqrt((double)i));
}

void distance_clear(struct distance *distance)
{
    free(distance->column2);
    free(distance->run);
    free(distance->root_m);
    *distance = (struct distance){0};
}

static int larger(int a, int b) { return a > b ? a : b; }
static int smaller(int a, int b) { return a < b ? a : b; }

static int16_t *column2_row(const struct distance *distance, int y)
{
    return distance->column2 + (size_t)y * (size_t)distance->stride + distance->pad;
}

/* One row further from (or onto) the blocked cells. */
static inline void count_cells(const uint8_t *restrict blocked, int16_t *restrict run, int16_t reach, int cells)
{
    for (int i = 0; i < cells; i++) {
        int16_t next = (int16_t)(run[i] + 1);
        next = next < reach ? next : reach;
        run[i] = blocked[i] ? 0 : next;
    }
}

/* The count from above was left in `column2`; the lesser of both, squared, is the result. */
static inline void join_cells(const int16_t *restrict run, int16_t *restrict column2, int cells)
{
    for (int i = 0; i < cells; i++) {
        int16_t least = run[i] < column2[i] ? run[i] : column2[i];
        column2[i] = (int16_t)(least * least);
    }
}

static void count_row(const struct distance *distance, const uint8_t *blocked, int y, int x0, int x1)
{
    const uint8_t *row = blocked + (size_t)y * (size_t)distance->width;
    int16_t *run = distance->run, reach = (int16_t)distance->reach;
    for (; x0 + LANES <= x1; x0 += LANES)
        count_cells(row + x0, run + x0, reach, LANES);
    count_cells(row + x0, run + x0, reach, x1 - x0);
}

static void join_row(const struct distance *distance, int y, int x0, int x1)
{
    const int16_t *run = distance->run;
    int16_t *row = column2_row(distance, y);
    for (; x0 + LANES <= x1; x0 += LANES)
        join_cells(run + x0, row + x0, LANES);
    join_cells(run + x0, row + x0, x1 - x0);
}

static void start_run(const struct distance *distance, struct distance_window w)
{
    for (int x = w.x0; x < w.x1; x++)
        distance->run[x] = (int16_t)distance->reach;
}

/* The window's columns: upwards, then downwards. Counting starts `reach` rows outside, so that it is exact
 * inside. */
static void scan_columns(const struct distance *distance, const uint8_t *blocked, struct distance_window w)
{
    size_t bytes = (size_t)(w.x1 - w.x0) * sizeof *distance->run;
    start_run(distance, w);
    for (int y = larger(w.y0 - distance->reach, 0); y < w.y1; y++) {
        count_row(distance, blocked, y, w.x0, w.x1);
        if (y >= w.y0)
            memcpy(column2_row(distance, y) + w.x0, distance->run + w.x0, bytes);
    }
    start_run(distance, w);
    for (int y = smaller(w.y1 + distance->reach, distance->height) - 1; y >= w.y0; y--) {
        count_row(distance, blocked, y, w.x0, w.x1);
        if (y < w.y1)
            join_row(distance, y, w.x0, w.x1);
    }
}

/* Nothing blocked in any column within reach of LANES cells beginning at `row`: open floor, most of most maps. */
static bool is_open(const int16_t *row, int reach)
{
    int16_t least[LANES];
    int all = reach * reach;
    memcpy(least, row, sizeof least);
    for (int d = -reach; d < LANES + reach; d += LANES)
        for (int i = 0; i < LANES; i++)
            least[i] = row[d + i] < least[i] ? row[d + i] : least[i];
    for (int i = 0; i < LANES; i++)
        all = smaller(all, least[i]);
    return all == reach * reach;
}

/* The least squared distance of LANES cells beginning at `row`, over their neighbours along the row. */
static void scan_neighbours(const int16_t *row, int reach, int16_t least[LANES])
{
    memcpy(least, row, LANES * sizeof *least);
    for (int d = 1; d < reach; d++) {
        if (d % 8 == 0) { /* now and then: can anything so far away still be nearer? */
            int most = 0;
            for (int i = 0; i < LANES; i++)
                most = larger(most, least[i]);
            if (most <= d * d)
                break;
        }
        const int16_t *left = row - d, *right = row + d;
        int16_t d2 = (int16_t)(d * d);
        for (int i = 0; i < LANES; i++) {
            int16_t side = left[i] < right[i] ? left[i] : right[i];
            side = (int16_t)(side + d2);
            least[i] = side < least[i] ? side : least[i];
        }
    }
}

void distance_update(struct distance *distance, const uint8_t *blocked, struct distance_window changed, float *out_m)
{
    int reach = distance->reach;
    struct distance_window columns = {larger(changed.x0, 0), larger(changed.y0 - reach, 0),
                                      smaller(changed.x1, distance->width),
                                      smaller(changed.y1 + reach, distance->height)};
    if (distance_window_is_empty(changed) || distance_window_is_empty(columns))
        return;
    scan_columns(distance, blocked, columns);
    int x0 = larger(columns.x0 - reach, 0), x1 = smaller(columns.x1 + reach, distance->width);
    for (int y = columns.y0; y < columns.y1; y++) {
        float *out = out_m + (size_t)y * (size_t)distance->width;
        for (int x = x0; x < x1; x += LANES) {
            int16_t least[LANES];
            const int16_t *row = column2_row(distance, y) + x;
            if (is_open(row, reach))
                memcpy(least, row, sizeof least);
            else
                scan_neighbours(row, reach, least);
            for (int i = 0; i < smaller(LANES, x1 - x); i++)
                out[x + i] = distance->root_m[least[i]];
        }
    }
}
