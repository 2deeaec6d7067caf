#include "sim/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "sim/material.h"
#include "sim/texture.h"

/* --- solids ---------------------------------------------------------------------------------------------------- */

enum { TERRAIN_SIDE_MAX = 256 };

struct solid_text { /* a solid as it is written */
    char name[32], kind[16], material[16];
    double at[3], size[3], radius, height, yaw, pitch, roll, mass, cell;
    char texture[16];
    const struct scenario_node *heights;
    bool ground;
};
enum { SOLID_SIZE = 1 << 4, SOLID_RADIUS = 1 << 5, SOLID_HEIGHT = 1 << 6, SOLID_CELL = 1 << 7, SOLID_HEIGHTS = 1 << 8,
       SOLID_GROUND = 1 << 9 };
static const struct field solid_fields[] = {
    ROW_TEXT(solid_text, name, false, "shown in the ledger"),
    ROW_TEXT(solid_text, kind, true, "box, cylinder, sphere, capsule, ramp or terrain"),
    ROW_TEXT(solid_text, material, false, "what it is made of"),
    ROW_NUMBERS(solid_text, at, 2, 3, -1000, 1000, true, "x, y and, if not on the floor, its lowest point's z"),
    ROW_NUMBERS(solid_text, size, 3, 3, 0.001, 1000, false, "along its own x, y, z"),
    ROW_NUMBER(solid_text, radius, 0.001, 100, "m", false, "of a round solid"),
    ROW_NUMBER(solid_text, height, 0.001, 100, "m", false, "from underside to top"),
    ROW_NUMBER(solid_text, cell, 0.01, 10, "m", false, "between two heights of a terrain"),
    ROW_NODE(solid_text, heights, false, "of a terrain: rows of numbers along x, the first row at the smallest y"),
    ROW_YES_NO(solid_text, ground, "to be driven on: no obstacle"),
    ROW_NUMBER(solid_text, yaw, -2 * PI, 2 * PI, "rad", false, "turned left about z"),
    ROW_NUMBER(solid_text, pitch, -PI / 2, PI / 2, "rad", false, "turned nose down about its own y, after yaw"),
    ROW_NUMBER(solid_text, roll, -PI, PI, "rad", false, "turned about its own x, after pitch"),
    ROW_NUMBER(solid_text, mass, 0, 10000, "kg", false, "0: it never moves"),
    ROW_TEXT(solid_text, texture, false, "pattern on it, if not its material's own"),
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
    {"ramp", SHAPE_HULL, SOLID_SIZE, "size: [length, width, height]"},
    {"terrain", SHAPE_HEIGHTFIELD, SOLID_CELL | SOLID_HEIGHTS, "cell and heights: [[...], ...]"},
};

/* A wedge that rises along its own x, from nothing to its height. */
static void ramp_make(struct arena *arena, const double size[3], struct shape *shape)
{
    double x = size[0] / 2, y = size[1] / 2, z = size[2] / 2;
    const struct vec3 corners[] = {{-x, -y, -z}, {-x, y, -z}, {x, -y, -z}, {x, y, -z}, {x, -y, z}, {x, y, z}};
    struct vec3 *kept = arena_new(arena, COUNT_OF(corners), sizeof *kept);
    memcpy(kept, corners, sizeof corners);
    shape->vertices = kept;
    shape->vertex_count = COUNT_OF(corners);
}

static const struct field height_field = {
    .param = {.name = "a row of heights", .kind = PARAM_REAL, .min = -100, .max = 100, .unit = "m", .help = "along x"},
    .shape = FIELD_NUMBERS, .least = 2, .most = TERRAIN_SIDE_MAX,
};

static enum status terrain_make(struct arena *arena, const struct solid_text *text, struct shape *shape,
                                struct error *err)
{
    const struct scenario_node *list = text->heights;
    size_t columns = list->first && list->first->kind == NODE_LIST ? list->first->count : 0;
    if (list->kind != NODE_LIST || list->count < 2 || list->count > TERRAIN_SIDE_MAX || columns < 2)
        return scenario_yaml_refuse(list, err, "heights must be a list of 2 to %d rows of as many numbers, such as "
                                    "[[0, 0], [0, 0.1]]", TERRAIN_SIDE_MAX);
    double *heights = arena_new(arena, list->count * TERRAIN_SIDE_MAX, sizeof *heights);
    size_t row = 0;
    for (const struct scenario_node *item = list->first; item; item = item->next, row++) {
        if (item->kind != NODE_LIST || item->count != columns)
            return scenario_yaml_refuse(item, err, "every row of heights must have %zu numbers, as the first one",
                                        columns);
        enum status status = scenario_field_numbers(&height_field, item, heights + row * columns, err);
        if (status)
            return status;
    }
    *shape = (struct shape){.kind = SHAPE_HEIGHTFIELD, .heights_m = heights, .rows = (uint32_t)row,
                            .columns = (uint32_t)columns, .cell_m = text->cell};
    return STATUS_OK;
}

/* Shape and distance from underside to centre. */
static double solid_shape(struct arena *arena, const struct solid_text *text, enum shape_kind kind, struct shape *shape)
{
    if (kind == SHAPE_HEIGHTFIELD) /* terrain_make has made it; its heights count from its own zero */
        return 0;
    *shape = (struct shape){.kind = kind, .radius_m = text->radius};
    if (kind == SHAPE_HULL) {
        ramp_make(arena, text->size, shape);
        return text->size[2] / 2;
    }
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
    size_t i = scenario_field_find(text->kind, solid_kinds, COUNT_OF(solid_kinds), sizeof *solid_kinds);
    if (i == COUNT_OF(solid_kinds)) {
        char hint[96];
        names_hint(hint, sizeof hint, text->kind, solid_kinds, COUNT_OF(solid_kinds), sizeof *solid_kinds);
        return scenario_yaml_refuse(
            node, err, "kind must be box, cylinder, sphere, capsule, ramp or terrain, not '%s'%s", text->kind, hint);
    }
    *kind = &solid_kinds[i];
    if ((seen & (SOLID_SIZE | SOLID_RADIUS | SOLID_HEIGHT | SOLID_CELL | SOLID_HEIGHTS)) != (*kind)->wants)
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
    const struct solid_kind *kind = NULL;
    unsigned seen;
    enum status status =
        scenario_field_read_all(solid_fields, COUNT_OF(solid_fields), node, "a solid", &text, &seen, err);
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
    int texture = *text.texture ? texture_find(text.texture) : -1;
    if (*text.texture && texture < 0) {
        char hint[96];
        names_hint(hint, sizeof hint, text.texture, texture_table, (size_t)texture_count, sizeof *texture_table);
        return scenario_yaml_refuse(node, err, "unknown texture '%s'%s", text.texture, hint);
    }
    if (!*text.name)
        snprintf(text.name, sizeof text.name, "%s %zu", text.kind, scenario->solid_count + 1);
    struct solid *solid = scenario_add_solid(scenario, text.name);
    if (!solid)
        return scenario_yaml_refuse(node, err, "more than %d solids; remove some", SCENARIO_SOLIDS_MAX);
    if (kind->shape == SHAPE_HEIGHTFIELD && terrain_make(&scenario->shapes, &text, &solid->shape, err))
        return err->status;
    double half = solid_shape(&scenario->shapes, &text, kind->shape, &solid->shape);
    solid->pose.orientation = quat_from_yaw(text.yaw);
    if (text.pitch != 0 || text.roll != 0) {
        struct vec3 low, high;
        solid->pose.orientation = quat_from_rpy(text.roll, text.pitch, text.yaw);
        shape_bounds_at(&solid->shape, (struct pose3){.orientation = solid->pose.orientation}, &low, &high);
        half = -low.z;
    }
    solid->pose.position = (struct vec3){text.at[0], text.at[1], text.at[2] + half};
    solid->ground = seen & SOLID_GROUND ? text.ground : kind->shape == SHAPE_HULL || kind->shape == SHAPE_HEIGHTFIELD;
    solid->material = material;
    solid->texture = texture + 1;
    solid->mass_kg = text.mass;
    return STATUS_OK;
}

/* --- zones ---------------------------------------------------------------------------------------------------- */

struct zone_text {
    char name[32];
    double rectangle[4], speed_limit, friction;
    bool keep_out, painted;
};
static const struct field zone_fields[] = {
    ROW_TEXT(zone_text, name, false, "shown in the ledger"),
    ROW_NUMBERS(zone_text, rectangle, 4, 4, -1000, 1000, true, "x0, y0, x1, y1"),
    ROW_NUMBER(zone_text, speed_limit, 0.01, 10, "m/s", false, "of whoever is in it"),
    ROW_NUMBER(zone_text, friction, 0, 3, "", false, "of the floor there, instead of world.floor_friction"),
    ROW_YES_NO(zone_text, keep_out, "may not be entered"),
    ROW_YES_NO(zone_text, painted, "yellow: the camera sees it"),
};

static enum status zone_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    if (scenario->zone_count == SCENARIO_ZONES_MAX)
        return scenario_yaml_refuse(node, err, "more than %d zones; remove some", SCENARIO_ZONES_MAX);
    struct zone_text text = {.speed_limit = HUGE_VAL, .friction = -1};
    unsigned seen;
    enum status status = scenario_field_read_all(zone_fields, COUNT_OF(zone_fields), node, "a zone", &text, &seen, err);
    if (status)
        return status;
    const double *r = text.rectangle;
    if (r[0] >= r[2] || r[1] >= r[3])
        return scenario_yaml_refuse(node, err, "rectangle [%g, %g, %g, %g] has no area; write [x0, y0, x1, y1] with "
                                    "x0 < x1 and y0 < y1", r[0], r[1], r[2], r[3]);
    struct zone *zone = &scenario->zones[scenario->zone_count++];
    *zone = (struct zone){.x0_m = r[0], .y0_m = r[1], .x1_m = r[2], .y1_m = r[3], .keep_out = text.keep_out,
                          .speed_limit_mps = text.speed_limit, .friction = text.friction, .painted = text.painted};
    if (*text.name)
        memcpy(zone->name, text.name, sizeof zone->name);
    else
        snprintf(zone->name, sizeof zone->name, "zone %zu", scenario->zone_count);
    return STATUS_OK;
}

/* --- faults ---------------------------------------------------------------------------------------------------- */

struct fault_row { /* a fault as it is written: the parts of sim/fault.h's text by name */
    char target[32], kind[32];
    double amount, from_s, for_s, recover_s;
};
static const struct field fault_fields[] = {
    ROW_TEXT(fault_row, target, true, "a sensor, actuator, clock, link or policy"),
    ROW_TEXT(fault_row, kind, true, "what goes wrong: binnacle list faults"),
    ROW_NUMBER(fault_row, amount, -1e6, 1e6, "", false, "how much"),
    ROW_NUMBER(fault_row, from_s, 0, 1e6, "s", false, "onset; from the start if left out"),
    ROW_NUMBER(fault_row, for_s, 0.001, 1e6, "s", false, "duration; for ever if left out"),
    ROW_NUMBER(fault_row, recover_s, 0, 1e6, "s", false, "then it gets better for so long"),
};

static enum status fault_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    struct fault_row row = {.amount = (double)NAN, .for_s = HUGE_VAL};
    struct fault_spec spec;
    unsigned seen;
    struct error why = {0};
    enum status status =
        scenario_field_read_all(fault_fields, COUNT_OF(fault_fields), node, "a fault", &row, &seen, err);
    if (status)
        return status;
    if (scenario->fault_count == FAULTS_MAX)
        return scenario_yaml_refuse(node, err, "more than %d faults; remove some", FAULTS_MAX);
    if (fault_of(row.target, row.kind, row.amount, &spec, &why))
        return scenario_yaml_refuse(node, err, "%s", why.text);
    spec.from_s = row.from_s;
    spec.for_s = row.for_s;
    spec.recover_s = row.recover_s;
    scenario->faults[scenario->fault_count++] = spec;
    return STATUS_OK;
}

/* --- the file -------------------------------------------------------------------------------------------------- */

static enum status list_read(struct scenario *scenario, const struct scenario_node *list, struct error *err,
                             enum status (*item_read)(struct scenario *, const struct scenario_node *, struct error *))
{
    if (list->kind != NODE_LIST)
        return scenario_yaml_refuse(list, err, "%s must be a list; begin each item with '- '", list->key);
    enum status status = STATUS_OK;
    for (const struct scenario_node *item = list->first; item && !status; item = item->next)
        status = item_read(scenario, item, err);
    return status;
}

/* A value; or of several names, a list of them, with commas between. */
static bool section_text(const struct scenario_section *section, const struct scenario_node *node, char text[512])
{
    size_t row = scenario_field_find(node->key, section->rows, section->row_count, sizeof *section->rows);
    bool names = row < section->row_count && section->rows[row].kind == PARAM_TEXT && node->kind == NODE_LIST;
    size_t length = 0;
    text[0] = '\0';
    if (node->kind == NODE_TEXT)
        length = (size_t)snprintf(text, 512, "%s", node->text);
    for (const struct scenario_node *item = node->first; names && item; item = item->next) {
        if (item->kind != NODE_TEXT || length + strlen(item->text) + 2 > 512)
            return false;
        length += (size_t)snprintf(text + length, 512 - length, "%s%s", length ? "," : "", item->text);
    }
    return (node->kind == NODE_TEXT || names) && length < 512;
}

static enum status section_read(struct scenario *scenario, const struct scenario_section *section,
                                const struct scenario_node *map, struct error *err)
{
    if (map->kind != NODE_MAP)
        return scenario_yaml_refuse(map, err, "%s must be a group of 'key: value'", section->name);
    for (const struct scenario_node *node = map->first; node; node = node->next) {
        char text[512];
        if (!section_text(section, node, text))
            return scenario_yaml_refuse(node, err, "%s.%s must be one value", section->name, node->key);
        enum status status = param_set(section->rows, section->row_count, (char *)scenario + section->offset,
                                       node->key, text, err);
        if (status)
            return error_context(err, "%s:%zu:%zu: %s", node->file, node->line, node->column, section->name);
    }
    return STATUS_OK;
}

static const struct field scenario_fields[] = {
    ROW_TEXT(scenario, name, true, "one word"),
    ROW_TEXT(scenario, summary, false, "one line for the list of scenarios"),
    ROW_TEXT(scenario, policy, false, "who drives unless told otherwise"),
    ROW_TEXT(scenario, shield, false, "off, monitor or on"),
    {.param = {.name = "bounds", .offset = offsetof(struct scenario, x0_m), .kind = PARAM_REAL, .min = -1000,
               .max = 1000, .unit = "m", .help = "x0, y0, x1, y1 of the world"},
     .shape = FIELD_NUMBERS, .least = 4, .most = 4, .required = true},
    ROW_NUMBERS(scenario, start, 3, 3, -1000, 1000, true, "x, y in m and yaw in rad"),
    ROW_NUMBERS(scenario, goal, 2, 2, -1000, 1000, true, "x, y in m"),
};
static const struct field map_field = {
    .param = {.name = "map", .unit = "", .help = "a map_server yaml beside this file"}, .shape = FIELD_TEXT, .most = 64,
};
static const struct scenario_list {
    const char *name;
    enum status (*item_read)(struct scenario *, const struct scenario_node *, struct error *);
} scenario_lists[] = {{"solids", solid_read}, {"zones", zone_read}, {"actors", scenario_actor_read},
                      {"doors", scenario_door_read}, {"robots", scenario_robot_read}, {"lamps", scenario_lamp_read},
                      {"faults", fault_read}};

/* goal.x and its like are for scenario_set; the file has goal. */
static bool is_plain(const char *name) { return !strchr(name, '.'); }

static enum status key_refuse(const struct scenario_node *node, struct error *err)
{
    const char *names[64]; /* far fewer rows than that, see the tables */
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(scenario_fields); i++)
        names[count++] = scenario_fields[i].param.name;
    for (size_t i = 0; i < scenario_section_count; i++)
        if (!scenario_section_table[i].only_for)
            names[count++] = scenario_section_table[i].name;
    for (size_t i = 0; i < COUNT_OF(scenario_lists); i++)
        names[count++] = scenario_lists[i].name;
    for (size_t i = 0; i < scenario_task_row_count; i++)
        if (is_plain(scenario_task_rows[i].name))
            names[count++] = scenario_task_rows[i].name;
    names[count++] = map_field.param.name;
    char hint[96];
    names_hint(hint, sizeof hint, node->key, names, count, sizeof *names);
    return scenario_yaml_refuse(node, err, "unknown key '%s' in the scenario%s", node->key, hint);
}

static enum status key_read(struct scenario *scenario, const struct scenario_node *node, char map_file[64],
                            unsigned *seen, struct error *err)
{
    size_t i = scenario_field_find(node->key, scenario_fields, COUNT_OF(scenario_fields), sizeof *scenario_fields);
    if (i < COUNT_OF(scenario_fields)) {
        *seen |= 1u << i;
        return scenario_field_read(&scenario_fields[i], node, scenario, err);
    }
    i = scenario_field_find(node->key, scenario_section_table, scenario_section_count, sizeof *scenario_section_table);
    if (i < scenario_section_count && scenario_section_applies(scenario, &scenario_section_table[i]))
        return section_read(scenario, &scenario_section_table[i], node, err);
    i = scenario_field_find(node->key, scenario_lists, COUNT_OF(scenario_lists), sizeof *scenario_lists);
    if (i < COUNT_OF(scenario_lists))
        return list_read(scenario, node, err, scenario_lists[i].item_read);
    i = scenario_field_find(node->key, scenario_task_rows, scenario_task_row_count, sizeof *scenario_task_rows);
    if (i < scenario_task_row_count && is_plain(node->key))
        return scenario_field_value(&scenario_task_rows[i], node, scenario, err);
    if (!strcmp(node->key, map_field.param.name))
        return scenario_field_read(&map_field, node, map_file, err);
    return key_refuse(node, err);
}

void scenario_defaults(struct scenario *scenario)
{
    strcpy(scenario->policy, "dwa");
    strcpy(scenario->shield, "on");
    param_defaults(scenario_task_rows, scenario_task_row_count, scenario);
    for (size_t i = 0; i < scenario_section_count; i++) {
        const struct scenario_section *section = &scenario_section_table[i];
        param_defaults(section->rows, section->row_count, (char *)scenario + section->offset);
    }
}

enum status scenario_read(struct scenario *scenario, const struct scenario_node *root, char map_file[64],
                          struct error *err)
{
    scenario_defaults(scenario);
    map_file[0] = '\0';
    if (root->kind != NODE_MAP)
        return scenario_yaml_refuse(root, err, "a scenario is a group of 'key: value' lines");
    unsigned seen = 0;
    for (const struct scenario_node *node = root->first; node; node = node->next) {
        enum status status = key_read(scenario, node, map_file, &seen, err);
        if (status)
            return status;
    }
    enum status status =
        scenario_field_required(scenario_fields, COUNT_OF(scenario_fields), root, "the scenario", seen, err);
    scenario->start.yaw = wrap_angle(scenario->start.yaw);
    return status;
}
