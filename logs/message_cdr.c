#include <stdarg.h>
#include <stdio.h>

#include "logs/message_internal.h"

enum { HEADER_BYTES = 4 };

/* --- encode ----------------------------------------------------------------------------------------------------- */

struct writer {
    struct bytes *out;
    size_t body; /* where the first body byte stands in `out`: alignment counts from here */
};

static inline uint8_t *writer_add(struct writer *writer, size_t align, size_t size)
{
    size_t pad = (writer->body - writer->out->size) & (align - 1);
    uint8_t *at = bytes_add(writer->out, pad + size);
    for (size_t i = 0; i < pad; i++)
        at[i] = 0;
    return at + pad;
}

static inline void write_u32(struct writer *writer, uint32_t value) { memcpy(writer_add(writer, 4, 4), &value, 4); }

/* Sizes known to the compiler turn each copy into one move: most fields are single numbers. */
static inline void write_numbers(struct writer *writer, size_t size, const void *data, size_t count)
{
    if (count != 1)
        memcpy(writer_add(writer, size, size * count), data, size * count);
    else if (size == 8)
        memcpy(writer_add(writer, 8, 8), data, 8);
    else if (size == 4)
        memcpy(writer_add(writer, 4, 4), data, 4);
    else if (size == 2)
        memcpy(writer_add(writer, 2, 2), data, 2);
    else
        memcpy(writer_add(writer, 1, 1), data, 1);
}

static void write_string(struct writer *writer, const char *text)
{
    if (!text)
        text = "";
    size_t size = strlen(text) + 1;
    ASSERT(size <= UINT32_MAX);
    write_u32(writer, (uint32_t)size);
    memcpy(writer_add(writer, 1, size), text, size);
}

static void write_message(struct writer *writer, const struct message_type *type, const void *message)
{
    if (type->field_count == 0)
        *writer_add(writer, 1, 1) = 0; /* ROS 2 gives an empty struct one member */
    for (size_t f = 0; f < type->field_count; f++) {
        const struct message_field *field = &type->fields[f];
        struct message_sequence list = message_elements(field, message);
        if (field->shape == MESSAGE_SEQUENCE) {
            write_u32(writer, list.count);
            if (list.count == 0)
                continue; /* no padding for elements that do not come */
        }
        if (message_is_number(field->kind)) {
            write_numbers(writer, message_number_size(field->kind), list.data, list.count);
        } else if (field->kind == MESSAGE_STRING) {
            for (uint32_t i = 0; i < list.count; i++)
                write_string(writer, ((const char *const *)list.data)[i]);
        } else {
            for (uint32_t i = 0; i < list.count; i++)
                write_message(writer, field->nested, (const char *)list.data + i * field->nested->size);
        }
    }
}

void message_encode(const struct message_type *type, const void *message, struct bytes *out)
{
    static const uint8_t header[HEADER_BYTES] = {0, 1, 0, 0};
    bytes_put(out, header, sizeof header);
    struct writer writer = {out, out->size};
    write_message(&writer, type, message);
}

/* --- decode ----------------------------------------------------------------------------------------------------- */

struct reader {
    struct cursor body;
    struct arena *arena;
    bool swap;        /* big-endian payload */
    bool version2;    /* XCDR2: 8-byte values align to 4; lists of strings or messages carry their length in bytes */
    bool delimited;   /* XCDR2 appendable: every message carries its length in bytes */
    char path[160];   /* of the field that failed, filled while unwinding */
    char reason[128]; /* why it failed */
};

static PRINTF_LIKE(2, 3) bool fail(struct reader *reader, const char *reason, ...)
{
    va_list args;
    va_start(args, reason);
    vsnprintf(reader->reason, sizeof reader->reason, reason, args);
    va_end(args);
    return false;
}

static const uint8_t *take(struct reader *reader, size_t align, size_t size)
{
    if (reader->version2 && align > 4)
        align = 4;
    size_t left = cursor_left(&reader->body), pad = -reader->body.offset & (align - 1);
    if (left < pad || left - pad < size) {
        fail(reader, "%zu bytes are needed and %zu are left", pad + size, left);
        return NULL;
    }
    return cursor_take(&reader->body, pad + size) + pad;
}

static bool read_numbers(struct reader *reader, enum message_kind kind, uint8_t *to, size_t count)
{
    size_t size = message_number_size(kind);
    const uint8_t *from = take(reader, size, size * count);
    if (!from)
        return false;
    if (kind == MESSAGE_BOOL) {
        for (size_t i = 0; i < count; i++)
            to[i] = from[i] != 0; /* any other bit pattern in a C bool is undefined */
    } else if (reader->swap) {
        for (size_t i = 0; i < count; i++)
            for (size_t byte = 0; byte < size; byte++)
                to[i * size + byte] = from[i * size + size - 1 - byte];
    } else {
        memcpy(to, from, size * count);
    }
    return true;
}

static bool read_u32(struct reader *reader, uint32_t *value)
{
    return read_numbers(reader, MESSAGE_UINT32, (uint8_t *)value, 1);
}

static bool read_string(struct reader *reader, const char **text)
{
    *text = "";
    uint32_t size;
    if (!read_u32(reader, &size))
        return false;
    if (size == 0)
        return true;
    const char *from = (const char *)take(reader, 1, size);
    if (!from)
        return false;
    if (memchr(from, 0, size) != from + size - 1)
        return fail(reader, "the string's only NUL is not at its end");
    *text = arena_string(reader->arena, from, size - 1);
    return true;
}

/* The fewest bytes an element can take, so that a count can be refused before memory is asked for. */
static size_t element_bytes_min(const struct message_field *field)
{
    if (field->kind == MESSAGE_STRING)
        return sizeof(uint32_t);
    if (field->kind != MESSAGE_NESTED)
        return message_number_size(field->kind);
    size_t sum = 0;
    for (size_t i = 0; i < field->nested->field_count; i++) {
        const struct message_field *inner = &field->nested->fields[i];
        sum += inner->shape == MESSAGE_SEQUENCE ? sizeof(uint32_t) : inner->length * element_bytes_min(inner);
    }
    return sum ? sum : 1;
}

static bool read_sequence(struct reader *reader, const struct message_field *field, struct message_sequence *list)
{
    if (!read_u32(reader, &list->count))
        return false;
    size_t left = cursor_left(&reader->body);
    if (list->count && list->count > left / element_bytes_min(field))
        return fail(reader, "%u elements cannot fit into the %zu bytes left", list->count, left);
    list->data = list->count ? arena_new(reader->arena, list->count, message_element_size(field)) : NULL;
    return true;
}

static bool read_message(struct reader *reader, const struct message_type *type, void *message);

static bool read_elements(struct reader *reader, const struct message_field *field, struct message_sequence list,
                          int64_t *index)
{
    if (message_is_number(field->kind))
        return list.count == 0 || read_numbers(reader, field->kind, list.data, list.count);
    size_t size = message_element_size(field);
    for (uint32_t i = 0; i < list.count; i++) {
        char *at = (char *)list.data + i * size;
        *index = field->shape == MESSAGE_ONE ? -1 : (int64_t)i;
        if (field->kind == MESSAGE_STRING ? !read_string(reader, (const char **)(void *)at)
                                          : !read_message(reader, field->nested, at))
            return false;
    }
    return true;
}

static bool read_field(struct reader *reader, const struct message_field *field, void *message)
{
    int64_t index = -1;
    uint32_t length;
    bool ok = true;
    if (reader->version2 && field->shape != MESSAGE_ONE && !message_is_number(field->kind))
        ok = read_u32(reader, &length);
    struct message_sequence list = message_elements(field, message);
    if (ok && field->shape == MESSAGE_SEQUENCE) {
        ok = read_sequence(reader, field, &list);
        if (ok)
            memcpy((char *)message + field->offset, &list, sizeof list);
    }
    if (ok)
        ok = read_elements(reader, field, list, &index);
    if (!ok)
        message_path_prepend(reader->path, sizeof reader->path, field->name, index);
    return ok;
}

static bool read_message(struct reader *reader, const struct message_type *type, void *message)
{
    uint32_t length = 0;
    if (reader->delimited && !read_u32(reader, &length))
        return false;
    size_t start = reader->body.offset;
    if (length > cursor_left(&reader->body))
        return fail(reader, "the message's length runs past the end");
    if (type->field_count == 0 && !take(reader, 1, 1))
        return false;
    for (size_t i = 0; i < type->field_count; i++)
        if (!read_field(reader, &type->fields[i], message))
            return false;
    if (reader->body.offset - start < length)
        reader->body.offset = start + length; /* members a later version appended */
    return true;
}

/* Bytes 0 and 1 of the payload name the representation: XCDR1, XCDR2 plain, XCDR2 appendable; odd is little-endian. */
static bool read_header(struct reader *reader, const uint8_t *payload, size_t size)
{
    if (size < HEADER_BYTES)
        return fail(reader, "the payload is shorter than its 4-byte header");
    uint8_t kind = payload[1];
    bool version2 = kind >= 6 && kind <= 9;
    if (payload[0] != 0 || (kind > 1 && !version2))
        return fail(reader, "the payload's header names no CDR representation that is known here");
    reader->swap = kind % 2 == 0;
    reader->version2 = version2;
    reader->delimited = kind >= 8;
    reader->body = (struct cursor){payload + HEADER_BYTES, size - HEADER_BYTES, 0, false};
    return true;
}

enum status message_decode(const struct message_type *type, const uint8_t *payload, size_t size, void *message,
                           struct arena *arena, struct error *err)
{
    struct reader reader = {.arena = arena};
    memset(message, 0, type->size);
    if (read_header(&reader, payload, size) && read_message(&reader, type, message))
        return STATUS_OK;
    memset(message, 0, type->size);
    size_t at = reader.body.data ? reader.body.offset + HEADER_BYTES : 0;
    return error_set(err, STATUS_CORRUPT, "%s/msg/%s of %zu bytes cannot be read: at byte %zu%s%s, %s", type->package,
                     type->name, size, at, reader.path[0] ? ", field " : "", reader.path, reader.reason);
}
