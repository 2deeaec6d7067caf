#include "perception/mapper_inside.h"

enum { GAP_MAX = 2 }; /* holes in a column of floor that are taken for floor */
#define THING_M 0.1   /* obstacle pixels of one column so close in distance are one thing */

/* What one column of the depth image shows, from the bottom up. */
struct column_view {
    bool has_floor, has_obstacle;
    struct vec2 floor_near, floor_far; /* floor without more than a few holes between */
    struct vec2 obstacle;              /* the nearest */
    double obstacle_m, top_m;          /* how far away, how high it was seen */
};

static struct column_view look_along(const struct camera *camera, struct vec2 eye,
                                     const struct camera_cloud *cloud, int column)
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
        double away = vec2_distance(p, eye), top_m = (double)cloud->z_m[i];
        if (!view.has_obstacle || away < view.obstacle_m - THING_M)
            view.top_m = top_m;
        else if (away < view.obstacle_m + THING_M)
            view.top_m = fmax(view.top_m, top_m);
        if (!view.has_obstacle || away < view.obstacle_m) {
            view.has_obstacle = true;
            view.obstacle_m = away;
            view.obstacle = p;
        }
    }
    return view;
}

/* The highest that was seen of what stands in a cell, as long as depth holds that something does. */
static void tell_height(struct mapper *mapper, size_t i, double top_m, bool first)
{
    uint8_t cm = (uint8_t)lround(clamp(100 * top_m, 1, UINT8_MAX));
    if (!first && cm <= mapper->height_cm[i])
        return;
    mapper->height_cm[i] = cm;
    mapper_record(mapper, i, MAPPER_CHANGED_HEIGHT, cm);
}

static void mark_thing(struct mapper *mapper, struct vec2 at, double top_m)
{
    if (!mapper_holds(&mapper->grid, at))
        return;
    size_t i = grid_index(&mapper->grid, grid_cell(&mapper->grid, at));
    tell_height(mapper, i, top_m, mapper->evidence[MAP_DEPTH][i] <= 0);
    mapper_mark(mapper, MAP_DEPTH, at);
}

static void clear_floor(struct mapper *mapper, struct vec2 from, struct vec2 to)
{
    struct mapper_walk walk;
    uint16_t stamp = mapper_stamp(mapper);
    int miss = mapper_weighted(mapper, MAP_DEPTH, mapper_senses[MAP_DEPTH].miss);
    if (!mapper_walk_start(&mapper->grid, from, to, &walk))
        return;
    for (size_t i; mapper_walk_next(&mapper->grid, &walk, &i);) {
        mapper->free_tick[MAP_DEPTH][i] = stamp;
        if (mapper->evidence[MAP_DEPTH][i] != MAPPER_FREE)
            mapper_weigh(mapper, MAP_DEPTH, i, miss);
    }
}

size_t mapper_depth(struct mapper *mapper, struct pose2 pose, const struct camera *camera, struct vec2 eye,
                    const struct camera_cloud *cloud, struct vec2 *nearest)
{
    double tops_m[CAMERA_COLUMNS_MAX];
    size_t count = 0;
    ASSERT(camera->width <= CAMERA_COLUMNS_MAX);
    for (int column = 0; column < camera->width; column++) {
        struct column_view view = look_along(camera, eye, cloud, column);
        double far = vec2_distance(eye, view.floor_far);
        double stop = view.has_obstacle ? fmin(far, view.obstacle_m - 1.5 * mapper->grid.resolution_m) : far;
        struct vec2 end = mapper_towards(eye, view.floor_far, stop, far);
        if (view.has_floor && stop > vec2_distance(eye, view.floor_near))
            clear_floor(mapper, pose2_apply(pose, view.floor_near), pose2_apply(pose, end));
        if (view.has_obstacle) {
            tops_m[count] = view.top_m;
            nearest[count++] = view.obstacle;
        }
    }
    for (size_t n = 0; n < count; n++)
        mark_thing(mapper, pose2_apply(pose, nearest[n]), tops_m[n]);
    return count;
}
