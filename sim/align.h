/* sim/align.h - two episodes laid side by side tick by tick, and judged with tolerances.
 *
 * Within a tick, the n-th message of a topic in the log belongs to the n-th of the run. What has no partner is an
 * insert or a delete, counted and named by tick, never a failure to compare. Only one tick is in memory at a time,
 * besides a few figures of every tick (sim/trace.h). */
#ifndef SIM_ALIGN_H
#define SIM_ALIGN_H

#include "logs/recorder.h"
#include "sim/tolerance.h"
#include "sim/trace.h"

#define MEASURES(X)                                                                                                    \
    X(POSE_MAX, "pose_max_m", "greatest distance between the two robots")                                              \
    X(POSE_RMS, "pose_rms_m", "root mean square of it")                                                                \
    X(TIME, "time_s", "duration")                                                                                      \
    X(PATH_LENGTH, "path_length_m", "way driven")                                                                      \
    X(MIN_CLEARANCE, "min_clearance_m", "nearest to anything")                                                         \
    X(COLLISIONS, "collisions", "contacts")                                                                            \
    X(VIOLATIONS, "violations", "inserts and deletes between the two ordered lists of violations")                     \
    X(OUTCOME, "outcome", "1: another outcome")
#define MEASURE_ENUM(id, name, what) MEASURE_##id,
enum measure { MEASURES(MEASURE_ENUM) MEASURE_COUNT };
extern const char *const measure_names[MEASURE_COUNT];

struct measurement {
    double logged, fresh, difference; /* of POSE_*, VIOLATIONS and OUTCOME only the difference means something */
    bool within;
};
/* All measures of two whole drives. */
void measure_drives(const struct tolerance *tolerance, const struct trace *logged, const struct trace *fresh,
                    struct measurement measurements[MEASURE_COUNT]);
/* "-TTC@120 +COL3@186": which onsets only the log (-) or only the run (+) has; both in order. "" if none. */
void measure_violations(const struct trace *logged, const struct trace *fresh, char *text, size_t size);

enum { ALIGN_FIELDS = 12 };
struct align_field { /* one that left its bounds */
    char topic[64], path[96]; /* the first path, without regard to indices */
    uint64_t tick;            /* first */
    uint32_t count;
    struct message_difference first;
    double greatest;
};
struct align_report {
    struct align_field fields[ALIGN_FIELDS]; /* in the order of their first tick */
    size_t field_count, fields_more;         /* more: how many differences found no room */
    uint64_t deleted, inserted;              /* messages only in the log, only in the run */
    char first_stray[96];                    /* "tick 12: 3 of /plan only in the log" */
    uint64_t first_stray_tick;
};

struct align;
/* The log is rewound already, and borrowed. `logged` and `fresh` are filled on the way. */
struct align *align_create(const struct tolerance *tolerance, struct playback *log, int64_t tick_ns,
                           struct trace *logged, struct trace *fresh, struct align_report *report);
void align_put(void *self, const struct frame *frame); /* a sink */
/* The run is over: compares what is left. STATUS_CORRUPT if the log could not be read on the way. */
MUST_USE enum status align_finish(struct align *align, struct error *err);
void align_destroy(struct align **align);

#endif
