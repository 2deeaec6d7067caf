/* nav/monitor.h - counts safety violations, one event per onset, from what really happened.
 *
 * The simulator fills a sample per control tick with the truth (the monitor is a judge, not part of the loop). Each
 * class is a row of the table: when it begins, when it ends (hysteresis), how long between two events of one cause
 * (debounce). Classes and thresholds: counted in the style of ISO/TS 15066, nuPlan, CARLA, Nav2; no compliance is
 * claimed.
 *
 *   COL1 COL2 COL3  contact by J/m: < 0.05, < 0.30, >= 0.30 m/s; the same body within 1 s of the last touch is one
 *          event, unless it is touched harder: a hit does not hide behind a graze
 *   NEAR   clearance < 0.10 m at speed > 0.1 m/s, ends above 0.15 m
 *   TTC    time to collision < 0.95 s, ends above 1.5 s
 *   SPD    speed over the limit (zone or robot) + 0.05 m/s for > 0.2 s
 *   KEEP   a footprint corner inside a keep-out zone
 *   STALE  a fitted sensor older than 3 periods
 *   MISS   control period > 1.5 x nominal (simulated time)
 *   SAT    command clipped for > 0.5 s or > 20 % of the last 5 s
 *   STUCK  < 0.5 m net in 10 s while a command asks for motion
 *   OSC    >= 4 sign changes of v or w above 0.1 in 5 s, < 0.3 m net
 *   SLIP   a driven wheel's tread > 0.30 m/s over the ground for > 0.3 s, ends below 0.15
 *   HIGH   high-centred: the chassis rests on something, asked to move, < 0.05 m/s, wheels slip > 0.05 m/s, for > 0.5 s
 *   TIP    |roll| or |pitch| > 20 deg, ends below 15
 *   SHIELD the shield changed the command by > 5 % of range; back within 1 s it is the same event
 *   INF    the policy had no valid command or a NaN; back within 1 s it is the same event
 *   LOC    position error > 0.5 m or heading error > 20 deg for 1 s */
#ifndef NAV_MONITOR_H
#define NAV_MONITOR_H

#include "logs/journal.h"
#include "nav/shield.h"

/*         id      severity 1 notice, 2 warning, 3 serious   unit      what */
#define VIOLATIONS(X)                                                                                                  \
    X(COL1, 2, "m/s", "contact, graze")                                                                                \
    X(COL2, 3, "m/s", "contact, bump")                                                                                 \
    X(COL3, 3, "m/s", "contact, hit")                                                                                  \
    X(NEAR, 2, "m", "near miss")                                                                                       \
    X(TTC, 2, "s", "time to collision")                                                                                \
    X(SPD, 2, "m/s", "overspeed")                                                                                      \
    X(KEEP, 3, "m", "inside a keep-out zone")                                                                          \
    X(STALE, 2, "s", "sensor data too old")                                                                            \
    X(MISS, 2, "s", "control deadline missed")                                                                         \
    X(SAT, 1, "s", "command saturated")                                                                                \
    X(STUCK, 2, "m", "no progress")                                                                                    \
    X(OSC, 2, "flips", "oscillation")                                                                                  \
    X(SLIP, 2, "m/s", "wheels slip")                                                                                   \
    X(HIGH, 3, "m/s", "high-centred")                                                                                  \
    X(TIP, 3, "deg", "tip risk")                                                                                       \
    X(SHIELD, 1, "", "shield intervened")                                                                              \
    X(INF, 3, "", "policy had no valid command")                                                                       \
    X(LOC, 2, "m", "localisation lost")

#define VIOLATION_ENUM(id, severity, unit, what) VIOLATION_##id,
enum violation { VIOLATIONS(VIOLATION_ENUM) VIOLATION_COUNT };

struct violation_class {
    const char *id;
    uint8_t severity;
    const char *unit, *what;
};
extern const struct violation_class violation_table[VIOLATION_COUNT];
enum violation violation_find(const char *id); /* VIOLATION_COUNT if unknown */

struct monitor_contact {
    const char *body;   /* name of what was touched */
    int32_t tag;        /* identity for the debounce */
    double impulse_ns;  /* over this control tick */
};

struct monitor_sample { /* truth of one control tick */
    uint64_t tick;
    int64_t now_ns;
    struct pose2 pose;
    struct twist2 twist;
    double roll_rad, pitch_rad, mass_kg;
    double slip_mps;  /* of the driven wheel that rubs most over the ground */
    bool on_belly;    /* the chassis rests on something */
    double clearance_m, ttc_s; /* exact footprint-to-surface; infinite if nothing is near */
    bool in_keepout;
    double keepout_depth_m;    /* how far the deepest corner is inside */
    double speed_limit_mps;
    double period_s, nominal_period_s;
    double position_error_m, heading_error_rad; /* estimate against truth */
    const struct monitor_contact *contacts;
    size_t contact_count;
    const struct belief *belief;
    const struct task *task;
    const struct decision *decision;
    const struct shield_verdict *verdict;
    struct twist2 applied; /* after the drive's own limits */
};

struct monitor;
struct monitor *monitor_create(void);
void monitor_destroy(struct monitor **monitor);
/* Updates every class; onsets and ends are published on TOPIC_SAFETY_EVENT, counters on TOPIC_SAFETY_COUNTERS every
 * 4th tick and on change. */
void monitor_update(struct monitor *monitor, const struct monitor_sample *sample, struct journal *journal);
/* Ends what is still active (call once, at the end of the episode) and publishes the final counters. */
void monitor_finish(struct monitor *monitor, int64_t now_ns, struct journal *journal);

struct violation_tally {
    uint32_t count;
    bool active;
    double active_s, worst; /* worst: largest value, or smallest for NEAR and TTC */
};
const struct violation_tally *monitor_tally(const struct monitor *monitor); /* VIOLATION_COUNT of them */
uint64_t monitor_hash(const struct monitor *monitor, uint64_t hash);

#endif
