#include "logs/message_internal.h"

enum { COLUMNS_OF_ARRAY = 64 };

static bool has_columns(const struct message_field *field)
{
    bool list = field->shape != MESSAGE_ONE;
    return !list || (field->shape == MESSAGE_ARRAY && field->length <= COLUMNS_OF_ARRAY &&
                     field->kind != MESSAGE_NESTED);
}

static void header_put(const struct message_type *type, const char *prefix, struct bytes *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        if (field->kind == MESSAGE_NESTED && field->shape == MESSAGE_ONE) {
            struct bytes inner = {0};
            bytes_format(&inner, "%s%s.", prefix, field->name);
            bytes_put_u8(&inner, 0);
            header_put(field->nested, (char *)inner.data, out);
            bytes_clear(&inner);
        } else if (field->shape == MESSAGE_ONE || !has_columns(field)) {
            bytes_format(out, ",%s%s", prefix, field->name);
        } else {
            for (uint32_t k = 0; k < field->length; k++)
                bytes_format(out, ",%s%s[%u]", prefix, field->name, k);
        }
    }
}

static void quoted_put(const char *text, size_t size, struct bytes *out)
{
    bytes_put_u8(out, '"');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            bytes_put_u8(out, '"');
        bytes_put_u8(out, (uint8_t)text[i]);
    }
    bytes_put_u8(out, '"');
}

/* A list without columns of its own: its JSON in one cell. */
static void list_put(const struct message_field *field, const void *message, struct bytes *out)
{
    struct bytes json = {0};
    const struct message_type only = {.fields = field, .field_count = 1};
    message_json(&only, message, 0, &json);
    size_t head = strlen(field->name) + 4; /* {"name": */
    quoted_put((char *)json.data + head, json.size - head - 1, out);
    bytes_clear(&json);
}

static void element_put(enum message_kind kind, const void *at, struct bytes *out)
{
    char number[MESSAGE_NUMBER_TEXT];
    bytes_put_u8(out, ',');
    if (kind == MESSAGE_STRING) {
        const char *text = *(const char *const *)at;
        text = text ? text : "";
        if (text[strcspn(text, ",\"\r\n")])
            quoted_put(text, strlen(text), out);
        else
            bytes_put(out, text, strlen(text));
        return;
    }
    message_number_text(kind, at, number);
    bytes_put(out, number, strlen(number));
}

void message_csv(const struct message_type *type, const void *message, struct bytes *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        struct message_sequence list = message_elements(field, message);
        if (field->kind == MESSAGE_NESTED && field->shape == MESSAGE_ONE) {
            message_csv(field->nested, list.data, out);
        } else if (!has_columns(field)) {
            bytes_put_u8(out, ',');
            list_put(field, message, out);
        } else {
            for (uint32_t k = 0; k < list.count; k++)
                element_put(field->kind, (const char *)list.data + k * message_element_size(field), out);
        }
    }
}

void message_csv_header(const struct message_type *type, struct bytes *out) { header_put(type, "", out); }
