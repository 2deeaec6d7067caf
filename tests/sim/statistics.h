/* tests/sim/statistics.h - noise against what it is said to be.
 *
 * Seeds are fixed, so a test fails always or never; the bounds say how surprised to be. Each is two-sided with a false alarm in
 * a million: 4.8916 standard deviations of the estimate, from the sample's size.
 *   mean             sigma / sqrt(n)
 *   variance         sigma^2 sqrt(2 / n) for a gaussian
 *   autocorrelation  1 / sqrt(n) for independent draws, at any lag */
#ifndef TESTS_SIM_STATISTICS_H
#define TESTS_SIM_STATISTICS_H

#include "tests/sim/stage.h"

#define SURPRISE 4.8916

struct moments { /* of a sample */
    double n, sum, squares;
    double last, products; /* of neighbours in time */
};
static inline void moments_put(struct moments *m, double x)
{
    m->products += m->n > 0 ? x * m->last : 0;
    m->last = x;
    m->n++;
    m->sum += x;
    m->squares += x * x;
}
static inline double moments_mean(const struct moments *m) { return m->sum / m->n; }
static inline double moments_variance(const struct moments *m) { return m->squares / m->n - square(moments_mean(m)); }
static inline double moments_autocorrelation(const struct moments *m)
{
    return (m->products / (m->n - 1) - square(moments_mean(m))) / moments_variance(m);
}
/* A share of n draws: the bound on how far it may be off. */
static inline double share_bound(double share, double n) { return SURPRISE * sqrt(share * (1 - share) / n); }

static inline void assert_gaussian(const struct moments *m, double mean, double sigma)
{
    assert_near(moments_mean(m), mean, SURPRISE * sigma / sqrt(m->n));
    assert_near(moments_variance(m), sigma * sigma, SURPRISE * sigma * sigma * sqrt(2 / m->n));
}
static inline void assert_white(const struct moments *m, double mean, double sigma)
{
    assert_gaussian(m, mean, sigma);
    assert_near(moments_autocorrelation(m), 0, SURPRISE / sqrt(m->n));
}

#endif
