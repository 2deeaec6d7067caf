/* sim/companion.h - the further robots of an episode: each with its own sensors, perception, policy and shield.
 *
 * A companion has the first robot's body and the first robot's lidar, IMU, odometry and bumper (no camera), with
 * noise of its own. It perceives and decides in the same tick as the first one and knows as little of the others:
 * they are what its lidar meets; and no fault of an episode is its own. What it senses and thinks is not logged, only
 * where it really is and what it decided (/ground_truth/robots). At its goal it stays or, on patrol, turns round for
 * its start. An episode without companions spends nothing on them. */
#ifndef SIM_COMPANION_H
#define SIM_COMPANION_H

#include "logs/journal.h"
#include "sim/episode.h"
#include "sim/robot.h"

struct companions; /* opaque, owned by whoever created it */

/* The scenario is expanded, borrowed, and stays. Never NULL unless a policy or a body is refused, with a sentence. */
MUST_USE struct companions *companions_create(const struct scenario *scenario, struct world *world, uint64_t seed,
                                              struct error *err);
void companions_destroy(struct companions **companions); /* before the world */
size_t companions_count(const struct companions *companions);

/* Once a control tick, before its physics steps; then around each of them: commands that arrive, motors and outlines
 * for actors before it, contacts and sensors after it; then, when the tick is full, perceive and decide. */
void companions_start_tick(struct companions *companions);
size_t companions_drive(struct companions *companions, int64_t now_ns, struct actor_robot outlines[ROBOTS_MAX]);
void companions_sense(struct companions *companions, uint64_t step, int64_t now_ns);
void companions_decide(struct companions *companions, int64_t now_ns);

/* Touches between any two robots so far, the first one included, each counted once when it begins; `first` is its
 * body. */
uint32_t companions_count_touches(struct companions *companions, const struct robot *first);
void companions_seed(struct companions *companions, uint64_t seed); /* as sensors_seed */
void companions_publish(const struct companions *companions, struct journal *journal, uint64_t tick, int64_t now_ns);
/* How one of them moves now, by its number from 0. */
struct robot_state companion_state(const struct companions *companions, size_t i);
uint64_t companions_hash(const struct companions *companions, uint64_t hash); /* unchanged without companions */

#endif
