#include "tui/scenario_show.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/message.h"
#include "sim/material.h"

static const char *const shape_names[] = {
    [SHAPE_BOX] = "box", [SHAPE_CYLINDER] = "cylinder", [SHAPE_SPHERE] = "sphere", [SHAPE_CAPSULE] = "capsule",
    [SHAPE_PLANE] = "plane", [SHAPE_HULL] = "hull", [SHAPE_MESH] = "mesh", [SHAPE_HEIGHTFIELD] = "heightfield",
};
static const char *const actor_names[ACTOR_KIND_COUNT] = {
    [ACTOR_WALKER] = "walker", [ACTOR_PEDESTRIAN] = "pedestrian", [ACTOR_CHILD] = "child", [ACTOR_CART] = "cart",
    [ACTOR_DOOR] = "door",
};

/* --- settings --------------------------------------------------------------------------------------------------- */

static double number_of(const struct param *row, const void *base)
{
    const char *at = (const char *)base + row->offset;
    switch (row->kind) {
    case PARAM_REAL:
        return *(const double *)at;
    case PARAM_BOOL:
        return *(const bool *)at;
    case PARAM_INT:
    case PARAM_CHOICE:
        return *(const int *)at;
    case PARAM_TEXT:
        break;
    }
    return 0;
}

static bool is_default(const struct param *row, const void *base)
{
    if (row->kind == PARAM_TEXT)
        return !*((const char *)base + row->offset);
    return number_of(row, base) == row->fallback;
}

static void value_put(const struct param *row, const void *base, bool json, struct bytes *out)
{
    double value = number_of(row, base);
    const char *text = (const char *)base + row->offset; /* if it is one */
    if (row->kind == PARAM_TEXT && json) {
        message_json_text(text, out);
        return;
    }
    if (row->kind == PARAM_TEXT) {
        bytes_format(out, "%s", text);
        return;
    }
    const char *quote = json ? "\"" : "";
    if (row->kind == PARAM_BOOL)
        bytes_format(out, "%s", value != 0 ? "true" : "false");
    else if (row->kind == PARAM_CHOICE)
        bytes_format(out, "%s%s%s", quote, row->choices[(int)value], quote);
    else if (isfinite(value))
        bytes_format(out, "%.9g", value);
    else
        bytes_format(out, json ? "null" : "none");
}

static const void *section_base(const struct scenario *s, const struct scenario_section *section)
{
    return (const char *)s + section->offset;
}

/* "  lidar: rate_hz 20 Hz, beams 90": what is not as usual. */
static void sections_text(const struct scenario *s, struct bytes *out)
{
    for (size_t i = 0; i < scenario_section_count; i++) {
        const struct scenario_section *section = &scenario_section_table[i];
        const char *separator = "";
        for (size_t j = 0; scenario_section_applies(s, section) && j < section->row_count; j++) {
            const struct param *row = &section->rows[j];
            if (is_default(row, section_base(s, section)))
                continue;
            if (!*separator)
                bytes_format(out, "  %-10s ", section->name);
            bytes_format(out, "%s%s ", separator, row->name);
            value_put(row, section_base(s, section), false, out);
            separator = ", ";
        }
        if (*separator)
            bytes_format(out, "\n");
    }
}

/* --- for people ------------------------------------------------------------------------------------------------- */

static void size_put(const struct shape *shape, struct bytes *out)
{
    if (shape->kind == SHAPE_CYLINDER || shape->kind == SHAPE_CAPSULE)
        bytes_format(out, "radius %g, height %g", shape->radius_m,
                     shape->height_m + (shape->kind == SHAPE_CAPSULE ? 2 * shape->radius_m : 0));
    else if (shape->kind == SHAPE_SPHERE)
        bytes_format(out, "radius %g", shape->radius_m);
    else {
        struct vec3 low, high;
        shape_bounds(shape, &low, &high);
        bytes_format(out, "%g x %g x %g", high.x - low.x, high.y - low.y, high.z - low.z);
    }
}

static void solids_text(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "solids (%zu)\n", s->solid_count);
    for (size_t i = 0; i < s->solid_count; i++) {
        const struct solid *solid = &s->solids[i];
        const struct vec3 *at = &solid->pose.position;
        bytes_format(out, "  %-20s %-9s %-9s at %g, %g, %g", solid->name, shape_names[solid->shape.kind],
                     material_table[solid->material].name, at->x, at->y, at->z);
        double yaw = quat_yaw(solid->pose.orientation);
        if (yaw != 0)
            bytes_format(out, ", yaw %.4g", yaw);
        bytes_format(out, "; ");
        size_put(&solid->shape, out);
        if (solid->mass_kg > 0)
            bytes_format(out, "; %g kg", solid->mass_kg);
        bytes_format(out, "\n");
    }
}

static struct vec2 actor_place(const struct actor *actor)
{
    if (actor->kind == ACTOR_DOOR)
        return actor->door.hinge;
    return actor->spline ? spline_at(actor->spline, 0).at : vec2_add(actor->waypoints[0], actor->offset);
}

static void others_text(const struct scenario *s, struct bytes *out)
{
    if (s->zone_count)
        bytes_format(out, "zones (%zu)\n", s->zone_count);
    for (size_t i = 0; i < s->zone_count; i++) {
        const struct zone *zone = &s->zones[i];
        bytes_format(out, "  %-20s %g, %g .. %g, %g%s%s", zone->name, zone->x0_m, zone->y0_m, zone->x1_m, zone->y1_m,
                     zone->keep_out ? ", keep out" : "", zone->painted ? ", painted" : "");
        if (isfinite(zone->speed_limit_mps))
            bytes_format(out, ", at most %g m/s", zone->speed_limit_mps);
        if (zone->friction >= 0)
            bytes_format(out, ", friction %g", zone->friction);
        bytes_format(out, "\n");
    }
    if (s->actor_count)
        bytes_format(out, "actors (%zu)\n", s->actor_count);
    for (size_t i = 0; i < s->actor_count; i++) {
        struct vec2 at = actor_place(&s->actors[i]);
        bytes_format(out, "  %-20s %-10s at %.3f, %.3f", s->actors[i].name, actor_names[s->actors[i].kind], at.x, at.y);
        if (s->actors[i].speed_mps > 0)
            bytes_format(out, ", %.3g m/s", s->actors[i].speed_mps);
        bytes_format(out, "\n");
    }
    for (size_t i = 0; i < s->robot_count; i++)
        bytes_format(out, "robot %-16s from %g, %g to %g, %g, %s\n", s->robots[i].name, s->robots[i].start.x,
                     s->robots[i].start.y, s->robots[i].goal.x, s->robots[i].goal.y, s->robots[i].policy);
    for (size_t i = 0; i < s->lamp_count; i++)
        bytes_format(out, "lamp %-17s at %g, %g, %g, power %g\n", s->lamps[i].name, s->lamps[i].at.x, s->lamps[i].at.y,
                     s->lamps[i].at.z, s->lamps[i].power);
}

void scenario_show_text(const struct scenario *s, uint64_t seed, double way_m, struct bytes *out)
{
    bytes_format(out, "%s, seed %" PRIu64 "\n", s->name, seed);
    if (*s->summary)
        bytes_format(out, "  %s\n", s->summary);
    bytes_format(out, "  bounds     %g, %g .. %g, %g\n", s->x0_m, s->y0_m, s->x1_m, s->y1_m);
    bytes_format(out, "  start      %g, %g, yaw %g\n", s->start.x, s->start.y, s->start.yaw);
    bytes_format(out, "  goal       %g, %g, within %g m, in %g s\n", s->goal.x, s->goal.y, s->goal_tolerance_m,
                 s->time_limit_s);
    if (way_m >= 0)
        bytes_format(out, "  way        %.2f m", way_m);
    else
        bytes_format(out, "  way        none that is wide enough");
    if (s->official_length_m > 0)
        bytes_format(out, ", the benchmark's own %.4f m", s->official_length_m);
    bytes_format(out, "\n  driver     %s, shield %s%s\n", s->policy, s->shield, s->map_given ? ", knows the map" : "");
    if (s->map.width)
        bytes_format(out, "  map        %d x %d cells of %g m\n", s->map.width, s->map.height, s->map.resolution_m);
    bytes_format(out, "  files     ");
    for (size_t i = 0; i < s->file_count; i++)
        bytes_format(out, " %s", s->files[i].name);
    bytes_format(out, "\n");
    sections_text(s, out);
    if (s->draw_count)
        bytes_format(out, "drawn (%zu)\n", s->draw_count);
    for (size_t i = 0; i < s->draw_count; i++)
        bytes_format(out, "  %-30s %s\n", s->draws[i].path, s->draws[i].value);
    solids_text(s, out);
    others_text(s, out);
}

/* --- for machines ----------------------------------------------------------------------------------------------- */

static void text_put(struct bytes *out, const char *key, const char *value)
{
    bytes_format(out, "\"%s\":", key);
    message_json_text(value, out);
    bytes_format(out, ",");
}

static void number_put(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_format(out, "\"%s\":%.9g,", key, value);
    else
        bytes_format(out, "\"%s\":null,", key);
}

static void close_put(struct bytes *out, char bracket)
{
    if (out->data[out->size - 1] == ',')
        out->size--;
    bytes_format(out, "%c,", bracket);
}

static void settings_json(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "\"settings\":{");
    for (size_t i = 0; i < scenario_section_count; i++) {
        const struct scenario_section *section = &scenario_section_table[i];
        if (!scenario_section_applies(s, section))
            continue;
        bytes_format(out, "\"%s\":{", section->name);
        for (size_t j = 0; j < section->row_count; j++) {
            bytes_format(out, "\"%s\":", section->rows[j].name);
            value_put(&section->rows[j], section_base(s, section), true, out);
            bytes_format(out, ",");
        }
        close_put(out, '}');
    }
    close_put(out, '}');
}

static void solids_json(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "\"solids\":[");
    for (size_t i = 0; i < s->solid_count; i++) {
        const struct solid *solid = &s->solids[i];
        struct vec3 low, high;
        shape_bounds(&solid->shape, &low, &high);
        bytes_format(out, "{");
        text_put(out, "name", solid->name);
        text_put(out, "kind", shape_names[solid->shape.kind]);
        text_put(out, "material", material_table[solid->material].name);
        bytes_format(out, "\"centre\":[%.9g,%.9g,%.9g],\"size\":[%.9g,%.9g,%.9g],", solid->pose.position.x,
                     solid->pose.position.y, solid->pose.position.z, high.x - low.x, high.y - low.y, high.z - low.z);
        number_put(out, "yaw", quat_yaw(solid->pose.orientation));
        number_put(out, "mass", solid->mass_kg);
        close_put(out, '}');
    }
    close_put(out, ']');
}

static void zones_json(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "\"zones\":[");
    for (size_t i = 0; i < s->zone_count; i++) {
        const struct zone *zone = &s->zones[i];
        bytes_format(out, "{");
        text_put(out, "name", zone->name);
        bytes_format(out, "\"rectangle\":[%.9g,%.9g,%.9g,%.9g],\"keep_out\":%s,\"painted\":%s,", zone->x0_m,
                     zone->y0_m, zone->x1_m, zone->y1_m, zone->keep_out ? "true" : "false",
                     zone->painted ? "true" : "false");
        number_put(out, "speed_limit", zone->speed_limit_mps);
        close_put(out, '}');
    }
    close_put(out, ']');
}

static void actors_json(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "\"actors\":[");
    for (size_t i = 0; i < s->actor_count; i++) {
        struct vec2 at = actor_place(&s->actors[i]);
        bytes_format(out, "{");
        text_put(out, "name", s->actors[i].name);
        text_put(out, "kind", actor_names[s->actors[i].kind]);
        bytes_format(out, "\"at\":[%.9g,%.9g],", at.x, at.y);
        number_put(out, "speed", s->actors[i].speed_mps);
        close_put(out, '}');
    }
    close_put(out, ']');
}

static void others_json(const struct scenario *s, struct bytes *out)
{
    bytes_format(out, "\"robots\":[");
    for (size_t i = 0; i < s->robot_count; i++) {
        bytes_format(out, "{");
        text_put(out, "name", s->robots[i].name);
        text_put(out, "policy", s->robots[i].policy);
        bytes_format(out, "\"start\":[%.9g,%.9g,%.9g],\"goal\":[%.9g,%.9g]},", s->robots[i].start.x,
                     s->robots[i].start.y, s->robots[i].start.yaw, s->robots[i].goal.x, s->robots[i].goal.y);
    }
    close_put(out, ']');
    bytes_format(out, "\"lamps\":[");
    for (size_t i = 0; i < s->lamp_count; i++) {
        bytes_format(out, "{");
        text_put(out, "name", s->lamps[i].name);
        bytes_format(out, "\"at\":[%.9g,%.9g,%.9g],", s->lamps[i].at.x, s->lamps[i].at.y, s->lamps[i].at.z);
        number_put(out, "power", s->lamps[i].power);
        close_put(out, '}');
    }
    close_put(out, ']');
    number_put(out, "faults", (double)s->fault_count);
}

void scenario_show_json(const struct scenario *s, uint64_t seed, double way_m, struct bytes *out)
{
    bytes_format(out, "{");
    text_put(out, "name", s->name);
    text_put(out, "summary", s->summary);
    bytes_format(out, "\"seed\":%" PRIu64 ",", seed);
    text_put(out, "policy", s->policy);
    text_put(out, "shield", s->shield);
    bytes_format(out, "\"bounds\":[%.9g,%.9g,%.9g,%.9g],", s->x0_m, s->y0_m, s->x1_m, s->y1_m);
    bytes_format(out, "\"start\":[%.9g,%.9g,%.9g],\"goal\":[%.9g,%.9g],", s->start.x, s->start.y, s->start.yaw,
                 s->goal.x, s->goal.y);
    number_put(out, "goal_tolerance_m", s->goal_tolerance_m);
    number_put(out, "time_limit_s", s->time_limit_s);
    number_put(out, "reference_length_m", way_m >= 0 ? way_m : (double)NAN);
    number_put(out, "official_length_m", s->official_length_m > 0 ? s->official_length_m : (double)NAN);
    bytes_format(out, "\"files\":[");
    for (size_t i = 0; i < s->file_count; i++) {
        message_json_text(s->files[i].name, out);
        bytes_format(out, ",");
    }
    close_put(out, ']');
    bytes_format(out, "\"drawn\":{");
    for (size_t i = 0; i < s->draw_count; i++) {
        message_json_text(s->draws[i].path, out);
        bytes_format(out, ":");
        message_json_text(s->draws[i].value, out);
        bytes_format(out, ",");
    }
    close_put(out, '}');
    settings_json(s, out);
    solids_json(s, out);
    zones_json(s, out);
    actors_json(s, out);
    others_json(s, out);
    out->size--; /* the last comma */
    bytes_format(out, "}\n");
}
