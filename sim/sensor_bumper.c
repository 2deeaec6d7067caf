#include <stdlib.h>

#include "logs/memory.h"
#include "sim/sensor.h"

enum { SECTORS = 8 };

struct bumper {
    struct {
        uint64_t sectors; /* touched since the last message */
    } state;
};

static void *create(const struct sensor_setup *setup)
{
    (void)setup;
    return NEW(struct bumper);
}

static unsigned sector_of(const struct robot_state *truth, struct vec3 point)
{
    struct vec3 p = quat_rotate(quat_conjugate(truth->pose.orientation), vec3_sub(point, truth->pose.position));
    long turn = lround(atan2(p.y, p.x) / (2 * PI / SECTORS));
    return (unsigned)((turn + SECTORS) % SECTORS);
}

static void observe(void *self, const struct world *world, const struct robot *robot)
{
    struct bumper *bumper = self;
    const struct robot_contact *contacts;
    size_t count = robot_contacts(robot, &contacts);
    if (count == 0)
        return;
    struct robot_state truth = robot_state(robot, world);
    for (size_t i = 0; i < count; i++)
        bumper->state.sectors |= 1u << sector_of(&truth, contacts[i].point);
}

static void sample(void *self, const struct sensor_moment *moment)
{
    struct bumper *bumper = self;
    struct msg_bumper message = {sensor_header(moment, "base_link"), (uint8_t)bumper->state.sectors};
    bumper->state.sectors = 0;
    sensor_emit(moment, TOPIC_BUMPER, &message);
}

const struct sensor_device sensor_bumper = {
    .serves = 1u << SENSOR_BUMPER,
    .state_size = sizeof((struct bumper *)0)->state,
    .create = create,
    .destroy = free,
    .observe = observe,
    .sample = sample,
};
