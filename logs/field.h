/* logs/field.h - one value inside a message, named by its path: "pose.pose.position.x", "ranges[12]",
 * "candidates.count", "candidates[0].costs[2]". */
#ifndef LOGS_FIELD_H
#define LOGS_FIELD_H

#include "logs/message.h"

struct field_value {
    enum message_kind kind; /* never MESSAGE_NESTED */
    const void *at;         /* borrowed from the message: a number, or a const char * */
};

/* False if the type has no such member, the path names no single value, or an index lies beyond the end. With
 * `message` NULL only the type is asked, and value->at is NULL. */
bool field_find(const struct message_type *type, const void *message, const char *path, struct field_value *value);

/* A number as the widest float there is, which on x86-64 holds every integer of 64 bits exactly; NaN for text. */
long double field_number(struct field_value value);
/* The text of a MESSAGE_STRING, "" for its NULL. */
const char *field_text(struct field_value value);

#endif
