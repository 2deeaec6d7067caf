/* The first byte chooses a message type, the rest is its payload. Whatever decodes must encode, decode to the same
 * message again and encode to the same bytes. */
#include "logs/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TYPE_ROW(type, package, ros, FIELDS) &message_type_##type,
static const struct message_type *const all_types[] = {MESSAGE_TYPES(TYPE_ROW)};

static void check_stable(const struct message_type *type, const void *message, struct arena *arena)
{
    struct bytes first = {0}, second = {0};
    void *again = arena_new(arena, 1, type->size);
    struct message_difference difference;
    message_encode(type, message, &first);
    enum status status = message_decode(type, first.data, first.size, again, arena, NULL);
    ASSERT(!status);
    ASSERT(message_equal(type, message, again, 0, 0, &difference));
    message_encode(type, again, &second);
    ASSERT(first.size == second.size && !memcmp(first.data, second.data, first.size));
    first.size = 0;
    message_json(type, message, 8, &first);
    ASSERT(first.size >= 2 && first.data[first.size - 1] == '}');
    bytes_clear(&first);
    bytes_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct message_type *type = all_types[data[0] % COUNT_OF(all_types)];
    struct arena arena = {0};
    struct error err = {0};
    void *message = arena_new(&arena, 1, type->size);
    if (message_decode(type, data + 1, size - 1, message, &arena, &err) == STATUS_OK)
        check_stable(type, message, &arena);
    else
        ASSERT(err.status == STATUS_CORRUPT && err.text[0]);
    arena_clear(&arena);
    return 0;
}
