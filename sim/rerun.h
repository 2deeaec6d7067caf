/* sim/rerun.h - the experiment inside a log: opened once, started afresh as often as wanted.
 *
 *   rerun_open            scenario, options, logged commands, last tick
 *   rerun_start           a fresh episode of it (options may be changed before); sinks on the journal see it
 *   rerun_step            announces it if need be, gives the commands that are due, advances one tick
 *   rerun_rewind          the log's own frames from the start, for whoever compares: playback_next */
#ifndef SIM_RERUN_H
#define SIM_RERUN_H

#include "sim/episode.h"

struct rerun {
    struct playback *log;
    struct episode_options options; /* as recorded; strings live in the arena */
    struct msg_command *inputs;     /* in the order they were given, with their ticks */
    size_t input_count;
    uint64_t last_tick;             /* of the log; 0: not one was finished */
    bool complete;                  /* the episode's result is in it */
    int64_t tick_ns;
    char scenario[64];
    char log_build[32];
    bool same_build;                /* only the same build promises the same bits */
    struct arena arena;
};

/* Fails (sentence names the path) if the log cannot be read or carries no experiment. Checksums are not enforced:
 * every byte is compared anyway, which tells more. Zero-initialise before; rerun_close also after a failure. */
MUST_USE enum status rerun_open(struct rerun *rerun, const char *path, struct error *err);
void rerun_close(struct rerun *rerun);

struct rerun_run { /* one episode of it */
    const struct rerun *rerun;
    struct scenario *scenario;
    struct journal *journal;
    struct episode *episode;
    size_t next;       /* input */
    bool announced;
    bool ignore_swaps; /* logged policy swaps are not given: the question is another policy */
    bool ignore_shadows; /* nor are changes of the shadow */
};

/* Builds it. Options differ from rerun->options where the question does. */
MUST_USE enum status rerun_start(struct rerun_run *run, const struct rerun *rerun,
                                 const struct episode_options *options, const struct sink *sinks, size_t sink_count,
                                 struct error *err);
void rerun_announce(struct rerun_run *run); /* what comes before the first tick; once */
void rerun_end(struct rerun_run *run);
/* Commands that are due, then a tick; *more is false when the episode is over. STATUS_DIVERGED if a logged command
 * is refused. */
MUST_USE enum status rerun_step(struct rerun_run *run, bool *more, struct error *err);
/* Only the commands that are due: what is changed then, before the step, has the last word. */
MUST_USE enum status rerun_give(struct rerun_run *run, struct error *err);

/* A moment of the log as people write it: simulated seconds ("12.5") or ticks ("250t"). STATUS_BAD_INPUT if it
 * is none. */
MUST_USE enum status rerun_moment(const struct rerun *rerun, const char *text, uint64_t *tick, struct error *err);

MUST_USE enum status rerun_rewind(struct rerun *rerun, struct error *err);

#endif
