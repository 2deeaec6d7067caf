/* sim/check.h - a log re-simulated from what is inside it, and judged.
 *
 *   1. Bit-exact: every frame of the run must be the log's next frame (sim/walk.h). Done twice, so that a run that does
 *      not even repeat itself is found out.
 *   2. Only if they differ, side by side: the whole drive is laid beside the log (sim/align.h), which tells what the
 *      difference did to trajectory and safety. If tolerances are given, or the log is of another build, this decides;
 *      else step 1 has decided.
 *   Asked about another policy or other settings: sim/counterfactual.h instead.
 *
 * A report is plain bytes without pointers, so that it can cross a pipe. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim/align.h"
#include "sim/counterfactual.h"
#include "sim/walk.h"

#define CHECK_MODES(X)                                                                                               \
    X(EXACT, "bit-exact") X(TOLERANCE, "tolerance") X(CLOSED_LOOP, "closed loop") X(OPEN_LOOP, "open loop")
#define CHECK_MODE_ENUM(id, name) CHECK_##id,
enum check_mode { CHECK_MODES(CHECK_MODE_ENUM) CHECK_MODE_COUNT };
extern const char *const check_mode_names[CHECK_MODE_COUNT];

enum { CHECK_BEFORE = 10 };

struct check_options {
    const struct tolerance *tolerance; /* NULL: the defaults, and only for a log of another build */
    bool once;                         /* do not look for a run that does not repeat itself */
    const char *policy;                /* counterfactual, if this, sets or faults are given */
    const char *const *sets;
    size_t set_count;
    bool open_loop;
    const char *const *faults;         /* counterfactual, too: beside the log's */
    size_t fault_count;
};

struct check_side { /* how the episode went, in the log or re-simulated */
    char outcome[16]; /* "": no result (the log ends before, or the run was not needed) */
    uint64_t ticks, hash; /* the last tick */
    double sim_time_s, path_length_m, spl, min_clearance_m;
    uint32_t violations[VIOLATION_COUNT];
};

struct check_before { /* a tick before the first difference */
    struct trace_row row; /* re-simulated */
    bool hash_agrees;
};

struct check_report {
    enum check_mode mode;       /* what decided */
    bool same;
    bool complete;              /* the log holds the episode's result; false: it ends early (never closed, cut) */
    bool checksum_wrong;        /* a chunk's CRC does not fit its bytes: the file was altered after recording */
    bool same_build;
    bool unstable;              /* two runs of this program differed: `second` is where the second one left the log */
    struct difference second;
    char scenario[64], policy[32], new_policy[32], log_build[32];
    uint64_t seed;
    uint64_t ticks, frames;     /* that agreed bit by bit */
    struct check_side logged, fresh;
    struct difference first; /* not same: the first one that counts in this mode; topic "" if only a measure is off */
    struct check_before before[CHECK_BEFORE];
    size_t before_count;
    bool compared;              /* side by side; the members below are filled */
    struct measurement measurements[MEASURE_COUNT];
    struct align_report fields;
    char violation_changes[256];
    struct counterfactual counterfactual; /* CLOSED_LOOP, OPEN_LOOP */
};

/* `progress` (may be NULL) is called with the tick, the log's last tick (0 unknown). Fails only if the log cannot be
 * read, holds no experiment, or the options do not fit it; a difference is a report. */
MUST_USE enum status check_log(const char *path, const struct check_options *options,
                               void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                               struct check_report *report, struct error *err);

#endif
