#include <string.h>

#include "logs/names.h"
#include "sim/scenario_internal.h"

/* The row of a table of structs that begin with a name; `count` if there is none. */
size_t scenario_field_find(const char *name, const void *table, size_t count, size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        const char *row;
        memcpy(&row, (const char *)table + i * stride, sizeof row);
        if (!strcmp(row, name))
            return i;
    }
    return count;
}

enum status scenario_field_value(const struct param *param, const struct scenario_node *node, void *target,
                              struct error *err)
{
    if (node->kind != NODE_TEXT)
        return scenario_yaml_refuse(node, err, "%s must be one value, not a %s", param->name,
                                    node->kind == NODE_LIST ? "list" : "group");
    enum status status = param_set(param, 1, target, param->name, node->text, err);
    if (status)
        error_context(err, "%s:%zu:%zu", node->file, node->line, node->column);
    return status;
}

enum status scenario_field_numbers(const struct field *field, const struct scenario_node *list, void *target,
                                struct error *err)
{
    static const char *const examples[] = {[2] = "[1.5, 2]", [3] = "[1.5, 2, 0]", [4] = "[0, 0, 8, 6]"};
    if (list->kind != NODE_LIST || list->count < field->least || list->count > field->most)
        return scenario_yaml_refuse(list, err, "%s must be a list of %zu%s numbers (%s), such as %s",
                                    field->param.name, field->least, field->most > field->least ? " or 3" : "",
                                    field->param.help, examples[field->least]);
    struct param param = field->param;
    for (const struct scenario_node *item = list->first; item; item = item->next) {
        enum status status = scenario_field_value(&param, item, target, err);
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

enum status scenario_field_read(const struct field *field, const struct scenario_node *node, void *target,
                              struct error *err)
{
    switch (field->shape) {
    case FIELD_VALUE:
        return scenario_field_value(&field->param, node, target, err);
    case FIELD_NUMBERS:
        return scenario_field_numbers(field, node, target, err);
    case FIELD_TEXT:
        return text_read(field, node, target, err);
    case FIELD_NODE:
        memcpy((char *)target + field->param.offset, &node, sizeof node);
        return STATUS_OK;
    }
    return STATUS_OK;
}

enum status scenario_field_required(const struct field *fields, size_t count, const struct scenario_node *map,
                                  const char *what, unsigned seen, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].required && !(seen & 1u << i))
            return scenario_yaml_refuse(map, err, "%s has no '%s' (%s)", what, fields[i].param.name,
                                        fields[i].param.help);
    return STATUS_OK;
}

enum status scenario_field_read_all(const struct field *fields, size_t count, const struct scenario_node *map,
                                 const char *what, void *target, unsigned *seen, struct error *err)
{
    if (map->kind != NODE_MAP)
        return scenario_yaml_refuse(map, err, "%s must be a group of 'key: value'", what);
    *seen = 0;
    for (const struct scenario_node *node = map->first; node; node = node->next) {
        size_t i = scenario_field_find(node->key, fields, count, sizeof *fields);
        if (i == count) {
            char hint[96];
            names_hint(hint, sizeof hint, node->key, fields, count, sizeof *fields);
            return scenario_yaml_refuse(node, err, "unknown key '%s' in %s%s", node->key, what, hint);
        }
        enum status status = scenario_field_read(&fields[i], node, target, err);
        if (status)
            return status;
        *seen |= 1u << i;
    }
    return scenario_field_required(fields, count, map, what, *seen, err);
}
