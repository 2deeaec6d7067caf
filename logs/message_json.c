#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/message_internal.h"

static bool reads_back(enum message_kind kind, const char *text, double value)
{
    return kind == MESSAGE_FLOAT64 ? strtod(text, NULL) == value : (double)strtof(text, NULL) == value;
}

/* Every decimal of 15 digits survives a normal double, so 15 are tried first and %g drops trailing zeros; below the
 * normal range fewer digits are enough. The same with 6 for float. */
static void float_text(enum message_kind kind, double value, char text[MESSAGE_NUMBER_TEXT])
{
    bool wide = kind == MESSAGE_FLOAT64;
    int digits = wide ? 15 : 6, digits_max = wide ? 17 : 9;
    if (fabs(value) < (wide ? DBL_MIN : (double)FLT_MIN))
        digits = 1;
    do
        snprintf(text, MESSAGE_NUMBER_TEXT, "%.*g", digits, value);
    while (digits++ < digits_max && isfinite(value) && !reads_back(kind, text, value));
}

void message_number_text(enum message_kind kind, const void *at, char text[MESSAGE_NUMBER_TEXT])
{
    if (kind == MESSAGE_BOOL)
        snprintf(text, MESSAGE_NUMBER_TEXT, "%s", message_bits(kind, at) ? "true" : "false");
    else if (message_is_float(kind) && isnan(message_float(kind, at)))
        snprintf(text, MESSAGE_NUMBER_TEXT, "nan"); /* printf would show a sign that means nothing */
    else if (message_is_float(kind))
        float_text(kind, message_float(kind, at), text);
    else if (message_is_signed(kind))
        snprintf(text, MESSAGE_NUMBER_TEXT, "%lld", (long long)message_signed(kind, at));
    else
        snprintf(text, MESSAGE_NUMBER_TEXT, "%llu", (unsigned long long)message_bits(kind, at));
}

static void put_text(struct bytes *out, const char *text) { bytes_put(out, text, strlen(text)); }

static void put_number(enum message_kind kind, const void *at, struct bytes *out)
{
    char text[MESSAGE_NUMBER_TEXT] = "null";
    if (!message_is_float(kind) || isfinite(message_float(kind, at)))
        message_number_text(kind, at, text);
    put_text(out, text);
}

/* How many bytes the UTF-8 character at `at` takes; 0 if it is none (overlong, surrogate, above 10FFFF, cut). */
static size_t utf8_length(const uint8_t *at)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) /* stops at the NUL */
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

void message_json_text(const char *text, struct bytes *out)
{
    static const char plain[] = "\"\\\b\f\n\r\t", escaped[] = "\"\\bfnrt";
    const uint8_t *at = (const uint8_t *)(text ? text : "");
    bytes_put_u8(out, '"');
    while (*at) {
        size_t length = utf8_length(at);
        const char *special = strchr(plain, *at);
        if (special)
            bytes_format(out, "\\%c", escaped[special - plain]);
        else if (length == 0)
            put_text(out, "\\ufffd");
        else if (*at < 0x20)
            bytes_format(out, "\\u%04x", *at);
        else
            bytes_put(out, at, length);
        at += length ? length : 1;
    }
    bytes_put_u8(out, '"');
}

static void put_elements(const struct message_field *field, struct message_sequence list, size_t max_items,
                         struct bytes *out)
{
    size_t size = message_element_size(field);
    uint32_t shown = max_items && max_items < list.count ? (uint32_t)max_items : list.count;
    for (uint32_t i = 0; i < shown; i++) {
        const char *at = (const char *)list.data + i * size;
        if (i)
            bytes_put_u8(out, ',');
        if (field->kind == MESSAGE_NESTED)
            message_json(field->nested, at, max_items, out);
        else if (field->kind == MESSAGE_STRING)
            message_json_text(*(const char *const *)(const void *)at, out);
        else
            put_number(field->kind, at, out);
    }
    if (shown < list.count)
        bytes_format(out, ",\"... %u more\"", list.count - shown);
}

void message_json(const struct message_type *type, const void *message, size_t max_items, struct bytes *out)
{
    bytes_put_u8(out, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        bool list = field->shape != MESSAGE_ONE;
        put_text(out, i ? ",\"" : "\"");
        put_text(out, field->name);
        put_text(out, list ? "\":[" : "\":");
        put_elements(field, message_elements(field, message), max_items, out);
        if (list)
            bytes_put_u8(out, ']');
    }
    bytes_put_u8(out, '}');
}
