/* Maps as messages: the given one, and every half second what is around the robot and who says so. */
#include <math.h>
#include <stdlib.h>

#include "sim/episode_publish.h"

enum { AROUND_EVERY = 10 /* ticks */, AGE_CODES = 63 };
static const double AROUND_SIDE_M = 8; /* of the window that is published */

static struct msg_map_meta_data info_of(const struct grid *grid)
{
    return (struct msg_map_meta_data){.resolution = (float)grid->resolution_m,
                                      .width = (uint32_t)grid->width,
                                      .height = (uint32_t)grid->height,
                                      .origin = {{grid->origin.x, grid->origin.y, 0}, {0, 0, 0, 1}}};
}

void publish_grid(struct journal *journal, enum topic topic, int64_t now_ns, const struct grid *grid,
                  int8_t *cells)
{
    struct msg_occupancy_grid message = {
        .header = {message_time(now_ns), "map"},
        .info = info_of(grid),
        .data = {cells, (uint32_t)grid_size(grid)},
    };
    journal_publish(journal, topic, now_ns, &message);
}

/* The part of the belief's grid around the robot; *low is its first cell there. */
static struct grid window_of(const struct belief *belief, struct cell *low)
{
    const struct grid *whole = &belief->grid;
    int side = (int)(AROUND_SIDE_M / whole->resolution_m);
    struct cell centre = grid_cell(whole, (struct vec2){belief->pose.x, belief->pose.y});
    *low = (struct cell){(int)clamp(centre.x - side / 2, 0, whole->width),
                         (int)clamp(centre.y - side / 2, 0, whole->height)};
    double step = whole->resolution_m;
    return (struct grid){
        .resolution_m = step,
        .origin = {whole->origin.x + low->x * step, whole->origin.y + low->y * step},
        .width = (int)clamp(low->x + side, 0, whole->width) - low->x,
        .height = (int)clamp(low->y + side, 0, whole->height) - low->y,
    };
}

/* The layers as one OccupancyGrid: occupied 100, then falling with clearance, unknown -1; keep-out floor
 * is 101, outside of the message's usual range, so that paint can be told from walls. */
static void publish_costmap(const struct tick_report *r, const struct grid *window, struct cell low)
{
    const struct belief *belief = r->belief;
    int8_t *cells = NEW_ARRAY(grid_size(window), int8_t);
    size_t at = 0;
    for (int y = low.y; y < low.y + window->height; y++)
        for (int x = low.x; x < low.x + window->width; x++, at++) {
            size_t i = grid_index(&belief->grid, (struct cell){x, y});
            double near = clamp(1 - (double)belief->clearance_m[i] / 0.8, 0, 1);
            cells[at] = belief->keepout[i]           ? 101
                        : belief->occupancy[i] >= 65 ? 100
                        : near > 0                   ? (int8_t)(near * 98)
                                                     : belief->occupancy[i] < 0 ? -1 : 0;
        }
    publish_grid(r->journal, TOPIC_COSTMAP, r->now_ns, window, cells);
    free(cells);
}

/* MapSources.age of a cell: coarse, so that it seldom changes. */
static uint8_t age_code(const struct seen *seen)
{
    double youngest_s = (double)INFINITY;
    for (int s = 0; s < MAP_SOURCE_COUNT; s++)
        if (seen->held >> s & 1)
            youngest_s = fmin(youngest_s, seen->held_s[s]);
    uint8_t code = 0;
    while (code < AGE_CODES && youngest_s >= ldexp(1, code))
        code++;
    return seen->moves ? code | MAP_MOVES : code;
}

static uint8_t height_code(double height_m)
{
    return isnan(height_m) ? 0 : (uint8_t)lround(clamp(100 * height_m, 1, UINT8_MAX));
}

static void publish_sources(const struct tick_report *r, const struct grid *window, struct cell low)
{
    size_t cells = grid_size(window);
    uint32_t held = 0;
    uint8_t *sources = NEW_ARRAY(3 * cells, uint8_t), *row = sources;
    uint8_t *age = sources + cells, *height_cm = age + cells;
    for (int y = low.y; y < low.y + window->height; y++, row += window->width) {
        belief_sources(r->belief, (struct cell){low.x, y}, (size_t)window->width, row);
        for (int x = 0; x < window->width; x++) {
            if (!(row[x] & MAP_HELD))
                continue;
            struct seen seen = belief_seen(r->belief, (struct cell){low.x + x, y});
            age[held] = age_code(&seen);
            height_cm[held++] = height_code(seen.height_m);
        }
    }
    struct msg_map_sources message = {
        .header = {message_time(r->now_ns), "map"},
        .info = info_of(window),
        .sources = {sources, (uint32_t)cells},
        .age = {age, held},
        .height_cm = {height_cm, held},
    };
    journal_publish(r->journal, TOPIC_MAP_SOURCES, r->now_ns, &message);
    free(sources);
}

void publish_around(const struct tick_report *r)
{
    struct cell low;
    if (r->tick % AROUND_EVERY)
        return;
    struct grid window = window_of(r->belief, &low);
    publish_costmap(r, &window, low);
    publish_sources(r, &window, low);
}
