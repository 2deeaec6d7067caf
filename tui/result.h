/* tui/result.h - an episode's result for people (one line) and for machines (one JSON object). */
#ifndef TUI_RESULT_H
#define TUI_RESULT_H

#include "sim/episode.h"

struct result {
    const char *scenario, *policy;
    uint64_t seed;
    struct episode_summary summary;
    const struct episode *episode; /* for the faults that it had */
    double wall_time_s;
    const char *log; /* NULL: none */
    char log_sha256[65]; /* "" if the log could not be written in full */
    uint64_t recorder_waits; /* times the simulator had to wait for the log's writer */
};

/* "office seed 7 dwa: success in 41.2 s, 32.1 m, SPL 0.94, clearance 0.21 m, violations 3 (NEAR 2, SHIELD 1), 52x
 * real time" */
void result_line(const struct result *result, struct bytes *out);
/* Keys: scenario seed policy outcome detail success sim_time_s wall_time_s real_time_factor path_length_m spl
 * reference_length_m clock_s official_length_m barn_score (null: no benchmark) min_clearance_m violations (object:
 * class -> count) faults (array of texts) robot_touches (contacts between any two robots) ticks state_hash log
 * log_sha256 recorder_waits (only with a log). Numbers that do not exist are null. */
void result_json(const struct result *result, struct bytes *out);
/* "NEAR 2, SHIELD 1" or "none". */
void result_violations(const struct violation_tally *tally, struct bytes *out);

#endif
