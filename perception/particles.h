/* perception/particles.h - where on the map might the robot be?
 *
 * Monte Carlo localisation for a robot that knows the map but not its place on it: one that is switched
 * on somewhere, or was carried away. A particle is a pose that the robot may have; each is weighed by
 * how well the scan's ends would lie on walls from there (the field of match.h, every beam bounded, so
 * that furniture costs every place the same), and the next generation is drawn from them in proportion.
 * Thrun, Burgard, Fox, Probabilistic Robotics, ch. 8 (MCL), 4.3 (low-variance drawing), 6.4 (likelihood
 * field); Fox, Adapting the Sample Size in Particle Filters Through KLD-Sampling, 2003, for how many
 * are drawn: as many as the places that are still possible ask for, an eighth of the first generation
 * at most from the third on.
 *
 * The first generation covers the free floor evenly (an additive recurrence in three dimensions, from a
 * random start), so that no place is missed by bad luck. A scan from where the last one was taken says
 * nothing new: particles are weighed again only once the robot has moved by PARTICLES_STEP_M or turned
 * by PARTICLES_STEP_RAD. Once the particles are dense enough to ask, a beam that would have to pass
 * through a wall of the map counts as not explained: rooms of one shape differ in what can be seen from
 * them through their doors. Nothing allocates after creation. */
#ifndef PERCEPTION_PARTICLES_H
#define PERCEPTION_PARTICLES_H

#include "perception/match.h"

enum { PARTICLES_MAX = 40000, PARTICLES_MIN = 500 };
#define PARTICLES_STEP_M 0.15
#define PARTICLES_STEP_RAD 0.26

struct particles;
/* Owned; `match` is borrowed, `map` read. Where the map says nothing or a wall is nearer than clear_m,
 * no robot is. */
struct particles *particles_create(const struct match *match, const struct static_map *map, double clear_m,
                                   uint64_t seed);
void particles_destroy(struct particles **particles);

/* Anywhere on the free floor. */
void particles_spread(struct particles *particles);
/* The search is over: there are none any more. */
void particles_forget(struct particles *particles);
/* A share of them is put around a place that is more likely than others: the last one believed. */
void particles_suspect(struct particles *particles, struct pose2 place);
/* The robot moved so, as seen from where it was; call for every scan. */
void particles_move(struct particles *particles, struct pose2 moved);
/* Weighs and draws the next generation, if the robot moved far enough since. `points` as for
 * match_scan. True if so. */
bool particles_weigh(struct particles *particles, const struct vec2 *points, size_t count);

struct particles_place { /* around the one that explains the last weighed scan best */
    struct pose2 pose;    /* mean of those near it, and their covariance */
    double covariance[9];
    double share;         /* of all, that are near it: 1 when nowhere else is possible */
};
struct particles_place particles_place(const struct particles *particles);

size_t particles_count(const struct particles *particles);
uint32_t particles_generation(const struct particles *particles); /* weighed so often since spread */
/* Was the last weighing one of a scan from a new place, with the finest kernel? */
bool particles_settled(const struct particles *particles);
uint64_t particles_hash(const struct particles *particles, uint64_t hash);

#endif
