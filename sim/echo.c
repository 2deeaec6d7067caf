#include "sim/echo.h"

#include "logs/status.h"
#include "sim/material.h"

static const double NEAR_M = 0.05; /* nearer, an echo grows no stronger */

void echo_directions(const struct lidar_config *config, double azimuth_rad, double elevation_rad, struct vec3 *rays)
{
    static const signed char rim[ECHO_RAYS][2] = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    double half_rad = config->divergence_rad / 2;
    for (int i = 0; i < echo_rays(config); i++) {
        double a = azimuth_rad + rim[i][0] * half_rad, e = elevation_rad + rim[i][1] * half_rad;
        rays[i] = (struct vec3){cos(e) * cos(a), cos(e) * sin(a), sin(e)};
    }
}

struct arrival { /* of one ray's light */
    double distance_m, light, facing; /* facing: cosine of the incidence */
    int material;
};

static double loss_of(const struct lidar_config *c, const struct arrival *arrival)
{
    double grazing = sin(c->grazing_rad), kept = 1 - c->dropout;
    if (arrival->facing < grazing)
        kept *= arrival->facing / grazing;
    return 1 - kept * (1 - c->material_dropout * (1 - material_table[arrival->material].echo));
}

/* The rays that came back, nearest first. */
static int arrivals_sort(const struct lidar_config *c, const struct vec3 *rays, const struct raycast_hit *hits,
                         struct arrival out[ECHO_RAYS])
{
    int count = 0;
    for (int i = 0; i < echo_rays(c); i++) {
        if (hits[i].material < 0 || hits[i].distance_m >= c->range_max_m)
            continue;
        double facing = -vec3_dot(hits[i].normal, rays[i]), d = fmax(hits[i].distance_m, NEAR_M);
        struct arrival arrival = {hits[i].distance_m, material_table[hits[i].material].echo * facing / (d * d), facing,
                                  hits[i].material};
        int at = count++;
        for (; at > 0 && out[at - 1].distance_m > arrival.distance_m; at--)
            out[at] = out[at - 1];
        out[at] = arrival;
    }
    return count;
}

struct echo echo_of(const struct lidar_config *config, const struct vec3 *rays, const struct raycast_hit *hits)
{
    struct arrival in[ECHO_RAYS];
    int count = arrivals_sort(config, rays, hits, in);
    struct echo best = {.range_m = HUGE_VAL, .loss = 1};
    double best_light = -1;
    for (int from = 0, to; from < count; from = to) {
        double light = 0, moment = 0;
        int brightest = from;
        for (to = from; to < count && in[to].distance_m - in[from].distance_m <= config->pulse_m; to++) {
            light += in[to].light;
            moment += in[to].light * in[to].distance_m;
            brightest = in[to].light > in[brightest].light ? to : brightest;
        }
        if (light <= best_light)
            continue;
        /* A weighted mean of one is that one, to the last bit. */
        double range = to - from == 1 || light <= 0 ? in[from].distance_m : moment / light;
        best_light = light;
        best = (struct echo){range, clamp(light * range * range / echo_rays(config), 0, 1),
                             loss_of(config, &in[brightest])};
        if (config->echo == ECHO_FIRST)
            break;
    }
    ASSERT(best.loss >= 0 && best.loss <= 1);
    return best;
}
