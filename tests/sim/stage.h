/* tests/sim/stage.h - a robot in a world written in a few lines of YAML, stepped as the episode does it. */
#ifndef TESTS_SIM_STAGE_H
#define TESTS_SIM_STAGE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/robot.h"
#include "sim/sensors.h"

struct stage {
    struct scenario *scenario;
    struct world *world;
    struct robot *robot;
    struct sensors *sensors; /* NULL unless the test makes them */
    uint64_t step;
};

static inline void stage_must(bool good, const struct error *err)
{
    if (!good)
        print_error("%s\n", err->text);
    assert_true(good);
}

/* A floor of 40 m and whatever `yaml` adds; `settings` as scenario_set takes them, up to a NULL. */
static inline struct stage stage_open(const char *yaml, const char *const *settings)
{
    static const char base[] = "name: stage\nbounds: [-20, -20, 20, 20]\nstart: [0, 0, 0]\ngoal: [0, 12]\n";
    char text[4096];
    struct error err = {0};
    struct stage stage = {0};
    snprintf(text, sizeof text, "%s%s", base, yaml);
    struct scenario_file file = {.name = "stage.yaml", .data = (uint8_t *)text, .size = strlen(text)};
    stage.scenario = scenario_unpack(&file, 1, &err);
    stage_must(stage.scenario, &err);
    for (; settings && *settings; settings++)
        stage_must(scenario_set(stage.scenario, *settings, &err) == STATUS_OK, &err);
    stage_must(scenario_expand(stage.scenario, 1, &err) == STATUS_OK, &err);
    stage.world = world_create(stage.scenario, 1, &err);
    stage_must(stage.world, &err);
    struct robot_def def = robot_def_of(stage.scenario);
    stage.robot = robot_create(stage.world, &def, &err);
    stage_must(stage.robot, &err);
    return stage;
}

static inline void stage_close(struct stage *stage)
{
    sensors_destroy(&stage->sensors);
    robot_destroy(&stage->robot);
    world_destroy(&stage->world);
    scenario_destroy(&stage->scenario);
}

static inline struct robot_state stage_truth(const struct stage *stage)
{
    return robot_state(stage->robot, stage->world);
}

/* One physics step and all that follows it. */
static inline void stage_step(struct stage *stage)
{
    struct error err = {0};
    robot_step(stage->robot, 1.0 / stage->scenario->world.physics_hz);
    stage_must(physics_step(stage->world->physics, &err) == STATUS_OK, &err);
    stage->step++;
    robot_contacts_gather(stage->robot, stage->world);
    world_update_rays(stage->world);
    robot_update_rays(stage->robot, stage->world);
    if (stage->sensors)
        sensors_sample(stage->sensors, stage->step,
                       (int64_t)stage->step * (1000000000 / stage->scenario->world.physics_hz));
}

/* A control period of the given wish; contacts start afresh. */
static inline struct twist2 stage_tick(struct stage *stage, struct twist2 wish)
{
    const struct world_config *clocks = &stage->scenario->world;
    robot_contacts_clear(stage->robot);
    struct twist2 command = robot_drive(stage->robot, wish, 1.0 / clocks->control_hz);
    for (int i = 0; i < clocks->physics_hz / clocks->control_hz; i++)
        stage_step(stage);
    return command;
}

static inline void stage_run(struct stage *stage, struct twist2 wish, double seconds)
{
    for (long i = lround(seconds * stage->scenario->world.control_hz); i > 0; i--)
        stage_tick(stage, wish);
}

static inline void assert_near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        print_error("%.9g is not %.9g +- %.3g\n", actual, expected, tolerance);
    assert_true(fabs(actual - expected) <= tolerance);
}

#endif
