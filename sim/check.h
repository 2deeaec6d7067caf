/* sim/check.h - a log re-simulated from what is inside it, and compared frame by frame.
 *
 * The journal writes frames in one order and the recorder keeps it, so the comparison is a walk: every frame the new run publishes must be
 * the next frame of the log, same topic, sequence, stamp and payload bytes. The logged commands are given at their ticks. The
 * walk stops at the first difference. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "logs/message.h"

struct check_report {
    bool same;
    bool checksum_wrong;  /* a chunk's CRC does not fit its bytes: the file was altered after recording */
    bool complete;        /* the log holds the episode's result; false: it ends early (never closed, cut) and agrees up to there */
    uint64_t ticks;       /* compared */
    uint64_t frames;
    uint64_t last_hash;   /* state hash of the last tick that agreed */
    char scenario[64], policy[32], outcome[16];
    uint64_t seed;
    char log_build[32];   /* what made the log */
    bool same_build;      /* only the same build promises the same bits */
    /* the first difference */
    uint64_t tick;
    char topic[64];
    struct message_difference difference; /* path, logged (left) and re-simulated (right) value */
    char part[80]; /* for a state hash: which part of the state differs first */
};

/* `progress` (may be NULL) is called with the tick, the log's last tick (0 unknown). Fails only if the log cannot be read or holds no
 * experiment; a difference is a report. */
MUST_USE enum status check_log(const char *path, void (*progress)(void *self, uint64_t tick, uint64_t last),
                               void *self, struct check_report *report, struct error *err);

#endif
