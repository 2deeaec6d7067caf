#include <stdlib.h>

#include "logs/memory.h"
#include "sim/render.h"
#include "sim/sensor.h"

enum { LEVELS = 256 };

struct camera {
    struct {
        struct seed_stream noise, depth_noise;
    } state;
    const struct camera_config *config;
    bool colour, depth;
    struct pose3 mount;
    struct render *render;
    float gaussian[LEVELS];
    size_t pixels;
    uint8_t *rgb;
    float *depth_m;
};

/* One gaussian per random byte: the middles of 256 slices of equal probability, stretched to variance 1. It reaches 2.9
 * sigma, which is enough for pixels and costs a hundredth of Box-Muller. */
static void gaussian_fill(float table[LEVELS])
{
    double x[LEVELS], squares = 0, root = 0;
    for (int i = LEVELS / 2; i < LEVELS; i++) {
        double p = (i + 0.5) / LEVELS;
        for (int step = 0; step < 12; step++) /* Newton; from the left of the root it never overshoots */
            root += (p - 0.5 * (1 + erf(root / sqrt(2)))) * sqrt(2 * PI) * exp(root * root / 2);
        x[i] = root;
        squares += 2 * root * root;
    }
    double stretch = sqrt(LEVELS / squares);
    for (int i = LEVELS / 2; i < LEVELS; i++) {
        table[i] = (float)(x[i] * stretch);
        table[LEVELS - 1 - i] = -table[i];
    }
}

/* Eight draws from one word. */
struct byte_draws {
    struct seed_stream *stream;
    uint64_t word;
    unsigned left;
};

static inline unsigned byte_next(struct byte_draws *draws)
{
    if (draws->left == 0) {
        draws->word = seed_u64(draws->stream);
        draws->left = 8;
    }
    unsigned byte = draws->word & 0xff;
    draws->word >>= 8;
    draws->left--;
    return byte;
}

static void seed(void *self, uint64_t seed)
{
    struct camera *camera = self;
    camera->state.noise = seed_stream_named(seed, "camera.noise");
    camera->state.depth_noise = seed_stream_named(seed, "camera.depth_noise");
}

static void *create(const struct sensor_setup *setup)
{
    struct camera *camera = NEW(struct camera);
    const struct camera_config *config = &setup->scenario->camera;
    camera->config = config;
    seed(camera, setup->seed);
    camera->colour = sensor_is_on(setup->on, SENSOR_CAMERA);
    camera->depth = sensor_is_on(setup->on, SENSOR_DEPTH);
    camera->mount = sensor_camera_mount(config);
    camera->render = render_create(setup->scenario);
    camera->pixels = (size_t)config->width * (size_t)config->height;
    camera->rgb = NEW_ARRAY(3 * camera->pixels, uint8_t);
    camera->depth_m = NEW_ARRAY(camera->pixels, float);
    gaussian_fill(camera->gaussian);
    return camera;
}

static void destroy(void *self)
{
    struct camera *camera = self;
    render_destroy(&camera->render);
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

static void colour_measure(struct camera *camera, const float *truth)
{
    struct byte_draws draws = {.stream = &camera->state.noise};
    float sigma = (float)(255 * camera->config->noise);
    for (size_t i = 0; i < 3 * camera->pixels; i++) {
        float value = truth[i] + sigma * camera->gaussian[byte_next(&draws)] + 0.5f;
        camera->rgb[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static void depth_measure(struct camera *camera, const float *truth)
{
    struct byte_draws draws = {.stream = &camera->state.depth_noise};
    float sigma = (float)camera->config->depth_noise;
    float low = (float)camera->config->depth_min_m, high = (float)camera->config->depth_max_m;
    for (size_t i = 0; i < camera->pixels; i++) {
        float z = truth[i] + sigma * truth[i] * truth[i] * camera->gaussian[byte_next(&draws)];
        camera->depth_m[i] = truth[i] <= high && z >= low && z <= high ? z : NAN;
    }
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct camera *camera = self;
    struct pose3 eye = pose3_compose(moment->truth.pose, camera->mount);
    struct render_frame truth =
        render_draw(camera->render, moment->def->world, eye, camera->colour, camera->depth);
    if (camera->colour) {
        colour_measure(camera, truth.rgb);
        image_emit(camera, moment, TOPIC_IMAGE, "rgb8", 3, camera->rgb);
    }
    if (camera->depth) {
        depth_measure(camera, truth.depth_m);
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
