#include <stdlib.h>

#include "logs/memory.h"
#include "sim/sensor.h"

struct lidar {
    struct {
        struct seed_stream noise, dropout;
    } state;
    const struct lidar_config *config;
    struct pose3 mount;
    struct vec3 *in_base, *in_world; /* unit directions of the beams */
    struct raycast_hit *hits;
    float *ranges;
};

static double increment_rad(const struct lidar_config *config) { return 2 * PI / config->beams; }

static void seed(void *self, uint64_t seed)
{
    struct lidar *lidar = self;
    lidar->state.noise = seed_stream_named(seed, "lidar.range_noise");
    lidar->state.dropout = seed_stream_named(seed, "lidar.dropout");
}

static void *create(const struct sensor_setup *setup)
{
    struct lidar *lidar = NEW(struct lidar);
    const struct lidar_config *config = &setup->scenario->lidar;
    ASSERT(config->beams > 0);
    size_t beams = (size_t)config->beams;
    lidar->config = config;
    lidar->mount = sensor_lidar_mount(config);
    seed(lidar, setup->seed);
    lidar->in_base = NEW_ARRAY(beams, struct vec3);
    lidar->in_world = NEW_ARRAY(beams, struct vec3);
    lidar->hits = NEW_ARRAY(beams, struct raycast_hit);
    lidar->ranges = NEW_ARRAY(beams, float);
    for (size_t i = 0; i < beams; i++) {
        double angle = -PI + (double)i * increment_rad(config) + config->yaw_rad;
        lidar->in_base[i] = (struct vec3){cos(angle), sin(angle), 0};
    }
    return lidar;
}

static void destroy(void *self)
{
    struct lidar *lidar = self;
    free(lidar->in_base);
    free(lidar->in_world);
    free(lidar->hits);
    free(lidar->ranges);
    free(lidar);
}

/* REP 117: +inf is "nothing within range"; a return is always inside range_min .. range_max. */
static float measure(struct lidar *lidar, double distance_m)
{
    const struct lidar_config *c = lidar->config;
    double noise = c->noise_m * seed_gaussian(&lidar->state.noise);
    bool lost = seed_uniform(&lidar->state.dropout) < c->dropout;
    if (lost || distance_m >= c->range_max_m)
        return INFINITY;
    return (float)clamp(distance_m + noise, c->range_min_m, c->range_max_m);
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct lidar *lidar = self;
    const struct lidar_config *c = lidar->config;
    size_t beams = (size_t)c->beams;
    for (size_t i = 0; i < beams; i++)
        lidar->in_world[i] = quat_rotate(moment->truth.pose.orientation, lidar->in_base[i]);
    struct vec3 eye = pose3_apply(moment->truth.pose, lidar->mount.position);
    raycast_rays(moment->def->world->raycast, eye, lidar->in_world, beams, c->range_max_m, SENSE_LIDAR, lidar->hits);
    for (size_t i = 0; i < beams; i++)
        lidar->ranges[i] = measure(lidar, lidar->hits[i].distance_m);
    struct msg_laser_scan scan = {
        .header = sensor_header(moment, "lidar"),
        .angle_min = (float)-PI,
        .angle_max = (float)(PI - increment_rad(c)),
        .angle_increment = (float)increment_rad(c),
        .scan_time = (float)(1 / c->rate_hz),
        .range_min = (float)c->range_min_m,
        .range_max = (float)c->range_max_m,
        .ranges = {lidar->ranges, (uint32_t)beams},
    };
    sensor_emit(moment, TOPIC_SCAN, &scan);
}

const struct sensor_device sensor_lidar = {
    .serves = 1u << SENSOR_LIDAR,
    .state_size = sizeof((struct lidar *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = destroy,
    .sample = sample,
};
