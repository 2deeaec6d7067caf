#include "logs/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"

void bytes_clear(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_grow(struct bytes *bytes, size_t capacity)
{
    if (capacity <= bytes->capacity)
        return;
    size_t larger = bytes->capacity ? bytes->capacity : 256;
    while (larger < capacity)
        larger += larger / 2 + 64;
    bytes->data = memory_resize(bytes->data, larger, 1);
    bytes->capacity = larger;
}

void bytes_format(struct bytes *bytes, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(length >= 0);
    bytes_grow(bytes, bytes->size + (size_t)length + 1); /* vsnprintf writes a NUL behind the text */
    vsnprintf((char *)bytes->data + bytes->size, (size_t)length + 1, format, again);
    va_end(again);
    bytes->size += (size_t)length;
}

void bytes_put_string(struct bytes *bytes, const char *text)
{
    size_t length = strlen(text);
    bytes_put_u32(bytes, (uint32_t)length);
    bytes_put(bytes, text, length);
}

uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 1);
    return at ? *at : 0;
}

#define CURSOR_INTEGER(name, type)                                                                                     \
    type name(struct cursor *cursor)                                                                                   \
    {                                                                                                                  \
        type value = 0;                                                                                                \
        const uint8_t *at = cursor_take(cursor, sizeof value);                                                         \
        if (at)                                                                                                        \
            memcpy(&value, at, sizeof value);                                                                          \
        return value;                                                                                                  \
    }
CURSOR_INTEGER(cursor_u16, uint16_t)
CURSOR_INTEGER(cursor_u32, uint32_t)
CURSOR_INTEGER(cursor_u64, uint64_t)
