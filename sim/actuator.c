#include "sim/actuator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/seed.h"

struct order { /* a command under way */
    int64_t due_ns;
    struct twist2 command;
};

struct actuator {
    int64_t latency_ns;
    double jitter_s;
    struct seed_stream jitter;
    struct faults *faults;
    struct order *orders; /* in the order of arrival */
    size_t count, capacity;
    int64_t last_due_ns;
};

struct actuator *actuator_create(const struct robot_config *robot, uint64_t seed, struct faults *faults)
{
    struct actuator *actuator = NEW(struct actuator);
    actuator->latency_ns = (int64_t)llround(robot->latency_s * 1e9);
    actuator->jitter_s = robot->jitter_s;
    actuator->jitter = seed_stream_named(seed, "actuator.jitter");
    actuator->last_due_ns = INT64_MIN;
    actuator->faults = faults;
    return actuator;
}

void actuator_destroy(struct actuator **actuator)
{
    if (!*actuator)
        return;
    free((*actuator)->orders);
    free(*actuator);
    *actuator = NULL;
}

static int64_t delay_ns(struct actuator *actuator)
{
    double jitter_s = actuator->jitter_s > 0 ? actuator->jitter_s * seed_uniform(&actuator->jitter) : 0;
    return actuator->latency_ns + (int64_t)llround(jitter_s * 1e9);
}

void actuator_send(struct actuator *actuator, struct twist2 command, int64_t ready_ns)
{
    ASSERT(isfinite(command.v_mps) && isfinite(command.w_radps));
    int64_t due_ns = ready_ns + delay_ns(actuator);
    struct fault_outcome outcome = {0};
    if (actuator->faults)
        outcome = faults_command(actuator->faults, ready_ns, &command);
    if (outcome.dropped)
        return;
    due_ns += outcome.delay_ns;
    if (due_ns < actuator->last_due_ns && !outcome.overtakes)
        due_ns = actuator->last_due_ns;
    actuator->last_due_ns = due_ns > actuator->last_due_ns ? due_ns : actuator->last_due_ns;
    if (actuator->count == actuator->capacity) {
        actuator->capacity = actuator->capacity * 2 + 8;
        actuator->orders = memory_resize(actuator->orders, actuator->capacity, sizeof *actuator->orders);
    }
    size_t at = actuator->count++;
    for (; at > 0 && actuator->orders[at - 1].due_ns > due_ns; at--)
        actuator->orders[at] = actuator->orders[at - 1];
    actuator->orders[at] = (struct order){due_ns, command};
}

bool actuator_arrived(struct actuator *actuator, int64_t now_ns, struct twist2 *command)
{
    size_t due = 0;
    while (due < actuator->count && actuator->orders[due].due_ns <= now_ns)
        *command = actuator->orders[due++].command;
    actuator->count -= due;
    if (due && actuator->count)
        memmove(actuator->orders, actuator->orders + due, actuator->count * sizeof *actuator->orders);
    return due > 0;
}

uint64_t actuator_hash(const struct actuator *actuator, uint64_t hash)
{
    if (actuator->jitter_s > 0)
        hash = hash_bytes(hash, &actuator->jitter, sizeof actuator->jitter);
    return actuator->count ? hash_bytes(hash, actuator->orders, actuator->count * sizeof *actuator->orders) : hash;
}
