/* A world with its robot: drawing what the camera sees, physics at 240 Hz, and whole 20 Hz control steps of both and
 * a lidar scan; and what memory a large one takes. The scene of field.h with 200 obstacles (and 10,000), as a
 * scenario. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/render.h"
#include "sim/robot.h"
#include "sim/sensor.h"
#include "tests/bench/bench.h"
#include "tests/bench/field.h"

enum { SOLIDS = 200, MANY = 10000, PLACES = 64, BEAMS = 360, SUBSTEPS = 12, PHYSICS_HZ = 240, PEER_RAYS = 64 * 48 };

static const double HALF_SIDE_M = 10, RANGE_M = 10, CAMERA_M = 60;

struct stage {
    struct scenario *scenario;
    struct world *world;
    struct robot *robot;
    struct render *render;
    struct vec3 places[PLACES], in_base[BEAMS], pixels[PEER_RAYS];
    unsigned next;
    double sum; /* so that nothing is optimised away */
};

static _Noreturn void fail(const struct error *err)
{
    fprintf(stderr, "bench_world: %s\n", err->text);
    exit(1);
}

/* The obstacles and walls as a scenario's text; owned. */
static char *scenario_text(const struct field *field)
{
    size_t size = 512 + field->count * 160, at = 0;
    char *text = memory_new(size, 1);
    double side = field->half_side_m + 1;
    at += (size_t)snprintf(text, size,
                           "name: bench\nbounds: [%g, %g, %g, %g]\nstart: [0, 0, 0]\ngoal: [5, 5]\nsolids:\n", -side,
                           -side, side, side);
    for (size_t i = 1; i < field->count; i++) {
        const struct shape *shape = &field->solids[i].shape;
        struct pose3 pose = field->solids[i].pose;
        if (fabs(pose.position.x) < 1 && fabs(pose.position.y) < 1)
            continue; /* where the robot starts */
        at += (size_t)snprintf(text + at, size - at, "  - {name: o%zu, at: [%.6f, %.6f], yaw: %.6f, ", i,
                               pose.position.x, pose.position.y, quat_yaw(pose.orientation));
        if (shape->kind == SHAPE_BOX)
            at += (size_t)snprintf(text + at, size - at, "kind: box, size: [%.6f, %.6f, %.6f]}\n", 2 * shape->half_m.x,
                                   2 * shape->half_m.y, 2 * shape->half_m.z);
        else
            at += (size_t)snprintf(text + at, size - at, "kind: cylinder, radius: %.6f, height: %.6f}\n",
                                   shape->radius_m, shape->height_m);
    }
    return text;
}

static struct stage *stage_new(size_t obstacles, double half_side_m, double scale, int width, int height)
{
    struct stage *stage = NEW(struct stage);
    struct error err = {0};
    struct seed_stream s = seed_stream_named(1, "bench");
    struct field field = field_make(&s, obstacles, half_side_m, scale);
    char *text = scenario_text(&field);
    struct scenario_file file = {.name = "bench.yaml", .data = (uint8_t *)text, .size = strlen(text)};
    if (!(stage->scenario = scenario_unpack(&file, 1, &err)) || scenario_expand(stage->scenario, 1, &err))
        fail(&err);
    free(text);
    free(field.solids);
    stage->scenario->world.physics_hz = PHYSICS_HZ;
    stage->scenario->camera.width = width;
    stage->scenario->camera.height = height;
    if (!(stage->world = world_create(stage->scenario, 1, &err)))
        fail(&err);
    struct robot_def def = robot_def_of(stage->scenario);
    if (!(stage->robot = robot_create(stage->world, &def, &err)))
        fail(&err);
    stage->render = render_create(stage->scenario);
    field_places(&s, stage->world->raycast, half_side_m, .5 * scale, stage->places, PLACES);
    field_beams(stage->in_base, BEAMS);
    field_pixels(stage->pixels, 64, 48);
    return stage;
}

static void stage_drop(struct stage *stage)
{
    render_destroy(&stage->render);
    robot_destroy(&stage->robot);
    world_destroy(&stage->world);
    scenario_destroy(&stage->scenario);
    free(stage);
}

/* --- what is measured ------------------------------------------------------------------------------------------- */

static double frame(void *context)
{
    struct stage *stage = context;
    struct pose3 eye = {stage->places[stage->next % PLACES], quat_from_yaw(stage->next)};
    stage->next++;
    stage->sum += (double)render_draw(stage->render, stage->world, eye, true, true).depth_m[0];
    return 1;
}

static double frame_bullet(void *context)
{
    struct stage *stage = context;
    struct vec3 from = stage->places[stage->next % PLACES];
    struct quat turn = quat_from_yaw(stage->next++);
    for (int i = 0; i < PEER_RAYS; i++) {
        struct vec3 to = vec3_add(from, vec3_scale(quat_rotate(turn, stage->pixels[i]), CAMERA_M));
        stage->sum += physics_ray(stage->world->physics, from, to);
    }
    return 1;
}

static void substep(struct stage *stage)
{
    struct error err = {0};
    robot_step(stage->robot, 1.0 / PHYSICS_HZ);
    if (physics_step(stage->world->physics, &err))
        fail(&err);
    robot_contacts_gather(stage->robot, stage->world);
}

static double steps(void *context)
{
    struct stage *stage = context;
    robot_contacts_clear(stage->robot);
    robot_drive(stage->robot, (struct twist2){.3, .5}, 1.0 / 20);
    for (int i = 0; i < SUBSTEPS; i++)
        substep(stage);
    return SUBSTEPS;
}

static double control_step(void *context)
{
    struct stage *stage = context;
    struct raycast_hit hits[BEAMS];
    struct vec3 beams[BEAMS];
    steps(stage);
    world_update_rays(stage->world);
    struct pose3 pose = robot_state(stage->robot, stage->world).pose;
    for (int i = 0; i < BEAMS; i++)
        beams[i] = quat_rotate(pose.orientation, stage->in_base[i]);
    struct vec3 lidar = pose3_apply(pose, sensor_lidar_mount(&stage->scenario->lidar).position);
    raycast_rays(stage->world->raycast, lidar, beams, BEAMS, RANGE_M, SENSE_LIDAR, hits);
    struct pose3 eye = pose3_compose(pose, sensor_camera_mount(&stage->scenario->camera));
    stage->sum += (double)render_draw(stage->render, stage->world, eye, true, true).depth_m[0] + hits[0].distance_m;
    return 1;
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static void bench_camera(void)
{
    struct stage *small = stage_new(SOLIDS, HALF_SIDE_M, 1, 64, 48),
                 *large = stage_new(SOLIDS, HALF_SIDE_M, 1, 160, 120);
    const struct bench_contestant contestants[] = {{frame_bullet, small}, {frame, small}, {frame, large}};
    struct bench_result r = bench_rounds(contestants, 3, .1);
    bench_row("64x48 RGB, depth, labels", r.per_s[1], "frames/s", 3000, true, "rayTest alone", r.ratio[1]);
    bench_row("160x120 RGB, depth, labels", r.per_s[2], "frames/s", 600, true, NULL, BENCH_NONE);
    stage_drop(small);
    stage_drop(large);
}

static void bench_steps(void)
{
    struct stage *stage = stage_new(SOLIDS, HALF_SIDE_M, 1, 64, 48);
    const struct bench_contestant contestants[] = {{steps, stage}, {control_step, stage}};
    struct bench_result r = bench_rounds(contestants, 2, .1);
    bench_row("physics of robot and world, 240 Hz", r.per_s[0], "steps/s", 30000, true, NULL, BENCH_NONE);
    bench_row("control step: 12 substeps, 360 rays, 64x48", r.per_s[1], "steps/s", 1500, true, NULL, BENCH_NONE);
    bench_row("  over real time at 20 Hz", r.per_s[1] / 20, "times", 75, true, NULL, BENCH_NONE);
    stage_drop(stage);
}

/* What this process holds, in bytes. */
static double resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* In the largest field that a scenario may have. First of all, so that no memory given back before is used again. */
static void bench_memory(void)
{
    double before = resident();
    struct stage *stage = stage_new(MANY, 45, .6, 64, 48);
    double grown_mb = (resident() - before) / 1e6;
    if (before > 0)
        bench_row("memory of a world of 10,000 obstacles", grown_mb, "MB", 50, false, NULL, BENCH_NONE);
    stage_drop(stage);
}

int main(void)
{
    bench_memory();
    bench_camera();
    bench_steps();
    return 0;
}
