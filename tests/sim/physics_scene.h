/* tests/sim/physics_scene.h - what the physics tests build their small worlds from. */
#ifndef TESTS_SIM_PHYSICS_SCENE_H
#define TESTS_SIM_PHYSICS_SCENE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/physics.h"

static const struct quat UPRIGHT = {0, 0, 0, 1};

#define assert_near(actual, expected, tolerance) near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

static inline void near(double actual, double expected, double tolerance, const char *what, const char *file, int line)
{
    if (fabs(actual - expected) <= tolerance)
        return;
    print_error("%s is %.9g, not %.9g within %g\n", what, actual, expected, tolerance);
    _fail(file, line);
}

static inline struct physics *world_new(double gravity_mps2)
{
    struct physics_def def = physics_def_default();
    def.gravity_mps2 = gravity_mps2;
    return physics_create(&def);
}

static inline void run(struct physics *world, int steps)
{
    struct error err = {0};
    for (int i = 0; i < steps; i++)
        if (physics_step(world, &err) != STATUS_OK)
            fail_msg("step %d: %s", i, err.text);
}

static inline struct shape box(double x, double y, double z)
{
    return (struct shape){.kind = SHAPE_BOX, .half_m = {x, y, z}};
}
static inline struct shape ball(double r) { return (struct shape){.kind = SHAPE_SPHERE, .radius_m = r}; }

/* A body of one shape; mass 0: static. */
static inline struct physics_body_def body_def(const struct physics_part *part, struct vec3 at, double mass_kg)
{
    struct physics_body_def def = physics_body_def_default();
    def.motion = mass_kg > 0 ? PHYSICS_DYNAMIC : PHYSICS_STATIC;
    def.pose.position = at;
    def.parts = part;
    def.part_count = 1;
    def.mass_kg = mass_kg;
    return def;
}

static inline struct physics_body must_create(struct physics *world, const struct physics_body_def *def)
{
    struct error err = {0};
    struct physics_body body = physics_body_create(world, def, &err);
    if (!body.generation)
        fail_msg("%s", err.text);
    return body;
}

static inline struct physics_body add(struct physics *world, struct shape shape, struct vec3 at, double mass_kg)
{
    struct physics_part part = {shape, {{0, 0, 0}, UPRIGHT}};
    struct physics_body_def def = body_def(&part, at, mass_kg);
    return must_create(world, &def);
}

static inline struct physics_body add_ground(struct physics *world)
{
    return add(world, (struct shape){.kind = SHAPE_PLANE}, (struct vec3){0, 0, 0}, 0);
}

static inline struct vec3 position_of(const struct physics *world, struct physics_body body)
{
    return physics_body_state(world, body).pose.position;
}

/* A block of 2 x 2 x 1 m as corners and faces. */
static const struct vec3 BLOCK[] = {{-1, -1, -.5}, {1, -1, -.5}, {-1, 1, -.5}, {1, 1, -.5},
                                    {-1, -1, .5},  {1, -1, .5},  {-1, 1, .5},  {1, 1, .5}};
static const uint32_t BLOCK_FACES[] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                       2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};
static const struct shape BLOCK_HULL = {.kind = SHAPE_HULL, .vertices = BLOCK, .vertex_count = 8};
static const struct shape BLOCK_MESH = {.kind = SHAPE_MESH, .vertices = BLOCK, .vertex_count = 8,
                                        .triangles = BLOCK_FACES, .triangle_count = 12};

#endif
