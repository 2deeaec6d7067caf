/* logs/recover.h - everything that is whole in a damaged log, in a new one; and what is missing, exactly.
 *
 * Front to back, record by record. A record is believed if its body holds together and another one follows it. Where
 * one does not, the search goes on byte by byte to the next place from which several records follow each other, and
 * what lies between is reported as lost. Chunks:
 *   whole                     its checksum decides whether its messages count as verified
 *   damaged head or length    found again from what is left: stored size, compression, checksum
 *   damaged or cut, packed    as far as it unpacks; damaged or cut, not packed: record by record, like the file
 * Definitions come from the summary (if its checksum is right) and from the sidecar before those in the data.
 * A sidecar (logs/sidecar.h) stands for everything behind the place of the log that it names.
 * Memory: one chunk or attachment, at most MCAP_CHUNK_MAX each. */
#ifndef LOGS_RECOVER_H
#define LOGS_RECOVER_H

#include "logs/mcap.h"

enum { RECOVER_ENTRIES_MAX = 1000 }; /* kept of each list; counted on */
#define RECOVER_NO_TIME INT64_MIN

struct recover_loss { /* a stretch of bytes nothing could be made of */
    uint64_t offset, bytes;  /* in the log; in the sidecar if `beside` */
    bool beside;
    int64_t after_ns, before_ns; /* log times of the neighbouring messages; RECOVER_NO_TIME: none */
    const char *what;
};

struct recover_gap { /* messages missing from a topic, by their sequence numbers */
    uint16_t topic;  /* index into topics */
    uint32_t first, count;
    int64_t after_ns, before_ns;
};

struct recover_topic {
    char *name;
    uint64_t messages, missing;
    uint32_t last; /* sequence */
    int64_t last_ns;
    bool numbered; /* its sequence numbers rise by one, so gaps in them mean something */
};

struct recover_report {
    bool complete;             /* nothing is lost: every byte understood, every checksum right, the end known */
    bool closed;               /* the data section had its end */
    bool sidecar;              /* a sidecar was folded in */
    uint64_t bytes, lost_bytes;
    uint64_t messages;         /* in the new log */
    uint64_t from_sidecar;     /* of them */
    uint64_t unverified;       /* of them, from chunks whose checksum does not fit: some may be altered */
    uint64_t attachments, metadata;
    struct recover_loss *losses;
    size_t loss_count; /* may exceed RECOVER_ENTRIES_MAX: that many are kept */
    struct recover_gap *gaps;
    size_t gap_count;
    struct recover_topic *topics;
    size_t topic_count;
};
void recover_report_clear(struct recover_report *report);

/* Writes what can be saved of `in` to `out`, which appears (or is replaced) when it is whole. The new log has the
 * compression of `in`'s first chunk and, if anything was lost, a metadata record "recovery" that says what.
 * STATUS_CORRUPT: there is nothing to save. STATUS_BAD_INPUT: in and out are the same file. STATUS_IO: cannot read or
 * write, or `in` is being recorded at this moment. */
MUST_USE enum status recover_log(const char *in, const char *out, struct recover_report *report, struct error *err);

/* If a killed recording left a sidecar beside the log, folds it in and replaces the log, provided that nothing is lost
 * by that; otherwise leaves everything as it is. */
void recover_beside(const char *log);

#endif
