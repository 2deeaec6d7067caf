#include <stdio.h>
#include <string.h>

#include "logs/names.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

struct actor_text { /* an actor of any kind as it is written; each kind knows some of the keys */
    char name[32], kind[16], material[16];
    const struct scenario_node *waypoints, *keys;
    double speed, radius, height, pause, size[3], count, trigger, at_s;
    bool yields, loop, once, counted;
};

static const struct field place_field = {
    .param = {.name = "a waypoint", .kind = PARAM_REAL, .min = -1000, .max = 1000, .unit = "m", .help = "x, y"},
    .shape = FIELD_NUMBERS, .least = 2, .most = 2,
};

static enum status list_bounded(const struct scenario_node *list, const char *what, size_t least, size_t most,
                                struct error *err)
{
    if (list->kind == NODE_LIST && list->count >= least && list->count <= most)
        return STATUS_OK;
    return scenario_yaml_refuse(list, err, "%s, not %zu", what, list->kind == NODE_LIST ? list->count : 0);
}

static enum status material_read(const struct scenario_node *node, const char *name, int *material, struct error *err)
{
    if (!*name)
        return STATUS_OK; /* the kind's own */
    *material = material_find(name);
    if (*material >= 0)
        return STATUS_OK;
    char hint[96];
    names_hint(hint, sizeof hint, name, material_table, (size_t)material_count, sizeof *material_table);
    return scenario_yaml_refuse(node, err, "unknown material '%s'%s", name, hint);
}

/* --- walker ---------------------------------------------------------------------------------------------------- */

static const struct field walker_fields[] = {
    ROW_TEXT(actor_text, kind, false, "walker, unless it says otherwise"),
    ROW_TEXT(actor_text, name, false, "shown in the ledger"),
    ROW_NODE(actor_text, waypoints, true, "[[x, y], [x, y], ...], walked there and back"),
    ROW_NUMBER(actor_text, speed, 0.01, 5, "m/s", false, "walking speed"),
    ROW_NUMBER(actor_text, radius, 0.05, 1, "m", false, "of the body"),
    ROW_NUMBER(actor_text, height, 0.3, 3, "m", false, "of the body"),
    ROW_NUMBER(actor_text, pause, 0, 3600, "s", false, "at each end"),
    ROW_YES_NO(actor_text, yields, "stops for whoever is within 0.6 m ahead"),
};

/* What all people have: waypoints and an upright body. */
static enum status person_fill(struct actor *actor, const struct actor_text *text, const struct scenario_node *node,
                               struct error *err)
{
    enum status status = list_bounded(text->waypoints, "an actor has 2 to 16 waypoints [[x, y], ...]", 2,
                                      WAYPOINTS_MAX, err);
    if (!status && text->height <= 2 * text->radius)
        status = scenario_yaml_refuse(node, err, "an actor must be taller (%g m) than it is wide (%g m)", text->height,
                                      2 * text->radius);
    if (status)
        return status;
    actor->speed_mps = text->speed;
    actor->pause_s = text->pause;
    actor->yields = text->yields;
    for (const struct scenario_node *item = text->waypoints->first; item && !status; item = item->next)
        status = scenario_field_numbers(&place_field, item, &actor->waypoints[actor->waypoint_count++], err);
    return status;
}

static enum status walker_fill(struct scenario *scenario, struct actor *actor, const struct actor_text *text,
                               const struct scenario_node *node, unsigned seen, struct error *err)
{
    (void)scenario;
    (void)seen;
    return person_fill(actor, text, node, err);
}

/* --- pedestrian and child -------------------------------------------------------------------------------------- */

static const double ABREAST_M = 0.7; /* between members of a group when they start */

static const struct field pedestrian_fields[] = {
    ROW_TEXT(actor_text, kind, true, "pedestrian"),
    ROW_TEXT(actor_text, name, false, "shown in the ledger"),
    ROW_NODE(actor_text, waypoints, true, "[[x, y], [x, y], ...], walked there and back"),
    ROW_NUMBER(actor_text, speed, 0.01, 5, "m/s", false, "walking speed"),
    ROW_NUMBER(actor_text, radius, 0.05, 1, "m", false, "of the body"),
    ROW_NUMBER(actor_text, height, 0.3, 3, "m", false, "of the body"),
    ROW_NUMBER(actor_text, pause, 0, 3600, "s", false, "at each end"),
    ROW_NUMBER(actor_text, count, 1, 8, "", false, "how many walk together, side by side"),
};

/* The others of a group are the first one again, each to one side of the one before. */
static enum status pedestrian_fill(struct scenario *scenario, struct actor *actor, const struct actor_text *text,
                                   const struct scenario_node *node, unsigned seen, struct error *err)
{
    (void)seen;
    enum status status = person_fill(actor, text, node, err);
    if (status)
        return status;
    if (floor(text->count) != text->count)
        return scenario_yaml_refuse(node, err, "count must be a whole number, not %g", text->count);
    struct vec2 way = vec2_sub(actor->waypoints[1], actor->waypoints[0]);
    double length = vec2_length(way);
    struct vec2 side = length > 0 ? (struct vec2){-way.y / length, way.x / length} : (struct vec2){0, 1};
    size_t first = actor->group;
    for (int i = 1; i < (int)text->count; i++) {
        struct actor *member = scenario_add_actor(scenario, ACTOR_PEDESTRIAN, "");
        if (!member)
            return scenario_yaml_refuse(node, err, "more than %d actors; remove some", SCENARIO_ACTORS_MAX);
        *member = scenario->actors[first];
        snprintf(member->name, sizeof member->name, "%.29s %c", text->name, '1' + i);
        /* Left, right, farther left ... */
        member->offset = vec2_scale(side, ABREAST_M * ((i + 1) / 2) * (i % 2 ? 1 : -1));
    }
    return STATUS_OK;
}

enum { CHILD_TRIGGER = 1 << 6, CHILD_AT = 1 << 7 };
static const struct field child_fields[] = {
    ROW_TEXT(actor_text, kind, true, "child"),
    ROW_TEXT(actor_text, name, false, "shown in the ledger"),
    ROW_NODE(actor_text, waypoints, true, "[[x, y], [x, y], ...]: where it stands, and where it runs"),
    ROW_NUMBER(actor_text, speed, 0.01, 8, "m/s", false, "running speed"),
    ROW_NUMBER(actor_text, radius, 0.05, 1, "m", false, "of the body"),
    ROW_NUMBER(actor_text, height, 0.3, 3, "m", false, "of the body"),
    ROW_NUMBER(actor_text, trigger, 0.01, 100, "m", false, "runs when a robot is this near"),
    ROW_NUMBER(actor_text, at_s, 0, 1e5, "s", false, "runs at this time"),
};

static enum status child_fill(struct scenario *scenario, struct actor *actor, const struct actor_text *text,
                              const struct scenario_node *node, unsigned seen, struct error *err)
{
    (void)scenario;
    if (!(seen & (CHILD_TRIGGER | CHILD_AT)))
        return scenario_yaml_refuse(node, err, "a child needs trigger (m from a robot) or at_s (s), or it never runs");
    actor->trigger_m = seen & CHILD_TRIGGER ? text->trigger : -1;
    actor->trigger_s = seen & CHILD_AT ? text->at_s : HUGE_VAL;
    return person_fill(actor, text, node, err);
}

/* --- cart ------------------------------------------------------------------------------------------------------ */

enum { CART_KEYS = 1 << 2, CART_WAYPOINTS = 1 << 3, CART_SPEED = 1 << 4, CART_SIZE = 1 << 5, CART_RADIUS = 1 << 6 };
static const struct field cart_fields[] = {
    ROW_TEXT(actor_text, kind, true, "cart"),
    ROW_TEXT(actor_text, name, false, "shown in the ledger"),
    ROW_NODE(actor_text, keys, false, "[[t, x, y], ...]: where it is when, s and m"),
    ROW_NODE(actor_text, waypoints, false, "[[x, y], ...], driven at one speed"),
    ROW_NUMBER(actor_text, speed, 0.01, 10, "m/s", false, "along its waypoints"),
    ROW_NUMBERS(actor_text, size, 3, 3, 0.01, 20, false, "of a box: along its way, across, upwards"),
    ROW_NUMBER(actor_text, radius, 0.01, 10, "m", false, "of a cylinder"),
    ROW_NUMBER(actor_text, height, 0.01, 10, "m", false, "of a cylinder"),
    ROW_NUMBER(actor_text, pause, 0, 3600, "s", false, "at each end of a there and back"),
    ROW_TEXT(actor_text, material, false, "what it is made of; metal"),
    ROW_YES_NO(actor_text, loop, "begins again at the end instead of going back; waypoints then close"),
    ROW_YES_NO(actor_text, once, "stays at the end"),
    ROW_YES_NO(actor_text, counted, "keys: curved by their number, as Gazebo does, not by their time"),
};

/* t, x and y of a key have different bounds, so they are read one by one. */
static enum status key_read(const struct scenario_node *node, struct spline_key *key, struct error *err)
{
    static const struct param time_param = {.name = "a key's time", .kind = PARAM_REAL, .max = 1e5, .unit = "s"};
    static const struct param place_param = {.name = "a key's place", .kind = PARAM_REAL, .min = -1000, .max = 1000,
                                             .unit = "m"};
    if (node->kind != NODE_LIST || node->count != 3)
        return scenario_yaml_refuse(node, err, "a key must be a list of 3 numbers (t, x, y), such as [0, 1.5, 2]");
    const struct scenario_node *t = node->first, *x = t->next, *y = x->next;
    enum status status = scenario_field_value(&time_param, t, &key->t_s, err);
    if (!status)
        status = scenario_field_value(&place_param, x, &key->at.x, err);
    return status ? status : scenario_field_value(&place_param, y, &key->at.y, err);
}

static enum status keys_read(const struct scenario_node *list, bool timed, bool close,
                             struct spline_key keys[SPLINE_KEYS_MAX], size_t *count, struct error *err)
{
    enum status status = list_bounded(list, timed ? "a cart has 2 to 255 keys [[t, x, y], ...]"
                                                  : "a cart has 2 to 255 waypoints [[x, y], ...]", 2,
                                      SPLINE_KEYS_MAX - 1, err);
    if (status)
        return status;
    for (const struct scenario_node *item = list->first; item && !status; item = item->next) {
        struct spline_key *key = &keys[(*count)++];
        status = timed ? key_read(item, key, err) : scenario_field_numbers(&place_field, item, &key->at, err);
    }
    if (!status && close && vec2_distance(keys[0].at, keys[*count - 1].at) > 1e-9)
        keys[(*count)++] = keys[0];
    return status;
}

static const struct scenario_node *nth(const struct scenario_node *list, size_t n)
{
    const struct scenario_node *item = list->first;
    while (n-- && item->next)
        item = item->next;
    return item;
}

static enum status cart_check(const struct actor_text *text, const struct scenario_node *node, unsigned seen,
                              struct error *err)
{
    if (!(seen & CART_KEYS) == !(seen & CART_WAYPOINTS))
        return scenario_yaml_refuse(node, err, "a cart has either keys: [[t, x, y], ...] or waypoints: [[x, y], ...]");
    if (seen & CART_KEYS && seen & CART_SPEED)
        return scenario_yaml_refuse(node, err, "a cart's speed is for its waypoints; its keys have their times");
    if (!(seen & CART_SIZE) == !(seen & CART_RADIUS))
        return scenario_yaml_refuse(node, err, "a cart is either a box, size: [along, across, up], or a cylinder, "
                                    "radius and height");
    if (text->loop && text->once)
        return scenario_yaml_refuse(node, err, "a cart cannot both loop and stay at the end (once)");
    if (text->counted && seen & CART_WAYPOINTS)
        return scenario_yaml_refuse(node, err, "counted is for keys with times");
    return STATUS_OK;
}

static enum status cart_fill(struct scenario *scenario, struct actor *actor, const struct actor_text *text,
                             const struct scenario_node *node, unsigned seen, struct error *err)
{
    (void)scenario;
    struct spline_key keys[SPLINE_KEYS_MAX] = {0};
    bool timed = seen & CART_KEYS;
    struct spline_def def = {
        .pace = !timed ? SPLINE_STEADY : text->counted ? SPLINE_COUNTED : SPLINE_TIMED,
        .end = text->loop ? SPLINE_REPEATS : text->once ? SPLINE_STOPS : SPLINE_RETURNS,
        .keys = keys,
        .speed_mps = text->speed,
        .pause_s = text->pause,
    };
    const struct scenario_node *list = timed ? text->keys : text->waypoints;
    enum status status = cart_check(text, node, seen, err);
    if (!status)
        status = keys_read(list, timed, text->loop && !timed, keys, &def.key_count, err);
    if (status)
        return status;
    size_t wrong;
    const char *fault = spline_fault(&def, &wrong);
    if (fault)
        return scenario_yaml_refuse(nth(list, wrong), err, "%s", fault);
    memcpy(&actor->size_m, text->size, sizeof text->size);
    actor->spline = spline_create(&def);
    return STATUS_OK;
}

/* --- all kinds ------------------------------------------------------------------------------------------------- */

static const struct kind_row {
    const char *name; /* as written */
    const char *what; /* in sentences */
    enum actor_kind kind;
    const struct field *fields;
    size_t field_count;
    struct actor_text defaults;
    const char *default_name; /* with a number behind it */
    enum status (*fill)(struct scenario *scenario, struct actor *actor, const struct actor_text *text,
                        const struct scenario_node *node, unsigned seen, struct error *err);
} kinds[] = {
    {"walker", "an actor", ACTOR_WALKER, walker_fields, COUNT_OF(walker_fields),
     {.speed = 0.7, .radius = 0.25, .height = 1.7, .yields = true}, "person", walker_fill},
    {"pedestrian", "a pedestrian", ACTOR_PEDESTRIAN, pedestrian_fields, COUNT_OF(pedestrian_fields),
     {.speed = 1.3, .radius = 0.25, .height = 1.7, .count = 1}, "person", pedestrian_fill},
    {"child", "a child", ACTOR_CHILD, child_fields, COUNT_OF(child_fields),
     {.speed = 2.5, .radius = 0.18, .height = 1.1}, "child", child_fill},
    {"cart", "a cart", ACTOR_CART, cart_fields, COUNT_OF(cart_fields), {.speed = 0.7, .height = 1}, "cart", cart_fill},
};

static enum status kind_find(const struct scenario_node *node, const struct kind_row **row, struct error *err)
{
    *row = &kinds[0];
    if (node->kind != NODE_MAP)
        return scenario_yaml_refuse(node, err, "an actor must be a group of 'key: value'");
    for (const struct scenario_node *key = node->first; key; key = key->next) {
        if (strcmp(key->key, "kind"))
            continue;
        size_t i = key->kind == NODE_TEXT ? scenario_field_find(key->text, kinds, COUNT_OF(kinds), sizeof *kinds)
                                          : COUNT_OF(kinds);
        if (i == COUNT_OF(kinds)) {
            char hint[96] = "";
            if (key->kind == NODE_TEXT)
                names_hint(hint, sizeof hint, key->text, kinds, COUNT_OF(kinds), sizeof *kinds);
            return scenario_yaml_refuse(key, err, "an actor's kind must be walker, pedestrian, child or cart%s", hint);
        }
        *row = &kinds[i];
    }
    return STATUS_OK;
}

enum status scenario_actor_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    const struct kind_row *row;
    unsigned seen;
    enum status status = kind_find(node, &row, err);
    struct actor_text text = row->defaults;
    if (!status)
        status = scenario_field_read_all(row->fields, row->field_count, node, row->what, &text, &seen, err);
    if (status)
        return status;
    if (!*text.name)
        snprintf(text.name, sizeof text.name, "%s %zu", row->default_name, scenario->actor_count + 1);
    struct actor *actor = scenario_add_actor(scenario, row->kind, text.name);
    if (!actor)
        return scenario_yaml_refuse(node, err, "more than %d actors; remove some", SCENARIO_ACTORS_MAX);
    actor->radius_m = text.radius;
    actor->height_m = text.height;
    status = material_read(node, text.material, &actor->material, err);
    return status ? status : row->fill(scenario, actor, &text, node, seen, err);
}

/* --- doors ----------------------------------------------------------------------------------------------------- */

struct door_text {
    char name[32], kind[16], material[16];
    double at[2], yaw, width, height, thickness, swing, move, open, closed, near;
};
enum { DOOR_SWING = 1 << 8, DOOR_CLOSED = 1 << 11, DOOR_NEAR = 1 << 12 };
static const struct field door_fields[] = {
    ROW_TEXT(door_text, kind, true, "hinged or sliding"),
    ROW_TEXT(door_text, name, false, "shown in the ledger"),
    ROW_TEXT(door_text, material, false, "what the leaf is made of; wood"),
    ROW_NUMBERS(door_text, at, 2, 2, -1000, 1000, true, "x, y of the hinge, or of the end a sliding leaf goes behind"),
    ROW_NUMBER(door_text, yaw, -2 * PI, 2 * PI, "rad", false, "from there along the closed leaf"),
    ROW_NUMBER(door_text, width, 0.1, 10, "m", false, "of the leaf"),
    ROW_NUMBER(door_text, height, 0.1, 10, "m", false, "of the leaf"),
    ROW_NUMBER(door_text, thickness, 0.01, 1, "m", false, "of the leaf"),
    ROW_NUMBER(door_text, swing, -PI, PI, "rad", false, "of a hinged leaf when open, to the left if positive"),
    ROW_NUMBER(door_text, move, 0.1, 60, "s", false, "from closed to open"),
    ROW_NUMBER(door_text, open, 0, 3600, "s", false, "how long it stays open"),
    ROW_NUMBER(door_text, closed, 0, 3600, "s", false, "how long it stays closed: a door by the clock"),
    ROW_NUMBER(door_text, near, 0.1, 20, "m", false, "opens when somebody is this near to the doorway's middle"),
};

static enum status door_check(const struct door_text *text, const struct scenario_node *node, unsigned seen,
                              struct error *err)
{
    bool hinged = !strcmp(text->kind, "hinged");
    if (!hinged && strcmp(text->kind, "sliding"))
        return scenario_yaml_refuse(node, err, "a door's kind must be hinged or sliding, not '%s'", text->kind);
    if (!(seen & DOOR_CLOSED) == !(seen & DOOR_NEAR))
        return scenario_yaml_refuse(node, err, "a door either goes by the clock (closed: s) or opens for whoever comes "
                                    "(near: m)");
    if (!hinged && seen & DOOR_SWING)
        return scenario_yaml_refuse(node, err, "a sliding door has no swing");
    if (hinged && text->swing == 0)
        return scenario_yaml_refuse(node, err, "a hinged door with a swing of 0 never opens; write kind: sliding or a "
                                    "swing such as 1.57");
    return STATUS_OK;
}

enum status scenario_door_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    struct door_text text = {.width = 0.9, .height = 2, .thickness = 0.04, .swing = PI / 2, .move = 2, .open = 4};
    unsigned seen;
    enum status status = scenario_field_read_all(door_fields, COUNT_OF(door_fields), node, "a door", &text, &seen, err);
    if (!status)
        status = door_check(&text, node, seen, err);
    if (status)
        return status;
    if (!*text.name)
        snprintf(text.name, sizeof text.name, "door %zu", scenario->actor_count + 1);
    struct actor *actor = scenario_add_actor(scenario, ACTOR_DOOR, text.name);
    if (!actor)
        return scenario_yaml_refuse(node, err, "more than %d actors and doors; remove some", SCENARIO_ACTORS_MAX);
    actor->size_m = (struct vec3){text.width, text.thickness, text.height};
    actor->height_m = text.height;
    actor->door = (struct door){.hinge = {text.at[0], text.at[1]}, .yaw_rad = text.yaw,
                                .swing_rad = strcmp(text.kind, "hinged") ? 0 : text.swing, .move_s = text.move,
                                .open_s = text.open, .closed_s = text.closed, .near_m = text.near};
    return material_read(node, text.material, &actor->material, err);
}
