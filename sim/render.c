#include "sim/render.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "sim/light.h"
#include "sim/material.h"
#include "sim/mirror.h"
#include "sim/texture.h"

static const double far_m = 60;
static const double glass_tint = 0.3, mirror_tint = 0.15; /* the surface's own share */
static const float sky_low[3] = {184, 196, 208}, sky_high[3] = {104, 142, 190};

struct render {
    size_t pixels;
    double pixel_rad;
    struct light light;
    int optics[4];  /* by enum optic: enum depth_of */
    int paint;      /* material */
    int *textures;  /* of each of the scenario's solids */
    size_t solid_count;
    int *own_textures; /* of each material */
    struct vec3 *in_camera, *in_world; /* unit directions */
    struct raycast_hit *hits;
    float *rgb, *depth_m;
    uint8_t *labels;
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

static void textures_fill(struct render *render, const struct scenario *scenario)
{
    render->own_textures = NEW_ARRAY((size_t)material_count, int);
    for (int i = 0; i < material_count; i++) {
        render->own_textures[i] = texture_find(material_table[i].texture);
        ASSERT(render->own_textures[i] >= 0);
    }
    render->textures = NEW_ARRAY(scenario->solid_count, int);
    render->solid_count = scenario->solid_count;
    for (size_t i = 0; i < scenario->solid_count; i++) {
        const struct solid *solid = &scenario->solids[i];
        render->textures[i] = solid->texture > 0 ? solid->texture - 1 : render->own_textures[solid->material];
    }
}

struct render *render_create(const struct scenario *scenario)
{
    const struct camera_config *c = &scenario->camera;
    ASSERT(c->width > 0 && c->height > 0);
    struct render *render = NEW(struct render);
    size_t n = render->pixels = (size_t)c->width * (size_t)c->height;
    render->pixel_rad = 1 / render_focal_px(c);
    render->light = light_of(scenario);
    render->optics[OPTIC_GLASS] = c->depth_glass;
    render->optics[OPTIC_BLACK] = c->depth_black;
    render->optics[OPTIC_MIRROR] = c->depth_mirror;
    render->paint = material_find("paint");
    ASSERT(render->paint >= 0);
    textures_fill(render, scenario);
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
    void *owned[] = {gone->textures, gone->own_textures, gone->in_camera, gone->in_world,
                     gone->hits,     gone->rgb,          gone->depth_m,   gone->labels};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
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

/* --- colours --------------------------------------------------------------------------------------------------- */

static void sky_draw(const struct render *render, struct vec3 direction, float rgb[3])
{
    double up = clamp(direction.z, 0, 1), white = clamp(render->light.ambient + render->light.sun, 0, 1);
    for (int c = 0; c < 3; c++)
        rgb[c] = (float)(white * ((1 - up) * (double)sky_low[c] + up * (double)sky_high[c]));
}

static const struct texture *texture_of(const struct render *render, const struct raycast_hit *hit)
{
    bool own = hit->tag >= 0 && (size_t)hit->tag < render->solid_count;
    return &texture_table[own ? render->textures[hit->tag] : render->own_textures[hit->material]];
}

/* What it is before what it is made of. */
static enum label label_of(const struct world *world, const struct raycast_hit *hit,
                           const struct texture *texture)
{
    size_t actor = (size_t)hit->tag - world->actor_first;
    if (hit->tag >= (int32_t)world->actor_first && actor < world->scenario->actor_count &&
        world->scenario->actors[actor].kind == ACTOR_DOOR)
        return LABEL_DOOR;
    return texture->sign ? LABEL_SIGN : material_table[hit->material].label;
}

/* A surface as it is lit, before anything behind or in it. */
static enum label surface_draw(const struct render *render, const struct world *world, const struct mirror_ray *ray,
                               const struct raycast_hit *hit, float rgb[3])
{
    const struct material *material = &material_table[hit->material];
    struct vec3 point = vec3_add(ray->origin, vec3_scale(ray->direction, hit->distance_m));
    const struct texture *texture = texture_of(render, hit);
    enum label label = label_of(world, hit, texture);
    const struct zone *zone = label == LABEL_FLOOR ? world_paint(world, (struct vec2){point.x, point.y}) : NULL;
    if (zone) {
        material = &material_table[render->paint];
        label = zone->keep_out ? LABEL_KEEPOUT : LABEL_FLOOR;
    }
    for (int c = 0; c < 3; c++)
        rgb[c] = material->rgb[c];
    if (!zone && texture->ink) {
        const struct raycast_solid *solid = raycast_solid(world->raycast, hit->solid);
        struct texture_spot spot = texture_spot(&solid->shape, solid->pose, point, hit->normal);
        double slant = -vec3_dot(hit->normal, ray->direction);
        double pixel_m = (ray->gone_m + hit->distance_m) * render->pixel_rad / sqrt(slant > 0.02 ? slant : 0.02);
        texture_colour(texture, &spot, pixel_m, rgb);
    }
    double lit[3];
    light_at(&render->light, world->raycast, point, hit->normal, lit);
    for (int c = 0; c < 3; c++)
        rgb[c] *= (float)lit[c];
    return label;
}

/* How much of what lies behind or in a surface one sees. */
static double share_beyond(const struct raycast_hit *hit)
{
    enum optic optic = material_table[hit->material].optic;
    return optic == OPTIC_GLASS ? 1 - glass_tint : optic == OPTIC_MIRROR ? 1 - mirror_tint : 0;
}

/* Few rays go on from their first surface; those are cast one by one. `rgb` holds the first one's own colour. */
static void beyond_draw(const struct render *render, const struct world *world, struct mirror_ray ray,
                        struct raycast_hit hit, float rgb[3])
{
    double weight = 1, share = share_beyond(&hit);
    for (int c = 0; c < 3; c++)
        rgb[c] *= (float)(1 - share);
    for (int turn = 1; turn < MIRROR_TURNS_MAX && share > 0; turn++) {
        float more[3];
        weight *= share;
        ray = mirror_next(&ray, &hit, mirror_is(&hit));
        share = 0;
        if (raycast_ray(world->raycast, ray.origin, ray.direction, far_m, SENSE_CAMERA, &hit)) {
            surface_draw(render, world, &ray, &hit, more);
            share = share_beyond(&hit);
        } else {
            sky_draw(render, ray.direction, more);
        }
        for (int c = 0; c < 3; c++)
            rgb[c] += (float)(weight * (1 - share) * (double)more[c]);
    }
}

static void colour_draw(struct render *render, const struct world *world, struct vec3 eye)
{
    for (size_t i = 0; i < render->pixels; i++) {
        const struct raycast_hit *hit = &render->hits[i];
        const struct mirror_ray ray = {eye, render->in_world[i], 0};
        float *rgb = render->rgb + 3 * i;
        enum label label = LABEL_NOTHING;
        if (hit->material < 0) {
            sky_draw(render, ray.direction, rgb);
        } else {
            label = surface_draw(render, world, &ray, hit, rgb);
            if (share_beyond(hit) > 0)
                beyond_draw(render, world, ray, *hit, rgb);
        }
        render->labels[i] = (uint8_t)label;
    }
}

/* --- depth ----------------------------------------------------------------------------------------------------- */

/* The way to what a depth camera makes of a hit; infinite: a hole. */
static double depth_way_m(const struct render *render, const struct world *world, struct mirror_ray ray,
                          struct raycast_hit hit)
{
    for (int turn = 0; turn < MIRROR_TURNS_MAX && hit.material >= 0; turn++) {
        enum optic optic = material_table[hit.material].optic;
        int seen = render->optics[optic];
        if (optic == OPTIC_PLAIN || seen == DEPTH_OF_SURFACE)
            return ray.gone_m + hit.distance_m;
        if (seen == DEPTH_OF_NOTHING)
            break;
        ray = mirror_next(&ray, &hit, optic == OPTIC_MIRROR);
        raycast_ray(world->raycast, ray.origin, ray.direction, far_m, SENSE_CAMERA, &hit);
    }
    return HUGE_VAL;
}

static void depth_draw(struct render *render, const struct world *world, struct vec3 eye)
{
    for (size_t i = 0; i < render->pixels; i++) {
        const struct raycast_hit *hit = &render->hits[i];
        bool plain = hit->material >= 0 && material_table[hit->material].optic == OPTIC_PLAIN;
        double way_m = plain ? hit->distance_m
                             : depth_way_m(render, world, (struct mirror_ray){eye, render->in_world[i], 0}, *hit);
        render->depth_m[i] = (float)(way_m * render->in_camera[i].x);
    }
}

struct render_frame render_draw(struct render *render, const struct world *world, struct pose3 eye, bool colour,
                                bool depth)
{
    directions_turn(render, eye.orientation);
    raycast_rays(world->raycast, eye.position, render->in_world, render->pixels, far_m, SENSE_CAMERA, render->hits);
    if (colour)
        colour_draw(render, world, eye.position);
    if (depth)
        depth_draw(render, world, eye.position);
    return (struct render_frame){render->rgb, render->labels, render->depth_m};
}
