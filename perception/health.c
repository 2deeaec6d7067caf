#include "perception/health.h"

#include "logs/hash.h"

#define SECOND_NS INT64_C(1000000000)
#define STALE_PERIODS 3.000001 /* exactly three are still in time */

void health_start(struct health_log *log, double nominal_hz, double late_s)
{
    *log = (struct health_log){.nominal_hz = nominal_hz, .late_s = late_s};
}

bool health_message(struct health_log *log, int64_t stamp_ns, int64_t now_ns)
{
    bool is_future = now_ns != INT64_MIN && stamp_ns > now_ns + SECOND_NS;
    if (is_future || (log->received && stamp_ns < log->last_ns)) {
        log->bad_values++;
        return false;
    }
    if (log->received && log->nominal_hz > 0) {
        double periods = (double)(stamp_ns - log->last_ns) * 1e-9 * log->nominal_hz;
        log->gaps += periods > 1.5 ? (uint32_t)fmin(floor(periods - 0.5), 1e6) : 0;
    }
    log->stamps[log->received++ % HEALTH_STAMPS] = stamp_ns;
    log->last_ns = stamp_ns;
    return true;
}

void health_values(struct health_log *log, size_t bad, size_t total)
{
    log->bad_values += (uint32_t)bad;
    log->is_bad = 2 * bad > total;
}

static double rate_hz(const struct health_log *log, int64_t now_ns)
{
    uint32_t known = log->received < HEALTH_STAMPS ? log->received : HEALTH_STAMPS, count = 0;
    for (uint32_t i = 1; i <= known; i++) {
        if (log->stamps[(log->received - i) % HEALTH_STAMPS] <= now_ns - SECOND_NS)
            break;
        count++;
    }
    return count;
}

struct sensor_health health_read(const struct health_log *log, int64_t now_ns)
{
    struct sensor_health out = {.state = HEALTH_MISSING, .nominal_hz = log->nominal_hz, .late_s = log->late_s,
                                .age_s = (double)INFINITY,
                                .received = log->received, .gaps = log->gaps, .bad_values = log->bad_values};
    if (log->received) {
        out.rate_hz = rate_hz(log, now_ns);
        out.age_s = fmax(0, (double)(now_ns - log->last_ns) * 1e-9);
    }
    if (log->nominal_hz > 0 && log->received)
        out.state = log->is_bad ? HEALTH_BAD : (out.age_s - log->late_s) * log->nominal_hz > STALE_PERIODS ? HEALTH_STALE : HEALTH_OK;
    return out;
}

uint64_t health_hash(const struct health_log *log, uint64_t hash)
{
    const uint64_t rest[] = {(uint64_t)log->last_ns, log->received, log->gaps, log->bad_values, log->is_bad};
    hash = hash_bytes(hash, log->stamps, sizeof log->stamps);
    return hash_bytes(hash, rest, sizeof rest);
}
