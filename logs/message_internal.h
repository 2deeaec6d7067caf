/* logs/message_internal.h - what the files of logs/ that walk messages by their descriptors share; for them alone. */
#ifndef LOGS_MESSAGE_INTERNAL_H
#define LOGS_MESSAGE_INTERNAL_H

#include "logs/message.h"

/* Bytes one number takes on the wire, which is also what it takes in memory. Not for MESSAGE_STRING, MESSAGE_NESTED. */
static inline size_t message_number_size(enum message_kind kind)
{
#define MESSAGE_KIND_SIZE(kind, c, ros) sizeof(c),
    static const uint8_t sizes[MESSAGE_KIND_COUNT] = {MESSAGE_KINDS(MESSAGE_KIND_SIZE)};
#undef MESSAGE_KIND_SIZE
    return sizes[kind];
}

static inline bool message_is_number(enum message_kind kind) { return kind < MESSAGE_STRING; }
static inline bool message_is_float(enum message_kind kind)
{
    return kind == MESSAGE_FLOAT32 || kind == MESSAGE_FLOAT64;
}
static inline bool message_is_signed(enum message_kind kind)
{
    return kind == MESSAGE_INT8 || kind == MESSAGE_INT16 || kind == MESSAGE_INT32 || kind == MESSAGE_INT64;
}

/* A number's bits, zero-extended; and its value, of a signed or a float kind. */
static inline uint64_t message_bits(enum message_kind kind, const void *at)
{
    uint64_t bits = 0;
    memcpy(&bits, at, message_number_size(kind));
    return bits;
}
static inline int64_t message_signed(enum message_kind kind, const void *at)
{
    uint64_t sign = (uint64_t)1 << (message_number_size(kind) * 8 - 1);
    return (int64_t)((message_bits(kind, at) ^ sign) - sign);
}
static inline double message_float(enum message_kind kind, const void *at)
{
    float single;
    double real;
    if (kind == MESSAGE_FLOAT64)
        return memcpy(&real, at, sizeof real), real;
    return memcpy(&single, at, sizeof single), (double)single;
}

/* The elements of a field, whatever its shape. */
static inline struct message_sequence message_elements(const struct message_field *field, const void *message)
{
    const char *at = (const char *)message + field->offset;
    struct message_sequence sequence = {(void *)(uintptr_t)at, field->length};
    if (field->shape == MESSAGE_SEQUENCE)
        memcpy(&sequence, at, sizeof sequence);
    return sequence;
}

/* Puts "name[3]" (or "name", for an index of -1) and a dot in front of `path`, as an error or a difference unwinds. */
void message_path_prepend(char *path, size_t size, const char *name, int64_t index);

/* |a - b| of two numbers whose bytes differ, and the steps between them (see struct message_difference). Of anything
 * and a NaN or an infinity: infinity. */
double message_number_distance(enum message_kind kind, const void *a, const void *b, uint64_t *ulp);
/* Everything of the difference but its path. */
void message_numbers_differ(enum message_kind kind, const void *a, const void *b, struct message_difference *first);

/* The number at `at` as text: floats with the fewest digits that read back to the same bits, else nan, inf, -inf. */
enum { MESSAGE_NUMBER_TEXT = 32 };
void message_number_text(enum message_kind kind, const void *at, char text[MESSAGE_NUMBER_TEXT]);

#endif
