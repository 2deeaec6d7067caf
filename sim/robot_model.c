#include "sim/robot_model.h"

#include <stdlib.h>

/* Proportions that no scenario needs to set. */
static const double clearance_per_wheel_radius = 0.6; /* underside of the chassis */
static const double caster_per_wheel_radius = 0.5;
static const double caster_gap_m = 0.0003; /* as deep as tyres sink in: wheels carry the weight, nothing rocks */
static const double caster_inset_m = 0.02; /* from the ends of the footprint: walls meet the chassis */
static const double caster_friction = 0.02; /* they slide */
static const double chassis_friction = 0.3; /* what scrapes when it hangs on a kerb */
static const double tread_m = 0.004; /* Bullet touches it at either edge: narrow keeps the wheel base what it says */
static const double wheel_mass_share = 0.05; /* of the robot's mass, each */
enum { PARTS = 3, WHEELS = 2 };

/* --- from numbers ------------------------------------------------------------------------------------------- */

static struct physics_part part_at(struct shape shape, double x, double z)
{
    return (struct physics_part){shape, {{x, 0, z}, {0, 0, 0, 1}}};
}

/* The chassis' own centre of mass, so that with the wheels the whole robot's is at com_z_m over the middle. */
static struct vec3 chassis_centre(const struct robot_config *c)
{
    double wheels = WHEELS * wheel_mass_share;
    return (struct vec3){-wheels * c->wheel_x_m / (1 - wheels), 0,
                         (c->com_z_m - wheels * c->wheel_radius_m) / (1 - wheels)};
}

static void chassis_make(struct robot_model *model, const struct robot_config *c)
{
    double floor_m = clearance_per_wheel_radius * c->wheel_radius_m, half_z = fmax(c->height_m - floor_m, 0.02) / 2;
    double radius = caster_per_wheel_radius * c->wheel_radius_m, reach = c->length_m / 2 - radius - caster_inset_m;
    struct shape box = {.kind = SHAPE_BOX, .half_m = {c->length_m / 2, c->width_m / 2, half_z}};
    struct shape caster = {.kind = SHAPE_SPHERE, .radius_m = radius};
    struct robot_body *chassis = &model->bodies[model->body_count++];
    double mass = c->mass_kg * (1 - WHEELS * wheel_mass_share);
    struct physics_part *parts = arena_new(&model->arena, PARTS, sizeof *parts);
    parts[0] = part_at(box, 0, floor_m + half_z);
    parts[1] = part_at(caster, reach, radius + caster_gap_m);
    parts[2] = part_at(caster, -reach, radius + caster_gap_m);
    double *friction = arena_new(&model->arena, PARTS, sizeof *friction);
    friction[1] = friction[2] = caster_friction;
    *chassis = (struct robot_body){
        .name = "chassis", .pose.orientation.w = 1, .parts = parts, .part_friction = friction,
        .part_count = PARTS, .feet = 1u << 1 | 1u << 2,
        .mass_kg = mass, .friction = chassis_friction, .centre_m = chassis_centre(c), .side = SIDE_FREE,
        .inertia_kgm2 = {mass / 3 * (square(box.half_m.y) + square(half_z)),
                         mass / 3 * (square(box.half_m.x) + square(half_z)),
                         mass / 3 * (square(box.half_m.x) + square(box.half_m.y))},
    };
}

/* A cylinder whose own z axis lies along the robot's y; its inertia comes from its shape. */
static void wheel_make(struct robot_model *model, const struct robot_config *c, enum robot_side side)
{
    struct shape tyre = {.kind = SHAPE_CYLINDER, .radius_m = c->wheel_radius_m, .height_m = tread_m};
    struct physics_part *part = arena_new(&model->arena, 1, sizeof *part);
    *part = part_at(tyre, 0, 0);
    double y = (side == SIDE_LEFT ? 0.5 : -0.5) * c->wheel_base_m;
    model->bodies[model->body_count++] = (struct robot_body){
        .name = side == SIDE_LEFT ? "left wheel" : "right wheel",
        .pose = {{c->wheel_x_m, y, c->wheel_radius_m}, quat_from_rpy(-PI / 2, 0, 0)},
        .parts = part, .part_count = 1, .feet = 1, .mass_kg = c->mass_kg * wheel_mass_share,
        .friction = c->wheel_friction, .axis = {0, 1, 0}, .side = side,
    };
}

struct robot_model *robot_model_of_numbers(const struct robot_config *config)
{
    ASSERT(config->mass_kg > 0 && config->wheel_radius_m > 0 && config->wheel_base_m > 0);
    struct robot_model *model = NEW(struct robot_model);
    model->wheel_torque_nm = model->wheel_radps = HUGE_VAL;
    chassis_make(model, config);
    wheel_make(model, config, SIDE_LEFT);
    wheel_make(model, config, SIDE_RIGHT);
    return model;
}

void robot_model_destroy(struct robot_model **model)
{
    struct robot_model *old = *model;
    *model = NULL;
    if (!old)
        return;
    arena_clear(&old->arena);
    free(old);
}

/* --- measuring ---------------------------------------------------------------------------------------------- */

/* Of one body, in base_link. */
static void body_bounds(const struct robot_body *body, struct vec3 *low, struct vec3 *high)
{
    for (size_t i = 0; i < body->part_count; i++) {
        struct vec3 a, b;
        shape_bounds_at(&body->parts[i].shape, pose3_compose(body->pose, body->parts[i].pose), &a, &b);
        *low = (struct vec3){fmin(low->x, a.x), fmin(low->y, a.y), fmin(low->z, a.z)};
        *high = (struct vec3){fmax(high->x, b.x), fmax(high->y, b.y), fmax(high->z, b.z)};
    }
}

struct wheels { /* sums over the driven ones */
    double count, x, across, square_x, radius;
};

static struct wheels wheels_sum(const struct robot_model *model)
{
    struct wheels sum = {0};
    for (size_t i = 1; i < model->body_count; i++) {
        const struct robot_body *body = &model->bodies[i];
        if (body->side == SIDE_FREE)
            continue;
        struct vec3 low = {HUGE_VAL, HUGE_VAL, HUGE_VAL}, high = vec3_scale(low, -1);
        body_bounds(body, &low, &high);
        sum.count++;
        sum.x += body->pose.position.x;
        sum.across += fabs(body->pose.position.y);
        sum.radius = fmax(sum.radius, body->pose.position.z - low.z);
    }
    double middle = sum.x / sum.count;
    for (size_t i = 1; i < model->body_count; i++)
        if (model->bodies[i].side != SIDE_FREE)
            sum.square_x += square(model->bodies[i].pose.position.x - middle);
    return sum;
}

/* Wheels ahead of and behind the axis of turning scrape sideways. With dry friction under each of them the turn settles
 * where their moments cancel: w (a^2 + b^2) = u b for wheels at (+-a, +-b) whose rims run at u, so the base seems
 * 1 + (a/b)^2 times as wide. */
static double scrub_scale(const struct wheels *wheels)
{
    return 1 + wheels->square_x / wheels->count / square(wheels->across / wheels->count);
}

void robot_model_measure(const struct robot_model *model, struct robot_config *c)
{
    struct vec3 low = {HUGE_VAL, HUGE_VAL, HUGE_VAL}, high = vec3_scale(low, -1), centre = {0, 0, 0};
    struct wheels wheels = wheels_sum(model);
    ASSERT(wheels.count > 0 && wheels.across > 0 && wheels.radius > 0);
    c->mass_kg = 0;
    for (size_t i = 0; i < model->body_count; i++) {
        const struct robot_body *body = &model->bodies[i];
        body_bounds(body, &low, &high);
        c->mass_kg += body->mass_kg;
        centre = vec3_add(centre, vec3_scale(pose3_apply(body->pose, body->centre_m), body->mass_kg));
    }
    c->length_m = high.x - low.x;
    c->width_m = high.y - low.y;
    c->height_m = high.z;
    c->com_z_m = centre.z / c->mass_kg;
    c->wheel_x_m = wheels.x / wheels.count;
    c->wheel_base_m = 2 * wheels.across / wheels.count;
    c->wheel_radius_m = wheels.radius;
    if (!(c->wheel_base_scale > 0))
        c->wheel_base_scale = scrub_scale(&wheels);
    double track = c->wheel_base_m * c->wheel_base_scale, rim_mps = model->wheel_radps * c->wheel_radius_m;
    c->max_torque_nm = fmin(c->max_torque_nm, model->wheel_torque_nm);
    c->max_v_mps = fmin(c->max_v_mps, rim_mps);
    c->min_v_mps = fmax(c->min_v_mps, -rim_mps);
    c->max_w_radps = fmin(c->max_w_radps, 2 * rim_mps / track);
}
