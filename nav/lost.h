/* nav/lost.h - what a robot does that does not know where it is.
 *
 * It does not drive to its goal, for it does not know the way. It stands for a moment, since places
 * that look like no other are told apart at once; then it looks around: at walking pace to where most
 * room is, by what it sees itself, so that places which look alike come to look different
 * (perception/particles.h). It goes where the last direction leads while there is room to turn round
 * in, turns towards the most room where there is none, turns away where the shield holds it, and backs
 * up a little where it cannot turn. What it commands passes the shield like any wish. Policies an
 * operator drives by hand are left alone. The state is plain bytes. */
#ifndef NAV_LOST_H
#define NAV_LOST_H

#include "nav/policy.h"

struct lost {
    double since_s;  /* how long it has been lost */
    double turn_rad; /* where it turns to, as seen now; 0: it drives */
    double held_s;   /* how long something has kept it where it is */
    double back_s;   /* how long it still backs up */
};

/* After the policy has decided: replaces *decision, and says why, while the belief is lost. True if so. */
bool lost_step(struct lost *state, const struct policy_input *in, struct decision *decision);

#endif
