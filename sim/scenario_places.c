/* A start and a goal for worlds that came without: far apart, one reachable from the other. */
#include <math.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "sim/scenario_internal.h"

enum { TRIES = 32 };
static const double SPARE_M = 0.1, SQUEEZE_M = 0.05; /* round a robot that turns on the spot, that drives through */

struct flood { /* cells in the order they were reached */
    size_t *cells, count;
    bool *seen;
};

struct ground {
    const struct scenario *scenario;
    const struct route *route;
    const struct grid *grid;
    double pass_m, stand_m; /* radii: of driving through, of turning on the spot */
};

static struct vec2 centre_of(const struct grid *grid, size_t i)
{
    return grid_centre(grid, (struct cell){(int)(i % (size_t)grid->width), (int)(i / (size_t)grid->width)});
}

/* Outside of a building is no place to begin, though no wall may keep the robot from it. */
static bool is_known_free(const struct scenario *s, struct vec2 p)
{
    struct cell c = grid_cell(&s->map, p);
    return !s->map.width || (grid_holds(&s->map, c) && s->map_cells[grid_index(&s->map, c)] == 0);
}

static bool is_open(const struct ground *ground, struct vec2 p, double radius_m)
{
    return scenario_route_clearance_m(ground->route, p) >= radius_m && is_known_free(ground->scenario, p);
}

static void flood_reach(const struct ground *ground, struct flood *flood, struct cell c)
{
    if (!grid_holds(ground->grid, c))
        return;
    size_t i = grid_index(ground->grid, c);
    if (flood->seen[i] || !is_open(ground, grid_centre(ground->grid, c), ground->pass_m))
        return;
    flood->seen[i] = true;
    flood->cells[flood->count++] = i;
}

/* Breadth first over edges, so the last cells are the farthest ones by way. */
static void flood_from(const struct ground *ground, struct flood *flood, struct vec2 from)
{
    flood->count = 0;
    flood_reach(ground, flood, grid_cell(ground->grid, from));
    for (size_t next = 0; next < flood->count; next++) {
        int x = (int)(flood->cells[next] % (size_t)ground->grid->width);
        int y = (int)(flood->cells[next] / (size_t)ground->grid->width);
        flood_reach(ground, flood, (struct cell){x + 1, y});
        flood_reach(ground, flood, (struct cell){x - 1, y});
        flood_reach(ground, flood, (struct cell){x, y + 1});
        flood_reach(ground, flood, (struct cell){x, y - 1});
    }
}

/* The flood's farthest cell where the robot can turn. */
static bool farthest(const struct ground *ground, const struct flood *flood, struct vec2 *place)
{
    for (size_t i = flood->count; i-- > 1;) {
        *place = centre_of(ground->grid, flood->cells[i]);
        if (is_open(ground, *place, ground->stand_m))
            return true;
    }
    return false;
}

/* A random place in what is likely the largest connected part: drawn places fall there most often, so the largest of a
 * few floods is taken. */
static bool draw_place(const struct ground *ground, struct flood *flood, uint64_t seed, struct vec2 *place)
{
    struct seed_stream stream = seed_stream_named(seed, "start");
    size_t cells = grid_size(ground->grid), open = 0, best = 0, nth;
    for (size_t i = 0; i < cells; i++)
        open += is_open(ground, centre_of(ground->grid, i), ground->stand_m);
    if (!open)
        return false;
    for (int i = 0; i < TRIES && best < open / 2; i++) {
        size_t cell = 0;
        for (nth = seed_below(&stream, open);; cell++)
            if (is_open(ground, centre_of(ground->grid, cell), ground->stand_m) && !nth--)
                break;
        if (flood->seen[cell])
            continue; /* was in an earlier flood */
        flood_from(ground, flood, centre_of(ground->grid, cell));
        if (flood->count > best) {
            best = flood->count;
            *place = centre_of(ground->grid, cell);
        }
    }
    return best > 1;
}

static bool choose(const struct ground *ground, struct scenario *s, bool start_given, bool goal_given, uint64_t seed)
{
    size_t cells = grid_size(ground->grid);
    struct flood flood = {.cells = NEW_ARRAY(cells, size_t), .seen = NEW_ARRAY(cells, bool)};
    struct vec2 near = start_given ? (struct vec2){s->start.x, s->start.y} : s->goal, far;
    bool found = start_given || goal_given || draw_place(ground, &flood, seed, &near);
    if (found) {
        free(flood.seen);
        flood.seen = NEW_ARRAY(cells, bool);
        flood_from(ground, &flood, near);
        found = farthest(ground, &flood, &far);
    }
    free(flood.cells);
    free(flood.seen);
    if (!found)
        return false;
    if (!goal_given)
        s->goal = far;
    if (!start_given) {
        struct vec2 start = goal_given ? far : near;
        s->start.x = start.x;
        s->start.y = start.y;
    }
    return true;
}

enum status scenario_places(struct scenario *s, uint64_t seed, struct error *err)
{
    bool start_given = !isnan(s->start.x), goal_given = !isnan(s->goal.x);
    if (isnan(s->start.x) != isnan(s->start.y) || isnan(s->goal.x) != isnan(s->goal.y))
        return error_set(err, STATUS_BAD_INPUT, "%s: of start and goal set both x and y, or neither", s->files[0].name);
    if (start_given && goal_given)
        return STATUS_OK;
    double turning_m = hypot(s->robot.length_m, s->robot.width_m) / 2 + SPARE_M;
    struct route *route = scenario_route_create(s, turning_m);
    struct ground ground = {.scenario = s, .route = route, .grid = scenario_route_grid(route),
                            .pass_m = fmin(s->robot.width_m / 2 + SQUEEZE_M, turning_m), .stand_m = turning_m};
    bool found = choose(&ground, s, start_given, goal_given, seed);
    scenario_route_destroy(&route);
    if (!found)
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: nowhere is there a free place %.2f m wide that is connected to another; set "
                         "start and goal, or enlarge the world",
                         s->files[0].name, 2 * turning_m);
    s->start.yaw = atan2(s->goal.y - s->start.y, s->goal.x - s->start.x);
    return STATUS_OK;
}
