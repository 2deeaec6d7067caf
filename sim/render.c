#include "sim/render.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "sim/material.h"

static const double far_m = 60;
static const float sky[3] = {152, 170, 190};
static const double tile_m = 1, tile_shade = 0.9;
static const double glass_tint = 0.3;
static const double behind_m = 1e-6; /* into a pane, so that the next ray starts behind its face */

struct render {
    size_t pixels;
    double ambient;
    struct vec3 sun; /* unit, towards it */
    int paint;       /* material */
    struct vec3 *in_camera, *in_world; /* unit directions */
    struct raycast_hit *hits;
    float *rgb, *depth_m;
    uint8_t *labels;
};

struct surface { /* what one ray shows */
    float rgb[3];
    enum label label;
};

double render_focal_px(const struct camera_config *config) { return config->width / 2.0 / tan(config->hfov_rad / 2); }

static void directions_fill(struct render *render, const struct camera_config *c)
{
    double focal = render_focal_px(c);
    for (int v = 0; v < c->height; v++)
        for (int u = 0; u < c->width; u++) {
            struct vec3 d = {1, -(u + 0.5 - c->width / 2.0) / focal, -(v + 0.5 - c->height / 2.0) / focal};
            render->in_camera[v * c->width + u] = vec3_scale(d, 1 / vec3_length(d));
        }
}

struct render *render_create(const struct scenario *scenario)
{
    const struct camera_config *c = &scenario->camera;
    const struct world_config *light = &scenario->world;
    ASSERT(c->width > 0 && c->height > 0);
    struct render *render = NEW(struct render);
    size_t n = render->pixels = (size_t)c->width * (size_t)c->height;
    double level = cos(light->sun_elevation_rad);
    render->ambient = light->ambient;
    render->sun = (struct vec3){level * cos(light->sun_azimuth_rad), level * sin(light->sun_azimuth_rad),
                                sin(light->sun_elevation_rad)};
    render->paint = material_find("paint");
    ASSERT(render->paint >= 0);
    render->in_camera = NEW_ARRAY(n, struct vec3);
    render->in_world = NEW_ARRAY(n, struct vec3);
    render->hits = NEW_ARRAY(n, struct raycast_hit);
    render->rgb = NEW_ARRAY(3 * n, float);
    render->depth_m = NEW_ARRAY(n, float);
    render->labels = NEW_ARRAY(n, uint8_t);
    directions_fill(render, c);
    return render;
}

void render_destroy(struct render **render)
{
    struct render *gone = *render;
    *render = NULL;
    if (!gone)
        return;
    free(gone->in_camera);
    free(gone->in_world);
    free(gone->hits);
    free(gone->rgb);
    free(gone->depth_m);
    free(gone->labels);
    free(gone);
}

static void directions_turn(struct render *render, struct quat turn)
{
    struct vec3 x = quat_rotate(turn, (struct vec3){1, 0, 0}), y = quat_rotate(turn, (struct vec3){0, 1, 0});
    struct vec3 z = quat_rotate(turn, (struct vec3){0, 0, 1});
    for (size_t i = 0; i < render->pixels; i++) {
        struct vec3 d = render->in_camera[i];
        render->in_world[i] = (struct vec3){x.x * d.x + y.x * d.y + z.x * d.z, x.y * d.x + y.y * d.y + z.y * d.z,
                                            x.z * d.x + y.z * d.y + z.z * d.z};
    }
}

/* The floor's own look at a point: paint first, else its tile. */
static struct surface floor_look(const struct render *render, const struct world *world, struct vec2 p,
                                 const struct material *material, double light)
{
    const struct zone *zone = world_paint(world, p);
    bool dark = ((long)floor(p.x / tile_m) + (long)floor(p.y / tile_m)) & 1;
    struct surface look = {.label = zone && zone->keep_out ? LABEL_KEEPOUT : LABEL_FLOOR};
    if (zone)
        material = &material_table[render->paint];
    else if (dark)
        light *= tile_shade;
    for (int c = 0; c < 3; c++)
        look.rgb[c] = (float)(material->rgb[c] * light);
    return look;
}

static struct surface look_at(const struct render *render, const struct world *world, struct vec3 from,
                              struct vec3 direction, const struct raycast_hit *hit)
{
    const struct material *material = &material_table[hit->material];
    double light = render->ambient + (1 - render->ambient) * fmax(0, vec3_dot(hit->normal, render->sun));
    struct vec3 point = vec3_add(from, vec3_scale(direction, hit->distance_m));
    if (material->label == LABEL_FLOOR)
        return floor_look(render, world, (struct vec2){point.x, point.y}, material, light);
    struct surface look = {.label = material->label};
    for (int c = 0; c < 3; c++)
        look.rgb[c] = (float)(material->rgb[c] * light);
    if (material->label != LABEL_GLASS)
        return look;
    struct surface back = {{sky[0], sky[1], sky[2]}, LABEL_NOTHING};
    struct raycast_hit next;
    struct vec3 behind = vec3_add(point, vec3_scale(direction, behind_m));
    if (raycast_ray(world->raycast, behind, direction, far_m, SENSE_CAMERA, &next) &&
        material_table[next.material].label != LABEL_GLASS)
        back = look_at(render, world, behind, direction, &next);
    for (int c = 0; c < 3; c++)
        look.rgb[c] = (float)(glass_tint * (double)look.rgb[c] + (1 - glass_tint) * (double)back.rgb[c]);
    return look;
}

static void colour_draw(struct render *render, const struct world *world, struct vec3 eye)
{
    for (size_t i = 0; i < render->pixels; i++) {
        struct surface look = {{sky[0], sky[1], sky[2]}, LABEL_NOTHING};
        if (render->hits[i].distance_m < far_m)
            look = look_at(render, world, eye, render->in_world[i], &render->hits[i]);
        for (size_t c = 0; c < 3; c++)
            render->rgb[3 * i + c] = look.rgb[c];
        render->labels[i] = (uint8_t)look.label;
    }
}

/* `looked`: the hits are those of colour rays. */
static void depth_draw(struct render *render, const struct world *world, struct vec3 eye, bool looked)
{
    for (size_t i = 0; i < render->pixels; i++) {
        struct raycast_hit hit = render->hits[i];
        bool found = hit.distance_m < far_m;
        if (found && looked && !(raycast_solid(world->raycast, hit.solid)->senses & SENSE_DEPTH))
            found = raycast_ray(world->raycast, eye, render->in_world[i], far_m, SENSE_DEPTH, &hit);
        render->depth_m[i] = found ? (float)(hit.distance_m * render->in_camera[i].x) : INFINITY;
    }
}

struct render_frame render_draw(struct render *render, const struct world *world, struct pose3 eye, bool colour,
                                bool depth)
{
    directions_turn(render, eye.orientation);
    raycast_rays(world->raycast, eye.position, render->in_world, render->pixels, far_m,
                 colour ? SENSE_CAMERA : SENSE_DEPTH, render->hits);
    if (colour)
        colour_draw(render, world, eye.position);
    if (depth)
        depth_draw(render, world, eye.position, colour);
    return (struct render_frame){render->rgb, render->labels, render->depth_m};
}
