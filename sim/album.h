/* sim/album.h - pictures with their true labels, to learn from: a world as its scenario and seed make it,
 * looked at from places drawn at random, by a camera that is never twice the same.
 *
 * What varies beyond the scenario: the light (half of the worlds), lamps of any colour, patterns on
 * solids (never those of signs), and from picture to picture noise, gain, dirt on the lens and how the
 * robot leans. People and doors move on between pictures. The camera sits where the scenario has it. A
 * place is free if the robot's body would be.
 *
 * An album is plain bytes without pointers, so that it can cross a pipe. Same order, scenario and seed:
 * same bytes. */
#ifndef SIM_ALBUM_H
#define SIM_ALBUM_H

#include "perception/camera.h"
#include "sim/scenario.h"

struct album_order {
    int width, height;       /* whatever the scenario says */
    size_t pictures;         /* of each world */
    const char *const *sets; /* PATH=VALUE, as scenario_set takes them */
    size_t set_count;
    bool plain; /* nothing varies but place and noise: pictures as the robot sees them there */
};

struct album { /* followed by its pictures: rgb, 3 bytes a pixel, then labels, 1 byte a pixel */
    enum status status;
    struct error err;
    struct camera camera;
    uint32_t count; /* may be fewer than ordered: where there is hardly room */
    uint8_t pictures[];
};
size_t album_size(const struct album_order *order); /* of an album with its pictures, in bytes */
const uint8_t *album_rgb(const struct album *album, size_t index);
const uint8_t *album_labels(const struct album *album, size_t index);

/* Fills *album, which is zeroed and as large as album_size says; a failure is in it. */
void album_fill(const struct album_order *order, const char *scenario, uint64_t seed, struct album *album);

#endif
