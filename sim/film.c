#include "sim/film.h"

#include <stdlib.h>

#include "logs/memory.h"

static const double DIRT_CORE = 0.5; /* this share of a spot's radius is as thick as its middle */

/* The middles of 256 slices of equal probability, stretched to variance 1. It reaches 2.9 sigma, which is enough for
 * pixels and costs a hundredth of Box-Muller. */
static void gaussian_fill(float table[FILM_LEVELS])
{
    double x[FILM_LEVELS], squares = 0, root = 0;
    for (int i = FILM_LEVELS / 2; i < FILM_LEVELS; i++) {
        double p = (i + 0.5) / FILM_LEVELS;
        for (int step = 0; step < 12; step++) /* Newton; from the left of the root it never overshoots */
            root += (p - 0.5 * (1 + erf(root / sqrt(2)))) * sqrt(2 * PI) * exp(root * root / 2);
        x[i] = root;
        squares += 2 * root * root;
    }
    double stretch = sqrt(FILM_LEVELS / squares);
    for (int i = FILM_LEVELS / 2; i < FILM_LEVELS; i++) {
        table[i] = (float)(x[i] * stretch);
        table[FILM_LEVELS - 1 - i] = -table[i];
    }
}

/* One soft spot: as thick as it gets up to DIRT_CORE of its radius, then thinner to nothing at the rim. */
static void spot_put(struct film *film, double u, double v, double radius_px)
{
    const struct camera_config *c = film->config;
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            double away = sqrt(square(x - u) + square(y - v)) / radius_px;
            double thick = clamp((1 - away) / (1 - DIRT_CORE), 0, 1);
            film->clear[(size_t)y * (size_t)c->width + (size_t)x] *= (float)(1 - c->dirt_opacity * thick);
        }
}

static void dirt_fill(struct film *film, uint64_t seed)
{
    const struct camera_config *c = film->config;
    struct seed_stream stream = seed_stream_named(seed, "camera.dirt");
    film->clear = NEW_ARRAY(film->pixels, float);
    for (size_t i = 0; i < film->pixels; i++)
        film->clear[i] = 1;
    for (int i = 0; i < c->dirt_spots; i++) {
        double u = seed_between(&stream, 0, c->width), v = seed_between(&stream, 0, c->height);
        spot_put(film, u, v, c->dirt_size * c->width * seed_between(&stream, 0.5, 1.5));
    }
}

void film_init(struct film *film, const struct camera_config *config, uint64_t seed)
{
    ASSERT(config->width > 0 && config->height > 0 && config->exposure_s > 0);
    *film = (struct film){.config = config, .pixels = (size_t)config->width * (size_t)config->height};
    gaussian_fill(film->gaussian);
    for (int i = 0; i < FILM_SIGMAS; i++)
        film->sigma[i] = (float)(255 * sqrt(square(config->noise) + square(config->shot_noise) * i / 255));
    if (config->dirt_spots > 0)
        dirt_fill(film, seed);
}

void film_clear(struct film *film)
{
    free(film->clear);
    *film = (struct film){0};
}

struct film_state film_start(const struct camera_config *config, uint64_t seed)
{
    return (struct film_state){seed_stream_named(seed, "camera.noise"), config->gain};
}

/* Half of the way in stops is the square root of the whole. */
static double next_gain(const struct camera_config *config, double gain, uint64_t sum, size_t samples)
{
    double mean = fmax((double)sum / (double)samples, 1);
    return clamp(gain * sqrt(FILM_TARGET / mean), 1 / config->gain_max, config->gain_max);
}

void film_develop(const struct film *film, struct film_state *state, const float *brightness, uint8_t *rgb)
{
    const struct camera_config *c = film->config;
    struct film_draws draws = {.stream = &state->noise};
    float caught = (float)(c->exposure_s / FILM_STANDARD_S), gain = (float)state->gain;
    uint64_t sum = 0;
    for (size_t i = 0; i < 3 * film->pixels; i++) {
        float signal = brightness[i] * caught;
        if (film->clear)
            signal *= film->clear[i / 3];
        float sigma = film->sigma[signal < FILM_SIGMAS - 1 ? (int)signal : FILM_SIGMAS - 1];
        float value = gain * (signal + sigma * film->gaussian[film_draw(&draws)]) + 0.5f;
        rgb[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        sum += rgb[i];
    }
    if (c->auto_exposure)
        state->gain = next_gain(c, state->gain, sum, 3 * film->pixels);
}
