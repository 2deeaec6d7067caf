#include <stdlib.h>

#include "logs/memory.h"
#include "sim/render.h"
#include "sim/sensor.h"
#include "sim/stereo.h"

struct camera {
    struct {
        struct film_state film;
        struct seed_stream depth_noise;
    } state;
    const struct camera_config *config;
    bool colour, depth;
    struct pose3 mount;
    struct render *render;
    struct film film;
    size_t pixels;
    float *blurred; /* NULL: never */
    uint8_t *rgb;
    float *depth_m;
};

/* The gain is no noise: it stays what the light has made of it. */
static void seed(void *self, uint64_t seed)
{
    struct camera *camera = self;
    camera->state.film.noise = film_start(camera->config, seed).noise;
    camera->state.depth_noise = seed_stream_named(seed, "camera.depth_noise");
}

static void *create(const struct sensor_setup *setup)
{
    struct camera *camera = NEW(struct camera);
    const struct camera_config *config = &setup->scenario->camera;
    camera->config = config;
    camera->state.film = film_start(config, setup->seed);
    seed(camera, setup->seed);
    camera->colour = sensor_is_on(setup->on, SENSOR_CAMERA);
    camera->depth = sensor_is_on(setup->on, SENSOR_DEPTH);
    camera->mount = sensor_camera_mount(config);
    camera->render = render_create(setup->scenario);
    film_init(&camera->film, config, setup->seed);
    camera->pixels = (size_t)config->width * (size_t)config->height;
    if (config->blur_samples > 1)
        camera->blurred = NEW_ARRAY(3 * camera->pixels, float);
    camera->rgb = NEW_ARRAY(3 * camera->pixels, uint8_t);
    camera->depth_m = NEW_ARRAY(camera->pixels, float);
    return camera;
}

static void destroy(void *self)
{
    struct camera *camera = self;
    render_destroy(&camera->render);
    film_clear(&camera->film);
    free(camera->blurred);
    free(camera->rgb);
    free(camera->depth_m);
    free(camera);
}

/* K and P for pixel centres at whole coordinates, as image_geometry counts them. */
static void announce(const void *self, const struct sensor_moment *moment)
{
    const struct camera_config *c = ((const struct camera *)self)->config;
    double f = render_focal_px(c), cx = (c->width - 1) / 2.0, cy = (c->height - 1) / 2.0;
    double none[5] = {0};
    struct msg_camera_info info = {
        .header = sensor_header(moment, "camera_optical"),
        .height = (uint32_t)c->height,
        .width = (uint32_t)c->width,
        .distortion_model = "plumb_bob",
        .d = {none, COUNT_OF(none)},
        .k = {f, 0, cx, 0, f, cy, 0, 0, 1},
        .r = {1, 0, 0, 0, 1, 0, 0, 0, 1},
        .p = {f, 0, cx, 0, 0, f, cy, 0, 0, 0, 1, 0},
    };
    journal_publish(moment->def->journal, TOPIC_CAMERA_INFO, moment->now_ns, &info);
}

static void image_emit(const struct camera *camera, const struct sensor_moment *moment, enum topic topic,
                       const char *encoding, uint32_t pixel_bytes, void *data)
{
    uint32_t width = (uint32_t)camera->config->width, height = (uint32_t)camera->config->height;
    struct msg_image image = {
        .header = sensor_header(moment, "camera_optical"),
        .height = height,
        .width = width,
        .encoding = encoding,
        .step = width * pixel_bytes,
        .data = {data, width * height * pixel_bytes},
    };
    sensor_emit(moment, topic, &image);
}

/* Where the robot is a little later than now, or earlier, if it goes on as it does. */
static struct pose3 pose_after(const struct robot_state *truth, double seconds)
{
    struct vec3 turn = vec3_scale(truth->angular_radps, seconds / 2);
    struct quat small = {turn.x, turn.y, turn.z, 1}; /* to first order; exposures are short */
    double length = sqrt(1 + vec3_dot(turn, turn));
    small = (struct quat){small.x / length, small.y / length, small.z / length, 1 / length};
    return (struct pose3){vec3_add(truth->pose.position, vec3_scale(truth->linear_mps, seconds)),
                          quat_multiply(small, truth->pose.orientation)};
}

/* The mean of what is seen at blur_samples moments, evenly spread over the exposure, whose middle is now. */
static const float *blurred_draw(struct camera *camera, const struct sensor_moment *moment)
{
    const struct camera_config *c = camera->config;
    int samples = c->blur_samples;
    for (size_t i = 0; i < 3 * camera->pixels; i++)
        camera->blurred[i] = 0;
    for (int k = 0; k < samples; k++) {
        double after_s = c->exposure_s * ((k + 0.5) / samples - 0.5);
        struct pose3 eye = pose3_compose(pose_after(&moment->truth, after_s), camera->mount);
        const float *rgb = render_draw(camera->render, moment->def->world, eye, true, false).rgb;
        for (size_t i = 0; i < 3 * camera->pixels; i++)
            camera->blurred[i] += rgb[i] / (float)samples;
    }
    return camera->blurred;
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct camera *camera = self;
    struct pose3 eye = pose3_compose(moment->truth.pose, camera->mount);
    const float *blurred = camera->colour && camera->blurred ? blurred_draw(camera, moment) : NULL;
    struct render_frame truth =
        render_draw(camera->render, moment->def->world, eye, camera->colour, camera->depth);
    if (camera->colour) {
        film_develop(&camera->film, &camera->state.film, blurred ? blurred : truth.rgb, camera->rgb);
        image_emit(camera, moment, TOPIC_IMAGE, "rgb8", 3, camera->rgb);
    }
    if (camera->depth) {
        stereo_measure(&camera->film, &camera->state.depth_noise, truth.depth_m, camera->depth_m);
        image_emit(camera, moment, TOPIC_DEPTH, "32FC1", sizeof(float), camera->depth_m);
    }
    if (camera->colour)
        image_emit(camera, moment, TOPIC_LABELS, "mono8", 1, truth.labels);
}

const struct sensor_device sensor_camera = {
    .serves = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH,
    .state_size = sizeof((struct camera *)0)->state,
    .create = create,
    .seed = seed,
    .destroy = destroy,
    .announce = announce,
    .sample = sample,
};
