/* tests/nav/scene.h - a flat world of upright cylinders, a belief made by hand, a robot that does as it is told.
 *
 * Everything here is exact and independent of perception: clearance by brute force, ranges in closed form. */
#ifndef TESTS_NAV_SCENE_H
#define TESTS_NAV_SCENE_H

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "nav/footprint.h"
#include "nav/navigator.h"

enum scene_map {
    SCENE_KNOWN,  /* the grid holds everything */
    SCENE_BLANK,  /* the grid is free and stays so */
    SCENE_MAPPING /* the grid fills with what the lidar meets */
};
enum { SCENE_CYLINDERS = 512, SCENE_BEAMS = 360 };
#define SCENE_RADIUS_M 0.075
#define SCENE_PERIOD_S 0.05

struct scene {
    enum scene_map map;
    struct vec2 cylinders[SCENE_CYLINDERS];
    size_t count;
    struct grid grid;
    int8_t *occupancy;
    uint8_t *keepout;
    float *clearance;
    struct vec2 points[SCENE_BEAMS];
    struct pose2 pose;
    struct twist2 twist;
    struct belief belief;
    struct task task;
};

static struct task scene_task(struct vec2 goal)
{
    return (struct task){.goal = goal, .goal_tolerance_m = 0.3, .length_m = 0.51, .width_m = 0.43, .max_v_mps = 1.5,
                         .min_v_mps = -0.3, .max_w_radps = 2, .max_a_mps2 = 2.5, .max_alpha_radps2 = 5,
                         .period_s = SCENE_PERIOD_S};
}

/* A free map of the given size in metres, lower left corner at the origin. */
static void scene_init(struct scene *scene, double width_m, double height_m, enum scene_map map)
{
    *scene = (struct scene){.map = map};
    scene->grid = (struct grid){0.05, {0, 0}, (int)lround(width_m / 0.05), (int)lround(height_m / 0.05)};
    size_t size = grid_size(&scene->grid);
    scene->occupancy = NEW_ARRAY(size, int8_t);
    scene->keepout = NEW_ARRAY(size, uint8_t);
    scene->clearance = NEW_ARRAY(size, float);
    for (size_t i = 0; i < size; i++)
        scene->clearance[i] = (float)CLEARANCE_MAX_M;
    scene->task = scene_task((struct vec2){width_m - 1, height_m / 2});
    scene->pose = (struct pose2){1, height_m / 2, 0};
}

static void scene_clear(struct scene *scene)
{
    free(scene->occupancy);
    free(scene->keepout);
    free(scene->clearance);
}

/* Marks a cell as blocked and lowers the clearance around it. */
static void scene_block(struct scene *scene, struct cell at, bool keepout)
{
    int r = (int)(CLEARANCE_MAX_M / scene->grid.resolution_m) + 1;
    if (!grid_holds(&scene->grid, at) || scene->clearance[grid_index(&scene->grid, at)] <= 0)
        return;
    if (keepout)
        scene->keepout[grid_index(&scene->grid, at)] = 1;
    else
        scene->occupancy[grid_index(&scene->grid, at)] = 100;
    for (int y = at.y - r; y <= at.y + r; y++)
        for (int x = at.x - r; x <= at.x + r; x++) {
            struct cell c = {x, y};
            if (!grid_holds(&scene->grid, c))
                continue;
            float *clearance = &scene->clearance[grid_index(&scene->grid, c)];
            float d = (float)(scene->grid.resolution_m * sqrt(square(x - at.x) + square(y - at.y)));
            if (d < *clearance)
                *clearance = d;
        }
}

static void scene_add(struct scene *scene, struct vec2 at)
{
    ASSERT(scene->count < SCENE_CYLINDERS);
    scene->cylinders[scene->count++] = at;
    if (scene->map != SCENE_KNOWN)
        return;
    struct cell c = grid_cell(&scene->grid, at);
    for (int y = c.y - 2; y <= c.y + 2; y++)
        for (int x = c.x - 2; x <= c.x + 2; x++)
            if (vec2_distance(grid_centre(&scene->grid, (struct cell){x, y}), at) <= SCENE_RADIUS_M + 0.02)
                scene_block(scene, (struct cell){x, y}, false);
}

static inline void scene_wall(struct scene *scene, struct vec2 from, struct vec2 to)
{
    int pieces = (int)ceil(vec2_distance(from, to) / (1.8 * SCENE_RADIUS_M));
    for (int i = 0; i <= pieces; i++)
        scene_add(scene, vec2_add(from, vec2_scale(vec2_sub(to, from), (double)i / pieces)));
}

/* A lane of 4.5 m between two walls with cylinders in it that keep gap_m from each other, the walls and the ends. */
static inline void scene_clutter(struct scene *scene, uint64_t seed, enum scene_map map, double gap_m)
{
    struct seed_stream stream = seed_stream_named(seed, "test.clutter");
    scene_init(scene, 12, 5, map);
    scene_wall(scene, (struct vec2){0.1, 0.25}, (struct vec2){11.9, 0.25});
    scene_wall(scene, (struct vec2){0.1, 4.75}, (struct vec2){11.9, 4.75});
    size_t walls = scene->count;
    double spacing = gap_m + 2 * SCENE_RADIUS_M;
    for (int i = 0; i < 600; i++) {
        struct vec2 at = {seed_between(&stream, 2.5, 9.5), seed_between(&stream, 0.4, 4.6)};
        bool apart = true;
        for (size_t j = 0; j < scene->count; j++) {
            double d = vec2_distance(at, scene->cylinders[j]);
            apart &= j < walls ? d > spacing || d < 2 * SCENE_RADIUS_M : d > spacing;
        }
        if (apart)
            scene_add(scene, at);
    }
}

/* Surface to footprint; negative when they overlap. */
static inline double scene_gap_m(const struct scene *scene)
{
    struct footprint footprint = footprint_of(&scene->task);
    double least = HUGE_VAL;
    for (size_t i = 0; i < scene->count; i++)
        least = fmin(least, footprint_gap_m(&footprint, pose2_unapply(scene->pose, scene->cylinders[i])) -
                                SCENE_RADIUS_M);
    return least;
}

static inline double scene_range_m(const struct scene *scene, double angle)
{
    double dx = cos(scene->pose.yaw + angle), dy = sin(scene->pose.yaw + angle), best = HUGE_VAL;
    for (size_t i = 0; i < scene->count; i++) {
        double x = scene->cylinders[i].x - scene->pose.x, y = scene->cylinders[i].y - scene->pose.y;
        double along = dx * x + dy * y, inside = square(SCENE_RADIUS_M) - (x * x + y * y - along * along);
        if (along > 0 && inside > 0)
            best = fmin(best, along - sqrt(inside));
    }
    return best;
}

static inline const struct belief *scene_sense(struct scene *scene, int64_t now_ns)
{
    struct belief *belief = &scene->belief;
    size_t count = 0;
    for (int i = 0; i < SCENE_BEAMS; i++) {
        double angle = 2 * PI * i / SCENE_BEAMS, range = scene_range_m(scene, angle);
        if (range > 10)
            continue;
        scene->points[count++] = (struct vec2){range * cos(angle), range * sin(angle)};
        if (scene->map == SCENE_MAPPING)
            scene_block(scene, grid_cell(&scene->grid, pose2_apply(scene->pose, scene->points[count - 1])), false);
    }
    *belief = (struct belief){.stamp_ns = now_ns, .pose = scene->pose, .twist = scene->twist, .localised = true,
                              .grid = scene->grid, .occupancy = scene->occupancy, .keepout = scene->keepout,
                              .clearance_m = scene->clearance, .points = scene->points, .point_count = count};
    for (int i = 0; i < SENSOR_COUNT; i++)
        belief->sensors[i] =
            (struct sensor_health){HEALTH_OK, 10, 10, 0.05, 1, 0, 0, 0, "", "", 1, {.channel = "", .unit = ""}};
    return belief;
}

/* One control period with the drive's own limits; walls do not stop this robot. */
static inline void scene_move(struct scene *scene, struct twist2 command)
{
    scene->twist = footprint_reach(&scene->task, scene->twist, command);
    scene->pose = pose2_compose(scene->pose, footprint_arc(scene->twist, SCENE_PERIOD_S));
}

struct scene_drive {
    bool reached, collided;
    double least_gap_m, path_m, hit_mps; /* hit_mps: speed at the first touch */
    int ticks, shielded, flips;          /* flips: sign changes of w above 0.3 rad/s */
    uint64_t hash;
};

/* Drives until the robot rests at the goal, touches something, or time is up. */
static inline struct scene_drive scene_drive(struct scene *scene, struct navigator *navigator, double limit_s)
{
    struct scene_drive drive = {.least_gap_m = HUGE_VAL, .hash = 1};
    int sign = 0;
    for (; drive.ticks * SCENE_PERIOD_S < limit_s && !drive.collided && !drive.reached; drive.ticks++) {
        struct vec2 before = {scene->pose.x, scene->pose.y};
        const struct belief *belief = scene_sense(scene, (int64_t)drive.ticks * 50000000);
        struct navigator_output out = navigator_decide(navigator, belief);
        scene_move(scene, out.verdict->command);
        drive.hash = navigator_hash(navigator, drive.hash);
        drive.shielded += out.verdict->active;
        drive.path_m += vec2_distance(before, (struct vec2){scene->pose.x, scene->pose.y});
        drive.least_gap_m = fmin(drive.least_gap_m, scene_gap_m(scene));
        drive.collided = drive.least_gap_m < 0;
        drive.hit_mps = fabs(scene->twist.v_mps);
        double w = scene->twist.w_radps;
        int now = w > 0.3 ? 1 : w < -0.3 ? -1 : 0;
        drive.flips += now && sign && now != sign;
        sign = now ? now : sign;
        drive.reached = vec2_distance(scene->task.goal, (struct vec2){scene->pose.x, scene->pose.y}) <
                            scene->task.goal_tolerance_m &&
                        fabs(scene->twist.v_mps) < 1e-3 && fabs(w) < 1e-3;
    }
    return drive;
}

#endif
