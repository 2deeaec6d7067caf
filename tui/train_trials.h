/* tui/train_trials.h - a training several times over with other seeds, in one way or in two: how much of it is
 * chance?
 *
 * One training is one draw: of episodes, of first weights, of the worlds it is judged in. Trial t has seeds of its
 * own for all three, the same ones whichever way it learns, so the ways are compared in pairs: same demonstrations,
 * same first weights, same worlds. Ways differ in who drives while samples are taken; the expert labels them all. */
#ifndef TUI_TRAIN_TRIALS_H
#define TUI_TRAIN_TRIALS_H

#include "tui/train_run.h"

enum { TRAIN_TRIALS_MAX = 32, TRAIN_WAYS_MAX = 2 };

struct train_way {
    const char *name;
    double beta; /* expert's share in the second round, its powers in the rounds after; 1: the expert alone drives */
};

struct train_trials {
    /* given */
    size_t count;
    struct train_way ways[TRAIN_WAYS_MAX];
    size_t way_count;
    /* found */
    size_t round_count;        /* of each trial */
    struct train_round *round; /* by way, trial and round; owned */
};
/* Runs them all. *run says how (its seeds are those of trial 0, beta is taken from the way) and afterwards is what
 * train_run makes of it in trial 0 of the last way. */
MUST_USE enum status train_trials_run(struct train_trials *trials, struct train_run *run, struct error *err);
void train_trials_clear(struct train_trials *trials);

struct train_pool { /* one way's trials after a round, together */
    size_t samples;                      /* of one trial */
    double loss, validation;             /* means, as in struct train_epoch; validation NaN: nothing is held out */
    double validation_mps, validation_radps;
    size_t episodes, successes, collisions;
    size_t least, most;                  /* successes of one trial */
    double success, success_low, success_high, spl;
};
struct train_pool train_trials_pool(const struct train_trials *trials, size_t way, size_t round);

/* Of two ways after the last round, world by world. p: exact, two-sided, that so uneven a division of the worlds which
 * only one of them masters is chance (McNemar 1947). */
struct train_pairs {
    size_t both, first, second, neither;
    size_t first_ahead, second_ahead; /* trials */
    double p;
};
struct train_pairs train_trials_pairs(const struct train_trials *trials);

/* A Markdown table, a way a row, after the last round (the best one would be chosen by the worlds that it is judged
 * in); with two ways, a sentence on their difference. */
void train_trials_table(const struct train_trials *trials, struct bytes *out);
/* A JSON object: every way's rounds, and the pairs. */
void train_trials_json(const struct train_trials *trials, struct bytes *out);
/* Each way's validation loss by epoch, its closed loop with intervals by round. */
MUST_USE enum status train_trials_plot(const struct train_trials *trials, const char *path, struct error *err);

#endif
