#include <stdio.h>
#include <string.h>

#include "sim/scenario_internal.h"

struct lamp_text {
    char name[32];
    double at[3], power, colour[3];
};
static const struct field lamp_fields[] = {
    ROW_TEXT(lamp_text, name, false, "for people"),
    ROW_NUMBERS(lamp_text, at, 3, 3, -1000, 1000, true, "x, y, z"),
    ROW_NUMBER(lamp_text, power, 0, 1000, "", false, "its light at 1 m, 1 is full"),
    ROW_NUMBERS(lamp_text, colour, 3, 3, 0, 1, false, "red, green, blue"),
};

enum status scenario_lamp_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    if (scenario->lamp_count == SCENARIO_LAMPS_MAX)
        return scenario_yaml_refuse(node, err, "more than %d lamps; remove some", SCENARIO_LAMPS_MAX);
    struct lamp_text text = {.power = 2, .colour = {1, 1, 1}};
    unsigned seen;
    enum status status =
        scenario_field_read_all(lamp_fields, COUNT_OF(lamp_fields), node, "a lamp", &text, &seen, err);
    if (status)
        return status;
    struct lamp *lamp = &scenario->lamps[scenario->lamp_count++];
    *lamp = (struct lamp){.at = {text.at[0], text.at[1], text.at[2]}, .power = text.power};
    memcpy(lamp->colour, text.colour, sizeof lamp->colour);
    if (*text.name)
        memcpy(lamp->name, text.name, sizeof lamp->name);
    else
        snprintf(lamp->name, sizeof lamp->name, "lamp %zu", scenario->lamp_count);
    return STATUS_OK;
}
