#include "sim/album.h"

#include <stdio.h>
#include <string.h>

#include "sim/film.h"
#include "sim/render.h"
#include "sim/sensor.h"
#include "sim/texture.h"
#include "sim/world.h"

enum { PLACE_TRIES = 200, MOVE_STEPS = 20 };
static const double MOVE_STEP_S = 0.05, ROOM_M = 0.08; /* between body and whatever is near */
static const double EYES_M = 0.5;                      /* as high as a camera may sit in what else is free */

static size_t pixels_of(const struct album *album)
{
    return (size_t)album->camera.width * (size_t)album->camera.height;
}

size_t album_size(const struct album_order *order)
{
    ASSERT(order->width > 0 && order->height > 0);
    return sizeof(struct album) + order->pictures * 4 * (size_t)order->width * (size_t)order->height;
}

const uint8_t *album_rgb(const struct album *album, size_t index)
{
    ASSERT(index < album->count);
    return album->pictures + index * 4 * pixels_of(album);
}

const uint8_t *album_labels(const struct album *album, size_t index)
{
    return album_rgb(album, index) + 3 * pixels_of(album);
}

/* --- the world varied ------------------------------------------------ */

static bool chance(struct seed_stream *stream, double share) { return seed_uniform(stream) < share; }

static void vary_light(struct scenario *s, struct seed_stream *stream)
{
    struct world_config *w = &s->world;
    if (!chance(stream, 0.5))
        return;
    w->ambient = 0.04 * pow(15, seed_uniform(stream));
    w->sun = chance(stream, 0.5) ? seed_between(stream, 0, 0.8) : 0;
    w->sun_azimuth_rad = seed_between(stream, -PI, PI);
    w->sun_elevation_rad = seed_between(stream, 0.2, 1.4);
    w->shadows = chance(stream, 0.3);
}

/* From white over candle light to a lamp that makes a grey floor yellow. */
static void vary_lamps(struct scenario *s, struct seed_stream *stream)
{
    size_t count = chance(stream, 0.5) ? 1 + seed_below(stream, 3) : 0;
    for (size_t i = 0; i < count && s->lamp_count < SCENARIO_LAMPS_MAX; i++) {
        struct lamp *lamp = &s->lamps[s->lamp_count++];
        double warm = seed_uniform(stream);
        *lamp = (struct lamp){.at = {seed_between(stream, s->x0_m, s->x1_m),
                                     seed_between(stream, s->y0_m, s->y1_m), seed_between(stream, 0.8, 2.2)},
                              .power = 0.2 * pow(10, seed_uniform(stream)),
                              .colour = {1, 1 - warm * seed_between(stream, 0.1, 0.4),
                                         1 - warm * seed_between(stream, 0.5, 1)}};
        snprintf(lamp->name, sizeof lamp->name, "lamp %zu", i + 1);
    }
}

static void vary_textures(struct scenario *s, struct seed_stream *stream)
{
    for (size_t i = 0; i < s->solid_count; i++) {
        struct solid *solid = &s->solids[i];
        int texture = (int)seed_below(stream, (uint64_t)texture_count);
        bool is_sign = solid->texture > 0 && texture_table[solid->texture - 1].sign;
        if (chance(stream, 0.25) && !is_sign && !solid->ground && !texture_table[texture].sign)
            solid->texture = texture + 1;
    }
}

static void vary_camera(const struct camera_config *standard, struct camera_config *c,
                        struct seed_stream *stream)
{
    *c = *standard;
    c->noise = 0.004 * pow(6, seed_uniform(stream));
    c->shot_noise = 0.02 * seed_uniform(stream);
    c->gain = pow(1.8, seed_between(stream, -1, 1));
    c->auto_exposure = false; /* there is no picture before */
    c->dirt_spots = chance(stream, 0.25) ? (int)(1 + seed_below(stream, 5)) : 0;
    c->dirt_opacity = seed_between(stream, 0.3, 0.9);
}

/* --- a picture ------------------------------------------------ */

struct studio {
    const struct album_order *order;
    const struct scenario *scenario;
    struct world *world;
    struct render *render;
    struct seed_stream places, vary;
};

static bool place_find(struct studio *studio, struct pose2 *pose)
{
    const struct scenario *s = studio->scenario;
    for (int i = 0; i < PLACE_TRIES; i++) {
        *pose = (struct pose2){seed_between(&studio->places, s->x0_m, s->x1_m),
                               seed_between(&studio->places, s->y0_m, s->y1_m),
                               seed_between(&studio->places, -PI, PI)};
        if (raycast_clearance(studio->world->raycast, *pose, s->robot.length_m, s->robot.width_m, 0.05,
                              EYES_M, ROOM_M, NULL) >= ROOM_M)
            return true;
    }
    return false;
}

/* Two seconds, or less; nobody pushes anything. */
static void time_pass(struct studio *studio)
{
    uint64_t steps = 1 + seed_below(&studio->vary, 2 * MOVE_STEPS);
    for (uint64_t i = 0; i < steps; i++)
        world_move_actors(studio->world, NULL, 0, MOVE_STEP_S);
    world_update_rays(studio->world);
}

static struct pose3 eye_of(struct studio *studio, struct pose2 pose)
{
    double lean = studio->order->plain ? 0 : 0.012;
    double roll = lean * seed_gaussian(&studio->vary), pitch = lean * seed_gaussian(&studio->vary);
    struct pose3 base = {{pose.x, pose.y, 0},
                         quat_multiply(quat_from_yaw(pose.yaw), quat_from_rpy(roll, pitch, 0))};
    return pose3_compose(base, sensor_camera_mount(&studio->scenario->camera));
}

static void picture_take(struct studio *studio, struct pose2 pose, uint64_t seed, uint8_t *rgb,
                         uint8_t *labels)
{
    struct camera_config config = studio->scenario->camera;
    size_t pixels = (size_t)config.width * (size_t)config.height;
    if (!studio->order->plain)
        vary_camera(&studio->scenario->camera, &config, &studio->vary);
    struct render_frame frame = render_draw(studio->render, studio->world, eye_of(studio, pose), true, false);
    struct film film;
    film_init(&film, &config, seed);
    struct film_state state = film_start(&config, seed);
    film_develop(&film, &state, frame.rgb, rgb);
    memcpy(labels, frame.labels, pixels);
    film_clear(&film);
}

static void pictures_take(struct studio *studio, uint64_t seed, struct album *album)
{
    size_t pixels = pixels_of(album);
    struct pose2 pose;
    while (album->count < studio->order->pictures) {
        uint8_t *at = album->pictures + album->count * 4 * pixels;
        time_pass(studio);
        if (!place_find(studio, &pose))
            return;
        picture_take(studio, pose, seed + UINT64_C(0x9e3779b97f4a7c15) * (album->count + 1), at,
                     at + 3 * pixels);
        album->count++;
    }
}

/* --- an album ------------------------------------------------ */

static struct camera camera_of(const struct camera_config *c)
{
    return (struct camera){.width = c->width,
                           .height = c->height,
                           .focal_px = render_focal_px(c),
                           .mount = sensor_camera_mount(c),
                           .min_m = c->depth_min_m,
                           .max_m = c->depth_max_m};
}

static enum status scenario_ready(const struct album_order *order, struct scenario *s, uint64_t seed,
                                  struct seed_stream *vary, struct error *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < order->set_count && !status; i++)
        if ((status = scenario_set(s, order->sets[i], err)))
            error_context(err, "--set %s", order->sets[i]);
    if (!status)
        status = scenario_expand(s, seed, err);
    s->camera.width = order->width;
    s->camera.height = order->height;
    if (status || order->plain)
        return status;
    vary_light(s, vary);
    vary_lamps(s, vary);
    vary_textures(s, vary);
    return STATUS_OK;
}

static enum status fill(const struct album_order *order, const char *name, uint64_t seed, struct album *album,
                        struct error *err)
{
    struct studio studio = {.order = order,
                            .places = seed_stream_named(seed, "album.places"),
                            .vary = seed_stream_named(seed, "album.vary")};
    struct scenario *scenario = scenario_load(name, err);
    if (!scenario)
        return err->status;
    enum status status = scenario_ready(order, scenario, seed, &studio.vary, err);
    if (!status && !(studio.world = world_create(scenario, seed, err)))
        status = err->status;
    if (!status) {
        studio.scenario = scenario;
        studio.render = render_create(scenario);
        album->camera = camera_of(&scenario->camera);
        pictures_take(&studio, seed, album);
        render_destroy(&studio.render);
    }
    world_destroy(&studio.world);
    scenario_destroy(&scenario);
    return status;
}

void album_fill(const struct album_order *order, const char *scenario, uint64_t seed, struct album *album)
{
    album->status = fill(order, scenario, seed, album, &album->err);
}
