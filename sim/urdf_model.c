#include <string.h>

#include "sim/urdf_internal.h"

static const double tread_m = 0.004;  /* narrow, so that the wheel base is what it says; Bullet touches either edge */
static const double rim_gap_m = 0.002; /* the whole width of a wheel, for what stands beside it, is this much smaller */
static const double foot_gap_m = 0.005; /* a part of the chassis this near the ground slides on it */
static const double foot_friction = 0.02, chassis_friction = 0.3, caster_friction = 0.6;
static const double radius_slack = 0.01; /* driven wheels' radii may differ by this share */
static const double side_max_m = 3;

/* --- places ----------------------------------------------------------------------------------------------------- */

struct bounds {
    struct vec3 low, high;
};

static struct bounds bounds_none(void)
{
    return (struct bounds){{HUGE_VAL, HUGE_VAL, HUGE_VAL}, {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL}};
}

static void bounds_grow(struct bounds *bounds, const struct urdf_link *link)
{
    for (size_t i = 0; i < link->shape_count; i++) {
        struct vec3 low, high;
        shape_bounds_at(&link->shapes[i].shape, pose3_compose(link->pose, link->shapes[i].pose), &low, &high);
        bounds->low = (struct vec3){fmin(bounds->low.x, low.x), fmin(bounds->low.y, low.y), fmin(bounds->low.z, low.z)};
        bounds->high = (struct vec3){fmax(bounds->high.x, high.x), fmax(bounds->high.y, high.y),
                                     fmax(bounds->high.z, high.z)};
    }
}

/* Puts the origin on the ground under the middle of everything. */
static enum status places_settle(struct urdf *urdf, struct error *err)
{
    ASSERT(urdf->root && urdf->order[0] == urdf->root);
    struct bounds all = bounds_none();
    for (size_t i = 0; i < urdf->link_count; i++)
        bounds_grow(&all, &urdf->links[i]);
    struct vec3 size = vec3_sub(all.high, all.low);
    if (!(size.x <= side_max_m && size.y <= side_max_m && size.z <= side_max_m))
        return xml_refuse(urdf->robot, err, "the robot is %g x %g x %g m large; at most %g m are meant here", size.x,
                          size.y, size.z, side_max_m);
    struct vec3 under = {(all.low.x + all.high.x) / 2, (all.low.y + all.high.y) / 2, all.low.z};
    for (size_t i = 0; i < urdf->link_count; i++)
        urdf->links[i].pose.position = vec3_sub(urdf->links[i].pose.position, under);
    return STATUS_OK;
}

/* --- links into bodies ------------------------------------------------------------------------------------------ */

static enum status bodies_assign(struct urdf *urdf, struct robot_model *model, struct error *err)
{
    ASSERT(model->body_count == 0);
    for (size_t i = 0; i < urdf->link_count; i++) {
        struct urdf_link *link = urdf->order[i];
        const struct urdf_joint *above = link->above;
        if (above && above->kind != URDF_CONTINUOUS) {
            link->body = above->parent->body;
            continue;
        }
        if (model->body_count == ROBOT_BODIES_MAX)
            return xml_refuse(link->node, err, "more than %d parts that turn", ROBOT_BODIES_MAX - 1);
        link->body = model->body_count++;
        model->bodies[link->body] = (struct robot_body){
            .name = arena_string(&model->arena, link->name, strlen(link->name)),
            .pose = above ? link->pose : (struct pose3){.orientation.w = 1},
            .parent = above ? above->parent->body : 0,
            .side = above ? above->side : SIDE_FREE,
            .axis = above ? quat_rotate(link->pose.orientation, above->axis) : (struct vec3){0, 0, 0},
        };
        if (above && above->side != SIDE_FREE && model->bodies[link->body].axis.y < 0)
            model->bodies[link->body].axis = vec3_scale(model->bodies[link->body].axis, -1);
    }
    return STATUS_OK;
}

/* The sum of the links' masses, and of their inertias about the centre they have in common. */
static enum status body_weigh(const struct urdf *urdf, struct robot_body *body, size_t index, struct error *err)
{
    struct vec3 moment = {0, 0, 0};
    struct inertia sum = {0};
    const struct urdf_link *first = NULL;
    for (size_t i = 0; i < urdf->link_count; i++) {
        const struct urdf_link *link = urdf->order[i];
        if (link->body != index)
            continue;
        first = first ? first : link;
        body->mass_kg += link->mass_kg;
        moment = vec3_add(moment, vec3_scale(pose3_apply(link->pose, link->centre_m), link->mass_kg));
    }
    if (!(body->mass_kg > 0))
        return xml_refuse(first->node, err, "link '%s' (with what is fixed to it) can move but has no <inertial>",
                          first->name);
    ASSERT(isfinite(body->mass_kg));
    struct vec3 centre = vec3_scale(moment, 1 / body->mass_kg);
    struct pose3 into = pose3_inverse(body->pose);
    for (size_t i = 0; i < urdf->link_count; i++) {
        const struct urdf_link *link = urdf->order[i];
        if (link->body != index || !(link->mass_kg > 0))
            continue;
        struct inertia own = inertia_turn(link->inertia, link->pose.orientation);
        sum = inertia_add(sum,
                          inertia_shift(own, link->mass_kg, vec3_sub(pose3_apply(link->pose, link->centre_m), centre)));
    }
    body->centre_m = pose3_apply(into, centre);
    body->inertia_kgm2 = inertia_principal(inertia_turn(sum, into.orientation), &body->inertia_axes);
    return STATUS_OK;
}

/* The file's arena goes; what the model keeps is copied. */
static struct shape shape_copy(struct arena *arena, const struct shape *shape)
{
    struct shape copy = *shape;
    if (shape->vertex_count) {
        struct vec3 *vertices = arena_new(arena, shape->vertex_count, sizeof *vertices);
        memcpy(vertices, shape->vertices, shape->vertex_count * sizeof *vertices);
        copy.vertices = vertices;
    }
    return copy;
}

static enum status parts_gather(const struct urdf *urdf, struct robot_model *model, size_t index, struct error *err)
{
    struct robot_body *body = &model->bodies[index];
    struct pose3 into = pose3_inverse(body->pose);
    body->parts = arena_new(&model->arena, ROBOT_PARTS_MAX, sizeof *body->parts);
    body->part_friction = arena_new(&model->arena, ROBOT_PARTS_MAX, sizeof *body->part_friction);
    for (size_t i = 0; i < urdf->link_count; i++) {
        const struct urdf_link *link = urdf->order[i];
        for (size_t k = 0; k < link->shape_count && link->body == index; k++) {
            if (body->part_count == ROBOT_PARTS_MAX)
                return xml_refuse(link->node, err, "more than %d collision shapes in one body", ROBOT_PARTS_MAX);
            struct pose3 pose = pose3_compose(link->pose, link->shapes[k].pose);
            struct vec3 low, high;
            shape_bounds_at(&link->shapes[k].shape, pose, &low, &high);
            bool is_foot = index > 0 || low.z < foot_gap_m;
            body->feet |= (uint64_t)is_foot << body->part_count;
            body->part_friction[body->part_count] = index == 0 && is_foot ? foot_friction : 0;
            body->parts[body->part_count++] =
                (struct physics_part){shape_copy(&model->arena, &link->shapes[k].shape), pose3_compose(into, pose)};
        }
    }
    return STATUS_OK;
}

/* A body without a shape still needs one for Bullet: a grain at its centre, which nothing reaches. */
static void part_invent(struct robot_body *body)
{
    if (body->part_count)
        return;
    body->parts[0] = (struct physics_part){{.kind = SHAPE_SPHERE, .radius_m = 1e-3}, {body->centre_m, {0, 0, 0, 1}}};
    body->part_count = 1;
}

/* --- wheels ----------------------------------------------------------------------------------------------------- */

/* A ball stays a ball. Anything else becomes a narrow tread and, for what stands beside the wheel, its whole width. */
static void wheel_round(struct robot_body *body, const struct bounds *bounds, double radius)
{
    if (body->part_count == 1 && body->parts[0].shape.kind == SHAPE_SPHERE)
        return;
    ASSERT(radius > 0);
    double width = bounds->high.y - bounds->low.y, middle = (bounds->low.y + bounds->high.y) / 2;
    struct pose3 at = {{body->pose.position.x, middle, body->pose.position.z}, quat_from_rpy(-PI / 2, 0, 0)};
    struct pose3 in_body = pose3_compose(pose3_inverse(body->pose), at);
    const double radii[] = {radius, radius - rim_gap_m}, widths[] = {fmin(tread_m, width), width};
    body->part_count = radii[1] > 0 && widths[1] > widths[0] ? 2 : 1;
    for (size_t i = 0; i < body->part_count; i++)
        body->parts[i] =
            (struct physics_part){{.kind = SHAPE_CYLINDER, .radius_m = radii[i], .height_m = widths[i]}, in_body};
    body->feet = 3;
}

static enum status wheel_check(const struct urdf_link *link, const struct robot_body *body, const struct bounds *bounds,
                               double radius, double first_m, struct error *err)
{
    double y = body->pose.position.y;
    if (body->side == SIDE_LEFT ? y <= 0 : y >= 0)
        return xml_refuse(link->node, err,
                          "wheel '%s' is one of the %s wheels but stands %.3f m to the %s of the middle", link->name,
                          body->side == SIDE_LEFT ? "left" : "right", fabs(y), y > 0 ? "left" : "right");
    if (bounds->low.z > foot_gap_m)
        return xml_refuse(link->node, err,
                          "wheel '%s' does not reach the ground: something else of the robot lies %.3f m "
                          "lower",
                          link->name, bounds->low.z);
    if (fabs(radius - first_m) > radius_slack * first_m)
        return xml_refuse(link->node, err,
                          "wheel '%s' has a radius of %g m, another one %g m; all driven wheels must be "
                          "alike",
                          link->name, radius, first_m);
    return STATUS_OK;
}

static enum status wheels_make(const struct urdf *urdf, struct robot_model *model, double friction, struct error *err)
{
    double first_m = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < urdf->link_count && !status; i++) {
        const struct urdf_link *link = urdf->order[i];
        struct robot_body *body = &model->bodies[link->body];
        if (!link->above || link->above->side == SIDE_FREE)
            continue;
        struct bounds bounds = bounds_none();
        for (size_t k = 0; k < urdf->link_count; k++)
            if (urdf->links[k].body == link->body)
                bounds_grow(&bounds, &urdf->links[k]);
        double radius = body->pose.position.z - bounds.low.z;
        first_m = first_m > 0 ? first_m : radius;
        status = wheel_check(link, body, &bounds, radius, first_m, err);
        if (status)
            break;
        wheel_round(body, &bounds, first_m);
        body->friction = friction;
        model->wheel_torque_nm = fmin(model->wheel_torque_nm, link->above->effort);
        model->wheel_radps = fmin(model->wheel_radps, link->above->velocity);
    }
    return status;
}

enum status urdf_model(struct urdf *urdf, const struct urdf_options *options, struct robot_model *model,
                       struct error *err)
{
    model->wheel_torque_nm = model->wheel_radps = HUGE_VAL;
    enum status status = places_settle(urdf, err);
    if (!status)
        status = bodies_assign(urdf, model, err);
    for (size_t i = 0; i < model->body_count && !status; i++) {
        struct robot_body *body = &model->bodies[i];
        body->friction = i == 0 ? chassis_friction : caster_friction;
        status = body_weigh(urdf, body, i, err);
        if (!status)
            status = parts_gather(urdf, model, i, err);
        if (!status)
            part_invent(body);
    }
    return status ? status : wheels_make(urdf, model, options->wheel_friction, err);
}
