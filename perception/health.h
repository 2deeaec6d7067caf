/* perception/health.h - is a sensor alive, in time, and sane? A table of rules, and one sensor's standing in each.
 *
 * `silent` and `values` follow from stamps and unusable values alone and count at once. For every other rule trust.c
 * says update by update whether it was kept, broken, or could not be tried (a gyro is not tried while nothing turns).
 * One that is broken for hold_s in all is in force; one in force ends when it was kept for clear_s. What could not be
 * tried changes nothing: a gyro whose sign was wrong is not right again because the robot stands. The wire's own
 * drops are the recorder's business. */
#ifndef PERCEPTION_HEALTH_H
#define PERCEPTION_HEALTH_H

#include "perception/belief.h"

enum { HEALTH_STAMPS = 256 /* remembered for the rate: enough for 256 Hz */, HEALTH_DETAIL = 96 };

/*    enumerator  name         state  hold  clear  what is wrong;                               why this line */
#define HEALTH_RULES(X)                                                                                                \
    X(FROZEN, "frozen", BAD, 0, 0.3, "the same values again and again", "noise does not repeat; 3 repeats")            \
    X(NOTHING, "nothing", BAD, 0.15, 0.3, "no beam comes back any more", "a tenth of them do not vanish at once")      \
    X(BLANK, "blank", BAD, 0.15, 0.3, "the picture has no contrast at all", "two levels of 255")                       \
    X(UNIT, "unit", BAD, 0.25, 0.5, "the floor is not where it must be", "1.3 times its distance: 10 sigma")           \
    X(GRAVITY, "gravity", BAD, 0.3, 1.0, "gravity is not 9.81 m/s2", "20 %; driving adds 3 % over half a second")      \
    X(VALUES, "values", BAD, 0, 0, "more than half of a message's values are unusable", "half is no measurement")      \
    X(SILENT, "silent", STALE, 0, 0, "no message for three periods", "one may be lost, two are rare")                  \
    X(MAP, "map", BAD, 0.3, 1.0, "fits the map mirrored, not as it is", "a share of 0.15 more; noise: 0.03")            \
    X(TURN, "turn", BAD, 0.3, 2.0, "turns differently than the others say", "trust.c: twice the healthy worst")        \
    X(SPEED, "speed", BAD, 0.6, 2.0, "drives differently than the scans say", "trust.c: twice the healthy worst")      \
    X(OFF, "off", OK, 1.0, 1.0, "is far from what it is held against", "trust_rules.c: five times the healthy worst")    \
    X(AGAINST, "against", BAD, 0.2, 2.0, "goes the other way than it is told", "trust.c: the wrong sign, beyond noise")      \
    X(FOLLOW, "follow", OK, 0.4, 2.0, "does not do what it is told", "trust.c: twice the healthy worst")               \
    X(STUCK, "stuck", OK, 0, 1.0, "single beams keep their value; they are left out", "4 repeats to the last bit")     \
    X(AHEAD, "ahead", OK, 0.15, 1.0, "stamps are ahead of the clock", "nothing is measured later than now; 5 ms")      \
    X(LATE, "late", OK, 0.25, 0.5, "comes later than it is known to", "a tick and 20 ms beyond")                       \
    X(RATE, "rate", OK, 1.5, 2.0, "fewer messages than it should send", "under 80 % over a second")                    \
    X(DRIFT, "drift", OK, 0, 0, "moves away from what it is held against", "drift.h's lines; channel.h says what")
#define HEALTH_RULE_ENUM(id, name, state, hold_s, clear_s, what, basis) RULE_##id,
enum health_rule_id { HEALTH_RULES(HEALTH_RULE_ENUM) HEALTH_RULE_COUNT };

struct health_rule {
    const char *name;
    enum health state; /* OK: a warning */
    double hold_s, clear_s;
    const char *what, *basis;
};
extern const struct health_rule health_rules[HEALTH_RULE_COUNT];

enum verdict { VERDICT_UNTRIED, VERDICT_KEPT, VERDICT_BROKEN };

struct health_standing { /* of one rule */
    bool in_force;
    double broken_s, kept_s; /* time in it so far, since the other one */
    char detail[HEALTH_DETAIL];
};

struct health_log {
    double nominal_hz, late_s;
    int64_t stamps[HEALTH_STAMPS]; /* ring; entry received % HEALTH_STAMPS is the next */
    int64_t last_ns;
    uint32_t received, gaps, bad_values;
    bool is_bad;                   /* more than half of the last message was unusable */
    struct health_standing rules[HEALTH_RULE_COUNT];
};

/* late_s: how long its messages are known to be under way; only beyond that is one late. */
void health_start(struct health_log *log, double nominal_hz, double late_s);

/* A message with that stamp came. False: it must not be used, because it is older than one before or from the
 * future (later than now_ns + 1 s; INT64_MIN: now is not known yet); it is counted as one bad value. Missed
 * periods are added to gaps. */
bool health_message(struct health_log *log, int64_t stamp_ns, int64_t now_ns);
/* `bad` of the message's `total` values were unusable. */
void health_values(struct health_log *log, size_t bad, size_t total);
/* What a rule says of the last dt_s; `detail` (read when broken) is one clause with the figures. */
void health_judge(struct health_log *log, enum health_rule_id rule, enum verdict verdict, double dt_s,
                  const char *detail);
double health_rate_hz(const struct health_log *log, int64_t now_ns); /* over the last second */
/* Is no rule that makes it BAD in force or about to be? */
bool health_is_sound(const struct health_log *log);
/* What every rule in force that does not make a sensor BAD takes from its weight; BAD leaves none. */
#define HEALTH_WARNED 0.5
/* BAD before STALE before OK; MISSING if the sensor is not there or never came. With the first rule in force; its
 * detail is borrowed from the log. */
struct sensor_health health_read(const struct health_log *log, int64_t now_ns);
uint64_t health_hash(const struct health_log *log, uint64_t hash);

#endif
