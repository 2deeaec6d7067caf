#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "perception/sonar.h"
#include "sim/material.h"
#include "sim/sensor.h"

/* A cone is felt out by rays in its middle and on three circles: 6, 12 and 18 of them. */
enum { CIRCLES = 3, CONE_RAYS = 1 + 6 * (1 + 2 + 3), FRAME_BYTES = 24 };

struct ultrasonic {
    struct {
        struct seed_stream noise, dropout;
    } state;
    const struct scenario *scenario;
    const struct ultrasonic_config *config;
    double cos_incidence;
    struct pose3 mounts[SONAR_MAX];
    char frames[SONAR_MAX][FRAME_BYTES];
    struct vec3 cone[CONE_RAYS]; /* unit, x ahead */
};

static void seed(void *self, uint64_t seed)
{
    struct ultrasonic *ring = self;
    ring->state.noise = seed_stream_named(seed, "ultrasonic.range_noise");
    ring->state.dropout = seed_stream_named(seed, "ultrasonic.dropout");
}

static void cone_fill(struct vec3 cone[CONE_RAYS], double fov_rad)
{
    *cone++ = (struct vec3){1, 0, 0};
    for (int circle = 1; circle <= CIRCLES; circle++) {
        double off = fov_rad / 2 * circle / CIRCLES;
        for (int i = 0; i < 6 * circle; i++) {
            double turn = 2 * PI * i / (6 * circle);
            *cone++ = (struct vec3){cos(off), sin(off) * cos(turn), sin(off) * sin(turn)};
        }
    }
}

static void *create(const struct sensor_setup *setup)
{
    struct ultrasonic *ring = NEW(struct ultrasonic);
    const struct ultrasonic_config *config = &setup->scenario->ultrasonic;
    ASSERT(config->count > 0 && config->count <= SONAR_MAX);
    ring->config = config;
    ring->cos_incidence = cos(config->incidence_rad);
    seed(ring, setup->seed);
    for (int i = 0; i < config->count; i++) {
        struct pose2 at = sonar_mount(i, config->count, setup->robot->length_m, setup->robot->width_m);
        ring->mounts[i] = (struct pose3){{at.x, at.y, config->z_m}, quat_from_yaw(at.yaw)};
        snprintf(ring->frames[i], FRAME_BYTES, "ultrasonic_%d", i);
    }
    cone_fill(ring->cone, config->fov_rad);
    return ring;
}

/* The nearest surface in the cone that is not turned too far away to send the sound back. Infinite: none. */
static double echo_m(const struct ultrasonic *ring, const struct world *world, struct pose3 eye)
{
    struct vec3 rays[CONE_RAYS];
    struct raycast_hit hits[CONE_RAYS];
    double nearest = HUGE_VAL;
    for (size_t i = 0; i < CONE_RAYS; i++)
        rays[i] = quat_rotate(eye.orientation, ring->cone[i]);
    raycast_rays(world->raycast, eye.position, rays, CONE_RAYS, ring->config->range_max_m, SENSE_TOUCH, hits);
    for (size_t i = 0; i < CONE_RAYS; i++)
        if (hits[i].material >= 0 && -vec3_dot(hits[i].normal, rays[i]) >= ring->cos_incidence)
            nearest = fmin(nearest, hits[i].distance_m);
    return nearest;
}

static float measure(struct ultrasonic *ring, double distance_m)
{
    const struct ultrasonic_config *c = ring->config;
    double noise = c->noise_m * seed_gaussian(&ring->state.noise);
    bool lost = seed_uniform(&ring->state.dropout) < c->dropout;
    if (lost || distance_m >= c->range_max_m)
        return INFINITY;
    return (float)clamp(distance_m + noise, c->range_min_m, c->range_max_m);
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct ultrasonic *ring = self;
    const struct ultrasonic_config *c = ring->config;
    struct msg_range ranges[SONAR_MAX];
    for (int i = 0; i < c->count; i++) {
        struct pose3 eye = pose3_compose(moment->truth.pose, ring->mounts[i]);
        ranges[i] = (struct msg_range){
            .header = sensor_header(moment, ring->frames[i]),
            .field_of_view = (float)c->fov_rad,
            .min_range = (float)c->range_min_m,
            .max_range = (float)c->range_max_m,
            .range = measure(ring, echo_m(ring, moment->def->world, eye)),
            .variance = (float)square(c->noise_m),
        };
    }
    struct msg_range_array message = {.header = sensor_header(moment, "base_link"),
                                      .ranges = {ranges, (uint32_t)c->count}};
    sensor_emit(moment, TOPIC_ULTRASONIC, &message);
}

const struct sensor_device sensor_ultrasonic = {
    .serves = 1u << SENSOR_ULTRASONIC,
    .state_size = sizeof((struct ultrasonic *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = free,
    .sample = sample,
};
