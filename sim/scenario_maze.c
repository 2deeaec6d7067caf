/* A maze of corridors from the seed: depth-first carving gives exactly one way between any two cells; then some of
 * the walls that are left are taken away, which makes loops. Walls along one line become one box. */
#include <stdio.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

enum { CELLS_MAX = 10000 };
static const double SPARE_M = 0.1; /* on both sides of the robot together */

struct maze {
    int columns, rows;
    double x0_m, y0_m, pitch_x_m, pitch_y_m; /* middle of the lower left corner's post; between walls' middles */
    bool *right, *above; /* of each cell: is there a wall? */
};

static size_t cell_index(const struct maze *maze, int x, int y)
{
    return (size_t)y * (size_t)maze->columns + (size_t)x;
}

static const struct step {
    int dx, dy;
} steps[4] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};

/* The wall between a cell and its neighbour. */
static bool *wall_between(struct maze *maze, int x, int y, struct step step)
{
    if (step.dx)
        return &maze->right[cell_index(maze, step.dx > 0 ? x : x - 1, y)];
    return &maze->above[cell_index(maze, x, step.dy > 0 ? y : y - 1)];
}

static bool is_within(const struct maze *maze, int x, int y)
{
    return x >= 0 && y >= 0 && x < maze->columns && y < maze->rows;
}

static void carve(struct maze *maze, struct seed_stream *stream)
{
    size_t cells = (size_t)(maze->columns * maze->rows), depth = 1;
    bool *seen = NEW_ARRAY(cells, bool);
    size_t *stack = NEW_ARRAY(cells, size_t);
    seen[0] = true;
    while (depth) {
        int x = (int)(stack[depth - 1] % (size_t)maze->columns), y = (int)(stack[depth - 1] / (size_t)maze->columns);
        struct step open[4];
        size_t count = 0;
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            if (is_within(maze, x + steps[i].dx, y + steps[i].dy) &&
                !seen[cell_index(maze, x + steps[i].dx, y + steps[i].dy)])
                open[count++] = steps[i];
        if (!count) {
            depth--;
            continue;
        }
        struct step step = open[seed_below(stream, count)];
        *wall_between(maze, x, y, step) = false;
        stack[depth] = cell_index(maze, x + step.dx, y + step.dy);
        seen[stack[depth++]] = true;
    }
    free(stack);
    free(seen);
}

/* Not of the outer walls, which the last column and row keep. */
static void loosen(struct maze *maze, struct seed_stream *stream, double share)
{
    for (int y = 0; y < maze->rows; y++)
        for (int x = 0; x < maze->columns; x++) {
            bool right = seed_uniform(stream) < share, above = seed_uniform(stream) < share;
            if (right && x + 1 < maze->columns)
                maze->right[cell_index(maze, x, y)] = false;
            if (above && y + 1 < maze->rows)
                maze->above[cell_index(maze, x, y)] = false;
        }
}

static enum status box_add(struct scenario *s, struct vec2 from, struct vec2 to, size_t *number, struct error *err)
{
    char name[32];
    snprintf(name, sizeof name, "maze wall %zu", ++*number);
    struct solid *solid = scenario_add_solid(s, name);
    if (!solid)
        return scenario_refuse(s, "maze", err, "the maze needs more than %d solids; widen its corridors",
                               SCENARIO_SOLIDS_MAX);
    double half = s->maze.wall_m / 2, height = s->maze.height_m;
    solid->shape = (struct shape){.kind = SHAPE_BOX,
                                  .half_m = {(to.x - from.x) / 2 + half, (to.y - from.y) / 2 + half, height / 2}};
    solid->pose.position = (struct vec3){(from.x + to.x) / 2, (from.y + to.y) / 2, height / 2};
    solid->material = material_find("plaster");
    return STATUS_OK;
}

static struct vec2 post(const struct maze *maze, int x, int y)
{
    return (struct vec2){maze->x0_m + x * maze->pitch_x_m, maze->y0_m + y * maze->pitch_y_m};
}

/* Is there a wall along line `line` (counted from the lower or left side) beside the n-th cell of it? */
static bool wall_on_line(const struct maze *maze, bool upright, int line, int n)
{
    if (line == 0)
        return true;
    return upright ? maze->right[cell_index(maze, line - 1, n)] : maze->above[cell_index(maze, n, line - 1)];
}

static enum status lines_build(struct scenario *s, const struct maze *maze, bool upright, size_t *number,
                               struct error *err)
{
    int lines = upright ? maze->columns : maze->rows, length = upright ? maze->rows : maze->columns;
    enum status status = STATUS_OK;
    for (int line = 0; line <= lines; line++)
        for (int n = 0, end; n < length && !status; n = end + 1) {
            for (end = n; end < length && wall_on_line(maze, upright, line, end);)
                end++;
            if (end > n)
                status = upright ? box_add(s, post(maze, line, n), post(maze, line, end), number, err)
                                 : box_add(s, post(maze, n, line), post(maze, end, line), number, err);
        }
    return status;
}

/* To the middle of the cell that it is in; a place outside stays. */
static struct vec2 cell_middle(const struct maze *maze, struct vec2 p)
{
    int x = (int)floor((p.x - maze->x0_m) / maze->pitch_x_m), y = (int)floor((p.y - maze->y0_m) / maze->pitch_y_m);
    if (!is_within(maze, x, y))
        return p;
    return (struct vec2){maze->x0_m + (x + 0.5) * maze->pitch_x_m, maze->y0_m + (y + 0.5) * maze->pitch_y_m};
}

static enum status maze_lay_out(const struct scenario *s, struct maze *maze, struct error *err)
{
    const struct maze_config *config = &s->maze;
    double width = config->x1_m - config->x0_m - config->wall_m, height = config->y1_m - config->y0_m - config->wall_m;
    double columns = floor(width / (config->corridor_m + config->wall_m));
    double rows = floor(height / (config->corridor_m + config->wall_m));
    if (!(columns >= 1 && rows >= 1 && columns * rows >= 2 && columns * rows <= CELLS_MAX))
        return scenario_refuse(s, "maze.corridor_m maze", err,
                               "the maze from (%g, %g) to (%g, %g) must hold 2 to %d cells of "
                               "corridor_m %g",
                               config->x0_m, config->y0_m, config->x1_m, config->y1_m, CELLS_MAX, config->corridor_m);
    if (config->corridor_m < s->robot.width_m + SPARE_M)
        return scenario_refuse(s, "maze.corridor_m maze.difficulty maze", err,
                               "maze.corridor_m %g is too narrow for a robot %g m "
                               "wide; at least %g",
                               config->corridor_m, s->robot.width_m, s->robot.width_m + SPARE_M);
    *maze = (struct maze){.columns = (int)columns, .rows = (int)rows, .x0_m = config->x0_m + config->wall_m / 2,
                          .y0_m = config->y0_m + config->wall_m / 2, .pitch_x_m = width / columns,
                          .pitch_y_m = height / rows}; /* what is over widens the corridors */
    return STATUS_OK;
}

enum status scenario_maze(struct scenario *s, uint64_t seed, struct error *err)
{
    struct maze maze = {0};
    struct maze_config *config = &s->maze;
    if (config->difficulty >= 0) {
        config->corridor_m = 1.6 - 0.7 * config->difficulty;
        config->loops = 0.5 * (1 - config->difficulty);
    }
    enum status status = maze_lay_out(s, &maze, err);
    if (status)
        return status;
    size_t cells = (size_t)(maze.columns * maze.rows), number = 0;
    maze.right = NEW_ARRAY(cells, bool);
    maze.above = NEW_ARRAY(cells, bool);
    for (size_t i = 0; i < cells; i++)
        maze.right[i] = maze.above[i] = true;
    struct seed_stream carving = seed_stream_named(seed, "maze"), loops = seed_stream_named(seed, "maze.loops");
    carve(&maze, &carving);
    loosen(&maze, &loops, config->loops);
    status = lines_build(s, &maze, false, &number, err);
    if (!status)
        status = lines_build(s, &maze, true, &number, err);
    struct vec2 start = cell_middle(&maze, (struct vec2){s->start.x, s->start.y});
    s->start.x = start.x;
    s->start.y = start.y;
    s->goal = cell_middle(&maze, s->goal);
    free(maze.right);
    free(maze.above);
    return status;
}
