#include "sim/solid.h"

enum { FACE_X, FACE_Y, FACE_Z, FACE_ROUND }; /* triangles: the triangle's number */

/* A direction this short across an axis does not turn: its square would lose all digits. */
static const double NO_TURN = 1e-150;

/* --- making ready --------------------------------------------------------------------------------------- */

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

static struct footprint solid_footprint(const struct ray_solid *solid, struct vec3 low, struct vec3 high, struct pose3 pose)
{
    bool upright = fabs(solid->axes[2].z) == 1;
    if (solid->kind == SHAPE_SPHERE)
        return swept_footprint(solid, 0, solid->size_m.x);
    if (solid->kind == SHAPE_CAPSULE)
        return swept_footprint(solid, solid->size_m.z, solid->size_m.x);
    if (solid->kind == SHAPE_CYLINDER && upright)
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
    if (shape->kind != SHAPE_PLANE)
        solid->footprint = solid_footprint(solid, low, high, pose);
}

/* --- closed forms --------------------------------------------------------------------------------------- */

/* The part of a ray inside something convex. Not a number (a ray in a face's plane) leaves it as it is: faces
 * belong. */
struct stretch {
    double from, to;
};

static inline struct stretch slab(double half, double origin, double direction)
{
    double inverse = 1 / direction, side = copysign(half, direction);
    return (struct stretch){(-side - origin) * inverse, (side - origin) * inverse};
}

static inline double entered(struct stretch s) { return s.from <= s.to && s.from > 0 ? s.from : NO_HIT; }

static double box_hit(struct vec3 half, struct vec3 o, struct vec3 d, uint32_t *face)
{
    struct stretch x = slab(half.x, o.x, d.x), y = slab(half.y, o.y, d.y), z = slab(half.z, o.z, d.z);
    struct stretch in = {-HUGE_VAL, HUGE_VAL};
    in.from = x.from > in.from ? x.from : in.from;
    in.to = x.to < in.to ? x.to : in.to;
    *face = y.from > in.from ? FACE_Y : FACE_X;
    in.from = y.from > in.from ? y.from : in.from;
    in.to = y.to < in.to ? y.to : in.to;
    *face = z.from > in.from ? FACE_Z : *face;
    in.from = z.from > in.from ? z.from : in.from;
    in.to = z.to < in.to ? z.to : in.to;
    return entered(in);
}

/* The ray within the endless cylinder about z. The discriminant is taken from the distance between axis and
 * ray, not from b*b - a*c: far away that difference has no digits left. */
static inline struct stretch tube(double radius, struct vec3 o, struct vec3 d)
{
    double a = d.x * d.x + d.y * d.y, cross = o.x * d.y - o.y * d.x;
    if (a < NO_TURN * NO_TURN) {
        bool inside = o.x * o.x + o.y * o.y <= radius * radius;
        return inside ? (struct stretch){-HUGE_VAL, HUGE_VAL} : (struct stretch){HUGE_VAL, -HUGE_VAL};
    }
    double under = a * radius * radius - cross * cross;
    if (under < 0)
        return (struct stretch){HUGE_VAL, -HUGE_VAL};
    double root = sqrt(under), middle = -(o.x * d.x + o.y * d.y), inverse = 1 / a;
    return (struct stretch){(middle - root) * inverse, (middle + root) * inverse};
}

static double cylinder_hit(struct vec3 size, struct vec3 o, struct vec3 d, uint32_t *face)
{
    struct stretch in = tube(size.x, o, d), z = slab(size.z, o.z, d.z);
    *face = z.from > in.from ? FACE_Z : FACE_ROUND;
    in.from = z.from > in.from ? z.from : in.from;
    in.to = z.to < in.to ? z.to : in.to;
    return entered(in);
}

static double sphere_hit(double radius, struct vec3 o, struct vec3 d)
{
    double middle = -vec3_dot(o, d);
    struct vec3 closest = vec3_add(o, vec3_scale(d, middle));
    double under = radius * radius - vec3_dot(closest, closest);
    if (under < 0)
        return NO_HIT;
    double root = sqrt(under);
    return entered((struct stretch){middle - root, middle + root});
}

/* The tube where it is entered between the two centres, otherwise the ball at the nearer end. */
static double capsule_hit(struct vec3 size, struct vec3 o, struct vec3 d)
{
    double spine = o.z - clamp(o.z, -size.z, size.z);
    if (o.x * o.x + o.y * o.y + spine * spine <= size.x * size.x)
        return NO_HIT;
    struct stretch side = tube(size.x, o, d);
    if (side.from > side.to)
        return NO_HIT;
    double z = side.from > -HUGE_VAL ? o.z + side.from * d.z : -copysign(HUGE_VAL, d.z);
    if (fabs(z) <= size.z)
        return entered(side);
    return sphere_hit(size.x, (struct vec3){o.x, o.y, o.z - copysign(size.z, z)}, d);
}

static double plane_hit(struct vec3 o, struct vec3 d) { return d.z < 0 && o.z > 0 ? -o.z / d.z : NO_HIT; }

double solid_hit(const struct ray_solid *solid, struct vec3 origin, struct vec3 direction, double limit_m, uint32_t *face)
{
    *face = FACE_ROUND;
    switch (solid->kind) {
    case SHAPE_BOX: return box_hit(solid->size_m, origin, direction, face);
    case SHAPE_CYLINDER: return cylinder_hit(solid->size_m, origin, direction, face);
    case SHAPE_SPHERE: return sphere_hit(solid->size_m.x, origin, direction);
    case SHAPE_CAPSULE: return capsule_hit(solid->size_m, origin, direction);
    case SHAPE_PLANE: *face = FACE_Z; return plane_hit(origin, direction);
    case SHAPE_HULL:
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    return triangles_hit(solid->triangles, origin, direction, limit_m, face);
}

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
