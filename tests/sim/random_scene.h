/* tests/sim/random_scene.h - random solids and rays for the tests of the ray caster. */
#ifndef TESTS_SIM_RANDOM_SCENE_H
#define TESTS_SIM_RANDOM_SCENE_H

#include "logs/seed.h"
#include "sim/raycast.h"

static inline struct quat random_turn(struct seed_stream *s)
{
    struct quat q = {seed_gaussian(s), seed_gaussian(s), seed_gaussian(s), seed_gaussian(s)};
    double length = sqrt(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w);
    return (struct quat){q.x / length, q.y / length, q.z / length, q.w / length};
}

static inline struct vec3 random_direction(struct seed_stream *s)
{
    struct vec3 v = {seed_gaussian(s), seed_gaussian(s), seed_gaussian(s)};
    return vec3_scale(v, 1 / vec3_length(v));
}

/* Every other one upright. */
static inline struct pose3 random_pose(struct seed_stream *s)
{
    struct pose3 pose = {.position = {seed_between(s, -10, 10), seed_between(s, -10, 10), seed_between(s, 0, 1.5)}};
    pose.orientation = seed_below(s, 2) ? random_turn(s) : quat_from_yaw(seed_between(s, -PI, PI));
    return pose;
}

/* A box, cylinder, sphere or capsule; every fourth is glass. */
static inline struct raycast_solid random_solid(struct seed_stream *s, int tag)
{
    static const enum shape_kind kinds[] = {SHAPE_BOX, SHAPE_CYLINDER, SHAPE_SPHERE, SHAPE_CAPSULE};
    struct raycast_solid solid = {.senses = SENSE_LIDAR | SENSE_CAMERA, .tag = tag, .material = 7 * tag};
    solid.shape.kind = kinds[seed_below(s, 4)];
    solid.shape.half_m = (struct vec3){seed_between(s, .05, .5), seed_between(s, .05, .5), seed_between(s, .05, .8)};
    solid.shape.radius_m = seed_between(s, .05, .5);
    solid.shape.height_m = seed_between(s, .1, 1.5);
    solid.pose = random_pose(s);
    if (seed_below(s, 4) == 0)
        solid.senses = SENSE_CAMERA;
    return solid;
}

static inline struct vec3 random_origin(struct seed_stream *s)
{
    return (struct vec3){seed_between(s, -12, 12), seed_between(s, -12, 12), seed_between(s, .02, 2)};
}

/* By kind: level (a lidar), slightly tilted (a camera), anywhere. */
static inline struct vec3 random_view(struct seed_stream *s, uint64_t kind)
{
    if (kind == 2)
        return random_direction(s);
    double yaw = seed_between(s, -PI, PI), z = kind ? seed_between(s, -.6, .3) : 0, level = sqrt(1 - z * z);
    return (struct vec3){cos(yaw) * level, sin(yaw) * level, z};
}

#endif
