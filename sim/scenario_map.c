#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/material.h"
#include "sim/scenario_internal.h"

enum { CELLS_MAX = 4000000 }; /* 100 m x 100 m at 0.05 m */

static const struct field map_fields[] = {
    ROW_TEXT(map_description, image, true, "a PNG or PGM beside this file"),
    ROW_TEXT(map_description, mode, false, "trinary"),
    ROW_NUMBER(map_description, resolution, 0.005, 1, "m", true, "side of a cell"),
    ROW_NUMBERS(map_description, origin, 3, 3, -1000, 1000, true, "x, y, yaw of the lower left corner; yaw 0"),
    ROW_NUMBER(map_description, negate, 0, 1, "", true, "1: white is occupied"),
    ROW_NUMBER(map_description, occupied_thresh, 0, 1, "", true, "darker than this is occupied"),
    ROW_NUMBER(map_description, free_thresh, 0, 1, "", true, "lighter than this is free"),
};

enum status scenario_map_describe(const struct scenario_file *yaml, struct map_description *map, struct error *err)
{
    *map = (struct map_description){.mode = "trinary"};
    struct arena arena = {0};
    unsigned seen;
    const struct scenario_node *root = scenario_yaml_parse(&arena, yaml->name, yaml->data, yaml->size, err);
    enum status status = STATUS_BAD_INPUT;
    if (root)
        status = scenario_field_read_all(map_fields, COUNT_OF(map_fields), root, "the map", map, &seen, err);
    if (!status && strcmp(map->mode, "trinary"))
        status = scenario_yaml_refuse(scenario_yaml_find(root, "mode"), err,
                                      "mode '%s' is not supported; write trinary", map->mode);
    if (!status && map->origin[2] != 0)
        status = scenario_yaml_refuse(scenario_yaml_find(root, "origin"), err,
                                      "origin has a yaw of %g rad; turned maps are not supported, write 0",
                                      map->origin[2]);
    if (!status && map->free_thresh >= map->occupied_thresh)
        status = scenario_yaml_refuse(scenario_yaml_find(root, "free_thresh"), err,
                                      "free_thresh %g must be below occupied_thresh %g", map->free_thresh,
                                      map->occupied_thresh);
    arena_clear(&arena);
    return status;
}

/* map_server's trinary rule: darkness over one threshold, under the other, or in between. */
static int8_t cell_value(const struct map_description *map, uint8_t grey)
{
    double occupied = (map->negate != 0 ? grey : 255 - grey) / 255.0;
    return occupied > map->occupied_thresh ? 100 : occupied < map->free_thresh ? 0 : OCCUPANCY_UNKNOWN;
}

enum status scenario_map_size(struct scenario *scenario, const char *file, int width, int height, struct error *err)
{
    ASSERT(width > 0 && height > 0 && !scenario->map_cells);
    if ((int64_t)width * height > CELLS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: a map of %d x %d cells is too large, at most %d cells in all; "
                         "use a coarser resolution", file, width, height, CELLS_MAX);
    scenario->map.width = width;
    scenario->map.height = height;
    scenario->map_cells = NEW_ARRAY(grid_size(&scenario->map), int8_t);
    return STATUS_OK;
}

enum status scenario_map_decode(struct scenario *scenario, const struct map_description *map,
                                const struct scenario_file *file, struct error *err)
{
    struct image image = {0};
    enum status status = scenario_is_pgm(file) ? scenario_pgm_decode(file, &image, err)
                                               : png_decode(file->data, file->size, file->name, 1, &image, err);
    if (status)
        return status;
    struct grid *grid = &scenario->map;
    *grid = (struct grid){.resolution_m = map->resolution, .origin = {map->origin[0], map->origin[1]}};
    status = scenario_map_size(scenario, file->name, image.width, image.height, err);
    for (int y = 0; y < grid->height && !status; y++)
        for (int x = 0; x < grid->width; x++) { /* the image's top row has the highest y */
            size_t pixel = grid_index(grid, (struct cell){x, grid->height - 1 - y});
            scenario->map_cells[grid_index(grid, (struct cell){x, y})] = cell_value(map, image.pixels[pixel]);
        }
    image_clear(&image);
    return status;
}

enum status scenario_map_finish(struct scenario *scenario, const struct scenario_file *yaml, struct error *err)
{
    struct scenario_file *image;
    struct map_description map;
    enum status status = scenario_map_describe(yaml, &map, err);
    if (status)
        return status;
    status = scenario_take_file(scenario, map.image, &image, err);
    if (!status)
        status = scenario_map_decode(scenario, &map, image, err);
    return status ? scenario_refuse_file(yaml, "image", err) : STATUS_OK;
}

enum status scenario_map_take(struct scenario *scenario, const char *name, struct error *err)
{
    struct scenario_file *yaml;
    enum status status = scenario_take_file(scenario, name, &yaml, err);
    return status ? status : scenario_map_finish(scenario, yaml, err);
}

/* Whether cells x0..x1-1 of row y are all walls that no box covers yet. */
static bool run_is_wall(const struct scenario *scenario, const bool *taken, int x0, int x1, int y)
{
    for (int x = x0; x < x1; x++) {
        size_t i = grid_index(&scenario->map, (struct cell){x, y});
        if (scenario->map_cells[i] < 50 || taken[i])
            return false;
    }
    return true;
}

static enum status wall_add(struct scenario *scenario, struct cell low, struct cell high, size_t number,
                            struct error *err)
{
    char name[32];
    snprintf(name, sizeof name, "wall %zu", number);
    struct solid *solid = scenario_add_solid(scenario, name);
    if (!solid)
        return error_set(err, STATUS_BAD_INPUT, "%s: the walls of the map need more than %d boxes; remove speckles or "
                         "use a coarser resolution", scenario->files[0].name, SCENARIO_SOLIDS_MAX);
    double cell = scenario->map.resolution_m, height = scenario->world.wall_height_m;
    solid->shape = (struct shape){.kind = SHAPE_BOX, .half_m = {(high.x - low.x) * cell / 2,
                                                                (high.y - low.y) * cell / 2, height / 2}};
    solid->pose.position = (struct vec3){scenario->map.origin.x + (low.x + high.x) * cell / 2,
                                         scenario->map.origin.y + (low.y + high.y) * cell / 2, height / 2};
    return STATUS_OK;
}

enum status scenario_map_walls(struct scenario *scenario, struct error *err)
{
    const struct grid *grid = &scenario->map;
    if (!grid->width)
        return STATUS_OK;
    bool *taken = NEW_ARRAY(grid_size(grid), bool);
    enum status status = STATUS_OK;
    size_t count = 0;
    /* Greedy: the longest run to the right, then as many rows up as hold the whole run. */
    for (int y = 0; y < grid->height && !status; y++)
        for (int x = 0; x < grid->width && !status; x++) {
            struct cell high = {x, y};
            while (high.x < grid->width && run_is_wall(scenario, taken, high.x, high.x + 1, y))
                high.x++;
            if (high.x == x)
                continue;
            while (high.y < grid->height && run_is_wall(scenario, taken, x, high.x, high.y))
                memset(taken + grid_index(grid, (struct cell){x, high.y++}), true, (size_t)(high.x - x));
            status = wall_add(scenario, (struct cell){x, y}, high, ++count, err);
        }
    free(taken);
    return status;
}
