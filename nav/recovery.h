/* nav/recovery.h - what gets a stuck robot going again, the same for every policy.
 *
 * Stuck is: the goal is not reached, nobody holds the robot, and for patience_s it has neither come progress_m from
 * where it was nor turned a quarter; half as long if the policy says that it has no valid command. Then one recovery
 * after the other is tried, those that are possible, each once round:
 *   wait      while somebody who moves is near: people go away by themselves
 *   back up   away from what is in the way, along the clearest of three arcs
 *   spin      towards the path, so that every sensor has looked around
 *   reroute   the planner avoids the place ahead for 30 s (nav/planner.h), then the policy has its way again
 * Progress forgets how many were tried. What a recovery commands passes the shield like any wish. The state is plain
 * bytes. */
#ifndef NAV_RECOVERY_H
#define NAV_RECOVERY_H

#include "nav/policy.h"

enum recovery_kind { RECOVERY_NONE, RECOVERY_WAIT, RECOVERY_BACK, RECOVERY_SPIN, RECOVERY_REROUTE, RECOVERY_KINDS };
extern const char *const recovery_names[RECOVERY_KINDS]; /* "", "waiting", "backing up", ... */

struct recovery_params {
    bool enabled;
    double patience_s, progress_m, back_m, back_mps, spin_radps, wait_s;
};
extern const struct param recovery_params[];
extern const size_t recovery_param_count;

struct recovery {
    struct pose2 anchor; /* where progress is counted from */
    struct pose2 begun;  /* where the one in force began */
    double stuck_s, invalid_s, left_s, turned_rad, bend_radps;
    int32_t kind, next, anchored;
    uint32_t count; /* begun so far */
    char why[64];
};

/* After the policy has decided: may replace *decision's command and say so in its reason. True once for every
 * reroute, with *at where the planner should not go. */
bool recovery_step(const struct recovery_params *params, struct recovery *state, const struct policy_input *in,
                   struct decision *decision, struct vec2 *at);

/* Time spent held by an operator is no time spent stuck. */
void recovery_forget(struct recovery *state);

#endif
