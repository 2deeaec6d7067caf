/* logs/latched.h - the state of a log at a moment: the last message of every latched channel.
 *
 * A channel is latched if its "offered_qos_profiles" say transient local durability (the map, the static
 * transforms, the goal ...): who joins late gets the last one. A piece cut out of a log needs the same. */
#ifndef LOGS_LATCHED_H
#define LOGS_LATCHED_H

#include "logs/mcap.h"

struct latched;
struct latched *latched_create(const struct mcap_reader *reader);
void latched_destroy(struct latched **latched);
/* Keeps a copy if the channel is latched. */
void latched_keep(struct latched *latched, const struct mcap_message *message);
/* Keeps, of each latched channel, the last message before `before_ns`, found through the index. Ends the
 * reader's walk. */
MUST_USE enum status latched_seek(struct latched *latched, struct mcap_reader *reader, int64_t before_ns,
                                  struct error *err);
/* The kept messages in order of time; valid until the next call. */
size_t latched_messages(struct latched *latched, const struct mcap_message **first);

#endif
