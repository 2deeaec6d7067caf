#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/echo.h"
#include "sim/mirror.h"
#include "sim/sensor.h"
#include "sim/sweep.h"

/* A point of /points: x, y, z, intensity, ring and two bytes that keep the next one aligned. */
enum { POINT_BYTES = 20, POINT_FLOAT32 = 7, POINT_UINT16 = 4 };

struct lidar {
    struct {
        struct seed_stream noise, dropout;
        uint64_t swept; /* hash of the poses in `sweep` so far */
    } state;
    const struct lidar_config *config;
    struct pose3 mount;
    size_t beams, rings, rays; /* rays: of one beam */
    struct vec3 *in_base, *in_world; /* unit directions: [beam][ring][ray] */
    struct raycast_hit *hits;
    float *ranges, *intensities; /* [ring][beam] */
    uint8_t *points;             /* the same as a cloud; NULL with a single ring */
    struct sweep sweep;          /* if motion_distortion */
};

static double increment_rad(const struct lidar_config *config) { return 2 * PI / config->beams; }
static double azimuth_rad(const struct lidar_config *config, size_t beam)
{
    return -PI + (double)beam * increment_rad(config);
}
/* Ring 0 is the lowest, rings / 2 the level one. */
static double elevation_rad(const struct lidar_config *config, size_t ring)
{
    return ((double)ring - config->rings / 2) * config->ring_step_rad;
}

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
    ASSERT(config->beams > 0 && config->rings > 0);
    lidar->config = config;
    lidar->mount = sensor_lidar_mount(config);
    lidar->beams = (size_t)config->beams;
    lidar->rings = (size_t)config->rings;
    lidar->rays = (size_t)echo_rays(config);
    seed(lidar, setup->seed);
    size_t cells = lidar->beams * lidar->rings;
    lidar->in_base = NEW_ARRAY(cells * lidar->rays, struct vec3);
    lidar->in_world = NEW_ARRAY(cells * lidar->rays, struct vec3);
    lidar->hits = NEW_ARRAY(cells * lidar->rays, struct raycast_hit);
    lidar->ranges = NEW_ARRAY(cells, float);
    lidar->intensities = NEW_ARRAY(cells, float);
    if (lidar->rings > 1)
        lidar->points = NEW_ARRAY(cells * POINT_BYTES, uint8_t);
    if (config->motion_distortion)
        sweep_init(&lidar->sweep, (size_t)llround(setup->scenario->world.physics_hz / config->rate_hz));
    for (size_t i = 0; i < cells; i++)
        echo_directions(config, azimuth_rad(config, i / lidar->rings) + config->yaw_rad,
                        elevation_rad(config, i % lidar->rings), lidar->in_base + i * lidar->rays);
    return lidar;
}

static void destroy(void *self)
{
    struct lidar *lidar = self;
    void *owned[] = {lidar->in_base, lidar->in_world, lidar->hits, lidar->ranges, lidar->intensities, lidar->points};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    sweep_clear(&lidar->sweep);
    free(lidar);
}

static void observe(void *self, const struct world *world, const struct robot *robot)
{
    struct lidar *lidar = self;
    if (!lidar->sweep.poses)
        return;
    struct pose3 pose = robot_state(robot, world).pose;
    sweep_put(&lidar->sweep, pose);
    lidar->state.swept = hash_bytes(lidar->state.swept, &pose, sizeof pose);
}

/* Rays `first` to `first + count`, all from where the robot is in `pose`. */
static void cast(struct lidar *lidar, const struct world *world, struct pose3 pose, size_t first, size_t count)
{
    const struct lidar_config *c = lidar->config;
    struct vec3 eye = pose3_apply(pose, lidar->mount.position);
    for (size_t i = first; i < first + count; i++)
        lidar->in_world[i] = quat_rotate(pose.orientation, lidar->in_base[i]);
    raycast_rays(world->raycast, eye, lidar->in_world + first, count, c->range_max_m, SENSE_LIDAR,
                 lidar->hits + first);
    for (size_t i = first; i < first + count; i++)
        if (mirror_is(&lidar->hits[i]))
            mirror_follow(world->raycast, eye, &lidar->in_world[i], c->range_max_m, SENSE_LIDAR, &lidar->hits[i]);
}

/* A whole turn at once, or each beam from where the robot was when it was fired: the last one ends now. Only the
 * robot's own motion is undone; what else moves stands where it is now. */
static void look(struct lidar *lidar, const struct sensor_moment *moment)
{
    size_t beam_rays = lidar->rings * lidar->rays;
    if (!lidar->sweep.poses) {
        cast(lidar, moment->def->world, moment->truth.pose, 0, lidar->beams * beam_rays);
        return;
    }
    double steps = (double)lidar->sweep.steps / (double)lidar->beams;
    for (size_t i = 0; i < lidar->beams; i++)
        cast(lidar, moment->def->world, sweep_pose(&lidar->sweep, steps * (double)(lidar->beams - i)), i * beam_rays,
             beam_rays);
}

/* REP 117: +inf is "nothing within range"; a return is always inside range_min .. range_max. */
static float measure(struct lidar *lidar, const struct echo *echo)
{
    const struct lidar_config *c = lidar->config;
    double noise = c->noise_m * seed_gaussian(&lidar->state.noise);
    bool lost = seed_uniform(&lidar->state.dropout) < echo->loss;
    if (lost || echo->range_m >= c->range_max_m)
        return INFINITY;
    return (float)clamp(echo->range_m + noise, c->range_min_m, c->range_max_m);
}

static void measure_all(struct lidar *lidar)
{
    for (size_t beam = 0; beam < lidar->beams; beam++)
        for (size_t ring = 0; ring < lidar->rings; ring++) {
            size_t first = (beam * lidar->rings + ring) * lidar->rays, cell = ring * lidar->beams + beam;
            struct echo echo = echo_of(lidar->config, lidar->in_world + first, lidar->hits + first);
            lidar->ranges[cell] = measure(lidar, &echo);
            lidar->intensities[cell] = isinf(lidar->ranges[cell]) ? 0 : (float)echo.intensity;
        }
}

/* Organised: a row for each ring, NaN where nothing came back; in the scanner's frame. */
static void points_emit(struct lidar *lidar, const struct sensor_moment *moment, struct msg_header header)
{
    struct msg_point_field fields[] = {{"x", 0, POINT_FLOAT32, 1},
                                       {"y", 4, POINT_FLOAT32, 1},
                                       {"z", 8, POINT_FLOAT32, 1},
                                       {"intensity", 12, POINT_FLOAT32, 1},
                                       {"ring", 16, POINT_UINT16, 1}};
    uint32_t beams = (uint32_t)lidar->beams, rings = (uint32_t)lidar->rings;
    for (size_t cell = 0; cell < lidar->beams * lidar->rings; cell++) {
        size_t ring = cell / lidar->beams;
        double a = azimuth_rad(lidar->config, cell % lidar->beams), e = elevation_rad(lidar->config, ring);
        double range = isinf(lidar->ranges[cell]) ? (double)NAN : (double)lidar->ranges[cell];
        float values[] = {(float)(range * cos(e) * cos(a)), (float)(range * cos(e) * sin(a)), (float)(range * sin(e)),
                          lidar->intensities[cell]};
        uint16_t number = (uint16_t)ring;
        memcpy(lidar->points + cell * POINT_BYTES, values, sizeof values);
        memcpy(lidar->points + cell * POINT_BYTES + sizeof values, &number, sizeof number);
    }
    struct msg_point_cloud2 cloud = {
        .header = header,
        .height = rings,
        .width = beams,
        .fields = {fields, COUNT_OF(fields)},
        .point_step = POINT_BYTES,
        .row_step = POINT_BYTES * beams,
        .data = {lidar->points, POINT_BYTES * beams * rings},
    };
    sensor_emit(moment, TOPIC_POINTS, &cloud);
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct lidar *lidar = self;
    const struct lidar_config *c = lidar->config;
    look(lidar, moment);
    measure_all(lidar);
    struct msg_header header = sensor_header(moment, "lidar");
    if (c->motion_distortion) /* the stamp is the first beam's */
        header.stamp = message_time(moment->now_ns - llround(1e9 / c->rate_hz));
    struct msg_laser_scan scan = {
        .header = header,
        .angle_min = (float)-PI,
        .angle_max = (float)(PI - increment_rad(c)),
        .angle_increment = (float)increment_rad(c),
        .time_increment = c->motion_distortion ? (float)(1 / c->rate_hz / c->beams) : 0,
        .scan_time = (float)(1 / c->rate_hz),
        .range_min = (float)c->range_min_m,
        .range_max = (float)c->range_max_m,
        .ranges = {lidar->ranges + lidar->rings / 2 * lidar->beams, (uint32_t)lidar->beams},
    };
    sensor_emit(moment, TOPIC_SCAN, &scan);
    if (lidar->points)
        points_emit(lidar, moment, header);
}

const struct sensor_device sensor_lidar = {
    .serves = 1u << SENSOR_LIDAR,
    .state_size = sizeof((struct lidar *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = destroy,
    .sample = sample,
    .observe = observe,
};
