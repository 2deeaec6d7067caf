#include "perception/mapper_inside.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"

enum {
    WALL = 100,        /* evidence of the given map's walls */
    WALL_MISS = -2,    /* 4 s of looking through it */
    PAINT_TAGS = 255,
};
#define SEGMENT_MAX_M 1.0 /* paint is not drawn on over more */

static int8_t occupancy_of(int evidence)
{
    if (evidence == MAPPER_NONE)
        return OCCUPANCY_UNKNOWN;
    return (int8_t)(evidence < 0 ? 50 - evidence * 50 / MAPPER_FREE : 50 + evidence / 2);
}

static void refresh(struct mapper *mapper, size_t i)
{
    int8_t lidar = mapper->evidence[MAP_LIDAR][i], depth = mapper->evidence[MAP_DEPTH][i],
           sonar = mapper->evidence[MAP_SONAR][i], evidence = lidar > depth ? lidar : depth;
    mapper->occupancy[i] = occupancy_of(sonar > evidence ? sonar : evidence);
    uint8_t blocked = mapper->occupancy[i] >= MAPPER_OCCUPIED || mapper->keepout[i];
    if (blocked != mapper->blocked[i]) {
        mapper->blocked[i] = blocked;
        size_t width = (size_t)mapper->grid.width;
        distance_window_add(&mapper->changed, (int)(i % width), (int)(i / width));
    }
}

void mapper_weigh(struct mapper *mapper, enum map_source source, size_t i, int change)
{
    int8_t *layer = mapper->evidence[source];
    int full = mapper_senses[source].full, old = layer[i], now = (old == MAPPER_NONE ? 0 : old) + change;
    now = now < MAPPER_FREE ? MAPPER_FREE : now;
    if (now > full)
        now = old > full && change > 0 ? old : now < old ? now : full;
    if (now == old)
        return;
    layer[i] = (int8_t)now;
    mapper_record(mapper, i, source, now);
    refresh(mapper, i);
}

/* Map cells into grid cells: a free one by the grid cell's centre, a wall wherever it touches, so that no thin
 * wall is lost. */
static void read_map(struct mapper *mapper, const struct static_map *map)
{
    const struct grid *grid = &mapper->grid;
    for (int y = 0; y < grid->height; y++) {
        for (int x = 0; x < grid->width; x++) {
            struct cell c = grid_cell(&map->grid, grid_centre(grid, (struct cell){x, y}));
            if (grid_holds(&map->grid, c) && map->cells[grid_index(&map->grid, c)] >= 0)
                mapper->given[grid_index(grid, (struct cell){x, y})] = MAPPER_GIVEN_FREE;
        }
    }
    for (int y = 0; y < map->grid.height; y++) {
        for (int x = 0; x < map->grid.width; x++) {
            if (map->cells[grid_index(&map->grid, (struct cell){x, y})] < MAPPER_OCCUPIED)
                continue;
            struct vec2 centre = grid_centre(&map->grid, (struct cell){x, y});
            double half = 0.499 * map->grid.resolution_m;
            struct cell low = grid_cell(grid, (struct vec2){centre.x - half, centre.y - half});
            struct cell high = grid_cell(grid, (struct vec2){centre.x + half, centre.y + half});
            for (int row = low.y; row <= high.y; row++) {
                for (int column = low.x; column <= high.x; column++) {
                    struct cell c = {column, row};
                    if (grid_holds(grid, c))
                        mapper->given[grid_index(grid, c)] = MAPPER_GIVEN_WALL;
                }
            }
        }
    }
}

void mapper_init(struct mapper *mapper, const struct grid *grid, const struct static_map *map)
{
    size_t cells = grid_size(grid);
    *mapper = (struct mapper){.grid = *grid, .tick_s = 0.05, .history = HASH_START};
    for (enum map_source s = 0; s < MAP_SOURCE_COUNT; s++)
        mapper->weight[s] = 1;
    for (enum map_source s = MAP_LIDAR; s < MAP_SOURCE_COUNT; s++)
        mapper->hit_tick[s] = NEW_ARRAY(cells, uint16_t);
    for (enum map_source s = MAP_LIDAR; s <= MAP_DEPTH; s++)
        mapper->free_tick[s] = NEW_ARRAY(cells, uint16_t);
    for (enum map_source s = MAP_LIDAR; s <= MAP_SONAR; s++)
        mapper->evidence[s] = NEW_ARRAY(cells, int8_t);
    uint8_t **bytes[] = {&mapper->given, &mapper->paint, &mapper->keepout, &mapper->blocked,
                         &mapper->height_cm, &mapper->moving};
    for (size_t i = 0; i < COUNT_OF(bytes); i++)
        *bytes[i] = NEW_ARRAY(cells, uint8_t);
    mapper->occupancy = NEW_ARRAY(cells, int8_t);
    mapper_restart(mapper, map);
}

void mapper_restart(struct mapper *mapper, const struct static_map *map)
{
    static const int8_t given[] = {[MAPPER_GIVEN_NOTHING] = MAPPER_NONE, [MAPPER_GIVEN_FREE] = MAPPER_FREE,
                                   [MAPPER_GIVEN_WALL] = WALL};
    const struct grid *grid = &mapper->grid;
    size_t cells = grid_size(grid);
    uint8_t *bytes[] = {mapper->given, mapper->paint, mapper->keepout, mapper->height_cm, mapper->moving};
    for (enum map_source s = MAP_LIDAR; s < MAP_SOURCE_COUNT; s++)
        memset(mapper->hit_tick[s], 0, cells * sizeof *mapper->hit_tick[s]);
    for (enum map_source s = MAP_LIDAR; s <= MAP_DEPTH; s++)
        memset(mapper->free_tick[s], 0, cells * sizeof *mapper->free_tick[s]);
    for (enum map_source s = MAP_LIDAR; s <= MAP_SONAR; s++)
        memset(mapper->evidence[s], MAPPER_NONE, cells);
    for (size_t i = 0; i < COUNT_OF(bytes); i++)
        memset(bytes[i], 0, cells);
    if (map)
        read_map(mapper, map);
    for (size_t i = 0; i < cells; i++) {
        mapper->evidence[MAP_LIDAR][i] = given[mapper->given[i]];
        refresh(mapper, i);
    }
    mapper->changed = (struct distance_window){0, 0, grid->width, grid->height};
    mapper->history = hash_bytes(mapper->history, mapper->evidence[MAP_LIDAR], cells);
}

void mapper_clear(struct mapper *mapper)
{
    void *layers[] = {mapper->given, mapper->paint, mapper->keepout, mapper->blocked, mapper->height_cm,
                      mapper->moving, mapper->occupancy};
    for (size_t i = 0; i < COUNT_OF(layers); i++)
        free(layers[i]);
    for (int s = 0; s < MAP_SOURCE_COUNT; s++) {
        free(mapper->evidence[s]);
        free(mapper->hit_tick[s]);
        free(mapper->free_tick[s]);
    }
    *mapper = (struct mapper){0};
}

static bool is_movers(const struct mapper *mapper, struct vec2 at)
{
    for (size_t i = 0; i < mapper->mover_count; i++)
        if (vec2_distance(at, mapper->movers[i].at) <= mapper->movers[i].reach_m)
            return true;
    return false;
}

/* A layer's marks in a cell are a mover's as long as all of them are: what stood there before, or is hit
 * when nobody is near, stands. */
static void tell_whose(struct mapper *mapper, enum map_source source, size_t i, bool movers)
{
    uint8_t bit = (uint8_t)(1u << source), was = mapper->moving[i];
    bool first = mapper->evidence[source][i] <= 0;
    uint8_t now = movers && (first || was & bit) ? was | bit : was & (uint8_t)~bit;
    if (now != was)
        mapper_record(mapper, i, MAPPER_CHANGED_MOVING, now);
    mapper->moving[i] = now;
}

void mapper_mark(struct mapper *mapper, enum map_source source, struct vec2 at)
{
    const struct grid *grid = &mapper->grid;
    if (!mapper_holds(grid, at))
        return;
    size_t i = grid_index(grid, grid_cell(grid, at));
    mapper->hit_tick[source][i] = mapper_stamp(mapper);
    tell_whose(mapper, source, i, is_movers(mapper, at));
    mapper_weigh(mapper, source, i, mapper_weighted(mapper, source, mapper_senses[source].hit));
}

static void clear_beam(struct mapper *mapper, struct vec2 from, struct vec2 to, bool hit)
{
    const struct grid *grid = &mapper->grid;
    double length = vec2_distance(from, to), stop = hit ? length - 1.5 * grid->resolution_m : length;
    struct mapper_walk walk;
    if (!(stop > 0) ||
        !mapper_walk_start(grid, from, mapper_towards(from, to, fmin(stop, MAPPER_REACH_M), length), &walk))
        return;
    uint16_t stamp = mapper_stamp(mapper), *free_tick = mapper->free_tick[MAP_LIDAR];
    const int8_t *lidar = mapper->evidence[MAP_LIDAR];
    int miss = mapper_weighted(mapper, MAP_LIDAR, mapper_senses[MAP_LIDAR].miss);
    int wall_miss = mapper_weighted(mapper, MAP_LIDAR, WALL_MISS);
    for (size_t i; mapper_walk_next(grid, &walk, &i);) {
        free_tick[i] = stamp;
        if (lidar[i] != MAPPER_FREE)
            mapper_weigh(mapper, MAP_LIDAR, i, mapper->given[i] == MAPPER_GIVEN_WALL ? wall_miss : miss);
    }
}

void mapper_scan(struct mapper *mapper, struct pose2 pose, struct vec2 lidar, const struct mapper_beam *beams,
                 size_t count)
{
    struct vec2 from = pose2_apply(pose, lidar);
    double c = cos(pose.yaw), s = sin(pose.yaw);
    /* hits after misses: what one beam sees, its neighbour grazing by must not take away */
    for (int hits = 0; hits < 2; hits++) {
        for (size_t i = 0; i < count; i++) {
            struct vec2 p = beams[i].end;
            struct vec2 to = {pose.x + c * p.x - s * p.y, pose.y + s * p.x + c * p.y};
            if (!hits)
                clear_beam(mapper, from, to, beams[i].hit);
            else if (beams[i].hit)
                mapper_mark(mapper, MAP_LIDAR, to);
        }
    }
}

void mapper_sonar_clear(struct mapper *mapper, struct vec2 from, struct vec2 to)
{
    struct mapper_walk walk;
    size_t i;
    if (vec2_distance(from, to) > MAPPER_REACH_M || !mapper_walk_start(&mapper->grid, from, to, &walk))
        return;
    while (mapper_walk_next(&mapper->grid, &walk, &i))
        /* sound is no proof that a cell is free, only that an echo was wrong */
        if (mapper->evidence[MAP_SONAR][i] > 0)
            mapper_weigh(mapper, MAP_SONAR, i, mapper_senses[MAP_SONAR].miss);
}

void mapper_sonar_mark(struct mapper *mapper, struct vec2 at) { mapper_mark(mapper, MAP_SONAR, at); }

void mapper_paint_image(struct mapper *mapper) { mapper->image_tag = (uint8_t)(mapper->image_tag % PAINT_TAGS + 1); }

void mapper_paint(struct mapper *mapper, struct vec2 from, struct vec2 to)
{
    struct mapper_walk walk;
    size_t i;
    if (vec2_distance(from, to) > SEGMENT_MAX_M || !mapper_walk_start(&mapper->grid, from, to, &walk))
        return;
    while (mapper_walk_next(&mapper->grid, &walk, &i)) {
        mapper->hit_tick[MAP_CAMERA][i] = mapper_stamp(mapper);
        if (mapper->keepout[i] || mapper->paint[i] == mapper->image_tag)
            continue;
        mapper->keepout[i] = mapper->paint[i] != 0;
        mapper->paint[i] = mapper->image_tag;
        mapper_record(mapper, i, MAPPER_CHANGED_PAINT, mapper->paint[i]);
        refresh(mapper, i);
    }
}
