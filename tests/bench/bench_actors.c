/* What people cost: a step of a hall full of them, forces, contacts and handing over to physics included. */
#include <stdio.h>
#include <string.h>

#include "sim/world.h"
#include "tests/bench/bench.h"

#define HALL "name: hall\nbounds: [0, 0, 30, 20]\nstart: [1, 10, 0]\ngoal: [29, 10]\nsolids:\n"                             \
    "  - {kind: box, at: [15, -0.1], size: [30, 0.2, 2]}\n  - {kind: box, at: [15, 20.1], size: [30, 0.2, 2]}\n"           \
    "  - {kind: box, at: [-0.1, 10], size: [0.2, 20, 2]}\n  - {kind: box, at: [30.1, 10], size: [0.2, 20, 2]}\n"           \
    "crowd: {enabled: true, model: %s, count: 64, speed_mps: 1.2, group_share: 0.3}\n"

struct hall {
    struct scenario *scenario;
    struct world *world;
};

static struct hall hall_open(const char *model)
{
    char text[1024];
    struct error err = {0};
    snprintf(text, sizeof text, HALL, model);
    struct scenario_file file = {.name = "hall.yaml", .data = (uint8_t *)text, .size = strlen(text)};
    struct hall hall = {.scenario = scenario_unpack(&file, 1, &err)};
    ASSERT(hall.scenario && !scenario_expand(hall.scenario, 1, &err));
    hall.world = world_create(hall.scenario, 1, &err);
    ASSERT(hall.world);
    return hall;
}

static double run_hall(void *context)
{
    struct hall *hall = context;
    struct actor_robot robot = {hall->scenario->start, {0, 0}, 0.51, 0.43};
    for (int i = 0; i < 100; i++)
        world_move_actors(hall->world, &robot, 1, 0.005);
    return 100;
}

int main(void)
{
    struct hall forces = hall_open("social_force"), walkers = hall_open("waypoint");
    struct bench_contestant contestants[] = {{run_hall, &forces}, {run_hall, &walkers}};
    struct bench_result r = bench_rounds(contestants, 2, 0.2);
    bench_row("64 people under social forces, a step", 1e6 / r.per_s[0], "us", BENCH_NONE, false, NULL, BENCH_NONE);
    bench_row("64 people on waypoints, a step", 1e6 / r.per_s[1], "us", BENCH_NONE, false, NULL, BENCH_NONE);
    world_destroy(&forces.world);
    world_destroy(&walkers.world);
    scenario_destroy(&forces.scenario);
    scenario_destroy(&walkers.scenario);
    return 0;
}
