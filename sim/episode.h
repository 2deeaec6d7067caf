/* sim/episode.h - the closed loop: sense, perceive, decide, shield, act, record.
 *
 * One episode is one world, built fresh and thrown away. episode_step advances exactly one control tick (1 /
 * control_hz) of simulated time and publishes everything that happened to the journal. Same binary, scenario, options
 * and commands: the same frames, bit for bit. Commands that change the course of an episode go through
 * episode_command at a tick boundary and are themselves published with the tick they precede, so that a log holds
 * every input. Nothing here knows wall time. */
#ifndef SIM_EPISODE_H
#define SIM_EPISODE_H

#include "logs/journal.h"
#include "logs/recorder.h"
#include "nav/monitor.h"
#include "nav/navigator.h"
#include "nav/score.h"
#include "sim/scenario.h"

#define OUTCOMES(X) X(RUNNING, "running") X(SUCCESS, "success") X(COLLISION, "collision") X(TIMEOUT, "timeout")        \
    X(STUCK, "stuck") X(DIVERGED, "diverged") X(STOPPED, "stopped")
#define OUTCOME_ENUM(id, name) OUTCOME_##id,
enum outcome { OUTCOMES(OUTCOME_ENUM) OUTCOME_COUNT };
extern const char *const outcome_names[OUTCOME_COUNT];

struct episode_options {
    uint64_t seed;
    const char *policy; /* NULL: the scenario's */
    const char *shield; /* NULL: the scenario's */
    unsigned without;   /* bit set over enum sensor */
    const char *const *sets; /* PATH=VALUE: scenario sections, policies, "shield", "planner" */
    size_t set_count;
    const char *const *faults; /* as sim/fault.h reads them; after the scenario's own */
    size_t fault_count;
    const char *shadow; /* a policy that watches and never acts; NULL: none */
    const struct policy_file { /* of policies that were brought, as a log holds them (sim/bring.h); borrowed */
        const char *name, *path;
        const uint8_t *data; /* NULL: only the name and path are known */
        size_t size;
    } *policy_files;
    size_t policy_file_count;
    bool repeats; /* a log's inputs are all there is: no process is asked */
    const char *build_id; /* to announce: NULL for this program's; a re-simulation repeats the log's */
};

struct episode;

/* Applies the sets, expands the scenario (which must be fresh and must outlive the episode) and builds everything.
 * NULL with a sentence. */
MUST_USE struct episode *episode_create(struct scenario *scenario, const struct episode_options *options,
                                        struct journal *journal, struct error *err);
void episode_destroy(struct episode **episode);

/* Writes what a re-simulation needs (scenario files, options, build id) into a recorder, before the first step. */
void episode_describe(const struct episode *episode, struct recorder *recorder);
/* Publishes the latched facts: info, map, goal, camera, frames. Once, before the first step. */
void episode_announce(struct episode *episode);

/* Adds a policy of this program's own making, which the verbs policy and shadow then know by its name; owned from now
 * on. */
void episode_bring(struct episode *episode, const struct policy *policy);

/* A repeated episode goes on by itself from here (a branch): processes that drive are asked again. */
void episode_go_live(struct episode *episode);

/* One control tick; false when the episode is over (the result has been published). */
bool episode_step(struct episode *episode);
/* Ends it now with outcome "stopped" (no-op if it is over). */
void episode_stop(struct episode *episode, const char *why);

/* Verbs: estop, release, teleop (values v, w), policy (text: a name, file or endpoint), rollback, shadow (text), shield
 * (text), set (text PATH=VALUE), goal (values x, y), seed (text: the sensors' noise from now on), fault (text as in
 * sim/fault.h; without an onset: at once), fault_clear (text: which; none: all). STATUS_BAD_INPUT with a
 * sentence for anything else or a bad argument; nothing is then published. */
MUST_USE enum status episode_command(struct episode *episode, const struct msg_command *command, struct error *err);
bool episode_knows(const char *verb);
uint32_t episode_values(const char *verb); /* how many numbers it takes; 0: it takes text, or nothing */

struct episode_summary {
    enum outcome outcome;
    const char *detail; /* one clause */
    uint64_t tick;
    int64_t now_ns;
    const struct score *score;
    const struct violation_tally *violations; /* VIOLATION_COUNT */
    double spl, reference_length_m;
    const char *shadow_policy; /* NULL: none; then the rest is 0 */
    double shadow_disagreement; /* mean, in shares of the drive's range */
    uint64_t shadow_vetoes, shadow_ticks;
    double clock_s; /* counted time: since the start, or since the motion that started the scenario's clock */
    double official_length_m, barn_score; /* see nav/score.h; NaN: the scenario is from no benchmark */
    uint64_t hash; /* of the last tick */
    uint32_t robot_touches; /* contacts between any two robots */
};
struct episode_summary episode_summary(const struct episode *episode);
/* The i-th fault that was declared so far, as text; NULL past the end. */
const char *episode_fault(const struct episode *episode, size_t i);
/* The file the policy in force was read from; NULL if it has none. */
const char *episode_policy_path(const struct episode *episode);
const struct navigator *episode_navigator(const struct episode *episode);
int64_t episode_tick_ns(const struct episode *episode);

/* Rebuilds scenario and options from a log's attachments and metadata: the experiment inside. The strings of *options
 * live in `arena`. STATUS_CORRUPT if the log does not carry one. */
MUST_USE struct scenario *episode_unpack(struct mcap_reader *log, struct episode_options *options, struct arena *arena,
                                         char build_id[32], struct error *err);

#endif
