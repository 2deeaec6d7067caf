/* sim/episode_parts.h - what an episode is made of. For sim/episode*.c only: whoever drives one sees sim/episode.h.
 *
 * episode.c builds it and is the loop, episode_kidnap.c carries the robot away, episode_judge.c compares
 * it with the truth and says when and how it is over, episode_command.c is its face to the operator. */
#ifndef SIM_EPISODE_PARTS_H
#define SIM_EPISODE_PARTS_H

#include "sim/actuator.h"
#include "sim/companion.h"
#include "sim/episode_mind.h"
#include "sim/episode_publish.h"
#include "sim/sensors.h"

#define NS_PER_S 1000000000

struct episode {
    struct scenario *scenario; /* borrowed */
    struct episode_options options;
    struct journal *journal; /* borrowed */
    struct world *world;
    struct robot *robot;
    struct faults *faults;
    struct sensors *sensors;
    struct actuator *actuator;
    struct companions *companions; /* the further robots */
    struct perception *perception;
    struct bring *bring;
    struct navigator *navigator;
    struct monitor *monitor;
    struct score score;

    uint64_t tick, step;
    uint64_t steps_per_tick;
    int64_t now_ns;
    struct pose2 odometry; /* latest wheel odometry, odom frame */
    struct robot_state truth;
    const struct belief *belief;
    struct navigator_output output;
    struct twist2 asked, applied; /* of the drive, and what it made of it */
    bool decides;       /* in this tick */
    bool drove;         /* a command reached the drive at this very moment */
    bool tracked_before; /* the belief of the tick before had tracks */
    int64_t labels_before_ns; /* stamp of its labels */
    const char *rules_before[SENSOR_COUNT + 1]; /* of the belief of the tick before, the drive's last */
    int64_t decided_ns; /* when it last did */
    int64_t thinking_until_ns;
    char named[BROUGHT_NAME_MAX]; /* of the policy a command asks for */
    double clearance_m;
    struct episode_hashes hashes;
    double reference_length_m;
    bool clock_runs; /* scenario.clock_from_m */
    int64_t clock_ns; /* when it began to */

    uint32_t robot_touches; /* between any two robots */
    enum outcome outcome;
    char detail[160];
};

/* Before a tick's physics: carries out what the faults say of the robot's body. */
void episode_kidnap(struct episode *episode);
/* One tick is compared with the truth and with the rules; what was found is published and counted. */
void episode_judge(struct episode *episode);
/* Is it over, and how? Then the result is published. */
void episode_conclude(struct episode *episode);
/* It is over: the monitor closes what is open, and the result is published. `detail` is one clause. */
void episode_finish(struct episode *episode, enum outcome outcome, const char *detail);
/* Time that counts: since the start, or since the motion that started the scenario's clock. */
double episode_clock_s(const struct episode *episode);

#endif
