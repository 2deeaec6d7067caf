/* perception/drift.h - has a scalar's distribution changed since the beginning? Two tests of one channel.
 *
 * The reference is given, and refined by the first `learn` samples: the mean becomes theirs, but goes no farther than
 * mean_off from the given one (what was wrong from the start is seen, too); the spread (sd) becomes theirs, but no
 * narrower than the given one; lag-1 correlation r and deciles are theirs. Spread and r stay as given (r = 0) for
 * Page-Hinkley if S is over half of its line by then: that was no reference.
 *
 *   Page-Hinkley (Page, Biometrika 41, 1954), from the first sample on, in spreads, so that one line serves every
 * unit: z = clamp((x - mean) / spread, +-DRIFT_Z_MAX) * sqrt((1 - r) / (1 + r)) S+ = max(0, S+ + z - DRIFT_SLACK), S-
 * = max(0, S- - z - DRIFT_SLACK),  drift where either is over DRIFT_LINE; its onset is when that S was last 0 For
 * white noise Siegmund's approximation gives the mean run to a false alarm: with slack d and line h, (exp(2 d (h
 * + 1.166)) - 2 d (h + 1.166) - 1) / (2 d^2) samples one-sided, half of it for both sides. The factor of r gives the
 * sum of a correlated channel (AR(1)) the variance of a white one's.
 *
 *   PSI, the population stability index (Siddiqi, Credit Risk Scorecards, 2006), over the reference's deciles and the
 *   last n <= DRIFT_RECENT samples after it: PSI = sum (p - q) ln(p / q), q = 0.1. Without drift it is not 0 but
 * about chi2(9) * (1/n_eff + 1/m_eff) (Yurdakul and Naranjo 2020), n_eff = n (1 - r) / (1 + r), m_eff the same of
 * `learn`: the line is the 95 % point 16.92 of that, never the customary 0.25. Half a count is added to every decile.
 *
 * State: WARN over PSI's line or over half of Page-Hinkley's. ALARM over Page-Hinkley's line, or over DRIFT_PSI_ALARM
 * times PSI's (chi2: 1 in 10,000) if the mean has gone far enough to matter, DRIFT_SHIFT spreads: PSI says whether
 * something has changed, not how much. An ALARM ends when S is under half of its line and the mean has come back; S
 * is held at twice its line, so that it can end in time.
 *
 * Plain, fixed size, nothing allocated; the whole struct can be hashed. Finite samples only. */
#ifndef PERCEPTION_DRIFT_H
#define PERCEPTION_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_BINS = 10, DRIFT_LEARN_MAX = 128, DRIFT_RECENT = 128, DRIFT_RECENT_MIN = 20 };
#define DRIFT_Z_MAX 4.0
#define DRIFT_SLACK 0.5
#define DRIFT_LINE 12.0
#define DRIFT_CHI2 16.919 /* 95 % of chi2 with DRIFT_BINS - 1 degrees of freedom */
#define DRIFT_PSI_ALARM 2.0
#define DRIFT_SHIFT 1.0 /* spreads */
#define DRIFT_R_MAX 0.95

enum drift_state { DRIFT_OK, DRIFT_WARN, DRIFT_ALARM };

struct drift_def {  /* in the channel's unit */
    uint32_t learn; /* samples; DRIFT_BINS .. DRIFT_LEARN_MAX */
    double mean, mean_off, spread; /* mean_off infinite: any mean will do; spread > 0 */
};

struct drift {
    struct drift_def def;
    uint64_t count;     /* of all samples */
    double reference[DRIFT_LEARN_MAX]; /* as they came, sorted once complete */
    double mean, spread, r, gain, edges[DRIFT_BINS - 1]; /* gain: sqrt((1 - r) / (1 + r)) */
    double sum;         /* of the reference's samples */
    double up, down;    /* S+ and S- */
    int64_t up_ns, down_ns; /* when each was last 0 */
    int64_t last_ns;
    double last, shift; /* latest sample; smoothed x - mean: how far it has gone */
    uint8_t recent[DRIFT_RECENT]; /* deciles; ring */
    uint32_t bins[DRIFT_BINS];    /* their counts */
    int64_t since_ns;   /* when `state` began */
    uint64_t state;     /* enum drift_state */
};

void drift_start(struct drift *drift, const struct drift_def *def);
void drift_put(struct drift *drift, int64_t stamp_ns, double x);

bool drift_is_learnt(const struct drift *drift);
double drift_ph(const struct drift *drift);    /* the larger of S+ and S-; against DRIFT_LINE */
int64_t drift_onset_ns(const struct drift *drift); /* since when that one grows; 0: it never was 0 */
double drift_n_eff(const struct drift *drift); /* of the samples that PSI looks at */
double drift_psi(const struct drift *drift);   /* 0 before DRIFT_RECENT_MIN samples */
double drift_psi_critical(const struct drift *drift); /* 5 % of windows without drift are over it; infinite before */
uint64_t drift_hash(const struct drift *drift, uint64_t hash);

#endif
