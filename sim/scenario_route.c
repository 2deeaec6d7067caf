#include <stdlib.h>

#include "sim/scenario_internal.h"

static const double CELL_M = 0.05;
static const double FLUSH_M = 0.01; /* lower than this is driven over */

struct route {
    struct grid grid;
    float *clearance_m;
};

struct area { /* what keeps the robot out, seen from above: a turned rectangle grown by a radius */
    struct vec2 at, half;
    double cos_yaw, sin_yaw, radius_m;
};

static bool solid_area(const struct scenario *scenario, const struct solid *solid, struct area *area)
{
    struct vec3 low, high;
    double yaw = quat_yaw(solid->pose.orientation);
    bool box =
        solid->shape.kind != SHAPE_CYLINDER && solid->shape.kind != SHAPE_SPHERE && solid->shape.kind != SHAPE_CAPSULE;
    struct pose3 tilt = {.orientation = quat_multiply(quat_from_yaw(-yaw), solid->pose.orientation)};
    bool upright = fabs(tilt.orientation.x) + fabs(tilt.orientation.y) < 1e-12;
    if (upright)
        shape_bounds(&solid->shape, &low, &high);
    else
        shape_bounds_at(&solid->shape, tilt, &low, &high);
    box |= !upright;
    *area = (struct area){.at = {solid->pose.position.x, solid->pose.position.y},
                          .half = {box ? high.x : 0, box ? high.y : 0},
                          .cos_yaw = cos(yaw), .sin_yaw = sin(yaw), .radius_m = box ? 0 : solid->shape.radius_m};
    return !solid->ground && solid->pose.position.z + low.z < scenario->robot.height_m &&
           solid->pose.position.z + high.z > FLUSH_M;
}

static bool zone_area(const struct zone *zone, struct area *area)
{
    *area = (struct area){.at = {(zone->x0_m + zone->x1_m) / 2, (zone->y0_m + zone->y1_m) / 2},
                          .half = {(zone->x1_m - zone->x0_m) / 2, (zone->y1_m - zone->y0_m) / 2}, .cos_yaw = 1};
    return zone->keep_out;
}

static double area_distance_m(const struct area *area, struct vec2 p)
{
    struct vec2 d = vec2_sub(p, area->at);
    double x = fabs(area->cos_yaw * d.x + area->sin_yaw * d.y) - area->half.x;
    double y = fabs(area->cos_yaw * d.y - area->sin_yaw * d.x) - area->half.y;
    double outside = sqrt(square(fmax(x, 0)) + square(fmax(y, 0)));
    return (outside > 0 ? outside : fmax(x, y)) - area->radius_m;
}

static struct cell cell_clamp(const struct grid *grid, struct vec2 p)
{
    struct cell c = grid_cell(grid, p);
    return (struct cell){(int)clamp(c.x, 0, grid->width - 1), (int)clamp(c.y, 0, grid->height - 1)};
}

static void area_stamp(struct route *route, const struct area *area, double reach_m)
{
    double reach = vec2_length(area->half) + area->radius_m + reach_m;
    struct cell low = cell_clamp(&route->grid, vec2_sub(area->at, (struct vec2){reach, reach}));
    struct cell high = cell_clamp(&route->grid, vec2_add(area->at, (struct vec2){reach, reach}));
    for (int y = low.y; y <= high.y; y++)
        for (int x = low.x; x <= high.x; x++) {
            float distance = (float)area_distance_m(area, grid_centre(&route->grid, (struct cell){x, y}));
            float *clearance = &route->clearance_m[grid_index(&route->grid, (struct cell){x, y})];
            *clearance = distance < *clearance ? distance : *clearance;
        }
}

struct route *scenario_route_create(const struct scenario *scenario, double reach_m)
{
    struct route *route = NEW(struct route);
    route->grid = (struct grid){.resolution_m = CELL_M, .origin = {scenario->x0_m, scenario->y0_m},
                                .width = (int)ceil((scenario->x1_m - scenario->x0_m) / CELL_M),
                                .height = (int)ceil((scenario->y1_m - scenario->y0_m) / CELL_M)};
    route->clearance_m = NEW_ARRAY(grid_size(&route->grid), float);
    for (size_t i = 0; i < grid_size(&route->grid);
         i++) /* rounded up, or a disc as wide as the reach would fit nowhere */
        route->clearance_m[i] = nextafterf((float)reach_m, HUGE_VALF);
    struct area area;
    for (size_t i = 0; i < scenario->solid_count; i++)
        if (solid_area(scenario, &scenario->solids[i], &area))
            area_stamp(route, &area, reach_m);
    for (size_t i = 0; i < scenario->zone_count; i++)
        if (zone_area(&scenario->zones[i], &area))
            area_stamp(route, &area, reach_m);
    return route;
}

void scenario_route_destroy(struct route **route)
{
    if (*route)
        free((*route)->clearance_m);
    free(*route);
    *route = NULL;
}

const struct grid *scenario_route_grid(const struct route *route) { return &route->grid; }

double scenario_route_clearance_m(const struct route *route, struct vec2 p)
{
    struct cell c = grid_cell(&route->grid, p);
    return grid_holds(&route->grid, c) ? (double)route->clearance_m[grid_index(&route->grid, c)] : 0.0;
}

bool scenario_route_straight(const struct route *route, struct vec2 from, struct vec2 to, double radius_m)
{
    struct vec2 way = vec2_sub(to, from);
    int steps = (int)ceil(vec2_length(way) / (CELL_M / 2)) + 1;
    for (int i = 0; i <= steps; i++)
        if (scenario_route_clearance_m(route, vec2_add(from, vec2_scale(way, (double)i / steps))) < radius_m)
            return false;
    return true;
}

const char *scenario_route_blocker(const struct scenario *scenario, struct vec2 p, double radius_m)
{
    struct area area;
    for (size_t i = 0; i < scenario->solid_count; i++)
        if (solid_area(scenario, &scenario->solids[i], &area) && area_distance_m(&area, p) < radius_m)
            return scenario->solids[i].name;
    for (size_t i = 0; i < scenario->zone_count; i++)
        if (zone_area(&scenario->zones[i], &area) && area_distance_m(&area, p) < radius_m)
            return scenario->zones[i].name;
    return NULL;
}

/* --- A* over cells --------------------------------------------------------------------------------------------- */

struct entry { /* of a binary heap, nearest first; equal estimates in order of cells, so that ties repeat */
    double estimate;
    size_t cell;
};

struct search {
    const struct route *route;
    double radius_m;
    struct cell goal;
    double *cost;
    size_t *parent;
    bool *closed;
    struct entry *heap;
    size_t count, capacity;
};

static bool entry_before(struct entry a, struct entry b)
{
    return a.estimate < b.estimate || (a.estimate == b.estimate && a.cell < b.cell);
}

static void heap_push(struct search *search, struct entry entry)
{
    if (search->count == search->capacity)
        search->heap = memory_resize(search->heap, search->capacity = 2 * search->capacity + 64, sizeof entry);
    size_t i = search->count++;
    for (; i && entry_before(entry, search->heap[(i - 1) / 2]); i = (i - 1) / 2)
        search->heap[i] = search->heap[(i - 1) / 2];
    search->heap[i] = entry;
}

static struct entry heap_pop(struct search *search)
{
    struct entry first = search->heap[0], last = search->heap[--search->count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < search->count; i = child) {
        if (child + 1 < search->count && entry_before(search->heap[child + 1], search->heap[child]))
            child++;
        if (!entry_before(search->heap[child], last))
            break;
        search->heap[i] = search->heap[child];
    }
    search->heap[i] = last;
    return first;
}

static struct cell cell_of(const struct grid *grid, size_t index)
{
    return (struct cell){(int)(index % (size_t)grid->width), (int)(index / (size_t)grid->width)};
}

static bool cell_open(const struct search *search, struct cell c)
{
    return grid_holds(&search->route->grid, c) &&
           (double)search->route->clearance_m[grid_index(&search->route->grid, c)] >= search->radius_m;
}

static void cell_reach(struct search *search, struct cell c, double cost, size_t parent)
{
    size_t i = grid_index(&search->route->grid, c);
    if (search->closed[i] || cost >= search->cost[i])
        return;
    search->cost[i] = cost;
    search->parent[i] = parent;
    double dx = abs(c.x - search->goal.x), dy = abs(c.y - search->goal.y);
    heap_push(search, (struct entry){cost + fmax(dx, dy) + (sqrt(2) - 1) * fmin(dx, dy), i});
}

static void cell_expand(struct search *search, size_t index)
{
    struct cell c = cell_of(&search->route->grid, index);
    search->closed[index] = true;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            bool corner = dx && dy && !(cell_open(search, (struct cell){c.x + dx, c.y}) &&
                                        cell_open(search, (struct cell){c.x, c.y + dy}));
            if ((dx || dy) && !corner && cell_open(search, (struct cell){c.x + dx, c.y + dy}))
                cell_reach(search, (struct cell){c.x + dx, c.y + dy},
                           search->cost[index] + (dx && dy ? sqrt(2) : 1), index);
        }
}

/* From the goal backwards, each time to the farthest cell of the path in sight. */
static size_t taut_corners(const struct search *search, struct vec2 from, struct vec2 to, size_t start, size_t goal,
                           struct vec2 **corners)
{
    const struct grid *grid = &search->route->grid;
    struct vec2 last = to;
    size_t count = 1, room = 16;
    *corners = NEW_ARRAY(room, struct vec2);
    (*corners)[0] = to;
    for (size_t i = goal; i != start; i = search->parent[i]) {
        size_t next = search->parent[i];
        struct vec2 p = next == start ? from : grid_centre(grid, cell_of(grid, next));
        if (!scenario_route_straight(search->route, (*corners)[count - 1], p, search->radius_m)) {
            if (count + 1 == room) /* one is left for the start */
                *corners = memory_resize(*corners, room *= 2, sizeof **corners);
            (*corners)[count++] = last;
        }
        last = p;
    }
    (*corners)[count] = from;
    return count + 1;
}

size_t scenario_route_way(const struct route *route, struct vec2 from, struct vec2 to, double radius_m,
                          struct vec2 **corners)
{
    const struct grid *grid = &route->grid;
    struct search search = {.route = route, .radius_m = radius_m, .goal = grid_cell(grid, to)};
    *corners = NULL;
    if (!cell_open(&search, grid_cell(grid, from)) || !cell_open(&search, search.goal))
        return 0;
    size_t start = grid_index(grid, grid_cell(grid, from)), goal = grid_index(grid, search.goal);
    search.cost = NEW_ARRAY(grid_size(grid), double);
    search.parent = NEW_ARRAY(grid_size(grid), size_t);
    search.closed = NEW_ARRAY(grid_size(grid), bool);
    for (size_t i = 0; i < grid_size(grid); i++)
        search.cost[i] = HUGE_VAL;
    cell_reach(&search, cell_of(grid, start), 0, start);
    while (search.count && !search.closed[goal]) {
        size_t cell = heap_pop(&search).cell;
        if (!search.closed[cell])
            cell_expand(&search, cell);
    }
    size_t count = search.closed[goal] ? taut_corners(&search, from, to, start, goal, corners) : 0;
    free(search.cost);
    free(search.parent);
    free(search.closed);
    free(search.heap);
    return count;
}

static double way_length_m(const struct vec2 *corners, size_t count)
{
    double length = 0;
    for (size_t i = 1; i < count; i++)
        length += vec2_distance(corners[i - 1], corners[i]);
    return count ? length : -1;
}

double scenario_route_length_m(const struct route *route, struct vec2 from, struct vec2 to, double radius_m)
{
    struct vec2 *corners;
    size_t count = scenario_route_way(route, from, to, radius_m, &corners);
    double length = way_length_m(corners, count);
    free(corners);
    return length;
}

size_t scenario_reference_way(const struct scenario *scenario, struct vec2 **corners)
{
    struct route *route = scenario_route_create(scenario, scenario->robot.width_m);
    struct vec2 start = {scenario->start.x, scenario->start.y};
    size_t count = scenario_route_way(route, start, scenario->goal, scenario->robot.width_m / 2, corners);
    scenario_route_destroy(&route);
    return count;
}

double scenario_reference_length_m(const struct scenario *scenario)
{
    struct vec2 *corners;
    size_t count = scenario_reference_way(scenario, &corners);
    double length = way_length_m(corners, count);
    free(corners);
    return length;
}
