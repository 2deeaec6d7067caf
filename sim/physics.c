/* What sim/physics.h promises and Bullet is not needed for: defaults, checks, inertia. */
#include "sim/physics.h"

struct physics_def physics_def_default(void)
{
    return (struct physics_def){.gravity_mps2 = 9.81, .step_s = 1.0 / 200, .solver_iterations = 20, .seed = 1};
}

struct physics_body_def physics_body_def_default(void)
{
    return (struct physics_body_def){.motion = PHYSICS_STATIC, .pose.orientation.w = 1, .friction = 0.8};
}

static bool is_finite(struct vec3 v) { return isfinite(v.x) && isfinite(v.y) && isfinite(v.z); }

static double quat_length(struct quat q) { return sqrt(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w); }
static bool is_turn(struct quat q) { return fabs(square(quat_length(q)) - 1) < 1e-6; }

static bool is_concave(enum shape_kind kind)
{
    return kind == SHAPE_PLANE || kind == SHAPE_MESH || kind == SHAPE_HEIGHTFIELD;
}

static const char *part_fault(const struct physics_body_def *def, const struct physics_part *part)
{
    const char *fault = shape_fault(&part->shape);
    if (fault)
        return fault;
    if (is_concave(part->shape.kind) && def->motion != PHYSICS_STATIC)
        return "a plane, mesh or heightfield cannot move; make the body static or use a hull";
    if (is_concave(part->shape.kind) && def->part_count > 1)
        return "a plane, mesh or heightfield must be its body's only part";
    if (!is_finite(part->pose.position) || !is_turn(part->pose.orientation))
        return "its place in the body must be finite and its orientation a unit quaternion";
    return NULL;
}

static const char *body_fault(const struct physics_body_def *def)
{
    struct vec3 inertia = def->inertia_kgm2, at = def->pose.position;
    if (def->part_count == 0)
        return "it has no shape; give it at least one part";
    if (def->motion == PHYSICS_DYNAMIC && !(def->mass_kg > 0 && isfinite(def->mass_kg)))
        return "it is dynamic, so its mass must be finite and above zero";
    if (!is_finite(inertia) || inertia.x < 0 || inertia.y < 0 || inertia.z < 0)
        return "its inertia must be finite and not negative";
    if (!is_turn(def->inertia_axes) && quat_length(def->inertia_axes) > 0)
        return "its principal axes must be a unit quaternion";
    if (!is_finite(def->centre_of_mass_m))
        return "its centre of mass must be finite";
    if (!is_finite(at) || vec3_length(at) > SHAPE_LARGEST_M || !is_turn(def->pose.orientation))
        return "its pose must be finite, within 1e6 m of the origin, with a unit quaternion";
    return NULL;
}

enum status physics_body_check(const struct physics_body_def *def, struct error *err)
{
    const char *fault = body_fault(def);
    if (fault)
        return error_set(err, STATUS_BAD_INPUT, "body %d: %s", (int)def->tag, fault);
    for (size_t i = 0; i < def->part_count; i++) {
        fault = part_fault(def, &def->parts[i]);
        if (!fault && def->part_friction && !(def->part_friction[i] >= 0 && isfinite(def->part_friction[i])))
            fault = "its friction must be finite and not negative";
        if (fault)
            return error_set(err, STATUS_BAD_INPUT, "body %d, part %zu: %s", (int)def->tag, i, fault);
    }
    return STATUS_OK;
}

/* One part's share, about the body's centre of mass: turned (R diag R^T, diagonal only) and moved (Steiner). */
static struct vec3 part_inertia(const struct physics_body_def *def, const struct physics_part *part, double mass_kg)
{
    struct vec3 own = shape_inertia_kgm2(&part->shape, mass_kg);
    struct quat turn = part->pose.orientation;
    struct vec3 x = quat_rotate(turn, (struct vec3){1, 0, 0}), y = quat_rotate(turn, (struct vec3){0, 1, 0});
    struct vec3 z = quat_rotate(turn, (struct vec3){0, 0, 1});
    struct vec3 arm = vec3_sub(part->pose.position, def->centre_of_mass_m);
    return (struct vec3){
        square(x.x) * own.x + square(y.x) * own.y + square(z.x) * own.z + mass_kg * (square(arm.y) + square(arm.z)),
        square(x.y) * own.x + square(y.y) * own.y + square(z.y) * own.z + mass_kg * (square(arm.x) + square(arm.z)),
        square(x.z) * own.x + square(y.z) * own.y + square(z.z) * own.z + mass_kg * (square(arm.x) + square(arm.y)),
    };
}

struct vec3 physics_body_inertia(const struct physics_body_def *def)
{
    struct vec3 sum = def->inertia_kgm2;
    if (vec3_length(sum) > 0)
        return sum;
    double volume = 0;
    for (size_t i = 0; i < def->part_count; i++)
        volume += shape_volume_m3(&def->parts[i].shape);
    for (size_t i = 0; i < def->part_count; i++) {
        const struct physics_part *part = &def->parts[i];
        sum = vec3_add(sum, part_inertia(def, part, def->mass_kg * shape_volume_m3(&part->shape) / volume));
    }
    return sum;
}
