#include "logs/reflect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/schema.h"

struct known { /* what became of a schema */
    const struct message_type *type;
    const char *why; /* there is no type */
};

struct reflect {
    const struct mcap_reader *reader;
    struct arena types, message;
    struct known schemas[UINT16_MAX + 1]; /* by id; both NULL: not asked for yet */
};

struct reflect *reflect_create(const struct mcap_reader *reader)
{
    struct reflect *reflect = NEW(struct reflect);
    reflect->reader = reader;
    return reflect;
}

void reflect_destroy(struct reflect **reflect)
{
    if (!*reflect)
        return;
    arena_clear(&(*reflect)->types);
    arena_clear(&(*reflect)->message);
    free(*reflect);
    *reflect = NULL;
}

static PRINTF_LIKE(3, 4) void refuse(struct reflect *reflect, struct known *known, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(why, sizeof why, format, args);
    va_end(args);
    known->why = arena_string(&reflect->types, why, length < (int)sizeof why ? (size_t)length : sizeof why - 1);
}

void reflect_learn(struct reflect *reflect, const struct mcap_schema *schema)
{
    struct known *known = &reflect->schemas[schema->id];
    struct error why = {0};
    if (known->type || known->why)
        return;
    if (strcmp(schema->encoding, "ros2msg")) {
        refuse(reflect, known, "its schema %.100s is '%.100s', not 'ros2msg'", schema->name, schema->encoding);
        return;
    }
    known->type = schema_parse(schema->name, schema->data, schema->size, &reflect->types, &why);
    if (!known->type)
        refuse(reflect, known, "%s", why.text);
}

const struct message_type *reflect_type(struct reflect *reflect, const struct mcap_channel *channel, struct error *err)
{
    struct known *known = &reflect->schemas[channel->schema_id];
    const struct mcap_schema *schema =
        reflect->reader && !known->type ? mcap_reader_schema(reflect->reader, channel->schema_id) : NULL;
    if (schema)
        reflect_learn(reflect, schema);
    const char *why = known->why ? known->why : known->type ? NULL : "it has no schema";
    if (!why && !strcmp(channel->encoding, "cdr"))
        return known->type;
    if (why)
        error_set(err, STATUS_CORRUPT, "%s cannot be decoded: %s", channel->topic, why);
    else
        error_set(err, STATUS_CORRUPT, "%s cannot be decoded: its messages are '%s', not 'cdr'", channel->topic,
                  channel->encoding);
    return NULL;
}

const void *reflect_decode(struct reflect *reflect, const struct mcap_message *message,
                           const struct message_type **type, struct error *err)
{
    *type = reflect_type(reflect, message->channel, err);
    if (!*type)
        return NULL;
    arena_reset(&reflect->message);
    void *decoded = arena_new(&reflect->message, 1, (*type)->size);
    if (!message_decode(*type, message->data, message->size, decoded, &reflect->message, err))
        return decoded;
    error_context(err, "%s #%u", message->channel->topic, message->sequence);
    return NULL;
}
