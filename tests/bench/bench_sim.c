/* Ray casting against Bullet's own ray test, and physics steps. The scene: ground, four walls, 200 boxes and
 * cylinders in 20 x 20 m, seen from 256 free places. */
#include <math.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "sim/physics.h"
#include "sim/raycast.h"
#include "tests/bench/bench.h"

enum { SOLIDS = 200, PLACES = 256, BEAMS = 360, WIDTH = 64, HEIGHT = 48, DYNAMIC = 20, LARGE = 50 };

static const double RANGE_M = 10, CAMERA_M = 20, LENS = 0.8390996311772799; /* tan of half of 80 degrees */

struct scene {
    struct raycast *raycast;
    struct physics *physics;
    struct vec3 places[PLACES], beams[BEAMS], pixels[WIDTH * HEIGHT];
    unsigned next;
    double sum; /* of distances, so that nothing is optimised away */
};

static void add(struct scene *scene, struct shape shape, struct pose3 pose, double mass_kg)
{
    struct raycast_solid solid = {.shape = shape, .pose = pose, .senses = ~0u};
    struct physics_part part = {shape, {{0, 0, 0}, {0, 0, 0, 1}}};
    struct physics_body_def def = physics_body_def_default();
    struct error err = {0};
    def.pose = pose;
    def.parts = &part;
    def.part_count = 1;
    def.motion = mass_kg > 0 ? PHYSICS_DYNAMIC : PHYSICS_STATIC;
    def.mass_kg = mass_kg;
    if (!physics_body_create(scene->physics, &def, &err).generation)
        abort();
    raycast_add(scene->raycast, &solid);
}

static void add_wall(struct scene *scene, double x, double y, double half_x, double half_y)
{
    add(scene, (struct shape){.kind = SHAPE_BOX, .half_m = {half_x, half_y, 1}},
        (struct pose3){{x, y, 1}, {0, 0, 0, 1}}, 0);
}

/* Boxes of 0.2 to 0.8 m and cylinders alike, at any yaw. */
static void add_obstacles(struct scene *scene, struct seed_stream *s, int count, double extent_m)
{
    for (int i = 0; i < count; i++) {
        struct shape shape = {.kind = i % 2 ? SHAPE_CYLINDER : SHAPE_BOX,
                              .half_m = {seed_between(s, .1, .4), seed_between(s, .1, .4), seed_between(s, .1, .6)},
                              .radius_m = seed_between(s, .1, .4), .height_m = seed_between(s, .2, 1.2)};
        double half = i % 2 ? shape.height_m / 2 : shape.half_m.z;
        struct vec3 at = {seed_between(s, -extent_m, extent_m), seed_between(s, -extent_m, extent_m), half};
        add(scene, shape, (struct pose3){at, quat_from_yaw(seed_between(s, -PI, PI))}, 0);
    }
}

static void aim(struct scene *scene)
{
    for (int i = 0; i < BEAMS; i++)
        scene->beams[i] = (struct vec3){cos(i * PI / 180), sin(i * PI / 180), 0};
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++) {
            double y = LENS * (1 - (2 * column + 1.0) / WIDTH), z = LENS * (HEIGHT - (2 * row + 1.0)) / WIDTH;
            struct vec3 d = {1, y, z};
            scene->pixels[row * WIDTH + column] = vec3_scale(d, 1 / vec3_length(d));
        }
}

static struct scene *scene_new(int obstacles, double half_side_m)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct physics_def def = physics_def_default();
    struct seed_stream s = seed_stream_named(1, "bench");
    def.step_s = 1.0 / 240;
    scene->physics = physics_create(&def);
    scene->raycast = raycast_create(-half_side_m - 1, -half_side_m - 1, half_side_m + 1, half_side_m + 1, .5);
    add(scene, (struct shape){.kind = SHAPE_PLANE}, (struct pose3){{0, 0, 0}, {0, 0, 0, 1}}, 0);
    for (int side = -1; side <= 1; side += 2) {
        add_wall(scene, side * (half_side_m + .1), 0, .1, half_side_m + .2);
        add_wall(scene, 0, side * (half_side_m + .1), half_side_m + .2, .1);
    }
    add_obstacles(scene, &s, obstacles, half_side_m);
    for (int i = 0; i < PLACES;) {
        struct pose2 at = {seed_between(&s, -half_side_m, half_side_m), seed_between(&s, -half_side_m, half_side_m), 0};
        if (raycast_clearance(scene->raycast, at, .5, .5, 0, 1, 1, NULL) > 0)
            scene->places[i++] = (struct vec3){at.x, at.y, .3};
    }
    aim(scene);
    return scene;
}

static void scene_drop(struct scene *scene)
{
    raycast_destroy(&scene->raycast);
    physics_destroy(&scene->physics);
    free(scene);
}

static struct vec3 next_place(struct scene *scene) { return scene->places[scene->next++ % PLACES]; }

static double lidar_bullet(void *context)
{
    struct scene *scene = context;
    struct vec3 from = next_place(scene);
    for (int i = 0; i < BEAMS; i++)
        scene->sum += physics_ray(scene->physics, from, vec3_add(from, vec3_scale(scene->beams[i], RANGE_M)));
    return BEAMS;
}

static double lidar_ours(void *context)
{
    struct scene *scene = context;
    struct raycast_hit hits[BEAMS];
    for (int scan = 0; scan < 20; scan++) {
        raycast_rays(scene->raycast, next_place(scene), scene->beams, BEAMS, RANGE_M, SENSE_LIDAR, hits);
        scene->sum += hits[scan].distance_m;
    }
    return 20 * BEAMS;
}

static double lidar_single(void *context)
{
    struct scene *scene = context;
    struct vec3 from = next_place(scene);
    for (int i = 0; i < BEAMS; i++) {
        struct raycast_hit hit;
        raycast_ray(scene->raycast, from, scene->beams[i], RANGE_M, SENSE_LIDAR, &hit);
        scene->sum += hit.distance_m;
    }
    return BEAMS;
}

static double frame_ours(void *context)
{
    struct scene *scene = context;
    static struct raycast_hit hits[WIDTH * HEIGHT];
    raycast_rays(scene->raycast, next_place(scene), scene->pixels, WIDTH * HEIGHT, CAMERA_M, SENSE_CAMERA, hits);
    scene->sum += hits[0].distance_m;
    return 1;
}

static double frame_bullet(void *context)
{
    struct scene *scene = context;
    struct vec3 from = next_place(scene);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        scene->sum += physics_ray(scene->physics, from, vec3_add(from, vec3_scale(scene->pixels[i], CAMERA_M)));
    return 1;
}

static double clearance_ours(void *context)
{
    struct scene *scene = context;
    for (int i = 0; i < 100; i++) {
        struct vec3 at = next_place(scene);
        scene->sum += raycast_clearance(scene->raycast, (struct pose2){at.x, at.y, i}, .5, .4, 0, .4, 2, NULL);
    }
    return 100;
}

/* Two driven wheels under a box of 17 kg that slides on two balls: the least robot that asks all of the solver. */
static void add_robot(struct scene *scene)
{
    const struct quat axle = quat_from_rpy(PI / 2, 0, 0);
    struct physics_part body[] = {{{.kind = SHAPE_BOX, .half_m = {.2, .15, .08}}, {{0, 0, 0}, {0, 0, 0, 1}}},
                                  {{.kind = SHAPE_SPHERE, .radius_m = .05}, {{.15, 0, -.05}, {0, 0, 0, 1}}},
                                  {{.kind = SHAPE_SPHERE, .radius_m = .05}, {{-.15, 0, -.05}, {0, 0, 0, 1}}}};
    struct physics_part wheel = {{.kind = SHAPE_CYLINDER, .radius_m = .1, .height_m = .04}, {{0, 0, 0}, axle}};
    struct physics_body_def def = physics_body_def_default();
    struct error err = {0};
    def.motion = PHYSICS_DYNAMIC;
    def.pose.position.z = .1;
    def.parts = body;
    def.part_count = 3;
    def.mass_kg = 15;
    def.friction = .1;
    struct physics_body chassis = physics_body_create(scene->physics, &def, &err);
    for (int side = -1; side <= 1; side += 2) {
        struct physics_body_def rim = def;
        rim.parts = &wheel;
        rim.part_count = 1;
        rim.mass_kg = 1;
        rim.friction = 1;
        rim.pose.position.y = side * .2;
        struct physics_hinge_def hinge = {.a = chassis, .pivot_in_a = {0, side * .2, 0}, .axis_in_a = {0, 1, 0}};
        hinge.b = physics_body_create(scene->physics, &rim, &err);
        physics_hinge_motor(scene->physics, physics_hinge_create(scene->physics, &hinge), 3 + side, 5);
    }
}

static double physics_steps(void *context)
{
    struct scene *scene = context;
    struct error err = {0};
    for (int i = 0; i < 100; i++)
        if (physics_step(scene->physics, &err) != STATUS_OK)
            abort();
    return 100;
}

static void bench_scene(void)
{
    struct scene *scene = scene_new(SOLIDS, 10);
    const struct bench_contestant lidar[] = {{lidar_bullet, scene}, {lidar_ours, scene}, {lidar_single, scene}};
    const struct bench_contestant frame[] = {{frame_bullet, scene}, {frame_ours, scene}};
    const struct bench_contestant clearance[] = {{clearance_ours, scene}};
    struct bench_result r = bench_rounds(lidar, 3, .15);
    bench_row("Bullet rayTest, 360 beams", r.per_s[0], "rays/s", BENCH_NONE, true, NULL, BENCH_NONE);
    bench_row("lidar, 360 beams at once", r.per_s[1], "rays/s", BENCH_NONE, true, "Bullet rayTest", r.ratio[1]);
    bench_row("lidar, one ray at a time", r.per_s[2], "rays/s", BENCH_NONE, true, "Bullet rayTest", r.ratio[2]);
    bench_row("lidar over Bullet rayTest", r.ratio[1], "times", 50, true, NULL, BENCH_NONE);
    r = bench_rounds(frame, 2, .15);
    bench_row("rays of 64x48 frames", r.per_s[1], "frames/s", 3000, true, "Bullet rayTest", r.ratio[1]);
    r = bench_rounds(clearance, 1, .05);
    bench_row("clearance of the footprint", r.per_s[0], "calls/s", BENCH_NONE, true, NULL, BENCH_NONE);
    scene_drop(scene);
}

/* Fifty times the obstacles at the same density. */
static void bench_large(void)
{
    struct scene *small = scene_new(SOLIDS, 10), *large = scene_new(LARGE * SOLIDS, 10 * sqrt(LARGE));
    const struct bench_contestant lidar[] = {{lidar_ours, small}, {lidar_ours, large}};
    const struct bench_contestant frame[] = {{frame_ours, small}, {frame_ours, large}};
    struct bench_result r = bench_rounds(lidar, 2, .05);
    bench_row("lidar among 10,000 obstacles", r.per_s[1], "rays/s", BENCH_NONE, true, "200 obstacles", r.ratio[1]);
    r = bench_rounds(frame, 2, .05);
    bench_row("64x48 among 10,000 obstacles", r.per_s[1], "frames/s", BENCH_NONE, true, "200 obstacles", r.ratio[1]);
    scene_drop(small);
    scene_drop(large);
}

/* Steps of the scene with a robot driving in a circle, and with 20 boxes beside it. */
static void bench_steps(void)
{
    struct scene *calm = scene_new(SOLIDS, 10), *busy = scene_new(SOLIDS, 10);
    add_robot(calm);
    add_robot(busy);
    for (int i = 0; i < DYNAMIC; i++)
        add(busy, (struct shape){.kind = SHAPE_BOX, .half_m = {.1, .1, .1}},
            (struct pose3){{.5 * i - 5, .3 * i - 3, 2}, {0, 0, 0, 1}}, 1);
    const struct bench_contestant steps[] = {{physics_steps, calm}, {physics_steps, busy}};
    struct bench_result r = bench_rounds(steps, 2, .1);
    bench_row("physics steps, robot and 200 obstacles", r.per_s[0], "steps/s", 30000, true, NULL, BENCH_NONE);
    bench_row("physics steps, and 20 loose boxes", r.per_s[1], "steps/s", BENCH_NONE, true, NULL, BENCH_NONE);
    scene_drop(calm);
    scene_drop(busy);
}

int main(void)
{
    bench_scene();
    bench_large();
    bench_steps();
    return 0;
}
