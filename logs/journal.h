/* logs/journal.h - the one place where a message is stamped, numbered and encoded, and then handed to every sink.
 *
 *   journal_publish(journal, TOPIC_SCAN, now_ns, &scan)
 *        -> sequence = how many of this topic came before (from 0)
 *        -> CDR payload, once
 *        -> each sink in the order of adding: recorder (lossless), bus (may drop), checker, test capture
 *
 * A sink must not keep frame.payload: it is reused by the next publish. A sink that fails remembers its own failure and
 * reports it when it is closed; publishing itself cannot fail. */
#ifndef LOGS_JOURNAL_H
#define LOGS_JOURNAL_H

#include "logs/message.h"

struct frame {
    enum topic topic;
    uint32_t sequence;
    int64_t stamp_ns; /* simulated time */
    const uint8_t *payload;
    size_t size;
};

struct sink {
    void (*put)(void *self, const struct frame *frame);
    void *self;
};

struct journal;

struct journal *journal_create(void);
void journal_destroy(struct journal **journal); /* sinks are borrowed and stay alive */
void journal_add(struct journal *journal, struct sink sink);
void journal_publish(struct journal *journal, enum topic topic, int64_t stamp_ns, const void *message);

/* A line on /rosout: level 20 info, 30 warn, 40 error; `name` is the room that speaks ("perception"). */
void journal_say(struct journal *journal, int64_t stamp_ns, uint8_t level, const char *name, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* How many messages of the topic were published so far. */
uint32_t journal_count(const struct journal *journal, enum topic topic);

#endif
