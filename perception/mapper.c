#include "perception/mapper.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"

/* Evidence: FREE .. 0 .. full; occupied from 30 on (occupancy 65). At 10 Hz someone who steps into view
 * blocks a cell in the second scan and frees it in the fourth after leaving. */
enum {
    NONE = INT8_MIN,
    FREE = -20,
    WALL = 100,        /* the given map */
    LIDAR_HIT = 30, LIDAR_FULL = 60, LIDAR_MISS = -8,
    WALL_MISS = -2,    /* 4 s of looking through it */
    DEPTH_HIT = 25, DEPTH_FULL = 100, DEPTH_MISS = -10,
    SONAR_HIT = 20, SONAR_FULL = 60, SONAR_MISS = -8,
    FADE = -2, FADE_SUSPECT = -20,
    FADE_TICKS = 40,   /* ticks for one round over the grid: 1 evidence point a second */
    PAINT_TAGS = 255,
    SUSPECT_TICKS = 40, /* 2 s: no rule takes longer to notice */
    GAP_MAX = 2,       /* holes in a column of floor that are taken for floor */
};
#define CLEAR_REACH_M 8.0 /* beyond, a beam says little about a cell and costs much */
#define SEGMENT_MAX_M 1.0 /* paint is not drawn on over more */

static int8_t occupancy_of(int evidence)
{
    if (evidence == NONE)
        return OCCUPANCY_UNKNOWN;
    return (int8_t)(evidence < 0 ? 50 - evidence * 50 / FREE : 50 + evidence / 2);
}

static void record(struct mapper *mapper, size_t i, unsigned layer, int value)
{
    mapper->history = (mapper->history ^ (i << 16 | layer << 8 | (uint8_t)value)) * 0x9e3779b97f4a7c15u;
    mapper->history ^= mapper->history >> 32;
}

static void refresh(struct mapper *mapper, size_t i)
{
    int8_t evidence = mapper->lidar[i] > mapper->depth[i] ? mapper->lidar[i] : mapper->depth[i];
    evidence = mapper->sonar[i] > evidence ? mapper->sonar[i] : evidence;
    mapper->occupancy[i] = occupancy_of(evidence);
    uint8_t blocked = mapper->occupancy[i] >= MAPPER_OCCUPIED || mapper->keepout[i];
    if (blocked != mapper->blocked[i]) {
        mapper->blocked[i] = blocked;
        size_t width = (size_t)mapper->grid.width;
        distance_window_add(&mapper->changed, (int)(i % width), (int)(i / width));
    }
}

/* Adds to a cell's evidence, within FREE..full; a hit never lowers what was above full. */
static void weigh(struct mapper *mapper, int8_t *layer, size_t i, int change, int full)
{
    int old = layer[i], now = (old == NONE ? 0 : old) + change;
    now = now < FREE ? FREE : now;
    if (now > full)
        now = old > full && change > 0 ? old : now < old ? now : full;
    if (now == old)
        return;
    layer[i] = (int8_t)now;
    record(mapper, i, layer == mapper->lidar ? 0 : layer == mapper->depth ? 1 : 3, now);
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
                mapper->lidar[grid_index(grid, (struct cell){x, y})] = FREE;
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
                    if (!grid_holds(grid, c))
                        continue;
                    mapper->lidar[grid_index(grid, c)] = WALL;
                    mapper->wall[grid_index(grid, c)] = 1;
                }
            }
        }
    }
}

void mapper_init(struct mapper *mapper, const struct grid *grid, const struct static_map *map)
{
    size_t cells = grid_size(grid);
    *mapper = (struct mapper){.grid = *grid, .history = HASH_START};
    mapper->lidar = NEW_ARRAY(cells, int8_t);
    mapper->depth = NEW_ARRAY(cells, int8_t);
    mapper->sonar = NEW_ARRAY(cells, int8_t);
    mapper->occupancy = NEW_ARRAY(cells, int8_t);
    mapper->wall = NEW_ARRAY(cells, uint8_t);
    for (int layer = 0; layer < MAPPER_LAYERS; layer++)
        mapper->hit_tick[layer] = NEW_ARRAY(cells, uint16_t);
    mapper->paint = NEW_ARRAY(cells, uint8_t);
    mapper->keepout = NEW_ARRAY(cells, uint8_t);
    mapper->blocked = NEW_ARRAY(cells, uint8_t);
    mapper_restart(mapper, map);
}

void mapper_restart(struct mapper *mapper, const struct static_map *map)
{
    const struct grid *grid = &mapper->grid;
    size_t cells = grid_size(grid);
    memset(mapper->lidar, NONE, cells);
    memset(mapper->depth, NONE, cells);
    memset(mapper->sonar, NONE, cells);
    memset(mapper->wall, 0, cells);
    memset(mapper->paint, 0, cells);
    memset(mapper->keepout, 0, cells);
    if (map)
        read_map(mapper, map);
    for (size_t i = 0; i < cells; i++)
        refresh(mapper, i);
    mapper->changed = (struct distance_window){0, 0, grid->width, grid->height};
    mapper->history = hash_bytes(mapper->history, mapper->lidar, cells);
}

void mapper_clear(struct mapper *mapper)
{
    void *layers[] = {mapper->lidar, mapper->depth,   mapper->sonar, mapper->occupancy,
                      mapper->wall,  mapper->keepout, mapper->paint, mapper->blocked,
                      mapper->hit_tick[MAPPER_LIDAR], mapper->hit_tick[MAPPER_DEPTH]};
    for (size_t i = 0; i < COUNT_OF(layers); i++)
        free(layers[i]);
    *mapper = (struct mapper){0};
}

static bool holds_point(const struct grid *grid, struct vec2 p)
{
    double x = p.x - grid->origin.x, y = p.y - grid->origin.y;
    return x >= 0 && y >= 0 && x < grid->width * grid->resolution_m && y < grid->height * grid->resolution_m &&
           grid_holds(grid, grid_cell(grid, p));
}

/* --- walking along a line of cells, in 16.16 fixed point: one cell per step along the longer axis --------- */
struct walk {
    int32_t x, y, step_x, step_y;
    int left; /* steps */
};

/* The ends are at most CLEAR_REACH_M apart; false (nothing to walk) if `from` is outside the grid. */
static bool walk_start(const struct grid *grid, struct vec2 from, struct vec2 to, struct walk *walk)
{
    if (!holds_point(grid, from))
        return false;
    double dx = (to.x - from.x) / grid->resolution_m, dy = (to.y - from.y) / grid->resolution_m;
    int steps = (int)ceil(fmax(fabs(dx), fabs(dy)));
    steps = steps > 0 ? steps : 1;
    *walk = (struct walk){.x = (int32_t)((from.x - grid->origin.x) / grid->resolution_m * 65536),
                          .y = (int32_t)((from.y - grid->origin.y) / grid->resolution_m * 65536),
                          .step_x = (int32_t)(dx / steps * 65536),
                          .step_y = (int32_t)(dy / steps * 65536),
                          .left = steps + 1};
    return true;
}

/* The next cell of the walk; false at its end or where it leaves the grid. */
static inline bool walk_next(const struct grid *grid, struct walk *walk, size_t *index)
{
    int x = walk->x >> 16, y = walk->y >> 16;
    if (walk->left-- <= 0 || x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return false;
    *index = (size_t)y * (size_t)grid->width + (size_t)x;
    walk->x += walk->step_x;
    walk->y += walk->step_y;
    return true;
}

/* --- senses ----------------------------------------------------------------------------------------------- */
static struct vec2 point_towards(struct vec2 from, struct vec2 to, double distance_m, double length_m)
{
    return length_m > 0 ? vec2_add(from, vec2_scale(vec2_sub(to, from), distance_m / length_m)) : from;
}

static void clear_beam(struct mapper *mapper, struct vec2 from, struct vec2 to, bool hit)
{
    const struct grid *grid = &mapper->grid;
    double length = vec2_distance(from, to), stop = hit ? length - 1.5 * grid->resolution_m : length;
    struct walk walk;
    size_t i;
    if (!(stop > 0) || !walk_start(grid, from, point_towards(from, to, fmin(stop, CLEAR_REACH_M), length), &walk))
        return;
    while (walk_next(grid, &walk, &i))
        if (mapper->lidar[i] != FREE)
            weigh(mapper, mapper->lidar, i, mapper->wall[i] ? WALL_MISS : LIDAR_MISS, LIDAR_FULL);
}

static void mark(struct mapper *mapper, int8_t *layer, struct vec2 at, int hit, int full)
{
    const struct grid *grid = &mapper->grid;
    if (!holds_point(grid, at))
        return;
    size_t i = grid_index(grid, grid_cell(grid, at));
    mapper->hit_tick[layer == mapper->depth][i] = (uint16_t)mapper->tick;
    weigh(mapper, layer, i, hit, full);
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
                mark(mapper, mapper->lidar, to, LIDAR_HIT, LIDAR_FULL);
        }
    }
}

/* What one column of the depth image shows, from the bottom up. */
struct column_view {
    bool has_floor, has_obstacle;
    struct vec2 floor_near, floor_far; /* floor without more than a few holes between */
    struct vec2 obstacle;              /* the nearest */
    double obstacle_m;
};

static struct column_view look_along(const struct camera *camera, struct vec2 eye, const struct camera_cloud *cloud,
                                     int column)
{
    struct column_view view = {0};
    int gap = 0; /* pixels since the last floor */
    for (int row = camera->height - 1; row >= 0; row--) {
        size_t i = (size_t)row * (size_t)camera->width + (size_t)column;
        struct vec2 p = {(double)cloud->x_m[i], (double)cloud->y_m[i]};
        if (cloud->kind[i] == CAMERA_FLOOR && gap <= GAP_MAX) {
            view.floor_far = p;
            if (!view.has_floor)
                view.floor_near = p;
            view.has_floor = true;
            gap = 0;
        } else if (view.has_floor) {
            gap += cloud->kind[i] == CAMERA_OBSTACLE ? GAP_MAX + 1 : 1;
        }
        if (cloud->kind[i] != CAMERA_OBSTACLE)
            continue;
        double away = vec2_distance(p, eye);
        if (!view.has_obstacle || away < view.obstacle_m) {
            view.has_obstacle = true;
            view.obstacle_m = away;
            view.obstacle = p;
        }
    }
    return view;
}

size_t mapper_depth(struct mapper *mapper, struct pose2 pose, const struct camera *camera, struct vec2 eye,
                    const struct camera_cloud *cloud, struct vec2 *nearest)
{
    const struct grid *grid = &mapper->grid;
    size_t count = 0, i;
    for (int column = 0; column < camera->width; column++) {
        struct column_view view = look_along(camera, eye, cloud, column);
        double far = vec2_distance(eye, view.floor_far);
        double stop = view.has_obstacle ? fmin(far, view.obstacle_m - 1.5 * grid->resolution_m) : far;
        struct vec2 end = point_towards(eye, view.floor_far, stop, far);
        struct walk walk;
        if (view.has_floor && stop > vec2_distance(eye, view.floor_near) &&
            walk_start(grid, pose2_apply(pose, view.floor_near), pose2_apply(pose, end), &walk))
            while (walk_next(grid, &walk, &i))
                if (mapper->depth[i] != FREE)
                    weigh(mapper, mapper->depth, i, DEPTH_MISS, DEPTH_FULL);
        if (view.has_obstacle)
            nearest[count++] = view.obstacle;
    }
    for (size_t n = 0; n < count; n++)
        mark(mapper, mapper->depth, pose2_apply(pose, nearest[n]), DEPTH_HIT, DEPTH_FULL);
    return count;
}

void mapper_sonar_clear(struct mapper *mapper, struct vec2 from, struct vec2 to)
{
    struct walk walk;
    size_t i;
    if (vec2_distance(from, to) > CLEAR_REACH_M || !walk_start(&mapper->grid, from, to, &walk))
        return;
    while (walk_next(&mapper->grid, &walk, &i))
        if (mapper->sonar[i] > 0) /* sound is no proof that a cell is free, only that an echo was wrong */
            weigh(mapper, mapper->sonar, i, SONAR_MISS, SONAR_FULL);
}

void mapper_sonar_mark(struct mapper *mapper, struct vec2 at)
{
    mark(mapper, mapper->sonar, at, SONAR_HIT, SONAR_FULL);
}

void mapper_paint_image(struct mapper *mapper) { mapper->image_tag = (uint8_t)(mapper->image_tag % PAINT_TAGS + 1); }

void mapper_paint(struct mapper *mapper, struct vec2 from, struct vec2 to)
{
    struct walk walk;
    size_t i;
    if (vec2_distance(from, to) > SEGMENT_MAX_M || !walk_start(&mapper->grid, from, to, &walk))
        return;
    while (walk_next(&mapper->grid, &walk, &i)) {
        if (mapper->keepout[i] || mapper->paint[i] == mapper->image_tag)
            continue;
        mapper->keepout[i] = mapper->paint[i] != 0;
        mapper->paint[i] = mapper->image_tag;
        record(mapper, i, 2, mapper->paint[i]);
        refresh(mapper, i);
    }
}

void mapper_distrust(struct mapper *mapper, enum mapper_layer layer)
{
    ASSERT(layer < MAPPER_LAYERS);
    mapper->suspect_from[layer] = mapper->tick > SUSPECT_TICKS ? mapper->tick - SUSPECT_TICKS : 0;
    mapper->suspect_to[layer] = mapper->tick + 1;
}

/* How fast the layer's mark in that cell fades. */
static int fade_of(const struct mapper *mapper, enum mapper_layer layer, size_t i)
{
    uint16_t age = (uint16_t)(mapper->tick - mapper->hit_tick[layer][i]); /* right for the latest 54 minutes */
    uint64_t marked = mapper->tick - age;
    bool suspect = marked >= mapper->suspect_from[layer] && marked < mapper->suspect_to[layer];
    return suspect ? FADE_SUSPECT : FADE;
}

void mapper_tick(struct mapper *mapper, struct pose2 pose, double radius_m)
{
    mapper->tick++;
    const struct grid *grid = &mapper->grid;
    size_t rows = (size_t)(grid->height + FADE_TICKS - 1) / FADE_TICKS, width = (size_t)grid->width;
    size_t first = (size_t)mapper->fade_row * width, last = first + rows * width;
    for (size_t i = first; i < last && i < grid_size(grid); i++) {
        if (mapper->occupancy[i] <= 50)
            continue;
        if (mapper->lidar[i] > 0 && !mapper->wall[i])
            weigh(mapper, mapper->lidar, i, fade_of(mapper, MAPPER_LIDAR, i), LIDAR_FULL);
        if (mapper->depth[i] > 0)
            weigh(mapper, mapper->depth, i, fade_of(mapper, MAPPER_DEPTH, i), DEPTH_FULL);
        if (mapper->sonar[i] > 0)
            weigh(mapper, mapper->sonar, i, FADE, SONAR_FULL);
    }
    mapper->fade_row = last < grid_size(grid) ? mapper->fade_row + (int)rows : 0;

    for (double dy = -radius_m; dy <= radius_m; dy += grid->resolution_m) {
        for (double dx = -radius_m; dx <= radius_m; dx += grid->resolution_m) {
            struct vec2 p = {pose.x + dx, pose.y + dy};
            if (dx * dx + dy * dy > radius_m * radius_m || !holds_point(grid, p))
                continue;
            size_t i = grid_index(grid, grid_cell(grid, p));
            if (mapper->depth[i] > 0)
                weigh(mapper, mapper->depth, i, DEPTH_MISS, DEPTH_FULL);
            if (mapper->sonar[i] > 0)
                weigh(mapper, mapper->sonar, i, SONAR_MISS, SONAR_FULL);
        }
    }
}
