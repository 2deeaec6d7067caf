#include <stdio.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

enum { DRAWS_MAX = 64, LATTICE_MAX = 4000000 };
static const double KEEP_FREE_M = 1.0; /* round start and goal */

struct field_of_pillars {
    int columns, rows;
    bool *filled;
};

static int neighbours(const struct field_of_pillars *field, int x, int y)
{
    int count = 0;
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = x - 1; u <= x + 1; u++)
            if ((u != x || v != y) && u >= 0 && v >= 0 && u < field->columns && v < field->rows)
                count += field->filled[v * field->columns + u];
    return count;
}

/* One round of the automaton: lone pillars go, gaps within a clump close, everything else stays. */
static void smooth(struct field_of_pillars *field)
{
    bool *next = NEW_ARRAY((size_t)(field->columns * field->rows), bool);
    for (int y = 0; y < field->rows; y++)
        for (int x = 0; x < field->columns; x++) {
            int count = neighbours(field, x, y), i = y * field->columns + x;
            next[i] = count >= 5 || (count >= 2 && field->filled[i]);
        }
    free(field->filled);
    field->filled = next;
}

static struct vec2 lattice_point(const struct clutter_config *clutter, int x, int y)
{
    return (struct vec2){clutter->x0_m + clutter->radius_m + x * clutter->pitch_m,
                         clutter->y0_m + clutter->radius_m + y * clutter->pitch_m};
}

static void draw(const struct scenario *scenario, struct field_of_pillars *field, uint64_t seed, int number)
{
    const struct clutter_config *clutter = &scenario->clutter;
    char name[32];
    snprintf(name, sizeof name, "clutter.%d", number);
    struct seed_stream stream = seed_stream_named(seed, name);
    for (int i = 0; i < field->columns * field->rows; i++)
        field->filled[i] = seed_uniform(&stream) < clutter->fill;
    for (int i = 0; i < clutter->smoothing; i++)
        smooth(field);
    struct vec2 start = {scenario->start.x, scenario->start.y};
    for (int y = 0; y < field->rows; y++)
        for (int x = 0; x < field->columns; x++) {
            struct vec2 p = lattice_point(clutter, x, y);
            if (vec2_distance(p, start) < KEEP_FREE_M || vec2_distance(p, scenario->goal) < KEEP_FREE_M)
                field->filled[y * field->columns + x] = false;
        }
}

static enum status build(struct scenario *scenario, const struct field_of_pillars *field, struct error *err)
{
    const struct clutter_config *clutter = &scenario->clutter;
    size_t count = 0;
    for (int y = 0; y < field->rows; y++)
        for (int x = 0; x < field->columns; x++) {
            if (!field->filled[y * field->columns + x])
                continue;
            char name[32];
            snprintf(name, sizeof name, "pillar %zu", ++count);
            struct solid *solid = scenario_add_solid(scenario, name);
            if (!solid)
                return scenario_refuse(scenario, "clutter", err,
                                       "clutter needs more than %d solids; make the field or its "
                                       "fill smaller",
                                       SCENARIO_SOLIDS_MAX);
            struct vec2 p = lattice_point(clutter, x, y);
            solid->shape = (struct shape){.kind = SHAPE_CYLINDER, .radius_m = clutter->radius_m,
                                          .height_m = clutter->height_m};
            solid->pose.position = (struct vec3){p.x, p.y, clutter->height_m / 2};
            solid->material = material_find("wood");
        }
    return STATUS_OK;
}

struct ways {
    bool wide, straight; /* is there one as wide as promised; does the robot pass in a straight line */
};

static struct ways find_ways(const struct scenario *scenario)
{
    double radius = scenario->clutter.passage_m / 2, half_width = scenario->robot.width_m / 2;
    struct vec2 start = {scenario->start.x, scenario->start.y};
    struct route *route = scenario_route_create(scenario, fmax(radius, half_width));
    struct ways ways = {.wide = scenario_route_length_m(route, start, scenario->goal, radius) >= 0,
                        .straight = scenario_route_straight(route, start, scenario->goal, half_width)};
    scenario_route_destroy(&route);
    return ways;
}

enum status scenario_clutter(struct scenario *scenario, uint64_t seed, struct error *err)
{
    struct clutter_config *clutter = &scenario->clutter;
    if (clutter->difficulty >= 0) {
        clutter->fill = 0.14 + 0.1 * clutter->difficulty;
        clutter->passage_m = 1.2 - 0.55 * clutter->difficulty;
    }
    double columns = floor((clutter->x1_m - clutter->x0_m - 2 * clutter->radius_m) / clutter->pitch_m) + 1;
    double rows = floor((clutter->y1_m - clutter->y0_m - 2 * clutter->radius_m) / clutter->pitch_m) + 1;
    if (!(columns >= 1 && rows >= 1 && columns * rows <= LATTICE_MAX))
        return scenario_refuse(scenario, "clutter", err,
                               "the clutter field from (%g, %g) to (%g, %g) must hold 1 to %d "
                               "lattice points of pitch_m %g",
                               clutter->x0_m, clutter->y0_m, clutter->x1_m, clutter->y1_m, LATTICE_MAX,
                               clutter->pitch_m);
    if (!find_ways(scenario).wide)
        return scenario_refuse(scenario, "clutter.passage_m clutter", err, "even without clutter there is no way of "
                               "clutter.passage_m %g from start to goal", clutter->passage_m);
    struct field_of_pillars field = {.columns = (int)columns, .rows = (int)rows};
    field.filled = NEW_ARRAY((size_t)(field.columns * field.rows), bool);
    size_t before = scenario->solid_count;
    enum status status = STATUS_OK;
    bool kept = false; /* a field that nobody has to steer through would test nothing */
    for (int number = 0; number < DRAWS_MAX && !kept && !status; number++) {
        scenario->solid_count = before;
        draw(scenario, &field, seed, number);
        status = build(scenario, &field, err);
        struct ways ways = find_ways(scenario);
        kept = !status && ways.wide && !ways.straight;
    }
    free(field.filled);
    if (status || kept)
        return status;
    return scenario_refuse(
        scenario, "clutter.fill clutter.passage_m clutter", err,
        "none of %d draws of the clutter left "
        "a way of passage_m %g that is not a straight line; change clutter.fill or clutter.passage_m",
        DRAWS_MAX, clutter->passage_m);
}
