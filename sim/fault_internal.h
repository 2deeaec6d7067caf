/* sim/fault_internal.h - what the fault*.c files share; nobody else includes it.
 *
 * A target's row (fault_target.c) knows how to read the values out of a message and write them back; a kind's row
 * (fault_kind.c) what to do with them, or with the message's way. So neither knows the other. */
#ifndef SIM_FAULT_INTERNAL_H
#define SIM_FAULT_INTERNAL_H

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "sim/fault.h"

struct values { /* of one message, as doubles; room grows and stays */
    double *at;
    size_t count, capacity;
};
void values_resize(struct values *values, size_t count);

struct fault_target_row {
    const char *name;
    unsigned kinds;
    const char *unit; /* of a bias; NULL: it has none */
    double most;      /* a bias at most so large */
    size_t signals;   /* a bias, drift or noise is on the first so many values; 0: on all */
    size_t signed_values; /* a sign flip is on the first so many; 0: on all */
    double nothing;   /* what a value is when there is nothing */
    /* NULL: it has no values. `room` keeps what pointers of the message are made to name. */
    void (*load)(const void *message, struct values *values);
    void (*store)(void *message, const struct values *values, struct bytes *room);
    void (*swap)(const void *message, struct values *values);
};
extern const struct fault_target_row fault_target_table[FAULT_TARGETS];

/* Wheels that are wrong go on being wrong: the pose is integrated from what they are taken to say. */
struct fault_reckoning {
    struct pose2 in, out;
    int64_t at_ns;
    bool known, apart;
};

struct fault {
    struct fault_spec spec;
    char text[FAULT_TEXT];
    int64_t from_ns, until_ns, over_ns; /* onset, end of full strength, end of recovery; INT64_MAX: never */
    struct seed_stream stream;
    struct values held; /* what was captured at the onset */
    bool has_held;
    int64_t held_ns;    /* the stamp that was */
    struct fault_reckoning reckoning;
    bool told; /* that it is in force */
};

struct fault_letter { /* one message on its way through one fault */
    int target; /* whose it is: the fault's target may be the link or the clock */
    int64_t now_ns;
    void *message;
    struct values *values;
    struct bytes *room;
    struct fault_outcome outcome;
};

double fault_strength(const struct fault *fault, int64_t now_ns);
/* With that probability; no draw at 0 and 1. */
bool fault_happens(struct fault *fault, double probability);

typedef void (*fault_apply)(struct fault *fault, double strength, struct fault_letter *letter);
extern const struct fault_kind_row {
    double least, most, fallback; /* of the amount; of the target's unit if `most` is 0 */
    const char *unit;             /* NULL: no amount; "!": the target's; "!/s": that per second */
    fault_apply apply;            /* NULL: it is asked for (faults_policy, faults_kidnap) */
} fault_kind_table[FAULT_KIND_COUNT];

/* sim/fault_reckon.c: where a fault changed the twist of an odometry message, the pose follows, and stays apart from
 * then on. To be told of every message, also before the onset and after the end. */
bool fault_moves_pose(enum fault_kind kind);
void fault_reckon(struct fault *fault, int64_t now_ns, struct msg_odometry *message, struct twist2 before);

#endif
