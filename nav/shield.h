/* nav/shield.h - the last word before the motors, the same for every policy.
 *
 * Two rules for what stands, from the points that the sensors see now (belief->points) and from the clearance layer,
 * which holds keep-out floor and what is no longer in view:
 *   braking distance   moving with the command, the robot must be able to stop before anything:
 *                      v^2 / (2 a) + v * latency + margin (and the like for turning, with the drive's own limit)
 *   time to collision  the footprint, carried along the commanded arc, must stay clear for ttc_s
 * and one more for what moves (nav/yield.h); who moves may stop at any moment, so that the other two hold as well:
 *   yield              points of a confirmed track go with it, p + u t; on its arc the footprint must meet none of them
 *                      for max(yield_s, latency + v / a): time to collision as nuPlan and Nav2 roll it out, and never
 *                      less than stopping takes. To somebody who comes at u the robot so keeps at least the protective
 *                      distance u (T_r + T_s) + v T_r + v^2 / (2 a) + margin of ISO 13855 and ISO/TS 15066, with
 *                      T_r = latency and T_s = v / a (in their style; no compliance is claimed).
 * Who would meet a standing robot just as soon is not held against a command: standing still is always allowed, nobody
 * behind makes the robot stop, and one that will be run into stands, or goes on its way.
 * The arc is looked at every 5 cm of the footprint's fastest part. A wish that breaks a rule is scaled down along its
 * own curvature to the fastest admissible speed (for movers in sixteenths), or to a stop. What is nearer than the
 * margin already may not come nearer, so leaving it, or passing along it, stays allowed. An invalid decision, a number
 * that is none, a stale lidar, no lidar and no depth, and an e-stop all give zero; on depth alone 0.5 m/s are allowed.
 * shield_apply never returns a command that breaks a rule, and applying it twice changes nothing. */
#ifndef NAV_SHIELD_H
#define NAV_SHIELD_H

#include "nav/policy.h"

enum shield_mode { SHIELD_OFF, SHIELD_MONITOR, SHIELD_ON };
extern const char *const shield_mode_names[4]; /* "off", "monitor", "on", NULL */

struct shield_params {
    double brake_mps2, latency_s, margin_m, ttc_s, yield_s, yield_sigma;
};
extern const struct param shield_params[];
extern const size_t shield_param_count;

struct shield_verdict {
    struct twist2 command;  /* to the motors: the wish when off or monitoring, the filtered one when on */
    struct twist2 safe;     /* the filtered one in every mode */
    bool active;            /* safe differs from the wish */
    char reason[96];        /* "" or "brake: 0.42 m to obstacle at 12 deg left, needs 0.55 m" */
    double ttc_s;           /* of the wish, movers included; infinite if nothing is met within 3 s */
    double clearance_m;     /* nearest point to the footprint now, as sensed */
};

void shield_apply(const struct shield_params *params, enum shield_mode mode, bool estop, const struct belief *belief,
                  const struct task *task, const struct decision *decision, struct shield_verdict *verdict);

/* Time until the footprint, carried along the arc of `command`, touches one of the points; infinite beyond
 * horizon_s. */
double shield_ttc_s(const struct belief *belief, const struct task *task, struct twist2 command, double horizon_s);

#endif
