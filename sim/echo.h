/* sim/echo.h - what a laser pulse brings back: chances of being lost, and echoes that blend.
 *
 * Lost is a beam with a chance that grows as it grazes (none from grazing_rad on, all but certain at 0, linear in the
 * angle's sine) and as its target is dark (material_dropout * (1 - echo), sim/material.h), besides lidar.dropout. A
 * beam that spreads (divergence_rad, the whole angle) is five: the middle and four on the rim. Each returns light in
 * proportion to echo * cos(incidence) / distance^2. Returns that follow each other within pulse_m are one echo, at
 * their weighted mean: the mixed pixels of edges. The scanner reports the first echo, or the strongest. */
#ifndef SIM_ECHO_H
#define SIM_ECHO_H

#include "sim/raycast.h"
#include "sim/scenario.h"

enum { ECHO_RAYS = 5 };

struct echo {
    double range_m;   /* infinite: none */
    double intensity; /* 0..1: what a white wall facing the beam from as far away would send back is 1 */
    double loss;      /* chance that it is not noticed */
};

static inline int echo_rays(const struct lidar_config *config) { return config->divergence_rad > 0 ? ECHO_RAYS : 1; }

/* The unit directions of a beam's rays: echo_rays of them. */
void echo_directions(const struct lidar_config *config, double azimuth_rad, double elevation_rad, struct vec3 *rays);
/* From the hits of a beam's rays (directions of their last parts, in the world; mirrors already followed). */
struct echo echo_of(const struct lidar_config *config, const struct vec3 *rays, const struct raycast_hit *hits);

#endif
