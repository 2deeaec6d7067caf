#include "sim/light.h"

static const double FILL = 0.15, FILL_TURN_RAD = 2.4; /* of the ambient; from the sun's azimuth to the lighter side */
static const double FOOT_M = 0.5, FOOT_SHADE = 0.3; /* so far above the floor what stands gets so much less of it */
static const double LIFT_M = 1e-4;   /* off a surface, so that it does not shade itself */
static const double FAR_M = 200;     /* whatever could stand before the sun */
static const double LEAST = 1.0 / 512; /* of full light; less is not seen */
static const double LAMP_RADIUS_M = 0.05;

struct light light_of(const struct scenario *scenario)
{
    const struct world_config *w = &scenario->world;
    double level = cos(w->sun_elevation_rad), fill = w->sun_azimuth_rad + FILL_TURN_RAD;
    return (struct light){
        .ambient = w->ambient,
        .sun = w->sun,
        .sun_way = {level * cos(w->sun_azimuth_rad), level * sin(w->sun_azimuth_rad), sin(w->sun_elevation_rad)},
        .fill_way = {cos(fill), sin(fill), 0},
        .shadows = w->shadows,
        .lamps = scenario->lamps,
        .lamp_count = scenario->lamp_count,
    };
}

/* What lets a laser pass lets light pass. */
static bool is_shaded(const struct light *light, const struct raycast *raycast, struct vec3 from, struct vec3 way,
                      double max_m)
{
    struct raycast_line line = {from, way, max_m};
    bool blocked = false;
    if (light->shadows)
        raycast_blocked(raycast, &line, 1, SENSE_LIDAR, &blocked);
    return blocked;
}

static void add_lamp(const struct light *light, const struct lamp *lamp, const struct raycast *raycast,
                     struct vec3 point, struct vec3 normal, double rgb[3])
{
    struct vec3 to = vec3_sub(lamp->at, point);
    double facing = vec3_dot(to, normal), apart2 = fmax(vec3_dot(to, to), square(LAMP_RADIUS_M));
    if (facing <= 0 || square(lamp->power * facing) < square(LEAST) * apart2 * apart2 * apart2)
        return;
    double apart = sqrt(apart2), light_here = lamp->power * facing / (apart2 * apart);
    if (is_shaded(light, raycast, point, vec3_scale(to, 1 / apart), apart))
        return;
    for (int c = 0; c < 3; c++)
        rgb[c] += light_here * lamp->colour[c];
}

void light_at(const struct light *light, const struct raycast *raycast, struct vec3 point, struct vec3 normal,
              double rgb[3])
{
    double white = light->ambient * (1 + FILL * vec3_dot(normal, light->fill_way));
    if (normal.z < 0.5)
        white *= 1 - FOOT_SHADE * (1 - clamp(point.z / FOOT_M, 0, 1));
    double facing = vec3_dot(normal, light->sun_way);
    struct vec3 above = vec3_add(point, vec3_scale(normal, LIFT_M));
    if (facing > 0 && light->sun > 0 && !is_shaded(light, raycast, above, light->sun_way, FAR_M))
        white += light->sun * facing;
    rgb[0] = rgb[1] = rgb[2] = white;
    for (size_t i = 0; i < light->lamp_count; i++)
        add_lamp(light, &light->lamps[i], raycast, above, normal, rgb);
}
