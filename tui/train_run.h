/* tui/train_run.h - the rounds of a training: episodes, a fit, a closed-loop evaluation; for cmd_train.c
 * and its reports. */
#ifndef TUI_TRAIN_RUN_H
#define TUI_TRAIN_RUN_H

#include "sim/teach.h"
#include "tui/train_items.h"

enum { TRAIN_ROUNDS_MAX = 32 };

struct train_verdict { /* of the learner alone, on the evaluation's episodes */
    size_t episodes, successes, collisions;
    uint64_t reached[TRAIN_ITEMS_MAX / 64];    /* a bit for each of them */
    double success, success_low, success_high; /* share, with Wilson's 95 % interval */
    double spl;                                /* mean; 0 for a goal missed or something touched */
    double score, score_low, score_high;       /* mean BARN score where there is one, else SPL; normal 95 % interval */
};

struct train_round {
    double expert_share;
    size_t episodes, successes, samples; /* of this round */
    size_t samples_all;
    struct train_epoch fit; /* of the kept epoch */
    struct train_verdict verdict;
    struct train_epoch curve[512]; /* of all epochs */
    size_t curve_count;
};

struct train_run {
    /* given */
    struct train_config config;
    struct teach teach;
    const struct train_items *items, *evaluation; /* evaluation: count 0 for none */
    size_t rounds, processes;
    size_t quota; /* of samples, each round; 0: what one pass over the items gives */
    double beta;  /* expert's share in the second round; its powers in the rounds after */
    uint64_t seed_offset; /* to the seeds of all episodes, evaluation included */
    const char *label; /* before what is said of each round; NULL: none */
    bool shuffle; /* of the commands: nothing can be learned */
    void (*said)(void *self, const struct train_run *run); /* after each round */
    void *self;
    /* found */
    struct train_samples samples;
    struct train_round *round; /* rounds of them, owned */
    size_t round_count;
    size_t passes;             /* over the items, so far: each drives with new seeds */
    size_t best;               /* round, by goals reached, then score; the last if nobody is judged */
    struct train_model *model; /* of the best round, owned */
};
/* Fails if an episode cannot be built or driven (the sentence names it), or if there is nothing to learn
 * from. */
MUST_USE enum status train_run(struct train_run *run, struct error *err);
void train_run_clear(struct train_run *run);

/* Evaluates any network's bytes on the items: the learner drives alone. */
MUST_USE enum status train_judge(const struct train_run *run, const uint8_t *network, size_t size,
                                 struct train_verdict *verdict, struct error *err);

#endif
