#include "nav/monitor.h"

#include <stdio.h>
#include <stdlib.h>

#include "logs/hash.h"
#include "nav/violation.h"

enum { TOUCHES = 16, COUNTERS_EVERY = 4 };
static const double touch_s = 1;

#define TELL(reading, ...) snprintf((reading)->detail, sizeof(reading)->detail, __VA_ARGS__)

struct touch { /* the last contact with one body */
    int32_t tag;
    int32_t grade; /* VIOLATION_COL1.. of the worst so far */
    int64_t at_ns;
};

struct activity { /* of one class */
    int64_t pending_ns; /* since when the trigger holds; -1: it does not */
    int64_t held_ns;    /* when it last held */
    int64_t since_ns;   /* onset of the active event */
};

struct monitor {
    struct violation_tally tallies[VIOLATION_COUNT];
    struct activity activities[VIOLATION_COUNT];
    struct touch touches[TOUCHES];
    size_t touch_count;
    struct history history;
    int64_t last_ns;
    double breach_s, clearance_m, ttc_s, min_clearance_m;
    int64_t min_clearance_ns;
    struct pose2 pose; /* the last one */
    uint64_t tick;
};

/* --- events ----------------------------------------------------------------------------------------------- */

static void event_publish(const struct monitor *monitor, const struct monitor_sample *sample, enum violation id,
                          uint8_t phase, const struct reading *reading, struct journal *journal)
{
    const struct violation_class *class = &violation_table[id];
    char action[32];
    snprintf(action, sizeof action, "v %.2f w %.2f", sample->verdict->command.v_mps, sample->verdict->command.w_radps);
    double duration_s = (double)(sample->now_ns - monitor->activities[id].since_ns) * 1e-9;
    struct msg_safety_event event = {
        .header = {message_time(sample->now_ns), "map"},
        .tick = sample->tick,
        .id = class->id,
        .severity = class->severity,
        .phase = phase,
        .number = monitor->tallies[id].count,
        .value = phase ? monitor->tallies[id].worst : reading->value,
        .threshold = reading->threshold,
        .unit = class->unit,
        .duration_s = phase ? duration_s : 0,
        .detail = reading->detail,
        .action = action,
        .lidar_age_s = sample->belief->sensors[SENSOR_LIDAR].age_s,
        .x = sample->pose.x,
        .y = sample->pose.y,
        .yaw = sample->pose.yaw,
    };
    journal_publish(journal, TOPIC_SAFETY_EVENT, sample->now_ns, &event);
    static const uint8_t levels[] = {10, 20, 30, 40}; /* of rcl_interfaces/Log, by severity */
    if (phase)
        journal_say(journal, sample->now_ns, 20, "safety", "%s #%u over after %.1f s", class->id, event.number,
                    duration_s);
    else
        journal_say(journal, sample->now_ns, levels[class->severity], "safety", "%s #%u %s: %s, action %s", class->id,
                    event.number, class->what, reading->detail, action);
}

static void event_begin(struct monitor *monitor, const struct monitor_sample *sample, enum violation id,
                        const struct reading *reading, struct journal *journal)
{
    struct violation_tally *tally = &monitor->tallies[id];
    if (!tally->active)
        monitor->activities[id].since_ns = sample->now_ns;
    tally->count++;
    tally->active = true;
    event_publish(monitor, sample, id, 0, reading, journal);
}

static void event_end(struct monitor *monitor, const struct monitor_sample *sample, enum violation id,
                      struct reading *reading, struct journal *journal)
{
    monitor->tallies[id].active = false;
    TELL(reading, "%s ended after %.2f s", violation_table[id].what,
         (double)(sample->now_ns - monitor->activities[id].since_ns) * 1e-9);
    event_publish(monitor, sample, id, 1, reading, journal);
}

static void worst_keep(struct violation_tally *tally, double value, bool smaller)
{
    tally->worst = smaller ? fmin(tally->worst, value) : fmax(tally->worst, value);
}

static bool rule_update(struct monitor *monitor, const struct monitor_sample *sample, enum violation id,
                        struct journal *journal)
{
    const struct violation_rule *rule = &violation_rules[id];
    struct violation_tally *tally = &monitor->tallies[id];
    struct activity *activity = &monitor->activities[id];
    struct reading reading = {0};
    rule->read(&monitor->history, sample, &reading);
    if (!reading.on)
        activity->pending_ns = -1;
    else if (activity->pending_ns < 0)
        activity->pending_ns = sample->now_ns;
    if (tally->active ? reading.stay : reading.on) {
        activity->held_ns = sample->now_ns;
        if (tally->active || reading.on)
            worst_keep(tally, reading.value, rule->smaller_is_worse);
    }
    int64_t hold_ns = (int64_t)(rule->hold_s * 1e9), quiet_ns = (int64_t)(rule->quiet_s * 1e9);
    if (!tally->active && reading.on && sample->now_ns - activity->pending_ns >= hold_ns + (hold_ns > 0)) {
        event_begin(monitor, sample, id, &reading, journal);
        return true;
    }
    if (tally->active && !reading.stay && sample->now_ns - activity->held_ns >= quiet_ns + (quiet_ns > 0)) {
        event_end(monitor, sample, id, &reading, journal);
        return true;
    }
    return false;
}

/* --- contacts: one event a body --------------------------------------------------------------------------- */

static enum violation contact_grade(double speed_mps)
{
    return speed_mps < 0.05 ? VIOLATION_COL1 : speed_mps < 0.30 ? VIOLATION_COL2 : VIOLATION_COL3;
}

/* The entry of a body: its own, a free one, or the one that was touched longest ago. */
static struct touch *touch_find(struct monitor *monitor, int32_t tag)
{
    struct touch *oldest = &monitor->touches[0];
    for (size_t i = 0; i < monitor->touch_count; i++) {
        if (monitor->touches[i].tag == tag)
            return &monitor->touches[i];
        if (monitor->touches[i].at_ns < oldest->at_ns)
            oldest = &monitor->touches[i];
    }
    struct touch *touch = monitor->touch_count < TOUCHES ? &monitor->touches[monitor->touch_count++] : oldest;
    touch->tag = tag;
    touch->grade = -1;
    return touch;
}

static bool contact_update(struct monitor *monitor, const struct monitor_sample *sample,
                           const struct monitor_contact *contact, struct journal *journal)
{
    static const double bounds[] = {0, 0.05, 0.30};
    double speed = sample->mass_kg > 0 ? contact->impulse_ns / sample->mass_kg : 0;
    enum violation grade = contact_grade(speed);
    struct touch *touch = touch_find(monitor, contact->tag);
    if (sample->now_ns - touch->at_ns > (int64_t)(touch_s * 1e9))
        touch->grade = -1;
    touch->at_ns = sample->now_ns;
    worst_keep(&monitor->tallies[grade], speed, false);
    if ((int32_t)grade <= touch->grade)
        return false;
    touch->grade = (int32_t)grade;
    struct reading reading = {.value = speed, .threshold = bounds[grade - VIOLATION_COL1]};
    TELL(&reading, "hit %s at %.2f m/s", contact->body ? contact->body : "something", speed);
    event_begin(monitor, sample, grade, &reading, journal);
    return true;
}

static bool contacts_update(struct monitor *monitor, const struct monitor_sample *sample, struct journal *journal)
{
    bool held[VIOLATION_COUNT] = {0}, changed = false;
    for (size_t i = 0; i < sample->contact_count; i++)
        changed |= contact_update(monitor, sample, &sample->contacts[i], journal);
    for (size_t i = 0; i < monitor->touch_count; i++)
        if (monitor->touches[i].grade >= 0)
            held[monitor->touches[i].grade] |= sample->now_ns - monitor->touches[i].at_ns <= (int64_t)(touch_s * 1e9);
    for (enum violation id = VIOLATION_COL1; id <= VIOLATION_COL3; id++)
        if (monitor->tallies[id].active && !held[id]) {
            struct reading reading = {0};
            event_end(monitor, sample, id, &reading, journal);
            changed = true;
        }
    return changed;
}

/* --- counters --------------------------------------------------------------------------------------------- */

static void counters_publish(const struct monitor *monitor, int64_t now_ns, struct journal *journal)
{
    struct msg_violation_count counts[VIOLATION_COUNT];
    struct msg_safety_counters message = {
        .header = {message_time(now_ns), "map"},
        .tick = monitor->tick,
        .breach_s = monitor->breach_s,
        .clearance_m = monitor->clearance_m,
        .min_clearance_m = monitor->min_clearance_m,
        .min_clearance_stamp = message_time(monitor->min_clearance_ns),
        .ttc_s = monitor->ttc_s,
        .counts = {counts, VIOLATION_COUNT},
    };
    for (int i = 0; i < VIOLATION_COUNT; i++) {
        const struct violation_tally *tally = &monitor->tallies[i];
        counts[i] = (struct msg_violation_count){violation_table[i].id, tally->count, tally->active, tally->active_s,
                                                 tally->worst};
        message.total += tally->count;
    }
    journal_publish(journal, TOPIC_SAFETY_COUNTERS, now_ns, &message);
}

static void time_count(struct monitor *monitor, const struct monitor_sample *sample)
{
    double passed_s = monitor->history.ticks > 1 ? (double)(sample->now_ns - monitor->last_ns) * 1e-9 : 0;
    bool breach = false;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        if (monitor->tallies[i].active) {
            monitor->tallies[i].active_s += passed_s;
            breach |= violation_table[i].severity > 1;
        }
    monitor->breach_s += breach ? passed_s : 0;
    monitor->last_ns = sample->now_ns;
    monitor->tick = sample->tick;
    monitor->pose = sample->pose;
    monitor->clearance_m = sample->clearance_m;
    monitor->ttc_s = sample->ttc_s;
    if (sample->clearance_m < monitor->min_clearance_m) {
        monitor->min_clearance_m = sample->clearance_m;
        monitor->min_clearance_ns = sample->now_ns;
    }
}

struct monitor *monitor_create(void)
{
    struct monitor *monitor = NEW(struct monitor);
    monitor->min_clearance_m = HUGE_VAL;
    for (int i = 0; i < VIOLATION_COUNT; i++) {
        monitor->activities[i].pending_ns = -1;
        monitor->tallies[i].worst = violation_rules[i].smaller_is_worse ? HUGE_VAL : 0;
    }
    return monitor;
}

void monitor_destroy(struct monitor **monitor)
{
    free(*monitor);
    *monitor = NULL;
}

void monitor_update(struct monitor *monitor, const struct monitor_sample *sample, struct journal *journal)
{
    violation_remember(&monitor->history, sample);
    time_count(monitor, sample);
    bool changed = contacts_update(monitor, sample, journal);
    for (enum violation id = 0; id < VIOLATION_COUNT; id++)
        if (violation_rules[id].read)
            changed |= rule_update(monitor, sample, id, journal);
    if (changed || monitor->history.ticks % COUNTERS_EVERY == 0)
        counters_publish(monitor, sample->now_ns, journal);
}

void monitor_finish(struct monitor *monitor, int64_t now_ns, struct journal *journal)
{
    static const struct belief belief;
    static const struct decision decision;
    static const struct shield_verdict verdict;
    struct monitor_sample sample = {.tick = monitor->tick, .now_ns = now_ns, .pose = monitor->pose,
                                    .belief = &belief, .decision = &decision, .verdict = &verdict};
    for (enum violation id = 0; id < VIOLATION_COUNT; id++) {
        struct reading reading = {0};
        if (monitor->tallies[id].active)
            event_end(monitor, &sample, id, &reading, journal);
    }
    counters_publish(monitor, now_ns, journal);
}

const struct violation_tally *monitor_tally(const struct monitor *monitor) { return monitor->tallies; }

uint64_t monitor_hash(const struct monitor *monitor, uint64_t hash)
{
    for (int i = 0; i < VIOLATION_COUNT; i++) {
        const struct violation_tally *tally = &monitor->tallies[i];
        const double numbers[] = {tally->count, tally->active, tally->active_s, tally->worst};
        hash = hash_bytes(hash, numbers, sizeof numbers);
    }
    const int64_t words[] = {(int64_t)monitor->history.ticks, monitor->last_ns, monitor->history.sign_v,
                             monitor->history.sign_w, monitor->min_clearance_ns};
    const double numbers[] = {monitor->history.clipped_s, monitor->breach_s, monitor->min_clearance_m};
    hash = hash_bytes(hash, monitor->activities, sizeof monitor->activities);
    hash = hash_bytes(hash, monitor->touches, sizeof monitor->touches);
    hash = hash_bytes(hash, words, sizeof words);
    return hash_bytes(hash, numbers, sizeof numbers);
}
