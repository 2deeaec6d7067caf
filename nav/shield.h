/* nav/shield.h - the last word before the motors, the same for every policy.
 *
 * Two rules, both from the points the sensors see now (belief->points, robot frame) and the keep-out layer:
 *   braking distance: the robot, moving with the command, must be able to stop before anything: v^2 / (2 a) + v * latency + margin
 *   time to collision: the footprint, carried along the commanded arc at 0.1 s steps, must stay clear for ttc_s
 * A wish that breaks one is scaled down along its own curvature to the fastest admissible speed, or to a stop; turning on the spot and
 * moving away from what is too near stay allowed. An invalid decision, stale or bad lidar with nothing else to trust, and an e-stop all give zero.
 * shield_apply never returns a command that breaks a rule, and applying it twice changes nothing. */
#ifndef NAV_SHIELD_H
#define NAV_SHIELD_H

#include "nav/policy.h"

enum shield_mode { SHIELD_OFF, SHIELD_MONITOR, SHIELD_ON };
extern const char *const shield_mode_names[4]; /* "off", "monitor", "on", NULL */

struct shield_params {
    double brake_mps2, latency_s, margin_m, ttc_s;
};
extern const struct param shield_params[];
extern const size_t shield_param_count;

struct shield_verdict {
    struct twist2 command;  /* to the motors: the wish when off or monitoring, the filtered one when on */
    struct twist2 safe;     /* the filtered one in every mode */
    bool active;            /* safe differs from the wish */
    char reason[96];        /* "" or "brake: 0.42 m to obstacle at 12 deg left, needs 0.55 m" */
    double ttc_s;           /* of the wish; infinite if nothing is met within 3 s */
    double clearance_m;     /* nearest point to the footprint now, as sensed */
};

void shield_apply(const struct shield_params *params, enum shield_mode mode, bool estop, const struct belief *belief,
                  const struct task *task, const struct decision *decision, struct shield_verdict *verdict);

/* Time until the footprint, carried along the arc of `command`, touches one of the points; up to horizon_s, infinite beyond. */
double shield_ttc_s(const struct belief *belief, const struct task *task, struct twist2 command, double horizon_s);

#endif
