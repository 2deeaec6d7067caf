/* tui/evaluation.h - many episodes and what they amount to: scenarios x variants x seeds.
 *
 * A variant is a policy, or a policy with a sensor removed. A scenario argument may stand for several worlds:
 * "worlds.txt#3-297/6" are the worlds 3, 9, 15, ... 297 of a file; together they make one row. Rates carry Wilson
 * 95 % intervals (Wilson 1927). */
#ifndef TUI_EVALUATION_H
#define TUI_EVALUATION_H

#include "sim/episode.h"

enum { EVALUATION_WORLDS_MAX = 4096, EVALUATION_VARIANTS_MAX = 64 };

struct evaluation_variant {
    const char *policy; /* NULL: the scenario's own */
    unsigned without;   /* bit set over enum sensor */
    char name[64];      /* "dwa", "no lidar", "all sensors" */
};

struct evaluation_case {
    char scenario[512]; /* one world */
    size_t row;         /* which argument it belongs to */
    size_t variant;
    uint64_t seed;
};

struct evaluation_result { /* plain bytes: crosses a pipe */
    enum status status; /* not OK: it could not be driven, and `err` says why */
    struct error err;
    enum outcome outcome;
    double sim_time_s, path_length_m, spl, min_clearance_m, barn_score, clock_s,
        wall_s; /* barn_score NaN: no benchmark */
    uint32_t violations[VIOLATION_COUNT];
};

struct evaluation_row { /* one scenario argument, one variant */
    size_t runs, successes, collisions, timeouts, failed; /* failed: could not be driven */
    double success_low, success_high; /* Wilson */
    double spl, time_s, clearance_m, barn_score; /* means over runs; time over successes; NaN where there is none */
    uint32_t violations[VIOLATION_COUNT];
};

struct evaluation {
    const char *const *scenarios; /* arguments, borrowed */
    size_t scenario_count;
    struct evaluation_variant variants[EVALUATION_VARIANTS_MAX];
    size_t variant_count;
    struct evaluation_case *cases;
    struct evaluation_result *results; /* in the order of the cases */
    size_t case_count;
};

/* Lists the cases of seeds first_seed .. first_seed + seeds - 1. STATUS_BAD_INPUT for a range that makes no sense. */
MUST_USE enum status evaluation_plan(struct evaluation *evaluation, uint64_t first_seed, uint64_t seeds,
                                     struct error *err);
void evaluation_clear(struct evaluation *evaluation);
/* Drives one case; the options are those of all, without policy, sensors removed and seed. */
void evaluation_drive(const struct evaluation *evaluation, size_t item, const struct episode_options *options,
                      struct evaluation_result *result);
struct evaluation_row evaluation_sum(const struct evaluation *evaluation, size_t scenario, size_t variant);
/* The same over all scenarios. */
struct evaluation_row evaluation_total(const struct evaluation *evaluation, size_t variant);
/* Wilson's 95 % interval of a share, k of n > 0. */
void evaluation_wilson(size_t k, size_t n, double *low, double *high);

/* A row each scenario and variant: aligned text, or Markdown. The score has a column where a benchmark gives one. */
void evaluation_table(const struct evaluation *evaluation, bool markdown, struct bytes *out);
/* Scenarios down, variants across: successes, and what was broken. */
void evaluation_matrix(const struct evaluation *evaluation, bool markdown, struct bytes *out);
void evaluation_json(const struct evaluation *evaluation, struct bytes *out);
/* An episode is a test case, a missed goal a failure, one that could not be driven an error. */
void evaluation_junit(const struct evaluation *evaluation, struct bytes *out);

#endif
