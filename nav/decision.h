/* nav/decision.h - what policies that weigh candidates do alike: when to stand, how to slow down, how to report. */
#ifndef NAV_DECISION_H
#define NAV_DECISION_H

#include "nav/policy.h"

struct standing { /* part of a policy's state; no padding */
    struct vec2 goal;
    double waited_s;
    int64_t arrived;
};
/* True if there is nothing to do but stop, which *out then says: at the goal (near it the first time, then until it is
 * pushed well away), no path, or a lidar that is fitted and has not sent its first scan (for a second at most). */
bool decision_stands(struct standing *standing, const struct policy_input *in, struct decision *out);

/* How far two commands are apart: as shares of the drive's whole range, so that metres and radians can be added. */
double decision_distance(const struct task *task, struct twist2 a, struct twist2 b);

/* As much slower as the drive allows, along the same arc. */
struct twist2 decision_slow(const struct policy_input *in);

/* Keeps the cheapest CANDIDATES_MAX, in order; of equals the one that came first. */
void decision_offer(struct decision *out, const struct candidate *candidate);
/* For who weighs nothing: the command is the only candidate, and a limit of the drive that it reaches the constraint,
 * unless it has named another. */
void decision_single(const struct task *task, struct decision *out);
/* The command goes first, whatever the others cost; the dearest of a full list is dropped. */
void decision_choose(struct decision *out, const struct candidate *candidate);

#endif
