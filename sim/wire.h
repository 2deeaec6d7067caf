/* sim/wire.h - what lies between being measured and being known: messages and commands on their way.
 *
 * A message is sampled at its stamp and delivered, to the journal and to whoever takes it, when it is due: at the
 * first physics step at or after that moment. Within a topic nothing overtakes unless it is sent so. What is due at
 * once passes through as the same struct, uncopied: a wire without delay costs nothing and leaves no trace. What waits
 * is part of the state hash. One wire belongs to one robot's sensors; nothing is shared. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "logs/journal.h"

struct wire;

struct wire_out { /* borrowed; where messages come out */
    struct journal *journal;
    void (*take)(void *self, enum topic topic, const void *message); /* NULL: nobody; never given ground truth */
    void *self;
};

struct wire *wire_create(struct wire_out out);
void wire_destroy(struct wire **wire); /* what is still on its way is lost */

struct wire_letter {
    enum topic topic;
    const void *message; /* of the topic's struct; copied if it has to wait */
    int64_t now_ns, due_ns;
    bool overtakes; /* may arrive before one of its topic that was sent earlier */
};
/* After wire_deliver of the same moment. */
void wire_send(struct wire *wire, const struct wire_letter *letter);
/* Hands out what is due by now_ns: by due time, then by the order of sending. */
void wire_deliver(struct wire *wire, int64_t now_ns);
size_t wire_waiting(const struct wire *wire);
uint64_t wire_hash(const struct wire *wire, uint64_t hash); /* unchanged while nothing waits */

#endif
