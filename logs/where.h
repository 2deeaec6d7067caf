/* logs/where.h - which messages somebody wants, as an expression over their fields.
 *
 *     pose.pose.position.x > 1.5 && (severity >= 2 || id == "collision") && !localised
 *
 * Operands are field paths (logs/field.h), numbers, "text" or 'text', true and false; == != < <= > >= compare
 * numbers with numbers (64-bit integers exactly) and text with text; a path alone asks whether it is neither
 * zero nor empty. Where a message lacks the field, or the kinds do not fit, the answer is "unknown", which !
 * leaves as it is and && and || pass on unless the other side decides; only a clear yes matches. NaN is unequal
 * to everything, itself included: x != x finds it. */
#ifndef LOGS_WHERE_H
#define LOGS_WHERE_H

#include "logs/message.h"

struct where;
/* Owned; NULL with STATUS_BAD_INPUT and the column where the expression goes wrong. */
MUST_USE struct where *where_parse(const char *text, struct error *err);
void where_destroy(struct where **where);
bool where_matches(const struct where *where, const struct message_type *type, const void *message);
/* The paths it names, in order of appearance. */
size_t where_paths(const struct where *where, const char *const **first);

#endif
