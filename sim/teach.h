/* sim/teach.h - episodes that make samples to learn from: what was seen, and what an expert would have done there.
 *
 * The expert is asked at every tick, whoever drives. If there is a learner (a network), it drives; the expert takes
 * over for a second now and then, as often as `expert_share` says (the beta of DAgger: Ross, Gordon & Bagnell 2011).
 * Without a learner the expert drives alone (behaviour cloning); without an expert nothing is sampled, and the episode
 * tells how well the learner drives. Ticks at which the expert has no valid command give no sample. The recoveries
 * (nav/recovery.h) help whoever drives, as they always do.
 *
 * A log teaches, too: it is re-simulated, and whoever drove it is the expert; a person at the keys as well as a policy.
 *
 * A lesson is plain bytes without pointers, so that it can cross a pipe. */
#ifndef SIM_TEACH_H
#define SIM_TEACH_H

#include "nav/train.h"
#include "sim/episode.h"

enum { TEACH_SAMPLES_MAX = 1200 }; /* of an episode, which ends there: a minute */

struct teach {
    const struct train_rows *rows;
    const char *expert;     /* a built-in policy's name; NULL: nobody is asked */
    const uint8_t *network; /* of the learner; NULL: none */
    size_t network_size;
    double expert_share; /* 0..1 */
    /* Of every episode, but for the seed and who drives; settings of the expert are among the sets. */
    struct episode_options options;
};

struct lesson { /* followed by its samples: each rows->width + TRAIN_OUTPUTS numbers */
    enum status status;
    struct error err;
    enum outcome outcome;
    uint32_t collisions;            /* COL1, COL2, COL3 */
    double time_s, spl, barn_score; /* NaN: no benchmark */
    uint32_t ticks, driven;         /* driven: by the expert */
    uint32_t count;
    float samples[];
};
size_t teach_size(const struct teach *teach); /* of a lesson with its samples, in bytes */
static inline float *teach_sample(struct lesson *lesson, const struct train_rows *rows, size_t index)
{
    return lesson->samples + index * (rows->width + TRAIN_OUTPUTS);
}

/* Sensors (a bit set) that none of the rows needs, and that cost much to simulate. */
unsigned teach_needless(const struct train_rows *rows);

/* Fills *lesson, which is zeroed and as large as teach_size says; a failure is in it. */
void teach_episode(const struct teach *teach, const char *scenario, uint64_t seed, struct lesson *lesson);
void teach_log(const struct teach *teach, const char *path, struct lesson *lesson);

#endif
