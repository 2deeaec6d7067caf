/* logs/bytes.h - a growing run of bytes, and a bounded walk over one.
 *
 * All integers are little-endian, as in MCAP and our CDR. `struct bytes` is zero-initialised and owned by whoever
 * declared it; bytes_clear frees. `struct cursor` borrows; reading past its end yields zeros and sets `failed`,
 * so a parser checks once per record instead of once per field. */
#ifndef LOGS_BYTES_H
#define LOGS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "logs/status.h"

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

void bytes_clear(struct bytes *bytes);
void bytes_grow(struct bytes *bytes, size_t capacity); /* room for `capacity` bytes in all */
void bytes_format(struct bytes *bytes, const char *format, ...) PRINTF_LIKE(2, 3); /* text, no NUL counted */

/* Room for `size` more bytes at the end, counted as used; the caller fills them. Never NULL, not even for none. */
static inline uint8_t *bytes_add(struct bytes *bytes, size_t size)
{
    if (bytes->capacity - bytes->size <= size)
        bytes_grow(bytes, bytes->size + size + 1);
    uint8_t *at = bytes->data + bytes->size;
    bytes->size += size;
    return at;
}

static inline void bytes_put(struct bytes *bytes, const void *data, size_t size)
{
    if (size)
        memcpy(bytes_add(bytes, size), data, size);
}

static inline void bytes_put_u8(struct bytes *bytes, uint8_t value) { *bytes_add(bytes, 1) = value; }
static inline void bytes_put_u16(struct bytes *bytes, uint16_t value) { memcpy(bytes_add(bytes, 2), &value, 2); }
static inline void bytes_put_u32(struct bytes *bytes, uint32_t value) { memcpy(bytes_add(bytes, 4), &value, 4); }
static inline void bytes_put_u64(struct bytes *bytes, uint64_t value) { memcpy(bytes_add(bytes, 8), &value, 8); }
/* u32 length, then the characters (MCAP string). */
void bytes_put_string(struct bytes *bytes, const char *text);

struct cursor {
    const uint8_t *data;
    size_t size, offset;
    bool failed;
};

/* The next `size` bytes, or NULL (and `failed`) if fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
    if (cursor->failed || cursor->size - cursor->offset < size) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *at = cursor->data + cursor->offset;
    cursor->offset += size;
    return at;
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->failed ? 0 : cursor->size - cursor->offset;
}

uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Binnacle reads and writes memory as little-endian");

#endif
