/* logs/diff.h - two logs aligned by time and compared topic by topic, field by field.
 *
 * Messages of one topic with the same log time are pairs, in the order they came; what has no partner is in one
 * log only. In our logs log time is simulated time, so pairs are of the same tick. Payloads are compared by
 * their bytes, and where they differ and both logs' schemas name the same members, by field. */
#ifndef LOGS_DIFF_H
#define LOGS_DIFF_H

#include "logs/mcap.h"
#include "logs/message_tally.h"
#include "logs/reflect.h"

enum {
    DIFF_GROUP_MAX = 1 << 28, /* bytes of messages of one log with the same time */
    DIFF_CURVE_MAX = 64,
};

struct diff_topic {
    const char *name;
    uint64_t messages[2], only[2]; /* of the first and the second log */
    uint64_t differing;            /* pairs */
    int64_t first_ns;              /* of the first pair that differs, or message without partner */
    bool differs;                  /* any of these */
    const char *why_bytes;         /* why pairs were not compared by field; NULL: they were */
    struct message_tally tally;    /* type NULL: not by field */
};

struct diff;
/* Both readers and reflects are borrowed. Ends the first reader's walk. */
struct diff *diff_create(struct mcap_reader *const readers[2], struct reflect *const reflects[2]);
void diff_destroy(struct diff **diff);

/* One more message of log 0 or 1. Each log's messages come in order of time, and the two logs in step: no
 * message may be added before all messages of both logs with smaller times were. STATUS_BAD_INPUT: too many
 * bytes with one time. */
MUST_USE enum status diff_add(struct diff *diff, int which, const struct mcap_message *message, struct error *err);
/* All messages were added. */
void diff_finish(struct diff *diff);

size_t diff_topics(const struct diff *diff, const struct diff_topic **first);
/* How far apart the robots were: up to DIFF_CURVE_MAX points, evenly over the time both were there. */
struct diff_point {
    int64_t log_ns;
    double distance_m;
};
size_t diff_curve(const struct diff *diff, const struct diff_point **first);
/* Nanoseconds of a tick, from the first log's episode info; 0 if it has none. */
int64_t diff_tick_ns(const struct diff *diff);

#endif
