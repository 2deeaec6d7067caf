/* tests/bench/field.h - the scene that the benchmarks share: ground, four walls, and boxes and cylinders alike at any
 * yaw, 0.2 to 0.8 m wide and 0.2 to 1.2 m high, in a square of floor. */
#ifndef TESTS_BENCH_FIELD_H
#define TESTS_BENCH_FIELD_H

#include "logs/memory.h"
#include "logs/seed.h"
#include "sim/raycast.h"

enum { FIELD_FRAME = 5 }; /* the ground and the walls come first */

struct field {
    struct raycast_solid *solids; /* owned; free() */
    size_t count;
    double half_side_m;
};

static inline struct raycast_solid field_wall(double x, double y, double half_x, double half_y)
{
    return (struct raycast_solid){.shape = {.kind = SHAPE_BOX, .half_m = {half_x, half_y, 1}},
                                  .pose = {{x, y, 1}, {0, 0, 0, 1}}, .senses = ~0u};
}

static inline struct raycast_solid field_obstacle(struct seed_stream *s, size_t i, double half_side_m, double scale)
{
    struct raycast_solid solid = {.senses = ~0u, .shape = {.kind = i % 2 ? SHAPE_CYLINDER : SHAPE_BOX}};
    double sizes[5];
    for (int k = 0; k < 5; k++) /* two half widths, half a height, a radius, a height */
        sizes[k] = k == 2   ? seed_between(s, .1, .6)
                   : k == 4 ? seed_between(s, .2, 1.2)
                            : scale * seed_between(s, .1, .4);
    solid.shape.half_m = (struct vec3){sizes[0], sizes[1], sizes[2]};
    solid.shape.radius_m = sizes[3];
    solid.shape.height_m = sizes[4];
    double x = seed_between(s, -half_side_m, half_side_m), y = seed_between(s, -half_side_m, half_side_m);
    solid.pose.position = (struct vec3){x, y, i % 2 ? sizes[4] / 2 : sizes[2]};
    solid.pose.orientation = quat_from_yaw(seed_between(s, -PI, PI));
    return solid;
}

/* `scale`: of the obstacles' widths. */
static inline struct field field_make(struct seed_stream *s, size_t obstacles, double half_side_m, double scale)
{
    size_t count = FIELD_FRAME + obstacles;
    struct field field = {NEW_ARRAY(count, struct raycast_solid), count, half_side_m};
    double far = half_side_m + .1, long_m = half_side_m + .2;
    const struct raycast_solid frame[FIELD_FRAME] = {
        {.shape = {.kind = SHAPE_PLANE}, .pose.orientation = {0, 0, 0, 1}, .senses = ~0u},
        field_wall(-far, 0, .1, long_m), field_wall(0, -far, long_m, .1),
        field_wall(far, 0, .1, long_m), field_wall(0, far, long_m, .1),
    };
    for (size_t i = 0; i < FIELD_FRAME; i++)
        field.solids[i] = frame[i];
    for (size_t i = 0; i < obstacles; i++)
        field.solids[FIELD_FRAME + i] = field_obstacle(s, i, half_side_m, scale);
    return field;
}

static inline struct raycast *field_rays(const struct field *field)
{
    double side = field->half_side_m + 1;
    struct raycast *raycast = raycast_create(-side, -side, side, side, 2);
    for (size_t i = 0; i < field->count; i++)
        raycast_add(raycast, &field->solids[i]);
    return raycast;
}

/* Places 0.3 m up where a robot `wide_m` wide stands free. */
static inline void field_places(struct seed_stream *s, const struct raycast *raycast, double half_side_m, double wide_m,
                                struct vec3 *places, int count)
{
    for (int i = 0; i < count;) {
        struct pose2 at = {seed_between(s, -half_side_m, half_side_m), seed_between(s, -half_side_m, half_side_m), 0};
        if (raycast_clearance(raycast, at, wide_m, wide_m, 0, 1, wide_m, NULL) > 0)
            places[i++] = (struct vec3){at.x, at.y, .3};
    }
}

/* A lidar's beams all round, and a camera's pixels row by row, 80 degrees wide. */
static inline void field_beams(struct vec3 *beams, int count)
{
    for (int i = 0; i < count; i++)
        beams[i] = (struct vec3){cos(i * 2 * PI / count), sin(i * 2 * PI / count), 0};
}

static inline void field_pixels(struct vec3 *pixels, int width, int height)
{
    const double lens = 0.8390996311772799; /* tan of half of 80 degrees */
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            struct vec3 d = {1, lens * (1 - (2 * column + 1.0) / width), lens * (height - (2 * row + 1.0)) / width};
            pixels[row * width + column] = vec3_scale(d, 1 / vec3_length(d));
        }
}

#endif
