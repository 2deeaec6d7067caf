/* sim/trace.h - an episode in figures: what a stream of frames, live or logged, says about the drive and its safety.
 *
 * Zero-initialise, hand it every frame in order (trace_put has a sink's shape), read the members, trace_clear.
 * Frames that do not decode are passed over: whoever compares bytes has named them. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "logs/journal.h"
#include "nav/monitor.h"

struct trace_row { /* one control tick */
    uint64_t tick, hash;
    struct pose2 pose;              /* truth */
    struct twist2 wish, command;    /* of the policy; after the shield */
    double clearance_m;             /* as the shield sees it */
};

struct trace_onset { /* of a violation */
    uint64_t tick;
    enum violation id;
};

struct trace {
    struct trace_row *rows;
    size_t row_count, row_capacity;
    struct trace_onset *onsets; /* in the order they happened */
    size_t onset_count, onset_capacity;
    uint32_t violations[VIOLATION_COUNT]; /* onsets by class */
    bool complete;              /* the result has come; the rest is only then final */
    char scenario[64], policy[32], outcome[16];
    bool success;
    double sim_time_s, path_length_m, spl, min_clearance_m;
    /* inside */
    struct trace_row next;
    struct arena scratch;
};

void trace_put(void *self, const struct frame *frame);
void trace_add(struct trace *trace, const struct trace_row *row);
void trace_clear(struct trace *trace);

uint32_t trace_collisions(const struct trace *trace);
/* Metres between the two robots at row i of both. */
double trace_distance_m(const struct trace *a, const struct trace *b, size_t i);

#endif
