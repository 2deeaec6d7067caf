/* perception/health.h - is a sensor alive, in time, and sane? Judged from stamps and values alone; the wire's
 * own drops are the recorder's business. */
#ifndef PERCEPTION_HEALTH_H
#define PERCEPTION_HEALTH_H

#include "perception/belief.h"

enum { HEALTH_STAMPS = 256 }; /* remembered for the rate: enough for 256 Hz */

struct health_log {
    double nominal_hz, late_s;
    int64_t stamps[HEALTH_STAMPS]; /* ring; entry received % HEALTH_STAMPS is the next */
    int64_t last_ns;
    uint32_t received, gaps, bad_values;
    bool is_bad;                   /* more than half of the last message was unusable */
};

/* late_s: how long its messages are known to be under way; only beyond that is one late. */
void health_start(struct health_log *log, double nominal_hz, double late_s);

/* A message with that stamp came. False: it must not be used, because it is older than one before or from the
 * future (later than now_ns + 1 s; INT64_MIN: now is not known yet); it is counted as one bad value. Missed
 * periods are added to gaps. */
bool health_message(struct health_log *log, int64_t stamp_ns, int64_t now_ns);
/* `bad` of the message's `total` values were unusable. */
void health_values(struct health_log *log, size_t bad, size_t total);
/* BAD before STALE before OK; MISSING if the sensor is not there or never came. */
struct sensor_health health_read(const struct health_log *log, int64_t now_ns);
uint64_t health_hash(const struct health_log *log, uint64_t hash);

#endif
