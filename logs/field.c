#include "logs/field.h"

#include <math.h>
#include <stdlib.h>

#include "logs/message_internal.h"

static const struct message_field *member_find(const struct message_type *type, const char *name, size_t length)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (!strncmp(type->fields[i].name, name, length) && !type->fields[i].name[length])
            return &type->fields[i];
    return NULL;
}

/* "[12]" at *path. */
static bool take_index(const char **path, uint64_t *index)
{
    char *end;
    if ((*path)[0] != '[' || (*path)[1] < '0' || (*path)[1] > '9')
        return false;
    *index = strtoull(*path + 1, &end, 10);
    *path = end + 1;
    return *end == ']';
}

static struct field_value list_count(const struct message_field *field, const char *message)
{
    const void *at = NULL;
    if (message && field->shape == MESSAGE_ARRAY)
        at = &field->length;
    else if (message)
        at = message + field->offset + offsetof(struct message_sequence, count);
    return (struct field_value){MESSAGE_UINT32, at};
}

bool field_find(const struct message_type *type, const void *message, const char *path, struct field_value *value)
{
    const char *within = message;
    for (;;) {
        size_t length = strcspn(path, ".[");
        const struct message_field *field = member_find(type, path, length);
        struct message_sequence list = {0};
        uint64_t index = 0;
        if (!field)
            return false;
        path += length;
        if (field->shape != MESSAGE_ONE && !strcmp(path, ".count")) {
            *value = list_count(field, within);
            return true;
        }
        if (field->shape != MESSAGE_ONE && !take_index(&path, &index))
            return false;
        if (within)
            list = message_elements(field, within);
        if (within && index >= list.count)
            return false;
        within = within ? (const char *)list.data + index * message_element_size(field) : NULL;
        *value = (struct field_value){field->kind, within};
        if (field->kind != MESSAGE_NESTED)
            return !*path;
        if (*path++ != '.')
            return false;
        type = field->nested;
    }
}

long double field_number(struct field_value value)
{
    if (value.kind == MESSAGE_STRING)
        return (long double)NAN;
    if (message_is_float(value.kind))
        return (long double)message_float(value.kind, value.at);
    if (message_is_signed(value.kind))
        return (long double)message_signed(value.kind, value.at);
    return (long double)message_bits(value.kind, value.at);
}

const char *field_text(struct field_value value)
{
    const char *text = value.kind == MESSAGE_STRING ? *(const char *const *)value.at : NULL;
    return text ? text : "";
}
