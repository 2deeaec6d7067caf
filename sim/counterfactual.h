/* sim/counterfactual.h - the same episode, another policy (or other settings).
 *
 * Closed loop: scenario, seed and inputs of the log are run again with the new policy at the wheel; logged policy
 * swaps are left out. Open loop: what the logged robot sensed goes to perception and the new policy, whose decisions
 * move nothing; after each tick the command in force is the logged one. Decisions are compared before the shield. */
#ifndef SIM_COUNTERFACTUAL_H
#define SIM_COUNTERFACTUAL_H

#include "sim/rerun.h"
#include "sim/tolerance.h"
#include "sim/trace.h"

enum { CURVE_POINTS = 24 };

struct counterfactual {
    uint64_t decisions, different;          /* compared; further apart than the bounds allow */
    uint64_t first_tick;                    /* of the first different decision */
    struct twist2 logged_wish, fresh_wish;  /* there */
    double greatest_v_mps, greatest_w_radps; /* differences */
    struct curve_point {
        double t_s, distance_m; /* closed loop: between the two robots */
        double wish_mps;        /* open loop: between the two wished speeds */
    } curve[CURVE_POINTS];
    size_t curve_count;
};

struct counterfactual_question {
    const char *policy;      /* NULL: the log's, for other settings only */
    const char *const *sets; /* beside the log's */
    size_t set_count;
    const char *const *faults; /* beside the log's; closed loop only */
    size_t fault_count;
    bool open_loop;
    const struct tolerance *tolerance;
};

/* Fills both traces (open loop: of `fresh` only ticks and wishes mean something). */
MUST_USE enum status counterfactual_run(struct rerun *rerun, const struct counterfactual_question *question,
                                        void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                                        struct trace *logged, struct trace *fresh, struct counterfactual *answer,
                                        struct error *err);

#endif
