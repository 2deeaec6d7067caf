/* nav/violation.h - what each violation class looks at; for nav/monitor.c, which does the counting.
 *
 * A class that needs more than one tick reads the history. Contacts have no rule here: they are told apart by body. */
#ifndef NAV_VIOLATION_H
#define NAV_VIOLATION_H

#include "nav/monitor.h"

enum { HISTORY_TICKS = 512, DETAIL_MAX = 128 };

struct past { /* of one control tick */
    struct vec2 at;
    uint8_t asked, clipped, flipped_v, flipped_w;
};

struct history {
    struct past past[HISTORY_TICKS]; /* a ring; windows longer than it are cut */
    uint64_t ticks;
    int64_t first_ns;
    double clipped_s; /* without a break */
    int32_t sign_v, sign_w;
};
void violation_remember(struct history *history, const struct monitor_sample *sample);

struct reading { /* of a class in one tick, zeroed before */
    double value, threshold;
    bool on, stay; /* starts an event; keeps one going */
    char detail[DETAIL_MAX];
};

struct violation_rule {
    /* NULL for contacts */
    void (*read)(const struct history *history, const struct monitor_sample *sample, struct reading *reading);
    double hold_s;  /* the trigger must last longer than this */
    double quiet_s; /* the event ends when the trigger has been gone for longer than this */
    bool smaller_is_worse;
};
extern const struct violation_rule violation_rules[VIOLATION_COUNT];

#endif
