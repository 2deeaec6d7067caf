#include "sim/solid.h"

/* Along the first or (where that one stands upright) the second axis, so that anything turned about z is held
 * exactly. */
static struct footprint bounds_footprint(const struct ray_solid *solid, struct vec3 low, struct vec3 high,
                                         struct pose3 pose)
{
    struct vec3 along = solid->axes[0];
    if (hypot(along.x, along.y) < 0.1)
        along = solid->axes[1];
    double length = hypot(along.x, along.y), c = along.x / length, s = along.y / length;
    struct vec3 centre = pose3_apply(pose, vec3_scale(vec3_add(low, high), 0.5));
    double half[3] = {(high.x - low.x) / 2, (high.y - low.y) / 2, (high.z - low.z) / 2};
    struct footprint f = {.x = centre.x, .y = centre.y, .c = c, .s = s};
    double rise = 0;
    for (int i = 0; i < 3; i++) {
        struct vec3 axis = solid->axes[i];
        f.half_x_m += fabs(c * axis.x + s * axis.y) * half[i];
        f.half_y_m += fabs(c * axis.y - s * axis.x) * half[i];
        rise += fabs(axis.z) * half[i];
    }
    f.z0_m = centre.z - rise;
    f.z1_m = centre.z + rise;
    return f;
}

/* A ball swept along the shadow of the axis: exact for spheres, capsules and upright cylinders. */
static struct footprint swept_footprint(const struct ray_solid *solid, double half_axis_m, double end_m)
{
    struct vec3 axis = solid->axes[2], at = solid->position;
    double shadow = hypot(axis.x, axis.y), rise = fabs(axis.z) * half_axis_m + end_m;
    return (struct footprint){.x = at.x, .y = at.y, .c = shadow > 0 ? axis.x / shadow : 1,
                              .s = shadow > 0 ? axis.y / shadow : 0, .half_x_m = shadow * half_axis_m,
                              .radius_m = solid->size_m.x, .z0_m = at.z - rise, .z1_m = at.z + rise};
}

static struct footprint solid_footprint(const struct ray_solid *solid, struct vec3 low, struct vec3 high,
                                        struct pose3 pose)
{
    bool stands = fabs(solid->axes[2].z) == 1;
    if (solid->kind == SHAPE_SPHERE)
        return swept_footprint(solid, 0, solid->size_m.x);
    if (solid->kind == SHAPE_CAPSULE)
        return swept_footprint(solid, solid->size_m.z, solid->size_m.x);
    if (solid->kind == SHAPE_CYLINDER && stands)
        return swept_footprint(solid, solid->size_m.z, 0);
    return bounds_footprint(solid, low, high, pose);
}

void solid_set(struct ray_solid *solid, const struct shape *shape, struct vec3 low, struct vec3 high, struct pose3 pose)
{
    bool is_box = shape->kind == SHAPE_BOX;
    solid->kind = shape->kind;
    solid->position = pose.position;
    solid->size_m = is_box ? shape->half_m : (struct vec3){shape->radius_m, shape->radius_m, shape->height_m / 2};
    solid->axes[0] = quat_rotate(pose.orientation, (struct vec3){1, 0, 0});
    solid->axes[1] = quat_rotate(pose.orientation, (struct vec3){0, 1, 0});
    solid->axes[2] = quat_rotate(pose.orientation, (struct vec3){0, 0, 1});
    const struct vec3 *axes = solid->axes;
    solid->upright = axes[0].z == 0 && axes[1].z == 0 && axes[2].x == 0 && axes[2].y == 0 && axes[2].z == 1;
    if (shape->kind != SHAPE_PLANE)
        solid->footprint = solid_footprint(solid, low, high, pose);
}

/* --- normals ---------------------------------------------------------------------------------------------- */

/* Away from the axis; of a capsule's ends and a sphere away from the centre. The point lies at the radius. */
static struct vec3 round_normal(const struct ray_solid *solid, struct vec3 point)
{
    struct vec3 away = vec3_sub(point, solid->position);
    if (solid->kind != SHAPE_SPHERE) {
        double along = clamp(vec3_dot(away, solid->axes[2]), -solid->size_m.z, solid->size_m.z);
        away = vec3_sub(away, vec3_scale(solid->axes[2], along));
    }
    return vec3_scale(away, 1 / solid->size_m.x);
}

static struct vec3 triangle_normal(const struct ray_solid *solid, uint32_t triangle)
{
    struct vec3 own = triangles_normal(solid->triangles, triangle);
    struct vec3 x = vec3_scale(solid->axes[0], own.x), y = vec3_scale(solid->axes[1], own.y);
    return vec3_add(vec3_add(x, y), vec3_scale(solid->axes[2], own.z));
}

struct vec3 solid_normal(const struct ray_solid *solid, struct vec3 origin, struct vec3 direction, double distance_m,
                         uint32_t face)
{
    if (solid->triangles)
        return triangle_normal(solid, face);
    if (face == FACE_ROUND)
        return round_normal(solid, vec3_add(origin, vec3_scale(direction, distance_m)));
    const struct vec3 *axis = &solid->axes[face];
    return vec3_scale(*axis, -copysign(1, vec3_dot(*axis, direction)));
}
