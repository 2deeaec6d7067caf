/* sim/actuator.h - the way of a command from the policy's computer to the wheels.
 *
 * A command is sent when it was thought of and takes effect robot.latency_s (and a draw of up to robot.jitter_s, from
 * the stream "actuator.jitter") later, at the first physics step at or after that moment, in the order of sending
 * unless a fault has one overtake. Of several that arrive at the same step the last one counts. Without latency it
 * takes effect at once. */
#ifndef SIM_ACTUATOR_H
#define SIM_ACTUATOR_H

#include "logs/geometry.h"
#include "sim/scenario.h"

struct actuator;

/* `faults` is borrowed; NULL: nothing ever fails. */
struct actuator *actuator_create(const struct robot_config *robot, uint64_t seed, struct faults *faults);
void actuator_destroy(struct actuator **actuator);

/* A command that is ready at ready_ns (now, or when the policy will have thought it through). */
void actuator_send(struct actuator *actuator, struct twist2 command, int64_t ready_ns);
/* The newest command that has arrived by now_ns; false if none did since the last call. */
bool actuator_arrived(struct actuator *actuator, int64_t now_ns, struct twist2 *command);
uint64_t actuator_hash(const struct actuator *actuator, uint64_t hash); /* unchanged while nothing is late */

#endif
