/* logs/reflect.h - messages of any log, decoded by the schemas the log itself carries.
 *
 * One struct reflect belongs to one log, remembers each schema's type, and decodes any channel that is "cdr"
 * with a "ros2msg" schema. */
#ifndef LOGS_REFLECT_H
#define LOGS_REFLECT_H

#include "logs/mcap.h"
#include "logs/message.h"

struct reflect;
/* Of a reader's schemas (borrowed, must live as long), or, with NULL, of those that reflect_learn is told of. */
struct reflect *reflect_create(const struct mcap_reader *reader);
void reflect_destroy(struct reflect **reflect);
void reflect_learn(struct reflect *reflect, const struct mcap_schema *schema); /* the first of an id counts */

/* The type of the channel's messages, valid until reflect_destroy. NULL with a sentence if they cannot be
 * decoded (another encoding, no schema, a schema that does not parse). */
MUST_USE const struct message_type *reflect_type(struct reflect *reflect, const struct mcap_channel *channel,
                                                 struct error *err);

/* The message, decoded; valid until the next call. *type is set, too. NULL with a sentence that names topic and
 * sequence. */
MUST_USE const void *reflect_decode(struct reflect *reflect, const struct mcap_message *message,
                                    const struct message_type **type, struct error *err);

#endif
