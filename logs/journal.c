#include "logs/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SINKS_MAX = 8 };

struct journal {
    struct sink sinks[SINKS_MAX];
    size_t sink_count;
    uint32_t counts[TOPIC_COUNT];
    struct bytes payload;
};

struct journal *journal_create(void) { return NEW(struct journal); }

void journal_destroy(struct journal **journal)
{
    if (!*journal)
        return;
    bytes_clear(&(*journal)->payload);
    free(*journal);
    *journal = NULL;
}

void journal_add(struct journal *journal, struct sink sink)
{
    ASSERT(journal->sink_count < SINKS_MAX);
    journal->sinks[journal->sink_count++] = sink;
}

void journal_publish(struct journal *journal, enum topic topic, int64_t stamp_ns, const void *message)
{
    ASSERT(topic < TOPIC_COUNT);
    journal->payload.size = 0;
    message_encode(topic_table[topic].type, message, &journal->payload);
    struct frame frame = {topic, journal->counts[topic]++, stamp_ns, journal->payload.data, journal->payload.size};
    for (size_t i = 0; i < journal->sink_count; i++)
        journal->sinks[i].put(journal->sinks[i].self, &frame);
}

void journal_say(struct journal *journal, int64_t stamp_ns, uint8_t level, const char *name, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct msg_log log = {.stamp = message_time(stamp_ns), .level = level, .name = name, .msg = text};
    journal_publish(journal, TOPIC_ROSOUT, stamp_ns, &log);
}

uint32_t journal_count(const struct journal *journal, enum topic topic) { return journal->counts[topic]; }
