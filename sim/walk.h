/* sim/walk.h - a run compared with its log frame by frame, bit by bit, up to the first difference.
 *
 * The journal writes frames in one order and the recorder keeps it, so every frame that the run publishes must be
 * the next one of the log: same topic, sequence, stamp and payload bytes. */
#ifndef SIM_WALK_H
#define SIM_WALK_H

#include "logs/recorder.h"

struct difference { /* the first one */
    uint64_t tick;
    char topic[64];
    struct message_difference field; /* left: logged, right: re-simulated; hashes in hexadecimal */
    char part[80];                   /* of a state hash: which parts of the state differ */
};

struct walk { /* set log and err, leave the rest zero; walk_put is a sink, walk_clear frees */
    struct playback *log; /* rewound */
    struct error *err;
    bool other_build;     /* the run announces another build than the log's: that is no difference */
    bool over;            /* compare no more: the log has ended, could not be read, or differs */
    bool differs;
    bool complete;        /* the episode's result was in the log, and agreed */
    enum status status;   /* of reading the log */
    uint64_t ticks, frames, last_hash; /* that agreed */
    struct difference first;
    struct arena scratch;
};

void walk_put(void *self, const struct frame *frame);
/* The run is over: whatever the log still holds is a difference. */
void walk_finish(struct walk *walk);
/* A logged command that the run refused. */
void walk_refused(struct walk *walk, const char *sentence);
void walk_clear(struct walk *walk);

#endif
