#include "perception/health.h"

#include <stdio.h>
#include <string.h>

#include "logs/hash.h"

#define SECOND_NS INT64_C(1000000000)
#define STALE_PERIODS 3.000001 /* exactly three are still in time */

#define HEALTH_RULE_ROW(id, name, state, hold_s, clear_s, what, basis)                                                 \
    [RULE_##id] = {name, HEALTH_##state, hold_s, clear_s, what, basis},
const struct health_rule health_rules[HEALTH_RULE_COUNT] = {HEALTH_RULES(HEALTH_RULE_ROW)};

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
    if (log->is_bad)
        snprintf(log->rules[RULE_VALUES].detail, HEALTH_DETAIL, "%zu of %zu values are unusable", bad, total);
}

void health_judge(struct health_log *log, enum health_rule_id rule, enum verdict verdict, double dt_s,
                  const char *detail)
{
    ASSERT(rule < HEALTH_RULE_COUNT && dt_s >= 0);
    struct health_standing *standing = &log->rules[rule];
    if (verdict == VERDICT_BROKEN) {
        ASSERT(detail);
        standing->kept_s = 0;
        standing->broken_s += dt_s;
        standing->in_force |= standing->broken_s >= health_rules[rule].hold_s - 1e-9;
        snprintf(standing->detail, sizeof standing->detail, "%s", detail);
    } else if (verdict == VERDICT_KEPT) {
        standing->broken_s = 0;
        standing->kept_s += dt_s;
        standing->in_force &= standing->kept_s < health_rules[rule].clear_s - 1e-9;
    }
}

double health_rate_hz(const struct health_log *log, int64_t now_ns)
{
    uint32_t known = log->received < HEALTH_STAMPS ? log->received : HEALTH_STAMPS, count = 0;
    for (uint32_t i = 1; i <= known; i++) {
        if (log->stamps[(log->received - i) % HEALTH_STAMPS] <= now_ns - SECOND_NS)
            break;
        count++;
    }
    return count;
}

static bool is_silent(const struct health_log *log, double age_s)
{
    return (age_s - log->late_s) * log->nominal_hz > STALE_PERIODS;
}

static bool in_force(const struct health_log *log, enum health_rule_id rule, double age_s)
{
    return rule == RULE_VALUES   ? log->is_bad
           : rule == RULE_SILENT ? is_silent(log, age_s)
                                 : log->rules[rule].in_force;
}

/* The rule to name: the first in force of the worst state, BAD before STALE before a warning. */
static enum health_rule_id worst_rule(const struct health_log *log, double age_s)
{
    static const int ranks[] = {[HEALTH_OK] = 1, [HEALTH_STALE] = 2, [HEALTH_BAD] = 3};
    enum health_rule_id worst = HEALTH_RULE_COUNT;
    int rank = 0;
    for (enum health_rule_id i = 0; i < HEALTH_RULE_COUNT; i++) {
        if (in_force(log, i, age_s) && ranks[health_rules[i].state] > rank) {
            worst = i;
            rank = ranks[health_rules[i].state];
        }
    }
    return worst;
}

static double weight_of(const struct health_log *log, double age_s)
{
    double weight = 1;
    for (enum health_rule_id i = 0; i < HEALTH_RULE_COUNT; i++)
        if (in_force(log, i, age_s))
            weight *= health_rules[i].state == HEALTH_BAD ? 0 : HEALTH_WARNED;
    return weight;
}

bool health_is_sound(const struct health_log *log)
{
    for (enum health_rule_id i = 0; i < HEALTH_RULE_COUNT; i++)
        if (health_rules[i].state == HEALTH_BAD && (log->rules[i].in_force || log->rules[i].broken_s > 0))
            return false;
    return !log->is_bad;
}

struct sensor_health health_read(const struct health_log *log, int64_t now_ns)
{
    struct sensor_health out = {.state = HEALTH_MISSING, .nominal_hz = log->nominal_hz, .late_s = log->late_s,
                                .age_s = (double)INFINITY, .rule = "", .detail = "",
                                .drift = {.channel = "", .unit = ""},
                                .received = log->received, .gaps = log->gaps, .bad_values = log->bad_values};
    if (log->received) {
        out.rate_hz = health_rate_hz(log, now_ns);
        out.age_s = fmax(0, (double)(now_ns - log->last_ns) * 1e-9);
    }
    if (!(log->nominal_hz > 0) || !log->received)
        return out;
    enum health_rule_id rule = worst_rule(log, out.age_s);
    out.state = HEALTH_OK;
    out.weight = weight_of(log, out.age_s);
    if (rule == HEALTH_RULE_COUNT)
        return out;
    out.state = health_rules[rule].state;
    out.rule = health_rules[rule].name;
    out.detail = rule == RULE_SILENT ? health_rules[rule].what : log->rules[rule].detail;
    return out;
}

uint64_t health_hash(const struct health_log *log, uint64_t hash)
{
    const uint64_t rest[] = {(uint64_t)log->last_ns, log->received, log->gaps, log->bad_values, log->is_bad};
    hash = hash_bytes(hash, log->stamps, sizeof log->stamps);
    for (int i = 0; i < HEALTH_RULE_COUNT; i++) {
        const struct health_standing *rule = &log->rules[i];
        const double times[] = {rule->broken_s, rule->kept_s, rule->in_force};
        hash = hash_bytes(hash, times, sizeof times);
    }
    return hash_bytes(hash, rest, sizeof rest);
}
