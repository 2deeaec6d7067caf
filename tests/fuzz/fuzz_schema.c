/* Any text as a ros2msg schema, and what follows a line "%%" as a payload of that type. What parses is a sound
 * layout; what then decodes must encode, and decode to the same message again. */
#include "logs/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(const uint8_t *data, size_t size, size_t *payload)
{
    for (size_t i = 0; i + 4 <= size; i++)
        if (!memcmp(data + i, "\n%%\n", 4)) {
            *payload = i + 4;
            return i + 1;
        }
    *payload = size;
    return size;
}

/* Members lie inside the struct and do not overlap. */
static void check_layout(const struct message_type *type)
{
    size_t end = 0;
    ASSERT(type->size > 0 && type->size <= SCHEMA_STRUCT_MAX);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        size_t size = field->shape == MESSAGE_SEQUENCE ? sizeof(struct message_sequence)
                                                       : field->length * message_element_size(field);
        ASSERT(*field->name && field->length > 0 && field->offset >= end);
        ASSERT((field->kind == MESSAGE_NESTED) == (field->nested != NULL));
        end = field->offset + size;
        ASSERT(end <= type->size);
        if (field->nested)
            check_layout(field->nested);
    }
}

static void check_payload(const struct message_type *type, const uint8_t *payload, size_t size, struct arena *arena)
{
    struct error err = {0};
    struct bytes text = {0};
    struct message_difference difference;
    void *message = arena_new(arena, 1, type->size), *again = arena_new(arena, 1, type->size);
    if (message_decode(type, payload, size, message, arena, &err)) {
        ASSERT(err.status == STATUS_CORRUPT && *err.text);
        return;
    }
    message_encode(type, message, &text);
    enum status status = message_decode(type, text.data, text.size, again, arena, &err);
    ASSERT(!status && message_equal(type, message, again, 0, 0, &difference));
    text.size = 0;
    message_json(type, message, 4, &text);
    ASSERT(text.size >= 2 && text.data[text.size - 1] == '}');
    bytes_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t payload, text = split(data, size, &payload);
    struct arena arena = {0};
    struct error err = {0};
    const struct message_type *type = schema_parse("pkg/msg/Root", data, text, &arena, &err);
    if (type) {
        check_layout(type);
        check_payload(type, data + payload, size - payload, &arena);
    } else {
        ASSERT(err.status == STATUS_CORRUPT && strstr(err.text, "pkg/msg/Root"));
    }
    arena_clear(&arena);
    return 0;
}
