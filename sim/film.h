/* sim/film.h - from brightness to bytes: exposure, gain, noise and a dirty lens.
 *
 *   caught = brightness * exposure_s / FILM_STANDARD_S * (what the dirt lets through)
 *   byte   = gain * (caught + sigma(caught) * gaussian), cut to 0..255
 *   sigma  = 255 * sqrt(noise^2 + shot_noise^2 * caught / 255): the read-out's part, and the photons', which grows with
 *            the root of how many were caught
 * Automatic exposure moves the gain after each picture half of the way (in stops) to where the mean byte would be
 * FILM_TARGET, between 1 / gain_max and gain_max. Dirt is drawn once an episode: soft round spots. */
#ifndef SIM_FILM_H
#define SIM_FILM_H

#include "logs/seed.h"
#include "sim/scenario.h"

#define FILM_STANDARD_S 0.01
enum { FILM_TARGET = 110, FILM_LEVELS = 256, FILM_SIGMAS = 1024 };

struct film_state { /* changes from picture to picture; plain words, for the state hash */
    struct seed_stream noise;
    double gain;
};

struct film {
    const struct camera_config *config; /* borrowed */
    float gaussian[FILM_LEVELS];        /* one for each random byte */
    float sigma[FILM_SIGMAS];           /* by whole level caught */
    float *clear;                       /* owned; what each pixel's piece of lens lets through; NULL: clean */
    size_t pixels;
};

void film_init(struct film *film, const struct camera_config *config, uint64_t seed);
void film_clear(struct film *film);
struct film_state film_start(const struct camera_config *config, uint64_t seed);
/* 3 * pixels of both. */
void film_develop(const struct film *film, struct film_state *state, const float *brightness, uint8_t *rgb);

/* Random bytes, eight from one word of a stream: for noise by the table above. */
struct film_draws {
    struct seed_stream *stream;
    uint64_t word;
    unsigned left;
};
static inline unsigned film_draw(struct film_draws *draws)
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

#endif
