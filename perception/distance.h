/* perception/distance.h - how far every cell is from the nearest blocked one.
 *
 * Exact Euclidean distances between cell centres in whole numbers of squared cells, so the result depends
 * neither on the order of updates nor on rounding. Two passes: along columns by counting, along rows by the
 * least of (column distance)^2 + dx^2 within reach (after Saito and Toriwaki 1994). Because distances end at
 * max_m, a change of some cells can be seen only within that reach of them: distance_update repeats just that
 * part, and the outcome equals the whole transform. */
#ifndef PERCEPTION_DISTANCE_H
#define PERCEPTION_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distance_window { /* cells x0 <= x < x1, y0 <= y < y1; all zero: none */
    int x0, y0, x1, y1;
};
static inline bool distance_window_is_empty(struct distance_window w) { return w.x0 >= w.x1 || w.y0 >= w.y1; }
/* Grows the window until it holds the cell. */
static inline void distance_window_add(struct distance_window *w, int x, int y)
{
    if (distance_window_is_empty(*w)) {
        *w = (struct distance_window){x, y, x + 1, y + 1};
        return;
    }
    w->x0 = x < w->x0 ? x : w->x0;
    w->y0 = y < w->y0 ? y : w->y0;
    w->x1 = x >= w->x1 ? x + 1 : w->x1;
    w->y1 = y >= w->y1 ? y + 1 : w->y1;
}

struct distance {
    int width, height;
    int reach;          /* max_m in whole cells, rounded up; at most DISTANCE_REACH_MAX */
    int pad, stride;    /* of `column2`: cells left of column 0, and from row to row */
    int16_t *column2;   /* squared distance to the nearest blocked cell of the same column, at most reach^2 */
    int16_t *run;       /* one row of counters */
    float *root_m;      /* metres by squared cells, 0..reach^2 */
};

enum { DISTANCE_REACH_MAX = 127 }; /* 2 * reach^2 fits 16 bits */

/* Owned buffers for layers of that size. distance_clear frees them. */
void distance_init(struct distance *distance, int width, int height, double resolution_m, double max_m);
void distance_clear(struct distance *distance);

/* Brings `out_m` (width * height metres, at most max_m) up to date after cells inside `changed` became blocked
 * (non-zero) or not. The first call must name the whole layer. A window outside the layer is clipped. */
void distance_update(struct distance *distance, const uint8_t *blocked, struct distance_window changed, float *out_m);

#endif
