/* nav/search.h - A* over a grid of prices: octile moves, no corner cutting, optimal.
 *
 * A move costs SEARCH_STEP (or SEARCH_DIAGONAL) times the price of the cell it enters / SEARCH_OPEN, in integers,
 * so that the result is the same on every machine. The open list is a ring of buckets by cost (Dial 1969) with
 * the nodes linked through themselves: no heap, no allocation in a search, ties go to the newest node. Diagonal
 * over step is 1393 / 985, which is sqrt 2 to 4e-7. */
#ifndef NAV_SEARCH_H
#define NAV_SEARCH_H

#include "perception/grid.h"

#include <stdint.h>

enum { SEARCH_CLOSED = 0, SEARCH_OPEN = 16, SEARCH_PRICE_MAX = 255, SEARCH_STEP = 985, SEARCH_DIAGONAL = 1393 };

struct search;
struct search *search_create(void);
void search_destroy(struct search **search);

/* Sets the size; only growth allocates. The prices are indexed by search_at and hold old values: the caller
 * writes all of them. Every cell outside is closed. Cells must number less than 2^28. */
uint8_t *search_prices(struct search *search, int width, int height);
size_t search_at(const struct search *search, struct cell c);

/* The cheapest way, both ends included, or a count of 0. Borrowed until the next call. The start may be closed. */
struct search_path {
    const struct cell *cells;
    size_t count;
    uint32_t cost;
    uint32_t expanded; /* cells looked at */
};
struct search_path search_run(struct search *search, struct cell from, struct cell to);

#endif
