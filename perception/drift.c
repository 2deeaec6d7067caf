#include "perception/drift.h"

#include <math.h>
#include <stdlib.h>

#include "logs/geometry.h"
#include "logs/hash.h"
#include "logs/status.h"

#define SHIFT_SHARE 0.25 /* of a new sample in `shift` */

void drift_start(struct drift *drift, const struct drift_def *def)
{
    ASSERT(def->learn >= DRIFT_BINS && def->learn <= DRIFT_LEARN_MAX && def->spread > 0 && def->mean_off >= 0);
    *drift = (struct drift){.def = *def, .mean = def->mean, .spread = def->spread, .gain = 1};
}

bool drift_is_learnt(const struct drift *drift) { return drift->count >= drift->def.learn; }

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The lag-1 correlation, its bias for short series (Kendall 1954) taken off; a channel that swings back and forth
 * counts as white. */
static double correlation(const double *x, uint32_t count, double mean, double variance)
{
    double sum = 0;
    for (uint32_t i = 1; i < count; i++)
        sum += (x[i] - mean) * (x[i - 1] - mean);
    double r = variance > 0 ? sum / (count * variance) : 0;
    return clamp(r + (1 + 4 * r) / count, 0, DRIFT_R_MAX);
}

/* How much of a sample is news, in samples. */
static double news(const struct drift *drift) { return (1 - drift->r) / (1 + drift->r); }

/* What drifts while it is learnt from teaches Page-Hinkley nothing. */
static void learn(struct drift *drift)
{
    uint32_t count = drift->def.learn;
    double mean = drift->sum / count, sum2 = 0;
    for (uint32_t i = 0; i < count; i++)
        sum2 += square(drift->reference[i] - mean);
    drift->r = correlation(drift->reference, count, mean, sum2 / count);
    if (drift_ph(drift) <= DRIFT_LINE / 2) {
        drift->gain = sqrt(news(drift));
        drift->spread = fmax(sqrt(sum2 / (count - 1)), drift->def.spread);
    }
    qsort(drift->reference, count, sizeof *drift->reference, ascending);
    for (int i = 1; i < DRIFT_BINS; i++) { /* between the order statistics, so that each decile holds a tenth */
        double at = (double)count * i / DRIFT_BINS - 0.5;
        uint32_t below = (uint32_t)at;
        double low = drift->reference[below], high = drift->reference[below + 1];
        drift->edges[i - 1] = low + (at - below) * (high - low);
    }
}

static uint8_t bin_of(const struct drift *drift, double x)
{
    uint8_t bin = 0;
    while (bin < DRIFT_BINS - 1 && x > drift->edges[bin])
        bin++;
    return bin;
}

static uint64_t recent_count(const struct drift *drift)
{
    uint64_t after = drift_is_learnt(drift) ? drift->count - drift->def.learn : 0;
    return after < DRIFT_RECENT ? after : DRIFT_RECENT;
}

double drift_ph(const struct drift *drift) { return fmax(drift->up, drift->down); }
int64_t drift_onset_ns(const struct drift *drift) { return drift->up >= drift->down ? drift->up_ns : drift->down_ns; }
double drift_n_eff(const struct drift *drift) { return (double)recent_count(drift) * news(drift); }

double drift_psi(const struct drift *drift)
{
    double n = (double)recent_count(drift) + DRIFT_BINS / 2.0, psi = 0, q = 1.0 / DRIFT_BINS;
    if (recent_count(drift) < DRIFT_RECENT_MIN)
        return 0;
    for (int i = 0; i < DRIFT_BINS; i++) {
        double p = (drift->bins[i] + 0.5) / n;
        psi += (p - q) * log(p / q);
    }
    return psi;
}

double drift_psi_critical(const struct drift *drift)
{
    double n_eff = drift_n_eff(drift), m_eff = drift->def.learn * news(drift);
    return recent_count(drift) < DRIFT_RECENT_MIN ? (double)INFINITY : DRIFT_CHI2 * (1 / n_eff + 1 / m_eff);
}

static void judge(struct drift *drift, int64_t stamp_ns)
{
    double ph = drift_ph(drift), psi = drift_psi(drift), critical = drift_psi_critical(drift);
    bool has_gone = fabs(drift->shift) > DRIFT_SHIFT * drift->spread, was_alarm = drift->state == DRIFT_ALARM;
    bool by_psi = has_gone && psi > (was_alarm ? 1 : DRIFT_PSI_ALARM) * critical;
    bool by_ph = ph > (was_alarm ? DRIFT_LINE / 2 : DRIFT_LINE);
    enum drift_state state = by_ph || by_psi                           ? DRIFT_ALARM
                             : ph > DRIFT_LINE / 2 || psi > critical ? DRIFT_WARN
                                                                       : DRIFT_OK;
    if (state != (enum drift_state)drift->state)
        drift->since_ns = stamp_ns;
    drift->state = state;
}

static void page_hinkley(struct drift *drift, int64_t stamp_ns, double x)
{
    double z = clamp((x - drift->mean) / drift->spread, -DRIFT_Z_MAX, DRIFT_Z_MAX) * drift->gain;
    drift->up = clamp(drift->up + z - DRIFT_SLACK, 0, 2 * DRIFT_LINE);
    drift->down = clamp(drift->down - z - DRIFT_SLACK, 0, 2 * DRIFT_LINE);
    drift->up_ns = drift->up > 0 ? drift->up_ns : stamp_ns;
    drift->down_ns = drift->down > 0 ? drift->down_ns : stamp_ns;
    drift->shift += SHIFT_SHARE * (x - drift->mean - drift->shift);
}

static void count_bin(struct drift *drift, double x)
{
    uint64_t after = drift->count - drift->def.learn;
    uint8_t *slot = &drift->recent[after % DRIFT_RECENT];
    if (after >= DRIFT_RECENT)
        drift->bins[*slot]--;
    *slot = bin_of(drift, x);
    drift->bins[*slot]++;
}

void drift_put(struct drift *drift, int64_t stamp_ns, double x)
{
    ASSERT(isfinite(x));
    const struct drift_def *def = &drift->def;
    drift->last = x;
    drift->last_ns = stamp_ns;
    page_hinkley(drift, stamp_ns, x);
    if (drift_is_learnt(drift)) {
        count_bin(drift, x);
        drift->count++;
    } else {
        drift->reference[drift->count++] = x;
        drift->sum += x;
        drift->mean = clamp(drift->sum / (double)drift->count, def->mean - def->mean_off, def->mean + def->mean_off);
        if (drift_is_learnt(drift))
            learn(drift);
    }
    judge(drift, stamp_ns);
}

/* Every sample is `last` once, so that the running hash has them all. */
uint64_t drift_hash(const struct drift *drift, uint64_t hash)
{
    const double sums[] = {drift->up, drift->down, drift->last, drift->shift};
    const uint64_t words[] = {drift->count, drift->state, (uint64_t)drift->since_ns};
    hash = hash_bytes(hash, sums, sizeof sums);
    return hash_bytes(hash, words, sizeof words);
}
