/* sim/episode_publish.h - the loop's structs turned into messages (internal to the episode).
 *
 * Nothing here changes state: what is published is a pure function of its arguments. Rates in ticks at 20 Hz: every
 * tick clock, truth, tf, belief, decision, state hash; cmd_vel when it takes effect; every 2nd the actors; every 10th
 * health (and when a rule comes into force or ends) and costmap window and who says what it shows; every 20th
 * diagnostics; the plan when it changes. */
#ifndef SIM_EPISODE_PUBLISH_H
#define SIM_EPISODE_PUBLISH_H

#include "sim/companion.h"
#include "sim/episode.h"
#include "sim/robot.h"

struct episode_hashes { /* no padding: hashed as bytes up to `all` */
    uint64_t world, sensors, belief, decision, all;
};

struct tick_report { /* all borrowed */
    struct journal *journal;
    uint64_t tick;
    int64_t now_ns;
    const struct scenario *scenario;
    const struct world *world;
    const struct robot *robot;
    const struct robot_state *truth;
    struct pose2 odometry;
    bool decides; /* false: the policy hangs or still thinks; there is no decision */
    bool drove;   /* a command took effect at this moment */
    const struct belief *belief;
    unsigned without; /* sensors that were taken away */
    bool tracked_before; /* there were tracks in the tick before */
    int64_t labels_before_ns; /* stamp of the labels in the tick before */
    const char *const *rules_before; /* the health rule named for each sensor and the drive in the tick before */
    const struct navigator *navigator;
    const struct navigator_output *output;
    struct twist2 applied;
    const struct episode_hashes *hashes;
    const struct companions *companions;
};

void publish_start(struct journal *journal, const struct scenario *scenario, const struct episode_options *options,
                   const struct navigator *navigator, double reference_length_m);
/* /cmd_vel: what the drive does from now on. */
void publish_command(struct journal *journal, int64_t now_ns, struct twist2 applied);
void publish_goal(struct journal *journal, int64_t now_ns, struct vec2 goal);
/* The whole of a grid as /map, or a part of one as /costmap (sim/publish_map.c). */
void publish_grid(struct journal *journal, enum topic topic, int64_t now_ns, const struct grid *grid,
                  int8_t *cells);
/* What is around the robot, if its tick has come: /costmap and /binnacle/map_sources. */
void publish_around(const struct tick_report *report);
void publish_tick(const struct tick_report *report);
/* NULL: nothing to say. */
void publish_saliency(struct journal *journal, uint64_t tick, int64_t now_ns, const struct saliency *saliency);
void publish_result(struct journal *journal, const struct scenario *scenario, const struct episode_options *options,
                    const char *policy, const struct episode_summary *summary);

/* The experiment as attachments "scenario/NAME" and metadata "binnacle" (sim/episode_pack.c). */
void episode_pack(const struct scenario *scenario, const struct episode_options *options,
                  const struct navigator *navigator, struct recorder *recorder);

/* "lidar depth" for a bit set over enum sensor; "" for none. */
void sensors_text(unsigned without, char *text, size_t size);

#endif
