/* tests/perception/mapper_rig.h - a map with a lidar and a depth camera in the toy world, whose pose is
 * known exactly. */
#ifndef TESTS_PERCEPTION_MAPPER_RIG_H
#define TESTS_PERCEPTION_MAPPER_RIG_H

#include "perception/mapper.h"
#include "toy_world.h"

static const struct grid grid = {0.05, {-5, -5}, 200, 200};
static const struct camera camera = {.width = TOY_WIDTH, .height = TOY_HEIGHT, .min_m = 0.1, .max_m = 8};
static const struct toy_world empty = {0};

struct rig {
    struct mapper mapper;
    struct camera camera;
    struct camera_cloud cloud;
    struct seed_stream random;
    size_t nearest_count;
    struct vec2 nearest[TOY_WIDTH];
};

static inline void rig_init(struct rig *rig, const struct static_map *map)
{
    *rig = (struct rig){.camera = camera, .random = seed_stream_named(9, "mapper")};
    rig->camera.focal_px = TOY_WIDTH / 2.0 / tan(TOY_HFOV_RAD / 2);
    rig->camera.mount = toy_config((struct pose2){0}, NULL).camera_in_base;
    mapper_init(&rig->mapper, &grid, map);
    camera_cloud_init(&rig->cloud, &rig->camera);
}

static inline void rig_clear(struct rig *rig)
{
    mapper_clear(&rig->mapper);
    camera_cloud_clear(&rig->cloud);
}

static inline void see_lidar(struct rig *rig, const struct toy_world *world, struct pose2 pose)
{
    float ranges[TOY_BEAMS];
    struct mapper_beam beams[TOY_BEAMS];
    toy_scan(world, pose, 0.005, &rig->random, ranges);
    for (int i = 0; i < TOY_BEAMS; i++) {
        double angle = -PI + i * 2 * PI / TOY_BEAMS, range = fmin((double)ranges[i], TOY_RANGE_M);
        beams[i] = (struct mapper_beam){{range * cos(angle), range * sin(angle)}, isfinite(ranges[i])};
    }
    mapper_scan(&rig->mapper, pose, (struct vec2){0, 0}, beams, TOY_BEAMS);
}

static inline void see_depth(struct rig *rig, const struct toy_world *world, struct pose2 pose)
{
    static uint8_t rgb[TOY_PIXELS * 3];
    static float depth[TOY_PIXELS];
    toy_camera(world, pose, &rig->random, rgb, depth);
    struct camera_view view = camera_view(&rig->camera, 0, 0);
    camera_cloud_fill(&rig->cloud, &rig->camera, &view, (const uint8_t *)depth, TOY_WIDTH * sizeof(float));
    struct vec2 eye = {view.origin.x, view.origin.y};
    rig->nearest_count = mapper_depth(&rig->mapper, pose, &rig->camera, eye, &rig->cloud, rig->nearest);
}

static inline int8_t at(const struct rig *rig, double x, double y)
{
    return rig->mapper.occupancy[grid_index(&grid, grid_cell(&grid, (struct vec2){x, y}))];
}

/* The greatest occupancy within one cell of a point: surfaces lie on cell borders. */
static inline int8_t near(const struct rig *rig, double x, double y)
{
    int8_t most = OCCUPANCY_UNKNOWN;
    for (int i = 0; i < 9; i++) {
        int8_t value = at(rig, x + (i % 3 - 1) * grid.resolution_m, y + (i / 3 - 1) * grid.resolution_m);
        most = value > most ? value : most;
    }
    return most;
}

#endif
