/* nav/yield.h - what moves, as the shield must see it: the sensed points that belong to a track, and where they go.
 *
 * A point of belief->points within the radius (and body_m) of a confirmed track goes with it: p(t) = p + u t, with
 * the track's velocity u, in the frame that the robot has now. Points of the last scan are as old as the track is
 * unseen and are moved on to now first. A track counts only where its speed exceeds what its covariance makes by
 * chance,
 *     |u|^2 > sigma^2 (var_vx + var_vy) / 2,
 * so that pieces of wall that seem to creep stand, as they should. Meeting is the first time at which a moving point
 * is nearer than the margin to the footprint on its arc: time to collision in its pair form, distance over closing
 * speed, taken on the outline instead of on discs (as the rollouts of nuPlan and Nav2 are). */
#ifndef NAV_YIELD_H
#define NAV_YIELD_H

#include "nav/footprint.h"

enum { YIELD_POINTS_MAX = 512 };

struct yield_point {
    struct vec2 at, velocity_mps; /* robot frame, now */
    uint32_t track;
};

struct yield {
    struct footprint footprint;
    double margin_m;
    size_t count;
    struct yield_point points[YIELD_POINTS_MAX]; /* those that can be met within the time asked for */
};

struct yield_meeting {
    double time_s; /* infinite: none */
    size_t point;  /* which of yield.points */
};

/* The moving points that a robot within the task's limits may meet within `within_s`. */
void yield_fill(struct yield *yield, const struct belief *belief, const struct task *task, double sigma,
                double margin_m, double within_s);
/* The first point that the command meets within within_s. */
struct yield_meeting yield_meet(const struct yield *yield, struct twist2 command, double within_s);
/* The same, but only of points that a robot which stands still would not meet just as soon: who runs into a robot that
 * stands, or catches up with one that drives, is not met by it. Standing still is never to blame. */
struct yield_meeting yield_blame(const struct yield *yield, struct twist2 command, double within_s);
/* Whether there is such a point. *by is looked at first (0 at the beginning) and becomes the one that is found: who is
 * met at one speed is met at the next one, too. */
bool yield_is_blamed(const struct yield *yield, struct twist2 command, double within_s, size_t *by);

#endif
