/* Ray casting against Bullet's own ray test, and physics steps. The scene: ground, four walls, 200 boxes and
 * cylinders in 20 x 20 m, seen from 256 free places. */
#include <stdlib.h>

#include "sim/physics.h"
#include "tests/bench/bench.h"
#include "tests/bench/field.h"

enum { SOLIDS = 200, PLACES = 256, BEAMS = 360, WIDTH = 64, HEIGHT = 48, DYNAMIC = 20 };

static const double RANGE_M = 10, CAMERA_M = 20, HALF_SIDE_M = 10;

struct scene {
    struct raycast *raycast;
    struct physics *physics;
    struct vec3 places[PLACES], beams[BEAMS], pixels[WIDTH * HEIGHT];
    struct raycast_line lines[WIDTH * HEIGHT]; /* shadow rays: from the floor to a low sun */
    unsigned next;
    double sum; /* of distances, so that nothing is optimised away */
};

static void add_body(struct scene *scene, const struct shape *shape, struct pose3 pose, double mass_kg)
{
    struct physics_part part = {*shape, {{0, 0, 0}, {0, 0, 0, 1}}};
    struct physics_body_def def = physics_body_def_default();
    struct error err = {0};
    def.pose = pose;
    def.parts = &part;
    def.part_count = 1;
    def.motion = mass_kg > 0 ? PHYSICS_DYNAMIC : PHYSICS_STATIC;
    def.mass_kg = mass_kg;
    if (!physics_body_create(scene->physics, &def, &err).generation)
        abort();
}

static struct scene *scene_new(void)
{
    struct scene *scene = NEW(struct scene);
    struct physics_def def = physics_def_default();
    struct seed_stream s = seed_stream_named(1, "bench");
    struct field field = field_make(&s, SOLIDS, HALF_SIDE_M, 1);
    def.step_s = 1.0 / 240;
    scene->physics = physics_create(&def);
    scene->raycast = field_rays(&field);
    for (size_t i = 0; i < field.count; i++)
        add_body(scene, &field.solids[i].shape, field.solids[i].pose, 0);
    free(field.solids);
    field_places(&s, scene->raycast, HALF_SIDE_M, .5, scene->places, PLACES);
    field_beams(scene->beams, BEAMS);
    field_pixels(scene->pixels, WIDTH, HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        scene->lines[i] = (struct raycast_line){{.1 * (i % WIDTH) - 3, .1 * (i / WIDTH) - 2, .001}, {.6, 0, .8}, 200};
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

static double lidar_in(struct scene *scene, enum raycast_lanes lanes)
{
    struct raycast_hit hits[BEAMS];
    raycast_use(scene->raycast, lanes); /* or the widest before it that is here */
    for (int scan = 0; scan < 20; scan++) {
        raycast_rays(scene->raycast, next_place(scene), scene->beams, BEAMS, RANGE_M, SENSE_LIDAR, hits);
        scene->sum += hits[scan].distance_m;
    }
    return 20 * BEAMS;
}

static double lidar_ours(void *context)
{
    static const enum raycast_lanes narrower[] = {RAYCAST_SSE2, RAYCAST_AVX2};
    struct scene *scene = context;
    for (size_t i = 0; i < COUNT_OF(narrower); i++)
        raycast_use(scene->raycast, narrower[i]);
    return lidar_in(scene, RAYCAST_AVX512);
}

static double lidar_avx2(void *context) { return lidar_in(context, RAYCAST_AVX2); }
static double lidar_sse2(void *context) { return lidar_in(context, RAYCAST_SSE2); }
static double lidar_plain(void *context) { return lidar_in(context, RAYCAST_PLAIN); }

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

static double shadows_ours(void *context)
{
    struct scene *scene = context;
    static bool blocked[WIDTH * HEIGHT];
    raycast_blocked(scene->raycast, scene->lines, WIDTH * HEIGHT, SENSE_LIDAR, blocked);
    scene->sum += blocked[0];
    return WIDTH * HEIGHT;
}

static double shadows_single(void *context)
{
    struct scene *scene = context;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        bool blocked;
        raycast_blocked(scene->raycast, &scene->lines[i], 1, SENSE_LIDAR, &blocked);
        scene->sum += blocked;
    }
    return WIDTH * HEIGHT;
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
    struct scene *scene = scene_new();
    const struct bench_contestant lidar[] = {{lidar_bullet, scene}, {lidar_plain, scene}, {lidar_sse2, scene},
                                             {lidar_avx2, scene},   {lidar_ours, scene},  {lidar_single, scene}};
    const struct bench_contestant frame[] = {{frame_bullet, scene}, {frame_ours, scene}};
    const struct bench_contestant clearance[] = {{clearance_ours, scene}};
    const struct bench_contestant shadows[] = {{shadows_single, scene}, {shadows_ours, scene}};
    static const char *const names[] = {"Bullet rayTest, 360 beams", "lidar, 360 beams in plain C",
                                        "lidar, 360 beams in SSE2",  "lidar, 360 beams in AVX2",
                                        "lidar, 360 beams at once",  "lidar, one ray at a time"};
    struct bench_result r = bench_rounds(lidar, COUNT_OF(lidar), .1);
    for (size_t i = 0; i < COUNT_OF(lidar); i++)
        bench_row(names[i], r.per_s[i], "rays/s", BENCH_NONE, true, i ? "Bullet rayTest" : NULL,
                  i ? r.ratio[i] : BENCH_NONE);
    bench_row("lidar over Bullet rayTest", r.ratio[4], "times", 50, true, NULL, BENCH_NONE);
    r = bench_rounds(frame, 2, .15);
    bench_row("hits of 64x48 frames", r.per_s[1], "frames/s", 3000, true, "Bullet rayTest", r.ratio[1]);
    r = bench_rounds(shadows, 2, .05);
    bench_row("shadow rays, 3,072 at once", r.per_s[1], "rays/s", BENCH_NONE, true, "one at a time", r.ratio[1]);
    r = bench_rounds(clearance, 1, .05);
    bench_row("clearance of the footprint", r.per_s[0], "calls/s", BENCH_NONE, true, NULL, BENCH_NONE);
    scene_drop(scene);
}

/* Steps of the scene with a robot driving in a circle, and with 20 boxes beside it. */
static void bench_steps(void)
{
    struct scene *calm = scene_new(), *busy = scene_new();
    add_robot(calm);
    add_robot(busy);
    for (int i = 0; i < DYNAMIC; i++)
        add_body(busy, &(struct shape){.kind = SHAPE_BOX, .half_m = {.1, .1, .1}},
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
    bench_steps();
    return 0;
}
