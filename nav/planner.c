#include "nav/planner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "nav/footprint.h"
#include "nav/search.h"

enum {
    PRICES_PER_M = 40,   /* resolution of the price table ... */
    PRICE_COUNT = 64,    /* ... which reaches beyond CLEARANCE_MAX_M */
    SHORTCUT_CELLS = 120, /* the farthest look along the path for a straight line */
    SMOOTH_PASSES = 24,
    AVOIDED_MAX = 8
};
static const double goal_slack_m = 0.3;   /* a goal this near to free space is moved there */
static const double escape_m = 0.45;      /* around the start, closed cells may be crossed at the highest price */
static const double deviation_m = 0.6;    /* farther from the path than this is a new situation */
static const double price_change = 1.15;  /* of the rest of the path, since it was found */
static const double avoid_radius_m = 0.3; /* around a place where the robot got stuck */
static const int64_t avoid_ns = INT64_C(30000000000);

const struct param planner_params[] = {
    {"comfort_m", PARAM_REAL, offsetof(struct planner_params, comfort_m), 0.7, 0.1, CLEARANCE_MAX_M, "m",
     "below this clearance a cell costs more", NULL},
    {"clearance_weight", PARAM_REAL, offsetof(struct planner_params, clearance_weight), 8, 0, 14, "",
     "what a cell without clearance costs more than an open one", NULL},
    {"unknown_cost", PARAM_REAL, offsetof(struct planner_params, unknown_cost), 0.3, 0, 10, "",
     "what an unknown cell costs more than a free one", NULL},
    {"tight_m", PARAM_REAL, offsetof(struct planner_params, tight_m), 0.05, 0, 0.5, "m",
     "a passage with no more than this to spare on a side costs the most", NULL},
    {"replan_s", PARAM_REAL, offsetof(struct planner_params, replan_s), 0.5, 0.05, 10, "s",
     "how often the path is weighed against what is known now", NULL},
};
const size_t planner_param_count = COUNT_OF(planner_params);

struct planner {
    const struct planner_params *params;
    double robot_radius_m;
    struct search *search;
    struct vec2 *points; /* the whole path; the plan is what lies ahead */
    double *price_left;  /* from each point to the end, when the path was found */
    size_t count, capacity, first;
    struct vec2 goal;
    bool tried;
    int64_t searched_ns, checked_ns;
    char reason[96];
    uint8_t table[PRICE_COUNT];
    struct {
        struct vec2 at;
        int64_t until_ns;
    } avoided[AVOIDED_MAX]; /* a ring */
    uint32_t avoided_count; /* ever */
};

struct planner *planner_create(const struct planner_params *params, double robot_radius_m)
{
    struct planner *planner = NEW(struct planner);
    planner->params = params;
    planner->robot_radius_m = robot_radius_m;
    planner->search = search_create();
    return planner;
}

void planner_destroy(struct planner **planner)
{
    if (!*planner)
        return;
    search_destroy(&(*planner)->search);
    free((*planner)->points);
    free((*planner)->price_left);
    free(*planner);
    *planner = NULL;
}

/* --- prices ----------------------------------------------------------------------------------------------- */

static double price_factor(const struct planner *planner, double clearance_m)
{
    /* What the robot just fits through, its policy may not: only if there is no other way. */
    if (clearance_m < planner->robot_radius_m + planner->params->tight_m)
        return (double)SEARCH_PRICE_MAX / SEARCH_OPEN;
    double lack = clamp(1 - clearance_m / planner->params->comfort_m, 0, 1);
    return 1 + planner->params->clearance_weight * lack * lack;
}

static void table_fill(struct planner *planner)
{
    for (int i = 0; i < PRICE_COUNT; i++) {
        double clearance = (double)i / PRICES_PER_M;
        bool closed = clearance + 0.5 / PRICES_PER_M < planner->robot_radius_m;
        planner->table[i] = closed ? SEARCH_CLOSED
                                   : (uint8_t)fmin(SEARCH_PRICE_MAX, SEARCH_OPEN * price_factor(planner, clearance));
    }
}

static uint8_t cell_price(const struct planner *planner, const struct belief *belief, size_t at)
{
    int i = (int)(belief->clearance_m[at] * (float)PRICES_PER_M);
    int price = planner->table[i < 0 ? 0 : i < PRICE_COUNT ? i : PRICE_COUNT - 1];
    if (price != SEARCH_CLOSED && belief->occupancy[at] == OCCUPANCY_UNKNOWN)
        price += (int)(SEARCH_OPEN * planner->params->unknown_cost);
    return (uint8_t)(price < SEARCH_PRICE_MAX ? price : SEARCH_PRICE_MAX);
}

/* A robot that finds itself too near to something must be able to plan its way out; never through what is occupied. */
static void escape_open(const struct planner *planner, const struct belief *belief, struct cell start, uint8_t *prices)
{
    const struct grid *grid = &belief->grid;
    int r = (int)ceil(escape_m / grid->resolution_m);
    for (int y = start.y - r; y <= start.y + r; y++)
        for (int x = start.x - r; x <= start.x + r; x++) {
            struct cell c = {x, y};
            bool inside = grid_holds(grid, c) && (x - start.x) * (x - start.x) + (y - start.y) * (y - start.y) <= r * r;
            if (inside && prices[search_at(planner->search, c)] == SEARCH_CLOSED &&
                belief->occupancy[grid_index(grid, c)] < 50)
                prices[search_at(planner->search, c)] = SEARCH_PRICE_MAX;
        }
}

/* Where a policy got stuck, the way leads only if there is no other. */
static void avoided_price(const struct planner *planner, const struct belief *belief, uint8_t *prices)
{
    const struct grid *grid = &belief->grid;
    int r = (int)(avoid_radius_m / grid->resolution_m);
    for (size_t i = 0; i < AVOIDED_MAX; i++) {
        if (planner->avoided[i].until_ns <= belief->stamp_ns || !footprint_on_grid(grid, planner->avoided[i].at))
            continue;
        struct cell centre = grid_cell(grid, planner->avoided[i].at);
        for (int y = centre.y - r; y <= centre.y + r; y++)
            for (int x = centre.x - r; x <= centre.x + r; x++) {
                struct cell c = {x, y};
                bool inside = grid_holds(grid, c) && square(x - centre.x) + square(y - centre.y) <= r * r;
                if (inside && prices[search_at(planner->search, c)] != SEARCH_CLOSED)
                    prices[search_at(planner->search, c)] = SEARCH_PRICE_MAX;
            }
    }
}

static uint8_t *prices_fill(struct planner *planner, const struct belief *belief)
{
    uint8_t *prices = search_prices(planner->search, belief->grid.width, belief->grid.height);
    table_fill(planner);
    for (int y = 0; y < belief->grid.height; y++) {
        uint8_t *row = prices + search_at(planner->search, (struct cell){0, y});
        size_t from = grid_index(&belief->grid, (struct cell){0, y});
        for (int x = 0; x < belief->grid.width; x++)
            row[x] = cell_price(planner, belief, from + (size_t)x);
    }
    avoided_price(planner, belief, prices);
    return prices;
}

/* --- from cells to a path --------------------------------------------------------------------------------- */

/* Price of the straight line between two cells, in cells; negative if it meets a closed one. */
static double line_price(const struct planner *planner, const uint8_t *prices, struct cell a, struct cell b)
{
    int dx = b.x - a.x, dy = b.y - a.y, steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
    double sum = 0;
    for (int i = 1; i <= steps; i++) {
        double t = (double)i / steps;
        struct cell c = {a.x + (int)lround(t * dx), a.y + (int)lround(t * dy)};
        uint8_t price = prices[search_at(planner->search, c)];
        if (price == SEARCH_CLOSED)
            return -1;
        sum += price;
    }
    return steps ? sum / steps * sqrt((double)dx * dx + (double)dy * dy) : 0;
}

static double move_price(const struct planner *planner, const uint8_t *prices, struct cell a, struct cell b)
{
    return prices[search_at(planner->search, b)] * (a.x != b.x && a.y != b.y ? sqrt(2) : 1);
}

static void point_add(struct planner *planner, struct vec2 p)
{
    if (planner->count == planner->capacity) {
        planner->capacity = planner->capacity ? planner->capacity * 2 : 1024;
        planner->points = memory_resize(planner->points, planner->capacity, sizeof *planner->points);
        planner->price_left = memory_resize(planner->price_left, planner->capacity, sizeof *planner->price_left);
    }
    planner->points[planner->count++] = p;
}

static void segment_add(struct planner *planner, struct vec2 to, double spacing_m)
{
    struct vec2 from = planner->points[planner->count - 1], way = vec2_sub(to, from);
    int pieces = (int)ceil(vec2_length(way) / spacing_m - 1e-6);
    for (int i = 1; i < pieces; i++)
        point_add(planner, vec2_add(from, vec2_scale(way, (double)i / pieces)));
    point_add(planner, to);
}

/* The farthest cell that a straight line reaches from `i` at no higher price than the path's own. */
static size_t shortcut(const struct planner *planner, const uint8_t *prices, struct search_path path, size_t i)
{
    size_t best = i + 1;
    double sum = 0;
    for (size_t j = i + 1; j < path.count && j <= i + SHORTCUT_CELLS; j++) {
        sum += move_price(planner, prices, path.cells[j - 1], path.cells[j]);
        double line = line_price(planner, prices, path.cells[i], path.cells[j]);
        if (line < 0)
            break;
        if (line <= sum * 1.001)
            best = j;
    }
    return best;
}

/* Price of a point of the path as things are now; infinite if it is closed. */
static double point_price(const struct planner *planner, const struct belief *belief, struct vec2 p)
{
    double clearance = footprint_sample_m(belief, p.x, p.y);
    /* A cell's width of tolerance: the layers jitter with the sensors' noise. */
    bool closed = clearance < planner->robot_radius_m - belief->grid.resolution_m;
    bool near = vec2_distance(p, (struct vec2){belief->pose.x, belief->pose.y}) <= escape_m;
    return closed && !near ? HUGE_VAL : price_factor(planner, clearance);
}

/* Pulls the corners straight, as long as no point comes nearer to anything that is nearer than comfortable. */
static void path_smooth(struct planner *planner, const struct belief *belief)
{
    for (int pass = 0; pass < SMOOTH_PASSES; pass++)
        for (size_t i = 1; i + 1 < planner->count; i++) {
            struct vec2 *p = &planner->points[i];
            struct vec2 to = vec2_scale(vec2_add(planner->points[i - 1], planner->points[i + 1]), 0.5);
            double now = footprint_sample_m(belief, p->x, p->y), then = footprint_sample_m(belief, to.x, to.y);
            if (then >= fmin(now, planner->params->comfort_m) - 1e-4)
                *p = to;
        }
}

static void path_build(struct planner *planner, const struct belief *belief, const uint8_t *prices,
                       struct search_path path, bool exact_goal)
{
    planner->count = planner->first = 0;
    point_add(planner, (struct vec2){belief->pose.x, belief->pose.y});
    for (size_t i = 0; i + 1 < path.count;) {
        i = shortcut(planner, prices, path, i);
        bool last = i + 1 == path.count && exact_goal;
        segment_add(planner, last ? planner->goal : grid_centre(&belief->grid, path.cells[i]),
                    belief->grid.resolution_m);
    }
    if (planner->count == 1)
        segment_add(planner, planner->goal, belief->grid.resolution_m);
    path_smooth(planner, belief);
    double sum = 0;
    for (size_t i = planner->count; i-- > 0;)
        planner->price_left[i] = sum += fmin(point_price(planner, belief, planner->points[i]), 1e6);
}

/* --- when and where --------------------------------------------------------------------------------------- */

/* The open cell nearest to the goal within its slack; false if there is none. */
static bool goal_find(const struct planner *planner, const struct belief *belief, const uint8_t *prices,
                      struct cell *goal)
{
    const struct cell wanted = *goal;
    int r = (int)(goal_slack_m / belief->grid.resolution_m), best = r * r + 1;
    for (int y = -r; y <= r; y++)
        for (int x = -r; x <= r; x++) {
            struct cell c = {wanted.x + x, wanted.y + y};
            if (x * x + y * y < best && grid_holds(&belief->grid, c) &&
                prices[search_at(planner->search, c)] != SEARCH_CLOSED) {
                best = x * x + y * y;
                *goal = c;
            }
        }
    return best <= r * r;
}

static void plan_search(struct planner *planner, const struct belief *belief)
{
    struct vec2 here = {belief->pose.x, belief->pose.y};
    planner->count = planner->first = 0;
    planner->reason[0] = '\0';
    if (!footprint_on_grid(&belief->grid, planner->goal) || !footprint_on_grid(&belief->grid, here)) {
        snprintf(planner->reason, sizeof planner->reason, "%s is outside the map",
                 footprint_on_grid(&belief->grid, here) ? "goal" : "robot");
        return;
    }
    uint8_t *prices = prices_fill(planner, belief);
    struct cell from = grid_cell(&belief->grid, here), wanted = grid_cell(&belief->grid, planner->goal), to = wanted;
    escape_open(planner, belief, from, prices);
    if (!goal_find(planner, belief, prices, &to)) {
        snprintf(planner->reason, sizeof planner->reason, "goal is inside an obstacle");
        return;
    }
    struct search_path path = search_run(planner->search, from, to);
    if (path.count)
        path_build(planner, belief, prices, path, to.x == wanted.x && to.y == wanted.y);
    else
        snprintf(planner->reason, sizeof planner->reason, "no way around: %u cells searched", path.expanded);
}

/* Drops what lies behind; the distance from the path. */
static double plan_trim(struct planner *planner, struct vec2 at)
{
    size_t best = planner->first;
    double nearest = HUGE_VAL;
    for (size_t i = planner->first; i < planner->count && i < planner->first + 40; i++) {
        double d = vec2_distance(planner->points[i], at);
        if (d < nearest) {
            nearest = d;
            best = i;
        }
    }
    if (planner->count)
        planner->first = best;
    return nearest;
}

static bool is_search_due(struct planner *planner, const struct belief *belief, double deviation)
{
    double since_s = (double)(belief->stamp_ns - planner->searched_ns) * 1e-9;
    if (since_s < 0 || !planner->tried)
        return true;
    if (!planner->count)
        return since_s >= planner->params->replan_s;
    if (deviation > deviation_m && since_s >= planner->params->replan_s / 2)
        return true;
    bool check = (double)(belief->stamp_ns - planner->checked_ns) * 1e-9 >= planner->params->replan_s / 2;
    if (!check)
        return false;
    planner->checked_ns = belief->stamp_ns;
    double price = 0;
    for (size_t i = planner->first; i < planner->count; i++)
        price += point_price(planner, belief, planner->points[i]);
    bool dearer = price > planner->price_left[planner->first] * price_change;
    return isinf(price) || (dearer && since_s >= planner->params->replan_s);
}

struct plan planner_update(struct planner *planner, const struct belief *belief, struct vec2 goal, bool *changed)
{
    bool moved = goal.x != planner->goal.x || goal.y != planner->goal.y;
    double deviation = plan_trim(planner, (struct vec2){belief->pose.x, belief->pose.y});
    bool due = moved || is_search_due(planner, belief, deviation);
    if (due) {
        planner->goal = goal;
        planner->tried = true;
        planner->searched_ns = planner->checked_ns = belief->stamp_ns;
        plan_search(planner, belief);
    }
    if (changed)
        *changed = due;
    struct plan plan = {.reason = planner->reason};
    if (!planner->count)
        return plan;
    plan.points = planner->points + planner->first;
    plan.count = planner->count - planner->first;
    for (size_t i = 1; i < plan.count; i++)
        plan.length_m += vec2_distance(plan.points[i - 1], plan.points[i]);
    return plan;
}

void planner_avoid(struct planner *planner, struct vec2 at, int64_t now_ns)
{
    size_t i = planner->avoided_count++ % AVOIDED_MAX;
    planner->avoided[i].at.x = at.x;
    planner->avoided[i].at.y = at.y;
    planner->avoided[i].until_ns = now_ns + avoid_ns;
    planner->tried = false; /* searches at the next update */
}

double planner_grid_length(const uint8_t *blocked, int width, int height, struct cell from, struct cell to)
{
    struct search *search = search_create();
    uint8_t *prices = search_prices(search, width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            prices[search_at(search, (struct cell){x, y})] =
                blocked[(size_t)y * (size_t)width + (size_t)x] ? SEARCH_CLOSED : SEARCH_OPEN;
    struct search_path path = {0};
    bool open = prices[search_at(search, from)] && prices[search_at(search, to)];
    if (open)
        path = search_run(search, from, to);
    double length = path.count ? 0 : -1;
    for (size_t i = 1; i < path.count; i++)
        length += path.cells[i].x != path.cells[i - 1].x && path.cells[i].y != path.cells[i - 1].y ? sqrt(2) : 1;
    search_destroy(&search);
    return length;
}

uint64_t planner_hash(const struct planner *planner, uint64_t hash)
{
    hash = hash_bytes(hash, &planner->goal, sizeof planner->goal);
    hash = hash_bytes(hash, &planner->first, sizeof planner->first);
    hash = hash_bytes(hash, &planner->searched_ns, sizeof planner->searched_ns);
    hash = hash_bytes(hash, &planner->checked_ns, sizeof planner->checked_ns);
    hash = hash_bytes(hash, &planner->avoided_count, sizeof planner->avoided_count);
    hash = hash_bytes(hash, planner->avoided, sizeof planner->avoided);
    return hash_bytes(hash, planner->points, planner->count * sizeof *planner->points);
}
