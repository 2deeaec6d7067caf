/* sim/light.h - how much light falls on a point: from everywhere, from the sun, from lamps.
 *
 * Light is a colour, 1 is full: a white surface in light 1 has brightness 255 at the camera's standard exposure.
 *   from everywhere  world.ambient; upright faces get up to 15 % more or less of it by the way they look, so that
 *                    corners show, and less of it near the floor
 *   sun              world.sun * max(0, normal . sun)
 *   a lamp           power * colour * max(0, normal . way) / distance^2, power being its light at 1 m
 * With world.shadows on, the sun and every lamp light only what nothing stands in the way of. Glass casts no shadow. */
#ifndef SIM_LIGHT_H
#define SIM_LIGHT_H

#include "sim/world.h"

struct light {
    double ambient, sun;
    struct vec3 sun_way, fill_way; /* unit, towards the sun; the side that is lighter */
    bool shadows;
    const struct lamp *lamps; /* borrowed */
    size_t lamp_count;
};

struct light light_of(const struct scenario *scenario);
/* At a point with that unit normal. */
void light_at(const struct light *light, const struct raycast *raycast, struct vec3 point, struct vec3 normal,
              double rgb[3]);

#endif
