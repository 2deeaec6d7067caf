/* sim/why.h - what a network's command hung on at one tick of a log (nav/saliency.h): the log is re-simulated
 * to that tick, and whoever drove, or another network that sees the same beliefs, is asked.
 *
 * Another network watches from the first tick on, so that its memory, if it has any, is what it would have
 * been. It does not change the drive. At the tick the states of world, sensors and belief must be the log's,
 * bit for bit: else the answer would be about another moment. */
#ifndef SIM_WHY_H
#define SIM_WHY_H

#include "sim/rerun.h"

struct why_question {
    const char *at;     /* seconds ("12.5") or ticks ("250t") */
    const char *policy; /* another network; NULL: whoever drove */
    const char *const *sets; /* "saliency.sectors=36" */
    size_t set_count;
};

struct why_answer {
    uint64_t tick;
    double time_s;
    char scenario[64];
    uint64_t seed;
};

/* `sink` sees all frames up to and with the tick, /binnacle/saliency the last of its topic. STATUS_BAD_INPUT:
 * no such moment, or nobody to ask there (no network, no decision); STATUS_DIVERGED: the log does not
 * re-simulate up to there. */
MUST_USE enum status why_run(const char *log, const struct why_question *question, struct sink sink,
                             void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                             struct why_answer *answer, struct error *err);

#endif
