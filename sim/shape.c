#include "sim/shape.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_length(double value) { return value > 0 && value <= SHAPE_LARGEST_M; }

static bool is_coordinate(double value) { return fabs(value) <= SHAPE_LARGEST_M; }

static bool is_tube(const struct shape *shape) { return is_length(shape->radius_m) && is_length(shape->height_m); }

static bool vertices_are_bounded(const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        struct vec3 v = shape->vertices[i];
        if (!is_coordinate(v.x) || !is_coordinate(v.y) || !is_coordinate(v.z))
            return false;
    }
    return true;
}

/* Whether some four vertices span a solid; found greedily: far from the first, far from that line, off that plane. */
static bool vertices_span(const struct shape *shape)
{
    struct vec3 first = shape->vertices[0], edge = {0, 0, 0}, normal = {0, 0, 0};
    double volume = 0;
    for (uint32_t i = 1; i < shape->vertex_count; i++) {
        struct vec3 arm = vec3_sub(shape->vertices[i], first);
        edge = vec3_length(arm) > vec3_length(edge) ? arm : edge;
    }
    for (uint32_t i = 1; i < shape->vertex_count; i++) {
        struct vec3 across = vec3_cross(edge, vec3_sub(shape->vertices[i], first));
        normal = vec3_length(across) > vec3_length(normal) ? across : normal;
    }
    for (uint32_t i = 1; i < shape->vertex_count; i++)
        volume = fmax(volume, fabs(vec3_dot(normal, vec3_sub(shape->vertices[i], first))));
    return volume > 1e-9 * vec3_length(edge) * vec3_length(normal);
}

static const char *mesh_fault(const struct shape *shape)
{
    if (shape->triangle_count == 0)
        return "a mesh needs at least one triangle";
    for (size_t i = 0; i < (size_t)shape->triangle_count * 3; i++)
        if (shape->triangles[i] >= shape->vertex_count)
            return "a mesh's triangles may only name vertices that it has";
    return vertices_are_bounded(shape) ? NULL : "a mesh's vertices must be finite and at most 1e6 m";
}

static const char *heightfield_fault(const struct shape *shape)
{
    if (shape->rows < 2 || shape->columns < 2 || !is_length(shape->cell_m))
        return "a heightfield needs at least two rows, two columns and a cell size above zero";
    for (size_t i = 0; i < (size_t)shape->rows * shape->columns; i++)
        if (!is_coordinate(shape->heights_m[i]))
            return "a heightfield's heights must be finite and at most 1e6 m";
    return NULL;
}

const char *shape_fault(const struct shape *shape)
{
    struct vec3 half = shape->half_m;
    switch (shape->kind) {
    case SHAPE_BOX:
        return is_length(half.x) && is_length(half.y) && is_length(half.z)
                   ? NULL : "a box needs three half sizes above zero and at most 1e6 m";
    case SHAPE_CYLINDER:
        return is_tube(shape) ? NULL : "a cylinder needs a radius and a height above zero and at most 1e6 m";
    case SHAPE_SPHERE:
        return is_length(shape->radius_m) ? NULL : "a sphere needs a radius above zero and at most 1e6 m";
    case SHAPE_CAPSULE:
        return is_tube(shape) ? NULL : "a capsule needs a radius and a height above zero and at most 1e6 m";
    case SHAPE_PLANE: return NULL;
    case SHAPE_HULL:
        return shape->vertex_count >= 4 && vertices_are_bounded(shape) && vertices_span(shape)
                   ? NULL : "a hull needs at least four finite vertices that are not all in one plane";
    case SHAPE_MESH: return mesh_fault(shape);
    case SHAPE_HEIGHTFIELD: return heightfield_fault(shape);
    }
    return "a shape of this kind is not known";
}

static void vertex_bounds(const struct shape *shape, struct vec3 *low, struct vec3 *high)
{
    *low = *high = shape->vertices[0];
    for (uint32_t i = 1; i < shape->vertex_count; i++) {
        struct vec3 v = shape->vertices[i];
        *low = (struct vec3){fmin(low->x, v.x), fmin(low->y, v.y), fmin(low->z, v.z)};
        *high = (struct vec3){fmax(high->x, v.x), fmax(high->y, v.y), fmax(high->z, v.z)};
    }
}

static void heightfield_bounds(const struct shape *shape, struct vec3 *low, struct vec3 *high)
{
    double x = (shape->columns - 1) * shape->cell_m / 2, y = (shape->rows - 1) * shape->cell_m / 2;
    *low = (struct vec3){-x, -y, shape->heights_m[0]};
    *high = (struct vec3){x, y, shape->heights_m[0]};
    for (size_t i = 1; i < (size_t)shape->rows * shape->columns; i++) {
        low->z = fmin(low->z, shape->heights_m[i]);
        high->z = fmax(high->z, shape->heights_m[i]);
    }
}

void shape_bounds(const struct shape *shape, struct vec3 *low, struct vec3 *high)
{
    double r = shape->radius_m, h = shape->height_m / 2;
    switch (shape->kind) {
    case SHAPE_BOX: *high = shape->half_m; break;
    case SHAPE_CYLINDER: *high = (struct vec3){r, r, h}; break;
    case SHAPE_SPHERE: *high = (struct vec3){r, r, r}; break;
    case SHAPE_CAPSULE: *high = (struct vec3){r, r, h + r}; break;
    case SHAPE_HULL:
    case SHAPE_MESH: vertex_bounds(shape, low, high); return;
    case SHAPE_HEIGHTFIELD: heightfield_bounds(shape, low, high); return;
    case SHAPE_PLANE: *high = (struct vec3){0, 0, 0}; break;
    }
    *low = vec3_scale(*high, -1);
}

/* How far a shape reaches from its centre along a unit direction given in its own frame. */
static double reach_m(const struct shape *shape, struct vec3 d)
{
    double most = -HUGE_VAL, r = shape->radius_m;
    switch (shape->kind) {
    case SHAPE_BOX: return fabs(d.x) * shape->half_m.x + fabs(d.y) * shape->half_m.y + fabs(d.z) * shape->half_m.z;
    case SHAPE_CYLINDER: return fabs(d.z) * shape->height_m / 2 + r * hypot(d.x, d.y);
    case SHAPE_SPHERE: return r;
    case SHAPE_CAPSULE: return fabs(d.z) * shape->height_m / 2 + r;
    case SHAPE_HULL:
    case SHAPE_MESH:
        for (uint32_t i = 0; i < shape->vertex_count; i++)
            most = fmax(most, vec3_dot(shape->vertices[i], d));
        return most;
    case SHAPE_PLANE:
    case SHAPE_HEIGHTFIELD: break;
    }
    struct vec3 low, high;
    shape_bounds(shape, &low, &high);
    return fmax(d.x * low.x, d.x * high.x) + fmax(d.y * low.y, d.y * high.y) + fmax(d.z * low.z, d.z * high.z);
}

void shape_bounds_at(const struct shape *shape, struct pose3 pose, struct vec3 *low, struct vec3 *high)
{
    struct quat back = quat_conjugate(pose.orientation);
    double span[3][2];
    for (int axis = 0; axis < 3; axis++) {
        struct vec3 d = {axis == 0, axis == 1, axis == 2};
        span[axis][0] = -reach_m(shape, quat_rotate(back, vec3_scale(d, -1)));
        span[axis][1] = reach_m(shape, quat_rotate(back, d));
    }
    *low = vec3_add(pose.position, (struct vec3){span[0][0], span[1][0], span[2][0]});
    *high = vec3_add(pose.position, (struct vec3){span[0][1], span[1][1], span[2][1]});
}

static double box_volume(const struct shape *shape)
{
    struct vec3 low, high;
    shape_bounds(shape, &low, &high);
    return (high.x - low.x) * (high.y - low.y) * (high.z - low.z);
}

double shape_volume_m3(const struct shape *shape)
{
    double r = shape->radius_m;
    switch (shape->kind) {
    case SHAPE_BOX:
    case SHAPE_HULL: return box_volume(shape);
    case SHAPE_CYLINDER: return PI * r * r * shape->height_m;
    case SHAPE_SPHERE: return 4.0 / 3.0 * PI * r * r * r;
    case SHAPE_CAPSULE: return PI * r * r * (shape->height_m + 4.0 / 3.0 * r);
    case SHAPE_PLANE:
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    return 0;
}

static struct vec3 box_inertia(const struct shape *shape, double mass_kg)
{
    struct vec3 low, high;
    shape_bounds(shape, &low, &high);
    struct vec3 size = vec3_sub(high, low), centre = vec3_scale(vec3_add(low, high), 0.5);
    double x = square(size.x) / 12 + square(centre.x), y = square(size.y) / 12 + square(centre.y);
    double z = square(size.z) / 12 + square(centre.z);
    return vec3_scale((struct vec3){y + z, x + z, x + y}, mass_kg);
}

/* A cylinder and two half balls whose centres of mass lie 3/8 r beyond its ends. */
static struct vec3 capsule_inertia(const struct shape *shape, double mass_kg)
{
    double r = shape->radius_m, h = shape->height_m;
    double middle = mass_kg * h / (h + 4.0 / 3.0 * r), ends = mass_kg - middle;
    double across = middle * (h * h / 12 + r * r / 4) + ends * (2.0 / 5 * r * r + h * h / 4 + 3.0 / 8 * h * r);
    return (struct vec3){across, across, middle * r * r / 2 + ends * 2.0 / 5 * r * r};
}

struct vec3 shape_inertia_kgm2(const struct shape *shape, double mass_kg)
{
    double r = shape->radius_m, h = shape->height_m;
    switch (shape->kind) {
    case SHAPE_BOX:
    case SHAPE_HULL: return box_inertia(shape, mass_kg);
    case SHAPE_CYLINDER: {
        double across = mass_kg * (h * h / 12 + r * r / 4);
        return (struct vec3){across, across, mass_kg * r * r / 2};
    }
    case SHAPE_SPHERE: {
        double any = mass_kg * 2.0 / 5 * r * r;
        return (struct vec3){any, any, any};
    }
    case SHAPE_CAPSULE: return capsule_inertia(shape, mass_kg);
    case SHAPE_PLANE:
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    return (struct vec3){0, 0, 0};
}
