/* tui/log_verb.h - the verbs of `binnacle log`, one small file each (tui/log_*.c), and what they share.
 *
 * Each verb is one row of LOG_VERBS and one function, log_VERB: it gets its files and says how it went:
 * STATUS_OK is exit 0; STATUS_DIVERGED is a finding (exit 1: logs differ, a log is not as it should be), told
 * by the one sentence in *err; everything else is the usual failure. Results go to stdout; a reader that closes
 * it early (head) is not a failure: log_print says STATUS_END then, which log_source_close takes for success.
 * Times on the command line are seconds from the log's first message. */
#ifndef TUI_LOG_VERB_H
#define TUI_LOG_VERB_H

#include "logs/reflect.h"
#include "logs/where.h"
#include "tui/options.h"

#define LOG_TIME_MAX_S 1e9

struct log_options {
    struct text_list topics, formats, series;
    const char *where, *note, *tag, *compression, *profile;
    double from_s, to_s; /* -LOG_TIME_MAX_S, LOG_TIME_MAX_S: everything */
    double every_s, far_m;
    uint64_t limit, items, size_bytes;
    bool json, follow, quick;
};

/*      verb      files             from .. to  what it does */
#define LOG_VERBS(X)                                                                                                 \
    X(info, "LOG...", 1, 100000, "topics, rates, sizes, gaps, metadata, damage; --quick asks the index alone")       \
    X(cat, "LOG...", 1, 100000, "messages as lines of JSON by time, of any CDR log; -f follows a growing one")       \
    X(filter, "IN OUT", 2, 2, "a part of a log (--topic --from --to --where); latched topics keep their state")      \
    X(merge, "IN... OUT", 3, 65, "several logs into one, by time")                                                   \
    X(convert, "IN OUT", 2, 2, "the same log with another --compression or --profile")                               \
    X(split, "LOG [PREFIX]", 1, 2, "parts PREFIX_0000.mcap ... that stand alone: --every SECONDS, --size BYTES")     \
    X(diff, "A B", 2, 2, "which fields of which topics differ, from when on, by how much; exit 1 if any does")       \
    X(export, "LOG DIR", 2, 2, "CSV of each topic, PNG of each image, plots as SVG and PNG")                         \
    X(annotate, "LOG", 1, 1, "adds --note TEXT to the log's metadata, about --from..--to if given, with --tag WORD") \
    X(verify, "LOG...", 1, 100000,                                                                                   \
      "is it sound? every problem with its byte: framing, order, checksums, index, determinism")                     \
    X(recover, "IN OUT", 2, 2,                                                                                       \
      "all that is whole of a damaged or killed log, and exactly what is missing; exit 1 if anything is")

#define LOG_VERB_DECLARE(verb, files, min, max, summary)                                                               \
    MUST_USE enum status log_##verb(const struct log_options *options, int file_count, char **files_given,             \
                                    struct error *err);
LOG_VERBS(LOG_VERB_DECLARE)

/* Does --topic, if given at all, name it? */
bool log_topic_wanted(const struct log_options *options, const char *topic);

/* --- one log, and of its messages those that the options ask for ------------------------------------------ */
struct log_source {
    const struct log_options *options;
    const char *path;
    struct mcap_reader *reader;
    struct reflect *reflect;
    struct where *where;      /* NULL: no expression */
    int64_t from_ns, to_ns;   /* in the log's own times, both inclusive; INT64_MIN and INT64_MAX without a limit */
    struct mcap_message message;
    const struct message_type *type; /* of `decoded` */
    const void *decoded;             /* the message, if the expression or log_source_decode asked; NULL: not yet */
    uint64_t damaged;                /* places skipped, extras left out */
    struct error damage;             /* the first */
    uint64_t taken;                  /* messages handed out */
};

/* Opens the log, checks topics and expression against what is in it (the nearest name is offered), and starts a
 * walk. To be closed in any case; zero-initialise. */
MUST_USE enum status log_source_open(struct log_source *source, const struct log_options *options, const char *path,
                                     enum mcap_order order, struct error *err);
/* Starts the walk again, in another order perhaps. */
MUST_USE enum status log_source_walk(struct log_source *source, enum mcap_order order, struct error *err);
/* The next message asked for, in source->message. Damage is noted and skipped. STATUS_END after the last or the
 * --limit. */
MUST_USE enum status log_source_next(struct log_source *source, struct error *err);
/* source->message decoded; NULL with a sentence. */
MUST_USE const void *log_source_decode(struct log_source *source, struct error *err);
/* What it is made of, for who reads the log in another way: the span, once the log's first time is known; and
 * whether the expression holds for source->message. */
void log_source_begin(struct log_source *source, int64_t start_ns);
bool log_source_matches(struct log_source *source);
/* Frees. `status` is how the verb went: passed on if it failed; else STATUS_CORRUPT with a sentence if there was
 * damage. */
enum status log_source_close(struct log_source *source, enum status status, struct error *err);

/* --- output ----------------------------------------------------------------------------------------------- */
/* The text to stdout, and empties it. STATUS_END: nobody reads any more. */
MUST_USE enum status log_print(struct bytes *text);
/* Appends a log time in seconds, to the nanosecond: what a double would round, of stamps since 1970. */
void log_time(struct bytes *out, int64_t log_ns);
/* Appends text from a file for people: control characters, which a terminal would obey, become '?'. */
void log_text(struct bytes *out, const char *text);
/* Writer options: --compression (else zstd) and --profile, else `profile`. */
MUST_USE enum status log_writer_options(const struct log_options *options, const char *profile,
                                        struct mcap_options *out, struct error *err);

#endif
