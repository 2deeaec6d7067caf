#include "logs/message.h"

#include <stdio.h>

#include "logs/hash.h"
#include "logs/message_internal.h"

enum { DEPENDENCIES_MAX = 64 };

/* A row macro is handed on as ROW_V(laser_scan), which leaves its end to be read together with the row's own
 * (KIND, name); so one row knows its struct. (offsetof is a macro and would want its closing bracket too early.) */
#define ROW(type) {.offset = __builtin_offsetof(struct msg_##type,
#define ROW_V(type) ROW(type) END_V
#define ROW_A(type) ROW(type) END_A
#define ROW_S(type) ROW(type) END_S
#define ROW_N(type) ROW(type) END_N
#define ROW_M(type) ROW(type) END_M
#define END(member, k, s, n, t) member), .name = #member, .kind = k, .shape = s, .length = n, .nested = t},
#define END_V(kind, name) END(name, MESSAGE_##kind, MESSAGE_ONE, 1, NULL)
#define END_A(kind, name, n) END(name, MESSAGE_##kind, MESSAGE_ARRAY, n, NULL)
#define END_S(kind, name) END(name, MESSAGE_##kind, MESSAGE_SEQUENCE, 1, NULL)
#define END_N(type, name) END(name, MESSAGE_NESTED, MESSAGE_ONE, 1, &message_type_##type)
#define END_M(type, name) END(name, MESSAGE_NESTED, MESSAGE_SEQUENCE, 1, &message_type_##type)

#define TYPE(type, package, ros, FIELDS)                                                                               \
    static const struct message_field fields_##type[] = {                                                             \
        FIELDS(ROW_V(type), ROW_A(type), ROW_S(type), ROW_N(type), ROW_M(type))};                                      \
    const struct message_type message_type_##type = {package, ros, sizeof(struct msg_##type), fields_##type,           \
                                                     COUNT_OF(fields_##type)};
MESSAGE_TYPES(TYPE)

#define TOPIC_ROW(id, topic, type, bits) {topic, &message_type_##type, bits},
const struct topic_info topic_table[TOPIC_COUNT] = {TOPICS(TOPIC_ROW)};

enum topic topic_find(const char *name)
{
    enum topic topic = 0;
    while (topic < TOPIC_COUNT && strcmp(topic_table[topic].name, name) != 0)
        topic++;
    return topic;
}

size_t message_element_size(const struct message_field *field)
{
    if (field->kind == MESSAGE_NESTED)
        return field->nested->size;
    return field->kind == MESSAGE_STRING ? sizeof(const char *) : message_number_size(field->kind);
}

void message_path_prepend(char *path, size_t size, const char *name, int64_t index)
{
    char head[96];
    int printed = index < 0 ? snprintf(head, sizeof head, "%s", name)
                            : snprintf(head, sizeof head, "%s[%lld]", name, (long long)index);
    size_t length = (size_t)printed, rest = strlen(path), dot = rest != 0;
    if (length >= sizeof head || length + dot + rest >= size)
        return; /* the outermost names are given up first */
    memmove(path + length + dot, path, rest + 1);
    memcpy(path, head, length);
    if (dot)
        path[length] = '.';
}

/* --- schema text ------------------------------------------------------------------------------------------------ */

static void field_line(const struct message_field *field, struct bytes *out)
{
#define ROS_NAME(kind, c, ros) ros,
    static const char *const names[] = {MESSAGE_KINDS(ROS_NAME)};
    if (field->kind == MESSAGE_NESTED)
        bytes_format(out, "%s/%s", field->nested->package, field->nested->name);
    else
        bytes_format(out, "%s", names[field->kind]);
    if (field->shape == MESSAGE_ARRAY)
        bytes_format(out, "[%u]", field->length);
    if (field->shape == MESSAGE_SEQUENCE)
        bytes_format(out, "[]");
    bytes_format(out, " %s\n", field->name);
}

/* `seen` holds the root and every type whose text is already out. */
static void schema_walk(const struct message_type *type, const struct message_type **seen, size_t *count,
                        struct bytes *out)
{
    static const char line[] = "========================================"
                               "========================================\n";
    for (size_t i = 0; i < *count; i++)
        if (seen[i] == type)
            return;
    if (*count > 0)
        bytes_format(out, "%sMSG: %s/%s\n", line, type->package, type->name);
    ASSERT(*count < DEPENDENCIES_MAX);
    seen[(*count)++] = type;
    for (size_t i = 0; i < type->field_count; i++)
        field_line(&type->fields[i], out);
    for (size_t i = 0; i < type->field_count; i++)
        if (type->fields[i].kind == MESSAGE_NESTED)
            schema_walk(type->fields[i].nested, seen, count, out);
}

void message_schema(const struct message_type *type, struct bytes *out)
{
    const struct message_type *seen[DEPENDENCIES_MAX];
    size_t count = 0;
    schema_walk(type, seen, &count, out);
}

uint64_t message_fingerprint(const struct message_type *type)
{
    char name[64];
    message_full_name(type, name, sizeof name);
    struct bytes schema = {0};
    message_schema(type, &schema);
    uint64_t hash = hash_bytes(hash_text(HASH_START, name), schema.data, schema.size);
    bytes_clear(&schema);
    return hash;
}

void message_full_name(const struct message_type *type, char *text, size_t size)
{
    snprintf(text, size, "%s/msg/%s", type->package, type->name);
}
