/* sim/branch.h - "what if, from that moment on": a log re-simulated up to a tick, then continued differently into a
 * new log.
 *
 * Up to the tick every frame is compared with the parent's, bit by bit; a branch off something else would answer
 * another question. What is different from then on is given as commands (policy, set, seed, goal ...), which the
 * child logs like any operator's. So the child carries its whole experiment and is itself checked, and branched,
 * like any log. Its metadata record "binnacle_branch" names the parent by SHA-256 and the tick. Commands that the
 * parent had after the tick are not given. */
#ifndef SIM_BRANCH_H
#define SIM_BRANCH_H

#include "sim/rerun.h"

struct branch_change {
    const char *verb, *text; /* as in sim/episode.h: "policy" "pursuit", "set" "dwa.sim_s=2", "seed" "7" */
};

struct branch_options {
    const char *at; /* the last moment that is the parent's: simulated seconds ("12.5") or ticks ("250t") */
    const struct branch_change *changes;
    size_t change_count;
    const struct mcap_options *mcap; /* NULL: the recorder's */
};

struct branch_report {
    char parent_sha256[65];
    uint64_t tick, parent_ticks, ticks, frames_verified;
    char scenario[64], policy[32], outcome[16], detail[160];
    double sim_time_s;
    uint64_t hash; /* of the child's last tick */
};

/* Writes `out`. STATUS_BAD_INPUT: `at` is no moment of the log, or a change is refused (nothing is left at `out`).
 * STATUS_DIVERGED: the parent does not re-simulate up to the tick (the sentence says where it leaves).
 * STATUS_CORRUPT, STATUS_IO as for any log. */
MUST_USE enum status branch_run(const char *parent, const char *out, const struct branch_options *options,
                                void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                                struct branch_report *report, struct error *err);

#endif
