#include <stdlib.h>
#include <string.h>

#include "sim/mesh_file.h"
#include "sim/urdf_internal.h"

static const double size_max_m = 10, place_max_m = 100, mass_min_kg = 1e-6, mass_max_kg = 10000;

/* --- attributes ------------------------------------------------------------------------------------------------- */

/* `count` numbers of an attribute; missing: `value` stays as it is. */
static enum status numbers(const struct xml_node *node, const char *name, size_t count, double low, double high,
                           double *value, struct error *err)
{
    const char *text = xml_attribute(node, name), *at = text;
    ASSERT(count > 0 && low < high);
    for (size_t i = 0; text && i < count; i++) {
        char *end;
        value[i] = strtod(at, &end);
        if (end == at || !(value[i] >= low && value[i] <= high))
            return xml_refuse(node, err, "%s=\"%.60s\" of <%s> must be %zu number%s from %g to %g", name, text,
                              node->name, count, count > 1 ? "s" : "", low, high);
        at = end;
    }
    if (text && at[strspn(at, " \t\r\n")])
        return xml_refuse(node, err, "%s=\"%.60s\" of <%s> must be %zu number%s and nothing else", name, text,
                          node->name, count, count > 1 ? "s" : "");
    return STATUS_OK;
}

static enum status needed(const struct xml_node *node, const char *name, size_t count, double low, double high,
                          double *value, struct error *err)
{
    if (!xml_attribute(node, name))
        return xml_refuse(node, err, "<%s> has no %s", node->name, name);
    return numbers(node, name, count, low, high, value, err);
}

/* The origin among a node's children; where it is missing, none. */
static enum status origin_read(const struct xml_node *parent, struct pose3 *pose, struct error *err)
{
    const struct xml_node *node = xml_find(parent->first, "origin");
    double xyz[3] = {0, 0, 0}, rpy[3] = {0, 0, 0};
    *pose = (struct pose3){.orientation.w = 1};
    if (!node)
        return STATUS_OK;
    enum status status = numbers(node, "xyz", 3, -place_max_m, place_max_m, xyz, err);
    if (!status)
        status = numbers(node, "rpy", 3, -1000, 1000, rpy, err);
    if (!status)
        *pose = (struct pose3){{xyz[0], xyz[1], xyz[2]}, quat_from_rpy(rpy[0], rpy[1], rpy[2])};
    return status;
}

/* --- links ------------------------------------------------------------------------------------------------------ */

static enum status inertial_read(struct urdf_link *link, const struct xml_node *node, struct error *err)
{
    static const char *const names[] = {"ixx", "iyy", "izz", "ixy", "ixz", "iyz"};
    const struct xml_node *mass = xml_find(node->first, "mass"), *tensor = xml_find(node->first, "inertia");
    struct pose3 origin;
    double values[COUNT_OF(names)] = {0};
    char fault[160];
    if (!mass || !tensor)
        return xml_refuse(node, err, "<inertial> of link '%s' has no <%s>", link->name, mass ? "inertia" : "mass");
    enum status status = origin_read(node, &origin, err);
    if (!status)
        status = needed(mass, "value", 1, 0, mass_max_kg, &link->mass_kg, err);
    if (!status && link->mass_kg < mass_min_kg)
        return xml_refuse(mass, err,
                          "the mass of link '%s' must be at least %g kg; leave <inertial> out if it has none",
                          link->name, mass_min_kg);
    for (size_t i = 0; i < COUNT_OF(names) && !status; i++)
        status = i < 3 ? needed(tensor, names[i], 1, -1e6, 1e6, &values[i], err)
                       : numbers(tensor, names[i], 1, -1e6, 1e6, &values[i], err);
    if (status)
        return status;
    struct inertia own = {values[0], values[1], values[2], values[3], values[4], values[5]};
    if (inertia_fault(own, fault))
        return xml_refuse(tensor, err, "the inertia of link '%s' %s", link->name, fault);
    link->centre_m = origin.position;
    link->inertia = inertia_turn(own, origin.orientation);
    return STATUS_OK;
}

static enum status mesh_shape(struct urdf *urdf, const struct xml_node *node, const struct urdf_files *files,
                              struct shape *shape, struct error *err)
{
    const char *name = xml_attribute(node, "filename");
    double scale[3] = {1, 1, 1};
    const uint8_t *data;
    size_t size;
    struct mesh_points mesh;
    if (!name || !*name)
        return xml_refuse(node, err, "<mesh> has no filename");
    enum status status = numbers(node, "scale", 3, -1000, 1000, scale, err);
    if (status)
        return status;
    status = files->take(files->self, name, &data, &size, err);
    if (!status)
        status = mesh_read(urdf->arena, name, data, size, &mesh, err);
    if (status) {
        struct error why = *err;
        return xml_refuse(node, err, "%s", why.text);
    }
    struct mesh_points hull = mesh_hull(urdf->arena, &mesh);
    struct vec3 *scaled = arena_new(urdf->arena, hull.count + 1, sizeof *scaled);
    for (uint32_t i = 0; i < hull.count; i++)
        scaled[i] =
            (struct vec3){hull.points[i].x * scale[0], hull.points[i].y * scale[1], hull.points[i].z * scale[2]};
    *shape = (struct shape){.kind = SHAPE_HULL, .vertices = scaled, .vertex_count = hull.count};
    const char *fault = shape_fault(shape);
    return fault ? xml_refuse(node, err, "mesh '%s': %s", name, fault) : STATUS_OK;
}

static enum status round_read(const struct xml_node *node, bool tube, struct shape *shape, struct error *err)
{
    enum status status = needed(node, "radius", 1, 1e-4, size_max_m, &shape->radius_m, err);
    if (!status && tube)
        status = needed(node, "length", 1, 1e-4, size_max_m, &shape->height_m, err);
    return status;
}

static enum status geometry_read(struct urdf *urdf, const struct xml_node *geometry, const struct urdf_files *files,
                                 struct shape *shape, struct error *err)
{
    const struct xml_node *node;
    if ((node = xml_find(geometry->first, "box"))) {
        double size[3] = {0, 0, 0};
        enum status status = needed(node, "size", 3, 1e-4, size_max_m, size, err);
        *shape = (struct shape){.kind = SHAPE_BOX, .half_m = {size[0] / 2, size[1] / 2, size[2] / 2}};
        return status;
    }
    if ((node = xml_find(geometry->first, "cylinder"))) {
        *shape = (struct shape){.kind = SHAPE_CYLINDER};
        return round_read(node, true, shape, err);
    }
    if ((node = xml_find(geometry->first, "sphere"))) {
        *shape = (struct shape){.kind = SHAPE_SPHERE};
        return round_read(node, false, shape, err);
    }
    if ((node = xml_find(geometry->first, "mesh")))
        return mesh_shape(urdf, node, files, shape, err);
    return xml_refuse(geometry, err, "<geometry> must hold a box, cylinder, sphere or mesh");
}

static enum status collisions_read(struct urdf *urdf, struct urdf_link *link, const struct urdf_files *files,
                                   struct error *err)
{
    enum status status = STATUS_OK;
    for (const struct xml_node *n = xml_find(link->node->first, "collision"); n; n = xml_find(n->next, "collision"))
        link->shape_count++;
    link->shapes = arena_new(urdf->arena, link->shape_count + 1, sizeof *link->shapes);
    size_t i = 0;
    for (const struct xml_node *n = xml_find(link->node->first, "collision"); n && !status;
         n = xml_find(n->next, "collision"), i++) {
        const struct xml_node *geometry = xml_find(n->first, "geometry");
        if (!geometry)
            return xml_refuse(n, err, "<collision> of link '%s' has no <geometry>", link->name);
        status = origin_read(n, &link->shapes[i].pose, err);
        if (!status)
            status = geometry_read(urdf, geometry, files, &link->shapes[i].shape, err);
    }
    return status;
}

/* The name of a link or joint; none may occur twice. */
static enum status name_read(const struct xml_node *node, const char **name, struct error *err)
{
    *name = xml_attribute(node, "name");
    if (!*name || !**name)
        return xml_refuse(node, err, "<%s> has no name", node->name);
    return STATUS_OK;
}

static struct urdf_link *link_find(struct urdf *urdf, const char *name)
{
    for (size_t i = 0; i < urdf->link_count; i++)
        if (!strcmp(urdf->links[i].name, name))
            return &urdf->links[i];
    return NULL;
}

static enum status link_read(struct urdf *urdf, const struct xml_node *node, const struct urdf_files *files,
                             struct error *err)
{
    const char *name;
    enum status status = name_read(node, &name, err);
    if (status)
        return status;
    if (link_find(urdf, name))
        return xml_refuse(node, err, "a link '%s' is already there (line %zu)", name,
                          link_find(urdf, name)->node->line);
    if (urdf->link_count == URDF_LINKS_MAX)
        return xml_refuse(node, err, "more than %d links", URDF_LINKS_MAX);
    struct urdf_link *link = &urdf->links[urdf->link_count++];
    *link = (struct urdf_link){.name = name, .node = node};
    const struct xml_node *inertial = xml_find(node->first, "inertial");
    if (inertial)
        status = inertial_read(link, inertial, err);
    return status ? status : collisions_read(urdf, link, files, err);
}

/* --- joints ----------------------------------------------------------------------------------------------------- */

static enum status end_read(struct urdf *urdf, const struct urdf_joint *joint, const char *which,
                            struct urdf_link **link, struct error *err)
{
    const struct xml_node *node = xml_find(joint->node->first, which);
    const char *name = node ? xml_attribute(node, "link") : NULL;
    if (!name)
        return xml_refuse(joint->node, err, "joint '%s' has no <%s link=\"...\"/>", joint->name, which);
    *link = link_find(urdf, name);
    return *link ? STATUS_OK : xml_refuse(node, err, "joint '%s': there is no link '%s'", joint->name, name);
}

static enum status axis_read(struct urdf_joint *joint, struct error *err)
{
    const struct xml_node *node = xml_find(joint->node->first, "axis");
    double xyz[3] = {1, 0, 0}; /* as the specification has it */
    enum status status = node ? numbers(node, "xyz", 3, -1e6, 1e6, xyz, err) : STATUS_OK;
    double length = sqrt(square(xyz[0]) + square(xyz[1]) + square(xyz[2]));
    if (status)
        return status;
    if (length < 1e-6)
        return xml_refuse(node, err, "the axis of joint '%s' has no length", joint->name);
    joint->axis = vec3_scale((struct vec3){xyz[0], xyz[1], xyz[2]}, 1 / length);
    return STATUS_OK;
}

/* Zero, as in a <limit> that somebody had to write, limits nothing. A revolute joint is held at `held_rad`. */
static enum status limit_read(struct urdf_joint *joint, double *held_rad, struct error *err)
{
    const struct xml_node *node = xml_find(joint->node->first, "limit");
    double effort = 0, velocity = 0, lower = 0, upper = 0;
    enum status status = STATUS_OK;
    if (node)
        status = numbers(node, "effort", 1, 0, 1e9, &effort, err);
    if (node && !status)
        status = numbers(node, "velocity", 1, 0, 1e9, &velocity, err);
    if (node && !status)
        status = numbers(node, "lower", 1, -1000, 1000, &lower, err);
    if (node && !status)
        status = numbers(node, "upper", 1, -1000, 1000, &upper, err);
    joint->effort = effort > 0 ? effort : HUGE_VAL;
    joint->velocity = velocity > 0 ? velocity : HUGE_VAL;
    if (!status && lower > upper)
        return xml_refuse(node, err, "joint '%s': lower %g is above upper %g", joint->name, lower, upper);
    *held_rad = clamp(0, lower, upper);
    return status;
}

static enum status kind_read(struct urdf_joint *joint, struct error *err)
{
    static const char *const kinds[] = {[URDF_FIXED] = "fixed", [URDF_CONTINUOUS] = "continuous",
                                        [URDF_REVOLUTE] = "revolute"};
    const char *type = xml_attribute(joint->node, "type");
    for (size_t i = 0; type && i < COUNT_OF(kinds); i++)
        if (!strcmp(type, kinds[i])) {
            joint->kind = (enum urdf_kind)i;
            return STATUS_OK;
        }
    return xml_refuse(joint->node, err,
                      "joint '%s' is of type '%s'; only fixed, continuous and revolute joints are known "
                      "here",
                      joint->name, type ? type : "");
}

static enum status joint_read(struct urdf *urdf, const struct xml_node *node, struct error *err)
{
    const char *name;
    double held_rad = 0;
    enum status status = name_read(node, &name, err);
    for (size_t i = 0; i < urdf->joint_count && !status; i++)
        if (!strcmp(urdf->joints[i].name, name))
            return xml_refuse(node, err, "a joint '%s' is already there (line %zu)", name, urdf->joints[i].node->line);
    if (!status && urdf->joint_count == URDF_LINKS_MAX)
        return xml_refuse(node, err, "more than %d joints", URDF_LINKS_MAX);
    if (status)
        return status;
    struct urdf_joint *joint = &urdf->joints[urdf->joint_count++];
    *joint = (struct urdf_joint){.name = name, .node = node, .side = SIDE_FREE};
    status = kind_read(joint, err);
    if (!status)
        status = end_read(urdf, joint, "parent", &joint->parent, err);
    if (!status)
        status = end_read(urdf, joint, "child", &joint->child, err);
    if (!status)
        status = origin_read(node, &joint->origin, err);
    if (!status)
        status = axis_read(joint, err);
    if (!status)
        status = limit_read(joint, &held_rad, err);
    double half = joint->kind == URDF_REVOLUTE ? held_rad / 2 : 0;
    struct vec3 turn = vec3_scale(joint->axis, sin(half));
    joint->origin.orientation =
        quat_multiply(joint->origin.orientation, (struct quat){turn.x, turn.y, turn.z, cos(half)});
    return status;
}

enum status urdf_read(struct urdf *urdf, const struct urdf_files *files, struct error *err)
{
    enum status status = STATUS_OK;
    if (strcmp(urdf->robot->name, "robot"))
        return xml_refuse(urdf->robot, err, "a URDF is a <robot>, not a <%s>; xacro files must be expanded first",
                          urdf->robot->name);
    for (const struct xml_node *n = xml_find(urdf->robot->first, "link"); n && !status; n = xml_find(n->next, "link"))
        status = link_read(urdf, n, files, err);
    for (const struct xml_node *n = xml_find(urdf->robot->first, "joint"); n && !status; n = xml_find(n->next, "joint"))
        status = joint_read(urdf, n, err);
    if (!status && !urdf->link_count)
        return xml_refuse(urdf->robot, err, "it has no links");
    return status;
}
