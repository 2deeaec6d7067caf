/* sim/social_force.h - what pushes a pedestrian: pure functions of a few vectors, accelerations in m/s2.
 *
 * Helbing and Molnar, "Social force model for pedestrian dynamics", Phys. Rev. E 51 (1995) 4282:
 *   towards the goal    (v0 e - v) / tau                                                              (their eq. 2)
 *   off another person  -grad V0 exp(-b / sigma), b the semi-minor axis of the ellipse whose foci are the other and
 *                       where it will be after its next step: 2b = sqrt((|r| + |r - s|)^2 - s^2)      (3, 4)
 *                       (with own_share 1 the other's motion relative to one's own counts, as Johansson, Helbing and
 *                       Shukla have it, Adv. Complex Syst. 10 (2007): one walks round somebody who stands. own_share 0
 *                       is the law of 1995)
 *   off a wall          -grad U0 exp(-d / R), d from the body's centre to the nearest point           (5)
 *   sight               a push from outside of the cone of sight about e counts `behind` of itself    (8)
 * What holds a group together is from Moussaid, Perozo, Garnier, Helbing and Theraulaz, PLoS ONE 5 (2010) e10047:
 *   gaze                -group_gaze alpha v, alpha how far the head must turn past 90 degrees to see the others
 *   pull                group_pull towards the middle of the group if it is farther than (n - 1) / 2 m
 *   push                group_push away from a member who is closer than group_near_m
 * Ours: a push from ahead is turned to one side by side_rad, so that two who meet head on do not stop each other. */
#ifndef SIM_SOCIAL_FORCE_H
#define SIM_SOCIAL_FORCE_H

#include "sim/scenario.h"

struct vec2 force_goal(const struct pedestrian_config *config, struct vec2 e, double speed_mps, struct vec2 velocity);
/* r: from the other's centre to mine; velocity: of the other, less one's own share. */
struct vec2 force_person(const struct pedestrian_config *config, struct vec2 r, struct vec2 velocity);
/* away: unit, from the wall to my centre. */
struct vec2 force_wall(const struct pedestrian_config *config, struct vec2 away, double distance_m);
/* With regard to the way e one wants to go: weaker if it comes from behind, turned if it stands in the way. */
struct vec2 force_seen(const struct pedestrian_config *config, struct vec2 e, struct vec2 force);
/* members: where the others of the group are. */
struct vec2 force_group(const struct pedestrian_config *config, struct vec2 at, struct vec2 e, struct vec2 velocity,
                        const struct vec2 *others, size_t count);

#endif
