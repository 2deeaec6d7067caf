#include "perception/segment.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/status.h"

enum {
    LONG_AGE = 30,    /* scans: what was hit for 3 s stands there */
    FREE_BEFORE = -16, /* evidence at or below: at least one beam passed and none hit since */
    MISSING_MAX = 1,  /* beams without a return inside one thing */
};
#define GAP_M 0.12        /* between neighbouring returns of one thing, and so much more ... */
#define GAP_PER_STEP 2.0  /* ... per distance between two beams */
#define NEARER_M 0.2      /* a neighbouring return so much nearer hides the rest of a thing */

void segment_ages_init(struct segment_ages *ages, const struct grid *grid)
{
    size_t cells = grid_size(grid);
    *ages = (struct segment_ages){*grid, NEW_ARRAY(cells, uint8_t), NEW_ARRAY(cells, uint8_t), 0, HASH_START};
}

void segment_ages_clear(struct segment_ages *ages)
{
    free(ages->age);
    free(ages->scan);
    *ages = (struct segment_ages){0};
}

void segment_ages_forget(struct segment_ages *ages)
{
    memset(ages->age, 0, grid_size(&ages->grid));
    memset(ages->scan, 0, grid_size(&ages->grid));
    ages->history = hash_bytes(ages->history, &ages->now, sizeof ages->now);
}

/* Counts one hit per scan and cell; returns how old the cell was before it. */
static uint8_t grow_older(struct segment_ages *ages, const struct mapper *mapper, size_t i)
{
    int8_t evidence = mapper->evidence[MAP_LIDAR][i];
    if (evidence < 0 && evidence != INT8_MIN && ages->scan[i] != ages->now)
        ages->age[i] = 0;
    uint8_t before = ages->age[i];
    if (ages->scan[i] != ages->now || before == 0) {
        ages->age[i] = (uint8_t)(before < 255 ? before + 1 : 255);
        ages->scan[i] = ages->now;
        ages->history = (ages->history ^ (i << 8 | ages->age[i])) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return before;
}

/* The oldest of the cell and its eight neighbours: a wall seen a centimetre off its cell is still that wall. */
static int age_around(const struct segment_ages *ages, const struct mapper *mapper, struct cell c)
{
    int oldest = 0;
    for (int y = c.y - 1; y <= c.y + 1; y++)
        for (int x = c.x - 1; x <= c.x + 1; x++) {
            struct cell at = {x, y};
            if (!grid_holds(&ages->grid, at))
                continue;
            size_t i = grid_index(&ages->grid, at);
            bool given = mapper->given[i] == MAPPER_GIVEN_WALL;
            int age = given ? 255 : mapper->evidence[MAP_LIDAR][i] > 0 ? ages->age[i] : 0;
            oldest = age > oldest ? age : oldest;
        }
    return oldest;
}

static bool is_kept(int age, struct vec2 at, const struct segment_keep *keeps, size_t keep_count)
{
    if (age < LONG_AGE)
        return true;
    for (size_t i = 0; i < keep_count; i++)
        if (age <= keeps[i].age && vec2_distance(at, keeps[i].at) <= keeps[i].reach_m)
            return true;
    return false;
}

/* Beams come in a full turn or less; a neighbour that is not there hides nothing. */
static bool is_hidden_by(const struct segment_return *edge, const struct segment_return *neighbour)
{
    return neighbour && abs(neighbour->beam - edge->beam) <= 1 + MISSING_MAX &&
           neighbour->range_m < edge->range_m - NEARER_M;
}

static struct segment describe(const struct segment_return *returns, size_t first, size_t last, size_t count,
                               const uint8_t *newly, struct vec2 eye)
{
    struct segment segment = {.count = last - first + 1, .range_m = returns[first].range_m};
    for (size_t i = first; i <= last; i++) {
        segment.centroid = vec2_add(segment.centroid, returns[i].at);
        segment.range_m = fmin(segment.range_m, returns[i].range_m);
        segment.newly += newly[i];
    }
    double n = (double)segment.count;
    segment.centroid = vec2_scale(segment.centroid, 1 / n);
    struct vec2 sight = vec2_sub(segment.centroid, eye);
    double away = fmax(sqrt(sight.x * sight.x + sight.y * sight.y), 1e-6);
    struct vec2 across = {-sight.y / away, sight.x / away}, chord = vec2_sub(returns[last].at, returns[first].at);
    segment.width_m = fabs(chord.x * across.x + chord.y * across.y);
    /* A round thing shows its ends equally far away; a piece of wall seen along itself does not. */
    segment.slant_m = fabs(chord.x * across.y - chord.y * across.x);
    segment.hidden = is_hidden_by(&returns[first], first ? &returns[first - 1] : NULL) ||
                     is_hidden_by(&returns[last], last + 1 < count ? &returns[last + 1] : NULL);
    return segment;
}

/* Marks every return: 0 stands there for long, 1 kept; and whether it is where floor was free. */
static void judge(struct segment_ages *ages, const struct mapper *mapper, const struct segment_return *returns,
                  size_t count, const struct segment_keep *keeps, size_t keep_count, uint8_t *kept, uint8_t *newly)
{
    for (size_t i = 0; i < count; i++) {
        struct cell c = grid_cell(&ages->grid, returns[i].at);
        kept[i] = newly[i] = 0;
        if (!grid_holds(&ages->grid, c))
            continue;
        size_t cell = grid_index(&ages->grid, c);
        int8_t evidence = mapper->evidence[MAP_LIDAR][cell];
        int age = age_around(ages, mapper, c);
        kept[i] = is_kept(age, returns[i].at, keeps, keep_count);
        newly[i] = evidence != INT8_MIN && evidence <= FREE_BEFORE && age < 6;
    }
    /* Only now, so that one scan does not make its own neighbours old. */
    for (size_t i = 0; i < count; i++) {
        struct cell c = grid_cell(&ages->grid, returns[i].at);
        if (grid_holds(&ages->grid, c))
            grow_older(ages, mapper, grid_index(&ages->grid, c));
    }
}

size_t segment_scan(struct segment_ages *ages, const struct mapper *mapper, struct vec2 eye, double beam_step_rad,
                    const struct segment_return *returns, size_t count, const struct segment_keep *keeps,
                    size_t keep_count, struct segment *segments)
{
    enum { RETURNS_MAX = 1024 };
    uint8_t kept[RETURNS_MAX], newly[RETURNS_MAX];
    ASSERT(count <= RETURNS_MAX && ages->grid.width == mapper->grid.width);
    ages->now++;
    judge(ages, mapper, returns, count, keeps, keep_count, kept, newly);
    size_t found = 0;
    for (size_t first = 0; first < count && found < SEGMENTS_MAX;) {
        if (!kept[first]) {
            first++;
            continue;
        }
        size_t last = first;
        while (last + 1 < count && kept[last + 1]) {
            int beams = returns[last + 1].beam - returns[last].beam;
            double gap_m = GAP_M + GAP_PER_STEP * beams * beam_step_rad * returns[last].range_m;
            if (beams > 1 + MISSING_MAX || vec2_distance(returns[last].at, returns[last + 1].at) > gap_m)
                break;
            last++;
        }
        struct segment segment = describe(returns, first, last, count, newly, eye);
        double length_m = vec2_distance(returns[first].at, returns[last].at);
        if (segment.count >= 2 && length_m <= SEGMENT_WIDEST_M)
            segments[found++] = segment;
        first = last + 1;
    }
    return found;
}
