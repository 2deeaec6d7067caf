/* logs/schema.h - message types that are only known once a log is read: ros2msg text becomes a struct
 * message_type.
 *
 * The result is laid out as a C compiler would lay out the struct, so that everything in logs/message.h works
 * on it as on our own types. Understood: all ROS 2 primitives except wstring (`char` is uint8), fixed arrays,
 * sequences, bounded sequences and strings (read as unbounded ones), nested types by full or package-relative
 * name, comments, constants and default values (skipped). Dependencies follow the root behind lines of '=' and
 * "MSG: package/Name". Text from a file is never trusted: it is bounded by the limits below before anything is
 * set aside. */
#ifndef LOGS_SCHEMA_H
#define LOGS_SCHEMA_H

#include "logs/message.h"

enum {
    SCHEMA_TEXT_MAX = 1 << 20,   /* bytes of text */
    SCHEMA_TYPES_MAX = 512,      /* the root and its dependencies */
    SCHEMA_FIELDS_MAX = 10000,   /* of all types together, and of one type once nested ones are counted out */
    SCHEMA_DEPTH_MAX = 32,       /* of nesting */
    SCHEMA_STRUCT_MAX = 1 << 24, /* bytes one message takes as a C struct, without what its pointers name */
};

/* The type called `name` ("package/msg/Name"), allocated in `arena`, which it must not outlive. NULL with
 * STATUS_CORRUPT and a sentence that names schema and line: a line that is no field, a missing or cyclic
 * dependency, a type that cannot be read (wstring), or more than the limits allow. */
MUST_USE const struct message_type *schema_parse(const char *name, const void *text, size_t size, struct arena *arena,
                                                 struct error *err);

#endif
