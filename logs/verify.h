/* logs/verify.h - is a log all that it should be? Every problem, with its place in the file.
 *
 * What the MCAP specification demands and what other tools' readers trip over: framing, order, definitions, chunks
 * and their checksums, message indexes, the summary against the data, the data section's checksum. Of a log of ours
 * also what a re-simulation leans on: sequence numbers without a gap from 0, stamps that never go back, the build id,
 * a state hash for each tick. Front to back; memory: one chunk, and some bytes for each chunk, channel and
 * attachment. */
#ifndef LOGS_VERIFY_H
#define LOGS_VERIFY_H

#include "logs/mcap.h"

enum { VERIFY_PROBLEMS_MAX = 1000 }; /* kept; counted on */

struct verify_problem {
    uint64_t offset; /* of the record in the file */
    bool warning;    /* allowed, but unwise */
    char text[160];
};

struct verify_report {
    uint64_t bytes, messages, chunks;
    uint64_t errors, warnings;
    struct verify_problem *problems;
    size_t problem_count; /* kept */
    bool ours;            /* made by a recorder: it names a build */
    uint64_t ticks;       /* with a state hash */
    char build_id[32];
};
void verify_report_clear(struct verify_report *report);

/* STATUS_OK also for a log full of problems: see the report, which is to be cleared in any case. STATUS_IO: cannot be
 * read. STATUS_CORRUPT: not an MCAP file at all. */
MUST_USE enum status verify_log(const char *path, struct verify_report *report, struct error *err);

#endif
