/* What one scan and one depth image cost the map, and the clearance that follows from it: CPU time of
 * both together, while a robot drives a circle through a furnished room of 20 x 12 m. */
#include <stdlib.h>

#include "perception/mapper.h"
#include "tests/bench/bench.h"
#include "tests/perception/toy_world.h"

enum { PLACES = 64 };

static const struct grid grid = {0.05, {-10, -6}, 400, 240};
static const struct toy_box boxes[] = {
    {-10, -6, 10, -5.8, 2, 0, 0}, {-10, 5.8, 10, 6, 2, 0, 0},    {-10, -6, -9.8, 6, 2, 0, 0},
    {9.8, -6, 10, 6, 2, 0, 0},    {1, 1, 2.4, 2, 0.74, 0, 0},    {-4, 1.5, -3.2, 3, 0.2, 0, 0},
    {4, -3, 5, -2, 2, 0, 0},      {-3, -4, -2, -3.5, 1, 0, 0},   {-7, -6, -6.8, 2, 2, 0, 0},
    {6, 0, 6.2, 6, 2, 0, 0},      {2.5, -1, 2.53, 1, 2, 1, 0},   {0.2, -3, 0.5, -2.6, 0.4, 0, 0},
};
static const struct toy_world room = {.boxes = boxes, .box_count = COUNT_OF(boxes)};

struct work {
    struct mapper mapper;
    struct camera camera;
    struct camera_cloud cloud;
    struct distance distance;
    float *clearance_m;
    bool with_clearance;
    struct pose2 places[PLACES];
    struct mapper_beam beams[PLACES][TOY_BEAMS];
    float depth[PLACES][TOY_PIXELS];
    size_t at;
};

static void work_init(struct work *work, bool with_clearance)
{
    static uint8_t rgb[TOY_PIXELS * 3];
    struct perception_config config = toy_config((struct pose2){0}, NULL);
    struct seed_stream random = seed_stream_named(1, "bench.mapper");
    work->with_clearance = with_clearance;
    work->camera = (struct camera){.width = TOY_WIDTH, .height = TOY_HEIGHT, .mount = config.camera_in_base,
                                   .focal_px = TOY_WIDTH / 2.0 / tan(TOY_HFOV_RAD / 2), .min_m = 0.1, .max_m = 8};
    mapper_init(&work->mapper, &grid, NULL);
    camera_cloud_init(&work->cloud, &work->camera);
    distance_init(&work->distance, grid.width, grid.height, grid.resolution_m, CLEARANCE_MAX_M);
    work->clearance_m = NEW_ARRAY(grid_size(&grid), float);
    for (int k = 0; k < PLACES; k++) {
        float ranges[TOY_BEAMS];
        double turn = 2 * PI * k / PLACES;
        struct pose2 pose = {2 * sin(turn), -2 * cos(turn), wrap_angle(turn)};
        work->places[k] = pose;
        toy_scan(&room, pose, 0.01, &random, ranges);
        toy_camera(&room, pose, &random, rgb, work->depth[k]);
        for (int i = 0; i < TOY_BEAMS; i++) {
            double angle = -PI + i * 2 * PI / TOY_BEAMS, range = fmin((double)ranges[i], TOY_RANGE_M);
            struct vec2 end = {range * cos(angle), range * sin(angle)};
            work->beams[k][i] = (struct mapper_beam){end, isfinite(ranges[i])};
        }
    }
}

static double update(void *context)
{
    struct work *work = context;
    size_t k = work->at++ % PLACES;
    struct vec2 points[TOY_WIDTH], mount = {0, 0};
    struct camera_view view = camera_view(&work->camera, 0, 0);
    mapper_scan(&work->mapper, work->places[k], mount, work->beams[k], TOY_BEAMS);
    camera_cloud_fill(&work->cloud, &work->camera, &view, (const uint8_t *)work->depth[k],
                      TOY_WIDTH * sizeof(float));
    mapper_depth(&work->mapper, work->places[k], &work->camera, (struct vec2){view.origin.x, view.origin.y},
                 &work->cloud, points);
    mapper_tick(&work->mapper, work->places[k], 0.2);
    mapper_tick(&work->mapper, work->places[k], 0.2);
    if (work->with_clearance)
        distance_update(&work->distance, work->mapper.blocked, work->mapper.changed, work->clearance_m);
    work->mapper.changed = (struct distance_window){0};
    return 1;
}

int main(void)
{
    static struct work map, both;
    work_init(&map, false);
    work_init(&both, true);
    const struct bench_contestant contestants[] = {{update, &map}, {update, &both}};
    struct bench_result result = bench_rounds(contestants, COUNT_OF(contestants), 0.3);
    bench_row("map: 360 beams and a 64 x 48 depth frame", 1e6 / result.per_s[0], "us", 300, false, NULL,
              BENCH_NONE);
    bench_row("... and clearance", 1e6 / result.per_s[1], "us", BENCH_NONE, false, NULL, BENCH_NONE);
    mapper_clear(&map.mapper);
    mapper_clear(&both.mapper);
    camera_cloud_clear(&map.cloud);
    camera_cloud_clear(&both.cloud);
    distance_clear(&map.distance);
    distance_clear(&both.distance);
    free(map.clearance_m);
    free(both.clearance_m);
    return 0;
}
