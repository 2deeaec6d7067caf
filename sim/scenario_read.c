#include "sim/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "sim/material.h"

/* --- fields: a map of the tree into a struct ----------------------------------------------------------------------- */

static enum status value_read(const struct param *param, const struct scenario_node *node, const char *group,
                              void *target, struct error *err)
{
    if (node->kind != NODE_TEXT)
        return scenario_yaml_refuse(node, err, "%s must be one value, not a %s", param->name,
                                    node->kind == NODE_LIST ? "list" : "group");
    enum status status = param_set(param, 1, target, param->name, node->text, err);
    if (status)
        error_context(err, "%s:%zu:%zu%s%s", node->file, node->line, node->column, *group ? ": " : "", group);
    return status;
}

static enum status numbers_read(const struct field *field, const struct scenario_node *list, void *target,
                                struct error *err)
{
    if (list->kind != NODE_LIST || list->count < field->least || list->count > field->most)
        return scenario_yaml_refuse(list, err, "%s must be a list of %zu%s numbers (%s), such as [%s]",
                                    field->param.name, field->least, field->most > field->least ? " or 3" : "",
                                    field->param.help, field->least == 4 ? "0, 0, 8, 6" : "1.5, 2, 0");
    struct param param = field->param;
    for (const struct scenario_node *item = list->first; item; item = item->next) {
        enum status status = value_read(&param, item, "", target, err);
        if (status)
            return status;
        param.offset += sizeof(double);
    }
    return STATUS_OK;
}

static enum status text_read(const struct field *field, const struct scenario_node *node, void *target,
                             struct error *err)
{
    const char *name = field->param.name;
    if (node->kind != NODE_TEXT || !*node->text)
        return scenario_yaml_refuse(node, err, "%s must be a word or text", name);
    if (strlen(node->text) >= field->most)
        return scenario_yaml_refuse(node, err, "%s is %zu bytes long; at most %zu fit", name, strlen(node->text),
                                    field->most - 1);
    for (const char *c = node->text; *c; c++)
        if ((unsigned char)*c < ' ')
            return scenario_yaml_refuse(node, err, "%s must be a single line of text", name);
    strcpy((char *)target + field->param.offset, node->text);
    return STATUS_OK;
}

static enum status field_read(const struct field *field, const struct scenario_node *node, void *target,
                              struct error *err)
{
    switch (field->shape) {
    case FIELD_VALUE:
        return value_read(&field->param, node, "", target, err);
    case FIELD_NUMBERS:
        return numbers_read(field, node, target, err);
    case FIELD_TEXT:
        return text_read(field, node, target, err);
    case FIELD_NODE:
        memcpy((char *)target + field->param.offset, &node, sizeof node);
        return STATUS_OK;
    }
    return STATUS_OK;
}

enum status scenario_read_fields(const struct field *fields, size_t count, const struct scenario_node *map,
                                 const char *what, void *target, unsigned *seen, struct error *err)
{
    if (map->kind != NODE_MAP)
        return scenario_yaml_refuse(map, err, "%s must be a group of 'key: value'", what);
    *seen = 0;
    for (const struct scenario_node *node = map->first; node; node = node->next) {
        size_t i = 0;
        while (i < count && strcmp(fields[i].param.name, node->key))
            i++;
        if (i == count) {
            char hint[96];
            names_hint(hint, sizeof hint, node->key, fields, count, sizeof *fields);
            return scenario_yaml_refuse(node, err, "unknown key '%s' in %s%s", node->key, what, hint);
        }
        enum status status = field_read(&fields[i], node, target, err);
        if (status)
            return status;
        *seen |= 1u << i;
    }
    for (size_t i = 0; i < count; i++)
        if (fields[i].required && !(*seen & 1u << i))
            return scenario_yaml_refuse(map, err, "%s has no '%s' (%s)", what, fields[i].param.name,
                                        fields[i].param.help);
    return STATUS_OK;
}

#define COLUMN(type, key) .name = #key, .offset = offsetof(struct type, key), .unit = ""
#define TEXT(type, key, need, text)                                                                                   \
    {.param = {COLUMN(type, key), .help = (text)}, .shape = FIELD_TEXT, .most = sizeof(((struct type *)0)->key),      \
     .required = (need)}
#define NUMBER(type, key, low, high, u, need, text)                                                                   \
    {.param = {COLUMN(type, key), .unit = (u), .kind = PARAM_REAL, .min = (low), .max = (high), .help = (text)},      \
     .required = (need)}
#define NUMBERS(type, key, few, many, low, high, need, text)                                                          \
    {.param = {COLUMN(type, key), .unit = "m", .kind = PARAM_REAL, .min = (low), .max = (high), .help = (text)},      \
     .shape = FIELD_NUMBERS, .least = (few), .most = (many), .required = (need)}
#define YES_NO(type, key, text) {.param = {COLUMN(type, key), .kind = PARAM_BOOL, .max = 1, .help = (text)}}
#define NODE(type, key, need, text)                                                                                   \
    {.param = {COLUMN(type, key), .help = (text)}, .shape = FIELD_NODE, .required = (need)}

/* --- solids ----------------------------------------------------------------------------------------------------------- */

struct solid_text { /* a solid as it is written */
    char name[32], kind[16], material[16];
    double at[3], size[3], radius, height, yaw, mass;
};
enum { SOLID_SIZE = 1 << 4, SOLID_RADIUS = 1 << 5, SOLID_HEIGHT = 1 << 6 };
static const struct field solid_fields[] = {
    TEXT(solid_text, name, false, "shown in the ledger"),
    TEXT(solid_text, kind, true, "box, cylinder, sphere or capsule"),
    TEXT(solid_text, material, false, "what it is made of"),
    NUMBERS(solid_text, at, 2, 3, -1000, 1000, true, "x, y and, unless it stands on the floor, its underside's z"),
    NUMBERS(solid_text, size, 3, 3, 0.001, 1000, false, "along its own x, y, z"),
    NUMBER(solid_text, radius, 0.001, 100, "m", false, "of a round solid"),
    NUMBER(solid_text, height, 0.001, 100, "m", false, "from underside to top"),
    NUMBER(solid_text, yaw, -2 * PI, 2 * PI, "rad", false, "turned left about z"),
    NUMBER(solid_text, mass, 0, 10000, "kg", false, "0: it never moves"),
};
static const struct solid_kind {
    const char *name;
    enum shape_kind shape;
    unsigned wants; /* bits of solid_fields */
    const char *sentence;
} solid_kinds[] = {
    {"box", SHAPE_BOX, SOLID_SIZE, "size: [x, y, z]"},
    {"cylinder", SHAPE_CYLINDER, SOLID_RADIUS | SOLID_HEIGHT, "radius and height"},
    {"sphere", SHAPE_SPHERE, SOLID_RADIUS, "radius"},
    {"capsule", SHAPE_CAPSULE, SOLID_RADIUS | SOLID_HEIGHT, "radius and height"},
};

/* Shape and distance from underside to centre. */
static double solid_shape(const struct solid_text *text, enum shape_kind kind, struct shape *shape)
{
    *shape = (struct shape){.kind = kind, .radius_m = text->radius};
    if (kind == SHAPE_BOX) {
        shape->half_m = (struct vec3){text->size[0] / 2, text->size[1] / 2, text->size[2] / 2};
        return shape->half_m.z;
    }
    if (kind == SHAPE_SPHERE)
        return text->radius;
    shape->height_m = kind == SHAPE_CAPSULE ? text->height - 2 * text->radius : text->height;
    return text->height / 2;
}

static enum status solid_kind_read(const struct scenario_node *node, const struct solid_text *text, unsigned seen,
                                   const struct solid_kind **kind, struct error *err)
{
    size_t i = 0;
    while (i < COUNT_OF(solid_kinds) && strcmp(solid_kinds[i].name, text->kind))
        i++;
    if (i == COUNT_OF(solid_kinds)) {
        char hint[96];
        names_hint(hint, sizeof hint, text->kind, solid_kinds, COUNT_OF(solid_kinds), sizeof *solid_kinds);
        return scenario_yaml_refuse(node, err, "kind must be box, cylinder, sphere or capsule, not '%s'%s", text->kind,
                                    hint);
    }
    *kind = &solid_kinds[i];
    if ((seen & (SOLID_SIZE | SOLID_RADIUS | SOLID_HEIGHT)) != (*kind)->wants)
        return scenario_yaml_refuse(node, err, "a %s is given by %s, no more and no less", text->kind,
                                    (*kind)->sentence);
    if ((*kind)->shape == SHAPE_CAPSULE && text->height <= 2 * text->radius)
        return scenario_yaml_refuse(node, err, "a capsule must be taller (height %g m) than it is wide (%g m)",
                                    text->height, 2 * text->radius);
    return STATUS_OK;
}

static enum status solid_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    struct solid_text text = {.material = "plaster"};
    const struct solid_kind *kind;
    unsigned seen;
    enum status status = scenario_read_fields(solid_fields, COUNT_OF(solid_fields), node, "a solid", &text, &seen, err);
    if (!status)
        status = solid_kind_read(node, &text, seen, &kind, err);
    if (status)
        return status;
    int material = material_find(text.material);
    if (material < 0) {
        char hint[96];
        names_hint(hint, sizeof hint, text.material, material_table, (size_t)material_count, sizeof *material_table);
        return scenario_yaml_refuse(node, err, "unknown material '%s'%s", text.material, hint);
    }
    if (!*text.name)
        snprintf(text.name, sizeof text.name, "%s %zu", text.kind, scenario->solid_count + 1);
    struct solid *solid = scenario_add_solid(scenario, text.name);
    if (!solid)
        return scenario_yaml_refuse(node, err, "more than %d solids; remove some", SCENARIO_SOLIDS_MAX);
    double half = solid_shape(&text, kind->shape, &solid->shape);
    solid->pose.position = (struct vec3){text.at[0], text.at[1], text.at[2] + half};
    solid->pose.orientation = quat_from_yaw(text.yaw);
    solid->material = material;
    solid->mass_kg = text.mass;
    return STATUS_OK;
}

/* --- zones and actors -------------------------------------------------------------------------------------------------- */

struct zone_text {
    char name[32];
    double rectangle[4], speed_limit;
    bool keep_out, painted;
};
static const struct field zone_fields[] = {
    TEXT(zone_text, name, false, "shown in the ledger"),
    NUMBERS(zone_text, rectangle, 4, 4, -1000, 1000, true, "x0, y0, x1, y1"),
    NUMBER(zone_text, speed_limit, 0.01, 10, "m/s", false, "of whoever is in it"),
    YES_NO(zone_text, keep_out, "may not be entered"),
    YES_NO(zone_text, painted, "yellow: the camera sees it"),
};

static enum status zone_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    if (scenario->zone_count == SCENARIO_ZONES_MAX)
        return scenario_yaml_refuse(node, err, "more than %d zones; remove some", SCENARIO_ZONES_MAX);
    struct zone_text text = {.speed_limit = INFINITY};
    unsigned seen;
    enum status status = scenario_read_fields(zone_fields, COUNT_OF(zone_fields), node, "a zone", &text, &seen, err);
    if (status)
        return status;
    const double *r = text.rectangle;
    if (r[0] >= r[2] || r[1] >= r[3])
        return scenario_yaml_refuse(node, err, "rectangle [%g, %g, %g, %g] has no area; write [x0, y0, x1, y1] with "
                                    "x0 < x1 and y0 < y1", r[0], r[1], r[2], r[3]);
    struct zone *zone = &scenario->zones[scenario->zone_count++];
    *zone = (struct zone){.x0_m = r[0], .y0_m = r[1], .x1_m = r[2], .y1_m = r[3], .keep_out = text.keep_out,
                          .speed_limit_mps = text.speed_limit, .painted = text.painted};
    if (*text.name)
        memcpy(zone->name, text.name, sizeof zone->name);
    else
        snprintf(zone->name, sizeof zone->name, "zone %zu", scenario->zone_count);
    return STATUS_OK;
}

struct actor_text {
    char name[32];
    const struct scenario_node *waypoints;
    double speed, radius, height, pause;
    bool yields;
};
static const struct field actor_fields[] = {
    TEXT(actor_text, name, false, "shown in the ledger"),
    NODE(actor_text, waypoints, true, "[[x, y], [x, y], ...], walked there and back"),
    NUMBER(actor_text, speed, 0.01, 5, "m/s", false, "walking speed"),
    NUMBER(actor_text, radius, 0.05, 1, "m", false, "of the body"),
    NUMBER(actor_text, height, 0.3, 3, "m", false, "of the body"),
    NUMBER(actor_text, pause, 0, 3600, "s", false, "at each end"),
    YES_NO(actor_text, yields, "stops for whoever is within 0.6 m ahead"),
};
static const struct field waypoint_field = {
    .param = {.name = "a waypoint", .kind = PARAM_REAL, .min = -1000, .max = 1000, .unit = "m", .help = "x, y"},
    .shape = FIELD_NUMBERS, .least = 2, .most = 2,
};

static enum status actor_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    if (scenario->actor_count == SCENARIO_ACTORS_MAX)
        return scenario_yaml_refuse(node, err, "more than %d actors; remove some", SCENARIO_ACTORS_MAX);
    struct actor_text text = {.speed = 0.7, .radius = 0.25, .height = 1.7, .yields = true};
    unsigned seen;
    enum status status = scenario_read_fields(actor_fields, COUNT_OF(actor_fields), node, "an actor", &text, &seen, err);
    if (status)
        return status;
    const struct scenario_node *list = text.waypoints;
    if (list->kind != NODE_LIST || list->count < 2 || list->count > WAYPOINTS_MAX)
        return scenario_yaml_refuse(list, err, "an actor walks between 2 to %d waypoints [[x, y], ...]; here are %zu",
                                    WAYPOINTS_MAX, list->kind == NODE_LIST ? list->count : 0);
    if (text.height <= 2 * text.radius)
        return scenario_yaml_refuse(node, err, "an actor must be taller (%g m) than it is wide (%g m)", text.height,
                                    2 * text.radius);
    struct actor *actor = &scenario->actors[scenario->actor_count++];
    *actor = (struct actor){.speed_mps = text.speed, .radius_m = text.radius, .height_m = text.height,
                            .pause_s = text.pause, .yields = text.yields};
    if (*text.name)
        memcpy(actor->name, text.name, sizeof actor->name);
    else
        snprintf(actor->name, sizeof actor->name, "person %zu", scenario->actor_count);
    for (const struct scenario_node *item = list->first; item && !status; item = item->next)
        status = numbers_read(&waypoint_field, item, &actor->waypoints[actor->waypoint_count++], err);
    return status;
}

/* --- the file ------------------------------------------------------------------------------------------------------------ */

static enum status list_read(struct scenario *scenario, const struct scenario_node *list, struct error *err,
                             enum status (*item_read)(struct scenario *, const struct scenario_node *, struct error *))
{
    if (!list)
        return STATUS_OK;
    if (list->kind != NODE_LIST)
        return scenario_yaml_refuse(list, err, "%s must be a list; begin each item with '- '", list->key);
    enum status status = STATUS_OK;
    for (const struct scenario_node *item = list->first; item && !status; item = item->next)
        status = item_read(scenario, item, err);
    return status;
}

static enum status section_read(struct scenario *scenario, const struct scenario_section *section,
                                const struct scenario_node *map, struct error *err)
{
    if (map->kind != NODE_MAP)
        return scenario_yaml_refuse(map, err, "%s must be a group of 'key: value'", section->name);
    for (const struct scenario_node *node = map->first; node; node = node->next) {
        if (node->kind != NODE_TEXT)
            return scenario_yaml_refuse(node, err, "%s.%s must be one value", section->name, node->key);
        enum status status = param_set(section->rows, section->row_count, (char *)scenario + section->offset,
                                       node->key, node->text, err);
        if (status)
            return error_context(err, "%s:%zu:%zu: %s", node->file, node->line, node->column, section->name);
    }
    return STATUS_OK;
}

/* Top-level keys that are neither text nor numbers of the task: bit i of the fields below. */
struct scenario_text {
    char name[64], summary[200], policy[32], shield[8], map[64];
    double bounds[4], start[3], goal[2];
    const struct scenario_node *goal_tolerance_m, *time_limit_s, *map_given, *solids, *zones, *actors, *robot, *lidar,
        *camera, *imu, *odometry, *bumper, *world, *clutter, *crowd;
};
static const struct field scenario_fields[] = {
    TEXT(scenario_text, name, true, "one word"),
    TEXT(scenario_text, summary, false, "one line for `binnacle list`"),
    TEXT(scenario_text, policy, false, "who drives unless told otherwise"),
    TEXT(scenario_text, shield, false, "off, monitor or on"),
    TEXT(scenario_text, map, false, "a map_server yaml file beside this one"),
    NUMBERS(scenario_text, bounds, 4, 4, -1000, 1000, true, "x0, y0, x1, y1 of the world"),
    NUMBERS(scenario_text, start, 3, 3, -1000, 1000, true, "x, y in m and yaw in rad"),
    NUMBERS(scenario_text, goal, 2, 2, -1000, 1000, true, "x, y in m"),
    NODE(scenario_text, goal_tolerance_m, false, ""), NODE(scenario_text, time_limit_s, false, ""),
    NODE(scenario_text, map_given, false, ""),        NODE(scenario_text, solids, false, ""),
    NODE(scenario_text, zones, false, ""),            NODE(scenario_text, actors, false, ""),
    NODE(scenario_text, robot, false, ""),            NODE(scenario_text, lidar, false, ""),
    NODE(scenario_text, camera, false, ""),           NODE(scenario_text, imu, false, ""),
    NODE(scenario_text, odometry, false, ""),         NODE(scenario_text, bumper, false, ""),
    NODE(scenario_text, world, false, ""),            NODE(scenario_text, clutter, false, ""),
    NODE(scenario_text, crowd, false, ""),
};
