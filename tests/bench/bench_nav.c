/* The planner on its worst map, a whole decision in clutter, and the shield with many points: CPU time of a call. */
#include "tests/bench/bench.h"
#include "logs/seed.h"
#include "perception/particles.h"
#include "tests/nav/scene.h"

enum { POINTS = 4000, MOVERS = 12 };

struct work {
    struct scene scene;
    struct planner_params planner_params;
    struct shield_params shield_params;
    struct planner *planner;
    struct navigator *navigator;
    struct decision decision;
    struct vec2 points[POINTS];
    struct track movers[MOVERS]; /* on the way of the points beside the robot, towards it */
};

/* Ten walls across 25.6 m, open at alternating ends: nearly every cell is searched. */
static void serpentine(struct work *work)
{
    scene_init(&work->scene, 25.6, 25.6, SCENE_BLANK);
    for (int wall = 0; wall < 10; wall++)
        for (int x = 0; x < 512; x++)
            if (wall % 2 ? x > 20 : x < 490)
                scene_block(&work->scene, (struct cell){x, 45 + 46 * wall}, false);
    work->scene.pose = (struct pose2){1, 1, 0};
    work->scene.task.goal = (struct vec2){24.5, 24.5};
    param_defaults(planner_params, planner_param_count, &work->planner_params);
    work->planner = planner_create(&work->planner_params, 0.245);
    scene_sense(&work->scene, 0);
}

static void clutter(struct work *work, const char *policy)
{
    struct error err = {0};
    struct navigator_config config = navigator_config_default();
    struct seed_stream stream = seed_stream_named(1, "bench.points");
    scene_clutter(&work->scene, 4, SCENE_KNOWN, 0.8);
    config.task = work->scene.task;
    config.policy = policy;
    work->navigator = navigator_create(&config, &err);
    for (int64_t tick = 0; tick < 100; tick++)
        scene_move(&work->scene, navigator_decide(work->navigator, scene_sense(&work->scene, tick * 50000000))
                                     .verdict->command);
    param_defaults(shield_params, shield_param_count, &work->shield_params);
    work->decision = (struct decision){.wish = {1.5, 0.2}, .valid = true};
    for (int i = 0; i < POINTS; i++)
        work->points[i] = (struct vec2){seed_between(&stream, 1, 8), seed_between(&stream, -6, 6)};
    for (uint32_t i = 0; i < MOVERS; i++) {
        struct vec2 at = {1.5 + 0.5 * (i % 4), -2.0 + 2.0 * (i / 4)}, to = vec2_scale(at, -1 / vec2_length(at));
        struct pose2 pose = work->scene.pose, turn = {0, 0, pose.yaw};
        work->movers[i] = (struct track){.id = i, .at = pose2_apply(pose, at), .velocity_mps = pose2_apply(turn, to),
                                         .radius_m = 0.3, .confirmed = true};
    }
}

static double plan(void *context)
{
    struct work *work = context;
    work->scene.task.goal.x += 1e-6; /* a goal that moved is planned to anew */
    return planner_update(work->planner, &work->scene.belief, work->scene.task.goal, NULL).count ? 1 : 0;
}

/* In the midst of the field at speed, again and again; the moment stands still, so that nothing is replanned. */
static double decide(void *context)
{
    struct work *work = context;
    navigator_decide(work->navigator, &work->scene.belief);
    return 1;
}

static double shield(void *context)
{
    struct work *work = context;
    struct belief belief = work->scene.belief;
    struct shield_verdict verdict;
    belief.points = work->points;
    belief.point_count = POINTS;
    shield_apply(&work->shield_params, SHIELD_ON, false, &belief, &work->scene.task, &work->decision, &verdict);
    return 1;
}

static double shield_among_movers(void *context)
{
    struct work *work = context;
    work->scene.belief.tracks = work->movers;
    work->scene.belief.track_count = MOVERS;
    shield(work);
    work->scene.belief.track_count = 0;
    return 1;
}

/* --- a robot that is lost: one generation of particles, the first of all and one of those that are left --------- */
enum { ROOM_SIDE = 400, SCAN_BEAMS = 360 };

struct lost_robot {
    struct match *match;
    struct particles *particles;
    struct vec2 scan[SCAN_BEAMS];
};

/* 20 x 20 m with pillars, seen from somewhere inside. */
static void lose_robot(struct lost_robot *lost)
{
    static int8_t cells[ROOM_SIDE * ROOM_SIDE];
    const struct static_map map = {{0.05, {0, 0}, ROOM_SIDE, ROOM_SIDE}, cells};
    struct seed_stream random = seed_stream_named(1, "bench.lost");
    for (int y = 0; y < ROOM_SIDE; y++)
        for (int x = 0; x < ROOM_SIDE; x++)
            cells[y * ROOM_SIDE + x] = x < 4 || y < 4 || x >= ROOM_SIDE - 4 || y >= ROOM_SIDE - 4 ||
                                       (x % 80 < 8 && y % 110 < 8) ? 100 : 0;
    lost->match = match_create(&map);
    lost->particles = particles_create(lost->match, &map, 0.22, 1);
    for (int i = 0; i < SCAN_BEAMS; i++) {
        double range = seed_between(&random, 1, 10), angle = i * 2 * PI / SCAN_BEAMS;
        lost->scan[i] = (struct vec2){range * cos(angle), range * sin(angle)};
    }
    particles_spread(lost->particles);
}

static double first_generation(void *context)
{
    struct lost_robot *lost = context;
    particles_spread(lost->particles);
    particles_weigh(lost->particles, lost->scan, SCAN_BEAMS);
    return 1;
}

static double later_generation(void *context)
{
    struct lost_robot *lost = context;
    particles_move(lost->particles, (struct pose2){PARTICLES_STEP_M, 0, 0.05});
    particles_weigh(lost->particles, lost->scan, SCAN_BEAMS);
    return 1;
}

static void bench_lost(void)
{
    struct lost_robot lost;
    lose_robot(&lost);
    struct bench_contestant first = {first_generation, &lost}, later = {later_generation, &lost};
    bench_row("particles, first generation (40000)", 1e3 / bench_rounds(&first, 1, 0.2).per_s[0], "ms", 50, false, NULL,
              BENCH_NONE);
    for (int i = 0; i < 40; i++)
        later_generation(&lost);
    bench_row("particles, later generation", 1e3 / bench_rounds(&later, 1, 0.2).per_s[0], "ms", 50, false, NULL,
              BENCH_NONE);
    particles_destroy(&lost.particles);
    match_destroy(&lost.match);
}

static double per_call_us(double (*run)(void *context), struct work *work)
{
    struct bench_contestant contestant = {run, work};
    return 1e6 / bench_rounds(&contestant, 1, 0.2).per_s[0];
}

int main(void)
{
    static struct work maze, field, sampled;
    serpentine(&maze);
    clutter(&field, "dwa");
    clutter(&sampled, "mppi");
    bench_row("plan, 512 x 512 cells, worst case", per_call_us(plan, &maze) / 1e3, "ms", 20, false, NULL, BENCH_NONE);
    bench_row("mppi 2000 x 56 and shield, clutter", per_call_us(decide, &sampled) / 1e3, "ms", 6, false,
              NULL, BENCH_NONE);
    bench_row("dwa and shield, clutter", per_call_us(decide, &field), "us", 500, false, NULL, BENCH_NONE);
    bench_row("shield, 4000 points", per_call_us(shield, &field), "us", 500, false, NULL, BENCH_NONE);
    bench_row("shield, 4000 points, 12 movers coming", per_call_us(shield_among_movers, &field), "us", 500, false,
              NULL, BENCH_NONE);
    bench_lost();
    planner_destroy(&maze.planner);
    navigator_destroy(&field.navigator);
    navigator_destroy(&sampled.navigator);
    scene_clear(&sampled.scene);
    scene_clear(&maze.scene);
    scene_clear(&field.scene);
    return 0;
}
